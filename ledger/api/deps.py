"""What the routes need from the node, and who is asking.

Coroutines all of them, for FastAPI runs what is none in another thread: to go there and back takes longer than they do.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Header, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.datastructures import State
from starlette.requests import HTTPConnection

from ledger.api.problems import SIGN_IN, Limited
from ledger.api.quota import COOKIE, Budgets, LookQuota, bearer_of, client_of, token_of
from ledger.api.shared import SharedLook
from ledger.common.canonical import parse_json, without_mark
from ledger.common.ids import RecordId, bytes_from_hex
from ledger.common.json_fields import fields_of
from ledger.common.periods import LONGEST_ROLLING
from ledger.errors import MalformedRecord, NotPermitted
from ledger.services.intake.submission import Charge
from ledger.services.node.health import Readiness
from ledger.services.node.node import Node
from ledger.services.state.answers import Answers
from ledger.services.state.sessions import Sessions
from ledger.services.views.records import PUBLIC, Reader

MAX_BODY = 512 * 1024
BODY_SECONDS = 30
"""A client that takes longer to send its body is cut off."""
SMALL = 16 * 1024
"""Up to this size a body is parsed where it arrives; a larger one would hold up everybody else."""
READ = "body"
"""In the state of a request, its body, once that was read."""
HEAD = "head"
"""In the state of a request, whether only the head of the answer is wanted: what never ends is ended at once."""
PAGE = 100
"""Most entries of a list in one answer."""
Note = Callable[[int], None]
MOST_PARTNER = 2**40 - 1
_MOST_INDEX = 2**53 - 1
_PORTS = {"http": 80, "https": 443}


async def node(request: Request) -> Node:
    result: Node = request.app.state.node
    return result


async def sessions(request: Request) -> Sessions:
    result: Sessions = request.app.state.sessions
    return result


async def budgets(request: Request) -> Budgets:
    result: Budgets = request.app.state.budgets
    return result


async def charge(request: Request) -> Charge:
    """What lets a record's signers pay for it, instead of who sends it."""

    own: Budgets = request.app.state.budgets

    def take(partners: Collection[int]) -> None:
        own.take_from_signers(partners)
        request.state.paid_by_signers = bool(partners)

    return take


async def bundles(request: Request) -> Answers:
    result: Answers = request.app.state.bundles
    return result


async def readiness(request: Request) -> SharedLook[Readiness]:
    result: SharedLook[Readiness] = request.app.state.readiness
    return result


async def measuring(request: Request) -> SharedLook[None]:
    result: SharedLook[None] = request.app.state.measuring
    return result


async def look_counts(request: Request) -> bool:
    """Whether one more look at a code by this client is to be counted."""
    looks: LookQuota = request.app.state.looks
    return looks.take(client_of(request.client.host if request.client else "local"))


async def reader(
    request: Request,
    authorization: Annotated[str | None, Header(description="`Bearer` and a session token")] = None,
) -> Reader:
    """Who asks: the partner whose key signed in, or the public.

    Raises `NotPermitted` for a bearer token that is not valid. A cookie that is not valid is no error: whoever opens
    a page with an old one is the public.
    """
    return await reader_on(request, authorization)


async def reader_on(connection: HTTPConnection, authorization: str | None) -> Reader:
    """As `reader`, also on a WebSocket."""
    if authorization is None:
        try:
            return await _reader_of(connection, connection.cookies.get(COOKIE, ""))
        except NotPermitted:
            return PUBLIC
    token = bearer_of(authorization)
    if not token:
        raise NotPermitted("not a bearer token", where=SIGN_IN, expected="Bearer and a token")
    return await _reader_of(connection, token)


async def signed_in(reader: Annotated[Reader, Depends(reader)]) -> Reader:
    """Who asks, where the public has nothing to ask for; raises `NotPermitted` without a session."""
    if not reader.key:
        raise NotPermitted(
            "only for who has signed in", where=SIGN_IN, expected="a session", mend="Sign in with a key."
        )
    return reader


async def _reader_of(connection: HTTPConnection, token: str) -> Reader:
    """Raises `NotPermitted` for a token that is not valid."""
    return await run_in_threadpool(_known_reader, connection.app.state, token) if token else PUBLIC


def reader_again(request: Request) -> Reader:
    """Who asked, as it is now; to be called in a thread. Raises `NotPermitted` once the session has ended."""
    return _known_reader(request.app.state, token_of(request.scope))


def _known_reader(state: State, token: str) -> Reader:
    try:
        key = state.sessions.reader(token)
    except NotPermitted:
        state.budgets.forget(token)
        raise
    reader: Reader = state.node.reader.views.reader(key)
    if reader.partner:
        state.budgets.remember(token, reader.partner)
    return reader


def tokens_of(request: Request) -> set[str]:
    """Every session token that a request carries, valid or not."""
    sent = {bearer_of(request.headers.get("authorization", "")), request.cookies.get(COOKIE, "")}
    return {token for token in sent if token}


async def from_own_pages(request: Request, node: Annotated[Node, Depends(node)]) -> None:
    """Raise `NotPermitted` for what a browser sends from another site's page: signing in or out there is not its own
    reader's doing. What is no browser sends no `Origin`, and has no cookies that others could use.
    """
    require_own_origin(request, node)


