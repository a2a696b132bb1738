"""What waits for whom: the decisions behind a worklist, from values that the caller has read. Codes, no sentences."""
