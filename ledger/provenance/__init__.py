"""Goods made from goods: mass balance, shares of inputs in outputs, and where records do not add up."""
