"""What a brand says of its product for whoever scans it: names, a description and a picture.

It is an attestation of the schema `product` whose `document` is the SHA-256 of a text like this, canonical JSON
(RFC 8785), `picture` left out where there is none:

    {"brand": "Kea", "descriptions": {"en": "…"}, "gtin": "09421900000012", "lading": "product/1",
     "names": {"en": "Infant formula", "zh-CN": "婴儿配方奶粉"}, "picture": {"sha256": "0x…", "type": "image/webp"}}

It describes and vouches for nothing: no verdict counts it. It is shown from whoever speaks for the brand, while valid.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ledger.common.canonical import canonical_json, parse_json
from ledger.common.gs1 import Product, parse_product
from ledger.common.gs1_keys import check_gtin
from ledger.common.ids import RecordId
from ledger.common.json_fields import hex_bytes
from ledger.common.scopes import schema_hash
from ledger.errors import MalformedRecord

PRODUCT_SCHEMA = schema_hash("product")
FORMAT = "product/1"
MOST_TEXT = 16 * 1024
"""Bytes of the text."""
MOST_PICTURE = 256 * 1024
"""Bytes of a picture: what a phone on a slow line may be asked to load."""
PICTURE_TYPES = ("image/webp", "image/jpeg", "image/png")
"""What browsers draw and cannot run: no drawing that may hold scripts."""
LONGEST = 2000
_FIELDS = {"brand", "descriptions", "gtin", "lading", "names"}


@dataclass(frozen=True, slots=True)
class Picture:
    """`sha256`: of its bytes; `type`: one of `PICTURE_TYPES`."""

    sha256: bytes
    type: str


@dataclass(frozen=True, slots=True)
class Description:
    """`names` and `descriptions`: by tag of their language (BCP 47), at least one name."""

    gtin: str
    brand: str
    names: Mapping[str, str]
    descriptions: Mapping[str, str]
    picture: Picture | None


class Attested(Protocol):
    """Of an attestation: who attests, under which schema, about what, with which document."""

    @property
    def by(self) -> int: ...
    @property
    def schema(self) -> bytes: ...
    @property
    def subject(self) -> str: ...
    @property
    def document(self) -> bytes: ...


def parse_description(text: bytes, where: str = "document") -> Description:
    """The description in `text`; raises `MalformedRecord` for anything but the canonical spelling of one."""
    if len(text) > MOST_TEXT:
        raise MalformedRecord("too large", where=where, expected=f"at most {MOST_TEXT} bytes", found=len(text))
    data = parse_json(text, where=where)
    if not isinstance(data, dict) or data.keys() - {"picture"} != _FIELDS or data["lading"] != FORMAT:
        expected = f"lading {FORMAT}, gtin, brand, names, descriptions, and a picture or none"
        raise MalformedRecord("not a product's description", where=where, expected=expected)
    if canonical_json(data) != text:
        raise MalformedRecord("not canonical JSON (RFC 8785)", where=where, expected=canonical_json(data).decode()[:80])
    check_gtin(data["gtin"], f"{where}.gtin")
    names = _by_language(data["names"], f"{where}.names")
    if not names:
        raise MalformedRecord("no name", where=f"{where}.names", expected="a name in one language at least")
    picture = _picture(data["picture"], f"{where}.picture") if "picture" in data else None
    brand = _text(data["brand"], f"{where}.brand")
    return Description(data["gtin"], brand, names, _by_language(data["descriptions"], f"{where}.descriptions"), picture)


def description_text(description: Description) -> bytes:
    """The text that an attestation commits to."""
    data: dict[str, Any] = {
        "brand": description.brand,
        "descriptions": dict(description.descriptions),
        "gtin": description.gtin,
        "lading": FORMAT,
        "names": dict(description.names),
    }
    if (picture := description.picture) is not None:
        data["picture"] = {"sha256": f"0x{picture.sha256.hex()}", "type": picture.type}
    return canonical_json(data)


def picture_type(body: bytes) -> str | None:
    """The type of a picture by its first bytes, one of `PICTURE_TYPES`."""
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if body.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if body[:4] == b"RIFF" and body[8:12] == b"WEBP" else None


def in_language(texts: Mapping[str, str], language: str) -> str:
    """The text in the language, or one of the same tongue (`zh` for `zh-CN`), else English, else the first."""
    same = sorted(tag for tag in texts if tag.partition("-")[0] == language.partition("-")[0])
    return next((texts[tag] for tag in (language, *same, "en", *sorted(texts)) if tag in texts), "")


def current(
    product: Product, valid: Iterable[tuple[RecordId, Attested]], speakers: Iterable[int]
) -> tuple[RecordId, Attested] | None:
    """The description that is shown with `product`: of those in force, from whom speaks for the brand, the one that
    says most of the product, then the newest. `valid`: attestations in force, in log order.
    """
    speaking = set(speakers)
    best: tuple[int, RecordId, Attested] | None = None
    for record_id, attestation in valid:
        if attestation.schema != PRODUCT_SCHEMA or attestation.by not in speaking or not any(attestation.document):
            continue
        try:
            subject = parse_product(attestation.subject)
        except MalformedRecord:
            continue
        told = sum(bool(part) for part in (subject.variant, subject.lot, subject.serial))
        if subject.covers(product) and (best is None or told >= best[0]):
            best = told, record_id, attestation
    return None if best is None else best[1:]


def _by_language(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise MalformedRecord("not texts by language", where=where, expected='{"en": "…"}')
    return {str(tag): _text(text, f"{where}.{tag}") for tag, text in value.items()}


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        raise MalformedRecord("not a text", where=where, expected=f"1 to {LONGEST} characters")
    return value


def _picture(value: object, where: str) -> Picture:
    if not isinstance(value, dict) or value.keys() != {"sha256", "type"} or value["type"] not in PICTURE_TYPES:
        expected = f"sha256, and type of {', '.join(PICTURE_TYPES)}"
        raise MalformedRecord("not a picture", where=where, expected=expected)
    return Picture(hex_bytes(value["sha256"], f"{where}.sha256", 32), value["type"])
