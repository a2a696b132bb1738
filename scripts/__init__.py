"""The lading command and the project's tools."""
