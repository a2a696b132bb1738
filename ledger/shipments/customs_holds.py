"""Customs holds of goods: when each ran, who caused it, and whether it counts against who is owed a penalty.

A hold runs from the later of held and presented (holds before arrival excuse nothing; where nothing says presented,
from held) to the next release or refusal of the same pair of jurisdiction and regime. What came next is told by
`occurredAt`, as corrected: customs may report late or out of order. Within one second an ancestor comes before its
child, and records of one shipment by their sequence. A child inherits what was open of its ancestors until its own
release. A seizure by customs itself is a hold until the goods next move.

What customs itself signed about a pair that the terms require, or that was lodged before the hold, is trusted. All
else, a broker's word first, counts for a side only where the other side signed or endorsed it: a hold serves who is
liable, a presentation and a release serve who is owed. A hold that rests on such a word ends by a release on one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ledger.codes import RELEASES, Assurance, ClearanceStatus
from ledger.common.figure import Code, Seconds
from ledger.common.periods import DAY
from ledger.records.types import NOBODY, Clearance, Commercial, ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.shipments.amendments import corrected
from ledger.shipments.clock_stop import counted, moved
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found, Move, Portion

Pair = tuple[bytes, int]
_HELD, _PRESENTED, _SEIZED, _LODGED = (
    int(s) for s in (ClearanceStatus.HELD, ClearanceStatus.PRESENTED, ClearanceStatus.SEIZED, ClearanceStatus.LODGED)
)
_ENDS = frozenset(map(int, (*RELEASES, ClearanceStatus.REFUSED)))
"""Released, with conditions or not, or refused: either way customs no longer keep the goods waiting."""
LATE_KNOWN = DAY
"""A hold that became known later than this after it happened is flagged, and counts all the same."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold. `start` is the later of held and presented, `end` the release (None: still open); seconds UTC.

    `confirmed`: customs itself signed it and it was to be expected, or the beneficiary signed or endorsed it.
    `known_late`: over a day after it happened. `evidence`: the records that say held, presented, released, lodged,
    endorsed and corrected.
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
    known_late: bool
    evidence: tuple[VerifiedRecord, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """What was said of a pair, as corrected; `signed_for` names who of the two sides put its name to it."""

    found: Found[Clearance]
    record: Clearance
    by_liable: bool
    by_beneficiary: bool
    evidence: tuple[VerifiedRecord, ...]

    @property
    def known(self) -> int:
        return self.found.verified.known

    @property
    def by_customs(self) -> bool:
        return self.record.assurance == Assurance.AUTHORITY_SIGNED


@dataclass(frozen=True, slots=True)
class _Sides:
    journeys: Journeys
    liable: int
    beneficiary: int
    report_lag: int

    def step(self, found: Found[Clearance]) -> _Step:
        """Read a clearance. A correction of a broker's word needs the name of whoever put it to the word itself, and of
        the side that it may hurt: only an earlier hold that `liable` did not cause serves `liable` for certain.
        """
        journeys, verified = self.journeys, found.verified
        by_customs = found.record.assurance == Assurance.AUTHORITY_SIGNED
        names = [side for side in (self.liable, self.beneficiary) if side != NOBODY and self._named(verified, side)]
        used = [e.verified for e in journeys.endorsements(verified.id) if e.record.by in names]

        def counts(paper: VerifiedRecord, before: Clearance, after: Clearance) -> bool:
            milder = before.status == _HELD and after.occurredAt <= before.occurredAt and after.causedBy != self.liable
            hurt = {self.beneficiary} if milder else {self.beneficiary, self.liable}
            return by_customs or all(self._named(paper, side) for side in hurt - {NOBODY} | set(names))

        record, corrections = corrected(journeys, found, counts)
        evidence = (verified, *corrections, *used)
        return _Step(found, record, self.liable in names, self.beneficiary in names, evidence)

    def _named(self, paper: VerifiedRecord, side: int) -> bool:
        return paper.signed_by(side) or any(e.record.by == side for e in self.journeys.endorsements(paper.id))


def holds_of(journeys: Journeys, portion: Portion, terms: ShipmentTerms, commercial: Commercial) -> tuple[Hold, ...]:
    """All holds of the goods in `portion`, those inherited from its ancestors included, by start."""
    sides = _Sides(journeys, commercial.liable, commercial.beneficiary, commercial.reportLag)
    pairs: dict[Pair, list[_Step]] = {}
    following = [name for name, _ in portion.path[1:]]
    for (shipment, origin), name in zip_longest(portion.path, following):
        # Goods that went on under later terms had left this name when those were opened.
        left = journeys.terms[name].verified if origin is None and name is not None else None
        for match in journeys.clearances(shipment):
            step = sides.step(match)
            if origin is not None:
                counts = _before(match, step.record, origin.parted_at, origin.verified)
            else:
                counts = left is None or _before(match, step.record, left.known, left)
            if counts:
                pairs.setdefault((step.record.jurisdiction, step.record.regime), []).append(step)
    if not pairs:
        return ()
    required = {(pair.jurisdiction, pair.regime) for pair in terms.requires}
    parties = {terms.consignor, terms.consignee, terms.holder, *(move.receiver for move in portion.moves)} - {NOBODY}
    holds: list[Hold] = []
    for pair, steps in pairs.items():
        steps.sort(key=lambda step: step.record.occurredAt)  # stable: path and sequence decide within one second
        holds += _of_pair(steps, sides, parties, expected=pair in required)
        holds += [_seizure(journeys, step, portion.moves, commercial) for step in steps if _is_seizure(step)]
    return tuple(sorted(holds, key=lambda hold: (hold.start, hold.held.place)))


def _before(found: Found[Clearance], record: Clearance, at: int, by: VerifiedRecord) -> bool:
    """Whether customs said this before the goods parted, `at` that second `by` this record; within one second the
    order of blocks and events decides, which is the same for every log.
    """
    return record.occurredAt < at or (record.occurredAt == at and found.verified.place < by.place)


def _of_pair(steps: Sequence[_Step], sides: _Sides, parties: set[int], *, expected: bool) -> Iterator[Hold]:
    lodged = [step for step in steps if step.record.status == _LODGED]
    for i, held in enumerate(steps):
        if held.record.status != _HELD:
            continue
        proofs = [step for step in lodged if _announces(step, held, parties)]
        agreed = expected or bool(proofs)
        trusted = agreed and held.by_customs
        ends = (
            (step, at) for j, step in enumerate(steps) for at in _ending(step, held, i < j, agreed=agreed, sides=sides)
        )
        released, end = min(ends, key=lambda one: one[1], default=(None, None))
        presented = _presented(steps, released, agreed=agreed)
        shown = presented.record.occurredAt if presented else None
        record = held.record
        yield Hold(
            held=held.found.verified,
            jurisdiction=record.jurisdiction,
            regime=record.regime,
            cause=record.holdCause,
            caused_by=record.causedBy,
            assurance=record.assurance,
            held_at=record.occurredAt,
            presented_at=shown,
            start=max(record.occurredAt, shown or 0),
            end=end,
            confirmed=trusted or held.by_beneficiary,
            known_late=held.known - record.occurredAt > LATE_KNOWN,
            evidence=_papers((held, presented, released, *(() if expected else proofs[:1]))),
        )


def _announces(lodged: _Step, held: _Step, parties: set[int]) -> bool:
    """Whether this lodging, known before the hold, was customs' own or a party's: then the hold was to be expected."""
    return lodged.known < held.record.occurredAt and (lodged.by_customs or lodged.record.declarant in parties)


def _ending(step: _Step, held: _Step, after: bool, *, agreed: bool, sides: _Sides) -> Iterator[int]:
    """The second at which this step ends the hold, if it does: as claimed where customs itself says so of a pair that
    was `agreed`, or who is liable; a hold that rests on a word ends also on one, but not before it was known.
    """
    record = step.record
    if record.status not in _ENDS:
        return
    if (step.by_customs and agreed) or step.by_liable:
        if after:
            yield record.occurredAt
    elif not (held.by_customs and agreed):
        at = counted(record.occurredAt, step.known, sides.report_lag)
        if after or at > held.record.occurredAt:
            yield at


def _presented(steps: Sequence[_Step], released: _Step | None, *, agreed: bool) -> _Step | None:
    """The last presentation before the release that counts; where all came after it, the first of them: the goods had
    not been there yet.
    """
    ends = len(steps) if released is None else steps.index(released)
    counts = [
        i
        for i, step in enumerate(steps)
        if step.record.status == _PRESENTED and ((step.by_customs and agreed) or step.by_liable)
    ]
    before = [i for i in counts if i < ends]
    return steps[before[-1]] if before else steps[counts[0]] if counts else None


def _is_seizure(step: _Step) -> bool:
    return step.record.status == _SEIZED and step.by_customs


def _seizure(journeys: Journeys, step: _Step, moves: Iterable[Move], commercial: Commercial) -> Hold:
    record = step.record
    went = [moved(journeys, move, commercial).at for move in moves if not move.refused]
    return Hold(
        held=step.found.verified,
        jurisdiction=record.jurisdiction,
        regime=record.regime,
        cause=record.holdCause,
        caused_by=record.causedBy,
        assurance=record.assurance,
        held_at=record.occurredAt,
        presented_at=None,
        start=record.occurredAt,
        end=min((at for at in went if at > record.occurredAt), default=None),
        confirmed=True,
        known_late=step.known - record.occurredAt > LATE_KNOWN,
        evidence=step.evidence,
    )


def _papers(steps: Iterable[_Step | None]) -> tuple[VerifiedRecord, ...]:
    return tuple(paper for step in steps if step is not None for paper in step.evidence)
