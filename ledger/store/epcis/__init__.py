"""What the EPCIS interface keeps: events with what they are found by, capture jobs, named queries."""
