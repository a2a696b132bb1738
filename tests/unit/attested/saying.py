"""Attestations about partners for tests: numbers, rates of exchange, and their revocations."""

import hashlib
from typing import Any

from ledger.codes import Outcome
from ledger.common.canonical import canonical_json
from ledger.records.eip712 import Withheld
from ledger.records.types import Attestation, Claims, Revocation
from ledger.records.verification import VerifiedRecord
from tests.unit.history import DAY, SALT, History

CLOSED = Withheld(bytes(32))
NONE = bytes(32)


def attest(
    history: History,
    by: int,
    about: str,
    schema: str,
    claims: dict[str, Any] | str | None,
    *,
    at: int = 0,
    since: int = 0,
    until: int = 0,
    outcome: Outcome = Outcome.APPLIED,
) -> VerifiedRecord:
    """`claims`: None where they are withheld. `at`: when it was known."""
    text = claims if isinstance(claims, str) else canonical_json(claims).decode()
    shown = CLOSED if claims is None else Claims(SALT, text)
    record = Attestation(
        by, hashlib.sha256(schema.encode()).digest(), about, NONE, since, until, NONE, shown, NONE, history.details()
    )
    return history.log(record, (by,), at, outcomes=(outcome,))


def say_number(
    history: History, by: int, partner: int, schema: str, value: int | None, *, unit: str = "points", **times: int
) -> VerifiedRecord:
    """`value`: None where the claims are withheld."""
    claims = None if value is None else {"lading": "number/1", "unit": unit, "value": value}
    return attest(history, by, f"partner/{partner}", schema, claims, **times)  # type: ignore[arg-type]


def revoke(history: History, target: VerifiedRecord, at: int, *, by: int | None = None, since: int = 0) -> None:
    author = target.record.by if by is None else by  # type: ignore[attr-defined]
    history.log(Revocation(author, target.id, 1, since, history.details()), (author,), at, outcomes=(Outcome.APPLIED,))


def first_of_day(day: int) -> int:
    return day * DAY
