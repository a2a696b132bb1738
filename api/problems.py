"""Errors as RFC 9457 problem details: what, where, expected, found, and how to mend it."""

import logging
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ledger import errors

log = logging.getLogger("lading.api")

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
    return next(status for kind, status in STATUS if isinstance(error, kind))


def problem_of(error: errors.LadingError, instance: str = "") -> dict[str, Any]:
    """The problem document of `error` (RFC 9457, section 3); empty members are left out."""
    kind = type(error).__name__
    body: dict[str, Any] = {
        "type": f"/problems#{kind}",
        "title": _words(kind),
        "status": int(status_of(error)),
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


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document, the framework's and the unforeseen ones included."""

    @app.exception_handler(errors.LadingError)
    def lading_error(request: Request, error: errors.LadingError) -> JSONResponse:
        headers = {}
        if isinstance(error, errors.Unavailable):
            headers["Retry-After"] = str(error.retry_after if isinstance(error, errors.Busy) else 5)
        return _response(problem_of(error, request.url.path), headers)

    @app.exception_handler(RequestValidationError)
    def bad_parameters(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        problem = errors.MalformedRecord(first["msg"], where=where, found=repr(first.get("input"))[:80])
        return _response(problem_of(problem, request.url.path), {})

    @app.exception_handler(HTTPException)
    def framework_error(request: Request, error: HTTPException) -> JSONResponse:
        body = {
            "type": "about:blank",
            "title": HTTPStatus(error.status_code).phrase,
            "status": error.status_code,
            "detail": str(error.detail),
            "instance": request.url.path,
        }
        return _response(body, dict(error.headers or {}))

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> JSONResponse:
        # The log gets the trace, the caller an honest 503: whether a write took effect can be looked up by record id.
        log.exception("unforeseen error at %s %s", request.method, request.url.path, exc_info=error)
        problem = errors.Unavailable(
            "something went wrong here",
            mend="Look the record up by its id, then try again: the same record is never taken twice.",
        )
        return _response(problem_of(problem, request.url.path), {"Retry-After": "5"})


def _response(body: dict[str, Any], headers: dict[str, str]) -> JSONResponse:
    return JSONResponse(body, status_code=body["status"], headers=headers, media_type="application/problem+json")


def _words(name: str) -> str:
    return "".join(" " + c.lower() if c.isupper() and i else c for i, c in enumerate(name))
