"""What the log is followed by: its leaves with filters, registered webhooks, and their deliveries."""
