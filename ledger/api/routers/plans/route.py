"""`/v1/plans/route`: the cheapest way of a consignment."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ledger.api.deps import NodeOf, ReaderOf
from ledger.api.pages.plans.positions import positions
from ledger.api.routers.plans.route_query import RouteQueryOf
from ledger.api.schemas import examples
from ledger.api.schemas.plans import RouteView
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind

router = APIRouter()


@router.get("/route", operation_id="planRoute", response_model=RouteView, responses=examples.READ_RESPONSES)
def route(
    node: NodeOf,
    reader: ReaderOf,
    asked: RouteQueryOf,
    evidence: Annotated[bool, Query(description="Name the records that the times rest on")] = False,
) -> dict[str, Any]:
    """The cheapest ways from `origin` to `destination`, or of a shipment from where it was last handed over.

    A way's cost is what its carriers ask by their attested rate cards, what holding the goods costs, and the delay
    penalty of the terms when it arrives, by the time that half of the verified deliveries of each leg took (`p50`), or
    nine in ten (`p90`). The first way is exactly the cheapest; `failures` of each says which way is left when a place,
    a mode or a partner of it fails, and what that costs; `left_out` how many offered legs are not reckoned with, and
    why. Only cards and deliveries that the reader may read count. Nothing is booked.
    """
    told = asked_json(asked, evidence=evidence)
    return answered(node.reader, reader, Kind.ROUTE, told, places=positions())
