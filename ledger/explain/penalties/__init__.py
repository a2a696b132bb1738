"""Penalties in words: the whole computation, line by line, and its gist."""
