"""What happened to each shipment, as the numbers count it: history, amendments, clock stops, holds, breaches."""
