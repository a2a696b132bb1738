"""Nodes that lie, and what must not come of it."""
