"""Batches of records, against the same records one by one."""
