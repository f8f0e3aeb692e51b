"""One script for each claim about speed, memory or accuracy."""
