"""Compressed Digital Links: the same elements as bits, in the URI-safe alphabet of base64.

Each element is its identifier, four bits a digit, and its value by the identifier's format: digits as one integer,
other characters in the narrowest of five ways. One code of two hex digits may stand for several identifiers.
Source: *GS1 Digital Link: Compression*, sections 3 to 5. For the codes 1A and 9D the text and the published reference
implementation give the values in different orders: the one under which every value is valid counts, and where both
are, that of the reference implementation.
"""

import re
from collections.abc import Iterator
from itertools import product

from ledger.errors import MalformedRecord
from ledger.formats.gs1 import digital_link
from ledger.formats.gs1.application_identifiers import AI_LENGTHS, KEYS, described
from ledger.formats.gs1.bits import Bits, BitWriter
from ledger.formats.gs1.components import OWN_LENGTH_BITS, read_text, read_value, write_value
from ledger.formats.gs1.elements import Element, Elements

SEGMENT = re.compile(r"[A-Za-z0-9_-]{2,1024}")
CODES = {
    "0A": "01 22", "0B": "01 10", "0C": "01 21", "0D": "01 17", "0E": "01 7003", "0F": "01 30",
    "1A": "01 10 17 21", "1B": "01 15", "1C": "01 11", "1D": "01 16", "1E": "01 91", "1F": "01 10 15",
    **{f"2{letter}": f"01 310{i}" for i, letter in enumerate("ABCDEF")},
    **{f"3{letter}": f"01 320{i}" for i, letter in enumerate("ABCDEF")},
    "9A": "8010 8011", "9B": "8017 8019", "9C": "8018 8019", "9D": "254 414",
    **{f"A{i}": f"01 392{i}" for i in range(10)},
    **{f"C{i}": f"255 390{i}" for i in range(10)},
    **{f"C{letter}": f"255 394{i}" for i, letter in enumerate("ABCD")},
}  # fmt: skip
"""By code, the identifiers whose values follow it, in that order."""
_BY_THE_TEXT = {"1A": "01 10 21 17", "9D": "414 254"}
_OWN = 0xF
"""The four bits in front of a parameter of somebody's own."""


def parse(uri: str, where: str = "uri") -> Elements:
    """The elements of a link whose last segment is compressed, whole or but for its key; key and qualifiers first.

    Raises `MalformedRecord` for anything that does not decompress to a valid Digital Link.
    """
    return digital_link.parse(decompressed(uri, where), where)


def decompressed(uri: str, where: str = "uri") -> str:
    """The link that a compressed one stands for, on the same stem, with what its own query says. As `parse` raises."""
    head, mark, query = uri.partition("#")[0].partition("?")
    stem, _, segment = head.rpartition("/")
    if SEGMENT.fullmatch(segment) is None:
        raise _bad("not a compressed link", where, "letters, digits, - and _ behind the last slash", segment)
    before: tuple[Element, ...] = ()
    segments = stem.split("/")
    if len(segments) > 4 and segments[-2] in KEYS:
        before = (Element(segments[-2], digital_link.unescaped(segments[-1])),)
        stem = "/".join(segments[:-2])
    failures = []
    for orders in product(*((CODES[code], text) for code, text in _BY_THE_TEXT.items())):
        try:
            found = _elements(segment, CODES | dict(zip(_BY_THE_TEXT, orders, strict=True)), where)
            link = digital_link.uri_of(Elements((*before, *found)), stem, where)
            return link + (("&" if "?" in link else "?") + query if mark and query else "")
        except MalformedRecord as error:
            failures.append(error)
    raise failures[0]


def compressed(elements: Elements, stem: str = digital_link.CANONICAL_STEM, where: str = "code") -> str:
    """The shortest link that says the same, whole compressed: codes first, those for most digits before others; of
    several primary keys the one that the link is about before all.

    Codes that readers understand differently are left out. Raises `MalformedRecord` as `digital_link.uri_of` does, and
    for an identifier that no link is compressed with.
    """
    digital_link.uri_of(elements, stem, where)
    held = {one.ai: one.value for one in elements}
    keys = [ai for ai in held if ai in KEYS]
    writer = BitWriter()
    for code in _codes_for(sorted(held), keys[0] if len(keys) > 1 else ""):
        writer.put(int(code, 16), 4 * len(code))
        for ai in CODES.get(code, code).split():
            write_value(ai, held[ai], writer, where)
    return f"{stem.rstrip('/')}/{writer.text()}"


def _codes_for(left: list[str], key: str) -> Iterator[str]:
    """Codes and identifiers that together stand for those that are left, each once, `key` first if there is one."""
    codes = {code: ais.split() for code, ais in CODES.items() if code not in _BY_THE_TEXT}
    while usable := [code for code, ais in codes.items() if set(ais) <= set(left) and key in ("", ais[0])]:
        code = max(usable, key=lambda code: sum(map(len, codes[code])))
        left = [ai for ai in left if ai not in codes[code]]
        yield code
        key = ""
    if key:
        left.remove(key)
        yield key
        yield from _codes_for(left, "")
    else:
        yield from left


def _elements(segment: str, codes: dict[str, str], where: str) -> tuple[Element, ...]:
    bits, found = Bits(segment), dict[str, Element]()
    while not bits.ends():
        first = bits.take(4)
        if first == _OWN:
            _skip_own(bits, where)
            continue
        code = f"{first:X}{bits.take(4):X}"
        for ai in codes[code].split() if code in codes else (_identifier(code, bits, where),):
            if ai in found:
                raise _bad("one application identifier twice", where, "each once", f"({ai})")
            found[ai] = Element(ai, read_value(ai, bits, where))
    return tuple(found.values())


def _identifier(start: str, bits: Bits, where: str) -> str:
    ai = start + "".join(f"{bits.take(4):X}" for _ in range(AI_LENGTHS.get(start, 2) - 2))
    if described(ai) is None:
        raise _bad("not a compressed link", where, "an application identifier or a code", ai)
    return ai


def _skip_own(bits: Bits, where: str) -> None:
    """Name and value of a parameter that is none of GS1's: it says nothing of the object."""
    bits.take(6 * bits.take(OWN_LENGTH_BITS))
    way = bits.take(3)
    read_text(way, bits.take(OWN_LENGTH_BITS), bits, where)


def _bad(what: str, where: str, expected: str, found: str) -> MalformedRecord:
    return MalformedRecord(what, where=where, expected=expected, found=found[:80])
