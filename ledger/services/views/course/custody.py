"""A shipment over time, as everybody may know it: who had it from when to when, when customs held it, and when its
holder is due to pass it on.

Times are those that signers state. Where they contradict the order in which the chain recorded the steps, a stay begins
no earlier than the one before it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ledger.codes import APPLIED, RELEASES, Assurance, ClearanceStatus, Gate, HoldCause, Regime, ShipmentState
from ledger.common.ids import RecordId
from ledger.errors import LadingError
from ledger.explain.text import say
from ledger.explain.words import word, words
from ledger.products.recall_tracing import Move, Stay, stays_of
from ledger.records.types import Handoff, Override, Split
from ledger.services.views.course.spans import HeldView
from ledger.services.views.models import ClearanceView
from ledger.store.projections.shipments import ClearanceState, ClearanceStep, CustodyStep, Shipment
from ledger.store.records import StoredRecord

_HOLDS = {ClearanceStatus.HELD, ClearanceStatus.SEIZED}
_ENDS = {*RELEASES, ClearanceStatus.REFUSED, ClearanceStatus.DESTROYED}


def custody_of(row: Shipment, custody: Iterable[CustodyStep], began: Move | None = None) -> tuple[Stay, ...]:
    """Who had the shipment, in order. `began`: with whom a child or remainder began, which its parent's line tells."""
    moves: list[Move] = [] if began is None else [began]
    for step in custody:
        if _passed_on(step) or (step.kind == "opened" and step.outcome in APPLIED):
            at = max(step.occurred_at, moves[-1].at) if moves else step.occurred_at
            moves.append(Move(at, step.to_partner, step.packages))
    if not moves:
        return ()
    *before, last = stays_of(row.shipment, moves[0], moves[1:], ShipmentState(row.state), row.ended_at)
    # Delivered goods stay with their consignee, which is no part of the shipment's time any more.
    return (*before, last if row.ended_at is None else last._replace(until=max(row.ended_at, last.since)))


def held_at_first(row: Shipment, opener: StoredRecord | None) -> int:
    """Who held a child or remainder when the record `opener` opened it."""
    try:
        record = opener.record if opener else None
    except LadingError:  # a damaged row: the story goes on, the audit names it
        record = None
    if isinstance(record, Split):
        return record.by
    return record.releaser if isinstance(record, Handoff | Override) else row.custodian


def holds_said(clearances: Iterable[ClearanceStep]) -> Iterator[HeldView]:
    """Every hold of each country and procedure up to its release, by its beginning."""
    found: list[HeldView] = []
    for pair, steps in _by_pair(clearances).items():
        held: ClearanceStep | None = None
        for step in steps:
            if held is None and step.status in _HOLDS:
                held = step
            elif held is not None and step.status in _ENDS:
                found.append(_held(pair, held, max(step.occurred_at, held.occurred_at)))
                held = None
        if held is not None:
            found.append(_held(pair, held, None))
    yield from sorted(found, key=lambda hold: (hold.since, hold.jurisdiction, hold.regime))


def due_at(row: Shipment, custody: Sequence[CustodyStep], rows: Mapping[RecordId, StoredRecord]) -> int | None:
    """By when its holder signed to pass it on; None where it has ended, or nobody named a time."""
    if row.state != ShipmentState.OPEN:
        return None
    last = next((step for step in reversed(custody) if _passed_on(step)), None)
    stored = rows.get(last.record_id) if last is not None else None
    try:
        record = stored.record if stored else None
    except LadingError:  # an edited row: the audit names it
        return None
    return (record.dueAt or None) if isinstance(record, Handoff) else None


def _passed_on(step: CustodyStep) -> bool:
    """Whether the goods passed to somebody: a refusal passes none."""
    return step.outcome in APPLIED and step.kind in ("handoff", "override") and step.packages > 0


def _by_pair(clearances: Iterable[ClearanceStep]) -> dict[tuple[str, int], list[ClearanceStep]]:
    pairs: dict[tuple[str, int], list[ClearanceStep]] = {}
    for step in clearances:
        if step.outcome in APPLIED:
            pairs.setdefault((step.jurisdiction, step.regime), []).append(step)
    return {pair: sorted(steps, key=lambda step: step.step) for pair, steps in pairs.items()}


def _held(pair: tuple[str, int], held: ClearanceStep, until: int | None) -> HeldView:
    return HeldView(pair[0], word(Regime, pair[1]), word(HoldCause, held.hold_cause), held.occurred_at, until)


def clearances_of(
    row: Shipment, states: Iterable[ClearanceState], steps: Iterable[ClearanceStep]
) -> Iterator[ClearanceView]:
    """Where each country and procedure stands that is known or that the terms require."""
    known = {(c.jurisdiction, c.regime): c for c in states}
    required = {
        (letters, regime): (Gate(gate), bool(row.released >> i & 1))
        for i, (letters, regime, gate, _) in enumerate(json.loads(row.requires))
    }
    assurance = {(s.jurisdiction, s.regime): s.assurance for s in steps if s.outcome in APPLIED}
    for pair in sorted(known.keys() | required.keys()):
        state = known.get(pair)
        gates, released = required.get(pair, (Gate(0), False))
        yield ClearanceView(
            jurisdiction=pair[0],
            regime=word(Regime, pair[1]),
            status=word(ClearanceStatus, state.status) if state else say("none yet"),
            sequence=state.sequence if state else 0,
            required_at=words(gates),
            released=released,
            assurance=word(Assurance, assurance[pair]) if pair in assurance else "",
        )
