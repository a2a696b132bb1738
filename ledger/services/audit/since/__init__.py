"""An audit of what came since a checkpoint that was audited before: what it trusts stands in `ledger.explain`."""
