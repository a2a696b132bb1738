"""What the methods of both clients do, each as a flow of calls (see `ledger.client.calls`)."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from ledger.client import answers
from ledger.client.calls import Call, Flow, as_, ask, fetch, no_answer, with_query
from ledger.common.ids import bytes_from_hex, checksum_address, to_hex
from ledger.errors import InvalidInput, MalformedRecord, VerificationFailed
from ledger.records.signing import SigningKey
from ledger.registry.enrolment import personal_digest

T = TypeVar("T")
PAGE = 100
MOST_PAGES = 10_000
"""Of a list in one: a million entries."""
_TOKEN = re.compile(r"[!-~]{1,4096}")
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
_ASKS = " wants you to sign in with your Ethereum account:"


def get(kind: type[T], path: str, token: str = "") -> Flow[T]:
    return as_(kind, (yield from ask(Call("GET", path, token=token))))


def post(kind: type[T], path: str, body: object, token: str = "", *, again: bool = False) -> Flow[T]:
    return as_(kind, (yield from ask(Call("POST", path, body, token, again=again))))


def put(kind: type[T], path: str, body: object, token: str = "") -> Flow[T]:
    return as_(kind, (yield from ask(Call("PUT", path, body, token))))


def delete(kind: type[T], path: str, token: str = "") -> Flow[T]:
    return as_(kind, (yield from ask(Call("DELETE", path, token=token))))


def identified(kind: type[T], path: str, value: str, where: str, token: str = "", below: str = "") -> Flow[T]:
    """What stands under an id of 32 bytes."""
    return (yield from get(kind, f"{path}/{to_hex(bytes_from_hex(value, 32, where))}{below}", token))


def shipment(value: str, token: str) -> Flow[answers.ShipmentView | answers.UnopenedShipment]:
    told = yield from identified(dict[str, Any], "/v1/shipments", value, "shipment", token)
    summary = told.get("summary")
    check_named((summary if isinstance(summary, dict) else told).get("id"), value, "shipment")
    return as_(answers.ShipmentView, told) if "summary" in told else as_(answers.UnopenedShipment, told)


def enrolment(value: str) -> Flow[answers.EnrolmentDocument]:
    told = yield from identified(answers.EnrolmentDocument, "/v1/enrolments", value, "document")
    check_named(to_hex(hashlib.sha256(str(told.get("text")).encode()).digest()), value, "document")
    return told


def consent_status(value: str) -> Flow[answers.ConsentView]:
    told = yield from identified(answers.ConsentView, "/v1/consents", value, "consent")
    check_named(told.get("consent"), value, "consent")
    return told


def check_named(found: object, wanted: str, where: str) -> None:
    """Raises `VerificationFailed` for an answer about something else than was asked for."""
    expected = to_hex(bytes_from_hex(wanted, 32, where))
    if found != expected:
        raise VerificationFailed(
            "the service showed another one", where=where, expected=expected, found=str(found)[:80]
        )


def check_filters(kind: type[object], filters: Mapping[str, object]) -> None:
    """Raises `InvalidInput` for a filter that there is not: a service would overlook it, and list everything."""
    known = kind.__annotations__
    if unknown := sorted(filters.keys() - known.keys()):
        raise InvalidInput("no such filter", where=unknown[0], expected=", ".join(known), found=unknown[0])


def listed(kind: type[T], name: str, path: str, token: str = "", **filters: object) -> Flow[list[T]]:
    """All pages of a list in one. Raises `InvalidInput` for one without an end."""
    onward = "cursor" if path == "/v1/shipments" else "after"
    result: list[T] = []
    after: object = None
    for _ in range(MOST_PAGES):
        page = yield from get(dict[str, Any], with_query(path, limit=PAGE, **{onward: after}, **filters), token)
        result += entries_of(kind, page, name, path)
        before, after = after, page.get("next")
        if after is None:
            return result
        if after == before:
            raise no_answer(path)
    raise InvalidInput(
        "too long a list", where=path, expected=f"at most {MOST_PAGES * PAGE:,} entries", mend="Narrow it by a filter."
    )


def only(kind: type[T], name: str, path: str, token: str) -> Flow[list[T]]:
    """A list that has one page."""
    return entries_of(kind, (yield from get(dict[str, Any], path, token)), name, path)


def entries_of(kind: type[T], page: Mapping[str, Any], name: str, path: str) -> list[T]:
    found = page.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise no_answer(path)
    return [as_(kind, one) for one in found]


def set_webhook(webhook: str, token: str, *, active: bool) -> Flow[answers.WebhookView]:
    state = {"state": "active" if active else "paused"}
    return put(answers.WebhookView, f"/v1/webhooks/{quote(webhook)}/state", state, token)


def resend(webhook: str, indexes: Sequence[int] | None, token: str) -> Flow[int]:
    body = {"indexes": None if indexes is None else list(indexes)}
    path = f"/v1/webhooks/{quote(webhook)}/dead"
    resent = (yield from post(dict[str, Any], path, body, token)).get("resent")
    if not isinstance(resent, int):
        raise no_answer(path)
    return resent


def sign_in(key: SigningKey, url: str) -> Flow[answers.SignedIn]:
    """`{address, token}` of the service at `url`; raises `MalformedRecord` when it asks to sign anything but this key's
    sign-in there."""
    challenge = yield from get(answers.Challenge, f"/v1/session/challenge?address={to_hex(key.address)}")
    message = str(challenge.get("message"))
    _check_challenge(message, key.address, url)
    signature = key.sign_digest(personal_digest(message.encode()))
    session = yield from post(answers.SignedIn, "/v1/session", {"message": message, "signature": to_hex(signature)})
    token: object = session.get("token")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise no_answer("/v1/session")
    return session


def _check_challenge(message: str, address: bytes, url: str) -> None:
    """A text for another host would let the service that passes it on sign in there as this key. Through an address of
    this very machine a service is reached whatever it is called: a tunnel, or a test."""
    lines = message.split("\n")
    if len(lines) < 2 or not lines[0].endswith(_ASKS) or lines[1] != checksum_address(address):
        raise MalformedRecord("the service asks to sign something else", where="challenge", found=lines[0][:80])
    asked, host = _host_of(f"//{lines[0].removesuffix(_ASKS)}"), _host_of(url)
    if asked != host and host not in _THIS_MACHINE:
        raise MalformedRecord(
            "the service asks to sign in somewhere else",
            where="challenge",
            expected=host,
            found=asked[:80],
            mend="Name the service by its public address.",
        )


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def worklist(token: str) -> Flow[answers.WorklistView]:
    """All pages in one."""
    path = "/v1/worklist"
    first = page = yield from get(answers.WorklistView, with_query(path, limit=PAGE), token)
    found = entries_of(dict[str, Any], page, "items", path)
    for _ in range(MOST_PAGES):
        after = page.get("next")
        if after is None:
            whole = {**first, "items": found, "next": None}
            return as_(answers.WorklistView, whole)
        page = yield from get(answers.WorklistView, with_query(path, limit=PAGE, after=after), token)
        found += entries_of(dict[str, Any], page, "items", path)
    raise no_answer(path)


def product_data(text: bytes, picture: bytes) -> dict[str, str]:
    """The body that publishes what a brand says of its product, and its picture, empty where there is none."""
    return {"document": text.decode(), "picture": base64.b64encode(picture).decode()}


def document_draft(document: bytes, token: str, **said: object) -> Flow[answers.DocumentDraft]:
    return as_(
        answers.DocumentDraft,
        (yield from ask(Call("POST", with_query("/v1/documents/drafts", **said), document, token))),
    )


def document(shipment: str, form: str, token: str, **said: object) -> Flow[bytes]:
    path = f"/v1/shipments/{to_hex(bytes_from_hex(shipment, 32, 'shipment'))}/documents/{quote(form, safe='')}"
    return fetch(Call("GET", with_query(path, **said), token=token))
