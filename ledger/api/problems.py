"""Errors as RFC 9457 problem details: what, where, expected, found, and how to mend it."""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from ledger import errors

log = logging.getLogger("lading.api")
MEDIA_TYPE = "application/problem+json"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
KEPT = ("Retry-After", "WWW-Authenticate", "Allow")
SIGN_IN = "Authorization"
"""Where an error is about the reader's session: 401, for signing in mends it."""

STATUS: tuple[tuple[type[errors.LadingError], HTTPStatus], ...] = (
    (errors.InvalidInput, HTTPStatus.BAD_REQUEST),
    (errors.NotPermitted, HTTPStatus.FORBIDDEN),
    (errors.Conflict, HTTPStatus.CONFLICT),
    (errors.Refused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.VerificationFailed, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.Busy, HTTPStatus.TOO_MANY_REQUESTS),
    (errors.Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.Misconfigured, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""First match wins: branches of the error tree before their parents."""


def status_of(error: errors.LadingError) -> HTTPStatus:
    if isinstance(error, errors.NotPermitted) and error.where == SIGN_IN:
        return HTTPStatus.UNAUTHORIZED
    return next(status for kind, status in STATUS if isinstance(error, kind))


def problem_of(error: errors.LadingError, instance: str = "", status: int = 0) -> dict[str, Any]:
    """The problem document of `error` (RFC 9457, section 3); empty members are left out.

    `status`: one that says more than the error's own, such as 413.
    """
    kind = type(error).__name__
    body: dict[str, Any] = {
        "type": f"/problems#{kind}",
        "title": _words(kind),
        "status": status or int(status_of(error)),
        "detail": str(error),
        "instance": instance,
        "what": error.what,
        "where": error.where,
        "expected": error.expected,
        "found": error.found,
        "mend": error.mend,
    }
    if isinstance(error, errors.Conflict):
        body |= {"first": error.first, "second": error.second}
    elif isinstance(error, errors.InconsistentLog):
        body |= {"first": asdict(error.first), "second": asdict(error.second)}
    return {name: value for name, value in body.items() if value != ""}


def response_of(error: errors.LadingError, path: str, status: int = 0) -> JSONResponse:
    """The answer to a request for `path` that ended in `error`."""
    body = problem_of(error, path, status)
    headers = {}
    if (seconds := retry_after(error)) is not None:
        headers["Retry-After"] = str(seconds)
    if body["status"] == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="lading"'
    return _response(body, headers)


def retry_after(error: errors.LadingError) -> int | None:
    """In how many seconds one may try again, where that helps."""
    if isinstance(error, errors.Busy):
        return error.retry_after
    return 5 if isinstance(error, errors.Unavailable) else None


def unforeseen(path: str) -> JSONResponse:
    """The answer after an error that nobody foresaw: an honest 503.

    Whether a write took effect can be looked up by record id, and the same write again does no harm.
    """
    problem = errors.Unavailable(
        "something went wrong here",
        mend="Look the record up by its id, then try again: the same record is never taken twice.",
    )
    return response_of(problem, path)


class Limited(HTTPException):
    """A request refused for its size, form or slowness before its content counted; `status_code` says which."""

    def __init__(self, status: HTTPStatus, problem: errors.InvalidInput) -> None:
        super().__init__(status, problem.what)
        self.problem = problem


ErrorPage = Callable[[Request, dict[str, Any]], Response]
"""A problem as a page, for those who came with a browser."""


def as_asked(request: Request, problem: JSONResponse, page: ErrorPage | None) -> Response:
    """The problem, or outside the API its page for whoever asks for HTML."""
    if page is None or request.url.path.startswith("/v1") or "text/html" not in request.headers.get("accept", ""):
        return problem
    shown = page(request, json.loads(bytes(problem.body)))
    shown.headers.update({name: problem.headers[name] for name in KEPT if name in problem.headers})
    return shown


def install(app: FastAPI, page: ErrorPage | None = None) -> None:
    """Make every error of `app` a problem document, the framework's and the unforeseen ones included.

    With `page`, a request outside the API that asks for HTML gets the problem as a page.
    """

    def answer(request: Request, response: JSONResponse) -> Response:
        return as_asked(request, response, page)

    @app.exception_handler(errors.LadingError)
    def lading_error(request: Request, error: errors.LadingError) -> Response:
        return answer(request, response_of(error, request.url.path))

    @app.exception_handler(RequestValidationError)
    def bad_parameters(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        problem = errors.MalformedRecord(first["msg"], where=where, found=repr(first.get("input"))[:80])
        return answer(request, response_of(problem, request.url.path))

    @app.exception_handler(Limited)
    def limited(request: Request, error: Limited) -> Response:
        return answer(request, response_of(error.problem, request.url.path, error.status_code))

    @app.exception_handler(HTTPException)
    def framework_error(request: Request, error: HTTPException) -> Response:
        body = {
            "type": "about:blank",
            "title": HTTPStatus(error.status_code).phrase,
            "status": error.status_code,
            "detail": str(error.detail),
            "instance": request.url.path,
        }
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join((*allowed_methods(app.routes, request.scope), "OPTIONS"))
        return answer(request, _response(body, headers))

    @app.exception_handler(Exception)
    def anything_else(request: Request, error: Exception) -> Response:
        # Reached only without `ledger.api.middleware` around the application; the log gets the trace.
        log.exception("unforeseen error at %s %s", request.method, request.url.path, exc_info=error)
        return unforeseen(request.url.path)


def allowed_methods(routes: Iterable[BaseRoute], scope: Scope) -> tuple[str, ...]:
    """What the path of `scope` may be asked with; empty when there is no such path."""
    routes = list(routes)

    def takes(method: str) -> bool:
        asked = {**scope, "method": "GET" if method == "HEAD" else method}
        return any(route.matches(asked)[0] == Match.FULL for route in routes)

    return tuple(method for method in METHODS if takes(method))


def _response(body: dict[str, Any], headers: dict[str, str]) -> JSONResponse:
    return JSONResponse(body, status_code=body["status"], headers=headers, media_type=MEDIA_TYPE)


def _words(name: str) -> str:
    return "".join(" " + c.lower() if c.isupper() and i else c for i, c in enumerate(name))
