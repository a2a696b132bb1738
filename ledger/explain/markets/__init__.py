"""Rules of markets in sentences."""
