"""The chain client and the contracts' artifacts."""
