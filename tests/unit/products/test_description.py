"""What a brand says of its product: the text that it signs, which one is shown, and that it vouches for nothing."""

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ledger.common.canonical import canonical_json
from ledger.common.gs1 import parse_product
from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord
from ledger.products.description import (
    MOST_TEXT,
    PRODUCT_SCHEMA,
    Description,
    Picture,
    current,
    description_text,
    in_language,
    parse_description,
)

GTIN = "09421900000012"
SAID = Description(
    GTIN, "Kea", {"en": "Formula", "zh-CN": "奶粉"}, {"en": "900 g"}, Picture(bytes(range(32)), "image/webp")
)


def text(**changes: Any) -> bytes:
    data = json.loads(description_text(SAID)) | changes
    return canonical_json({name: value for name, value in data.items() if value is not None})


def test_a_description_is_read_as_it_is_written() -> None:
    plain = replace(SAID, picture=None, descriptions={})
    for description in (SAID, plain):
        assert parse_description(description_text(description)) == description


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        (text(names={}), "document.names"),
        (text(names={"en": " "}), "document.names.en"),
        (text(names=["Formula"]), "document.names"),
        (text(brand=None), "document"),
        (text(brand=7), "document.brand"),
        (text(gtin="09421900000013"), "document.gtin"),
        (text(lading="product/2"), "document"),
        (text(more=1), "document"),
        (text(picture={"sha256": "0x00", "type": "image/webp"}), "document.picture.sha256"),
        (text(picture={"sha256": "0x" + "00" * 32, "type": "image/svg+xml"}), "document.picture"),
        (text() + b" ", "document"),
        (text(brand="x" * 2001), "document.brand"),
        (b" " * (MOST_TEXT + 1), "document"),
        (b"[]", "document"),
    ],
)
def test_anything_else_is_refused_and_named(changed: bytes, where: str) -> None:
    with pytest.raises(MalformedRecord) as refused:
        parse_description(changed)
    assert refused.value.where.startswith(where) or where == "document"


@pytest.mark.parametrize(
    ("language", "name"),
    [("zh-CN", "奶粉"), ("zh", "奶粉"), ("en", "Formula"), ("de", "Formula"), ("en-NZ", "Formula")],
)
def test_a_name_is_told_in_the_readers_language_or_the_nearest(language: str, name: str) -> None:
    assert in_language(SAID.names, language) == name
    assert in_language({"fr": "Lait"}, language) == "Lait"
    assert in_language({}, language) == ""


@dataclass(frozen=True)
class Signed:
    by: int = 2
    schema: bytes = PRODUCT_SCHEMA
    subject: str = f"01/{GTIN}"
    document: bytes = b"\x01" * 32


def shown(*attestations: Signed, speakers: tuple[int, ...] = (2,)) -> int | None:
    """Which of the attestations is shown with an item of lot L1."""
    ids = [(RecordId(bytes([number]) * 32), one) for number, one in enumerate(attestations)]
    found = current(parse_product(f"01/{GTIN}/10/L1/21/7"), ids, speakers)
    return None if found is None else found[0][0]


def test_the_one_that_says_most_is_shown_then_the_newest() -> None:
    lot = Signed(subject=f"01/{GTIN}/10/L1")
    assert shown(Signed(), Signed()) == 1
    assert shown(lot, Signed()) == 0
    assert shown(Signed(), lot, lot, Signed()) == 2


@pytest.mark.parametrize(
    "other",
    [
        Signed(by=3), Signed(schema=b"\x00" * 32), Signed(subject=f"01/{GTIN}/10/L2"), Signed(subject="partner/2"),
        Signed(document=bytes(32)), Signed(subject="01/09506000134352"),
    ],
)  # fmt: skip
def test_what_the_brand_does_not_say_of_this_product_is_not_shown(other: Signed) -> None:
    assert shown(other) is None
    assert shown(Signed(), other) == 0
