"""One module a part of the public surface."""
