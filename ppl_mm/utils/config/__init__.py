"""Configs: read, checked before anything is built, and built."""
