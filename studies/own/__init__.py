"""The study behind the presets of configs/own: data that nobody tuned for."""
