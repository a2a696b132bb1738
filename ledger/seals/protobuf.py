"""The protobuf wire format as CometBFT and cosmos/evm write it, and as strictly read.

Written fields ascend, and scalars of value 0 and empty bytes are left out, as their generated encoders do. The reader
takes only that form: varints of the fewest bytes, known fields in ascending order, each once unless it is repeated.

Source: protobuf.dev, "Encoding"; ADR-027 of the Cosmos SDK, deterministic serialization.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from ledger.seals.faults import Fault, refused

_VARINT, _FIXED64, _BYTES = 0, 1, 2


class Kind(Enum):
    """How a field is read: an unsigned integer, bytes (texts and messages too), or a list of such bytes."""

    INTEGER = "integer"
    BYTES = "bytes"
    REPEATED = "repeated"


Fields = dict[int, Any]
"""By field number: an int, bytes, or a list of bytes. Fields that are not there are missing."""


# --- writing ---------------------------------------------------------------------------------------------------------


def varint(value: int) -> bytes:
    """An unsigned integer below 2^64, seven bits a byte, the lowest first."""
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


def integer_field(number: int, value: int) -> bytes:
    return varint(number << 3 | _VARINT) + varint(value) if value else b""


def fixed64_field(number: int, value: int) -> bytes:
    return varint(number << 3 | _FIXED64) + value.to_bytes(8, "little") if value else b""


def bytes_field(number: int, value: bytes) -> bytes:
    return message_field(number, value) if value else b""


def message_field(number: int, body: bytes) -> bytes:
    """A message within a message: written even where it is empty."""
    return varint(number << 3 | _BYTES) + varint(len(body)) + body


def timestamp(seconds: int, nanos: int) -> bytes:
    """google.protobuf.Timestamp."""
    return integer_field(1, seconds) + integer_field(2, nanos)


# --- reading ---------------------------------------------------------------------------------------------------------


def read_message(data: bytes, kinds: Mapping[int, Kind], where: str) -> Fields:
    """The fields of a message whose fields are `kinds`. Raises `NotSealed` for every other encoding."""
    result: Fields = {}
    at = last = 0
    while at < len(data):
        tag, at = read_varint(data, at, where)
        number, kind = tag >> 3, kinds.get(tag >> 3)
        if kind is None or tag & 7 != (_VARINT if kind is Kind.INTEGER else _BYTES):
            raise _malformed("a field that this version does not have", where, tag)
        if number < last or (number == last and kind is not Kind.REPEATED):
            raise _malformed("fields do not ascend, each once", where, number)
        last = number
        value, at = read_varint(data, at, where)
        if kind is Kind.INTEGER:
            result[number] = value
        else:
            if value > len(data) - at:
                raise _malformed("a field is longer than its message", where, value)
            body, at = data[at : at + value], at + value
            if kind is Kind.REPEATED:
                result.setdefault(number, []).append(body)
                continue
            result[number] = body
        if not result[number]:
            raise _malformed("a field without a value", where, number)
    return result


def read_varint(data: bytes, at: int, where: str) -> tuple[int, int]:
    """The unsigned integer at `at`, and where it ends. Raises `NotSealed` for one of more bytes than it needs."""
    value = shift = 0
    while True:
        if at >= len(data):
            raise _malformed("the data ends within a number", where, len(data))
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            break
        shift += 7
    if (byte == 0 and shift) or value >> 64:
        raise _malformed("a number that is not written in the fewest bytes", where, value)
    return value, at


def _malformed(what: str, where: str, found: object) -> Exception:
    return refused(Fault.ENCODING, what, where=where, expected="the encoding of the trusted version", found=found)
