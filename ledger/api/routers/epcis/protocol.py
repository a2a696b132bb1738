"""What every route under `/epcis` has in common: GS1's headers, GS1's names for what goes wrong, pages."""

import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from importlib import metadata
from typing import Annotated, Any, ClassVar
from urllib.parse import quote, urlencode

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection

from ledger import errors
from ledger.api import problems
from ledger.api.deps import MAX_BODY, SessionReader
from ledger.api.routers.epcis.forms import XML, document_answer, form_of, words_of
from ledger.formats.epcis import json_text
from ledger.formats.epcis.document import VERSION, Event
from ledger.formats.epcis.identity import NAMESPACE, PREFIX
from ledger.formats.epcis.query import DEFAULT_PER_PAGE, MOST_PER_PAGE
from ledger.formats.epcis.subscription import CONTROLS
from ledger.formats.epcis.validation import Validator
from ledger.services.epcis.capture import MOST_EVENTS, PROCEED, ROLLBACK
from ledger.services.epcis.queries import TOO_MANY, Answer
from ledger.services.epcis.results import results_document
from ledger.services.epcis.service import Epcis
from ledger.services.views.records import Reader

HEADERS: Mapping[str, str] = {
    "GS1-EPCIS-Version": VERSION,
    "GS1-EPCIS-Min": VERSION,
    "GS1-EPCIS-Max": VERSION,
    "GS1-CBV-Version": VERSION,
    "GS1-CBV-Min": VERSION,
    "GS1-CBV-Max": VERSION,
    "GS1-Extensions": f"{PREFIX}={NAMESPACE}",
    "GS1-Vendor-Version": metadata.version("lading"),
    "GS1-EPC-Format": "Never_Translates",
    "GS1-CBV-XML-Format": "No_Preference",
    "GS1-EPCIS-Capture-Limit": str(MOST_EVENTS),
    "GS1-EPCIS-Capture-File-Size-Limit": str(MAX_BODY),
    "GS1-Capture-Error-Behaviour": ROLLBACK,
}
BEHAVIOURS = (ROLLBACK, PROCEED)
TOKEN_LASTS = timedelta(days=30)
MOST_URL = 32_000
"""Bytes of a path and its query; more belongs into a named query."""
_EXCEPTIONS: tuple[tuple[type[Exception], str], ...] = (
    (errors.NotPermitted, "SecurityException"),
    (errors.RuleBroken, "DuplicateNameException"),
    (errors.NotFound, "NoSuchNameException"),
    (errors.Unavailable, "ImplementationException"),
)


def exception_of(error: errors.LadingError, method: str, status: int) -> str:
    """GS1's name of an error (EPCIS 2.0, section 12.8)."""
    if status in (HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.NOT_IMPLEMENTED):
        return "ImplementationException"
    if status == HTTPStatus.REQUEST_URI_TOO_LONG:
        return "URITooLongException"
    if error.where.partition(",")[0].partition(".")[0] in CONTROLS:
        return "SubscriptionControlsException"
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and method == "POST":
        return "CaptureLimitExceededException"
    if error.what == TOO_MANY:
        return "QueryTooLargeException"
    for kind, name in _EXCEPTIONS:
        if isinstance(error, kind):
            return name
    return "ValidationException" if method == "POST" else "QueryParameterException"


