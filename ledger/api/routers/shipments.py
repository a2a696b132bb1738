"""`/v1/shipments`: where goods are, who holds them, and what a delay costs."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ledger.api.deps import Limit, Moment, NodeOf, PartnerQuery, ReaderOf, RecordPath, record_id
from ledger.api.schemas import examples
from ledger.api.schemas.answers import OpeningPage, ShipmentPage
from ledger.api.schemas.figures import PenaltyView
from ledger.errors import NotFound
from ledger.services.views.models import ShipmentView, UnopenedShipment

router = APIRouter(prefix="/v1/shipments", tags=["shipments"])


@router.get("", operation_id="listShipments", response_model=ShipmentPage, responses=examples.READ_RESPONSES)
def listing(
    node: NodeOf,
    partner: PartnerQuery = None,
    before: Annotated[int | None, Query(ge=0, le=2**53 - 1, description="`next` of the page before")] = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Shipments that the chain has recorded, newest first; `partner` as consignor, consignee or custodian.

    A page may hold more than `limit`: shipments that one record opened are never torn apart.
    """
    result = node.reader.views.shipments(party=partner, before=before, limit=limit)
    return {"shipments": result, "next": result[-1].cursor if len(result) >= limit else None}


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
