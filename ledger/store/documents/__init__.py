"""Documents that partners have signed and that are no records: enrolments, consents. Append-only."""
