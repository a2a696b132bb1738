"""GS1 Digital Link URIs: the grammar of *GS1 Digital Link: URI Syntax*, sections 4.2 to 4.12, read and written.

`parse` takes what the standard allows and nothing else; three things that older editions allowed, or a later one may,
are taken only when asked for.
"""

import re
from collections.abc import Iterator

from ledger.errors import MalformedRecord
from ledger.formats.gs1.application_identifiers import (
    KEYS,
    described,
    is_path,
    may_be_attribute,
    may_be_unknown,
    needs_separator,
)
from ledger.formats.gs1.elements import Element, Elements
from ledger.formats.gs1.value_checks import element

MOST = 2048
"""Most characters of a URI."""
CANONICAL_STEM = "https://id.gs1.org"
_WHOLE = re.compile(
    r"(?:https?|HTTPS?)://(?P<domain>[^/]+)(?P<path>/[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?", re.ASCII | re.DOTALL
)
_ANYWHERE = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_NOT_IN_DOMAIN = re.compile(r"[_~?#@!$&'()*+,;=%]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ALPHAS = {
    "cpid": "8010", "cpsn": "8011", "cpv": "22", "gcn": "255", "gdti": "253", "giai": "8004", "ginc": "401",
    "gln": "414", "glnx": "254", "gmn": "8013", "grai": "8003", "gsin": "402", "gsrn": "8018", "gsrnp": "8017",
    "gtin": "01", "itip": "8006", "lot": "10", "party": "417", "refno": "8020", "ser": "21", "srin": "8019",
    "sscc": "00",
}  # fmt: skip

KEY_NAMES = tuple(name for name, ai in _ALPHAS.items() if ai in KEYS)
"""What older editions called primary keys in a path."""


def parse(
    uri: str,
    where: str = "uri",
    *,
    convenience_alphas: bool = False,
    zero_suppressed_gtin: bool = False,
    unknown_ais: bool = False,
) -> Elements:
    """The elements of a Digital Link: key and qualifiers from its path, then attributes from its query, in their order.

    `convenience_alphas`: names such as `gtin` in the path; `zero_suppressed_gtin`: a GTIN of 8, 12 or 13 digits in the
    path, filled up with zeros (in the query it always is); `unknown_ais`: attributes that no edition has yet.
    Raises `MalformedRecord`. What is no attribute in the query, and the fragment, say nothing.
    """
    if len(uri) > MOST:
        raise _bad("link too long", where, f"at most {MOST} characters", str(len(uri)))
    parts = _WHOLE.fullmatch(uri)
    if parts is None or _ANYWHERE.fullmatch(uri) is None:
        raise _bad("not a web address", where, "https://, a domain, a path, in the characters of a URI", uri)
    if _NOT_IN_DOMAIN.search(parts["domain"]):
        raise _bad("not a domain", where, "letters, digits, dots and hyphens", parts["domain"])
    path = [
        _element(ai, _plain(value, ai, where), where, pad=zero_suppressed_gtin)
        for ai, value in _pairs(parts["path"], where, alphas=convenience_alphas)
    ]
    order = tuple(one.ai for one in path)
    if not is_path(order):
        raise _bad("qualifiers that cannot follow this key so", where, _orders(order[0]), "/".join(order))
    query = [
        _element(ai, _plain(value.replace("+", " "), ai, where), where, pad=True)
        for ai, value in _attributes(parts["query"] or "", where, unknown=unknown_ais)
    ]
    _check_attributes(order, [one.ai for one in query], where)
    return Elements((*path, *query))


def uri_of(elements: Elements, stem: str = CANONICAL_STEM, where: str = "code") -> str:
    """The link that says the same: the first primary key with its qualifiers in the path, all else in the query.

    Raises `MalformedRecord` where the elements hold no primary key, or what no link may hold.
    """
    key = next((one.ai for one in elements if one.ai in KEYS), "")
    if not key:
        raise _bad("no primary key", where, "one of " + ", ".join(KEYS), elements.bracketed())
    held = {one.ai: one.value for one in reversed(elements.items)}
    order = max(KEYS[key] or ((),), key=lambda order: _best_order((key, *order), held))
    path = (key, *(ai for ai in order if ai in held))
    rest = [one for one in elements if one.ai not in path]
    rest.sort(key=lambda one: needs_separator(one.ai))
    query = "&".join(f"{one.ai}={escaped(one.value)}" for one in rest)
    text = stem.rstrip("/") + "".join(f"/{ai}/{escaped(held[ai])}" for ai in path) + (f"?{query}" if query else "")
    parse(text, where, unknown_ais=True)
    return text


