"""Checkpoints and published weights: read, and loaded into models that they fit."""
