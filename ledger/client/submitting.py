"""Handing records in, and believing an answer only as far as the trust file's log has signed it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

from ledger.bundle.format import Trust
from ledger.client import answers
from ledger.client.calls import PATIENCE, TOO_MANY, Flow, Pause, as_, no_answer
from ledger.client.checking import check_id, check_leaf, check_receipt, leaf_of, receipt_in, shown
from ledger.client.flows import identified, post
from ledger.client.signatures import check_signatures
from ledger.common.ids import RecordId, to_hex
from ledger.errors import VerificationFailed
from ledger.log.leaf import Receipt
from ledger.records.signing import SignedRecord, recover

BATCH = 200
MOST_SENT = 2 * 1024 * 1024
"""Bytes of records in a batch: half of what a service takes."""
_FEW = 4
"""Signatures whose orders are all tried; the log has its own order of them."""


def submit(signed: SignedRecord, trust: Trust | None) -> Flow[answers.Submitted]:
    """With a trust file the answer is about this very record, and its receipt for it; raises `VerificationFailed`."""
    answer = yield from post(answers.Submitted, "/v1/records", signed.to_json(), again=True)
    checked = as_(answers.Submitted, answer, "id", "status")
    if trust is not None:
        yield from _check(trust, signed, checked)
    return checked


def submit_many(batch: Sequence[SignedRecord], trust: Trust | None) -> Flow[list[answers.BatchAnswer]]:
    """Records that the service refuses over the caller's quota (429) are handed in again after the wait that it names,
    while these waits sum up to `PATIENCE` at most."""
    given = yield from _submitted(batch)
    waited = 0
    while busy := [i for i, answer in enumerate(given) if _is_busy(answer)]:
        seconds = max(1, *(_wait_of(given[i]) for i in busy))
        if waited + seconds > PATIENCE:
            break
        waited += seconds
        yield Pause(seconds)
        again = yield from _submitted([batch[i] for i in busy])
        for i, answer in zip(busy, again, strict=True):
            given[i] = answer
    if trust is not None:
        for signed, answer in zip(batch, given, strict=True):
            if answer["status"] != "refused":
                yield from _check(trust, signed, answer)
    return given


# --- inside ----------------------------------------------------------------------------------------------------------


def _submitted(batch: Sequence[SignedRecord]) -> Flow[list[answers.BatchAnswer]]:
    given: list[answers.BatchAnswer] = []
    for part in _parts(batch):
        told = yield from post(dict[str, Any], "/v1/records/batch", {"records": part}, again=True)
        results = told.get("results")
        if not isinstance(results, list) or len(results) != len(part):
            raise no_answer("/v1/records/batch")
        if not all(isinstance(one, dict) and isinstance(one.get("status"), str) for one in results):
            raise no_answer("/v1/records/batch")
        given += results
    return given


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
    problem = answer.get("problem")
    return answer["status"] == "refused" and isinstance(problem, dict) and problem.get("status") == TOO_MANY


def _wait_of(answer: Mapping[str, Any]) -> int:
    seconds = answer.get("retryAfter")
    return seconds if isinstance(seconds, int) else 1


def _check(trust: Trust, signed: SignedRecord, answer: Mapping[str, Any]) -> Flow[None]:
    """That the answer names this record, and where it is accepted brings the log's receipt for it.

    What somebody else handed in before, or signed too, stands in the log under other signatures or in another order:
    then the record is asked for, and must be there under the keys that signed this one.
    """
    record_id = check_id(trust, signed.record, answer.get("id"))
    if answer["status"] == "proposed":
        return
    receipt = check_receipt(trust, answer.get("receipt"))
    if _fits(receipt, record_id, signed):
        return
    told = yield from identified(answers.RecordView, "/v1/records", to_hex(record_id), "record")
    logged = shown(trust, told, record_id)
    if Receipt.from_json(receipt_in(told)) != receipt:
        raise VerificationFailed("two receipts of one record", where="receipt", found=to_hex(record_id))
    check_leaf(receipt, record_id, logged)
    missing = _keys(record_id, signed) - _keys(record_id, logged)
    if missing and trust.partners is None:
        raise VerificationFailed(
            "the log has the record without a signature of those that were handed in",
            where="signatures",
            expected=", ".join(map(to_hex, sorted(missing))),
        )
    if missing:  # another key of the same partner signed before
        check_signatures(trust, record_id, logged)


def _fits(receipt: Receipt, record_id: RecordId, signed: SignedRecord) -> bool:
    orders = permutations(signed.signatures) if len(signed.signatures) <= _FEW else iter([signed.signatures])
    return any(leaf_of(receipt, record_id, SignedRecord(signed.record, order)) == receipt.leaf_hash for order in orders)


def _keys(record_id: RecordId, signed: SignedRecord) -> set[bytes]:
    return {recover(record_id, signature, "signatures") for signature in signed.signatures}
