"""A batch of records on its way through the API: read within bounds, taken in a turn at a time, answered in order."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ledger.api.accounts import SenderAccount
from ledger.api.deps import MAX_BODY, BudgetsOf, NodeOf
from ledger.api.fair_queue import FairQueue
from ledger.api.lines import Lines, Room, too_slow
from ledger.api.plain_json import printed
from ledger.api.problems import problem_of, retry_after
from ledger.common.canonical import parse_json
from ledger.common.ids import to_hex
from ledger.common.json_members import entries_of
from ledger.errors import Busy, LadingError, MalformedRecord
from ledger.records.signing import SignedRecord
from ledger.records.wallet_input import envelope_from_wallet
from ledger.services.intake.batch import Answered
from ledger.services.intake.out_of_order import Awaited
from ledger.services.intake.runs import MOST as TURN
from ledger.services.intake.submission import Accepted, Proposed
from ledger.services.node.node import Node
from ledger.services.views.models import awaited_view

MOST_RECORDS = 1_000
MAX_BATCH = 4 * 1024 * 1024
AT_ONCE = 2
"""Batches that are worked on: more would keep single records waiting for the interpreter."""
HELD = 64 * 1024 * 1024
"""Bytes of batches that are held at once."""
SINGLE = "/v1/records"
BATCH = f"{SINGLE}/batch"
TOO_LARGE = MalformedRecord("too large", where="body", expected=f"at most {MAX_BODY} bytes")
"""Of one record, which would be too large by itself as well."""


class Places:
    """What all batches of a service share: turns at being worked on, and the memory in which they wait for them."""

    def __init__(self) -> None:
        self.turns = FairQueue(AT_ONCE)
        self.room = Room(HELD)


class LineAnswers(Response):
    """The answers to records that come a line each, a line each and in their order, while more of them come.

    `ended`, in place of an answer, says why nothing more is read, if so.
    """

    media_type = "application/x-ndjson"

    def __init__(self, request: Request, intake: "Intake") -> None:
        super().__init__()
        del self.headers["content-length"]
        self._chunks = request.stream()
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the protocol's
        begun = False
        async for text in self._answers():
            if not begun:  # not before the first lines: a client may wait to be told to send them
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                begun = True
            await send({"type": "http.response.body", "body": text, "more_body": bool(text)})

    async def _answers(self) -> AsyncIterator[bytes]:
        """Never empty but at the end."""
        async with Lines.of(self._chunks, self._intake.room) as lines:
            try:
                while texts := await lines.some(TURN):
                    yield b"".join(answer + b"\n" for answer in await self._intake.take(texts))
            except TimeoutError:
                yield _ended(too_slow(), HTTPStatus.REQUEST_TIMEOUT)
            except Busy as busy:
                yield _ended(busy, 0)
            except ClientDisconnect:
                pass
        yield b""


class Intake:
    """Takes in the records of one batch. A turn is for as many as one commit takes: others have theirs in between."""

    def __init__(self, node: Node, account: SenderAccount, places: "Places") -> None:
        self._node = node
        self._account = account
        self._turns = places.turns
        self.room = places.room

    async def take(self, sent: Sequence[Any]) -> list[bytes]:
        """What became of each record, in their order, as JSON; `sent`: as `member_of` takes them."""
        answers: list[bytes] = []
        while len(answers) < len(sent):
            await self._turns.take(self._account.payer, self._account.spent())
            try:
                answers += await run_in_threadpool(self._one_turn, sent[len(answers) :])
            finally:
                self._turns.done(self._account.payer)
        return answers

    def _one_turn(self, sent: Sequence[Any]) -> list[bytes]:
        """The answers to the first of `sent`. No more is read of them than their sender can pay for."""
        if self._account.closed:
            return [printed(_refused(None, self._account.closed))] * len(sent)
        window = sent[: min(TURN, self._account.affords())]
        members = list(map(member_of, window))
        answered = self._node.batches.submit(members, [self._account] * len(members))
        return [printed(_answer(one)) for one in answered]


async def intake(request: Request, node: NodeOf, budgets: BudgetsOf) -> Intake:
    """Of whoever sends this request. Raises `Unavailable` while nothing is taken in at all."""
    node.guard.refuse()
    sender, paid = request.state.payers
    account = SenderAccount(budgets, sender, paid, node.submission.signed_now)
    places: Places = request.app.state.batches
    return Intake(node, account, places)


def _ended(error: LadingError, status: int) -> bytes:
    return printed({"status": "ended", "problem": problem_of(error, BATCH, status)}) + b"\n"


def records_of(body: bytes) -> list[Any]:
    """The records of a batch as `member_of` takes them; raises `MalformedRecord`."""
    return entries_of(body, "records", MOST_RECORDS, MAX_BODY)


def member_of(sent: Any) -> SignedRecord | LadingError:
    """The record that a text, or what was parsed from one, is, or why it is none."""
    try:
        if not isinstance(sent, bytes):
            return envelope_from_wallet(sent)
        if len(sent) > MAX_BODY:
            return TOO_LARGE
        return envelope_from_wallet(parse_json(sent, max_size=MAX_BODY))
    except LadingError as error:
        return error


def _answer(one: Answered) -> dict[str, Any]:
    return _refused(one, one.result) if isinstance(one.result, LadingError) else submitted(one.result)


def submitted(result: Accepted | Proposed) -> dict[str, Any]:
    """What is answered about a record that was taken in."""
    answer: dict[str, Any] = {"id": to_hex(result.record_id)}
    if isinstance(result, Proposed):
        return answer | {"status": "proposed", "missing": list(result.missing)}
    answer |= {"status": "accepted", "receipt": result.receipt.to_json()}
    return answer | ({"waitsFor": [_awaited(one) for one in result.awaited]} if result.awaited else {})


def _awaited(one: Awaited) -> dict[str, Any]:
    return {name: value for name, value in asdict(awaited_view(one)).items() if value is not None}


def _refused(one: Answered | None, error: LadingError) -> dict[str, Any]:
    """The problem is the document that the record would have got by itself; `retryAfter` is its header, in seconds."""
    record_id = None if one is None else one.record_id
    answer: dict[str, Any] = {} if record_id is None else {"id": to_hex(record_id)}
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if error is TOO_LARGE else 0
    answer |= {"status": "refused", "problem": problem_of(error, SINGLE, status)}
    seconds = retry_after(error)
    return answer | ({} if seconds is None else {"retryAfter": seconds})
