"""C2SP signed notes that state a tree head: how a checkpoint is printed, and that nothing else is read.

Nothing in a parsed note is proved: that is the work of `ledger.log.leaf.LogIdentity`.

Sources: C2SP signed-note, sections "Format", "Signatures" and "Verifier keys"; C2SP tlog-checkpoint, section "Note
text".
"""

import base64
import binascii
import hashlib
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
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SIGNATURE_LINE = re.compile(r"— ([^ \n]+) ([^ \n]+)")


def is_key_name(text: str) -> bool:
    """Whether `text` can name a log: 1 to 255 characters, no white space, no plus sign, no control characters."""
    return _NAME.fullmatch(text) is not None


def key_id(name: str, kind: int, public_key: bytes) -> bytes:
    """The 4 bytes by which signature lines name a key; `kind` is its signature type identifier byte."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


def verifier_key(name: str, kind: int, public_key: bytes) -> str:
    """A key as verifiers take it: ``name+key id+base64``."""
    encoded = base64.b64encode(bytes([kind]) + public_key).decode()
    return f"{name}+{key_id(name, kind, public_key).hex()}+{encoded}"


def parse_ed25519_key(text: str, kind: int) -> tuple[str, bytes]:
    """Name and public key of a verifier key; raises `MalformedRecord` unless it is an Ed25519 key of this kind."""
    name, _, rest = text.partition("+")
    encoded = rest.partition("+")[2]
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) == 33 and is_key_name(name) and verifier_key(name, kind, data[1:]) == text:
        return name, data[1:]
    raise MalformedRecord(
        "not a verifier key",
        where="key",
        expected=f"name+hash+base64 of an Ed25519 key of type {kind}",
        found=text[:120],
    )


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a checkpoint states: the log named `origin` has `size` leaves under `root`.

    `extensions`: further lines that a log may print, which are signed and mean nothing here; ours has none.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The note's text, which is what signatures are over."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """A signature line of a note. `key_id`: 4 bytes; `signature` as its algorithm makes it."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        return f"— {self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint as it travels: nothing in it is proved until `LogIdentity.verify_checkpoint` has passed."""

    head: TreeHead
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        return (self.head.text() + "\n" + "".join(s.line() for s in self.signatures)).encode()


def parse_checkpoint(note: bytes, *, foreign: bool = False) -> SignedCheckpoint:
    """The checkpoint in `note`, signatures unchecked.

    `foreign`: of any log, as witnesses take it, with any origin line that C2SP allows. Raises `MalformedRecord` for
    anything that `SignedCheckpoint.encode` would not print byte for byte: leading zeros, other base64, no or more than
    16 signatures, more than 128 KiB; and for two signatures by one key, of which readers might take either.
    """
    if len(note) > MAX_NOTE:
        raise _malformed("too large", f"at most {MAX_NOTE} bytes", f"{len(note)} bytes")
    try:
        text = note.decode()
    except UnicodeDecodeError:
        raise _malformed("not UTF-8", "a C2SP signed note", "other bytes") from None
    body, blank, tail = text.partition("\n\n")
    lines = body.split("\n")
    if not blank or len(lines) < 3:
        raise _malformed("not a checkpoint", "three lines, a blank line and signatures", f"{len(lines)} lines")
    if _CONTROLS.search(text):
        raise _malformed("control characters", "text and line feeds", "others")
    origin, size, root, *extensions = lines
    if not origin or not (foreign or _NAME.fullmatch(origin)):
        raise _malformed("not an origin", "a name without spaces and plus signs", origin[:80])
    if not _DECIMAL.fullmatch(size) or int(size) > MAX_SIZE:
        raise _malformed("not a tree size", f"a decimal number up to {MAX_SIZE}", size[:40])
    signatures = tail.split("\n")[:-1]
    if not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise _malformed("wrong number of signatures", f"1 to {MAX_SIGNATURES}", len(signatures))
    parsed = SignedCheckpoint(
        TreeHead(origin, int(size), _from_base64(root, HASH_LENGTH), tuple(extensions)),
        tuple(map(parse_signature_line, signatures)),
    )
    keys = [(signature.name, signature.key_id) for signature in parsed.signatures]
    if len(set(keys)) != len(keys):
        name, key = next(pair for pair in keys if keys.count(pair) > 1)
        raise _malformed("a key has signed twice", "one signature a key", f"{name} {key.hex()}")
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


def parse_signature_line(line: str) -> NoteSignature:
    """The signature in a line without its line feed; raises `MalformedRecord`."""
    match = _SIGNATURE_LINE.fullmatch(line)
    if not match or not _NAME.fullmatch(match[1]):
        raise _malformed("not a signature line", "em dash, name and base64", line[:120])
    data = _from_base64(match[2], None)
    if len(data) <= 4:
        raise _malformed("signature too short", "a key id of 4 bytes and a signature", f"{len(data)} bytes")
    return NoteSignature(match[1], data[:4], data[4:])
