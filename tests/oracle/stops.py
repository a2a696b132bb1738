"""When the clock of a part stops: delivery, refusal, locker, tender, later terms; undecided things both ways."""

from dataclasses import dataclass

from ledger.codes import Purpose, Role, StatementKind
from ledger.records.eip712 import Withheld
from ledger.records.types import (
    Amendment,
    Commercial,
    Endorsement,
    Handoff,
    Override,
    Place,
    ShipmentTerms,
    Statement,
)
from tests.oracle.facts import DAY, Seen
from tests.oracle.lines import Line, Step, counted
from tests.oracle.travels import World, terms_of, touched

THIRD_ROLES = (Role.LOCKER, Role.WAREHOUSE, Role.AUTHORITY, Role.AUDITOR)
DISPUTED = 30 * DAY
STOOD = 30 * DAY


def tender_place_agrees(destination: Place | Withheld, place: Place | Withheld) -> bool | None:
    """In the finest of GLN, UN/LOCODE, country that the destination names; None while either is closed."""
    if isinstance(destination, Withheld) or isinstance(place, Withheld):
        return None
    for name in ("gln", "locode", "country"):
        if getattr(destination, name):
            return bool(getattr(destination, name) == getattr(place, name))
    return True


def locker_place_agrees(destination: Place | Withheld, place: Place | Withheld) -> bool | None:
    """In the UN/LOCODE that the destination names, else in the country; None while either is closed."""
    if isinstance(destination, Withheld) or isinstance(place, Withheld):
        return None
    for name in ("locode", "country"):
        if getattr(destination, name):
            return bool(getattr(destination, name) == getattr(place, name))
    return True


