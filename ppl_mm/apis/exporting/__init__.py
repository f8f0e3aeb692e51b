"""The parts of an export: its data, its runner, its folder and its record."""
