"""EPCIS queries that are subscribed to, and what is delivered."""