@dataclass(frozen=True)
class Clock:
    """The stops of one line under the terms `commercial` of its part, judged at `at`.

    `best`: what is disputed or closed counts for `liable` (the lower amount), else against.
    """

    world: World
    root: Seen
    commercial: Commercial
    line: Line
    at: int
    best: bool

    def stop(self) -> int | None:
        """The earliest stop, if there is any."""
        handoffs = [self.time_of(step) for step in self._handoffs()]
        return min([*handoffs, *self._later_terms(), *self._tenders()], default=None)

    def handoff(self) -> Step | None:
        """The handoff that is the earliest stop, if that is one."""
        stop = self.stop()
        return next((step for step in self._handoffs() if self.time_of(step) == stop), None)

    def offered(self) -> bool:
        """Whether what stopped it is a tender, or the refusal of all goods."""
        step = self.handoff()
        return not step.moves if step else self.stop() in self._tenders()

    def time_of(self, step: Step) -> int:
        """When a handoff counts."""
        return counted(step.seen, self.commercial.reportLag)

    def _handoffs(self) -> list[Step]:
        return [step for step in self.line.steps if step.reaches_consignee_of(self.root)] + self._lockers()

    def _later_terms(self) -> list[int]:
        return [
            step.seen.known
            for step in self.line.steps
            if isinstance(step.seen.record, ShipmentTerms)
            and self.world.counts_as_later_terms(step.seen, self.root, self.commercial.beneficiary)
        ]

    # --- lockers ---

    def _at_locker(self, step: Step) -> bool:
        """Whether the step puts the goods into a locker at the destination."""
        record = step.seen.record
        if not isinstance(record, Handoff) or not step.moves or step.terms.id != self.root.id:
            return False
        if not step.seen.roles.get(step.receiver, 0) >> Role.LOCKER & 1:
            return False
        agrees = locker_place_agrees(terms_of(self.root).destination, record.place)
        return self.best if agrees is None else agrees

    def _lockers(self) -> list[Step]:
        found = []
        for i, step in enumerate(self.line.steps):
            if self._at_locker(step) and step.releaser != terms_of(self.root).consignor:
                after = next((s for s in self.line.steps[i + 1 :] if s.moves), None)
                if after is None or self._left_for_good(step, after):
                    found.append(step)
        return found

    def _left_for_good(self, receipt: Step, after: Step) -> bool:
        if after.seen.visible - receipt.seen.visible >= self.commercial.tenderWindow:
            return True
        if isinstance(after.seen.record, ShipmentTerms):
            return after.seen.record.purpose == Purpose.RETURN
        return after.reaches_consignee_of(self.root)

    # --- tenders ---

    def _tenders(self) -> list[int]:
        found = []
        for place, segment in enumerate(self.line.segments):
            if segment.terms.id != self.root.id:
                continue
            for seen in self.world.statements[segment.shipment]:
                record = seen.record
                assert isinstance(record, Statement)
                parted = segment.until is not None and record.sequence > segment.until
                if record.kind != StatementKind.TENDER or parted:
                    continue
                if self._made(seen, record) and not self._moved_on(seen, (place, record.sequence)):
                    stands = self._stands(seen, record)
                    if self.best if stands is None else stands:
                        found.append(seen.visible)
        return found

    def _made(self, seen: Seen, record: Statement) -> bool:
        agrees = tender_place_agrees(terms_of(self.root).destination, record.place)
        return (
            record.counterparty == terms_of(self.root).consignee
            and seen.visible >= self.commercial.promisedAt - DAY
            and (self.best if agrees is None else agrees)
        )

    def _moved_on(self, seen: Seen, at: tuple[int, int]) -> bool:
        """Whether the goods moved on to somebody else before the tender had stood for 30 days; not so to whom held them
        before it was made.
        """
        earlier_holders = {terms_of(self.root).holder}
        for step in self.line.steps:
            if step.moves and step.at < at:
                earlier_holders.add(step.receiver)
        for step in self.line.steps:
            if not step.moves or step.at < at:
                continue
            if step.reaches_consignee_of(self.root):
                return False
            if isinstance(step.seen.record, ShipmentTerms):
                if step.seen.record.purpose == Purpose.RETURN:
                    return False
            elif step.receiver in earlier_holders or self._at_locker(step):
                continue
            if step.seen.visible - seen.visible < STOOD:
                return True
        return False

    def _stands(self, seen: Seen, tender: Statement) -> bool | None:
        """None while it is disputed or may still be contested."""
        addressees = {terms_of(self.root).consignee, terms_of(self.root).consignor}
        contests = [
            c
            for c in self.world.statements[tender.shipment]
            if isinstance(c.record, Statement)
            and c.record.kind == StatementKind.CONTEST
            and c.record.sequence == tender.sequence
            and c.record.by in addressees
            and c.order > seen.order
            and c.visible <= seen.visible + self.commercial.tenderWindow
        ]
        if not contests:
            return None if self.at <= seen.visible + self.commercial.tenderWindow else True
        contest = min(contests, key=lambda c: c.order)
        until = contest.visible + DISPUTED
        if self.at < until:
            return None
        return self._third_endorsed(seen, until) and not self._third_endorsed(contest, until)

    def _third_endorsed(self, target: Seen, until: int) -> bool:
        return any(
            e.visible <= until and isinstance(e.record, Endorsement) and self._is_third(e, e.record.by)
            for e in self.world.endorsements[target.id]
        )

    def _is_third(self, endorsement: Seen, partner: int) -> bool:
        terms = terms_of(self.root)
        sides = {self.commercial.liable, self.commercial.beneficiary, terms.consignor, terms.consignee}
        bits = endorsement.roles.get(partner, 0)
        if partner in sides or not any(bits >> role & 1 for role in THIRD_ROLES):
            return False
        goods = {s.shipment for s in self.line.segments if s.terms.id == self.root.id}
        return partner not in involved(self.world, self.root, goods)


def involved(world: World, root: Seen, goods: set[bytes]) -> set[int]:
    """Custodians of these shipments, a part and its ancestors, and all who signed anything of them but endorsements of
    tenders and contests."""
    offers = {s.id for shipment in goods for s in world.statements[shipment] if _is_offer(s)}
    about = {s.id for s in world.all if touched(s.record) & goods} | {root.id}
    partners = {terms_of(root).holder}
    for seen in world.all:
        record = seen.record
        if isinstance(record, Endorsement | Amendment):
            if record.target in about and not (isinstance(record, Endorsement) and record.target in offers):
                partners |= set(seen.signers)
        elif seen.id in about:
            partners |= set(seen.signers)
            if isinstance(record, Handoff | Override):
                partners |= {record.releaser, record.receiver}
    return partners


def _is_offer(seen: Seen) -> bool:
    return isinstance(seen.record, Statement) and seen.record.kind in (StatementKind.TENDER, StatementKind.CONTEST)
