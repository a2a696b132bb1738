"""A list of shipments as CSV (RFC 4180), for a spreadsheet: times in seconds UTC, yes and no as 1 and 0; what is not
known, or not shown to who asks, is empty.
"""

import csv
import io
import re
from collections.abc import Iterable

from ledger.services.views.lists.listed_shipment import ListedShipment, PromiseView

COLUMNS = (
    "shipment", "order", "origin", "destination", "consignor", "consignor_name", "consignee", "consignee_name",
    "custodian", "custodian_name", "packages", "status", "purpose", "mode", "opened_at", "due_at", "ended_at", "late",
    "held", "disputed",
)  # fmt: skip
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[=+\-@\t\r])")
"""Where a formula begins: many spreadsheets part cells at semicolons and tabs as well."""
_NOTHING = PromiseView(None, None, None, None, None)


def shipments_csv(shipments: Iterable[ListedShipment]) -> str:
    """A row a shipment, with `COLUMNS` above."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in shipments:
        promise = one.promise or _NOTHING
        partners = (one.consignor, one.consignee, one.custodian)
        writer.writerow(
            _cell(value)
            for value in (
                one.id, promise.order, promise.origin, promise.destination,
                *(value for partner in partners for value in (partner.id, partner.name)),
                one.packages, one.status, one.purpose, one.mode, one.opened_at, promise.due_at, one.ended_at,
                promise.late, one.held, one.disputed,
            )
        )  # fmt: skip
    return text.getvalue()


def _cell(value: str | int | bool | None) -> str | int:
    """A text that a spreadsheet would take for a formula is marked as text: others chose it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _FORMULA.sub(r"\1'", value)
    return int(value)
