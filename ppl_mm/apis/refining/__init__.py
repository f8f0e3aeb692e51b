"""The parts of a refinement: one image, and labels that are refused."""
