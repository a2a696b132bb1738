"""What amendments change in the numbers: corrections of a record, new terms, relief.

The newest stands, the old stays visible. `changes.text` is a JSON object (RFC 8785):

- correction: `{"field": value, …}` with fields of the amended record that say when or why, never who holds what;
- terms: `{"commercial": {"field": value, …}}`, fields as in `Commercial`, merged over those before; who is liable to
  whom is not amended (that takes new terms);
- relief: `{"periods": [{"from": s, "until": s}, …], "seconds": n}`: time that does not count as late. Each may be left
  out; `"reason"` may be told. A later relief replaces an earlier one.

Terms and relief apply to every shipment under the amended terms, or with `"shipment": "0x…"` to that one and to what
is split from it: who splits alone changes no terms.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from ledger.codes import AmendmentKind
from ledger.common.canonical import parse_json
from ledger.common.figure import figure
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import CLOCK_SKEW
from ledger.common.spans import Span
from ledger.errors import MalformedRecord, NotFound
from ledger.records.eip712 import Withheld
from ledger.records.types import (
    NOBODY,
    Amendment,
    Clearance,
    Commercial,
    Handoff,
    Record,
    ShipmentTerms,
    Statement,
)
from ledger.records.verification import VerifiedRecord
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found

_CORRECTABLE: dict[type[Record], frozenset[str]] = {
    Handoff: frozenset({"occurredAt", "dueAt"}),
    Statement: frozenset({"occurredAt"}),
    Clearance: frozenset({"occurredAt", "holdCause", "causedBy"}),
}
_FIXED = frozenset({"salt", "liable", "beneficiary"})
_LARGEST_TIME = 2**40 - 1
R = TypeVar("R", Handoff, Statement, Clearance)
Counts = Callable[[VerifiedRecord, R, R], bool]
"""Whether a correction counts: its paper, and the record before and after it."""


class RemarkReason(StrEnum):
    """Why an amendment changes nothing."""

    NOT_SIGNED_BY_BOTH = "not_signed_by_both"
    UNREADABLE = "unreadable"


@figure("amendment", "reason")
@dataclass(frozen=True, slots=True)
class Remark:
    """An amendment of the terms that changed nothing."""

    amendment: RecordId
    reason: RemarkReason


@dataclass(frozen=True, slots=True)
class TermsInForce:
    """The commercial terms of a shipment after all amendments known.

    `bound`: `liable` has signed or endorsed the terms or an amendment of them. `relief_spans` and `relief_seconds`
    do not count as late. `evidence`: the records that say so. `remarks`: amendments that changed nothing.
    """

    commercial: Commercial
    bound: bool
    relief_spans: tuple[Span, ...]
    relief_seconds: int
    evidence: tuple[VerifiedRecord, ...]
    remarks: tuple[Remark, ...]


def check_amendment(record: Amendment, target: Record) -> None:
    """Raise `MalformedRecord` unless the numbers could read what `record` changes in `target`.

    Those who sign it count on its effect, so it is better refused than kept without one.
    """
    if isinstance(record.changes, Withheld):
        raise MalformedRecord("an amendment is read by everybody it binds", where="changes", mend="Open it.")
    changes = parse_json(record.changes.text.encode(), where="changes")
    if not isinstance(changes, dict):
        raise MalformedRecord("not a JSON object", where="changes", found=record.changes.text[:80])
    match AmendmentKind(record.kind):
        case AmendmentKind.CORRECTION:
            fields = _CORRECTABLE.get(type(target), frozenset())
            if not changes or not set(changes) <= fields:
                raise MalformedRecord(
                    "these fields are not corrected",
                    where="changes",
                    expected=", ".join(sorted(fields)) or f"no correction of {type(target).__name__}",
                    found=", ".join(sorted(changes)),
                )
            type(target).from_json({**target.to_json(), **changes})
        case AmendmentKind.TERMS:
            terms = _amendable(target)
            changes.pop("shipment", None)
            if not isinstance(terms.commercial, Withheld):
                _merged(terms.commercial, changes)
        case AmendmentKind.RELIEF:
            _amendable(target)
            changes.pop("shipment", None)
            _relief(changes)


def _amendable(target: Record) -> ShipmentTerms:
    if not isinstance(target, ShipmentTerms):
        raise MalformedRecord(
            "new terms and relief amend the terms",
            where="target",
            expected="ShipmentTerms",
            found=type(target).__name__,
        )
    return target


def versions(
    journeys: Journeys, found: Found[R], counts: Counts[R] = lambda *_: True
) -> Iterator[tuple[R, VerifiedRecord]]:
    """The record as signed, then as each correction that stands and `counts` leaves it, with the paper that says so."""
    record = found.record
    yield record, found.verified
    for amendment in journeys.amendments(found.verified.id):
        if amendment.record.kind != AmendmentKind.CORRECTION:
            continue
        changes = _changes(amendment)
        values = None if changes is None else _correction(record, changes)
        if values is None:
            continue
        after = replace(record, **values)
        if counts(amendment.verified, record, after):
            record = after
            yield record, amendment.verified


def told_in_time(found: Found[R], report_lag: int) -> Counts[R]:
    """Whether a correction was known while the record itself could still have been told, and does not claim that what
    was known happened later.
    """
    known = found.verified.known
    latest = max(found.record.occurredAt, known + CLOCK_SKEW)
    return lambda paper, _, after: paper.known <= known + report_lag and after.occurredAt <= latest


def corrected(
    journeys: Journeys, found: Found[R], counts: Counts[R] = lambda *_: True
) -> tuple[R, tuple[VerifiedRecord, ...]]:
    """The record as its signers last corrected it, and the corrections that stand, of those that `counts`."""
    said = list(versions(journeys, found, counts))
    return said[-1][0], tuple(paper for _, paper in said[1:])


def as_amended(target: Record, amendments: Iterable[Amendment]) -> Record:
    """`target` as these amendments, oldest first, leave it; one that cannot be read, or grants relief, leaves it alone.

    For showing what stood before; the numbers judge signatures too, and take `corrected` and `terms_in_force`.
    """
    for amendment in amendments:
        changes = None if isinstance(amendment.changes, Withheld) else _object(amendment.changes.text)
        if changes is None:
            continue
        if amendment.kind == AmendmentKind.CORRECTION and isinstance(target, Handoff | Statement | Clearance):
            target = replace(target, **(_correction(target, changes) or {}))
        elif amendment.kind == AmendmentKind.TERMS and isinstance(target, ShipmentTerms):
            if isinstance(target.commercial, Withheld) or "shipment" in changes:
                continue
            try:
                target = replace(target, commercial=_merged(target.commercial, changes))
            except MalformedRecord:
                continue
    return target


def commercial_after(signed: Commercial, amendments: Iterable[Amendment], names: Collection[str]) -> Commercial | None:
    """The commercial terms of a shipment after these amendments of its terms, in log order; None while one is closed.

    `names`: the shipment and its ancestors as 0x-hex, for what is agreed of one alone. As `terms_in_force`, but
    signatures are not judged: the ledger takes in no amendment that lacks one.
    """
    commercial = signed
    for amendment in amendments:
        if amendment.kind != AmendmentKind.TERMS:
            continue
        if isinstance(amendment.changes, Withheld):
            return None
        changes = _object(amendment.changes.text)
        only = changes.pop("shipment", None) if changes is not None else None
        if changes is None or not (only is None or (isinstance(only, str) and only in names)):
            continue
        try:
            commercial = _merged(commercial, changes)
        except MalformedRecord:
            continue
    return commercial


def _correction(record: Handoff | Statement | Clearance, changes: dict[str, Any]) -> dict[str, Any] | None:
    """The values of these fields; None where they are not the record's to correct."""
    if not set(changes) <= _CORRECTABLE[type(record)]:
        return None
    try:
        return type(record).some_from_json(changes)
    except MalformedRecord:
        return None


