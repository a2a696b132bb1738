"""Two ways to a ledger with the same words: a service's API by its URL, or the home on this machine.

Answers are those of the API, as plain data. Errors are ours either way: a problem document becomes the error it names.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from http.client import HTTPException
from typing import Any, Protocol

from ledger import errors
from ledger.common.canonical import parse_json
from ledger.common.ids import bytes_from_hex, to_hex
from ledger.errors import (
    InvalidInput,
    LadingError,
    MalformedRecord,
    Misconfigured,
    NotPermitted,
    RuleBroken,
    Unavailable,
)
from ledger.records.signing import SignedRecord
from ledger.services.home.clock import SystemClock
from ledger.services.home.settings import EMBEDDED, Settings, read_settings
from ledger.services.intake.submission import Accepted
from ledger.services.node.node import Node
from ledger.services.views.partners import reading_members

PATIENCE = 60
"""Seconds to wait for an answer."""
MOST_ANSWER = 16 * 1024 * 1024
PAGE = 100


class Door(Protocol):
    def consortium(self) -> dict[str, Any]: ...

    def partners(self) -> list[dict[str, Any]]: ...

    def enrolments(self) -> list[dict[str, Any]]: ...

    def enrolment(self, document: str) -> dict[str, Any]: ...

    def enrol(self, document: str, signature: str) -> dict[str, Any]: ...

    def submit(self, signed: SignedRecord) -> dict[str, Any]: ...


class Service:
    """A service's API. Raises the error that an answer names, `Unavailable` when there is no answer."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise MalformedRecord("not a web address", where="--url", expected="http(s)://…", found=url[:80])
        self._url = url.rstrip("/")

    def get(self, path: str) -> dict[str, Any]:
        return self._ask(urllib.request.Request(self._url + path))  # noqa: S310 checked above

    def post(self, path: str, body: object) -> dict[str, Any]:
        data = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return self._ask(urllib.request.Request(self._url + path, data=data, headers=headers))  # noqa: S310

    def consortium(self) -> dict[str, Any]:
        return self.get("/v1/consortium")

    def partners(self) -> list[dict[str, Any]]:
        return list(self._pages("partners", "/v1/partners"))

    def enrolments(self) -> list[dict[str, Any]]:
        return list(self._pages("enrolments", "/v1/enrolments"))

    def enrolment(self, document: str) -> dict[str, Any]:
        return self.get(f"/v1/enrolments/{to_hex(bytes_from_hex(document, 32, 'document'))}")

    def enrol(self, document: str, signature: str) -> dict[str, Any]:
        return self.post("/v1/enrolments", {"document": document, "signature": signature})

    def submit(self, signed: SignedRecord) -> dict[str, Any]:
        return self.post("/v1/records", signed.to_json())

    def _pages(self, name: str, path: str) -> Iterator[dict[str, Any]]:
        after = ""
        while True:
            answer = self.get(f"{path}?limit={PAGE}{after}")
            yield from answer[name]
            if answer["next"] is None:
                return
            after = f"&after={answer['next']}"

    def _ask(self, request: urllib.request.Request) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 http(s), see above
                return self._parsed(answer.read(MOST_ANSWER))
        except urllib.error.HTTPError as error:
            raise error_of(error.read(MOST_ANSWER), error.code) from None
        except (OSError, HTTPException) as error:
            raise Unavailable("the service does not answer", where=self._url, found=str(error)) from None

    def _parsed(self, text: bytes) -> dict[str, Any]:
        try:
            answer = parse_json(text, max_size=MOST_ANSWER, where=self._url)
        except InvalidInput:
            answer = None
        if not isinstance(answer, dict):
            raise Unavailable("that is no answer of a ledger", where=self._url)
        return answer


class Home:
    """The home on this machine, opened for writing: while a service serves it, ask that service instead."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def consortium(self) -> dict[str, Any]:
        return self._node.reader.enrolment.consortium(self._node.home.consortium)

    def partners(self) -> list[dict[str, Any]]:
        return [asdict(partner) for partner in self._node.reader.views.partners()]

    def enrolments(self) -> list[dict[str, Any]]:
        return self._node.reader.enrolment.listing()

    def enrolment(self, document: str) -> dict[str, Any]:
        return self._node.reader.enrolment.document(bytes_from_hex(document, 32, "document"))

    def enrol(self, document: str, signature: str) -> dict[str, Any]:
        return self._node.reader.enrolment.ask(document.encode(), bytes_from_hex(signature, 65, "signature"))

    def submit(self, signed: SignedRecord) -> dict[str, Any]:
        """Also carries the record to the chain, for nobody else will while no service runs."""
        result = self._node.submission.submit(signed)
        answer: dict[str, Any] = {"id": to_hex(result.record_id)}
        if isinstance(result, Accepted):
            self._node.settle()
            answer |= {"status": "accepted", "receipt": result.receipt.to_json()}
            track = self._node.reader.views.record(result.record_id).chain
            return answer | ({"waitsFor": [asdict(one) for one in track.waitsFor]} if track.waitsFor else {})
        return answer | {"status": "proposed", "missing": list(result.missing)}


@contextmanager
def opened(url: str | None) -> Iterator[Door]:
    """The service at `url`, or without one the home that the settings name."""
    if url:
        yield Service(url)
        return
    node = _node(read_settings())
    try:
        yield Home(node)
    finally:
        node.close()


def members(url: str | None) -> list[dict[str, Any]]:
    """All partners; the home of the settings is only read, so it may be served meanwhile."""
    if url:
        return Service(url).partners()
    with reading_members(read_settings(), SystemClock()) as found:
        return [asdict(partner) for partner in found.partners()]


def error_of(text: bytes, status: int) -> LadingError:
    """The error that a problem document names; `Unavailable` or `RuleBroken` for an answer that is none."""
    try:
        body = parse_json(text, where="answer")
    except InvalidInput:
        body = None
    if not isinstance(body, dict):
        kind: type[LadingError] = Unavailable if status >= 500 else RuleBroken
        return kind("the service refused", found=f"status {status}")
    facts = {name: str(body.get(name, "")) for name in ("where", "expected", "found", "mend")}
    what = str(body.get("what") or body.get("detail") or body.get("title") or f"status {status}")
    named = getattr(errors, str(body.get("type", "")).rpartition("#")[2], None)
    plain = (errors.MalformedRecord, errors.BadSignature, NotPermitted, RuleBroken, errors.NotFound)
    if named in plain:
        error: LadingError = named(what, **facts)
        return error
    if status >= 500 or status == 429:
        return Unavailable(what, **facts)
    return InvalidInput(what, **facts) if status in (400, 408, 413, 415) else RuleBroken(what, **facts)


def _node(settings: Settings) -> Node:
    try:
        return Node(settings)
    except Misconfigured as error:
        if settings.chain != EMBEDDED or error.where != "chain.db":
            raise
        raise Misconfigured(error.what, where=error.where, mend="Ask the service that serves it: --url.") from None
