"""A shipment as people look at it: over time, in its private parts, and what its reader looks for first."""
