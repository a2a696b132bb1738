"""Goods that came back, and why: terms of purpose return over a shipment that had arrived, or was to.

Why is said by those who sign the return, in the details of its terms: `{"reason": code}`, one of `ReturnReason`. Other
members may stand beside it. Without a code that the list knows, or where the details are withheld, it is unknown.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from ledger.codes import Purpose
from ledger.common.canonical import parse_json
from ledger.errors import MalformedRecord
from ledger.records.eip712 import Withheld
from ledger.records.types import ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.shipments.history import Journeys


class ReturnReason(StrEnum):
    """Codes of `{"reason": code}`; the list grows only at its end. `withdrawn`: the buyer need say no more."""

    WITHDRAWN = "withdrawn"
    DEFECTIVE = "defective"
    DAMAGED = "damaged"
    WRONG_GOODS = "wrong_goods"
    NOT_AS_DESCRIBED = "not_as_described"
    LATE = "late"
    REFUSED = "refused"
    UNDELIVERABLE = "undeliverable"
    CUSTOMS = "customs"
    RECALLED = "recalled"
    UNSOLD = "unsold"
    OTHER = "other"
    UNKNOWN = "unknown"


_STATED = frozenset(ReturnReason) - {ReturnReason.UNKNOWN}


class Returned(NamedTuple):
    """Packages that went back under `paper`, the terms of the return."""

    paper: VerifiedRecord
    packages: int
    reason: ReturnReason


def reason_of(terms: ShipmentTerms) -> ReturnReason:
    if isinstance(terms.details, Withheld) or not terms.details.text:
        return ReturnReason.UNKNOWN
    try:
        said = parse_json(terms.details.text.encode(), where="details")
    except MalformedRecord:
        return ReturnReason.UNKNOWN
    reason = said.get("reason") if isinstance(said, dict) else None
    return ReturnReason(reason) if isinstance(reason, str) and reason in _STATED else ReturnReason.UNKNOWN


def returns_of(journeys: Journeys, shipment: bytes) -> Iterator[Returned]:
    """Of these goods, and of what they were split into once they had arrived."""
    todo = [shipment]
    while todo:
        name = todo.pop(0)
        for verified, terms in journeys.onward(name)[:1]:
            if terms.purpose == Purpose.RETURN:
                yield Returned(verified, journeys.portion(name).packages, reason_of(terms))
        todo += journeys.children(name)
