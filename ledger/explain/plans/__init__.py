"""Plans in sentences."""
