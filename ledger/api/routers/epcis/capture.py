"""`/epcis/capture`: documents in, jobs that tell what became of them, and what of them can be signed."""

import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from ledger.api.deps import FROM_OWN_PAGES, MAX_BODY, READ, media_type, read_body
from ledger.api.problems import Limited
from ledger.api.routers.epcis.forms import JSON, XML, document_answer, form_of
from ledger.api.routers.epcis.protocol import (
    BEHAVIOURS,
    Captor,
    EpcisOf,
    EpcisRoute,
    ValidatorOf,
    event_path,
    json_answer,
    paged,
    per_page,
)
from ledger.api.schemas import examples
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord
from ledger.formats.epcis import json_text
from ledger.formats.epcis.document import Event, capture_document, events_of
from ledger.formats.epcis.reading import parse, read_document, read_event
from ledger.formats.epcis.validation import Problem
from ledger.services.epcis.capture import MICROS, MOST_EVENTS, PROCEED, ROLLBACK, Drafted, Job
from ledger.services.epcis.service import Epcis

router = APIRouter(prefix="/epcis", tags=["epcis"], route_class=EpcisRoute)
_CURSOR = re.compile(r"([0-9]{1,18})-([0-9a-f-]{1,60})")
_EXAMPLE = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-01-31T10:00:00Z",
    "epcisBody": {
        "eventList": [
            {
                "type": "ObjectEvent",
                "eventTime": "2026-01-31T09:30:00Z",
                "eventTimeZoneOffset": "+00:00",
                "epcList": ["https://id.gs1.org/01/09506000134352/21/12345"],
                "action": "OBSERVE",
                "bizStep": "receiving",
                "disposition": "in_progress",
                "readPoint": {"id": "https://id.gs1.org/414/9506000134369"},
            }
        ]
    },
}


def _body(example: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/capture",
    operation_id="submitEpcisDocument",
    status_code=HTTPStatus.ACCEPTED,
    responses=examples.write_responses({202: "Taken; the Location tells what became of it"}),
    openapi_extra=_body(_EXAMPLE),
    dependencies=[FROM_OWN_PAGES],
)
async def capture(
    request: Request,
    service: EpcisOf,
    checks: ValidatorOf,
    reader: Captor,
    behaviour: Annotated[
        str, Header(alias="GS1-Capture-Error-Behaviour", description="rollback or proceed")
    ] = ROLLBACK,
) -> Response:
    """Take in an EPCIS document in JSON or XML, for the partner whose session it is.

    400 for what is no right document; then nothing is kept. With `proceed` its right events are, and the job names the
    others. Custody is not moved by it: the job has an unsigned `Observation` of each event, to be signed and submitted
    like any record, and a template of a handoff where an event tells of one. Master data in its header is kept for this
    partner, and `HASATTR_` and `EQATTR_` ask by it.
    """
    if behaviour not in BEHAVIOURS:
        raise MalformedRecord(
            "no such behaviour",
            where="GS1-Capture-Error-Behaviour",
            expected=" or ".join(BEHAVIOURS),
            found=behaviour[:40],
        )
    body, xml = await _sent(request)

    def take() -> Job:
        document = parse(body, xml=xml, most=MAX_BODY)
        _check_count(document)
        read = read_document(document, checks, partly=behaviour == PROCEED)
        if not read.events and read.problems:
            raise invalid(read.problems)
        return service.capturing.take(body, read, reader.partner, behaviour)

    job = await run_in_threadpool(take)
    return Response(status_code=HTTPStatus.ACCEPTED, headers={"Location": f"/epcis/capture/{job.capture_id}"})


@router.post(
    "/events",
    operation_id="submitEpcisEvent",
    status_code=HTTPStatus.CREATED,
    responses=examples.write_responses({201: "Kept, at the Location"}),
    openapi_extra=_body({"@context": _EXAMPLE["@context"], **_EXAMPLE["epcisBody"]["eventList"][0]}),  # type: ignore[index]
    dependencies=[FROM_OWN_PAGES],
)
async def capture_event(request: Request, service: EpcisOf, checks: ValidatorOf, reader: Captor) -> Response:
    """Take in one event, in JSON with a context of its own, or in XML. What can be signed about it is told by the
    capture job, to which the answer links."""
    body, xml = await _sent(request)

    def take() -> tuple[Job, Event]:
        event = parse(body, xml=xml, most=MAX_BODY)
        if xml:
            listed = events_of(event)
            if len(listed) != 1:
                raise MalformedRecord("not one event", where="EventList", expected=1, found=len(listed))
            event = listed[0].whole()
        read = read_event(event, checks)
        if read.problems:
            raise invalid(read.problems)
        job = service.capturing.take(body, read, reader.partner, ROLLBACK)
        if not job.success:
            raise invalid([Problem(**one) for one in json_text.parse(job.errors.encode(), most=1 << 20)])
        return job, service.capturing.kept(read.events[0], reader.partner)

    job, event = await run_in_threadpool(take)
    headers = {"Location": event_path(event), "Link": f'</epcis/capture/{job.capture_id}>; rel="capture"'}
    answered = event.whole()
    if form_of(request.headers.get("Accept", "*/*")) in XML:
        answered = capture_document([event], created=iso(job.created_at))
    return document_answer(request, answered, HTTPStatus.CREATED, headers)


