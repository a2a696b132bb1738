"""What a supplier's indicators count, from RECORDS.md (*Partner score*) and ADR 0013.

Readings: the supplier is the consignor. All goods of its terms are judged at once, in the sample of the shipment that
it opened. Its own delivery point: under Incoterms E, F and C where it hands the goods over, else where they arrive.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ledger.codes import Assurance, ClearanceStatus, Purpose
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods, Handoff, Override, ShipmentTerms
from tests.oracle.breaches import breaches
from tests.oracle.facts import Seen
from tests.oracle.holds import decision
from tests.oracle.lines import Line, Segment, counted
from tests.oracle.penalty import Piece
from tests.oracle.scores.brands import attested, recalled
from tests.oracle.scores.exceptions import Passing, passings
from tests.oracle.scores.figures import Count
from tests.oracle.scores.samples import Event, Family, Part
from tests.oracle.travels import World, terms_of

HANDED_OVER = ("E", "F", "C")


class Delivery:
    """All goods of one supplier's terms, as if it were liable for them: what it did not cause is not its delay."""

    def __init__(self, world: World, seen: Seen, at: int) -> None:
        self.world, self.seen, self.at, self.terms = world, seen, at, terms_of(seen)
        self.supplier, self.packages = self.terms.consignor, self.terms.packages
        self.family = Family(world, seen, at)
        pieces = [self._judged(piece) for pieces in self.family.ends.values() for piece in pieces]
        self.whole = Part(world, seen, seen.id, pieces, at)
        self.segments = [segment for line, *_ in pieces for segment in line.segments]
        names = {segment.shipment: segment.terms for segment in self.segments}
        names |= {shipment: seen for shipment, _ in world.family(seen.id)}
        self.passed = {name: list(passings(world, under, name)) for name, under in names.items()}

    def _judged(self, piece: Piece) -> Piece:
        line, rules, best, worst = piece
        return line, replace(rules, commercial=replace(rules.commercial, liable=self.supplier)), best, worst

    @property
    def offered(self) -> list[Passing]:
        """Its own handoffs, refused ones too."""
        return [p for passed in self.passed.values() for p in passed if p.releaser == self.supplier]

    @property
    def released(self) -> list[Passing]:
        return [p for p in self.offered if p.packages]

    @property
    def contents(self) -> list[Goods]:
        contents = self.terms.contents
        assert not isinstance(contents, Withheld)
        return [goods for goods in contents if not isinstance(goods, Withheld)]

    @property
    def event(self) -> Event:
        return self.family.part(self.seen.id).event()

    @property
    def hands_over(self) -> bool:
        return self.whole.rules.commercial.incoterm.startswith(HANDED_OVER)

    @property
    def due(self) -> bool:
        """What customs still excuse is not due yet, but for who only hands over."""
        return self.whole.came if self.hands_over else self.whole.due


def deliveries(supplier: int, seen: Sequence[Seen], at: int) -> Iterator[Delivery]:
    world = World(seen)
    opened = [one for one in world.opened.values() if terms_of(one).consignor == supplier]
    return (Delivery(world, one, at) for one in opened)


# --- on time in full ---


def on_time_in_full(supplier: int, seen: Sequence[Seen], at: int) -> Iterator[Count]:
    """Whole shipments; a handover of its own in breach of a gate is not on time."""
    for delivery in deliveries(supplier, seen, at):
        if delivery.due:
            own = {p.seen.id for p in delivery.released}
            broken = any(breach.record in own for breach in breaches(delivery.seen.id, seen))
            good = _handed_over(delivery) if delivery.hands_over else _delivered(delivery)
            packages = delivery.packages if good and not broken else 0
            yield Count(delivery.event, delivery.packages, packages, packages)


def _handed_over(delivery: Delivery) -> bool:
    """Whether it handed over all goods, in time and sound; what it never held went at the opening."""
    return all(_gone(delivery, piece[0]) for piece in delivery.whole.pieces)


def _gone(delivery: Delivery, line: Line) -> bool:
    own = (step for step in line.steps if step.moves and step.releaser == delivery.supplier)
    step = next((step for step in own if isinstance(step.seen.record, Handoff)), None)
    if step is None:
        return delivery.terms.holder != delivery.supplier and delivery.seen.known <= delivery.whole.t0
    passed = delivery.passed[line.segments[step.place].shipment]
    faulty = any(p.faulty for p in passed if p.seen.id == step.seen.id)
    return counted(step.seen, delivery.whole.rules.commercial.reportLag) <= delivery.whole.t0 and not faulty


