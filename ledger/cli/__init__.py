"""The `lading` command."""