def _best_order(path: tuple[str, ...], held: dict[str, str]) -> tuple[bool, int]:
    """Rather one that leaves only what a query may hold; then, of these, that with most of the qualifiers."""
    left = [ai for ai in held if ai not in path]
    return all(map(may_be_attribute, left)), sum(ai in held for ai in path)


def path_and_query(elements: Elements, where: str = "code") -> tuple[str, str]:
    """The link without its stem: the path from the key on, and the attributes, empty where there are none. Raises as
    `uri_of`."""
    path, _, query = uri_of(elements, where=where).removeprefix(f"{CANONICAL_STEM}/").partition("?")
    return path, query


def escaped(value: str) -> str:
    """A value within a link: everything but unreserved characters as %XX."""
    return "".join(c if c in _UNRESERVED else f"%{ord(c):02X}" for c in value)


def unescaped(text: str) -> str:
    """What `text` says with each %XX as its character; characters beyond ASCII are one a byte, and fit no value."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def key_position(segments: list[str], *, alphas: bool = False) -> int:
    """Where the key stands among the segments of a path: pairs are looked at from the end, for a stem may be anything.
    -1 where a pair comes first that is none of ours, or no pair is left."""
    at = len(segments) - 2
    while at >= 0:
        ai = _numeric(segments[at], alphas=alphas)
        if ai in KEYS:
            return at
        if described(ai) is None:
            return -1
        at -= 2
    return -1


def _pairs(path: str, where: str, *, alphas: bool) -> Iterator[tuple[str, str]]:
    segments = path.split("/")[1:]
    start = key_position(segments, alphas=alphas)
    if start < 0:
        raise _bad("no GS1 key in this link", where, "…/01/<GTIN>/… or another primary key", path)
    for ai, value in zip(segments[start::2], segments[start + 1 :: 2], strict=True):
        yield _numeric(ai, alphas=alphas), value


def _numeric(ai: str, *, alphas: bool) -> str:
    return _ALPHAS.get(ai, ai) if alphas else ai


def _attributes(query: str, where: str, *, unknown: bool) -> Iterator[tuple[str, str]]:
    for part in query.split("&"):
        ai, equals, value = part.partition("=")
        if not equals or not (ai.isascii() and ai.isdigit()):
            continue  # a parameter of somebody's own
        if described(ai) is None and not (unknown and may_be_unknown(ai)):
            raise _bad("not an application identifier", where, "names of one's own that are not digits alone", ai)
        yield ai, value


def _plain(value: str, ai: str, where: str) -> str:
    plain = unescaped(value)
    if not plain or "\0" in plain:
        raise _bad("no value of an application identifier", where, f"a value of ({ai})", value or "nothing")
    return plain


def _element(ai: str, value: str, where: str, *, pad: bool) -> Element:
    if pad and ai == "01" and len(value) in (8, 12, 13):
        value = value.rjust(14, "0")
    return element(ai, value, where)


def _check_attributes(path: tuple[str, ...], attributes: list[str], where: str) -> None:
    for i, ai in enumerate(attributes):
        if ai in path or ai in attributes[:i]:
            raise _bad("one application identifier twice", where, "each once", f"({ai})")
        if not may_be_attribute(ai) or any(is_path((*path[:at], ai, *path[at:])) for at in range(1, len(path) + 1)):
            raise _bad("an attribute that belongs in the path", where, "behind its key", f"({ai})")


def _orders(key: str) -> str:
    return " or ".join(", ".join(order) for order in KEYS[key]) + " in this order" if KEYS[key] else "no qualifier"


def _bad(what: str, where: str, expected: str, found: str) -> MalformedRecord:
    return MalformedRecord(what, where=where, expected=expected, found=found[:80])
