"""How backbones split into blocks, family by family."""

from . import conv, tokens

__all__ = ['conv', 'tokens']
