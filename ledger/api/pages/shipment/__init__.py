"""What a shipment's page draws: a bar over time, and a map. Geometry is pure; templates write it as SVG."""
