"""A signed record as lines of text that fit into QR codes, for devices that have no network between them.

``LADING1:<number>/<frames>:<first 8 hex digits of the SHA-256 of the whole>:<piece>`` in any order, blanks between. The
whole is zlib-compressed JSON in base 32 (RFC 4648, without padding): digits and capitals, which QR codes hold densely.
"""

import base64
import hashlib
import re
import zlib

from ledger.common.canonical import canonical_json, parse_json
from ledger.errors import MalformedRecord
from ledger.records.signing import SignedRecord
from ledger.records.wallet_input import envelope_from_wallet

PIECE = 1_000
"""Characters in one code: version 19 or so at level M, which a phone reads from a screen."""
MOST_FRAMES = 99
_MOST_JSON = 512 * 1024
_FRAME = re.compile(r"LADING1:(\d{1,2})/(\d{1,2}):([0-9A-F]{8}):([A-Z2-7]+)")


def to_frames(signed: SignedRecord) -> list[str]:
    """The frames of a record; raises `MalformedRecord` for one that only a file can carry."""
    packed = zlib.compress(canonical_json(signed.to_json()), 9)
    text = base64.b32encode(packed).decode().rstrip("=")
    mark = hashlib.sha256(packed).hexdigest()[:8].upper()
    pieces = [text[i : i + PIECE] for i in range(0, len(text), PIECE)]
    if len(pieces) > MOST_FRAMES:
        raise MalformedRecord("too large for codes", where="record", expected=f"{MOST_FRAMES} frames at most")
    return [f"LADING1:{i + 1}/{len(pieces)}:{mark}:{piece}" for i, piece in enumerate(pieces)]


def from_frames(text: str) -> SignedRecord:
    """The record in scanned frames, in whatever order. Raises `MalformedRecord` when one is missing or misread."""
    frames = [_FRAME.fullmatch(line) for line in text.split()]
    result = [(int(f[1]), int(f[2]), f[3], f[4]) for f in frames if f is not None]
    if not result or len(result) != len(frames):
        raise MalformedRecord("not frames of a record", where="codes", expected="LADING1:1/1:…")
    total, mark = result[0][1:3]
    pieces = {number: piece for number, frames_in_all, name, piece in result if (frames_in_all, name) == (total, mark)}
    missing = [str(number) for number in range(1, total + 1) if number not in pieces]
    if missing or len(pieces) > total:
        raise MalformedRecord(
            "frames are missing", where="codes", expected=f"{total}", found=f"not {', '.join(missing)}"
        )
    whole = "".join(pieces[number] for number in range(1, total + 1))
    try:
        packed = base64.b32decode(whole + "=" * (-len(whole) % 8))
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(packed, _MOST_JSON)
    except (ValueError, zlib.error):
        raise MalformedRecord("a frame was misread", where="codes", mend="Scan them again.") from None
    if hashlib.sha256(packed).hexdigest()[:8].upper() != mark or not unpacking.eof:
        raise MalformedRecord("a frame was misread", where="codes", mend="Scan them again.")
    return SignedRecord.from_json(parse_json(content, where="codes"))


def read_signed(content: bytes, where: str) -> SignedRecord:
    """A record from a file: its JSON, or the frames of scanned codes."""
    if content.lstrip()[:8] == b"LADING1:":
        return from_frames(content.decode("ascii", "replace"))
    return envelope_from_wallet(parse_json(content, where=where))
