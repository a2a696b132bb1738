"""Cases whose numbers were worked out by hand from RECORDS.md."""
