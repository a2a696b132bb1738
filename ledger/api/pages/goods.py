"""The front page, and pages of who takes part."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, PartnerPath, ReaderOf
from ledger.api.pages.render import page
from ledger.explain.record import TITLES
from ledger.records import index_keys
from ledger.services.views.lists.shipment_list import ShipmentQuery

router = APIRouter()
Before = Annotated[int | None, Query(ge=0, le=2**53 - 1)]
PAGE = 50
NEWEST = 8


@router.get("/")
def home(request: Request, node: NodeOf, reader: ReaderOf) -> Response:
    state = node.reader.log_state()
    return page(
        request,
        "home.html",
        reader,
        newest=node.reader.lists.page(ShipmentQuery(), reader, NEWEST).shipments,
        partners=len(node.reader.views.partners()),
        state=state,
        shipments=state["records"].get("ShipmentTerms", 0),
        handoffs=state["records"].get("Handoff", 0),
    )


@router.get("/partners")
def partners(
    request: Request, node: NodeOf, reader: ReaderOf, after: Annotated[int, Query(ge=0, lt=2**40)] = 0
) -> Response:
    result = node.reader.views.partners(after=after, limit=PAGE)
    asking = (
        [entry for entry in node.reader.enrolment.listing(limit=PAGE) if entry["partner"] is None] if after == 0 else []
    )
    return page(
        request,
        "figures/partners.html",
        reader,
        partners=result,
        first=after == 0,
        next=result[-1].id if len(result) == PAGE else None,
        asking=asking,
    )


@router.get("/partners/{partner}")
def partner(request: Request, partner: PartnerPath, node: NodeOf, reader: ReaderOf) -> Response:
    view = node.reader.views.partner(partner)
    newest = node.reader.views.records(
        reader, kind=index_keys.PARTNER, key=str(partner), types=tuple(range(1, 23)), limit=20, newest_first=True
    )
    return page(
        request,
        "figures/partner.html",
        reader,
        partner=view,
        shipments=node.reader.lists.page(ShipmentQuery(partner=partner), reader, 20).shipments,
        missing=node.reader.views.open_against(partner),
        records=newest,
        titles=TITLES,
    )
