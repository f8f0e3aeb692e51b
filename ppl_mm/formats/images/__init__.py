"""Images of any kind, read in one way."""
