"""Answers for readers: records, shipments and partners as plain frozen views."""
