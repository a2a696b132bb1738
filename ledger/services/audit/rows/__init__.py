"""Rows of the log: what each is by itself, against what was published, and by whom it was signed."""
