"""Use cases; the only code that knows both the store and the chain."""
