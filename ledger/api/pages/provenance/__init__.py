"""Pages of what goods came from and became, and of where records do not add up."""
