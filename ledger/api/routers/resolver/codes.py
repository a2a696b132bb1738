"""`/v1/codes`: what is on a label, taken apart."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query

from ledger.api.schemas import examples
from ledger.errors import MalformedRecord
from ledger.formats.gs1 import compression, digital_link
from ledger.formats.gs1.application_identifiers import described
from ledger.formats.gs1.elements import Elements
from ledger.formats.gs1.scanned import MOST, parse, product_of

router = APIRouter(prefix="/v1/codes", tags=["products"])


@dataclass(frozen=True, slots=True)
class CodeElement:
    """`ai`: the application identifier; `title`: its short name by GS1, empty for one that is not known yet."""

    ai: str
    title: str
    value: str


@dataclass(frozen=True, slots=True)
class CodeView:
    """`message`: the element strings, `^` for FNC1; `bracketed`: the same for people. `link`: the canonical Digital
    Link, `compressed`: the same compressed, null where no link can say it. `product`: the path under which
    `/v1/products/` answers, null where no trade item is named.
    """

    elements: list[CodeElement]
    message: str
    bracketed: str
    link: str | None
    compressed: str | None
    product: str | None


@router.get("", operation_id="getCode", responses=examples.READ_RESPONSES)
def read(
    code: Annotated[
        str,
        Query(
            max_length=MOST,
            description="What a scanner sent or a person typed: a GS1 Digital Link, compressed or not, or its path; an "
            "element string with symbology identifier, with FNC1 (the group separator, or `^`), or in brackets; the "
            "digits of a GTIN or SSCC",
            examples=["(01)09506000134352(10)LOT(21)1"],
        ),
    ],
) -> CodeView:
    """What a label says, by the GS1 General Specifications: nothing is looked up, and nothing is kept."""
    found = parse(code)
    try:
        link, compressed = digital_link.uri_of(found), _compressed(found)
    except MalformedRecord:
        link, compressed = None, None
    try:
        product = product_of(found).path()
    except MalformedRecord:
        product = None
    elements = [CodeElement(one.ai, _title(one.ai), one.value) for one in found]
    return CodeView(elements, str(found), found.bracketed(), link, compressed, product)


def _title(ai: str) -> str:
    known = described(ai)
    return known.data_title if known else ""


def _compressed(found: Elements) -> str | None:
    try:
        return compression.compressed(found)
    except MalformedRecord:
        return None
