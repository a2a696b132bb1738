"""How columns are written: proved by their own lines, or asked about."""
