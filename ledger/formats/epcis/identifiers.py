"""EPC URNs and GS1 Digital Links of the same thing become one: the canonical Digital Link, with the finest level of
identification alone, as event hash ids and queries compare them.

Sources: EPC Tag Data Standard 2.0 (section 6, URNs), GS1 Digital Link URI syntax, CBV 2.0 (section 8.9.3).
"""

import re
from collections.abc import Callable, Mapping

from ledger.common.gs1_keys import check_digit

GS1 = "https://id.gs1.org/"
_SHORT = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017", "gsrn": "8018",
    "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004",
    "cpv": "22", "lot": "10", "ser": "21",
}  # fmt: skip
_VALUE = r"[\x22\x27\x2D-\x2E\x30-\x39\x3B-\x3F\x41-\x5A\x5F\x61-\x7A%]"
_PART = r"[\x23\x2D\x30-\x39\x41-\x5A%]"
_KEYS: Mapping[str, str] = {
    "00": r"\d{18}",
    "01": r"\d{14}",
    "253": rf"\d{{13}}{_VALUE}{{0,17}}",
    "255": r"\d{13,25}",
    "401": rf"{_VALUE}{{1,30}}",
    "402": r"\d{17}",
    "414": r"\d{13}",
    "417": r"\d{13}",
    "8003": rf"\d{{14}}{_VALUE}{{0,16}}",
    "8004": rf"{_VALUE}{{1,30}}",
    "8006": r"\d{18}",
    "8010": rf"{_PART}{{1,30}}",
    "8017": r"\d{18}",
    "8018": r"\d{18}",
}
"""What each key may look like in a link, values percent-encoded."""
_QUALIFIERS: Mapping[str, tuple[str, ...]] = {
    "01": ("21", "10", "235"),
    "8006": ("21", "10"),
    "414": ("254",),
    "8010": ("8011",),
}
"""By key, what makes it finer: the first one that is there stands alone."""
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE = str.maketrans({c: f"%{ord(c):02X}" for c in "!()*+,:"})
_URN = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(.+)")
_LONGEST = 300


def canonical(uri: str) -> str:
    """The one spelling of what `uri` names; what is no GS1 identifier, or no right one, stays as it is."""
    if len(uri) > _LONGEST:
        return uri
    matched = _URN.fullmatch(uri)
    if matched is None:
        return _of_link(uri) or uri
    kind, scheme, rest = matched.groups()
    made = _of_urn(kind, scheme, rest.split("."))
    return uri if made is None else GS1 + made


def quoted(text: str) -> str:
    """A value as it stands in a link: everything but letters, digits and ``-._~`` percent-encoded (RFC 3986)."""
    return "".join(chr(b) if chr(b) in _UNRESERVED else f"%{b:02X}" for b in text.encode())


def _of_link(uri: str) -> str | None:
    if not uri.startswith(("https://", "http://")):
        return None
    steps = re.split("[?#]", uri, maxsplit=1)[0].split("/")[2:]
    for start in range(1, len(steps) - 1):
        key = _SHORT.get(steps[start], steps[start])
        if key in _KEYS and (made := _read(key, steps[start + 1 :])) is not None:
            return GS1 + made
    return None


def _read(key: str, rest: list[str]) -> str | None:
    value = rest[0].rjust(14, "0") if key == "01" and rest[0].isdigit() and len(rest[0]) in (8, 12, 13) else rest[0]
    while len(rest) > 1 and not rest[-1]:
        rest = rest[:-1]
    if len(rest) % 2 == 0 or not re.fullmatch(_KEYS[key], value):
        return None
    told = {_SHORT.get(name, name): text for name, text in zip(rest[1::2], rest[2::2], strict=True)}
    if not set(told) <= {"22", *_QUALIFIERS.get(key, ())} or not all(told.values()):
        return None
    finest = next((name for name in _QUALIFIERS.get(key, ()) if name in told), None)
    return f"{key}/{value}" + (f"/{finest}/{told[finest]}" if finest else "")


def _of_urn(kind: str, scheme: str, parts: list[str]) -> str | None:
    """Key, value and qualifier of a URN, or None for one that is not right."""
    rule = _URNS.get((kind, scheme))
    if rule is None or not re.fullmatch(r"\d{6,12}", parts[0]):
        return None
    try:
        return rule(parts)
    except (IndexError, ValueError):
        return None


def _digits(parts: list[str], length: int, *, indicator: bool = False) -> str:
    """Company prefix and reference as one number of `length`, its check digit included."""
    prefix, reference = parts[0], parts[1]
    if not re.fullmatch(r"\d*", reference) or len(prefix) + len(reference) != length - 1:
        raise ValueError(reference)
    number = reference[0] + prefix + reference[1:] if indicator else prefix + reference
    return number + check_digit(number)


