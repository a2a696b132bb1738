"""What the log amounts to now: the projections, the registry in force, and verified records."""
