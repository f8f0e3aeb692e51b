"""Is a stage better than the one before? A study of criteria that see no mask."""
