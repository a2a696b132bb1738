"""The transparency log: leaves, checkpoints, receipts, signed notes, tiles and proofs (RFC 9162, C2SP)."""
