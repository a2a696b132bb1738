"""Pages to print: a shipment's label with its code, and the sheet of a handoff, which is its manifest too.

For those alone who may see what stands on them: whoever holds the paper reads all of it.
"""

from dataclasses import dataclass

import segno
from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from ledger.api.deps import NodeOf, ReaderOf, RecordPath, record_id
from ledger.api.pages.render import page
from ledger.codes import ExceptionBit
from ledger.common.gs1 import Product, gtin14
from ledger.common.ids import RecordId, to_hex
from ledger.errors import LadingError, NotFound, NotPermitted
from ledger.explain.text import Text, several
from ledger.explain.words import words
from ledger.records import index_keys
from ledger.records.eip712 import Withheld
from ledger.records.types import Commercial, Goods, Handoff, HandoffItem, Load, Place, ShipmentTerms, record_named
from ledger.services.node.node import Node
from ledger.services.views.records import Reader

router = APIRouter()
MOST_OPENED = 100
"""Shipments of a sheet whose order and goods are told; a manifest of more has their numbers."""
QUIET = 2
"""Modules of white around a code: there is more of it on the paper."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What the terms say of a shipment; empty where the reader may not read it."""

    order: str
    goods: tuple[Goods, ...]
    origin: str
    destination: str


@dataclass(frozen=True, slots=True)
class Line:
    """An item of a handoff: `shipment` as hex, packages as counted, and what was noted."""

    shipment: str
    packages: int
    noted: Text
    contents: Contents


NOTHING = Contents("", (), "", "")


@router.get("/shipments/{shipment}/label")
def label(request: Request, shipment: RecordPath, node: NodeOf, reader: ReaderOf) -> Response:
    wanted = record_id(shipment, "shipment")
    view = node.reader.views.shipment(wanted, reader)
    terms = RecordId(bytes.fromhex(view.summary.terms[2:]))
    if not node.reader.views.may_see(terms, reader):
        raise _closed("the label of a shipment is for its parties and for auditors", "shipment")
    contents = _contents(node, terms, reader)
    if view.parent is not None:  # split from another: the terms tell of all the goods, and not of these
        contents = Contents(contents.order, (), contents.origin, contents.destination)
    address = node.home.settings.public_url
    return page(
        request,
        "paper/label.html",
        reader,
        shipment=view.summary,
        contents=contents,
        load=_load(node, wanted, reader),
        code=code_of(f"{address}/shipments/{view.summary.id}"),
        links=_links(contents.goods, address),
    )


@router.get("/records/{record}/sheet")
def sheet(request: Request, record: RecordPath, node: NodeOf, reader: ReaderOf) -> Response:
    wanted = record_id(record)
    view = node.reader.views.record(wanted, reader)
    said = record_named(view.type).from_json(view.message)
    if not isinstance(said, Handoff):
        raise NotFound("no sheet for such a record", where="record", expected="a handoff", found=view.type)
    if isinstance(said.place, Withheld) and not node.reader.views.may_see(wanted, reader):
        raise _closed("the sheet of a handoff is for its parties and for auditors", "record")
    return page(
        request,
        "paper/sheet.html",
        reader,
        record=view,
        handoff=said,
        place=_named(said.place),
        load=said.load.identifier if isinstance(said.load, Load) else "",
        lines=[_line(node, item, reader, told=i < MOST_OPENED) for i, item in enumerate(said.items)],
        packages=sum(item.packages for item in said.items),
        names=node.reader.views.names([said.releaser, said.receiver]),
        code=code_of(f"{node.home.settings.public_url}/records/{view.id}"),
    )


def code_of(text: str) -> Markup:
    """`text` as a QR code: black on white in every scheme, for it is scanned."""
    drawn = segno.make_qr(text, error="m").svg_inline(
        border=QUIET, omitsize=True, svgclass="qr", lineclass=None, light="#fff"
    )
    return Markup(drawn)  # noqa: S704 made of squares alone


def _closed(what: str, where: str) -> NotPermitted:
    return NotPermitted(what, where=where, mend="Sign in with a key of a party.")


def _contents(node: Node, terms: RecordId, reader: Reader) -> Contents:
    view = node.reader.views.record(terms, reader)
    said = record_named(view.type).from_json(view.message)
    if not isinstance(said, ShipmentTerms):
        return NOTHING
    goods = () if isinstance(said.contents, Withheld) else said.contents
    return Contents(
        said.commercial.orderRef if isinstance(said.commercial, Commercial) else "",
        tuple(one for one in goods if isinstance(one, Goods)),
        _named(said.origin),
        _named(said.destination),
    )


def _load(node: Node, shipment: RecordId, reader: Reader) -> str:
    """What it was last loaded as (SSCC, container or waybill), where the reader may read that."""
    found = node.reader.views.records(
        reader, kind=index_keys.SHIPMENT, key=to_hex(shipment), types=(Handoff.NUMBER,), limit=1, newest_first=True
    )
    said = [record_named(view.type).from_json(view.message) for view in found]
    return next((one.load.identifier for one in said if isinstance(one, Handoff) and isinstance(one.load, Load)), "")


def _line(node: Node, item: HandoffItem, reader: Reader, *, told: bool) -> Line:
    contents = NOTHING
    if told:
        try:
            contents = _contents(node, RecordId(item.shipment), reader)
        except NotFound:  # split from another: no terms have its number
            contents = NOTHING
    noted = several(words(ExceptionBit(item.exceptions)))
    return Line(to_hex(item.shipment), item.packages, noted, contents)


def _named(place: Place | Withheld) -> str:
    """A place as people and carriers call it."""
    if isinstance(place, Withheld):
        return ""
    return ", ".join(filter(None, (place.name, place.locode or place.country, f"GLN {place.gln}" if place.gln else "")))


def _links(goods: tuple[Goods, ...], address: str) -> list[tuple[str, Markup]]:
    """The GS1 Digital Link of each kind of goods that has a GTIN, with its code."""
    links = {}
    for one in goods:
        try:
            path = Product(gtin14(one.gtin, "gtin"), lot=one.lot).path() if one.gtin else ""
        except LadingError:
            continue  # what the terms call a GTIN is none
        if path:
            links[path] = code_of(f"{address}/{path}")
    return list(links.items())
