"""Customs holds of goods: when each ran, who caused it, and whether it excuses the partner that owes a penalty.

A hold runs from the later of held and presented (holds before arrival excuse nothing; where nothing says presented,
from held) to the next release of the same jurisdiction and regime. What came next is told by `occurredAt`, as
corrected: customs may report late or out of order. Within one second an ancestor comes before its child, and records
of one shipment by their sequence. A child inherits what was open of
its ancestors until its own release. Hold intervals of one pair may overlap; who measures takes their union.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.codes import RELEASES, Assurance, ClearanceStatus
from ledger.common.figure import Code, Seconds
from ledger.records.types import Clearance
from ledger.records.verification import VerifiedRecord
from ledger.shipments.amendments import corrected
from ledger.shipments.history import Found, Journeys, Origin, Portion

_RELEVANT = (ClearanceStatus.HELD, ClearanceStatus.PRESENTED, *RELEASES)


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold. `start` is the later of held and presented, `end` the release (None: still open); seconds UTC.

    `confirmed`: it does not rest on a broker's word alone, or the beneficiary has endorsed it. `evidence`: the records
    that say held, presented, released, endorsed and corrected.
    """

    held: VerifiedRecord
    jurisdiction: bytes
    regime: Code
    cause: Code
    caused_by: int
    assurance: Code
    held_at: Seconds
    presented_at: Seconds | None
    start: Seconds
    end: Seconds | None
    confirmed: bool
    evidence: tuple[VerifiedRecord, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    found: Found[Clearance]
    record: Clearance
    corrections: tuple[VerifiedRecord, ...]

    @property
    def evidence(self) -> tuple[VerifiedRecord, ...]:
        return (self.found.verified, *self.corrections)


def holds_of(journeys: Journeys, portion: Portion, beneficiary: int) -> tuple[Hold, ...]:
    """All holds of the goods in `portion`, those inherited from its ancestors included, by start."""
    pairs: dict[tuple[bytes, int], list[_Step]] = {}
    for shipment, origin in portion.path:
        for match in journeys.clearances(shipment):
            record, corrections = corrected(journeys, match)
            if record.status not in _RELEVANT or (origin is not None and not _before(match, record, origin)):
                continue
            pairs.setdefault((record.jurisdiction, record.regime), []).append(_Step(match, record, corrections))
    for steps in pairs.values():
        steps.sort(key=lambda step: step.record.occurredAt)  # stable: path and sequence decide within one second
    holds = [hold for steps in pairs.values() for hold in _of_pair(journeys, steps, beneficiary)]
    return tuple(sorted(holds, key=lambda hold: (hold.start, hold.held.log_index)))


def _before(found: Found[Clearance], record: Clearance, origin: Origin) -> bool:
    """Whether customs said this before the goods parted; within one second the log's order decides."""
    said, parted = record.occurredAt, origin.occurred_at
    return said < parted or (said == parted and found.verified.log_index < origin.verified.log_index)


def _of_pair(journeys: Journeys, steps: Sequence[_Step], beneficiary: int) -> list[Hold]:
    presented = min(
        (step for step in steps if step.record.status == ClearanceStatus.PRESENTED),
        key=lambda step: step.record.occurredAt,
        default=None,
    )
    holds: list[Hold] = []
    open_holds: list[_Step] = []
    for step in steps:
        if step.record.status == ClearanceStatus.HELD:
            open_holds.append(step)
        elif step.record.status in RELEASES:
            holds += [_hold(journeys, held, presented, step, beneficiary) for held in open_holds]
            open_holds.clear()
    return holds + [_hold(journeys, held, presented, None, beneficiary) for held in open_holds]


def _hold(journeys: Journeys, held: _Step, presented: _Step | None, released: _Step | None, beneficiary: int) -> Hold:
    record = held.record
    presented_at = presented.record.occurredAt if presented else None
    endorsements = [e.verified for e in journeys.endorsements(held.found.verified.id) if e.record.by == beneficiary]
    return Hold(
        held=held.found.verified,
        jurisdiction=record.jurisdiction,
        regime=record.regime,
        cause=record.holdCause,
        caused_by=record.causedBy,
        assurance=record.assurance,
        held_at=record.occurredAt,
        presented_at=presented_at,
        start=max(record.occurredAt, presented_at or 0),
        end=released.record.occurredAt if released else None,
        confirmed=record.assurance != Assurance.BROKER_WORD or bool(endorsements),
        evidence=(
            *held.evidence,
            *(presented.evidence if presented else ()),
            *(released.evidence if released else ()),
            *endorsements,
        ),
    )
