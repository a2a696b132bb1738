"""Keccak-256, the hash of Ethereum and EIP-712 (not NIST's SHA3-256, whose padding differs)."""

from sha3 import keccak_256


def keccak256(data: bytes) -> bytes:
    """The 32-byte Keccak-256 digest of `data`."""
    digest: bytes = keccak_256(data).digest()
    return digest
