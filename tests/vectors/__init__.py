"""Public vectors: RFC 9162's by others, and our own verified without our own code."""
