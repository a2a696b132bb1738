"""What the methods of both clients do, each as a flow of calls (see `ledger.client.calls`)."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from ledger.client.calls import PATIENCE, TOO_MANY, Call, Flow, Pause, ask, fetch, with_query
from ledger.common.ids import bytes_from_hex, checksum_address, to_hex
from ledger.errors import MalformedRecord, Unavailable
from ledger.records.signing import SignedRecord, SigningKey
from ledger.registry.enrolment import personal_digest

PAGE = 100
BATCH = 200
MOST_SENT = 2 * 1024 * 1024
"""Bytes of records in a batch: half of what a service takes."""
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
_ASKS = " wants you to sign in with your Ethereum account:"


def get(path: str, token: str = "") -> Flow[dict[str, Any]]:
    return ask(Call("GET", path, token=token))


def post(path: str, body: object, token: str = "") -> Flow[dict[str, Any]]:
    return ask(Call("POST", path, body, token))


def identified(path: str, value: str, where: str, token: str = "", below: str = "") -> Flow[dict[str, Any]]:
    """What stands under an id of 32 bytes."""
    return get(f"{path}/{to_hex(bytes_from_hex(value, 32, where))}{below}", token)


def listed(name: str, path: str, token: str = "", **filters: object) -> Flow[list[dict[str, Any]]]:
    """All pages of a list in one."""
    result: list[dict[str, Any]] = []
    after: object = None
    while True:
        page = yield from get(with_query(path, limit=PAGE, after=after, **filters), token)
        result += page[name]
        after = page["next"]
        if after is None:
            return result


def only(name: str, path: str, token: str) -> Flow[list[dict[str, Any]]]:
    """A list that has one page."""
    found: list[dict[str, Any]] = (yield from get(path, token))[name]
    return found


def set_webhook(webhook: str, token: str, *, active: bool) -> Flow[dict[str, Any]]:
    state = {"state": "active" if active else "paused"}
    return ask(Call("PUT", f"/v1/webhooks/{quote(webhook)}/state", state, token))


def resend(webhook: str, indexes: Sequence[int] | None, token: str) -> Flow[int]:
    body = {"indexes": None if indexes is None else list(indexes)}
    return int((yield from post(f"/v1/webhooks/{quote(webhook)}/dead", body, token))["resent"])


def sign_in(key: SigningKey, url: str) -> Flow[dict[str, Any]]:
    """`{address, token}` of the service at `url`; raises `MalformedRecord` when it asks to sign anything but this key's
    sign-in there."""
    challenge = yield from get(f"/v1/session/challenge?address={to_hex(key.address)}")
    message = str(challenge.get("message"))
    _check_challenge(message, key.address, url)
    signature = key.sign_digest(personal_digest(message.encode()))
    return (yield from post("/v1/session", {"message": message, "signature": to_hex(signature)}))


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


def worklist(token: str) -> Flow[dict[str, Any]]:
    """All pages in one."""
    result = page = yield from get(f"/v1/worklist?limit={PAGE}", token)
    while page["next"] is not None:
        page = yield from get(f"/v1/worklist?limit={PAGE}&after={quote(page['next'])}", token)
        result["items"] += page["items"]
    return result | {"next": None}


def product_data(text: bytes, picture: bytes) -> dict[str, str]:
    """The body that publishes what a brand says of its product, and its picture, empty where there is none."""
    return {"document": text.decode(), "picture": base64.b64encode(picture).decode()}


def document_draft(document: bytes, token: str, **said: object) -> Flow[dict[str, Any]]:
    return ask(Call("POST", with_query("/v1/documents/drafts", **said), document, token))


def document(shipment: str, form: str, token: str, **said: object) -> Flow[bytes]:
    path = f"/v1/shipments/{to_hex(bytes_from_hex(shipment, 32, 'shipment'))}/documents/{quote(form, safe='')}"
    return fetch(Call("GET", with_query(path, **said), token=token))


def submit(signed: SignedRecord) -> Flow[dict[str, Any]]:
    return post("/v1/records", signed.to_json())


def submit_many(batch: Sequence[SignedRecord]) -> Flow[list[dict[str, Any]]]:
    """What there is no quota for now is handed in again, as long as that is soon."""
    answers = yield from _submitted(batch)
    waited = 0
    while busy := [i for i, answer in enumerate(answers) if _is_busy(answer)]:
        seconds = max(1, *(int(answers[i].get("retryAfter", 1)) for i in busy))
        if waited + seconds > PATIENCE:
            break
        waited += seconds
        yield Pause(seconds)
        again = yield from _submitted([batch[i] for i in busy])
        for i, answer in zip(busy, again, strict=True):
            answers[i] = answer
    return answers


def _submitted(batch: Sequence[SignedRecord]) -> Flow[list[dict[str, Any]]]:
    answers: list[dict[str, Any]] = []
    for part in _parts(batch):
        results = (yield from post("/v1/records/batch", {"records": part})).get("results")
        if not isinstance(results, list) or len(results) != len(part):
            raise Unavailable("that is no answer of a ledger", where="/v1/records/batch")
        answers += results
    return answers


def _parts(batch: Sequence[SignedRecord]) -> Iterator[list[dict[str, Any]]]:
    """In batches that a service takes."""
    part: list[dict[str, Any]] = []
    size = 0
    for signed in batch:
        sent = signed.to_json()
        length = len(json.dumps(sent))
        if part and (len(part) == BATCH or size + length > MOST_SENT):
            yield part
            part, size = [], 0
        part.append(sent)
        size += length
    if part:
        yield part


def _is_busy(answer: Mapping[str, Any]) -> bool:
    return answer.get("status") == "refused" and answer.get("problem", {}).get("status") == TOO_MANY
