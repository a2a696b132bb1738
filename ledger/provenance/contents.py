"""What is in shipments, and the one rule by which it is parted where only packages say how.

Stock and provenance part goods by it alike: packages that are over the count add no goods, what is short leaves its
part behind, and what a split does not name is what the named children leave of the whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Annotated, NamedTuple

from ledger.common.figure import Pattern, figure
from ledger.common.ids import RecordId
from ledger.provenance.units import Measure, measure_of
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods

WHOLE, NOTHING = Fraction(1), Fraction(0)
DECIMALS = 3
_SCALE = 10**DECIMALS
Text = Annotated[str, Pattern(r"[\s\S]*")]
"""As it was signed."""
Quantity = Annotated[str, Pattern(r"(0|[1-9][0-9]*)(\.[0-9]{0,2}[1-9])?")]
"""Units with at most three decimals, what is beyond them cut off: quantities that were shared out are no whole ones."""
Gtin = Annotated[str, Pattern("([0-9]{14})?")]
Key = tuple[str, str, str]
"""GTIN (14 digits; empty: none stated), lot (empty: not told), base unit."""


class Sku(NamedTuple):
    """Goods that are counted together: `gtin` of 14 digits (empty: none stated), `lot` (empty: not told), `unit` as
    stated."""

    gtin: str
    lot: str
    unit: str


@figure("gtin", "lot", "unit", ("quantity", "text"), "exact")
@dataclass(frozen=True, slots=True)
class Line:
    """`quantity` of the goods of one GTIN, lot and unit (see `Sku`). `exact`: somebody stated this quantity; else it
    was shared out by packages.
    """

    gtin: Gtin
    lot: Text
    unit: Text
    quantity: Fraction
    exact: bool = True

    @property
    def text(self) -> Quantity:
        return quantity_text(self.quantity)

    @property
    def sku(self) -> Sku:
        return Sku(self.gtin, self.lot, self.unit)

    @property
    def measure(self) -> Measure:
        return measure_of(self.unit)

    @property
    def key(self) -> Key:
        return self.gtin, self.lot, self.measure.unit

    @property
    def amount(self) -> Fraction:
        """In base units."""
        return self.quantity * self.measure.factor

    def part(self, share: Fraction) -> "Line":
        return replace(self, quantity=self.quantity * share, exact=False)


@dataclass(frozen=True, slots=True)
class Contents:
    """`closed`: some or all of it is withheld here. `sources`: the terms and splits that say what is in there."""

    lines: tuple[Line, ...] = ()
    closed: bool = False
    sources: tuple[RecordId, ...] = ()

    def part(self, share: Fraction) -> "Contents":
        """So much of it, spread evenly; itself where that is all."""
        if share == WHOLE:
            return self
        return replace(self, lines=tuple(line.part(share) for line in self.lines))


def quantity_text(quantity: Fraction) -> str:
    """Units as decimal digits, cut off after three decimals."""
    whole, rest = divmod(quantity.numerator * _SCALE // quantity.denominator, _SCALE)
    return f"{whole}.{rest:0{DECIMALS}}".rstrip("0") if rest else str(whole)


def stated(goods: Iterable[Goods | Withheld] | Withheld, *sources: RecordId) -> Contents | None:
    """Contents as a record names them, lines of the same goods summed; None where it names none."""
    if isinstance(goods, Withheld):
        return Contents((), True, sources)
    sums: dict[Sku, int] = {}
    closed = False
    for part in goods:
        if isinstance(part, Withheld):
            closed = True
        else:
            sku = Sku(part.gtin.zfill(14) if part.gtin else "", part.lot, part.unit)
            sums[sku] = sums.get(sku, 0) + part.quantity
    if not sums and not closed:
        return None
    return Contents(tuple(Line(*sku, Fraction(quantity)) for sku, quantity in sums.items()), closed, sources)


def together(parts: Sequence[Contents | None]) -> Contents | None:
    """All of these parts, lines of the same goods summed; None where of one of them nobody says what is in it."""
    sums: dict[Sku, Line] = {}
    for part in parts:
        if part is None:
            return None
        for line in part.lines:
            had = sums.get(line.sku)
            sums[line.sku] = (
                line if had is None else Line(*line.sku, had.quantity + line.quantity, had.exact and line.exact)
            )
    known = [part for part in parts if part is not None]
    sources = dict.fromkeys(source for part in known for source in part.sources)
    return Contents(tuple(sums.values()), any(part.closed for part in known), tuple(sources))


class Counted(NamedTuple):
    """`packages` are there, which are `share` of the goods that there were at the opening."""

    packages: int
    share: Fraction = WHOLE

    def after(self, received: int) -> "Counted":
        """After a move of which so many packages were received; 0: refused, and nothing moved. What is over the count
        adds no goods, what is short leaves its part behind.
        """
        if not received:
            return self
        share = self.share * Fraction(received, self.packages) if received < self.packages else self.share
        return Counted(received, share)


def counts(packages: int, received: Iterable[int]) -> list[Counted]:
    """At the opening with so many packages, and after each move."""
    result = [Counted(packages)]
    for count in received:
        result.append(result[-1].after(count))
    return result


@dataclass(frozen=True, slots=True)
class Parted:
    """A split by what it says of each child: its packages, and what is in it (None: nothing)."""

    packages: tuple[int, ...]
    named: tuple[Contents | None, ...]

    def share(self, index: int) -> Fraction:
        """What share of the packages a child has."""
        return Fraction(self.packages[index], sum(self.packages))

    def left(self, whole: Contents) -> "Left":
        """What those children have that the split names no goods of, all together."""
        named = [part for part in self.named if part is not None]
        rest = sum(count for count, part in zip(self.packages, self.named, strict=True) if part is None)
        if not named:
            return Left(whole, Contents(), rest, rest)
        sources = tuple(dict.fromkeys((*whole.sources, *(source for part in named for source in part.sources))))
        if any(part.closed for part in named):  # they may have any of it
            return Left(Contents((), True, sources), Contents(), rest, rest)
        lines, unsure = _less(whole.lines, [line for part in named for line in part.lines])
        return Left(Contents(lines, whole.closed, sources), Contents(unsure), rest, sum(self.packages))


class Left(NamedTuple):
    """`sure` is with those `rest` packages; `unsure` is spread over `every` package, those of named children too: they
    name more of such goods in a unit that does not convert, so that nobody can tell what they took.
    """

    sure: Contents
    unsure: Contents
    rest: int
    every: int

    def part(self, packages: int) -> Contents:
        """What is in so many of the rest."""
        sure = self.sure.part(Fraction(packages, self.rest))
        lines = self.unsure.part(Fraction(packages, self.every)).lines
        return replace(sure, lines=(*sure.lines, *lines))


def _less(whole: Sequence[Line], named: Sequence[Line]) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """What is left of some goods without those named, nothing less than nothing; and those of which that is not known.

    The named are taken from lines of the same GTIN and lot, then from those where either tells no lot, then from those
    where either states no GTIN: evenly where several are meant, and never more than there is.
    """
    there = [line.amount for line in whole]
    left = [*there]
    wanted = [line.amount for line in named]
    for level in (_same, _same_product, _may_be):
        for i, one in enumerate(named):
            meant = [j for j, line in enumerate(whole) if line.measure.unit == one.measure.unit and level(line, one)]
            most = sum((left[j] for j in meant), NOTHING)
            if not most or not wanted[i]:
                continue
            taken = min(wanted[i], most)
            wanted[i] -= taken
            for j in meant:
                left[j] -= left[j] * taken / most
    sure, unsure = list[Line](), list[Line]()
    more = [one for one, amount in zip(named, wanted, strict=True) if amount]
    for line, before, amount in zip(whole, there, left, strict=True):
        if amount == before and any(_same(line, one) or _same_product(line, one) for one in more):
            unsure.append(line)
        elif amount:
            sure.append(replace(line, quantity=amount / line.measure.factor, exact=False))
    return tuple(sure), tuple(unsure)


def _same(line: Line, one: Line) -> bool:
    return line.gtin == one.gtin and line.lot == one.lot


def _same_product(line: Line, one: Line) -> bool:
    return line.gtin == one.gtin and (not line.lot or not one.lot)


def _may_be(line: Line, one: Line) -> bool:
    lots = line.lot == one.lot or not line.lot or not one.lot
    return lots and (line.gtin == one.gtin or not line.gtin or not one.gtin)
