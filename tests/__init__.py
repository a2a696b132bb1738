"""Lading's tests."""
