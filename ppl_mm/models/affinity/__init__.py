"""Which neighbouring pixels belong together: AffinityNet."""
