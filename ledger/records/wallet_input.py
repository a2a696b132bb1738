"""What wallets, programs and people hand in, brought to the one spelling that is signed, kept and hashed.

Files and bundles are read strictly (`SignedRecord.from_json`): two spellings of one record would be two texts. At the
doors, where a wallet's answer or a pasted text comes in, these are taken too, and nothing else is guessed:

- hex in capitals or without 0x, and addresses in the spelling of EIP-55, whose check must then hold;
- signatures with v as 0 or 1 (as hardware wallets give it), and compact ones of 64 bytes (EIP-2098);
- signatures with s in the upper half of the order. Some key services and HSMs give these. (r, n - s) with the other v
  is the same key's signature of the same digest, which anybody can compute, so to refuse it would protect nobody: what
  counts is that only the one with the low s is kept, sent to a contract and hashed into the leaf.

What comes out is 65 bytes r ‖ s ‖ v, low s, v 27 or 28; whether some key made it is found by `recover`.
"""

import re
from collections.abc import Mapping
from typing import Any

from ledger.common.ids import checksum_address
from ledger.common.json_fields import entries, fields_of
from ledger.errors import BadSignature, MalformedRecord
from ledger.records.eip712 import Member, Struct
from ledger.records.signing import CURVE_ORDER, MAX_SIGNATURES, SIGNATURE_LENGTH, SignedRecord
from ledger.records.types import Record, record_named

COMPACT_LENGTH = 64
_HEX = re.compile(r"(?:0[xX])?([0-9a-fA-F]*)")
_HEX_LENGTH = 2 + 2 * SIGNATURE_LENGTH
_ZERO, _HALF_ORDER = bytes(32), (CURVE_ORDER // 2).to_bytes(32, "big")
_COMPACT_V = 1 << 255


def signature_from_wallet(value: object, where: str = "signature") -> bytes:
    """The canonical 65 bytes of a signature in hex; raises `MalformedRecord` or `BadSignature`."""
    if (signature := _canonical_already(value)) is not None:
        return signature
    digits = _digits(value)
    lengths = (2 * COMPACT_LENGTH, 2 * SIGNATURE_LENGTH)
    if digits is None or len(digits) not in lengths:
        expected = f"{SIGNATURE_LENGTH} bytes in hex, or {COMPACT_LENGTH} (EIP-2098)"
        raise MalformedRecord("not a signature", where=where, expected=expected, found=str(value)[:80])
    return canonical_signature(bytes.fromhex(digits), where)


def canonical_signature(signature: bytes, where: str = "signature") -> bytes:
    """65 bytes r ‖ s ‖ v of a signature of 64 or 65 bytes, with low s and v 27 or 28; raises `BadSignature`."""
    r, last = signature[:32], int.from_bytes(signature[32:64], "big")
    if len(signature) == COMPACT_LENGTH:
        odd, s = bool(last & _COMPACT_V), last & ~_COMPACT_V
    elif len(signature) == SIGNATURE_LENGTH and signature[64] in (0, 1, 27, 28):
        odd, s = signature[64] in (1, 28), last
    else:
        found = signature[64] if len(signature) == SIGNATURE_LENGTH else f"{len(signature)} bytes"
        raise BadSignature("not a signature", where=where, expected="65 bytes with v 0, 1, 27 or 28", found=found)
    if not 0 < s < CURVE_ORDER:
        raise BadSignature("s is no number of the curve", where=where, expected="1 to the order, less one")
    if s > CURVE_ORDER // 2:
        odd, s = not odd, CURVE_ORDER - s
    return r + s.to_bytes(32, "big") + bytes([28 if odd else 27])


def _canonical_already(value: object) -> bytes | None:
    """What nearly every signature is: 65 bytes as 0x and lower-case hex, with v 27 or 28 and low s. None for others."""
    if type(value) is not str or len(value) != _HEX_LENGTH:
        return None
    try:
        signature = bytes.fromhex(value[2:])
    except ValueError:
        return None
    if "0x" + signature.hex() != value or signature[64] not in (27, 28) or not _ZERO < signature[32:64] <= _HALF_ORDER:
        return None
    return signature


def signatures_from_wallets(value: object, where: str = "signatures", least: int = 0) -> tuple[bytes, ...]:
    """The signatures of one record, at least so many."""
    return tuple(signature_from_wallet(entry, at) for at, entry in entries(value, where, least, MAX_SIGNATURES))


def address_from_wallet(value: object, where: str = "address") -> bytes:
    """The 20 bytes of an address; raises `MalformedRecord`, also where its EIP-55 check does not hold."""
    digits = _digits(value)
    if digits is None or len(digits) != 40:
        raise MalformedRecord("not an address", where=where, expected="20 bytes in hex", found=str(value)[:80])
    return _checked_address(digits, where)


def record_from_wallet(name: object, message: object) -> Record:
    """The record of this type that `message` describes, byte fields in any of the spellings above."""
    kind = record_named(str(name)[:80])
    try:
        return kind.from_json(message, "message")  # nearly always in the one spelling already
    except MalformedRecord:
        return kind.from_json(_spelt(kind, message, "message"), "message")


def envelope_from_wallet(data: object) -> SignedRecord:
    """`SignedRecord.from_json` for what comes in at a door."""
    fields = fields_of(data, "record", ("type", "message", "signatures"))
    record = record_from_wallet(fields["type"], fields["message"])
    return SignedRecord(record, signatures_from_wallets(fields["signatures"]))


def _spelt(kind: type[Struct], value: object, where: str) -> object:
    """`value` with its byte fields as 0x and lower-case hex. What does not fit stays, for `from_json` to refuse."""
    if not isinstance(value, Mapping):
        return _lower(value)
    members = {member.name: member for member in kind.members()}
    return {
        name: _member(members[name], part, f"{where}.{name}") if name in members else part
        for name, part in value.items()
    }


def _member(member: Member, value: object, where: str) -> Any:
    if isinstance(value, list) and member.items is not None:
        return [_one(member, entry, f"{where}[{i}]") for i, entry in enumerate(value)]
    return _one(member, value, where)


def _one(member: Member, value: object, where: str) -> object:
    if member.struct is not None:
        return _spelt(member.struct, value, where)
    if member.solidity == "address" and (digits := _digits(value)) is not None and len(digits) == 40:
        return "0x" + _checked_address(digits, where).hex()
    return _lower(value) if member.solidity.startswith("bytes") else value


def _lower(value: object) -> object:
    digits = _digits(value)
    return value if digits is None else "0x" + digits.lower()


def _digits(value: object) -> str | None:
    """The hex digits of `value`, an even number of them; None where it is no hex."""
    match = _HEX.fullmatch(value) if isinstance(value, str) else None
    return None if match is None or len(match[1]) % 2 else match[1]


def _checked_address(digits: str, where: str) -> bytes:
    address = bytes.fromhex(digits)
    mixed = digits not in (digits.lower(), digits.upper())
    if mixed and checksum_address(address)[2:] != digits:
        raise MalformedRecord(
            "the capitals of this address do not check (EIP-55)",
            where=where,
            expected=checksum_address(address),
            found=f"0x{digits}",
            mend="Copy it again; one of its characters may be wrong.",
        )
    return address
