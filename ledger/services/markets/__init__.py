"""Rules by market, as this home keeps and applies them."""
