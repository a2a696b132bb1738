"""Answers of the API, made again from bundles by whoever asked."""
