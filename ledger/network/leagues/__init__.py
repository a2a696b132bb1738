"""Leagues of those who are no carriers: what each did for one shipment, and who did it better with certainty."""
