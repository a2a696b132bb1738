"""Names for look-alike bytes and numbers, parsed once at the border."""

import re
from typing import NewType

from ledger.common.keccak import keccak256
from ledger.errors import MalformedRecord

RecordId = NewType("RecordId", bytes)
"""32 bytes: the EIP-712 digest of a record. A shipment's id is the digest of its terms."""
ConsortiumId = NewType("ConsortiumId", bytes)
"""32 random bytes, never shared by demo, pilot and production."""
LogId = NewType("LogId", bytes)
"""32 bytes: SHA-256(origin ‖ 0x0A ‖ 0x01 ‖ Ed25519 public key), C2SP signed-note."""
PartnerId = NewType("PartnerId", int)
KeyAddress = NewType("KeyAddress", bytes)
"""20 bytes: the Ethereum address of a secp256k1 public key."""

_HEX = re.compile(r"(?:0x)?([0-9a-fA-F]*)")


def bytes_from_hex(text: str, length: int, where: str) -> bytes:
    """`length` bytes from hex with or without 0x; raises `MalformedRecord` naming `where`."""
    match = _HEX.fullmatch(text)
    if not match or len(match[1]) != 2 * length:
        raise MalformedRecord("not hex of the right length", where=where, expected=f"{length} bytes", found=text[:80])
    return bytes.fromhex(match[1])


def to_hex(data: bytes) -> str:
    return "0x" + data.hex()


def checksum_address(address: bytes) -> str:
    """The EIP-55 spelling that wallets show."""
    digits = address.hex()
    mask = keccak256(digits.encode()).hex()
    return "0x" + "".join(d.upper() if int(m, 16) >= 8 else d for d, m in zip(digits, mask, strict=False))
