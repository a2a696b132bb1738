"""Pages of what moves and who moves it: the front page, shipments, partners."""

from fractions import Fraction
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.deps import NodeOf, PartnerPath, PartnerQuery, ReaderOf, RecordPath, record_id
from api.pages.figures import When, second_of
from api.pages.render import page
from api.routers.partners import score_for
from ledger import concerns
from ledger.errors import LadingError, NotFound, NotPermitted
from ledger.ids import RecordId
from ledger.penalties import PenaltyStatement
from ledger.penalty_words import explain
from ledger.record_words import TITLES
from ledger.services.node import Node
from ledger.services.reading import Reader

router = APIRouter()
Before = Annotated[int | None, Query(ge=0, le=2**53 - 1)]
PAGE = 50
NEWEST = 8


@router.get("/")
def home(request: Request, node: NodeOf, reader: ReaderOf) -> Response:
    state = node.log_state()
    return page(
        request,
        "home.html",
        reader,
        newest=node.reading.shipments(limit=NEWEST)[:NEWEST],
        partners=len(node.reading.partners()),
        state=state,
        shipments=state["records"].get("ShipmentTerms", 0),
        handoffs=state["records"].get("Handoff", 0),
    )


@router.get("/shipments")
def shipments(
    request: Request, node: NodeOf, reader: ReaderOf, before: Before = None, partner: PartnerQuery = None
) -> Response:
    found = node.reading.shipments(party=partner, before=before, limit=PAGE)
    return page(
        request,
        "shipments.html",
        reader,
        shipments=found,
        party=node.reading.names([partner])[partner] if partner is not None else None,
        first=before is None,
        next=found[-1].cursor if len(found) >= PAGE else None,
    )


@router.get("/shipments/{shipment}")
def shipment(request: Request, shipment: RecordPath, node: NodeOf, reader: ReaderOf, at: When = "") -> Response:
    wanted = record_id(shipment, "shipment")
    view = node.reading.shipment(wanted)
    judged_at = second_of(at, "at", through=True)
    judged_at = node.clock.now() if judged_at is None else judged_at
    statement, words, hidden = _penalty(node, wanted, reader, judged_at)
    return page(
        request,
        "shipment.html",
        reader,
        shipment=view,
        statement=statement,
        judged_at=judged_at,
        penalty_words=words,
        penalty_hidden=hidden,
        others=node.reading.records(reader, kind=concerns.RECORD, key=view.summary.terms, types=(14, 15), limit=PAGE),
    )


@router.get("/partners")
def partners(
    request: Request, node: NodeOf, reader: ReaderOf, after: Annotated[int, Query(ge=0, lt=2**40)] = 0
) -> Response:
    found = node.reading.partners(after=after, limit=PAGE)
    asking = [entry for entry in node.enrolment.listing(limit=PAGE) if entry["partner"] is None] if after == 0 else []
    return page(
        request,
        "partners.html",
        reader,
        partners=found,
        first=after == 0,
        next=found[-1].id if len(found) == PAGE else None,
        asking=asking,
    )


@router.get("/partners/{partner}")
def partner(request: Request, partner: PartnerPath, node: NodeOf, reader: ReaderOf) -> Response:
    view = node.reading.partner(partner)
    newest = node.reading.records(
        reader, kind=concerns.PARTNER, key=str(partner), types=tuple(range(1, 23)), limit=20, newest_first=True
    )
    return page(
        request,
        "partner.html",
        reader,
        partner=view,
        shipments=node.reading.shipments(party=partner, limit=20)[:20],
        records=newest,
        titles=TITLES,
    )


@router.get("/partners/{partner}/score")
def score(request: Request, partner: PartnerPath, node: NodeOf, reader: ReaderOf) -> Response:
    found = score_for(node, partner, reader)
    return page(
        request,
        "score.html",
        reader,
        partner=node.reading.partner(partner),
        measure=found["measure"],
        cards=found["scores"],
        weight=lambda share: f"{int(Fraction(share) * 100)} %",
    )


def _penalty(
    node: Node, shipment: RecordId, reader: Reader, at: int
) -> tuple[PenaltyStatement | None, tuple[str, ...], str]:
    """The statement and its sentences for those who may see prices; for others, why there is none."""
    try:
        statement = node.numbers.statement_for(shipment, reader, at)
    except NotPermitted:
        return None, (), "private"
    except NotFound:
        return None, (), "withheld"
    except LadingError as error:
        return None, (), str(error)
    return statement, explain(statement), ""
