"""COCO's annotations as masks and image-level labels."""
