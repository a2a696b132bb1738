"""Small partners' shipments on one manifest: what fits together, what it saves, and who pays how much of it."""
