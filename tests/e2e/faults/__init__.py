"""Restored homes, bent clocks, failing disks: what an operator can suffer."""
