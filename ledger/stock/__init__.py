"""Stock from custody: who holds what, where, since when; nobody counts."""
