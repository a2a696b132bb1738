"""Histories of other systems, replayed as signed records."""
