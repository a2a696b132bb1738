"""Bytes as text: by the map's encoding, a byte-order mark, or because only UTF-8 reads so. Nothing else is tried."""

import codecs

from ledger.errors import MalformedRecord

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32's little-endian mark begins with UTF-16's, so it is looked for first."""
_KEY = "map: file.encoding"
_SUGGESTED = ("windows-1252", "latin-1")
_FAMILY = 6
"""So many letters of a codec's name tell its family: `utf-16-le` may begin with the mark of `utf-16`."""


def decode(content: bytes, encoding: str) -> tuple[str, str]:
    """The text, with line ends as "\\n", and the encoding by which it was read.

    Raises `MalformedRecord` that names `file.encoding`: when it is needed, or contradicts what the bytes show.
    """
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    if encoding and marked and codecs.lookup(encoding).name[:_FAMILY].rstrip("-") != marked[:_FAMILY].rstrip("-"):
        raise MalformedRecord(
            "the file begins with the mark of another encoding", where=_KEY, expected=marked, found=encoding
        )
    chosen = marked or encoding or "utf-8"
    try:
        text = content.decode(chosen)
    except UnicodeError as error:
        raise _unreadable(content, error, encoding, chosen) from None
    if encoding and not marked and _is_hidden_utf8(content, encoding):
        raise MalformedRecord(
            "the file reads as UTF-8 too, which other files never do by chance",
            where=_KEY,
            expected="utf-8",
            found=encoding,
            mend="Set file.encoding to utf-8, or leave it out.",
        )
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"), chosen


def _is_hidden_utf8(content: bytes, encoding: str) -> bool:
    """Whether text with letters beyond ASCII is UTF-8, though the map calls it an encoding of single bytes."""
    if codecs.lookup(encoding).name.startswith("utf") or content.isascii():
        return False
    try:
        return len(content.decode("utf-8")) < len(content) == len(content.decode(encoding))
    except UnicodeError:
        return False


def _unreadable(content: bytes, error: UnicodeError, encoding: str, chosen: str) -> MalformedRecord:
    start = error.start if isinstance(error, UnicodeDecodeError) else len(content)
    if encoding:
        return MalformedRecord(
            "the file is not in the map's encoding", where=_KEY, expected=encoding, found=f"byte {start} is none of it"
        )
    piece = content[max(0, start - 12) : start + 12]
    read = "; ".join(f"{name} reads {piece.decode(name, 'replace')!r}" for name in _SUGGESTED)
    return MalformedRecord(
        f"not {chosen.removesuffix('-sig').upper()}, and nothing says what else",
        where=f"byte {start}",
        expected="text in UTF-8, or file.encoding in the map",
        found=read,
        mend="Set file.encoding to the one that reads right.",
    )
