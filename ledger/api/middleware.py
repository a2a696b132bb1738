"""What every request passes on its way in and out, whatever its path.

What it costs is paid before anything of it is read, and what is dear waits for its turn, with its body here, so that a
slow sender holds nobody up. `HEAD` is `GET` without a body, `OPTIONS` says what a path allows.
Every answer carries the same security headers, an unforeseen error becomes an honest 503, and one line goes to the
log: method, path, status and time, never a header, a query or a body.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from ledger.api import problems
from ledger.api.costs import CHEAP, is_batch, is_sign_in, is_submission, points_of
from ledger.api.deps import HEAD, READ, read_body
from ledger.api.fair_queue import FairQueue
from ledger.api.quota import REFUSED, Budgets, paid_by
from ledger.api.routers.resolver.paths import DIGITAL_LINK
from ledger.errors import Busy, LadingError, MalformedRecord, NotFound
from ledger.services.state.current_registry import one_request

access = logging.getLogger("lading.access")
WRITES = frozenset({"POST", "PUT", "DELETE", "PATCH"})
BAD, FAILED, TOO_MANY = HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.TOO_MANY_REQUESTS
MOST_VOUCHED = 128 * 1024
"""Bytes of a record that is looked at though its sender has nothing left."""
READS_AT_ONCE = 4
WRITES_AT_ONCE = 32
"""More of these, for many records go into one commit, and while the disk works nobody else has to wait."""
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
CROSS_ORIGIN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": ", ".join(problems.KEPT)}
"""No cookie goes along: a write carries its own signatures, a reader its token in a header."""
FOR_OTHERS = ("/v1/", "/.well-known/")
"""Where pages of other sites may ask: the API, and the GS1 resolver, which answers Digital Links too."""
KEPT = {"Cache-Control": "private, no-cache"}
"""Where a route says nothing else: what one reader may see is kept by no proxy, and given to nobody unasked."""
_EVERYWHERE = tuple((name.lower().encode(), value.encode()) for name, value in (SECURITY | KEPT).items())
_UNDER_V1 = (*_EVERYWHERE, *((name.lower().encode(), value.encode()) for name, value in CROSS_ORIGIN.items()))
PREFLIGHT = {
    "Access-Control-Allow-Methods": ", ".join(problems.METHODS),
    "Access-Control-Allow-Headers": (
        "Accept, Authorization, Content-Type, Lading-Device, Last-Event-ID, GS1-Capture-Error-Behaviour"
    ),
    "Access-Control-Max-Age": "86400",
}


class Border:
    """ASGI middleware around the whole application. `routes` are those that `OPTIONS` speaks of; `signed_now` says of
    which partners a submission (path and body) brings new signatures. `direct`, by path, are applications that a `POST`
    without a query goes to straight from here, past all that lies between: what they raise is answered as elsewhere.
    `told`: further headers of `OPTIONS`, by the first step of a path.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: Iterable[BaseRoute],
        budgets: Budgets,
        signed_now: Callable[[str, bytes], Collection[int]],
        page: problems.ErrorPage,
        direct: Mapping[str, ASGIApp],
        told: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        self._app = app
        self._direct = direct
        self._told = told
        self._signed_now = signed_now
        self._routes = routes
        self._budgets = budgets
        self._page = page
        self._reading, self._writing, self._vouching = FairQueue(READS_AT_ONCE), FairQueue(WRITES_AT_ONCE), FairQueue(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(WebSocket(scope, receive, send))
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        try:
            with one_request():
                await self._paid(scope, receive, answer)
        except ClientDisconnect:
            pass  # it went away while it sent its body: there is nobody to answer
        except (
            problems.Limited,
            LadingError,
        ) as error:  # of what is looked at here; those of routes are answered there
            await self._say(_problem(error, scope), scope, receive, answer)
        except Exception as error:
            problems.log.exception("unforeseen error at %s %s", scope["method"], scope["path"], exc_info=error)
            if answer.status:
                raise
            await self._say(problems.unforeseen(scope["path"]), scope, receive, answer)
        finally:
            answer.end()

    async def _socket(self, socket: WebSocket) -> None:
        """One that is opened is paid for as a request is."""
        scope = socket.scope
        try:
            payer = self._budgets.payer(scope)
            points = points_of(scope["path"])
            self._budgets.reads.take(payer, points)
            self._budgets.note(self._budgets.reads, payer, points)
            if b"%00" in scope.get("query_string", b""):
                raise MalformedRecord("a NUL character", where="query", expected="text without one")
        except LadingError as error:
            await socket.send_denial_response(_problem(error, scope))
            return
        access.info("method=WEBSOCKET path=%s", scope["path"][:200].encode("unicode_escape").decode())
        await self._app(scope, socket.receive, socket.send)

    async def _paid(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        """Raises `Busy` for who has nothing left, before anything of the request is read."""
        payer = self._budgets.payer(scope)
        if is_submission(scope["method"], scope["path"]):
            await self._submitted(payer, scope, receive, answer)
            return
        points = points_of(scope["path"], scope.get("query_string", b"")) if scope["method"] != "OPTIONS" else CHEAP
        if is_sign_in(scope["path"]):
            payer = f"sign-in of {payer}"
        if points:
            self._budgets.reads.take(payer, points)
            self._budgets.note(self._budgets.reads, payer, points)
        if points > CHEAP:
            used = self._budgets.used(self._budgets.reads, payer)
            await self._queued(self._reading, (payer, used), scope, receive, answer)
        else:
            await self._route(scope, receive, answer)

    async def _submitted(self, payer: str, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        writes, sender = self._budgets.writes, payer
        try:
            writes.take(payer, 1)
        except Busy as busy:
            payer, receive = await self._vouched(payer, scope, receive, busy)
        self._budgets.note(writes, payer, 1)
        state = scope.setdefault("state", {})
        try:
            if is_batch(scope["path"]):
                state["payers"] = sender, payer  # its route takes turns by itself, one for so many records
                await self._route(scope, receive, answer)
            else:
                await self._queued(self._writing, (payer, self._budgets.used(writes, payer)), scope, receive, answer)
        finally:
            if state.get("paid_by_signers") and answer.status < BAD:
                writes.charge(payer, -1)
            elif BAD <= answer.status < FAILED and answer.status != TOO_MANY:
                writes.charge(payer, REFUSED)
                self._budgets.note(writes, payer, REFUSED)

    async def _vouched(self, payer: str, scope: Scope, receive: Receive, busy: Busy) -> tuple[str, Receive]:
        """Who pays instead of an address that has nothing left, and the body again: the partner who signed what has
        come from there, and has not come before. A flood of bad signatures silences nobody who shares its address.

        What others send again is vouched for by nobody. It is looked at one at a time, and raises `busy`.
        """
        request = Request(scope, receive)
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise busy
        try:
            body = await read_body(request, MOST_VOUCHED)
        except problems.Limited:
            raise busy from None
        await self._vouching.take(payer, 1.0)
        try:
            partners = await run_in_threadpool(self._signed_now, scope["path"], body)
        finally:
            self._vouching.done(payer)
        if not partners:
            raise busy
        vouched = f"{paid_by(min(partners))} at {payer}"
        self._budgets.writes.take(vouched, 1)
        return vouched, _again(body, receive)

    async def _queued(
        self, queue: FairQueue, who: tuple[str, float], scope: Scope, receive: Receive, answer: "_Answer"
    ) -> None:
        if scope["method"] in WRITES:
            body = await read_body(Request(scope, receive))
            receive = _again(body, receive)
            scope.setdefault("state", {})[READ] = body
        payer, spent = who
        await queue.take(payer, spent)
        answer.when_it_begins(lambda: queue.done(payer))
        await self._route(scope, receive, answer)

    async def _say(self, problem: JSONResponse, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        await problems.as_asked(Request(scope), problem, self._page)(scope, receive, answer.send)

    async def _route(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        if scope["path"].endswith("\n"):  # what routes match ends before it: it would be served at another path's price
            raise _no_such(scope)
        if b"%00" in scope.get("query_string", b""):  # PostgreSQL takes none to look for
            raise MalformedRecord("a NUL character", where="query", expected="text without one")
        if not _is_text(scope.get("query_string", b"")):
            scope["query_string"] = b""  # what says so reads the request's address once more
            raise MalformedRecord("bytes that are no text", where="query", expected="UTF-8, as %XX")
        match scope["method"]:
            case "HEAD":
                answer.bodiless = True
                scope.setdefault("state", {})[HEAD] = True
                await self._app({**scope, "method": "GET"}, receive, answer.send)
            case "OPTIONS":
                await self._options(scope)(scope, receive, answer.send)
            case "POST" if scope["path"] in self._direct and not scope["query_string"]:
                try:
                    await self._direct[scope["path"]](scope, receive, answer.send)
                except (problems.Limited, LadingError) as error:  # answered before its sender is charged for it
                    await self._say(_problem(error, scope), scope, receive, answer)
            case _:
                await self._app(scope, receive, answer.send)

    def _options(self, scope: Scope) -> Response:
        allowed = problems.allowed_methods(self._routes, scope)
        if not allowed:
            return problems.response_of(_no_such(scope), scope["path"])
        more = dict(self._told.get(scope["path"].split("/", 2)[1], {}))
        if DIGITAL_LINK.fullmatch(scope["path"]):
            more["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        return Response(status_code=204, headers={"Allow": ", ".join((*allowed, "OPTIONS"))} | PREFLIGHT | more)


def _problem(error: problems.Limited | LadingError, scope: Scope) -> JSONResponse:
    if isinstance(error, problems.Limited):
        return problems.response_of(error.problem, scope["path"], error.status_code)
    return problems.response_of(error, scope["path"])


def _is_text(query: bytes) -> bool:
    try:
        query.decode()
    except UnicodeDecodeError:
        return False
    return True


def _no_such(scope: Scope) -> NotFound:
    return NotFound("no such path", where="path", found=scope["path"][:120])


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body which was read already, and then goes on."""
    read: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def from_here() -> Message:
        return read.pop() if read else await receive()

    return from_here


class _Answer:
    """The way out: adds headers, drops the body where none is wanted, and remembers the status (0: none yet)."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._since = time.perf_counter()
        self.status = 0
        self.bodiless = False
        self._begun: Callable[[], None] | None = None

    def when_it_begins(self, call: Callable[[], None]) -> None:
        """Call it once, when the answer is ready to be sent, however slowly it is taken; or when there is none."""
        self._begun = call

    def _begin(self) -> None:
        call, self._begun = self._begun, None
        if call is not None:
            call()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._begin()
            headers = message["headers"] = list(message.get("headers", ()))
            given = {name for name, _ in headers}
            path = self._scope["path"]
            others = path.startswith(FOR_OTHERS) or DIGITAL_LINK.fullmatch(path) is not None
            ours = _UNDER_V1 if others else _EVERYWHERE
            headers += [header for header in ours if header[0] not in given]
        elif self.bodiless:
            message = {**message, "body": b""}
        await self._send(message)

    def end(self) -> None:
        """The answer is sent, or never will be: one line for the log."""
        self._begin()
        access.info(
            "method=%s path=%s status=%d ms=%d",
            self._scope["method"],
            self._scope["path"][:200].encode("unicode_escape").decode(),  # a line break in a path forges no line
            self.status,
            (time.perf_counter() - self._since) * 1000,
        )
