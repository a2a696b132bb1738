"""What shipments came from, by the projections alone, and the transformations among it."""

import json
from collections.abc import Sequence

from ledger.codes import Purpose
from ledger.store.database import Connection
from ledger.store.projections import shipments
from ledger.store.projections.shipments import Shipment

MOST_MADE = 20
"""Transformations that a product's page tells of."""
MOST_LOOKED_UP = 200
"""Shipments above the goods that are looked at for them."""


def parents_of(row: Shipment) -> tuple[bytes, ...]:
    """What a shipment was split or left behind from, or which its terms took over."""
    if row.parent is not None:
        return (row.parent,)
    if row.purpose == Purpose.REPLACEMENT:
        return ()
    return tuple(bytes.fromhex(name.removeprefix("0x")) for name, _ in json.loads(row.parents or "[]"))


def made_above(connection: Connection, level: Sequence[Shipment]) -> tuple[list[Shipment], bool]:
    """These transformations and those above them, nearest first; whether there may be more than are told."""
    made: list[Shipment] = []
    seen = {row.shipment for row in level}
    while level:
        made += [row for row in level if row.purpose == Purpose.TRANSFORMATION and row.parent is None]
        above = dict.fromkeys(parent for row in level for parent in parents_of(row) if parent not in seen)
        if len(made) >= MOST_MADE or len(seen) + len(above) > MOST_LOOKED_UP:
            return made[:MOST_MADE], bool(above) or len(made) > MOST_MADE
        seen |= above.keys()
        found = shipments.get_many(connection, above)
        level = [found[name] for name in above if name in found]
    return made, False
