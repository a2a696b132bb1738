"""What processes that share a database agree on: whose turn it is, what the worker heard, what quotas are left."""