def terms_in_force(journeys: Journeys, shipment: bytes) -> TermsInForce:
    """The terms that count for `shipment` (for a child: those it inherits).

    Raises `NotFound` when the terms are not known, or a part that the numbers need is withheld here.
    """
    terms = journeys.terms_of(shipment)
    signed = terms.record.commercial
    if isinstance(signed, Withheld):
        raise NotFound(
            "the commercial terms are withheld here", where="shipment", found=to_hex(shipment), mend="Open that part."
        )
    terms_id = terms.verified.id
    bound_by = list(journeys.endorsements(terms_id))
    amendments = journeys.amendments(terms_id)
    evidence: list[VerifiedRecord] = []
    if not amendments:
        bound = terms.verified.signed_by(signed.liable) or any(e.record.by == signed.liable for e in bound_by)
        evidence = [e.verified for e in bound_by if e.record.by == signed.liable and signed.liable != NOBODY]
        return TermsInForce(signed, bound and signed.liable != NOBODY, (), 0, tuple(evidence), ())
    return _amended(journeys, terms, signed, shipment)


def _amended(journeys: Journeys, terms: Found[ShipmentTerms], signed: Commercial, shipment: bytes) -> TermsInForce:
    commercial = signed
    spans: tuple[Span, ...] = ()
    seconds = 0
    remarks: list[Remark] = []
    evidence: list[VerifiedRecord] = []
    papers = [terms.verified]
    names = {to_hex(name) for name in journeys.lineage(shipment)}
    for amendment in journeys.amendments(terms.verified.id):
        kind = amendment.record.kind
        if kind not in (AmendmentKind.TERMS, AmendmentKind.RELIEF):
            continue
        if not all(amendment.verified.signed_by(p) for p in {commercial.liable, commercial.beneficiary} - {NOBODY}):
            remarks.append(Remark(amendment.verified.id, RemarkReason.NOT_SIGNED_BY_BOTH))
            continue
        changes = _changes(amendment)
        try:
            if changes is None:
                raise MalformedRecord("not a JSON object", where="changes")
            only = changes.pop("shipment", None)
            if only is not None and not (isinstance(only, str) and only in names):
                continue
            if kind == AmendmentKind.TERMS:
                commercial = _merged(commercial, changes)
                papers.append(amendment.verified)
            else:
                spans, seconds = _relief(changes)
        except MalformedRecord:
            remarks.append(Remark(amendment.verified.id, RemarkReason.UNREADABLE))
            continue
        evidence.append(amendment.verified)
    bound = any(paper.signed_by(commercial.liable) for paper in papers)
    for paper in papers:
        for endorsement in journeys.endorsements(paper.id):
            if endorsement.record.by == commercial.liable != NOBODY:
                bound = True
                evidence.append(endorsement.verified)
    return TermsInForce(commercial, bound, spans, seconds, tuple(evidence), tuple(remarks))


