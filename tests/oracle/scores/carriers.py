"""What a carrier's indicators but *on time* count, from RECORDS.md (*Partner score*) and ADR 0013."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from ledger.codes import StatementKind
from ledger.records.types import Handoff, Statement
from tests.oracle.facts import DAY, Seen
from tests.oracle.holds import Holds, covered
from tests.oracle.lines import Step, counted
from tests.oracle.penalty import Piece, statement
from tests.oracle.scores.exceptions import passings
from tests.oracle.scores.figures import Count
from tests.oracle.scores.samples import Family, Part, goods_of
from tests.oracle.travels import World, terms_of

MOST_LATE = 14 * DAY
LOSSES = (StatementKind.LOST, StatementKind.DESTROYED)


def _families(seen: Sequence[Seen], at: int) -> Iterator[Family]:
    world = World(seen)
    return (Family(world, terms, at) for terms in world.opened.values())


def mean_late(carrier: int, seen: Sequence[Seen], at: int) -> Iterator[Count]:
    """Seconds late, at most 14 days each, of the goods for whose time it is liable."""
    for goods in goods_of(carrier, seen, at):
        if goods.seconds is not None:
            best, worst = (min(MOST_LATE, late) * goods.packages for late in goods.seconds)
            yield Count(goods.event, goods.packages, best, worst)


# --- in full and undamaged ---


def in_full(carrier: int, seen: Sequence[Seen], at: int) -> Iterator[Count]:
    """Shipments that it passed on, lost, offered, has overdue or owes overdue."""
    for family in _families(seen, at):
        world, terms = family.world, terms_of(family.terms)
        for shipment in family.packages if carrier not in (terms.consignor, terms.consignee) else ():
            part, packages = family.part(shipment), family.packages[shipment]
            passed = [p for p in passings(world, family.terms, shipment) if p.releaser == carrier]
            bad = any(p.faulty for p in passed) or any(_lost(s, carrier) for s in world.statements[shipment])
            best, worst = (bad or _overdue(family, part, carrier, best=best) for best in (True, False))
            if worst or any(p.packages for p in passed) or _offered(family, part, carrier):
                yield Count(part.event(), packages, 0 if best else packages, 0 if worst else packages)


def _lost(seen: Seen, carrier: int) -> bool:
    record = seen.record
    return isinstance(record, Statement) and record.kind in LOSSES and record.by == carrier


def _overdue(family: Family, part: Part, carrier: int, *, best: bool) -> bool:
    """Late and not stopped, in its hands or owed by it."""
    return part.came and any(
        part.seconds_of(piece, at_worst=not best)
        and part.clock(piece, best=best).stop() is None
        and (part.bound(carrier) or _holder(family, piece) == carrier)
        for piece in family.ends.get(part.shipment, ())
    )


def _offered(family: Family, part: Part, carrier: int) -> bool:
    """Refused by the consignee or tendered, and it has the goods."""
    return part.came and any(
        _holder(family, piece) == carrier and part.clock(piece).offered()
        for piece in family.ends.get(part.shipment, ())
    )


def _holder(family: Family, piece: Piece) -> int:
    return [terms_of(family.terms).holder, *(step.receiver for step in piece[0].steps if step.moves)][-1]


# --- legs ---


def legs(carrier: int, seen: Sequence[Seen], at: int) -> Iterator[Count]:
    """Legs to it whose deadline has passed: good if all goods were out by then, net of holds that it did not cause."""
    for family in _families(seen, at):
        for shipment, pieces in family.through.items():
            part, packages = family.part(shipment), family.packages[shipment]
            for step in {step for piece in pieces for step in _legs_of(family, shipment, piece, carrier, at)}:
                best, worst = (_out(family, part, step, best=best) for best in (True, False))
                if best is not None and worst is not None:
                    yield Count(part.event(), packages, packages * best, packages * worst)


def _legs_of(family: Family, shipment: bytes, piece: Piece, carrier: int, at: int) -> Iterator[Step]:
    for step in piece[0].steps:
        record = step.seen.record
        leg = isinstance(record, Handoff) and step.moves and step.receiver == carrier and 0 < record.dueAt < at
        here = piece[0].segments[step.place].shipment == shipment
        if leg and here and step.receiver != terms_of(family.terms).consignee:
            yield step


def _out(family: Family, part: Part, step: Step, *, best: bool) -> bool | None:
    """Whether the last of its goods were out in time; None if it began after the clock of all had stopped."""
    pieces = [piece for piece in family.through[part.shipment] if step in piece[0].steps]
    outs = [_piece_out(family, part, piece, step, best=best) for piece in pieces]
    counted_outs = [out for out in outs if out is not None]
    return all(counted_outs) if counted_outs else None


def _piece_out(family: Family, part: Part, piece: Piece, step: Step, *, best: bool) -> bool | None:
    line, rules, _, _ = piece
    record, report_lag = step.seen.record, rules.commercial.reportLag
    assert isinstance(record, Handoff)
    stop = part.clock(piece, best=best).stop()
    t = part.at if stop is None else stop
    start = counted(step.seen, report_lag)
    if start > t:
        return None
    passed = [s for s in line.steps if s.passes_on]
    after = passed[passed.index(step) + 1 :]
    end = min(t, max(start, after[0].passed_at(report_lag))) if after else t
    spans = Holds(family.world, family.terms, rules.commercial, line).spans(t, but_of=step.receiver)
    customs = covered(spans, max(start, family.terms.known), end) if start < end else 0
    return end - record.dueAt - customs <= 0


# --- records and money ---


def records(carrier: int, seen: Sequence[Seen], at: int) -> Iterator[Count]:
    """Handoffs that it signed, good if known within 24 hours of the claimed time.

    Each counts once, in the sample of its first shipment: those that terms opened go before those that parted.
    """
    told: set[bytes] = set()
    shipments = [(family, name) for family in _families(seen, at) for name in family.packages]
    for family, shipment in sorted(shipments, key=lambda entry: entry[1] != entry[0].terms.id):
        for _, one, _ in family.world.consuming[shipment]:
            record = one.record
            if isinstance(record, Handoff) and carrier in one.signers and one.id not in told:
                told.add(one.id)
                good = one.known - record.occurredAt <= DAY
                yield Count(family.part(shipment).event(), 1, good, good)


def penalties(carrier: int, seen: Sequence[Seen], at: int) -> Iterator[Count]:
    """What it owes over the freight, by sample and currency, once it signed or endorsed the terms."""
    for family in _families(seen, at):
        owed = statement(family.terms.id, seen, at)
        for shipment, pieces in family.ends.items():
            part = family.part(shipment)
            commercial = part.rules.commercial
            signed = part.rules.amended or family.world.bears(family.terms, carrier)
            if commercial.liable == carrier and signed and part.due:
                freight = sum((piece[0].weight for piece in pieces), Fraction(0)) * commercial.freight
                own = owed.parts[shipment]
                yield Count(part.event(), freight, own.low, own.high, commercial.currency)
