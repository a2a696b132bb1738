"""`Client`: a service's API by its URL. Answers are the API's own, as plain data; problem documents become errors."""

import time
import weakref
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx2

from ledger.bundle.format import Trust
from ledger.client import flows
from ledger.client.calls import MOST_ANSWER, NOTHING, PATIENCE, Answer, Call, Flow, Pause, ask
from ledger.client.checking import Proved, proved
from ledger.client.desk import Desk
from ledger.client.following import EVERY, MOST_EVENT, SILENCE, Following, Which
from ledger.errors import Unavailable
from ledger.records.signing import SignedRecord, SigningKey

T = TypeVar("T")


class Client(Desk):
    """The service at `url`. Every method raises the error that an answer names, `Unavailable` when there is none."""

    def __init__(
        self,
        url: str,
        sleep: Callable[[float], None] = time.sleep,
        *,
        trust: bytes | Trust | None = None,
        key: SigningKey | None = None,
    ) -> None:
        """Raises `MalformedRecord` for what is no http(s) address or no trust file; nothing is asked yet."""
        super().__init__(url, trust, key)
        self._sleep = sleep
        self._http = httpx2.Client(timeout=PATIENCE)
        self._closing = weakref.finalize(self, self._http.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; otherwise they are closed with the client."""
        self._closing()

    def sign_in(self, key: SigningKey | None = None) -> dict[str, Any]:
        """`{address, token}`; from now on this client asks as the key's partner, for an hour.

        Raises `MalformedRecord` when the service asks to sign anything but that, or for another host than this one.
        """
        session = self._run(flows.sign_in(self._signer(key), self._url))
        self._token = str(session["token"])
        return session

    def sign_out(self) -> None:
        """End the session, wherever its token is."""
        self.delete("/v1/session")
        self._token = ""

    def get(self, path: str) -> dict[str, Any]:
        """What the service answers to a GET of `path`, its query included."""
        return self._run(flows.get(path, self._token))

    def post(self, path: str, body: object) -> dict[str, Any]:
        """The same to a POST."""
        return self._run(flows.post(path, body, self._token))

    def put(self, path: str, body: object) -> dict[str, Any]:
        """The same to a PUT."""
        return self._run(ask(Call("PUT", path, body, self._token)))

    def delete(self, path: str) -> dict[str, Any]:
        """The same to a DELETE."""
        return self._run(ask(Call("DELETE", path, token=self._token)))

    def consortium(self) -> dict[str, Any]:
        """The trust file, and what the registry says now: council, contracts in force, the next change's sequence."""
        return self._run(flows.get("/v1/consortium"))

    def partners(self) -> list[dict[str, Any]]:
        """Everybody who takes part."""
        return self._run(flows.listed("partners", "/v1/partners"))

    def enrolments(self) -> list[dict[str, Any]]:
        """Who asks to be admitted."""
        return self._run(flows.listed("enrolments", "/v1/enrolments"))

    def enrolment(self, document: str) -> dict[str, Any]:
        """The enrolment whose document has this SHA-256, with its signed text."""
        return self._run(flows.identified("/v1/enrolments", document, "document"))

    def enrol(self, document: str, signature: str) -> dict[str, Any]:
        """Ask to be admitted, with a signed document."""
        return self._run(flows.post("/v1/enrolments", {"document": document, "signature": signature}))

    def consent(self, document: str, signature: str) -> dict[str, Any]:
        """Hand in a consent to forwarding, or its revocation; where the consent stands then."""
        return self._run(flows.post("/v1/consents", {"document": document, "signature": signature}))

    def consent_status(self, consent: str) -> dict[str, Any]:
        """Where the consent whose document has this SHA-256 stands."""
        return self._run(flows.identified("/v1/consents", consent, "consent"))

    def worklist(self, token: str = "") -> dict[str, Any]:
        """What waits for whoever signed in, here or for `token`: all pages in one."""
        return self._run(flows.worklist(token or self._token))

    def records(self, **filters: object) -> list[dict[str, Any]]:
        """Records of the log, all pages in one: by `type_`, and one of `partner`, `shipment`, `subject`, `target`."""
        return self._run(flows.listed("records", "/v1/records", self._token, **filters))

    def record(self, record: str) -> dict[str, Any]:
        """One record, as far as whoever signed in may see it."""
        return self._run(flows.identified("/v1/records", record, "record", self._token))

    def shipments(self, **filters: object) -> list[dict[str, Any]]:
        """Shipments, all pages in one: by `partner`, `status`, `late`, `q` and the other filters of `/v1/shipments`."""
        return self._run(flows.listed("shipments", "/v1/shipments", self._token, **filters))

    def shipment(self, shipment: str) -> dict[str, Any]:
        """One shipment with its story."""
        return self._run(flows.identified("/v1/shipments", shipment, "shipment", self._token))

    def document_draft(self, document: bytes, **said: object) -> dict[str, Any]:
        """`{kind, number, issued, lines, draft}` of a despatch advice (UBL, X12 856, EDIFACT DESADV): a draft of terms,
        or with `terms` of their manifest. What it does not say is said by `zone`, `packages`, `consignor` and so on.
        """
        return self._run(flows.document_draft(document, self._token, **said))

    def documents(self, shipment: str) -> list[dict[str, Any]]:
        """The documents about a shipment that there are for whoever signed in: `{form, mediaType, path}`."""
        found = self._run(flows.identified("/v1/shipments", shipment, "shipment", self._token, "/documents"))
        return list(found["documents"])

    def document(self, shipment: str, form: str, **said: object) -> bytes:
        """One of these, as a file. `said`: its `receiver`, `number`, `scac`, `despatch`, `short`, `refused`."""
        return self._run(flows.document(shipment, form, self._token, **said))

    def submit(self, signed: SignedRecord) -> dict[str, Any]:
        """`{id, status: accepted, receipt}`, or `{id, status: proposed, missing}` while signatures are missing."""
        return self._run(flows.submit(signed))

    def submit_many(self, batch: Sequence[SignedRecord]) -> list[dict[str, Any]]:
        """The answer to each, in their order: as `submit` gives it, or `{status: refused, problem}` for that one alone.

        What there is no quota for now is handed in again, as long as that is soon.
        """
        return self._run(flows.submit_many(batch))

    def publish_product(self, record: str, text: bytes, picture: bytes) -> dict[str, Any]:
        """Bring what the attestation `record` says of a product, and its picture, empty where there is none."""
        return self.put(f"/v1/products/data/{quote(record)}", flows.product_data(text, picture))

    def events(self, after: int | None = None, which: Which = EVERY, limit: int = 100) -> dict[str, Any]:
        """A page of events beyond the cursor `after`: `{events, next, more, size, anchored}`."""
        return self._run(flows.get(which.query("/v1/events", after=after, limit=limit), self._token))

    def register_webhook(self, url: str, which: Which = EVERY, after: int | None = None) -> dict[str, Any]:
        """`{webhook, secret}`: have events delivered; `ledger.formats.standard_webhooks.verify` checks what comes."""
        return self._run(flows.post("/v1/webhooks", which.to_json() | {"url": url, "after": after}, self._token))

    def webhooks(self) -> list[dict[str, Any]]:
        """The webhooks of whoever signed in."""
        return self._run(flows.only("webhooks", "/v1/webhooks", self._token))

    def remove_webhook(self, webhook: str) -> dict[str, Any]:
        """Deliver nothing more."""
        return self._run(ask(Call("DELETE", f"/v1/webhooks/{quote(webhook)}", token=self._token)))

    def set_webhook(self, webhook: str, *, active: bool) -> dict[str, Any]:
        """Pause a webhook, or deliver again."""
        return self._run(flows.set_webhook(webhook, self._token, active=active))

    def renew_secret(self, webhook: str) -> dict[str, Any]:
        """`{webhook, secret}`: another secret, shown this once; the one before signs beside it for a day."""
        return self._run(flows.post(f"/v1/webhooks/{quote(webhook)}/secret", {}, self._token))

    def dead_letters(self, webhook: str) -> list[dict[str, Any]]:
        """What could not be delivered to a webhook."""
        return self._run(flows.listed("dead", f"/v1/webhooks/{quote(webhook)}/dead", self._token))

    def resend(self, webhook: str, indexes: Sequence[int] | None = None) -> int:
        """Deliver dead letters again, those of these events or all; how many there were."""
        return self._run(flows.resend(webhook, indexes, self._token))

    def prove(self, record: str) -> Proved:
        """Check a record, its receipt and its proof against the log's key of the trust file.

        Raises `NotFound` while it is not under a checkpoint, `VerificationFailed` for whatever does not hold.
        """
        return self._run(proved(self.trust, record))

    def follow(self, after: int | None = None, which: Which = EVERY) -> Generator[dict[str, Any], None, None]:
        """Events beyond the cursor `after` as they come, without an end. What is lost is taken up where it was left,
        so that each event comes once. An event's cursor is its `index`.
        """
        following = Following(which, after)
        while True:
            with suppress(Unavailable):  # it comes again
                yield from self._streamed(following)
            self._sleep(following.pause())

    # --- inside ------------------------------------------------------------------------------------------------------

    def _run(self, flow: Flow[T]) -> T:
        answer = NOTHING
        step = next(flow)
        while True:
            if isinstance(step, Pause):
                self._sleep(step.seconds)
                answer = NOTHING
            else:
                answer = self._answer(step)
            try:
                step = flow.send(answer)
            except StopIteration as done:
                result: T = done.value
                return result

    def _answer(self, call: Call) -> Answer:
        url = self._url + call.path
        try:
            with self._http.stream(call.method, url, content=call.content(), headers=call.headers()) as answer:
                body = b""
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > MOST_ANSWER:
                        break
                return Answer(answer.status_code, body[:MOST_ANSWER], answer.headers)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._without_answer(error) from None

    def _streamed(self, following: Following) -> Iterator[dict[str, Any]]:
        call = following.call()
        try:
            with self._http.stream("GET", self._url + call.path, headers=call.headers(), timeout=SILENCE) as answer:
                if answer.status_code != 200:
                    following.refused(Answer(answer.status_code, answer.read(), answer.headers))
                    return
                for told in httpx2.EventSource(answer, max_event_size=MOST_EVENT):
                    if event := following.take(told.event, told.id, told.data):
                        yield event
        except httpx2.HTTPError as error:
            raise self._without_answer(error) from None
