"""A carrier's shipments on time, counted from RECORDS.md (*Partner score*) and, where it leaves a choice, ADR 0013.

Readings, where both leave one open: a handoff or sale in breach is that of the shipment it names, even if that was
split later; the holder of what was split is who split it. Who signed new terms of goods put its name to these.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from ledger.records.eip712 import Withheld
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.types import Handoff, Override, ShipmentTerms, Split
from tests.oracle.breaches import breaches
from tests.oracle.facts import DAY, Seen
from tests.oracle.holds import Holds
from tests.oracle.lines import Line
from tests.oracle.penalty import Piece, Rules, pieces_of, rules_of
from tests.oracle.stops import Clock
from tests.oracle.travels import World, terms_of

MILLION = 1_000_000
Z_SQUARED = Decimal("3.8416")
"""95 %: z = 1.96."""


class Event(NamedTuple):
    """What makes one sample: who passed to whom (with its key, if it is one) for which destination on which UTC day."""

    giver: int
    taker: int
    key: bytes
    destination: str | None
    day: int


class OnTime(NamedTuple):
    """`samples`, their mean share in time, and the ends of its interval, in parts per million, rounded outward.

    The value is as if disputed tenders stood, `low` as if they fell. The product has no value where parts are withheld.
    """

    samples: int
    value: int | None
    low: int
    high: int


class Goods(NamedTuple):
    """A shipment in a sample: packages, whether it is on time at best and at worst, and how many seconds it is late in
    each case (None: the carrier is not liable).
    """

    event: Event
    packages: int
    best: bool
    worst: bool
    seconds: tuple[int, int] | None


def on_time(carrier: int, seen: Sequence[Seen], at: int) -> OnTime | None:
    """The indicator of one carrier over all shipments of the log `seen`, judged at `at`; None where nothing was due."""
    samples: dict[Event, list[Goods]] = defaultdict(list)
    for goods in goods_of(carrier, seen, at):
        samples[goods.event].append(goods)
    if not samples:
        return None
    n = len(samples)
    best, worst = (
        sum((_share(sample, at_worst=at_worst) for sample in samples.values()), Fraction(0)) / n
        for at_worst in (False, True)
    )
    return OnTime(n, int(best * MILLION), wilson(worst, n)[0], wilson(best, n)[1])


def _share(sample: list[Goods], *, at_worst: bool) -> Fraction:
    """A sample weighs one and is good by the share of its packages that are."""
    good = sum(goods.packages for goods in sample if (goods.worst if at_worst else goods.best))
    return Fraction(good, sum(goods.packages for goods in sample))


def wilson(share: Fraction, n: int) -> tuple[int, int]:
    """Ends of the Wilson interval of `share` of `n` samples, in parts per million, rounded outward."""
    with localcontext(prec=60):
        p = Decimal(share.numerator) / share.denominator
        middle = n * p + Z_SQUARED / 2
        reach = (Z_SQUARED * (n * p * (1 - p) + Z_SQUARED / 4)).sqrt()
        low, high = (MILLION * (middle + side * reach) / (n + Z_SQUARED) for side in (-1, 1))
        error = Decimal(10) ** -40  # of the root, which may be whole
        return int((low + error).to_integral_value(ROUND_FLOOR)), int((high - error).to_integral_value(ROUND_CEILING))


def goods_of(carrier: int, seen: Sequence[Seen], at: int) -> Iterator[Goods]:
    """All for whose time the carrier answers: as the liable that put its name to it, or by a breach that it signed."""
    world, signers = World(seen), {one.id: one.signers for one in seen}
    for root, terms in world.opened.items():
        family = Family(world, terms, at)
        broken = {b.shipment for b in breaches(root, seen) if carrier in signers[b.record]}
        for shipment in [*family.ends, *(broken - family.ends.keys())]:
            part, breach = family.part(shipment), shipment in broken
            liable = shipment in family.ends and part.due and part.bound(carrier)
            if breach or liable:
                best, worst = (not (breach or part.late(at_worst=at_worst)) for at_worst in (False, True))
                late = (part.seconds_late(), part.seconds_late(at_worst=True)) if liable else None
                yield Goods(part.event(), family.packages[shipment], best, worst, late)


class Family:
    """The shipments of one terms with what their goods became: `ends` has the pieces that ended under each, `through`
    those that it passed too, `packages` what each weighs.
    """

    def __init__(self, world: World, terms: Seen, at: int) -> None:
        self.world, self.terms, self.at = world, terms, at
        self.ends: dict[bytes, list[Piece]] = defaultdict(list)
        self.through: dict[bytes, list[Piece]] = defaultdict(list)
        for piece in pieces_of(world, terms, at):
            names = _names(piece[0])
            self.ends[names[-1]].append(piece)
            for name in names:
                self.through[name].append(piece)
        self.packages = dict(_packages(world, terms.id, terms_of(terms).packages))

    def part(self, shipment: bytes) -> "Part":
        pieces = self.ends.get(shipment) or self.through.get(shipment, [])
        return Part(self.world, self.terms, shipment, pieces, self.at)


def _names(line: Line) -> list[bytes]:
    """The shipments under the first terms that the line passed; it counts as the last of them."""
    return [s.shipment for s in line.segments if s.terms.id == line.segments[0].terms.id]


def _packages(world: World, shipment: bytes, opened: int) -> Iterator[tuple[bytes, int]]:
    """The packages of a shipment and all below it: with how many it was opened, less what short items left behind."""
    held = count = opened
    for sequence, seen, i in world.consuming[shipment]:
        record = seen.record
        if isinstance(record, Split):
            for index, child in enumerate(record.children):
                yield from _packages(world, child_id(shipment, sequence, index), child.packages)
        elif isinstance(record, Handoff | Override):
            taken = (record.items[i] if isinstance(record, Handoff) else record).packages or held
            if taken < held:
                yield from _packages(world, remainder_id(shipment, sequence), held - taken)
                count = min(count, taken)
            held = taken
    yield shipment, count


@dataclass(frozen=True)
class Part:
    """One shipment under its terms, in the pieces that later terms made of it, or splits if it was closed by one; none
    if it was split from what was refused, which still is one part in the penalty.
    """

    world: World
    terms: Seen
    shipment: bytes
    pieces: list[Piece]
    at: int

    def late(self, *, at_worst: bool) -> bool:
        return self.seconds_late(at_worst=at_worst) > 0

    def seconds_late(self, *, at_worst: bool = False) -> int:
        """Of its latest piece."""
        return max((self.seconds_of(piece, at_worst=at_worst) for piece in self.pieces), default=0)

    def seconds_of(self, piece: Piece, *, at_worst: bool = False) -> int:
        """The seconds between t0 and the stop, or now while it is missing, net of customs and relief; whether or not a
        penalty still accrued then.
        """
        line, rules, *_ = piece
        stop = self.clock(piece, best=not at_worst).stop()
        until = self.at if stop is None else stop
        customs = Holds(self.world, self.terms, rules.commercial, line).seconds(self.terms.known, until)
        return max(0, until - self.t0 - customs - rules.relief)

    @property
    def came(self) -> bool:
        """Its time has passed, or the clock stopped before."""
        return self.t0 < self.at or all(self.clock(piece).stop() is not None for piece in self.pieces)

    @property
    def due(self) -> bool:
        """Overdue, or the clock stopped. What customs still hold, and what relief covers, is not due yet, nor what was
        lost before t0 until that has passed.
        """
        overdue = self.t0 < self.at and self.late(at_worst=True)
        return overdue or all(self.clock(piece).stop() is not None for piece in self.pieces)

    @property
    def t0(self) -> int:
        return self.rules.commercial.promisedAt + self.rules.commercial.grace

    def bound(self, carrier: int) -> bool:
        """Whether it is liable and signed or endorsed the terms, or took or passed on the goods: anybody may name a
        stranger in terms. Who carries under later terms serves somebody else.
        """
        signed = self.rules.amended or self.world.bears(self.terms, carrier)
        return self.rules.commercial.liable == carrier and (
            signed or any(self._carried(p[0], carrier) for p in self.pieces)
        )

    def _carried(self, line: Line, carrier: int) -> bool:
        under = [step for step in line.steps if step.passes_on and step.terms.id == self.terms.id]
        return any(carrier in step.seen.signers for step in under)

    @property
    def rules(self) -> Rules:
        """As amended for this shipment and what it parted from."""
        ancestry = dict(self.world.family(self.terms.id))[self.shipment]
        return rules_of(self.world, self.terms, (*(above for above, _ in ancestry), self.shipment))

    def clock(self, piece: Piece, *, best: bool = True) -> Clock:
        return Clock(self.world, self.terms, piece[1].commercial, piece[0], self.at, best)

    def event(self) -> Event:
        """What the latest goods passed between; where no handoff stopped the clock: holder, consignee, day of t0."""
        first = terms_of(self.terms)
        latest = max(self.pieces, key=self.seconds_of, default=None)
        split = self._split(latest[0]) if latest else None
        step = self.clock(latest).handoff() if latest and split is None else None
        if latest and step:
            giver, taker, when = step.releaser, step.receiver, self.clock(latest).time_of(step)
        else:
            steps = [s for s in latest[0].steps if s.moves and (split is None or s.place <= split)] if latest else []
            moved = [step.receiver for step in steps] if latest else self._took()
            giver, taker, when = [first.holder, *moved][-1], first.consignee, self.t0
        key = first.recipientKey if 0 in (giver, taker) else b""
        return Event(giver, taker, key, _destination(first), when // DAY)

    def _split(self, line: Line) -> int | None:
        """The place in the line where this shipment was closed by a split."""
        parted = ((i, s.parted) for i, s in enumerate(line.segments) if s.shipment == self.shipment)
        return next((i for i, by in parted if by and isinstance(by.record, Split)), None)

    def _took(self) -> Iterator[int]:
        """Who took the goods of what was split from what was refused."""
        for _, seen, i in self.world.consuming[self.shipment]:
            record = seen.record
            if isinstance(record, Override) or (isinstance(record, Handoff) and record.items[i].packages):
                yield record.receiver


def _destination(terms: ShipmentTerms) -> str | None:
    """By the finest of its codes; all closed ones are one."""
    place = terms.destination
    return None if isinstance(place, Withheld) else place.gln or place.locode or place.country
