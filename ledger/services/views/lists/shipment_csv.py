"""A list of shipments as CSV (RFC 4180), for a spreadsheet: times in seconds UTC, yes and no as 1 and 0; what is not
known, or not shown to who asks, is empty.
"""

from collections.abc import Iterable

from ledger.common.csv_text import csv_text
from ledger.services.views.lists.listed_shipment import ListedShipment, PromiseView

COLUMNS = (
    "shipment", "order", "origin", "destination", "consignor", "consignor_name", "consignee", "consignee_name",
    "custodian", "custodian_name", "packages", "status", "purpose", "mode", "opened_at", "due_at", "ended_at", "late",
    "held", "disputed",
)  # fmt: skip
_NOTHING = PromiseView(None, None, None, None, None)


def shipments_csv(shipments: Iterable[ListedShipment]) -> str:
    """A row a shipment, with `COLUMNS` above."""
    return csv_text(COLUMNS, map(_row, shipments))


def _row(one: ListedShipment) -> tuple[str | int | bool | None, ...]:
    promise = one.promise or _NOTHING
    partners = (one.consignor, one.consignee, one.custodian)
    return (
        one.id, promise.order, promise.origin, promise.destination,
        *(value for partner in partners for value in (partner.id, partner.name)),
        one.packages, one.status, one.purpose, one.mode, one.opened_at, promise.due_at, one.ended_at,
        promise.late, one.held, one.disputed,
    )  # fmt: skip
