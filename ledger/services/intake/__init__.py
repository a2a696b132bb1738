"""Records in: checks, order of signatures, sequencing, and records that wait for others."""
