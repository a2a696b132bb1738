"""The log as events that others follow: pages, streams, and webhooks with their deliveries."""