def require_own_origin(connection: HTTPConnection, node: Node) -> None:
    """As `from_own_pages`, also on a WebSocket."""
    sent, own = connection.headers.get("origin"), origin_of(node.home.settings.public_url)
    if sent is not None and origin_of(sent) != own:
        raise NotPermitted(
            "sent from another site's page",
            where="Origin",
            expected=own,
            found=sent[:120],
            mend="Open the service at its public address; its operator sets that as LADING_PUBLIC_URL.",
        )


def origin_of(url: str) -> str:
    """Scheme, host and port of `url` (RFC 6454), the scheme's own port left out; empty when it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if not parts.scheme or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, _PORTS.get(parts.scheme)) else "")


async def json_body(request: Request) -> Any:
    """The request's JSON, read up to the limit and parsed strictly.

    Raises `MalformedRecord` (400), and as `Limited` what has a status of its own: 408, 413, 415.
    """
    body = await json_text(request)
    if len(body) <= SMALL:
        return parse_json(body, max_size=MAX_BODY)
    return await run_in_threadpool(parse_json, body, max_size=MAX_BODY)


async def json_text(request: Request, most: int = MAX_BODY, note: Note = lambda _: None) -> bytes:
    """The text of the request's JSON, of at most so many bytes; raises `Limited`: 408, 413, 415."""
    kind = media_type(request)
    if kind != "application/json":
        problem = MalformedRecord("not JSON", where="Content-Type", expected="application/json", found=kind[:80])
        raise Limited(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, problem)
    # What had to wait for its turn has been read before, within the same bounds.
    body: bytes | None = request.scope.get("state", {}).get(READ)
    return without_mark(await read_body(request, most, note) if body is None else body)


def media_type(request: Request) -> str:
    # Without `Headers`, which take longer to be made than all of them to be looked at.
    sent = next((value for name, value in request.scope["headers"] if name == b"content-type"), b"")
    return str(sent, "latin-1").partition(";")[0].strip().lower()


async def read_body(request: Request, most: int = MAX_BODY, note: Note = lambda _: None) -> bytes:
    """The request's body; raises `Limited` when it is larger than `most` or comes too slowly.

    `note` is told how many bytes have come, and may raise.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                note(len(chunk))
                body += chunk
                if len(body) > most:
                    problem = MalformedRecord("too large", where="body", expected=f"at most {most} bytes")
                    raise Limited(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem)
    except TimeoutError:
        problem = MalformedRecord("too slow", where="body", expected=f"the whole body within {BODY_SECONDS} s")
        raise Limited(HTTPStatus.REQUEST_TIMEOUT, problem) from None
    return bytes(body)


def fields(data: Any, *names: str) -> tuple[Any, ...]:
    """The values of a JSON object with exactly these names; raises `MalformedRecord`."""
    read = fields_of(data, "body", names)
    return tuple(read[name] for name in names)


async def only_known_parameters(request: Request) -> None:
    """Raise `MalformedRecord` for a query parameter that the route does not have: none is quietly ignored."""
    route = request.scope.get("route")
    if not request.scope["query_string"] or not isinstance(route, APIRoute):
        return
    known = set(_query_parameters(route.dependant))
    if unknown := sorted(set(request.query_params) - known):
        raise MalformedRecord(
            "no such query parameter",
            where="query",
            expected=", ".join(sorted(known)) or "none",
            found=", ".join(unknown)[:80],
        )


def _query_parameters(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _query_parameters(inner)


def record_id(text: str, where: str = "record") -> RecordId:
    return RecordId(bytes_from_hex(text, 32, where))


def raw_tail(request: Request, prefix: str) -> str:
    """What stands behind `prefix` in the path as it was sent: an encoded `/` inside a GS1 value stays encoded."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return raw.decode("ascii", "replace").removeprefix(prefix)


NodeOf = Annotated[Node, Depends(node)]
SessionsOf = Annotated[Sessions, Depends(sessions)]
ChargeOf = Annotated[Charge, Depends(charge)]
BudgetsOf = Annotated[Budgets, Depends(budgets)]
BundlesOf = Annotated[Answers, Depends(bundles)]
ReadinessOf = Annotated[SharedLook[Readiness], Depends(readiness)]
MeasuringOf = Annotated[SharedLook[None], Depends(measuring)]
LookCounts = Annotated[bool, Depends(look_counts)]
ReaderOf = Annotated[Reader, Depends(reader)]
SessionReader = Annotated[Reader, Depends(signed_in)]
FROM_OWN_PAGES = Depends(from_own_pages)
JsonBody = Annotated[Any, Depends(json_body)]

RecordPath = Annotated[str, Path(description="Record id: 32 bytes as 0x and lower-case hex")]
PartnerPath = Annotated[int, Path(ge=1, le=MOST_PARTNER, description="Partner id")]
PartnerQuery = Annotated[int | None, Query(ge=0, le=MOST_PARTNER, description="Partner id")]
Limit = Annotated[int, Query(ge=1, le=PAGE, description="Most entries of the answer")]
Cursor = Annotated[int | None, Query(ge=0, le=_MOST_INDEX, description="`next` of the page before")]
Moment = Annotated[int | None, Query(ge=0, le=MOST_PARTNER, description="UTC seconds")]
Rolling = Annotated[
    int | None, Query(ge=1, le=LONGEST_ROLLING, description="The days before the last full hour, instead of a period")
]
