"""The bundle of a whole ledger, and the answers that are made again from it."""
