"""`/epcis/queries/{name}/events` as a WebSocket: what the query finds from now on, at once or by a schedule.

Nothing of it is kept: whoever was cut off comes again with the `initialRecordTime` up to which it has everything.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, WebSocket
from fastapi.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect

from ledger.api.deps import reader_on, require_own_origin
from ledger.api.problems import SIGN_IN, Limited
from ledger.api.routers.epcis.protocol import (
    HEADERS,
    check_versions,
    problem,
    problem_of,
    query_parameters,
    with_partner,
)
from ledger.api.routers.epcis.streams import LONGEST_SECONDS, Places
from ledger.common.ids import KeyAddress
from ledger.errors import LadingError, MalformedRecord, NotFound, NotPermitted, Unavailable
from ledger.formats.epcis import json_text
from ledger.formats.epcis.query import EventQuery
from ledger.formats.epcis.subscription import Controls, split_parameters
from ledger.services.epcis.delivering import NO_ANSWER
from ledger.services.epcis.queries import Answer
from ledger.services.epcis.results import results_document
from ledger.services.epcis.service import Epcis
from ledger.services.epcis.subscriptions import endless, with_controls
from ledger.services.events.rights import Held
from ledger.services.node.node import Node
from ledger.services.views.records import Reader

router = APIRouter(prefix="/epcis/queries")
LOOK_SECONDS = 1.0
AWAY, POLICY, LATER = 1001, 1008, 1013
"""Codes of RFC 6455, section 7.4.1, and of its registry: come again, no right any more, not now."""
MOST_SAID = 100
"""Messages of a client, which has nothing to say here, after which it is left."""


@dataclass
class Following:
    """`parameters`: of the query as it was kept when this began; `behind`: the number of the event told last;
    `due`: when the next run is, in UTC seconds, 0 without a schedule."""

    name: str
    reader: Reader
    parameters: dict[str, Any]
    query: EventQuery
    controls: Controls
    behind: int
    due: int
    told: bool = False
    """Whether this run has told anything yet."""


@router.websocket("/{name}/events")
async def subscribe(websocket: WebSocket, name: str) -> None:
    """Handshake, or a problem as any other request's; then documents until the client or an hour is gone."""
    state = websocket.app.state
    node: Node = state.node
    service: Epcis = state.epcis()
    places: Places = state.epcis_places
    try:
        check_versions(websocket)
        require_own_origin(websocket, node)
        reader = await reader_on(websocket, websocket.headers.get("authorization"))
        if not reader.key:
            raise NotPermitted("only for who has signed in", where=SIGN_IN, expected="a session")
        following = await run_in_threadpool(_begin, websocket, service, node, name, with_partner(reader))
        places.take(reader.partner)
    except Limited as error:
        await websocket.send_denial_response(problem(websocket, error.problem, error.status_code))
        return
    except LadingError as error:
        await websocket.send_denial_response(problem_of(websocket, error))
        return
    try:
        await websocket.accept(headers=[(key.lower().encode(), value.encode()) for key, value in HEADERS.items()])
        code, reason = await _told(websocket, service, node, following)
        if code:
            await websocket.close(code, reason)
    except WebSocketDisconnect:  # it went away while it was told something
        pass
    finally:
        places.free(following.reader.partner)


def _begin(websocket: WebSocket, service: Epcis, node: Node, name: str, reader: Reader) -> Following:
    parameters = service.named.parameters(reader.partner, name)
    controls, further = split_parameters(query_parameters(websocket, left_out=()))
    if twice := sorted(set(parameters) & set(further)):
        raise MalformedRecord("the query has this parameter itself", where=twice[0])
    query = with_controls(endless({**parameters, **further}), controls)
    service.rights.require_active(reader.partner)
    behind = service.querying.last() if controls.initial is None else 0
    following = Following(name, reader, parameters, query, controls, behind, 0)
    _set_due(following, node.home.clock.now())
    return following


def _set_due(following: Following, now: int) -> None:
    schedule = following.controls.schedule
    following.due = 0 if schedule is None else schedule.next_after(now) or 0


async def _told(websocket: WebSocket, service: Epcis, node: Node, following: Following) -> tuple[int, str]:
    """Tell until something ends it: the code and reason to close with; 0 where the client is gone."""
    clock = asyncio.get_running_loop().time
    until = clock() + LONGEST_SECONDS
    gone = asyncio.create_task(_gone(websocket))
    try:
        while clock() < until:
            document, more = await run_in_threadpool(_look, service, node, following)
            if document:
                await websocket.send_text(document)
            await asyncio.wait({gone}, timeout=0 if more else LOOK_SECONDS)
            if gone.done():
                return (POLICY, "nothing is to be said here") if gone.result() else (0, "")
        return AWAY, "come again"
    except Unavailable:
        return LATER, "come again"
    except LadingError as error:
        return POLICY, error.what[:100]
    finally:
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone


async def _gone(websocket: WebSocket) -> bool:
    """Until the client is gone (False), or says so much that it is left (True)."""
    for _ in range(MOST_SAID):
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return False
    return True


def _look(service: Epcis, node: Node, following: Following) -> tuple[str, bool]:
    """The next document, or none, and whether there is more at once. Raises `NotPermitted` once the key or its partner
    has no right to it any more, `NotFound` once the query is gone or another."""
    partner, now = following.reader.partner, node.home.clock.now()
    reader = node.reader.views.reader(KeyAddress(following.reader.key))
    if reader.partner != partner:
        raise NotPermitted(Held.KEY_OVER.value)
    service.rights.require_active(partner)
    if service.named.parameters(partner, following.name) != following.parameters:
        raise NotFound("another query has the name now")
    if now < following.due or (not following.due and service.querying.last() <= following.behind):
        return "", False
    if following.due:
        service.querying.last()  # what the log has by now is to be made before it is looked through
    found = service.querying.stretch(following.query, reader, following.behind)
    service.querying.note(reader, found)
    following.behind, empty = found.reached, not found.rows and not found.more and not following.told
    following.told = bool(found.rows) or following.told
    if not found.more:
        following.told = False
        _set_due(following, now)
    if found.rows:
        return _document(node, following, found.answer), found.more
    report = empty and following.controls.report_if_empty
    return _document(node, following, NO_ANSWER) if report else "", found.more


def _document(node: Node, following: Following, answer: Answer) -> str:
    base = node.home.settings.public_url.rstrip("/")
    return json_text.dump(results_document(base, answer, following.name, node.home.clock.now()))
