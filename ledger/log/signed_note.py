"""C2SP signed notes that state a tree head: how a checkpoint is printed, and that nothing else is read.

Nothing in a parsed note is proved: that is the work of `ledger.log.leaf.LogIdentity`.

Sources: C2SP signed-note, sections "Format" and "Ed25519 signatures"; C2SP tlog-checkpoint, section "Note text".
"""

import base64
import binascii
import re
from dataclasses import dataclass

from ledger.errors import MalformedRecord

HASH_LENGTH = 32
MAX_SIZE = 2**63 - 1
"""Largest tree: databases hold signed 64-bit integers."""
MAX_NOTE = 1 << 17
MAX_SIGNATURES = 16
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f-\x9f]{1,255}")
_SIGNATURE_LINE = re.compile(r"— ([^ \n]+) ([^ \n]+)")


def is_key_name(text: str) -> bool:
    """Whether `text` can name a log: 1 to 255 characters, no white space, no plus sign, no control characters."""
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a checkpoint states: the log named `origin` has `size` leaves under `root`."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """A signature line of a note. `key_id`: 4 bytes; `signature` as its algorithm makes it."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint as it travels: nothing in it is proved until `LogIdentity.verify_checkpoint` has passed."""

    head: TreeHead
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        lines = [f"— {s.name} {base64.b64encode(s.key_id + s.signature).decode()}\n" for s in self.signatures]
        return (self.head.text() + "\n" + "".join(lines)).encode()


def parse_checkpoint(note: bytes) -> SignedCheckpoint:
    """The checkpoint in `note`, signatures unchecked.

    Raises `MalformedRecord` for anything that `SignedCheckpoint.encode` would not print byte for byte: extension
    lines, leading zeros, other base64, no or more than 16 signatures, more than 128 KiB.
    """
    if len(note) > MAX_NOTE:
        raise _malformed("too large", f"at most {MAX_NOTE} bytes", f"{len(note)} bytes")
    try:
        text = note.decode()
    except UnicodeDecodeError:
        raise _malformed("not UTF-8", "a C2SP signed note", "other bytes") from None
    body, blank, tail = text.partition("\n\n")
    lines = body.split("\n")
    if not blank or len(lines) != 3:
        raise _malformed("not a checkpoint", "three lines, a blank line and signatures", f"{len(lines)} lines")
    origin, size, root = lines
    if not _NAME.fullmatch(origin):
        raise _malformed("not an origin", "a name without spaces and plus signs", origin[:80])
    if not _DECIMAL.fullmatch(size) or int(size) > MAX_SIZE:
        raise _malformed("not a tree size", f"a decimal number up to {MAX_SIZE}", size[:40])
    signatures = tail.split("\n")[:-1]
    if not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise _malformed("wrong number of signatures", f"1 to {MAX_SIGNATURES}", len(signatures))
    parsed = SignedCheckpoint(
        TreeHead(origin, int(size), _from_base64(root, HASH_LENGTH)), tuple(map(_signature_line, signatures))
    )
    if parsed.encode() != note:
        raise _malformed("not in canonical form", "the bytes that a log prints", "another spelling")
    return parsed


def _malformed(what: str, expected: object, found: object) -> MalformedRecord:
    return MalformedRecord(what, where="checkpoint", expected=expected, found=found)


def _from_base64(text: str, length: int | None) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _malformed("not base64", "standard base64 (RFC 4648 section 4)", text[:80]) from None
    if length is not None and len(data) != length:
        raise _malformed("wrong length", f"{length} bytes", f"{len(data)} bytes")
    return data


def _signature_line(line: str) -> NoteSignature:
    match = _SIGNATURE_LINE.fullmatch(line)
    if not match or not _NAME.fullmatch(match[1]):
        raise _malformed("not a signature line", "em dash, name and base64", line[:120])
    data = _from_base64(match[2], None)
    if len(data) <= 4:
        raise _malformed("signature too short", "a key id of 4 bytes and a signature", f"{len(data)} bytes")
    return NoteSignature(match[1], data[:4], data[4:])
