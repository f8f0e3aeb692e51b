"""Our addition to the paper's method: stages that learn from labels."""
