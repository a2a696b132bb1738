"""A node: one home with its services wired together; a reader: what can be asked of a home."""
