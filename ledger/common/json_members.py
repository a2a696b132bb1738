"""The entries of a JSON list, each of which is to be refused by itself."""

import re
from typing import Any

from ledger.common.canonical import parse_json
from ledger.errors import MalformedRecord

# Possessive, closing quote optional: an unterminated string is taken whole, and the scan stays linear.
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_IN_LIST = re.compile(rb'(?:[^"\[\]{},]++|' + _STRING + rb")*+([\[\]{},])", re.DOTALL)
_DEEPER = re.compile(rb'(?:[^"\[\]{}]++|' + _STRING + rb")*+([\[\]{}])", re.DOTALL)
_SPACE = b" \t\n\r"


def entries_of(text: bytes, name: str, most: int, longest: int) -> list[Any]:
    """The entries of the list in the object `{name: [...]}`: parsed where nothing is wrong with any of them, else each
    as its text (`bytes`), as in a body that is larger than one entry may be.

    Raises `MalformedRecord` for any other shape, and for more than `most` entries.
    """
    if len(text) <= longest:
        try:
            value = parse_json(text, max_size=longest)
        except MalformedRecord:
            value = None
        if isinstance(value, dict) and len(value) == 1 and isinstance(entries := value.get(name), list):
            if len(entries) > most:
                raise _too_many(name, most)
            return entries
    return members_of(text, name, most)


def members_of(text: bytes, name: str, most: int, where: str = "body") -> list[bytes]:
    """The texts of the entries of the list in the object `{name: [...]}`, which has nothing else; none is parsed.

    Raises `MalformedRecord` for any other shape, and for more than `most` entries.
    """
    head = re.match(rb'[ \t\n\r]*\{[ \t\n\r]*"' + name.encode() + rb'"[ \t\n\r]*:[ \t\n\r]*\[', text)
    if head is None:
        raise _other(name, where)
    entries: list[bytes] = []
    start = place = head.end()
    depth = 0
    while (mark := (_DEEPER if depth else _IN_LIST).match(text, place)) is not None:
        place = mark.end()
        if mark[1] in b"[{":
            depth += 1
        elif depth:
            depth -= 1
        elif mark[1] == b"}":
            break
        else:
            entries.append(text[start : place - 1].strip(_SPACE))
            start = place
            if len(entries) > most:
                raise _too_many(name, most)
            if mark[1] == b"]":
                break
    if mark is None or mark[1] != b"]" or text[place:].translate(None, _SPACE) != b"}":
        raise _other(name, where)
    if entries == [b""]:
        return []
    if b"" in entries:
        raise _other(name, where)
    return entries


def _too_many(name: str, most: int) -> MalformedRecord:
    return MalformedRecord("too many", where=name, expected=f"at most {most}", found="more")


def _other(name: str, where: str) -> MalformedRecord:
    return MalformedRecord("not an object with one list", where=where, expected=f'{{"{name}": [...]}}')