def _text(parts: list[str], at: int) -> str:
    """What stands from `at` on: a serial may hold dots."""
    value = ".".join(parts[at:])
    if not value or not re.fullmatch(r"(%[0-9A-Fa-f]{2}|[!')(*+,.0-9:;=A-Za-z_-])+", value):
        raise ValueError(value)
    return value.translate(_SAFE)


def _only(parts: list[str], at: int, *, like: str = r"\*") -> str:
    """The last part, that says nothing more than `like`."""
    if len(parts) != at + 1 or not re.fullmatch(like, parts[at]):
        raise ValueError(parts)
    return parts[at]


def _plain(key: str, length: int, *, indicator: bool = False) -> Callable[[list[str]], str]:
    def rule(parts: list[str]) -> str:
        if len(parts) != 2:
            raise ValueError(parts)
        return f"{key}/{_digits(parts, length, indicator=indicator)}"

    return rule


def _service(key: str) -> Callable[[list[str]], str]:
    """A reference in the key's order."""
    return _plain(key, 18)


def _gtin(qualifier: str) -> Callable[[list[str]], str]:
    def rule(parts: list[str]) -> str:
        return f"01/{_digits(parts, 14, indicator=True)}/{qualifier}/{_text(parts, 2)}"

    return rule


def _pattern(key: str, length: int, *, indicator: bool = False, before: str = "") -> Callable[[list[str]], str]:
    def rule(parts: list[str]) -> str:
        _only(parts, 2)
        return f"{key}/{before}{_with_zero(parts, length, indicator, before)}"

    return rule


def _with_zero(parts: list[str], length: int, indicator: bool, before: str) -> str:
    return _digits(parts, length - len(before), indicator=indicator)


def _sgln(parts: list[str]) -> str:
    number, extension = _digits(parts, 13), _text(parts, 2)
    return f"414/{number}" + ("" if extension == "0" else f"/254/{extension}")


def _serialised(key: str, before: str = "") -> Callable[[list[str]], str]:
    """A key of 13 digits with a serial behind it in one value."""

    def rule(parts: list[str]) -> str:
        return f"{key}/{before}{_digits(parts, 13)}{_text(parts, 2)}"

    return rule


def _coupon(parts: list[str]) -> str:
    return f"255/{_digits(parts, 13)}{_only(parts, 2, like=r'[0-9]{1,12}')}"


def _reference(key: str) -> Callable[[list[str]], str]:
    def rule(parts: list[str]) -> str:
        return f"{key}/{parts[0]}{_text(parts, 1)}"

    return rule


def _component(parts: list[str]) -> str:
    return f"8010/{parts[0]}{_text(parts[:-1], 1)}/8011/{_only(parts, len(parts) - 1, like=r'[0-9]{1,12}')}"


def _component_pattern(parts: list[str]) -> str:
    _only(parts, len(parts) - 1)
    return f"8010/{parts[0]}{_text(parts[:-1], 1)}"


def _piece(parts: list[str]) -> str:
    pieces = _only(parts[:3], 2, like=r"\d\d") + _only(parts[:4], 3, like=r"\d\d")
    return f"8006/{_digits(parts, 14, indicator=True)}{pieces}/21/{_text(parts, 4)}"


def _piece_pattern(parts: list[str]) -> str:
    _only(parts, 4)
    return _piece([*parts[:4], "0"]).partition("/21/")[0]


_URNS: Mapping[tuple[str, str], Callable[[list[str]], str]] = {
    ("id", "sgtin"): _gtin("21"),
    ("id", "upui"): _gtin("235"),
    ("class", "lgtin"): _gtin("10"),
    ("id", "sscc"): _plain("00", 18, indicator=True),
    ("id", "sgln"): _sgln,
    ("id", "pgln"): _plain("417", 13),
    ("id", "grai"): _serialised("8003", "0"),
    ("id", "gdti"): _serialised("253"),
    ("id", "sgcn"): _coupon,
    ("id", "giai"): _reference("8004"),
    ("id", "ginc"): _reference("401"),
    ("id", "gsin"): _plain("402", 17),
    ("id", "gsrn"): _service("8018"),
    ("id", "gsrnp"): _service("8017"),
    ("id", "cpi"): _component,
    ("id", "itip"): _piece,
    ("idpat", "sgtin"): _pattern("01", 14, indicator=True),
    ("idpat", "upui"): _pattern("01", 14, indicator=True),
    ("idpat", "grai"): _pattern("8003", 14, before="0"),
    ("idpat", "gdti"): _pattern("253", 13),
    ("idpat", "sgcn"): _pattern("255", 13),
    ("idpat", "cpi"): _component_pattern,
    ("idpat", "itip"): _piece_pattern,
}
"""By kind and scheme, how a URN's parts become key, value and qualifier."""
