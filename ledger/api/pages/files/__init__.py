"""Pages to which people give files of their own."""
