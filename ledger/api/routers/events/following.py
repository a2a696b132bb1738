"""`/v1/events`: the log as events, in pages and as server-sent events."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from ledger.api.deps import HEAD, Cursor, Limit, NodeOf, PartnerQuery, ReaderOf, reader
from ledger.api.live import LiveFeed, Told
from ledger.api.quota import client_of
from ledger.api.schemas import examples
from ledger.api.schemas.events import Events
from ledger.common.ids import bytes_from_hex, to_hex
from ledger.errors import MalformedRecord
from ledger.services.events.event import Event, Wanted
from ledger.services.events.feed import START, Anchored
from ledger.services.events.webhooks import MOST_TYPES, wanted_of

router = APIRouter(prefix="/v1/events", tags=["events"])
MEDIA_TYPE = "text/event-stream"
STREAM = {"description": "A stream without an end", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
RETRY = 3_000
"""Milliseconds after which a follower comes again whose stream has ended."""
_MOST_DIGITS = 16


async def wanted(
    types: Annotated[
        list[str] | None, Query(alias="type", max_length=MOST_TYPES, description="Record types, e.g. Handoff; or all")
    ] = None,
    shipment: Annotated[str | None, Query(max_length=80, description="Shipment id")] = None,
    partner: PartnerQuery = None,
) -> Wanted:
    return wanted_of(types or (), shipment, partner)


async def same_log(
    node: NodeOf,
    log: Annotated[
        str | None,
        Query(max_length=80, description="The logId of the events that you have: 404 once it is another's"),
    ] = None,
) -> None:
    if log is not None:
        node.reader.feed.require(bytes_from_hex(log, 32, "log"))


async def start(
    node: NodeOf,
    after: Cursor = None,
    last: Annotated[
        str | None, Header(alias="Last-Event-ID", description="Where a stream broke off: it counts before `after`")
    ] = None,
) -> int:
    cursor, where = START if after is None else after, "after"
    if last is not None and last.strip():
        if not (last.isascii() and last.isdigit() and len(last) <= _MOST_DIGITS):
            raise MalformedRecord("no cursor of this log", where="Last-Event-ID", found=last[:40])
        cursor, where = int(last), "Last-Event-ID"
    await run_in_threadpool(node.reader.feed.require_cursor, cursor, where)
    return cursor


async def place(request: Request, reader: ReaderOf) -> AsyncIterator[LiveFeed]:
    """A follower's place, until its stream has ended."""
    live: LiveFeed = request.app.state.live
    who = f"partner {reader.partner}" if reader.partner else client_of(request.client.host if request.client else "")
    with live.place(who):
        yield live


@router.get(
    "",
    operation_id="listEvents",
    response_model=Events,
    responses=examples.READ_RESPONSES,
    dependencies=[Depends(reader), Depends(same_log)],  # the former tells of a token that is not valid, as elsewhere
)
def listing(
    node: NodeOf, wanted: Annotated[Wanted, Depends(wanted)], after: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    """One event for each record of the log, in its order, from beyond the cursor `after`: the log index of the last
    event that was taken in. Cursors stay valid as long as the log does, which is named by `logId`: pass it on as `log`,
    and you are told when it is another. Pass `next` on, whether anything came or not.

    `Outcome` events say what the chain made of a record, and concern the shipments and partners of that record. An
    event has public fields only, the same for everybody: ask for the record itself to see what you may see of it.
    """
    page = node.reader.feed.page(wanted, START if after is None else after, limit)
    return {
        "events": page.events,
        "next": page.next,
        "more": page.more,
        "size": page.size,
        "anchored": page.anchored,
        "logId": to_hex(node.home.log_id),
    }


@router.get(
    "/stream",
    operation_id="followEvents",
    response_class=StreamingResponse,  # an answer that is given whole: FastAPI's own streams mistake who went away
    responses={200: STREAM, **examples.READ_RESPONSES},
    dependencies=[Depends(same_log)],
)
async def stream(
    request: Request,
    live: Annotated[LiveFeed, Depends(place)],
    wanted: Annotated[Wanted, Depends(wanted)],
    after: Annotated[int, Depends(start)],
) -> StreamingResponse:
    """The same as server-sent events, as they come: `event: record` with an event of `listEvents` as data, and its
    cursor as id, so that a browser which lost the stream goes on behind it. `event: anchored` tells how far the chain
    has the log. A comment comes every 15 seconds in between; after an hour the stream ends, and is to be asked for
    again. At most 8 at once for a partner, or for an address that has not signed in.
    """
    only_head = request.scope.get("state", {}).get(HEAD, False)
    told = _nothing() if only_head else live.follow(wanted, after)
    unbuffered = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(_lines(told), media_type=MEDIA_TYPE, headers=unbuffered)


async def _lines(told: AsyncIterator[Told]) -> AsyncIterator[bytes]:
    yield format_sse_event(comment="follow", retry=RETRY)
    async for one in told:
        match one:
            case Event():
                yield format_sse_event(event="record", id=str(one.index), data_str=one.body.decode())
            case Anchored():
                text = json.dumps({"size": one.size, "block": one.block, "transaction": one.transaction})
                yield format_sse_event(event="anchored", data_str=text)
            case int():
                yield format_sse_event(id=str(one))
            case None:
                yield KEEPALIVE_COMMENT


async def _nothing() -> AsyncIterator[Told]:
    nothing: tuple[Told, ...] = ()
    for one in nothing:
        yield one
