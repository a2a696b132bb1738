"""`/v1/shipments`: where goods are, who holds them, and what a delay costs."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.deps import NodeOf, ReaderOf, record_id
from ledger.services.views import ShipmentView

router = APIRouter(prefix="/v1/shipments", tags=["shipments"])


@router.get("")
def listing(
    node: NodeOf,
    partner: Annotated[int | None, Query(ge=0, description="Consignor, consignee or custodian")] = None,
    before: Annotated[int | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> dict[str, Any]:
    """Shipments that the chain has recorded, newest first."""
    found = node.reading.shipments(party=partner, before=before, limit=limit)
    return {"shipments": found, "next": found[-1].cursor if len(found) >= limit else None}


@router.get("/{id}")
def read(id: str, node: NodeOf) -> ShipmentView:
    """A shipment: custody, clearances, and its story in order with every signer and outcome."""
    return node.reading.shipment(record_id(id))


@router.get("/{id}/penalty")
def penalty(id: str, node: NodeOf, reader: ReaderOf, at: Annotated[int | None, Query(ge=0)] = None) -> dict[str, Any]:
    """The delay penalty line by line; `at` (UTC seconds) for a shipment still under way. For its parties."""
    return node.numbers.penalty_for(record_id(id), reader, at)
