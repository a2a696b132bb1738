"""Whole homes, as an operator has them."""
