"""A witness: a small program of its own that cosigns the checkpoints of logs it knows (C2SP tlog-witness)."""
