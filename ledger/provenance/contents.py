"""What is in shipments, for stock and provenance alike: as records name it, and how much of it packages tell is there.

Packages that are over the count add no goods, what is short leaves its part behind. See `ledger.provenance.parted` for
splits.
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
