"""`/epcis/queries`: queries that a partner keeps under names of its own."""

from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from ledger.api.deps import FROM_OWN_PAGES, HEAD, MAX_BODY, NodeOf, json_text, reader_again
from ledger.api.routers.epcis.events import PerPage, Token
from ledger.api.routers.epcis.protocol import (
    Captor,
    EpcisOf,
    EpcisRoute,
    events_answer,
    json_answer,
    paged,
    per_page,
    query_parameters,
)
from ledger.api.routers.epcis.streams import MEDIA_TYPE, Followed, follow
from ledger.api.schemas import examples
from ledger.errors import MalformedRecord
from ledger.formats.epcis.json_text import parse
from ledger.formats.epcis.query import EventQuery, parse_query
from ledger.services.epcis.named import Named

router = APIRouter(prefix="/epcis/queries", tags=["epcis"], route_class=EpcisRoute)
Name = Annotated[str, Path(max_length=100, description="The query's name")]
_EXAMPLE = {"name": "what-arrived", "query": {"eventType": ["ObjectEvent"], "EQ_bizStep": ["receiving", "accepting"]}}


@router.post(
    "",
    operation_id="submitEpcisQuery",
    status_code=HTTPStatus.CREATED,
    responses=examples.write_responses({201: "Kept, at the Location"}),
    openapi_extra=examples.body(_EXAMPLE),
    dependencies=[FROM_OWN_PAGES],
)
async def create(request: Request, service: EpcisOf, reader: Captor) -> Response:
    """Keep a query: `{name, query}`, with parameters of the simple event query. 409 for a name in use."""
    body = await json_text(request)

    def keep() -> Named:
        read = parse(body, most=MAX_BODY)
        if not isinstance(read, dict) or not {"name", "query"} <= set(read) <= {
            "name",
            "query",
            "@context",
            "createdAt",
        }:
            raise MalformedRecord("not a named query", where="body", expected="name, query")
        return service.named.add(reader.partner, read["name"], read["query"])

    kept = await run_in_threadpool(keep)
    return json_answer(_shown(kept), HTTPStatus.CREATED, {"Location": f"/epcis/queries/{quote(kept.name)}"})


@router.get("", operation_id="listEpcisQueries", responses=examples.READ_RESPONSES)
def listing(
    request: Request,
    service: EpcisOf,
    reader: Captor,
    perPage: PerPage = None,  # noqa: N803 - GS1's names
    nextPageToken: Annotated[str | None, Query(max_length=100)] = None,  # noqa: N803
) -> Response:
    """The partner's queries, by name."""
    size = per_page(perPage)
    found = service.named.listing(reader.partner, nextPageToken or "", size + 1)
    more, found = len(found) > size, found[:size]
    return json_answer([_shown(one) for one in found], headers=paged(request, found[-1].name if more else ""))


@router.get("/{name}", operation_id="getEpcisQuery", responses=examples.READ_RESPONSES)
def read(name: Name, service: EpcisOf, reader: Captor) -> Response:
    """What a named query asks."""
    return json_answer({"name": name, "query": service.named.parameters(reader.partner, name)})


@router.delete(
    "/{name}",
    operation_id="eraseEpcisQuery",
    status_code=HTTPStatus.NO_CONTENT,
    responses=examples.READ_RESPONSES,
    dependencies=[FROM_OWN_PAGES],
)
def remove(name: Name, service: EpcisOf, reader: Captor) -> Response:
    """Forget a named query."""
    service.named.remove(reader.partner, name)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/{name}/events", operation_id="searchEpcisQuery", responses=examples.READ_RESPONSES)
async def run(
    name: Name,
    request: Request,
    service: EpcisOf,
    node: NodeOf,
    reader: Captor,
    perPage: PerPage = None,  # noqa: N803 - GS1's names
    nextPageToken: Token = None,  # noqa: N803
    last: Annotated[str | None, Header(alias="Last-Event-ID", description="Where a stream broke off")] = None,
) -> Response:
    """The events that a named query finds now; further parameters narrow it.

    Asked for as `text/event-stream`, the query is subscribed to: each message is a query document of what came since,
    with an id to go on from. Without one the stream begins now. Opened as a WebSocket, with `stream=true` or the fields
    of a schedule, it tells the same there.
    """
    size = per_page(perPage)

    def asked() -> EventQuery:
        kept = service.named.parameters(reader.partner, name)
        further = query_parameters(request)
        if twice := sorted(set(kept) & set(further)):
            raise MalformedRecord("the query has this parameter itself", where=twice[0])
        return parse_query({**kept, **further})

    query = await run_in_threadpool(asked)
    if MEDIA_TYPE in request.headers.get("accept", "") and not request.scope.get("state", {}).get(HEAD):
        followed = Followed(query, reader, name, partial(reader_again, request))
        return await follow(service, node, request.app.state.epcis_places, followed, last)
    answer = await run_in_threadpool(service.querying.run, query, reader, per_page=size, token=nextPageToken or "")
    return events_answer(request, answer, name, node.home.clock.now())


def _shown(query: Named) -> dict[str, Any]:
    created = datetime.fromtimestamp(query.created_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"name": query.name, "createdAt": created, "query": parse(query.query.encode(), most=MAX_BODY)}
