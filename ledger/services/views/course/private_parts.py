"""What the private parts of a shipment's records say of order, goods and places, for those who may see them.

Each record is asked for by itself: a reader may see the place of one handoff and not of another, nor the terms. What is
withheld or erased here is left out, and says so.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ledger.codes import APPLIED
from ledger.common.ids import to_hex
from ledger.errors import LadingError, NotFound
from ledger.records.disclosure import Part, join
from ledger.records.eip712 import Withheld
from ledger.records.types import Commercial, Goods, Handoff, Load, Place, Record, ShipmentTerms, Statement
from ledger.services.views.shipment_rows import ShipmentRows
from ledger.shipments.amendments import terms_in_force
from ledger.shipments.history import Journeys
from ledger.store import openings
from ledger.store.database import Connection
from ledger.store.projections.shipments import Shipment
from ledger.store.records import StoredRecord

SHOWN = ("commercial", "origin", "destination", "contents")
"""The parts of terms that are shown with a shipment."""


@dataclass(frozen=True, slots=True)
class PlaceView:
    """`country` ISO 3166-1 alpha-2, `locode` UN/LOCODE, `gln` 13 digits; each may be empty."""

    country: str
    locode: str
    gln: str
    name: str


@dataclass(frozen=True, slots=True)
class GoodsView:
    """`hs`: Harmonized System code; each but `quantity` may be empty."""

    description: str
    gtin: str
    lot: str
    quantity: int
    unit: str
    hs: str


@dataclass(frozen=True, slots=True)
class StopView:
    """Where a handoff, a tender or a contest happened as its signers say, `at` UTC seconds, and by which record."""

    kind: str
    record: str
    at: int
    place: PlaceView


@dataclass(frozen=True, slots=True)
class PrivateView:
    """`terms`: whether the reader may see the terms' private parts; then `order`, `goods`, `origin` and `destination`
    are what they say, with `withheld` where a part of them is not kept here. `stops` are the places of custody that the
    reader may see, in their order, `loads` the containers, SSCCs or waybills.
    """

    terms: bool
    order: str = ""
    goods: tuple[GoodsView, ...] = ()
    origin: PlaceView | None = None
    destination: PlaceView | None = None
    withheld: bool = False
    stops: tuple[StopView, ...] = ()
    loads: tuple[str, ...] = ()


def private_view(
    connection: Connection, row: Shipment, read: ShipmentRows, may_open: Callable[[StoredRecord], bool]
) -> PrivateView | None:
    """What the reader may see of the private parts of a shipment's terms and custody; None for nothing."""
    custody = read.custody.get(row.shipment, ())
    moves = {step.record_id: step for step in custody if step.outcome in APPLIED and step.kind != "opened"}
    wanted = [read.rows[i] for i in dict.fromkeys((row.terms, *moves)) if i in read.rows]
    shown = [one for one in wanted if may_open(one)]
    if not shown:
        return None
    parts = openings.of_many(connection, shown)
    opened = {one.record_id: record for one in shown if (record := _joined(one, parts[one.record_id])) is not None}
    terms = opened.pop(row.terms, None)
    stops = tuple(
        StopView(step.kind, to_hex(step.record_id), step.occurred_at, place)
        for step in moves.values()
        if (place := _place_of(opened.get(step.record_id))) is not None
    )
    told = {"stops": stops, "loads": tuple(dict.fromkeys(_loads(opened.values())))}
    if not isinstance(terms, ShipmentTerms):
        return PrivateView(False, **told)  # type: ignore[arg-type]
    contents = () if isinstance(terms.contents, Withheld) else terms.contents
    goods = [_goods(one) for one in contents if isinstance(one, Goods)]
    order = _order(terms, row.shipment, read.journeys[row.shipment])
    origin, destination = _place(terms.origin), _place(terms.destination)
    closed = len(goods) < len(contents) or isinstance(terms.contents, Withheld)
    withheld = closed or None in (order, origin, destination)
    return PrivateView(True, order or "", tuple(goods), origin, destination, withheld, **told)  # type: ignore[arg-type]


def parts_shown(record: Record, kept: Iterable[str]) -> tuple[str, ...]:
    """Of the parts that are kept of a record, by path, those that a shipment's answer may show to who may open it: of
    terms not what else their details say; of others all, for its story tells what was amended."""
    if not isinstance(record, ShipmentTerms):
        return tuple(kept)
    return tuple(path for path in kept if path.partition("[")[0] in SHOWN)


def _joined(row: StoredRecord, parts: Mapping[str, Part]) -> Record | None:
    try:
        return join(row.record, parts)
    except LadingError:  # an edited row or part: the audit names it, and nothing of it is shown
        return None


def _order(terms: ShipmentTerms, shipment: bytes, journeys: Journeys | None) -> str | None:
    """The order's number, as amended; None where it is withheld here."""
    commercial = terms.commercial
    if journeys is not None:
        with suppress(NotFound):
            commercial = terms_in_force(journeys, shipment).commercial
    return commercial.orderRef if isinstance(commercial, Commercial) else None


def _place_of(record: Record | None) -> PlaceView | None:
    return _place(record.place) if isinstance(record, Handoff | Statement) else None


def _place(place: Place | Withheld) -> PlaceView | None:
    """None where it is withheld; one that names nothing is shown as nothing either."""
    if isinstance(place, Withheld):
        return None
    return PlaceView(place.country, place.locode, place.gln, place.name)


def _goods(goods: Goods) -> GoodsView:
    return GoodsView(goods.description, goods.gtin, goods.lot, goods.quantity, goods.unit, goods.hs)


def _loads(records: Iterable[Record]) -> Iterable[str]:
    for record in records:
        if isinstance(record, Handoff) and isinstance(record.load, Load) and record.load.identifier:
            yield record.load.identifier
