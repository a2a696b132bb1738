"""`Client`: a service's API by its URL. Answers are the API's own, as plain data; problem documents become errors."""

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPException
from typing import Any
from urllib.parse import quote

from ledger.client.problems import error_of
from ledger.common.canonical import parse_json
from ledger.common.ids import bytes_from_hex, to_hex
from ledger.errors import InvalidInput, MalformedRecord, Unavailable
from ledger.records.signing import SignedRecord

PATIENCE = 60
"""Seconds to wait for an answer, and until one may ask again."""
TOO_MANY = 429
MOST_ANSWER = 16 * 1024 * 1024
PAGE = 100
BATCH = 200
MOST_SENT = 2 * 1024 * 1024
"""Bytes of records in a batch: half of what a service takes."""


class Client:
    """The service at `url`. Every method raises the error that an answer names, `Unavailable` when there is none."""

    def __init__(self, url: str, sleep: Callable[[float], None] = time.sleep) -> None:
        """Raises `MalformedRecord` for what is no http(s) address; nothing is asked yet."""
        self._sleep = sleep
        if not url.startswith(("http://", "https://")):
            raise MalformedRecord("not a web address", where="--url", expected="http(s)://…", found=url[:80])
        self._url = url.rstrip("/")

    def get(self, path: str) -> dict[str, Any]:
        return self._ask(urllib.request.Request(self._url + path))  # noqa: S310 checked above

    def post(self, path: str, body: object) -> dict[str, Any]:
        return self._send("POST", path, body)

    def consortium(self) -> dict[str, Any]:
        """The trust file, and what the registry says now: council, contracts in force, the next change's sequence."""
        return self.get("/v1/consortium")

    def partners(self) -> list[dict[str, Any]]:
        return list(self._pages("partners", "/v1/partners"))

    def enrolments(self) -> list[dict[str, Any]]:
        return list(self._pages("enrolments", "/v1/enrolments"))

    def enrolment(self, document: str) -> dict[str, Any]:
        """The enrolment whose document has this SHA-256, with its signed text."""
        return self.get(f"/v1/enrolments/{to_hex(bytes_from_hex(document, 32, 'document'))}")

    def enrol(self, document: str, signature: str) -> dict[str, Any]:
        return self.post("/v1/enrolments", {"document": document, "signature": signature})

    def consent(self, document: str, signature: str) -> dict[str, Any]:
        """Hand in a consent to forwarding, or its revocation; where the consent stands then."""
        return self.post("/v1/consents", {"document": document, "signature": signature})

    def consent_status(self, consent: str) -> dict[str, Any]:
        """Where the consent whose document has this SHA-256 stands."""
        return self.get(f"/v1/consents/{to_hex(bytes_from_hex(consent, 32, 'consent'))}")

    def submit(self, signed: SignedRecord) -> dict[str, Any]:
        """`{id, status: accepted, receipt}`, or `{id, status: proposed, missing}` while signatures are missing."""
        return self.post("/v1/records", signed.to_json())

    def submit_many(self, batch: Sequence[SignedRecord]) -> list[dict[str, Any]]:
        """The answer to each, in their order: as `submit` gives it, or `{status: refused, problem}` for that one alone.

        What there is no quota for now is handed in again, as long as that is soon.
        """
        answers = self._submitted(batch)
        waited = 0
        while busy := [i for i, answer in enumerate(answers) if _is_busy(answer)]:
            seconds = max(1, *(answers[i].get("retryAfter", 1) for i in busy))
            if waited + seconds > PATIENCE:
                break
            waited += seconds
            self._sleep(seconds)
            for i, answer in zip(busy, self._submitted([batch[i] for i in busy]), strict=True):
                answers[i] = answer
        return answers

    def publish_product(self, record: str, text: bytes, picture: bytes) -> dict[str, Any]:
        """Bring what the attestation `record` says of a product, and its picture, empty where there is none."""
        body = {"document": text.decode(), "picture": base64.b64encode(picture).decode()}
        return self._send("PUT", f"/v1/products/data/{record}", body)

    def worklist(self, token: str) -> dict[str, Any]:
        """What waits for whoever signed in for `token`: all pages in one."""
        result = page = self._get_as(token, f"/v1/worklist?limit={PAGE}")
        while page["next"] is not None:
            page = self._get_as(token, f"/v1/worklist?limit={PAGE}&after={quote(page['next'])}")
            result["items"] += page["items"]
        return result | {"next": None}

    def _send(self, method: str, path: str, body: object) -> dict[str, Any]:
        data = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return self._ask(
            urllib.request.Request(self._url + path, data=data, headers=headers, method=method)  # noqa: S310 checked above
        )

    def _get_as(self, token: str, path: str) -> dict[str, Any]:
        """As whoever signed in for `token`."""
        headers = {"Authorization": f"Bearer {token}"}
        return self._ask(urllib.request.Request(self._url + path, headers=headers))  # noqa: S310 checked above

    def _submitted(self, batch: Sequence[SignedRecord]) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = []
        for part in _parts(batch):
            results = self.post("/v1/records/batch", {"records": part}).get("results")
            if not isinstance(results, list) or len(results) != len(part):
                raise Unavailable("that is no answer of a ledger", where=self._url)
            answers += results
        return answers

    def _pages(self, name: str, path: str) -> Iterator[dict[str, Any]]:
        after = ""
        while True:
            answer = self.get(f"{path}?limit={PAGE}{after}")
            yield from answer[name]
            if answer["next"] is None:
                return
            after = f"&after={answer['next']}"

    def _ask(self, request: urllib.request.Request) -> dict[str, Any]:
        """One answer. Who is told that it asks for too much comes back when it may, as long as that is soon."""
        waited = 0
        while True:
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 http(s), see above
                    return self._parsed(answer.read(MOST_ANSWER))
            except urllib.error.HTTPError as error:
                seconds = error.headers.get("Retry-After", "")
                if error.code != TOO_MANY or not seconds.isdecimal() or waited + int(seconds) > PATIENCE:
                    raise error_of(error.read(MOST_ANSWER), error.code) from None
                waited += max(1, int(seconds))
                self._sleep(max(1, int(seconds)))
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


def _is_busy(answer: dict[str, Any]) -> bool:
    return answer.get("status") == "refused" and answer.get("problem", {}).get("status") == TOO_MANY
