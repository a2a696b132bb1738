"""To the chain and back: outbox, transactions, anchors, and outcomes read from events."""
