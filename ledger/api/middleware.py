"""What every request passes on its way in and out, whatever its path.

Writes are counted before anything of them is read. `HEAD` is `GET` without a body, `OPTIONS` says what a path allows.
Every answer carries the same security headers, an unforeseen error becomes an honest 503, and one line goes to the
log: method, path, status and time, never a header, a query or a body.
"""

import logging
import time
from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.api import problems
from ledger.api.quota import Quota, client_of
from ledger.errors import Busy, NotFound

access = logging.getLogger("lading.access")
WRITES = frozenset({"POST", "PUT", "DELETE", "PATCH"})
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
CROSS_ORIGIN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": ", ".join(problems.KEPT)}
"""Under /v1 only. No cookie goes along: a write carries its own signatures, a reader its token in a header."""
PREFLIGHT = {
    "Access-Control-Allow-Methods": ", ".join(problems.METHODS),
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Lading-Device",
    "Access-Control-Max-Age": "86400",
}


class Border:
    """ASGI middleware around the whole application. `routes` are those that `OPTIONS` speaks of."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute], quota: Quota, page: problems.ErrorPage) -> None:
        self._app = app
        self._routes = routes
        self._quota = quota
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        try:
            await self._within_quota(scope, receive, answer)
        except ClientDisconnect:
            pass  # it went away while it sent its body: there is nobody to answer
        except Exception as error:
            problems.log.exception("unforeseen error at %s %s", scope["method"], scope["path"], exc_info=error)
            if answer.status:
                raise
            await self._say(problems.unforeseen(scope["path"]), scope, receive, answer)
        finally:
            answer.log()

    async def _within_quota(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        if scope["method"] not in WRITES:
            await self._route(scope, receive, answer)
            return
        client = client_of(scope["client"][0] if scope.get("client") else "local")
        try:
            self._quota.enter(client)
        except Busy as error:
            await self._say(problems.response_of(error, scope["path"]), scope, receive, answer)
            return
        try:
            await self._route(scope, receive, answer)
        finally:
            self._quota.leave(client, refused=400 <= answer.status < 500)

    async def _say(self, problem: JSONResponse, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        await problems.as_asked(Request(scope), problem, self._page)(scope, receive, answer.send)

    async def _route(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        match scope["method"]:
            case "HEAD":
                answer.bodiless = True
                await self._app({**scope, "method": "GET"}, receive, answer.send)
            case "OPTIONS":
                await self._options(scope)(scope, receive, answer.send)
            case _:
                await self._app(scope, receive, answer.send)

    def _options(self, scope: Scope) -> Response:
        allowed = problems.allowed_methods(self._routes, scope)
        if not allowed:
            return problems.response_of(
                NotFound("no such path", where="path", found=scope["path"][:120]), scope["path"]
            )
        return Response(status_code=204, headers={"Allow": ", ".join((*allowed, "OPTIONS"))} | PREFLIGHT)


class _Answer:
    """The way out: adds headers, drops the body where none is wanted, and remembers the status (0: none yet)."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._since = time.perf_counter()
        self.status = 0
        self.bodiless = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY.items():
                headers.setdefault(name, value)
            if self._scope["path"].startswith("/v1/"):
                for name, value in CROSS_ORIGIN.items():
                    headers.setdefault(name, value)
        elif self.bodiless:
            message = {**message, "body": b""}
        await self._send(message)

    def log(self) -> None:
        access.info(
            "method=%s path=%s status=%d ms=%d",
            self._scope["method"],
            self._scope["path"][:200].encode("unicode_escape").decode(),  # a line break in a path forges no line
            self.status,
            (time.perf_counter() - self._since) * 1000,
        )
