"""What a broker's indicators count, from RECORDS.md (*Partner score*) and ADR 0013.

Readings: a procedure is what is decided of one shipment and pair. An office is a pair. Its median is of samples, over
all brokers.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from statistics import median
from typing import NamedTuple

from ledger.codes import RELEASES, Assurance, ClearanceStatus
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.types import Handoff, Override, Split
from tests.oracle.facts import DAY, Seen
from tests.oracle.holds import decision
from tests.oracle.lines import counted
from tests.oracle.penalty import rules_of
from tests.oracle.scores.figures import Count
from tests.oracle.travels import World, terms_of

Pair = tuple[bytes, int]
PRESENTED = ClearanceStatus.PRESENTED
DENIED = frozenset({ClearanceStatus.REFUSED, ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED})


class Sample(NamedTuple):
    """What is one sample: a broker's procedures of one pair that began on one UTC day."""

    broker: int
    office: str
    day: int


class Procedure:
    """All statuses of one shipment and pair, in the order of the chain."""

    def __init__(self, world: World, terms: Seen, shipment: bytes, pair: Pair, statuses: list[Seen]) -> None:
        self.world, self.terms, self.shipment, self.pair = world, terms, shipment, pair
        self.statuses = sorted(statuses, key=lambda one: one.order)
        ancestry = tuple(above for above, _ in dict(world.family(terms.id))[shipment])
        self.report_lag = rules_of(world, terms, (*ancestry, shipment)).commercial.reportLag

    def broker_in(self, one: Seen) -> int:
        """0 if nobody, or a party: consignor, consignee, custodian then."""
        record, terms = decision(one), terms_of(self.terms)
        named = record.declarant if record.assurance == Assurance.AUTHORITY_SIGNED else record.by
        parties = {terms.consignor, terms.consignee, custodian(self.world, self.terms, self.shipment, one)}
        return 0 if named in parties else named

    @property
    def broker(self) -> int:
        """Whom customs name first, else who signed first."""
        by_customs = [one for one in self.statuses if decision(one).assurance == Assurance.AUTHORITY_SIGNED]
        others = [one for one in self.statuses if one not in by_customs]
        return next((broker for one in (*by_customs, *others) if (broker := self.broker_in(one))), 0)

    @property
    def office(self) -> str:
        jurisdiction, regime = self.pair
        return f"{jurisdiction.decode()}/{regime}"

    @property
    def sample(self) -> Sample:
        return Sample(self.broker, self.office, counted(self.statuses[0], self.report_lag) // DAY)

    def time_of(self, one: Seen) -> int:
        record = decision(one)
        return record.occurredAt if record.assurance == Assurance.AUTHORITY_SIGNED else counted(one, self.report_lag)

    def borne(self, one: Seen) -> bool:
        """By customs themselves, or with the broker's own name under it."""
        return decision(one).assurance == Assurance.AUTHORITY_SIGNED or self.world.bears(one, self.broker)

    @property
    def closing(self) -> Seen | None:
        """The first release, or what denies it: a release that follows is another's merit."""
        return next(filter(self._closes, self.statuses), None)

    def _closes(self, one: Seen) -> bool:
        status = decision(one).status
        return status in RELEASES or (status in DENIED and self.borne(one))

    @property
    def released(self) -> bool:
        return self.closing is not None and decision(self.closing).status in RELEASES

    @property
    def own_fault(self) -> bool:
        return any(map(self._faulty, self.statuses))

    def _faulty(self, one: Seen) -> bool:
        record = decision(one)
        if record.status == ClearanceStatus.AMENDED:
            return self.broker_in(one) == self.broker
        own_hold = record.status == ClearanceStatus.HELD and record.causedBy == self.broker
        return own_hold and self.borne(one)

    @property
    def duration(self) -> int | None:
        """From the first presentation to the release."""
        release = self.closing
        if release is None or not self.released or not self.borne(release):
            return None
        presented = [s for s in self.statuses if decision(s).status == PRESENTED and self.borne(s)]
        return max(0, self.time_of(release) - self.time_of(presented[0])) if presented else None


def procedures(world: World) -> Iterator[Procedure]:
    for terms in world.opened.values():
        for shipment, _ in world.family(terms.id):
            found: dict[Pair, list[Seen]] = defaultdict(list)
            for one in world.clearances[shipment]:
                record = decision(one)
                found[record.jurisdiction, record.regime].append(one)
            for pair, statuses in found.items():
                yield Procedure(world, terms, shipment, pair, statuses)


def custodian(world: World, terms: Seen, shipment: bytes, when: Seen) -> int:
    """Who had custody of the shipment when the chain took `when`."""
    holder = _first_holder(world, terms, shipment)
    for _, seen, i in world.consuming[shipment]:
        record = seen.record
        if seen.order < when.order and isinstance(record, Handoff | Override):
            packages = record.items[i].packages if isinstance(record, Handoff) else record.packages
            holder = record.receiver if packages else holder
    return holder


def _first_holder(world: World, terms: Seen, shipment: bytes) -> int:
    if shipment == terms.id:
        return terms_of(terms).holder
    above, _ = dict(world.family(terms.id))[shipment][-1]
    for sequence, seen, _ in world.consuming[above]:
        record = seen.record
        if isinstance(record, Split) and shipment in [
            child_id(above, sequence, i) for i in range(len(record.children))
        ]:
            return record.by
        if isinstance(record, Handoff | Override) and remainder_id(above, sequence) == shipment:
            return record.releaser
    raise AssertionError("its parting is among the records")


def released_clean(broker: int, seen: Sequence[Seen], at: int) -> Iterator[Count]:
    """Procedures released, or held up by its own fault."""
    for one in procedures(World(seen)):
        if one.broker == broker and (one.closing is not None or one.own_fault):
            good = one.released and not one.own_fault
            yield Count(one.sample, 1, good, good)


def over_median(broker: int, seen: Sequence[Seen], at: int) -> Iterator[Count]:
    """Mean duration of a sample over the median of its office, which is at least a second."""
    durations: dict[Sample, list[int]] = defaultdict(list)
    for one in procedures(World(seen)):
        if one.broker and (duration := one.duration) is not None:
            durations[one.sample].append(duration)
    for sample, found in durations.items():
        if sample.broker == broker:
            means = [sum(other) // len(other) for where, other in durations.items() if where.office == sample.office]
            mean = Fraction(sum(found), len(found))
            yield Count(sample, max(_median(means), Fraction(1)), mean, mean)


def _median(values: list[int]) -> Fraction:
    return Fraction(median(values))


def records(broker: int, seen: Sequence[Seen], at: int) -> Iterator[Count]:
    """Statuses that it signed, good if known within 24 hours of the claimed time."""
    told: set[bytes] = set()
    for procedure in procedures(World(seen)):
        for one in procedure.statuses:
            if broker in one.signers and procedure.broker_in(one) == broker and one.id not in told:
                told.add(one.id)
                good = one.known - decision(one).occurredAt <= DAY
                yield Count(procedure.sample._replace(broker=broker), 1, good, good)
