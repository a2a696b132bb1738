"""What forms with files send (RFC 7578): each part's bytes, exactly as they were."""

import re
from collections.abc import Mapping

from ledger.errors import MalformedRecord

MOST_PARTS = 10
_BOUNDARY = re.compile(r'multipart/form-data\s*;.*?boundary="?([^"\s;,]{1,70})"?', re.IGNORECASE)
_NAME = re.compile(rb'^content-disposition:\s*form-data\s*;.*?\bname="([^"\r\n]*)"', re.IGNORECASE | re.MULTILINE)


def parts_of(body: bytes, content_type: str) -> Mapping[str, bytes]:
    """The parts by name, the first of each; raises `MalformedRecord`."""
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise MalformedRecord("not a form with a file", where="Content-Type", expected="multipart/form-data")
    pieces = (b"\r\n" + body).split(b"\r\n--" + match[1].encode("latin-1", "replace"), MOST_PARTS + 1)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise MalformedRecord("not a whole form", where="body", expected=f"at most {MOST_PARTS} parts")
    parts: dict[str, bytes] = {}
    for piece in pieces[1:-1]:
        head, found, content = piece.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not found or name is None:
            raise MalformedRecord("a part without a name", where="body", expected="Content-Disposition: form-data")
        parts.setdefault(name[1].decode("utf-8", "replace"), content)
    return parts
