"""Inputs of plans from the log, and plans for whoever may see them."""
