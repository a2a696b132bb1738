"""The delay penalty of a shipment, read from RECORDS.md alone, by brute force and in fractions.

Readings, where the page leaves one open:

1. A child's alpha and cap are those of the terms, weighed by its exact share: floors only once a family.
2. A share of packages is taken at a split (of the children's sum) and at a short item (received of held); `over` none.
3. A refusal (0 packages) by the consignee stops for good, and so does delivery: what is split later stays one part. A
   short item is no split: what it leaves is a part of its own even then, with the same lateness.
4. Under later terms that do not count, only the first consignee's receipt or refusal stops; its tenders and lockers do
   not. Parts under later terms share the first part evenly, by packages. Transformation without signature has ended.
5. An override is no delivery, even to the consignee; it is a move. Ended: lost, left, sold, destroyed, abandoned, and
   seized or destroyed by customs itself for a required pair. `found` stops and reopens nothing.
6. New terms but a return are a move that voids a tender, after a refusal too; an override too, but to an earlier
   holder: who had the goods before the tender. Once back there, they may still move on and void it.
7. Of a locker only the next move is asked; an end (lost in the locker) is no move.
8. A contest at the very last second of the window counts; a tender is undecided up to and with that second; a dispute
   ends with the second 30 days after the contest, endorsements visible in that second counting.
9. A third signed nothing of the part's shipment and its ancestors, before or after, applied or not; what parted from
   these goods is another shipment.
10. Required pairs need no earlier knowledge (the clip to the opening does that); lodged ones do. Who
    declared one that the chain took was a party of the goods then.
11. What an ancestor's records say holds for a child if they occurred before the parting: a split's known time,
    since its claim is the holder's own word.
12. A hold ends with the first release or refusal at or after it; a broker's is put in place by `occurredAt` and counted
    later. What stands on a broker's word, or is of any other pair, ends on a word, and by customs' all the more.
13. A seizure runs from `occurredAt` until the goods next come into other hands, as that counts; new terms are no move.
14. The newest relief that names the goods or none stands, also over those of ancestors. Amendments count in log order
    where each names the one before, of any kind, and all must have signed; corrections change nothing here.
15. `indicative` ends by a signature or endorsement of the terms, or of new terms of the whole (ADR 0003).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Any

from ledger.codes import AmendmentKind
from ledger.records.eip712 import Withheld
from ledger.records.types import Amendment, Commercial
from tests.oracle.facts import DAY, Seen, changes
from tests.oracle.holds import Holds
from tests.oracle.lines import Line, lines_of
from tests.oracle.recourse import Leg, recourse, spread
from tests.oracle.stops import Clock
from tests.oracle.travels import World, terms_of


@dataclass(frozen=True)
class Part:
    """One shipment of the family; times and lateness of its latest piece, amounts of all."""

    late_low: int
    late_high: int
    t_low: int
    t_high: int
    customs: int
    low: int
    high: int


@dataclass(frozen=True)
class Answer:
    """`low` is owed, `frozen` = `high` − `low`; `others`: (shipment, currency, low, high) in other currencies."""

    low: int
    high: int
    frozen: int
    indicative: bool
    parts: dict[bytes, Part]
    recourse: tuple[Leg, ...]
    others: tuple[tuple[bytes, str, int, int], ...] = ()


@dataclass(frozen=True)
class Rules:
    """The amended terms of one part; `family` is the shipment whose currency it is counted in; `amended`: whether new
    terms of it or of what it parted from, which `liable` signed too, stand.
    """

    commercial: Commercial
    relief: int
    family: bytes
    amended: bool


@dataclass(frozen=True)
class Result:
    t: int
    late: int
    customs: int
    amount: Fraction


Piece = tuple[Line, Rules, Result, Result]
_Owed = tuple[Result, Result, int, int]


def statement(root: bytes, seen: Sequence[Seen], at: int) -> Answer:
    """The penalty of the shipment opened by the terms `root`, judged at `at`; its prices must be open."""
    world = World(seen)
    terms = world.opened[root]
    first = rules_of(world, terms, (root,))
    families: dict[bytes, list[Piece]] = defaultdict(list)
    families[root] = []
    for piece in pieces_of(world, terms, at):
        families[piece[1].family].append(piece)

    owned: dict[bytes, list[_Owed]] = defaultdict(list)
    legs: list[Leg] = []
    totals: dict[bytes, tuple[int, int, str]] = {}
    for family, pieces in families.items():
        lows, highs = spread([p[2].amount for p in pieces]), spread([p[3].amount for p in pieces])
        currency = pieces[0][1].commercial.currency if pieces else first.commercial.currency
        totals[family] = sum(lows), sum(highs), currency
        for (line, rules, best, worst), owed, at_worst in zip(pieces, lows, highs, strict=True):
            owned[line.own].append((best, worst, owed, at_worst))
            legs += recourse(world, terms, line, rules.commercial, best.t, owed)
    low, high, _ = totals[root]
    return Answer(
        low=low,
        high=high,
        frozen=high - low,
        indicative=not (first.amended or world.bears(terms, first.commercial.liable)),
        parts={own: _part(results) for own, results in owned.items()},
        recourse=tuple(legs),
        others=tuple((f, c, lo, hi) for f, (lo, hi, c) in totals.items() if f != root),
    )


def child_alone(root: bytes, child: bytes, seen: Sequence[Seen], at: int) -> tuple[int, int]:
    """What a child of the shipment opened by `root` owes by itself: floor to ceiling of the terms below it."""
    world = World(seen)
    pieces = [p for p in pieces_of(world, world.opened[root], at) if any(s.shipment == child for s in p[0].segments)]
    low = sum((best.amount for _, _, best, _ in pieces), Fraction(0))
    high = sum((worst.amount for _, _, _, worst in pieces), Fraction(0))
    return floor(low), ceil(high)


def pieces_of(world: World, terms: Seen, at: int) -> Iterator[Piece]:
    """Every line of the shipment opened by `terms` with the rules of its part, and its result at best and at worst."""
    for line in lines_of(world, terms, rules_of(world, terms, (terms.id,)).commercial.beneficiary):
        rules = rules_of(world, terms, tuple(s.shipment for s in line.segments if s.terms.id == terms.id))
        best, worst = (_result(world, terms, line, rules, at, best=best) for best in (True, False))
        yield line, rules, best, worst


def _part(pieces: list[_Owed]) -> Part:
    lows, highs = [p[0] for p in pieces], [p[1] for p in pieces]
    last = max(lows, key=lambda r: (r.late, r.t))
    return Part(
        late_low=last.late,
        late_high=max(r.late for r in highs),
        t_low=last.t,
        t_high=max(r.t for r in highs),
        customs=last.customs,
        low=sum(p[2] for p in pieces),
        high=sum(p[3] for p in pieces),
    )


def rules_of(world: World, terms: Seen, ancestry: tuple[bytes, ...]) -> Rules:
    """The terms as amended for the last shipment of `ancestry` (from the root down)."""
    commercial = terms_of(terms).commercial
    assert not isinstance(commercial, Withheld), "prices are closed"
    relief, previous, amended = 0, bytes(32), False
    whole = commercial
    for seen in world.amendments[terms.id]:
        record = seen.record
        assert isinstance(record, Amendment)
        needed = set(terms.signers)
        if record.kind != AmendmentKind.CORRECTION:
            needed |= {whole.liable, whole.beneficiary}
        if record.previous != previous or not needed <= set(seen.signers):
            continue
        previous = seen.id
        change = changes(record)
        named = bytes.fromhex(change.pop("shipment")[2:]) if "shipment" in change else terms.id
        if named not in ancestry:
            continue
        if record.kind == AmendmentKind.RELIEF:
            relief = change["seconds"]
        elif record.kind == AmendmentKind.TERMS:
            commercial, amended = _changed(commercial, change), True
            if named == terms.id:
                whole = _changed(whole, change)
    return Rules(commercial, relief, _family(world, terms, ancestry, commercial.currency), amended)


def _family(world: World, terms: Seen, ancestry: tuple[bytes, ...], currency: str) -> bytes:
    """The furthest ancestor in an unbroken line of one currency (ADR 0003)."""
    *above, last = ancestry
    if not above:
        return last
    parent = rules_of(world, terms, tuple(above))
    return parent.family if parent.commercial.currency == currency else last


def amended_for(world: World, terms: Seen, ancestry: tuple[bytes, ...]) -> Commercial:
    """The commercial terms as amended for the last shipment of `ancestry`."""
    return rules_of(world, terms, ancestry).commercial


def _changed(commercial: Commercial, change: dict[str, Any]) -> Commercial:
    return replace(commercial, **change)


def _result(world: World, terms: Seen, line: Line, rules: Rules, at: int, *, best: bool) -> Result:
    """t, customs, lateness and exact amount of one line, with what is undecided for (`best`) or against `liable`."""
    com = rules.commercial
    t0 = com.promisedAt + com.grace
    end = t0 + com.lostAfter
    stop = Clock(world, terms, com, line, at, best).stop()
    unstopped = end if line.end == "ended" else at
    t = min(unstopped if stop is None else stop, end)
    customs = Holds(world, terms, com, line).seconds(terms.known, t)
    late = max(0, t - t0 - customs - rules.relief)
    scaled = min(com.alpha * late * late, com.penaltyCap * DAY * DAY)
    return Result(t, late, customs, line.weight * Fraction(scaled, DAY * DAY))
