"""Projections: what the records amount to. All of these tables can be dropped and rebuilt from the records."""
