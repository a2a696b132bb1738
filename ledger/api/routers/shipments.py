"""`/v1/shipments`: where goods are, who holds them, and what a delay costs."""

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ledger.api.deps import Limit, Moment, NodeOf, ReaderOf, RecordPath, record_id
from ledger.api.routers.penalties import CSV_ANSWER
from ledger.api.schemas import examples
from ledger.api.schemas.answers import OpeningPage, ShipmentPage
from ledger.api.schemas.figures import PenaltyView
from ledger.api.shipment_query import ShipmentQueryOf, address_of
from ledger.errors import NotFound
from ledger.services.node.node import Node
from ledger.services.views.lists.listed_shipment import ListedShipment
from ledger.services.views.lists.shipment_csv import shipments_csv
from ledger.services.views.lists.shipment_list import ShipmentQuery
from ledger.services.views.models import (
    ShipmentView,
    UnopenedShipment,
)
from ledger.services.views.records import Reader

router = APIRouter(prefix="/v1/shipments", tags=["shipments"])
PART = 500
"""Rows that a file reads at once."""
MOST_ROWS = 10 * PART
"""Of one file."""


class Form(StrEnum):
    JSON = "json"
    CSV = "csv"


@router.get(
    "", operation_id="listShipments", response_model=ShipmentPage, responses=examples.READ_RESPONSES | CSV_ANSWER
)
def listing(
    node: NodeOf,
    reader: ReaderOf,
    query: ShipmentQueryOf,
    limit: Limit = 50,
    form: Annotated[
        Form, Query(alias="format", description=f"`csv`: up to {MOST_ROWS:,} rows, whatever `limit` says")
    ] = Form.JSON,
) -> Any:
    """Shipments that the chain has recorded, by filters, newest first or by when they are due.

    Without a partner: all of them. Who has a part in them, as its story tells, is public; what the private terms say
    (order, lane, due, late, who owes and is owed) narrows and orders a list only where the reader may read those terms.
    Late is by the clock: neither holds nor relief are taken out, which is for the penalty.
    """
    if form is Form.CSV:
        return csv_of(node, query, reader)
    result = node.reader.lists.page(query, reader, limit)
    return {"shipments": result.shipments, "next": result.next}


def csv_of(node: Node, query: ShipmentQuery, reader: Reader) -> Response:
    """The list as a file; a longer one names the address of the rest in its `Link` (RFC 8288)."""
    cursor: str | None = query.cursor
    rows = list[ListedShipment]()
    for _ in range(MOST_ROWS // PART):
        if cursor is None:
            break
        found = node.reader.lists.page(replace(query, cursor=cursor), reader, PART)
        rows += found.shipments
        cursor = found.next
    headers = {"Content-Disposition": 'attachment; filename="shipments.csv"'}
    if cursor is not None:
        headers["Link"] = f'</v1/shipments?{address_of(query, cursor=cursor)}&format=csv>; rel="next"'
    return Response(shipments_csv(rows), media_type="text/csv", headers=headers)


@router.get("/{shipment}", operation_id="getShipment", responses=examples.READ_RESPONSES)
def read(shipment: RecordPath, node: NodeOf, reader: ReaderOf) -> ShipmentView | UnopenedShipment:
    """A shipment: custody, clearances, and its story in order with every signer and outcome.

    Notes tell what was corrected or agreed later; parties and auditors read what it was, others that it was. One that
    nobody has opened yet, though records wait for it, is shown with those records and the status `not opened yet`.
    """
    wanted = record_id(shipment, "shipment")
    try:
        return node.reader.views.shipment(wanted, reader)
    except NotFound:
        return node.reader.views.unopened(wanted)


@router.get(
    "/{shipment}/penalty", operation_id="getPenalty", response_model=PenaltyView, responses=examples.READ_RESPONSES
)
def penalty(shipment: RecordPath, node: NodeOf, reader: ReaderOf, at: Moment = None) -> dict[str, Any]:
    """The delay penalty line by line; `at` (UTC seconds) for a shipment still under way. For its parties and auditors.

    Amounts are integers in minor units; `explanation` says the same in sentences.
    """
    return node.reader.numbers.penalty_for(record_id(shipment, "shipment"), reader, at)


@router.get(
    "/{shipment}/openings", operation_id="listOpenings", response_model=OpeningPage, responses=examples.READ_RESPONSES
)
def openings(shipment: RecordPath, node: NodeOf, reader: ReaderOf) -> dict[str, Any]:
    """Who opened private parts of this shipment's records through this service, or exported them into a bundle, the
    newest first, at most 500.

    The same key and parts are noted once an hour, readings by the parties themselves too. For its parties and auditors.
    What somebody computes from all records at once (scores, figures of the network) opens no single part and is not
    listed; nor is what an operator reads in its own database.
    """
    return {"openings": node.reader.views.openings(record_id(shipment, "shipment"), reader)}
