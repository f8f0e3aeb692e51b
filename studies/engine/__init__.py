"""Runs the rows of a study with the product's own commands, one record for each run."""
