"""Beginnings and successions: founding, joining, rebuilding, a new log, a contract's successor."""