class EpcisRoute(APIRoute):
    """A route that checks what versions the client asks for, and answers errors as GS1 names them."""

    in_xml: ClassVar[set[str]] = {"searchEpcisEvents", "getEpcisEvent", "searchEpcisQuery", "submitEpcisEvent"}
    """Operations that answer with events, in the form that is asked for."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                check_length(request)
                check_versions(request, xml=self.operation_id in self.in_xml)
                response = await handle(request)
            except problems.Limited as error:
                response = problem(request, error.problem, error.status_code)
            except errors.LadingError as error:
                response = problem_of(request, error)
            except RequestValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                response = problem(request, errors.MalformedRecord(first["msg"], where=where), 0)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return handler


def problem_of(request: HTTPConnection, error: errors.LadingError) -> Response:
    status = HTTPStatus.CONFLICT if isinstance(error, errors.RuleBroken) else 0
    return problem(request, error, HTTPStatus.REQUEST_ENTITY_TOO_LARGE if error.what == TOO_MANY else status)


def problem(request: HTTPConnection, error: errors.LadingError, status: int) -> Response:
    answer = problems.response_of(error, request.url.path, status)
    body = json.loads(bytes(answer.body))
    body["type"] = f"epcisException:{exception_of(error, request.scope.get('method', 'GET'), answer.status_code)}"
    kept = {name: answer.headers[name] for name in problems.KEPT if name in answer.headers}
    return JSONResponse(body, answer.status_code, headers=kept, media_type=problems.MEDIA_TYPE)


def check_versions(request: HTTPConnection, *, xml: bool = False) -> None:
    """Raise `Limited` (406) for a client that wants other versions, or another form, than there are. `xml`: events are
    answered, of which there is XML too."""
    for standard in ("EPCIS", "CBV"):
        wanted = request.headers.get(f"GS1-{standard}-Version")
        least, most = request.headers.get(f"GS1-{standard}-Min"), request.headers.get(f"GS1-{standard}-Max")
        wrong = wanted if wanted and _number(wanted)[:2] != (2, 0) else None
        wrong = least if least and _number(least) > (2, 0, 9) else wrong
        wrong = most if most and _number(most) < (2, 0, 0) else wrong
        if wrong:
            raise _not_acceptable(f"GS1-{standard}-Version", VERSION, wrong)
    accept = request.headers.get("Accept", "*/*").lower()
    if not any(kind in accept for kind in ("json", "*/*", "application/*", "text/event-stream", *(XML if xml else ()))):
        raise _not_acceptable("Accept", " or ".join(("application/json", *(XML if xml else ()))), accept)
    if xml and form_of(accept) in XML:
        words_of(request)
    form = request.headers.get("GS1-EPC-Format", "Never_Translates")
    if form not in ("Never_Translates", "No_Preference"):
        raise _not_acceptable("GS1-EPC-Format", "Never_Translates", form)


def check_length(request: HTTPConnection) -> None:
    """Raise `Limited` (414) for an address that is too long."""
    size = len(request.scope.get("raw_path") or b"") + len(request.scope.get("query_string") or b"")
    if size > MOST_URL:
        error = errors.MalformedRecord(
            "too long", where="URL", expected=f"at most {MOST_URL} bytes", found=size, mend="Keep a named query."
        )
        raise problems.Limited(HTTPStatus.REQUEST_URI_TOO_LONG, error)


def _not_acceptable(where: str, expected: str, found: str) -> problems.Limited:
    error = errors.MalformedRecord("not to be had here", where=where, expected=expected, found=found[:80])
    return problems.Limited(HTTPStatus.NOT_ACCEPTABLE, error)


def _number(text: str) -> tuple[int, int, int]:
    parts = text.strip().split(".")
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts):
        return (0, 0, 0)
    first, second, third = ([int(part) for part in parts] + [0, 0])[:3]
    return first, second, third


# --- what routes need -----------------------------------------------------------------------------------------------


async def epcis(request: Request) -> Epcis:
    service: Epcis = request.app.state.epcis()
    return service


async def validator(request: Request) -> Validator:
    checks: Validator = request.app.state.epcis_validator()
    return checks


async def captor(reader: SessionReader) -> Reader:
    """Whoever captures, or keeps queries: a key in force of a partner. Raises `NotPermitted`."""
    return with_partner(reader)


def with_partner(reader: Reader) -> Reader:
    """Raises `NotPermitted` for a key without one."""
    if not reader.partner:
        raise errors.NotPermitted(
            "the key that signed in has no partner", where="session", expected="a key in force of a partner"
        )
    return reader


EpcisOf = Annotated[Epcis, Depends(epcis)]
ValidatorOf = Annotated[Validator, Depends(validator)]
Captor = Annotated[Reader, Depends(captor)]


def per_page(text: str | None) -> int:
    """Raises `MalformedRecord` for what is no number of entries; more than there may be are as many as may be."""
    if text is None:
        return DEFAULT_PER_PAGE
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < 1:
        raise errors.MalformedRecord("not a number of entries", where="perPage", expected="1 or more", found=text[:40])
    return min(int(text), MOST_PER_PAGE)


def paged(request: Request, token: str) -> dict[str, str]:
    """The headers that lead to the next page; none where there is none."""
    if not token:
        return {}
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "nextPageToken"]
    link = f"{request.url.path}?{urlencode([*asked, ('nextPageToken', token)])}"
    expires = datetime.now(UTC) + TOKEN_LASTS
    return {"Link": f'<{link}>; rel="next"', "GS1-Next-Page-Token-Expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json_text.dump(value), status, media_type="application/json", headers=dict(headers or {}))


def events_answer(request: Request, answer: Answer, name: str, now: int) -> Response:
    """A query document, with the proofs of captured events that were signed since."""
    base = request.app.state.node.home.settings.public_url.rstrip("/")
    document = results_document(base, answer, name, now)
    return document_answer(request, document, headers=paged(request, answer.next))


def event_path(event: Event) -> str:
    return f"/epcis/events/{quote(str(event.members['eventID']), safe='')}"


def query_parameters(request: HTTPConnection, left_out: Sequence[str] = ("perPage", "nextPageToken")) -> dict[str, Any]:
    """The parameters of a query in an address: several values of one are repeated, or joined by a bar."""
    found: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if name not in left_out:
            found.setdefault(name, []).extend(value.split("|"))
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}
