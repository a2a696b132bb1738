"""`AsyncClient`: what `Client` does, for programs that wait for many things at once."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Self, TypeVar, Unpack
from urllib.parse import quote

import httpx2

from ledger.bundle.format import Trust
from ledger.client import answers, checking, flows, submitting
from ledger.client.calls import LONGEST, MOST_ANSWER, NOTHING, PATIENCE, Answer, Call, Flow, Pause, check_size
from ledger.client.checking import Proved
from ledger.client.desk import Desk
from ledger.client.following import EVERY, MOST_EVENT, MOST_PROBLEM, SILENCE, Following, Which
from ledger.errors import Unavailable
from ledger.records.signing import SignedRecord, SigningKey

T = TypeVar("T")


class AsyncClient(Desk):
    """The service at `url`: `async with AsyncClient(url) as client`. Errors are those of `Client`."""

    def __init__(
        self,
        url: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        *,
        trust: bytes | Trust | None = None,
        key: SigningKey | None = None,
    ) -> None:
        """Raises `MalformedRecord` for what is no http(s) address or no trust file; nothing is asked yet."""
        super().__init__(url, trust, key)
        self._sleep = sleep
        self._http = httpx2.AsyncClient(timeout=PATIENCE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def sign_in(self, key: SigningKey | None = None) -> answers.SignedIn:
        """`{address, token}`; from now on this client asks as the key's partner, for an hour.

        Raises `MalformedRecord` when the service asks to sign anything but that, or for another host than this one.
        """
        session = await self._run(flows.sign_in(self._signer(key), self._url))
        self._token = str(session["token"])
        return session

    async def sign_out(self) -> None:
        """End the session, wherever its token is."""
        await self.delete("/v1/session")
        self._token = ""

    async def get(self, path: str) -> dict[str, Any]:
        """What the service answers to a GET of `path`, its query included."""
        return await self._run(flows.get(dict[str, Any], path, self._token))

    async def post(self, path: str, body: object) -> dict[str, Any]:
        """The same to a POST."""
        return await self._run(flows.post(dict[str, Any], path, body, self._token))

    async def put(self, path: str, body: object) -> dict[str, Any]:
        """The same to a PUT."""
        return await self._run(flows.put(dict[str, Any], path, body, self._token))

    async def delete(self, path: str) -> dict[str, Any]:
        """The same to a DELETE."""
        return await self._run(flows.delete(dict[str, Any], path, self._token))

    async def consortium(self) -> answers.ConsortiumView:
        """The trust file, and what the registry says now: council, contracts in force, the next change's sequence."""
        return await self._run(flows.get(answers.ConsortiumView, "/v1/consortium"))

    async def partners(self) -> list[answers.PartnerView]:
        """Everybody who takes part."""
        return await self._run(flows.listed(answers.PartnerView, "partners", "/v1/partners"))

    async def enrolments(self) -> list[answers.EnrolmentView]:
        """Who asks to be admitted."""
        return await self._run(flows.listed(answers.EnrolmentView, "enrolments", "/v1/enrolments"))

    async def enrolment(self, document: str) -> answers.EnrolmentDocument:
        """The enrolment whose document has this SHA-256, with its signed text."""
        return await self._run(flows.enrolment(document))

    async def enrol(self, document: str, signature: str) -> answers.Enrolled:
        """Ask to be admitted, with a signed document."""
        return await self._run(
            flows.post(answers.Enrolled, "/v1/enrolments", {"document": document, "signature": signature})
        )

    async def consent(self, document: str, signature: str) -> answers.ConsentView:
        """Hand in a consent to forwarding, or its revocation; where the consent stands then."""
        return await self._run(
            flows.post(answers.ConsentView, "/v1/consents", {"document": document, "signature": signature})
        )

    async def consent_status(self, consent: str) -> answers.ConsentView:
        """Where the consent whose document has this SHA-256 stands."""
        return await self._run(flows.consent_status(consent))

    async def worklist(self, token: str = "") -> answers.WorklistView:
        """What waits for whoever signed in, here or for `token`: all pages in one."""
        return await self._run(flows.worklist(token or self._token))

    async def publish_product(self, record: str, text: bytes, picture: bytes) -> answers.Kept:
        """Bring what the attestation `record` says of a product, and its picture, empty where there is none."""
        path, body = f"/v1/products/data/{quote(record)}", flows.product_data(text, picture)
        return await self._run(flows.put(answers.Kept, path, body, self._token))

    async def records(self, **filters: Unpack[answers.ListRecordsFilters]) -> list[answers.RecordView]:
        """Records of the log, all pages in one: by `type_`, and one of `partner`, `shipment`, `subject`, `target`."""
        flows.check_filters(answers.ListRecordsFilters, filters)
        return await self._run(flows.listed(answers.RecordView, "records", "/v1/records", self._token, **filters))

    async def record(self, record: str) -> answers.RecordView:
        """One record, as far as whoever signed in may see it."""
        return await self._run(checking.record(self._trust, record, self._token))

    async def proposals(self) -> list[answers.RecordView]:
        """The newest 100 records that wait for signatures and concern whoever signed in. What to do with one:
        `submit(sign(shown(proposal)))`, once it says what you agree to."""
        path = f"/v1/records/proposed?limit={flows.PAGE}"
        return await self._run(flows.only(answers.RecordView, "records", path, self._token))

    async def shipments(self, **filters: Unpack[answers.ListShipmentsFilters]) -> list[answers.ListedShipment]:
        """Shipments, all pages in one: by `partner`, `status`, `late`, `q` and the other filters of `/v1/shipments`."""
        flows.check_filters(answers.ListShipmentsFilters, filters)
        kind = answers.ListedShipment
        return await self._run(flows.listed(kind, "shipments", "/v1/shipments", self._token, **filters))

    async def shipment(self, shipment: str) -> answers.ShipmentView | answers.UnopenedShipment:
        """One shipment with its story."""
        return await self._run(flows.shipment(shipment, self._token))

    async def document_draft(self, document: bytes, **said: object) -> answers.DocumentDraft:
        """`{kind, number, issued, lines, draft}` of a despatch advice (UBL, X12 856, EDIFACT DESADV): a draft of terms,
        or with `terms` of their manifest. What it does not say is said by `zone`, `packages`, `consignor` and so on.
        """
        return await self._run(flows.document_draft(document, self._token, **said))

    async def documents(self, shipment: str) -> list[answers.OfferedDocument]:
        """The documents about a shipment that there are for whoever signed in: `{form, mediaType, path}`."""
        found = await self._run(
            flows.identified(answers.DocumentList, "/v1/shipments", shipment, "shipment", self._token, "/documents")
        )
        return list(found["documents"])

    async def document(self, shipment: str, form: str, **said: object) -> bytes:
        """One of these, as a file. `said`: its `receiver`, `number`, `scac`, `despatch`, `short`, `refused`."""
        return await self._run(flows.document(shipment, form, self._token, **said))

    async def submit(self, signed: SignedRecord) -> answers.Submitted:
        """`{id, status: accepted, receipt}`, or `{id, status: proposed, missing}` while signatures are missing."""
        return await self._run(submitting.submit(signed, self._trust))

    async def submit_many(self, batch: Sequence[SignedRecord]) -> list[answers.BatchAnswer]:
        """The answer to each, in their order: as `submit` gives it, or `{status: refused, problem}` for that one alone.

        Records that are refused over the caller's quota (429) are handed in again after the wait that is named there,
        while these waits sum up to a minute at most; what is refused then has 429 as its problem's status.
        """
        return await self._run(submitting.submit_many(batch, self._trust))

    async def events(self, after: int | None = None, which: Which = EVERY, limit: int = 100) -> answers.Events:
        """A page of events beyond the cursor `after`: `{events, next, more, size, anchored}`."""
        return await self._run(
            flows.get(answers.Events, which.query("/v1/events", after=after, limit=limit), self._token)
        )

    async def register_webhook(self, url: str, which: Which = EVERY, after: int | None = None) -> answers.Registered:
        """`{webhook, secret}`: have events delivered; `ledger.formats.standard_webhooks.verify` checks what comes."""
        return await self._run(
            flows.post(answers.Registered, "/v1/webhooks", which.to_json() | {"url": url, "after": after}, self._token)
        )

    async def webhooks(self) -> list[answers.WebhookView]:
        """The webhooks of whoever signed in."""
        return await self._run(flows.only(answers.WebhookView, "webhooks", "/v1/webhooks", self._token))

    async def remove_webhook(self, webhook: str) -> answers.Removed:
        """Deliver nothing more."""
        return await self._run(flows.delete(answers.Removed, f"/v1/webhooks/{quote(webhook)}", self._token))

    async def set_webhook(self, webhook: str, *, active: bool) -> answers.WebhookView:
        """Pause a webhook, or deliver again."""
        return await self._run(flows.set_webhook(webhook, self._token, active=active))

    async def renew_secret(self, webhook: str) -> answers.Registered:
        """`{webhook, secret}`: another secret, shown this once; the one before signs beside it for a day."""
        return await self._run(flows.post(answers.Registered, f"/v1/webhooks/{quote(webhook)}/secret", {}, self._token))

    async def dead_letters(self, webhook: str) -> list[answers.DeadLetter]:
        """What could not be delivered to a webhook."""
        return await self._run(
            flows.listed(answers.DeadLetter, "dead", f"/v1/webhooks/{quote(webhook)}/dead", self._token)
        )

    async def resend(self, webhook: str, indexes: Sequence[int] | None = None) -> int:
        """Deliver dead letters again, those of these events or all; how many there were."""
        return await self._run(flows.resend(webhook, indexes, self._token))

    async def prove(self, record: str) -> Proved:
        """Check a record, its receipt and its proof against the log's key of the trust file.

        Raises `NotFound` while it is not under a checkpoint, `VerificationFailed` for whatever does not hold.
        """
        return await self._run(checking.proved(self.trust, record))

    async def follow(self, after: int | None = None, which: Which = EVERY) -> AsyncGenerator[answers.Event, None]:
        """Events beyond the cursor `after` as they come, without an end. What is lost is taken up where it was left,
        so that each event comes once. An event's cursor is its `index`.
        """
        following = Following(which, after)
        while True:
            with suppress(Unavailable):  # it comes again
                async for event in self._streamed(following):
                    yield event
            await self._sleep(following.pause())

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _run(self, flow: Flow[T]) -> T:
        answer = NOTHING
        step = next(flow)
        while True:
            if isinstance(step, Pause):
                await self._sleep(step.seconds)
                answer = NOTHING
            else:
                answer = await self._answer(step)
            try:
                step = flow.send(answer)
            except StopIteration as done:
                result: T = done.value
                return result

    async def _answer(self, call: Call) -> Answer:
        url = self._url + call.path
        try:
            async with self._http.stream(call.method, url, content=call.content(), headers=call.headers()) as answer:
                return Answer(answer.status_code, await _read(answer, MOST_ANSWER), answer.headers)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return self._lost(error)

    async def _streamed(self, following: Following) -> AsyncIterator[answers.Event]:
        call = following.call()
        try:
            asked = self._http.stream("GET", self._url + call.path, headers=call.headers(), timeout=SILENCE)
            async with asked as answer:
                if answer.status_code != 200:
                    following.refused(Answer(answer.status_code, await _read(answer, MOST_PROBLEM), answer.headers))
                    return
                async for told in httpx2.EventSource(answer, max_event_size=MOST_EVENT):
                    if event := following.take(told.event, told.id, told.data):
                        yield event
        except httpx2.HTTPError as error:
            raise self._without_answer(error) from None


async def _read(answer: httpx2.Response, most: int) -> bytes:
    """The body as it comes, as long as it is neither too large nor too slow."""
    body, end = bytearray(), time.monotonic() + LONGEST
    async for chunk in answer.aiter_bytes():
        body += chunk
        check_size(body, most)
        if time.monotonic() > end:
            raise httpx2.ReadTimeout(f"not finished after {LONGEST} s")
    return bytes(body)
