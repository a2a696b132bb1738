"""The auditor's pages: files checked in the browser alone, council and keys in time, anchors, contradictions."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, PartnerPath, ReaderOf, RecordPath, record_id
from ledger.api.middleware import SECURITY
from ledger.api.moments import When, second_of
from ledger.api.pages.render import page
from ledger.explain.fields import Line
from ledger.explain.record import TITLES, describe
from ledger.records.types import RegistryChange, record_named
from ledger.services.views.models import RecordView

router = APIRouter()
PAGE = 50
POLICY = "Content-Security-Policy"
OFFLINE = SECURITY[POLICY].replace("connect-src 'self'", "connect-src 'none'")
"""For a page whose scripts may ask nobody for anything."""
Before = Annotated[int | None, Query(ge=0, le=2**53 - 1)]


@router.get("/verify")
def verify(request: Request, reader: ReaderOf) -> Response:
    answer = page(request, "explorer/verify.html", reader)
    answer.headers[POLICY] = OFFLINE
    return answer


@router.get("/council")
def council(request: Request, node: NodeOf, reader: ReaderOf, before: Before = None) -> Response:
    views = node.reader.views
    changes = views.records(reader, types=(RegistryChange.NUMBER,), before=before, limit=PAGE, newest_first=True)
    told = [(view, _lines(view)) for view in changes]
    return page(
        request,
        "explorer/council.html",
        reader,
        council=node.reader.explorer.council(),
        changes=told,
        names=views.names(partners_in([line for _, lines in told for line in lines])),
        first=before is None,
        next=changes[-1].log.index if len(changes) == PAGE else None,
    )


@router.get("/partners/{partner}/keys")
def keys(
    request: Request,
    partner: PartnerPath,
    node: NodeOf,
    reader: ReaderOf,
    at: When = "",
    start: Annotated[int, Query(ge=0, le=2**31, description="How many keys stand on the pages before")] = 0,
) -> Response:
    moment = second_of(at, "at")
    found = node.reader.partner_keys.of_partner(partner, reader)
    if moment is not None:
        found = tuple(key for key in found if key.valid_at(moment))
    shown = found[start : start + PAGE]
    return page(
        request,
        "explorer/keys.html",
        reader,
        partner=partner,
        name=node.reader.views.names([partner])[partner],
        keys=shown,
        actors=node.reader.views.names([key.actor for key in shown if key.actor]),
        at=at,
        moment=moment,
        start=start,
        next=start + PAGE if start + PAGE < len(found) else None,
    )


@router.get("/log/anchors")
def anchors(request: Request, node: NodeOf, reader: ReaderOf, before: Before = None) -> Response:
    result = node.reader.explorer.anchors(before, PAGE)
    more = result[-1].size if len(result) == PAGE else None
    return page(request, "explorer/anchors.html", reader, anchors=result, first=before is None, next=more)


@router.get("/log/contradictions")
def contradictions(request: Request, node: NodeOf, reader: ReaderOf) -> Response:
    return page(
        request,
        "explorer/contradictions.html",
        reader,
        contradictions=node.reader.contradictions(),
        state=node.reader.witness_state(),
    )


@router.get("/records/{record}/beside/{other}")
def beside(request: Request, record: RecordPath, other: RecordPath, node: NodeOf, reader: ReaderOf) -> Response:
    """Two records side by side, as their signers read them."""
    views = [node.reader.views.record(record_id(one), reader) for one in (record, other)]
    rival = next((one for one in node.reader.explorer.rivals(views[0]) if one.record == views[1].id), None)
    sides = [(view, _lines(view)) for view in views]
    both = {signer.id: signer for signer in views[0].signers} if rival else {}
    return page(
        request,
        "explorer/beside.html",
        reader,
        sides=sides,
        titles=TITLES,
        rival=rival,
        both=[both[signer.id] for signer in views[1].signers if signer.id in both and signer.id],
        different=differing(sides[0][1], sides[1][1]),
        names=node.reader.views.names(partners_in([line for _, lines in sides for line in lines])),
    )


def differing(one: tuple[Line, ...], other: tuple[Line, ...]) -> frozenset[str]:
    """The labels of lines that do not say the same in both."""
    said = [{line.label: line for line in lines} for lines in (one, other)]
    return frozenset(label for label in said[0].keys() | said[1].keys() if said[0].get(label) != said[1].get(label))


def partners_in(lines: list[Line]) -> list[int]:
    """The partners that lines name, groups and all."""
    return [int(line.value) for line in lines if line.kind == "partner"] + [
        partner for line in lines if line.lines for partner in partners_in(list(line.lines))
    ]


def _lines(view: RecordView) -> tuple[Line, ...]:
    return describe(record_named(view.type).from_json(view.message))
