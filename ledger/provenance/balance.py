"""Mass balance: whether what went into a split, a merge, onward terms or a transformation is what came out of it.

The contract never enforces it: what two signed is recorded as they signed it, and read here. Goods that stay what they
are balance by GTIN, lot and unit. What is made of others has other GTINs: it balances by mass, or by volume where
nothing is weighed, with the loss that the terms state; by pieces only where everything is of one GTIN. Nothing is
guessed: what is withheld, not named or in a unit that does not convert may be any amount from nothing on, so a
difference is named only where it is there whatever that is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Annotated

from ledger.common.figure import Pattern, figure
from ledger.common.ids import RecordId
from ledger.provenance.contents import Contents, Key, Line
from ledger.provenance.graph import Graph, Junction, Made, UnclearLoss
from ledger.provenance.loss import Loss
from ledger.provenance.units import GRAM, MILLILITRE, measure_of

NOTHING = Fraction(0)
Code = Annotated[str, Pattern(r"[^\x00-\x1f]{0,64}")]


class Verdict(StrEnum):
    """`gap`: more went in than came out and was stated as lost; `surplus`: more came out than went in."""

    EVEN = "even"
    GAP = "gap"
    SURPLUS = "surplus"
    UNKNOWN = "unknown"


class Unknown(StrEnum):
    """Why amounts are not known: contents withheld here; contents that nobody named; units that do not agree; a loss
    that is withheld or cannot be read; or amounts shared out by packages, which prove nothing.
    """

    WITHHELD = "withheld"
    NOT_NAMED = "not_named"
    UNITS = "units"
    LOSS_WITHHELD = "loss_withheld"
    LOSS_UNREADABLE = "loss_unreadable"
    BY_PACKAGES = "by_packages"


@figure("gtin", "lot", "unit", "into", "out_of", "loss", "difference", "verdict", "unknown")
@dataclass(frozen=True, slots=True)
class Sum:
    """One balance in base units: of goods of one GTIN and lot, or (both empty) of everything that has this unit.

    `into` and `out_of` are what is known to have gone in and come out. `difference`: how much the gap or the surplus
    is at least; None where neither is sure.
    """

    gtin: Code
    lot: Code
    unit: Code
    into: Fraction
    out_of: Fraction
    loss: Fraction
    difference: Fraction | None
    verdict: Verdict
    unknown: tuple[Unknown, ...] = ()


@figure("gtin", "lot", "unit", "amount", "exact")
@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a GTIN and lot, in a base unit. Not `exact`: shared out by packages."""

    gtin: Code
    lot: Code
    unit: Code
    amount: Fraction
    exact: bool