def _changes(amendment: Found[Amendment]) -> dict[str, Any] | None:
    details = amendment.record.changes
    if isinstance(details, Withheld):
        # An amendment that cannot be read may change the figure: no figure is better than a wrong one.
        raise NotFound("an amendment is withheld here", where="amendment", found=to_hex(amendment.verified.id))
    return _object(details.text)


def _object(text: str) -> dict[str, Any] | None:
    try:
        changes = parse_json(text.encode(), where="changes")
    except MalformedRecord:
        return None
    return changes if isinstance(changes, dict) else None


def _merged(commercial: Commercial, changes: dict[str, Any]) -> Commercial:
    fields = changes.get("commercial")
    if set(changes) != {"commercial"} or not isinstance(fields, dict) or _FIXED & set(fields):
        raise MalformedRecord("not new terms", where="changes", expected="an object commercial")
    return Commercial.from_json({**commercial.to_json(), **fields})


def _relief(changes: dict[str, Any]) -> tuple[tuple[Span, ...], int]:
    periods = changes.get("periods", [])
    seconds = changes.get("seconds", 0)
    if not set(changes) <= {"periods", "seconds", "reason"} or not isinstance(periods, list):
        raise MalformedRecord("not a relief", where="changes", expected="periods, seconds, reason")
    spans = []
    for period in periods:
        if not isinstance(period, dict) or set(period) != {"from", "until"}:
            raise MalformedRecord("not a period", where="changes.periods", expected="from, until")
        spans.append((_time(period["from"]), _time(period["until"])))
    return tuple(spans), _time(seconds)


def _time(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST_TIME:
        raise MalformedRecord("not a time in seconds", where="changes", found=value)
    return value
