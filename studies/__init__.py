"""Research: what was tried with the product, and what came of it."""
