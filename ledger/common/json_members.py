"""The entries of a JSON list as they were written, so that each is parsed, and refused, by itself."""

import re

from ledger.errors import MalformedRecord

# Possessive, closing quote optional: an unterminated string is taken whole, and the scan stays linear.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)
_SPACE = b" \t\n\r"


def members_of(text: bytes, name: str, most: int, where: str = "body") -> list[bytes]:
    """The texts of the entries of the list in the object `{name: [...]}`, which has nothing else; none is parsed.

    Raises `MalformedRecord` for any other shape, and for more than `most` entries.
    """
    head = re.match(rb'[ \t\n\r]*\{[ \t\n\r]*"' + name.encode() + rb'"[ \t\n\r]*:[ \t\n\r]*\[', text)
    if head is None:
        raise _other(name, where)
    entries: list[bytes] = []
    start, depth, end = head.end(), 0, -1
    for token in _TOKEN.finditer(text, start):
        mark = text[token.start()]
        if mark in b"[{":
            depth += 1
        elif mark in b"]}" and depth:
            depth -= 1
        elif not depth and mark in b",]":
            entries.append(text[start : token.start()].strip(_SPACE))
            start = token.end()
            if len(entries) > most:
                raise MalformedRecord("too many", where=name, expected=f"at most {most}", found="more")
            if mark == ord("]"):
                end = start
                break
        elif not depth and mark == ord("}"):
            break
    if end < 0 or text[end:].translate(None, _SPACE) != b"}":
        raise _other(name, where)
    if entries == [b""]:
        return []
    if b"" in entries:
        raise _other(name, where)
    return entries


def _other(name: str, where: str) -> MalformedRecord:
    return MalformedRecord("not an object with one list", where=where, expected=f'{{"{name}": [...]}}')
