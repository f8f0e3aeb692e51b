"""How backbones split into blocks, family by family."""

from . import conv, timm, tokens

__all__ = ['conv', 'timm', 'tokens']
