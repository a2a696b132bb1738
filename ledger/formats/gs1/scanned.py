"""A label as it comes: what a scanner sends, what a phone opens, or what a person types under the barcode.

Links are read more kindly here than `digital_link` reads them: what older editions allowed is still printed on goods
(a GTIN without its zeros, `gtin` for 01), a later edition may know more, and a slash at the end does no harm.
"""

import re

from ledger.common.gs1 import Product
from ledger.common.gs1_keys import digits_only
from ledger.errors import MalformedRecord
from ledger.formats.gs1 import compression, digital_link, element_string
from ledger.formats.gs1.application_identifiers import KEYS
from ledger.formats.gs1.digital_link import CANONICAL_STEM
from ledger.formats.gs1.elements import Elements
from ledger.formats.gs1.value_checks import element

MOST = digital_link.MOST
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_PLAIN_SYMBOL = re.compile(r"\](?:Q1|d1)(?=https?://)", re.IGNORECASE)
"""A QR Code or Data Matrix that holds no element string, but here a link."""
_GAPS = re.compile(r"[\s-]")
_LENGTHS = {8: "01", 12: "01", 13: "01", 14: "01", 18: "00"}
"""By their number, what digits alone are."""
_NUMBERED = ("00", "410", "411", "412", "413", "414", "415", "416", "417")
"""SSCC and GLN: what loads, places and parties are looked for by."""
_TRADE_ITEM = {"22": "variant", "10": "lot", "21": "serial"}


def parse(text: str, where: str = "code") -> Elements:
    """What is on the label: a Digital Link or its path, a compressed link, an element string with a symbology
    identifier, with FNC1, in brackets or bare, or the digits of a GTIN or SSCC alone.

    Raises `MalformedRecord`.
    """
    code = text.strip(" \t\r\n")
    if not code or len(code) > MOST:
        raise MalformedRecord("no code", where=where, expected="a link, or the digits under the barcode")
    code = _PLAIN_SYMBOL.sub("", code)
    if _SCHEME.match(code):
        return parse_link(code, where)
    if element_string.is_message(code):
        return element_string.parse(code, where)
    digits = _GAPS.sub("", code)
    if digits_only(digits) and len(digits) in _LENGTHS:
        ai = _LENGTHS[len(digits)]
        return Elements((element(ai, digits.rjust(14, "0"), where),))
    path = code.lstrip("/")
    if path.split("/")[0] in KEYS and "/" in path:
        return parse_link(f"{CANONICAL_STEM}/{path}", where)
    if digits_only(code[:2]) and "/" not in code[:5]:
        return element_string.parse(code, where)
    raise MalformedRecord(
        "no GS1 code", where=where, expected="a link with 01/…, (01)…, or the digits under the barcode", found=code[:80]
    )


def parse_link(uri: str, where: str = "link") -> Elements:
    """As `digital_link.parse` and `compression.parse`, read kindly."""
    head, mark, rest = re.fullmatch(r"([^?#]*)([?#]?)(.*)", uri, re.DOTALL).groups()  # type: ignore[union-attr] # matches anything
    if head.endswith("/") and not head.endswith("//"):
        uri = head[:-1] + mark + rest
    scheme = _SCHEME.match(uri)
    if scheme is not None:
        uri = scheme[0].lower() + uri[scheme.end() :]
    if is_compressed(uri):
        return compression.parse(uri, where)
    return digital_link.parse(uri, where, convenience_alphas=True, zero_suppressed_gtin=True, unknown_ais=True)


def is_compressed(uri: str) -> bool:
    """Whether a link can be read only as a compressed one: there is no key with a whole path in it, and its last
    segment could be one."""
    path = re.split("[?#]", uri, maxsplit=1)[0].split("/")[3:]
    if digital_link.key_position(path, alphas=True) >= 0 or not path:
        return False
    return compression.SEGMENT.fullmatch(path[-1]) is not None and not digits_only(path[-1])


def product_of(elements: Elements, where: str = "code") -> Product:
    """The trade item that a label names, with its variant, lot and serial; raises `MalformedRecord` where it names
    none. A piece of an item (8006) is the item that it is a piece of."""
    gtin = elements.value("01") or elements.value("8006")[:14]
    if not gtin:
        raise MalformedRecord(
            "no GTIN in this code", where=where, expected="(01) and 14 digits", found=elements.bracketed()[:80]
        )
    return Product(gtin, **{name: elements.value(ai) for ai, name in _TRADE_ITEM.items()})


def product_of_code(text: str, where: str = "code") -> Product:
    """As `parse` and `product_of`."""
    return product_of(parse(text, where), where)


def sought(text: str) -> tuple[str, Product | None]:
    """What to look for where somebody gives a code: of a load its SSCC, of a place or party its GLN, in digits; else
    the text as it is, with the product that it names, if it names one.

    Digits alone stay what they are, an order's number perhaps.
    """
    try:
        elements = parse(text, "q")
    except MalformedRecord:
        return text, None
    if elements.value("01") or elements.value("8006"):
        return text, product_of(elements)
    number = next((one.value for one in elements if one.ai in _NUMBERED), "")
    plain = not element_string.is_message(text.strip()) and "/" not in text
    return (text if plain or not number else number), None


def completed(product: Product, **parts: str) -> Product:
    """`product` with what it left open, as somebody read it on the package; raises `MalformedRecord`.

    What the code itself says stands.
    """
    named = {name: ai for ai, name in _TRADE_ITEM.items()}
    held = {name: getattr(product, name) or text.strip() for name, text in parts.items()}
    whole = {name: element(named[name], value, name).value for name, value in held.items() if value}
    return Product(product.gtin, **{name: whole.get(name) or getattr(product, name) for name in named})
