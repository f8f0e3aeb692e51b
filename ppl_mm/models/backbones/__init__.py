"""Backbones that mmpretrain lacks."""
