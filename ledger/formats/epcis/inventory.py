"""An inventory snapshot: an EPCIS 2.0 document of what is on hand, an event for each partner and place.

An event is an observation of the step `stock_taking` (CBV 2.0, section 7.1) with the quantities of each GTIN and lot,
named by its hash. Nobody counted: the quantities follow from custody, and `lading:` members say of whom and from which
log size. Goods without a GTIN have no name in EPCIS and are left out; where their unit has no code there, how much of
them there is stays unspecified.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from ledger.formats.epcis.document import Event, capture_document
from ledger.formats.epcis.event_hash import hash_id
from ledger.formats.epcis.identity import DECLARED, Naming
from ledger.formats.epcis.outgoing import goods_quantity, moment, uom_of
from ledger.records.types import Goods, Place
from ledger.stock.courses import Location
from ledger.stock.totals import Total

_NO_SALT = bytes(16)


@dataclass(frozen=True, slots=True)
class Taken:
    """`at`: the second of the stock; `created`: when the document was made; `size`: of the log that it rests on."""

    at: int
    created: int
    size: int


def inventory_document(totals: Iterable[Total], taken: Taken, naming: Naming) -> dict[str, Any]:
    """`totals` in the order of partners and places, as `ledger.stock.totals.totals` gives them."""
    groups = groupby(totals, key=lambda total: (total.partner, total.place))
    events = [_event(partner, place, list(rows), taken, naming) for (partner, place), rows in groups]
    return capture_document([event for event in events if event is not None], created=moment(taken.created))


def _event(
    partner: int, place: Location | None, rows: list[Total], taken: Taken, naming: Naming
) -> Event | None:  # fmt: skip
    quantities = [quantity for row in rows if (quantity := _quantity(row, naming)) is not None]
    if not quantities:
        return None
    uri = naming.place(Place(_NO_SALT, *place)) if place is not None else ""
    where = {"readPoint": {"id": uri}, "bizLocation": {"id": uri}} if uri else {}
    members: Mapping[str, Any] = {
        "type": "ObjectEvent",
        "eventTime": moment(taken.at),
        "eventTimeZoneOffset": "+00:00",
        "recordTime": moment(taken.created),
        "action": "OBSERVE",
        "bizStep": "stock_taking",
        "quantityList": quantities,
        **where,
        "lading:holder": naming.partner(partner),
        "lading:logSize": taken.size,
        "lading:exact": all(row.exact for row in rows),
    }
    return Event({"eventID": hash_id(members, DECLARED), **members}, DECLARED)


def _quantity(row: Total, naming: Naming) -> dict[str, Any] | None:
    if row.on_hand == "0":
        return None
    number = Decimal(row.on_hand)
    goods = Goods(_NO_SALT, row.gtin, row.lot, bytes(32), 0, row.unit, "", "")
    entry = goods_quantity(goods, int(number) if number == int(number) else number, naming)
    if entry is not None and row.unit and not uom_of(row.unit):
        return {"epcClass": entry["epcClass"]}  # without its unit the number would say a count of items
    return entry
