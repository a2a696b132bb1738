"""Which goods a shipment opened with: as its terms or the split say, else its part by packages of what it came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ledger.records.eip712 import Withheld
from ledger.records.types import Goods
from ledger.shipments.history import Journeys
from ledger.stock.courses import Course


@dataclass(frozen=True, slots=True)
class Line:
    """Goods of one GTIN (14 digits; empty: none stated), lot (empty: not told) and unit. `exact`: somebody stated this
    quantity; else it was shared out by packages.
    """

    gtin: str
    lot: str
    unit: str
    quantity: Fraction
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Contents:
    """`closed`: some of what is in there is withheld here."""

    lines: tuple[Line, ...]
    closed: bool = False

    def part(self, packages: int, of: int) -> "Contents":
        """What is in so many of its packages, spread evenly; itself where that is all of them or more."""
        if packages >= of:
            return self
        share = Fraction(packages, of)
        lines = (replace(line, quantity=line.quantity * share, exact=False) for line in self.lines)
        return Contents(tuple(lines), self.closed)


def contents(journeys: Journeys, courses: dict[bytes, Course]) -> dict[bytes, Contents]:
    """What each shipment opened with. `courses` has whatever was split or left behind after what it came from."""
    result: dict[bytes, Contents] = {}
    for shipment, course in courses.items():
        if (terms := journeys.terms.get(shipment)) is not None:
            result[shipment] = _stated(terms.record.contents)
            continue
        origin = journeys.origins[shipment]
        parent, split = courses[origin.parent], journeys.split_of(origin.parent)
        own: Sequence[Goods | Withheld] | Withheld = ()
        if not origin.remainder and split is not None:
            own = split.record.children[origin.index].contents
            of = sum(child.packages for child in split.record.children)
            above = result[origin.parent].part(parent.steps[-1].packages, parent.steps[0].packages)
        else:
            of = parent.steps[0].packages
            above = result[origin.parent]
        stated = isinstance(own, Withheld) or len(own) > 0
        result[shipment] = _stated(own) if stated else above.part(course.steps[0].packages, of)
    return result


def _stated(goods: Iterable[Goods | Withheld] | Withheld) -> Contents:
    """Lines of the same goods are one."""
    if isinstance(goods, Withheld):
        return Contents((), closed=True)
    sums: dict[tuple[str, str, str], int] = {}
    closed = False
    for part in goods:
        if isinstance(part, Withheld):
            closed = True
        else:
            key = part.gtin.zfill(14) if part.gtin else "", part.lot, part.unit
            sums[key] = sums.get(key, 0) + part.quantity
    return Contents(tuple(Line(*key, Fraction(quantity)) for key, quantity in sums.items()), closed)
