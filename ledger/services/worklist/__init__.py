"""Worklists: what waits for whoever has signed in."""
