"""What mmsegmentation lacks: heads, a loss, maps of a network."""