def _delivered(delivery: Delivery) -> bool:
    """Whether all goods reached their consignee, in time and without a fault on the way."""
    arrived = all(_arrived(delivery, piece) for piece in delivery.whole.pieces)
    faulty = any(p.faulty for passed in delivery.passed.values() for p in passed)
    return arrived and not faulty and not delivery.whole.late(at_worst=False)


def _arrived(delivery: Delivery, piece: Piece) -> bool:
    """By a handoff to the consignee, not into a locker, refused or tendered."""
    step = delivery.whole.clock(piece).handoff()
    return step is not None and step.moves and step.reaches_consignee_of(delivery.seen)


# --- defects ---


def defects(supplier: int, seen: Sequence[Seen], at: int) -> Iterator[Count]:
    """Packages that were missing or faulty when they left it, came back, or are recalled."""
    for delivery in deliveries(supplier, seen, at):
        if delivery.due:
            bad = sum(p.faulty for p in delivery.offered) + _returned(delivery)
            if any(recalled(delivery.world, goods, at) for goods in delivery.contents):
                bad = delivery.packages
            bad = min(bad, delivery.packages)
            yield Count(delivery.event, delivery.packages, bad, bad)


def _returned(delivery: Delivery) -> int:
    """Packages of the returns of these goods, under whatever terms they travelled and whoever split them since, that
    somebody took on.
    """
    world = delivery.world
    names = {below for segment in delivery.segments for below, _ in world.family(segment.shipment)}
    consumed = {seen.id: seen.record for name in names for _, seen, _ in world.consuming[name]}
    return sum(
        record.packages
        for returned, record in consumed.items()
        if isinstance(record, ShipmentTerms) and record.purpose == Purpose.RETURN and _taken_on(world, returned)
    )


def _taken_on(world: World, shipment: bytes) -> bool:
    """Under the terms of the return, or under later ones."""
    for name, _ in world.family(shipment):
        for _, seen, i in world.consuming[name]:
            record = seen.record
            if isinstance(record, Override) or (isinstance(record, Handoff) and record.items[i].packages):
                return True
            if isinstance(record, ShipmentTerms) and _taken_on(world, seen.id):
                return True
    return False


# --- papers ---


def no_hold(supplier: int, seen: Sequence[Seen], at: int) -> Iterator[Count]:
    """Shipments that customs dealt with; bad are those with a hold that customs or it itself laid to it."""
    for delivery in deliveries(supplier, seen, at):
        dealt = [(one, s) for s in delivery.segments for one in delivery.world.clearances[s.shipment]]
        if dealt and delivery.whole.came:
            good = 0 if any(_own_hold(delivery, one, segment) for one, segment in dealt) else delivery.packages
            yield Count(delivery.event, delivery.packages, good, good)


def _own_hold(delivery: Delivery, one: Seen, segment: Segment) -> bool:
    """What was said of a shipment after these goods had left it is not about them."""
    record = decision(one)
    return (
        record.status == ClearanceStatus.HELD
        and record.causedBy == delivery.supplier
        and segment.before_parting(one, record.occurredAt)
        and (record.assurance == Assurance.AUTHORITY_SIGNED or delivery.supplier in one.signers)
    )


# --- attestations ---


def attested_at_release(supplier: int, seen: Sequence[Seen], at: int) -> Iterator[Count]:
    """Shipments with a GTIN: good if all goods with one were attested when the supplier let go of them."""
    for delivery in deliveries(supplier, seen, at):
        named = [goods for goods in delivery.contents if goods.gtin]
        when = _released(delivery)
        if named and when is not None:
            good = delivery.packages if all(attested(delivery.world, goods, when) for goods in named) else 0
            yield Count(delivery.event, delivery.packages, good, good)


def _released(delivery: Delivery) -> int | None:
    """When it first let go of the goods; the opening, if it never held them, else the promise once that has passed."""
    report_lag = delivery.whole.rules.commercial.reportLag
    if delivery.released:
        return min(counted(p.seen, report_lag) for p in delivery.released)
    if delivery.terms.holder != delivery.supplier:
        return delivery.seen.known
    return delivery.whole.t0 if delivery.whole.t0 < delivery.at else None
