"""Lading's domain: records, signatures, proofs and the numbers computed from them."""
