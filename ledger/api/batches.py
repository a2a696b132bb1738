"""A batch of records on its way through the API: read within bounds, taken in a turn at a time, answered in order."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from starlette.concurrency import run_in_threadpool

from ledger.api.accounts import SenderAccount
from ledger.api.deps import MAX_BODY
from ledger.api.fair_queue import FairQueue
from ledger.api.problems import problem_of, retry_after
from ledger.common.canonical import parse_json
from ledger.common.ids import to_hex
from ledger.errors import LadingError, MalformedRecord
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
SINGLE = "/v1/records"
TOO_LARGE = MalformedRecord("too large", where="body", expected=f"at most {MAX_BODY} bytes")
"""Of one record, which would be too large by itself as well."""


class Intake:
    """Takes in the records of one batch. A turn is for as many as one commit takes: others have theirs in between."""

    def __init__(self, node: Node, account: SenderAccount, turns: FairQueue, who: tuple[str, float]) -> None:
        self._node = node
        self._account = account
        self._turns = turns
        self._payer, self._spent = who

    async def take(self, texts: Sequence[bytes]) -> list[bytes]:
        """What became of each record, in their order, as JSON."""
        answers: list[bytes] = []
        while len(answers) < len(texts):
            await self._turns.take(self._payer, self._spent)
            try:
                answers += await run_in_threadpool(self._one_turn, texts[len(answers) :])
            finally:
                self._turns.done(self._payer)
        return answers

    def _one_turn(self, texts: Sequence[bytes]) -> list[bytes]:
        """The answers to the first of `texts`. No more is read of them than their sender can pay for."""
        if self._account.closed:
            return [_printed(_refused(None, self._account.closed))] * len(texts)
        window = texts[: min(TURN, self._account.affords())]
        members = list(map(member_of, window))
        answered = self._node.batches.submit(members, self._account)
        return [_printed(_answer(one)) for one in answered]


def member_of(text: bytes) -> SignedRecord | LadingError:
    """The record that `text` is, or why it is none."""
    try:
        if len(text) > MAX_BODY:
            return TOO_LARGE
        return envelope_from_wallet(parse_json(text, max_size=MAX_BODY))
    except LadingError as error:
        return error


def _printed(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


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
