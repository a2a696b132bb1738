"""How a split parts goods, for stock and provenance alike: what it does not name is what the named children leave."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from ledger.common.ids import RecordId
from ledger.provenance.contents import NOTHING, Contents, Line, stated
from ledger.records.types import Split


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


def parted_by(split: Split, record: RecordId) -> Parted:
    """`record`: the id of the split."""
    named = tuple(stated(child.contents, record) for child in split.children)
    return Parted(tuple(child.packages for child in split.children), named)


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
