"""Goods made from goods: mass balance, what share of an output comes from which input, and where records do not add up."""
