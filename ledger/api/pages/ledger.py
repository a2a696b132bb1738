"""Pages of the record: single records, the log, bonus agreements."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, ReaderOf, RecordPath, record_id
from ledger.api.pages.render import page
from ledger.errors import NotFound
from ledger.explain.agreement import warnings_before_signing
from ledger.explain.erasure import REASONS
from ledger.explain.record import TITLES, Kind, Line, describe
from ledger.records import index_keys
from ledger.records.eip712 import Withheld
from ledger.records.types import Amendment, Endorsement, Handoff, KeyGrant, Revocation, record_named
from ledger.services.node.node import Node
from ledger.services.views.before_amendment import stood_before
from ledger.services.views.models import RecordView
from ledger.services.views.records import Reader

router = APIRouter()
ANCHORS = 10
PAGE = 50
LATER = (Revocation.NUMBER, Amendment.NUMBER, Endorsement.NUMBER)
"""What is signed about another record."""
SCANNED = {KeyGrant.__name__}
"""Anybody may propose his own key for a partner: a grant is signed on the page of devices, from the device's screen."""


@router.get("/records")
def records(
    request: Request,
    node: NodeOf,
    reader: ReaderOf,
    kind: Annotated[str, Query(alias="type", max_length=40)] = "",
    before: Annotated[int | None, Query(ge=0, le=2**53 - 1)] = None,
) -> Response:
    types = (record_named(kind).NUMBER,) if kind else ()
    result = node.reader.views.records(reader, types=types, before=before, limit=PAGE, newest_first=True)
    return page(
        request,
        "records.html",
        reader,
        records=result,
        kind=kind,
        titles=TITLES,
        first=before is None,
        next=result[-1].log.index if len(result) == PAGE else None,
    )


@router.get("/records/{record}")
def record(request: Request, record: RecordPath, node: NodeOf, reader: ReaderOf) -> Response:
    view = node.reader.views.record(record_id(record), reader)
    said = record_named(view.type).from_json(view.message)
    lines = describe(said, stood_before(node.reader.views, said, reader) if isinstance(said, Amendment) else None)
    later = list(_later(node, view.id, reader))
    return page(
        request,
        "record.html",
        reader,
        record=view,
        offered=view.log.index is None and view.type not in SCANNED,
        title=TITLES[view.type],
        lines=lines,
        warnings=warnings_before_signing(said),
        reasons=REASONS,
        names=node.reader.views.names(_partners([*lines, *(line for _, lines in later for line in lines)])),
        later=later,
        proof=_proof(node, view),
        titles=TITLES,
        pretty=pretty,
        raw=None if view.log.index is None else node.reader.explorer.raw(view),
        rivals=node.reader.explorer.rivals(view),
        sheet=isinstance(said, Handoff) and not isinstance(said.place, Withheld),
    )


@router.get("/log")
def log(request: Request, node: NodeOf, reader: ReaderOf) -> Response:
    state = node.reader.log_state()
    published = node.reader.publisher.current()
    return page(
        request,
        "log.html",
        reader,
        state=state,
        titles=TITLES,
        note=published.note.decode() if published else "",
        anchors=node.reader.anchors(ANCHORS),
        trust=node.home.consortium.trust_file(),
    )


@router.get("/bonuses")
def bonuses(request: Request, node: NodeOf, reader: ReaderOf) -> Response:
    return page(request, "figures/bonuses.html", reader, agreements=node.reader.bonuses.agreements(limit=200))


@router.get("/bonuses/{agreement}")
def bonus(request: Request, agreement: RecordPath, node: NodeOf, reader: ReaderOf) -> Response:
    wanted = record_id(agreement, "agreement")
    return page(
        request,
        "figures/bonus.html",
        reader,
        agreement=node.reader.bonuses.agreement_for(wanted, reader),
        may_see=node.reader.views.may_see(wanted, reader),
    )


def pretty(value: object) -> str:
    """JSON for people to read and to copy: the same value as the canonical text."""
    return json.dumps(value, ensure_ascii=False, indent=1)


def _partners(lines: Any) -> list[int]:
    result: list[int] = []
    for line in lines:
        if line.kind == "partner":
            result.append(line.value)
        result += _partners(line.lines)
    return result


def _later(node: Node, target: str, reader: Reader) -> Iterator[tuple[RecordView, tuple[Line, ...]]]:
    """What was signed about a record afterwards, oldest first; of an amendment what it changes."""
    for view in node.reader.views.records(reader, kind=index_keys.RECORD, key=target, types=LATER, limit=PAGE):
        said = record_named(view.type).from_json(view.message)
        if isinstance(said, Amendment):
            told = describe(said, stood_before(node.reader.views, said, reader))
            yield view, tuple(line for line in told if line.kind in (Kind.GROUP, Kind.PRIVATE))
        else:
            yield view, ()


def _proof(node: Node, view: RecordView) -> dict[str, Any] | None:
    """Nothing while no checkpoint has the record under it."""
    if view.log.index is None:
        return None
    try:
        return node.reader.proof(view.log.index, None)
    except NotFound:
        return None
