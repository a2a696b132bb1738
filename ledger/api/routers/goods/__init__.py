"""Goods: what a scanned code is answered with, what is recalled, and what was made of what."""
