"""`/epcis/eventTypes`, `/epcs`, `/bizSteps` and the like: what there is to ask for, and the events of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Request, Response

from ledger.api.deps import NodeOf, ReaderOf, raw_tail
from ledger.api.problems import Limited
from ledger.api.routers.epcis.events import PerPage, Token
from ledger.api.routers.epcis.protocol import (
    EpcisOf,
    EpcisRoute,
    check_versions,
    events_answer,
    json_answer,
    paged,
    per_page,
    query_parameters,
)
from ledger.api.schemas import examples
from ledger.errors import MalformedRecord, NotFound
from ledger.formats.epcis.context import EPCIS_CONTEXT
from ledger.formats.epcis.document import SIMPLE_EVENT_QUERY
from ledger.formats.epcis.query import parse_query
from ledger.formats.epcis.vocabulary import BIZ_STEPS, DISPOSITIONS, EVENT_TYPES, Vocabulary

router = APIRouter(prefix="/epcis", tags=["epcis"], route_class=EpcisRoute)


@dataclass(frozen=True, slots=True)
class Resource:
    """`kinds` of terms whose values it lists; `parameter` that a value of it is asked for with."""

    kinds: tuple[str, ...]
    parameter: str
    words: Vocabulary | None = None


RESOURCES: Mapping[str, Resource] = {
    "eventTypes": Resource(("eventType",), "eventType"),
    "epcs": Resource(("epc", "parentID", "inputEPC", "outputEPC"), "MATCH_anyEPC"),
    "bizSteps": Resource(("bizStep",), "EQ_bizStep", BIZ_STEPS),
    "bizLocations": Resource(("bizLocation",), "EQ_bizLocation"),
    "readPoints": Resource(("readPoint",), "EQ_readPoint"),
    "dispositions": Resource(("disposition",), "EQ_disposition", DISPOSITIONS),
}


def _listing(name: str, resource: Resource) -> Any:
    def listing(
        request: Request,
        service: EpcisOf,
        reader: ReaderOf,
        perPage: PerPage = None,  # noqa: N803 - GS1's names
        nextPageToken: Token = None,  # noqa: N803
    ) -> Response:
        if extra := sorted(set(request.query_params) - {"perPage", "nextPageToken"}):
            raise MalformedRecord("no such query parameter", where="query", found=extra[0][:80])
        found, token = service.querying.values(
            resource.kinds, reader, per_page=per_page(perPage), token=nextPageToken or ""
        )
        shown = [resource.words.bare(one) if resource.words else one for one in found]
        whole = {"@context": EPCIS_CONTEXT, "type": "Collection", "member": shown}
        return json_answer(whole, headers=paged(request, token))

    listing.__doc__ = f"The {name} of the events that the reader may see, in pages."
    return listing


def _within(name: str, resource: Resource) -> Any:
    def within(
        value: str,  # noqa: ARG001 - read raw, for it may hold slashes
        request: Request,
        service: EpcisOf,
        node: NodeOf,
        reader: ReaderOf,
        perPage: PerPage = None,  # noqa: N803 - GS1's names
        nextPageToken: Token = None,  # noqa: N803
    ) -> Response:
        raw = raw_tail(request, f"/epcis/{name}/")
        own, behind, rest = raw.rpartition("/events")
        if rest or (not behind and not own):
            own, behind = raw, ""
        text = unquote(own)
        if name == "eventTypes" and text not in EVENT_TYPES and ":" not in text:
            raise NotFound("no such type of event", where=name, expected=", ".join(EVENT_TYPES), found=text[:80])
        if not behind:
            check_versions(request)  # of these there is no XML
            links = {"events": f"/epcis/{name}/{quote(text, safe='')}/events"}
            return json_answer({"@context": EPCIS_CONTEXT, "id": text, "type": "Resource", "member": [links["events"]]})
        further = query_parameters(request)
        if resource.parameter in further:
            raise MalformedRecord("said by the path already", where=resource.parameter)
        query = parse_query({**further, resource.parameter: [text]})
        answer = service.querying.run(query, reader, per_page=per_page(perPage), token=nextPageToken or "")
        return events_answer(request, answer, SIMPLE_EVENT_QUERY, node.home.clock.now())

    within.__doc__ = (
        f"With `/events` behind it, the events of one of the {name}; the parameters of a query narrow them."
    )
    return within


@router.get("", operation_id="getEpcisInterface", responses=examples.READ_RESPONSES)
def interface(request: Request) -> Response:
    """What there is under `/epcis`; the headers tell versions and limits, as those of OPTIONS do."""
    if extra := sorted(request.query_params):
        raise MalformedRecord("no such query parameter", where="query", found=extra[0][:80])
    members = ["capture", "events", "queries", *RESOURCES]
    whole = {"@context": EPCIS_CONTEXT, "type": "Collection", "member": [f"/epcis/{name}" for name in members]}
    return json_answer(whole)


@router.delete("/nextPageToken/{token}", status_code=HTTPStatus.NOT_IMPLEMENTED, include_in_schema=False)
def release(token: str) -> Response:
    """Nothing is kept for a page: there is nothing to release (501, as EPCIS 2.0 has it)."""
    error = MalformedRecord("nothing is kept for a page", where="nextPageToken", found=token[:40])
    raise Limited(HTTPStatus.NOT_IMPLEMENTED, error)


for _name, _resource in RESOURCES.items():
    router.get(f"/{_name}", operation_id=f"listEpcis{_name[0].upper()}{_name[1:]}", responses=examples.READ_RESPONSES)(
        _listing(_name, _resource)
    )
    EpcisRoute.in_xml.add(f"searchEpcis{_name[0].upper()}{_name[1:]}")
    router.get(
        f"/{_name}/{{value:path}}",
        operation_id=f"searchEpcis{_name[0].upper()}{_name[1:]}",
        responses=examples.READ_RESPONSES,
    )(_within(_name, _resource))
