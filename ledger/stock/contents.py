"""Which goods a shipment opened with: as its terms or the split say, else its part by packages of what it came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Annotated, NamedTuple

from ledger.common.figure import Pattern, figure
from ledger.common.ids import RecordId
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods, Split
from ledger.shipments.history import Journeys
from ledger.shipments.portions import WHOLE, Found
from ledger.stock.courses import Course, Text

DECIMALS = 3
_SCALE = 10**DECIMALS
Quantity = Annotated[str, Pattern(r"(0|[1-9][0-9]*)(\.[0-9]{0,2}[1-9])?")]
"""Units with at most three decimals, what is beyond them cut off: quantities that were shared out are no whole ones."""
Gtin = Annotated[str, Pattern("([0-9]{14})?")]


class Sku(NamedTuple):
    """Goods that are counted together: `gtin` of 14 digits (empty: none stated), `lot` (empty: not told), `unit` as
    stated."""

    gtin: str
    lot: str
    unit: str


@figure("gtin", "lot", "unit", ("quantity", "amount"), "exact")
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
    def amount(self) -> Quantity:
        return quantity_text(self.quantity)

    @property
    def sku(self) -> Sku:
        return Sku(self.gtin, self.lot, self.unit)


@dataclass(frozen=True, slots=True)
class Contents:
    """`sources`: the terms and splits that say what is in there. `closed`: some of it is withheld here."""

    lines: tuple[Line, ...]
    sources: tuple[RecordId, ...] = ()
    closed: bool = False

    def part(self, share: Fraction) -> "Contents":
        """So much of it, spread evenly; itself where that is all."""
        if share == WHOLE:
            return self
        lines = (replace(line, quantity=line.quantity * share, exact=False) for line in self.lines)
        return Contents(tuple(lines), self.sources, self.closed)


def quantity_text(quantity: Fraction) -> str:
    """Units as decimal digits, cut off after three decimals."""
    whole, rest = divmod(quantity.numerator * _SCALE // quantity.denominator, _SCALE)
    return f"{whole}.{rest:0{DECIMALS}}".rstrip("0") if rest else str(whole)


def contents(journeys: Journeys, courses: dict[bytes, Course]) -> dict[bytes, Contents]:
    """What each shipment opened with. `courses` has whatever was split or left behind after what it came from.

    Where a split states the contents of some children, the others share what is left, by packages.
    """
    result: dict[bytes, Contents] = {}
    left: dict[bytes, Contents] = {}
    for shipment, course in courses.items():
        if (terms := journeys.terms.get(shipment)) is not None:
            result[shipment] = _stated(terms.record.contents, terms.verified.id)
            continue
        origin = journeys.origins[shipment]
        parent, split = result[origin.parent], journeys.split_of(origin.parent)
        if origin.remainder or split is None:
            result[shipment] = parent.part(course.part)
            continue
        child = split.record.children[origin.index]
        if _tells(child.contents):
            result[shipment] = _stated(child.contents, origin.verified.id)
            continue
        if origin.parent not in left:
            left[origin.parent] = _left(parent.part(courses[origin.parent].steps[-1].share), split)
        rest = sum(other.packages for other in split.record.children if not _tells(other.contents))
        result[shipment] = left[origin.parent].part(Fraction(child.packages, rest))
    return result


def _tells(goods: Sequence[Goods | Withheld] | Withheld) -> bool:
    return isinstance(goods, Withheld) or len(goods) > 0


def _left(whole: Contents, split: Found[Split]) -> Contents:
    """What the split did not name: nothing less than nothing, where it names more than there was.

    Where one of those parts is withheld, what is left of the whole is not known either.
    """
    named = [_stated(child.contents, split.verified.id) for child in split.record.children if _tells(child.contents)]
    if not named:
        return whole
    sources = (*whole.sources, split.verified.id)
    if any(part.closed for part in named):
        return Contents((), sources, closed=True)
    taken: dict[Sku, Fraction] = {}
    for part in named:
        for line in part.lines:
            taken[line.sku] = taken.get(line.sku, Fraction(0)) + line.quantity
    lines = ((line, line.quantity - taken.get(line.sku, 0)) for line in whole.lines)
    left = tuple(replace(line, quantity=quantity, exact=False) for line, quantity in lines if quantity > 0)
    return Contents(left, sources, whole.closed)


def _stated(goods: Iterable[Goods | Withheld] | Withheld, source: RecordId) -> Contents:
    """Lines of the same goods are one."""
    if isinstance(goods, Withheld):
        return Contents((), (source,), closed=True)
    sums: dict[Sku, int] = {}
    closed = False
    for part in goods:
        if isinstance(part, Withheld):
            closed = True
        else:
            sku = Sku(part.gtin.zfill(14) if part.gtin else "", part.lot, part.unit)
            sums[sku] = sums.get(sku, 0) + part.quantity
    return Contents(tuple(Line(*sku, Fraction(quantity)) for sku, quantity in sums.items()), (source,), closed)