@figure("record", "made", "parents", "children", "verdict", "sums", "inputs", "outputs")
@dataclass(frozen=True, slots=True)
class Balance:
    """What one record made of its parents. `inputs`, `outputs`: the amounts of each GTIN, lot and base unit that are
    known; `sums`: what is to be equal. `loss`: as the terms state it. `sources`: the records that say what went in.
    """

    record: RecordId
    made: Made
    parents: tuple[bytes, ...]
    children: tuple[bytes, ...]
    sums: tuple[Sum, ...]
    inputs: tuple[Amount, ...]
    outputs: tuple[Amount, ...]
    loss: Loss | UnclearLoss | None = None
    sources: tuple[RecordId, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of its sums."""
        found = {one.verdict for one in self.sums}
        worst = (Verdict.SURPLUS, Verdict.GAP, Verdict.UNKNOWN, Verdict.EVEN)
        return next((verdict for verdict in worst if verdict in found), Verdict.UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Side:
    """What is known of all that went in, or came out; `unknown`: why there may be more."""

    lines: tuple[Line, ...]
    unknown: frozenset[Unknown]

    @property
    def units(self) -> frozenset[str]:
        return frozenset(line.measure.unit for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Bound:
    """An amount of which at least so much is known; `more`: why it may be more. Not `exact`: it may be less, too."""

    amount: Fraction
    more: frozenset[Unknown]
    exact: bool = True


def balances(graph: Graph) -> Iterator[Balance]:
    """Of every record in the graph that made shipments of others."""
    return (balance_of(graph, junction) for junction in graph.junctions())


def balance_of(graph: Graph, junction: Junction) -> Balance:
    above = [graph.at_close(node) for node in junction.above]
    into = _side(above)
    out = _side(node.stated for node in junction.below)
    loss = junction.below[0].loss
    made = junction.made is Made.TRANSFORMATION
    return Balance(
        junction.record,
        junction.made,
        tuple(node.shipment for node in junction.above),
        tuple(node.shipment for node in junction.below),
        (_made(into, out, loss),) if made else tuple(_same(into, out)),
        tuple(_amounts(into.lines)),
        tuple(_amounts(out.lines)),
        loss,
        tuple(dict.fromkeys(source for part in above if part is not None for source in part.sources)),
    )


def _side(parts: Iterable[Contents | None]) -> _Side:
    lines: list[Line] = []
    unknown: set[Unknown] = set()
    for part in parts:
        if part is None:
            unknown.add(Unknown.NOT_NAMED)
        else:
            lines += part.lines
            unknown |= {Unknown.WITHHELD} if part.closed else set()
    return _Side(tuple(lines), frozenset(unknown))


def _made(into: _Side, out: _Side, loss: Loss | UnclearLoss | None) -> Sum:
    """All that went into a transformation against all that came out and was lost."""
    unit = _measure(into, out)

    def bound(side: _Side) -> _Bound:
        others = {Unknown.UNITS} if side.units - {unit} else set()
        own = [line for line in side.lines if line.measure.unit == unit]
        amount = sum((line.amount for line in own), NOTHING)
        return _Bound(amount, side.unknown | others, all(line.exact for line in own))

    came, lost = bound(out), _lost(loss, unit)
    return _judged(("", "", unit), bound(into), came, lost)


def _measure(into: _Side, out: _Side) -> str:
    """The unit by which a transformation balances; empty where nothing on both sides can be compared."""
    units = into.units | out.units
    for unit in (GRAM, MILLILITRE):
        if unit in units:
            return unit
    things = {(line.gtin, line.measure.unit) for line in (*into.lines, *out.lines)}
    return next(iter(units)) if len(things) == 1 and next(iter(things))[0] else ""


def _lost(loss: Loss | UnclearLoss | None, unit: str) -> _Bound:
    if isinstance(loss, Loss):
        measure = measure_of(loss.unit)
        if measure.unit == unit:
            return _Bound(loss.quantity * measure.factor, frozenset())
        return _Bound(NOTHING, frozenset({Unknown.UNITS}))
    if loss is None:
        return _Bound(NOTHING, frozenset())
    reason = Unknown.LOSS_WITHHELD if loss is UnclearLoss.WITHHELD else Unknown.LOSS_UNREADABLE
    return _Bound(NOTHING, frozenset({reason}))


def _same(into: _Side, out: _Side) -> Iterator[Sum]:
    """Goods that stay what they are, each GTIN, lot and unit by itself. Where one side names no lot, or no GTIN, the
    other's are taken together.
    """
    both = (*into.lines, *out.lines)
    gtins = [{line.gtin for line in side.lines} for side in (into, out)]
    by_gtin = gtins[0] == gtins[1] or "" not in gtins[0] | gtins[1]
    lots = [{(line.gtin, line.lot) for line in side.lines} for side in (into, out)]
    vague = {gtin for gtin, lot in lots[0] ^ lots[1] if not lot}
    vague |= {gtin for gtin, lot in lots[0] & lots[1] if not lot and _lots(lots[0], gtin) != _lots(lots[1], gtin)}

    def key_of(line: Line) -> Key:
        if not by_gtin:
            return "", "", line.measure.unit
        return line.gtin, "" if line.gtin in vague else line.lot, line.measure.unit

    for key in sorted({key_of(line) for line in both}):
        goods = [[line for line in side.lines if key_of(line)[:2] == key[:2]] for side in (into, out)]
        units = [{line.measure.unit for line in lines} for lines in goods]
        apart = {Unknown.UNITS} if all(units) and units[0] != units[1] else set()
        bounds = []
        for side, lines in zip((into, out), goods, strict=True):
            own = [line for line in lines if line.measure.unit == key[2]]
            amount = sum((line.amount for line in own), NOTHING)
            bounds.append(_Bound(amount, side.unknown | apart, all(line.exact for line in own)))
        yield _judged(key, bounds[0], bounds[1], _Bound(NOTHING, frozenset()))


def _lots(named: set[tuple[str, str]], gtin: str) -> set[str]:
    return {lot for one, lot in named if one == gtin}


_NO_OBSTACLE = frozenset({Unknown.UNITS, Unknown.BY_PACKAGES})
"""Amounts in one unit may be equal although there is more in others, and although packages alone say how much."""


def _judged(key: Key, into: _Bound, out: _Bound, loss: _Bound) -> Sum:
    unknown = into.more | out.more | loss.more
    exact = into.exact and out.exact
    if not exact:
        unknown |= {Unknown.BY_PACKAGES}
    difference = into.amount - out.amount - loss.amount
    verdict = Verdict.UNKNOWN
    if not key[2]:
        unknown |= {Unknown.UNITS}
    elif not difference and unknown <= _NO_OBSTACLE:
        verdict = Verdict.EVEN
    elif exact and difference > 0 and not out.more and not loss.more:
        verdict = Verdict.GAP
    elif exact and difference < 0 and not into.more:
        verdict = Verdict.SURPLUS
    sure = verdict is not Verdict.UNKNOWN
    return Sum(
        *key,
        into=into.amount,
        out_of=out.amount,
        loss=loss.amount,
        difference=abs(difference) if sure else None,
        verdict=verdict,
        unknown=tuple(sorted(unknown)),
    )


def _amounts(lines: Sequence[Line]) -> Iterator[Amount]:
    for key in sorted({line.key for line in lines}):
        own = [line for line in lines if line.key == key]
        yield Amount(*key, sum((line.amount for line in own), NOTHING), all(line.exact for line in own))