@router.get("/capture", operation_id="listEpcisCaptures", responses=examples.READ_RESPONSES)
def jobs(
    request: Request,
    service: EpcisOf,
    reader: Captor,
    perPage: Annotated[str | None, Query(max_length=20)] = None,  # noqa: N803 - GS1's names
    nextPageToken: Annotated[str | None, Query(max_length=100)] = None,  # noqa: N803
) -> Response:
    """The partner's capture jobs, the newest first."""
    before = None
    if nextPageToken is not None:
        matched = _CURSOR.fullmatch(nextPageToken)
        if matched is None:
            raise MalformedRecord("not a page token", where="nextPageToken", found=nextPageToken[:40])
        before = int(matched[1]), matched[2]
    size = per_page(perPage)
    found = service.capturing.jobs(reader.partner, before, size + 1)
    more, found = len(found) > size, found[:size]
    token = f"{found[-1].created_at}-{found[-1].capture_id}" if more else ""
    return json_answer([_job(job) for job in found], headers=paged(request, token))


@router.get("/capture/{capture_id}", operation_id="getEpcisCapture", responses=examples.READ_RESPONSES)
def job(capture_id: str, service: EpcisOf, reader: Captor) -> Response:
    """What became of a document: its errors, of each of its events an `Observation` to sign under `lading:drafts`, and
    the master data that came with it. Only for the partner that handed it in."""
    found = service.capturing.job(capture_id, reader.partner)
    told = service.capturing.master_data(found)
    drafts = {"lading:drafts": [_drafted(one) for one in _drafts(service, found)]}
    return json_answer({**_job(found), **drafts, **({"lading:masterData": told} if told else {})})


def _drafts(service: Epcis, job: Job) -> list[Drafted]:
    return service.capturing.drafts(job)


def invalid(problems: list[Problem] | Any) -> MalformedRecord:
    told = "; ".join(f"{one.where or 'document'}: {one.what}" for one in list(problems)[:5])
    return MalformedRecord(
        "no right EPCIS 2.0 document", where=problems[0].where or "document", found=told[:1500],
        mend="What is expected where: docs/guides/epcis.md.",
    )  # fmt: skip


def _check_count(document: dict[str, Any]) -> None:
    body = document.get("epcisBody")
    listed = body.get("eventList") if isinstance(body, dict) else None
    if isinstance(listed, list) and len(listed) > MOST_EVENTS:
        error = MalformedRecord(
            "too many events", where="eventList", expected=f"at most {MOST_EVENTS}", found=len(listed)
        )
        raise Limited(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error)


async def _sent(request: Request) -> tuple[bytes, bool]:
    """The body, and whether it is XML. Raises `Limited` (415) for another media type."""
    kind = media_type(request)
    if kind not in (*XML, *JSON):
        error = MalformedRecord(
            "neither JSON nor XML", where="Content-Type", expected=" or ".join((*JSON, *XML)), found=kind[:80]
        )
        raise Limited(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, error)
    body: bytes | None = request.scope.get("state", {}).get(READ)
    return (await read_body(request) if body is None else body), kind in XML


def _job(job: Job) -> dict[str, Any]:
    return {
        "captureID": job.capture_id,
        "createdAt": iso(job.created_at),
        "finishedAt": iso(job.finished_at),
        "running": False,
        "success": job.success,
        "captureErrorBehaviour": job.behaviour,
        "errors": [
            {
                "type": "epcisException:ValidationException",
                "title": "Validation exception",
                "status": 400,
                "detail": f"{one['where']}: {one['what']}",
            }
            for one in json_text.parse(job.errors.encode(), most=1 << 20)
        ],
    }


def _drafted(one: Drafted) -> dict[str, Any]:
    drafted = {
        "eventID": one.event_id,
        "record": to_hex(one.record),
        "signed": one.signed,
        "observation": {"type": "Observation", "message": dict(one.message)},
    }
    return drafted if one.handoff is None else {**drafted, "handoff": dict(one.handoff)}


def iso(micros: int) -> str:
    return datetime.fromtimestamp(micros // MICROS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
