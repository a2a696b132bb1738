"""How a network of lanes performs."""
