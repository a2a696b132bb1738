"""`/epcis/events`: the simple event query, and one event by its id."""

from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Query, Request, Response

from ledger.api.deps import NodeOf, ReaderOf, raw_tail
from ledger.api.routers.epcis.forms import document_answer
from ledger.api.routers.epcis.protocol import (
    EpcisOf,
    EpcisRoute,
    events_answer,
    per_page,
    query_parameters,
)
from ledger.api.schemas import examples
from ledger.formats.epcis.document import SIMPLE_EVENT_QUERY, query_document
from ledger.formats.epcis.query import parse_query
from ledger.services.epcis.results import moment_text, proof_of

router = APIRouter(prefix="/epcis", tags=["epcis"], route_class=EpcisRoute)
PerPage = Annotated[str | None, Query(max_length=20, description="Most events of an answer, at most 100")]
Token = Annotated[str | None, Query(max_length=4000, description="From the Link of the page before")]
_HAS_QUERY = "?ver="


@router.get(
    "/events",
    operation_id="searchEpcisEvents",
    responses=examples.READ_RESPONSES,
    openapi_extra={
        "parameters": [
            {
                "name": "parameters",
                "in": "query",
                "required": False,
                "style": "form",
                "explode": True,
                "description": "Parameters of the simple event query, such as eventType, GE_eventTime, EQ_bizStep, "
                "MATCH_epc, orderBy and eventCountLimit; several values are joined by a bar",
                "schema": {"type": "object", "additionalProperties": {"type": "string"}},
            }
        ]
    },
)
def query(
    request: Request,
    service: EpcisOf,
    node: NodeOf,
    reader: ReaderOf,
    perPage: PerPage = None,  # noqa: N803 - GS1's names
    nextPageToken: Token = None,  # noqa: N803
) -> Response:
    """Events that records of this log tell of and events that partners captured, as far as the reader may see them.

    In JSON, or with `Accept: application/xml` in XML; `GS1-CBV-XML-Format` says whether words of the CBV are URNs or
    web addresses in it.

    An event made from a record names the record and its proof. Whoever has no right to a record's private parts has
    none to an event that tells of them: it is not in the answer, nor counted.
    """
    parsed = parse_query(query_parameters(request))
    answer = service.querying.run(parsed, reader, per_page=per_page(perPage), token=nextPageToken or "")
    return events_answer(request, answer, SIMPLE_EVENT_QUERY, node.home.clock.now())


@router.get("/events/{event_id:path}", operation_id="getEpcisEvent", responses=examples.READ_RESPONSES)
def one(event_id: str, request: Request, service: EpcisOf, node: NodeOf, reader: ReaderOf) -> Response:
    """An event by its id, as a query document of one; a Link leads to the record that proves it."""
    asked = unquote(raw_tail(request, "/epcis/events/"))
    version = request.query_params.get("ver")
    if version and _HAS_QUERY not in asked:  # the id of an event hash, its question mark not escaped
        asked = f"{asked}{_HAS_QUERY}{version}"
    event, proved_by = service.querying.one(asked or event_id, reader)
    created = moment_text(node.home.clock.now())
    headers: dict[str, str] = {}
    more: dict[str, Any] | None = None
    if proved_by is not None:
        proof = proof_of(node.home.settings.public_url.rstrip("/"), proved_by)
        headers["Link"] = f'<{proof["record"]}>; rel="describedby", <{proof["proof"]}>; rel="evidence"'
        if "lading:record" not in event.members:
            more = {"lading:observations": {str(event.members["eventID"]): proof}}
    return document_answer(request, query_document([event], created=created, more=more), headers=headers)
