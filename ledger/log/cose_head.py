"""A tree's root as COSE signs it: what stands under every COSE receipt of one tree.

The signature of such a receipt is over the root and a header that is the same for a whole tree, so one signature a
checkpoint serves all its records, and whoever has it and the tiles can make them: no key is needed to serve.

RFC 9942 leaves the tree's size unsigned, and for most leaves several sizes fit one path: so the subject in the header
names it.

The few bytes of CBOR are written out here, for the base package has no library for it; a test compares them with one.
They begin with 0x84, which no signed note and no statement of the log does, so that none can pass for another.

Sources: RFC 9052 section 4.4 (Sig_structure); RFC 9679 (key thumbprint); RFC 9942 section 5.2.1 (protected header);
RFC 9943 section 6 (issuer and subject of a receipt); RFC 8949 section 4.2.1 (deterministic encoding).
"""

import hashlib

ED25519_THUMBPRINT = b"\xa3\x01\x01\x20\x06\x21"
"""{1: 1, -1: 6, -2: …}: key type OKP, curve Ed25519, and the public key, which follows."""


def key_thumbprint(public_key: bytes) -> bytes:
    """The SHA-256 thumbprint of a 32-byte Ed25519 key as COSE has it: what receipts name the log's key by."""
    return hashlib.sha256(ED25519_THUMBPRINT + _bytes(public_key)).digest()


def protected_header(origin: str, log_id: bytes, public_key: bytes, size: int) -> bytes:
    """The protected header of all receipts of a log's tree of `size`, encoded.

    1 algorithm: EdDSA (-8) · 4 key: thumbprint · 15 claims: 1 issuer, the log's origin, 2 subject, its id in hex, a
    slash and the size · 395 verifiable data structure: RFC9162_SHA256 (1).
    """
    claims = b"\xa2\x01" + _text(origin) + b"\x02" + _text(f"0x{log_id.hex()}/{size}")
    return b"\xa4\x01\x27\x04" + _bytes(key_thumbprint(public_key)) + b"\x0f" + claims + b"\x19\x01\x8b\x01"


def signed_message(header: bytes, root: bytes) -> bytes:
    """What a receipt's signature is over: the Sig_structure of a COSE_Sign1 with `header` and the root as payload."""
    return b"\x84" + _text("Signature1") + _bytes(header) + _bytes(b"") + _bytes(root)


def _bytes(value: bytes) -> bytes:
    return _head(2, len(value)) + value


def _text(value: str) -> bytes:
    data = value.encode()
    return _head(3, len(data)) + data


def _head(major: int, length: int) -> bytes:
    """The first bytes of an item, in the shortest form; `length` is below 65,536."""
    if length < 24:
        return bytes([major << 5 | length])
    if length < 256:
        return bytes([major << 5 | 24, length])
    return bytes([major << 5 | 25]) + length.to_bytes(2, "big")
