"""The page of stock."""
