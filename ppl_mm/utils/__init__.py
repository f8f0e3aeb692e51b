from .files import atomic_write

__all__ = ['atomic_write']
