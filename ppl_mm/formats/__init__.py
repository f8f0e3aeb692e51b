"""What lies on disk: one module for each kind of file or folder."""
