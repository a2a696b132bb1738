"""What was delivered of a product in a market, month by month: the demand that verified deliveries show.

A delivery counts with the goods of its terms, its exact part of them where they came apart, in the month (UTC) in which
it counts, in the market of its destination (one of RECORDS' markets, else the country). Returns are no demand, nor are
goods that went on under later terms: those count where they stayed. What nobody delivered is not seen, so demand that
met an empty shelf is missing.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import NamedTuple

from ledger.codes import Purpose
from ledger.common.gs1 import gtin14
from ledger.common.ids import RecordId
from ledger.common.periods import FOREVER, Period
from ledger.errors import MalformedRecord, NotFound
from ledger.network.contributions import KeptContributions
from ledger.network.routes import route_of
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods, ShipmentTerms
from ledger.scores.samples import case_of
from ledger.shipments.clock_stop import StopKind
from ledger.shipments.history import Journeys

MOST_MONTHS = 1_200


class Product(NamedTuple):
    """A GTIN in one market, in one unit of its terms."""

    gtin: str
    market: str
    unit: str


@dataclass(frozen=True, slots=True)
class Series:
    """Whole units by month, rounded down, from the month `first` on (months since 1970-01) to the last full one;
    months without a delivery are 0. `records`: the terms and deliveries that show it."""

    product: Product
    first: int
    months: tuple[int, ...]
    records: tuple[RecordId, ...]


def demand(
    journeys: Journeys, at: int, gtin: str, wanted: Callable[[ShipmentTerms], bool], kept: KeptContributions
) -> tuple[tuple[Series, ...], int]:
    """The series of a GTIN (14 digits) under terms that are `wanted`, by market and unit, as judged at `at`; and of how
    many deliveries the contents are withheld, so that this may be more."""
    sums: defaultdict[Product, defaultdict[int, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    records: defaultdict[Product, dict[RecordId, None]] = defaultdict(dict)
    closed = 0
    for shipment in journeys.shipments():
        try:
            terms = journeys.terms_of(shipment).record
        except NotFound:
            continue
        contents, share = _opened_with(journeys, shipment, terms)
        own = any(_is_of(goods, gtin) is not False for goods in contents)
        if not own or terms.purpose == Purpose.RETURN or not wanted(terms) or journeys.onward(shipment):
            continue
        known = kept.of(shipment, at)
        if known is None or not known.times:
            continue  # not delivered
        case = case_of(journeys, shipment, Period(0, FOREVER, at))
        if case is None:
            continue
        market = route_of(case)
        for line in case.lines:
            if line.stop is None or line.stop.kind is not StopKind.DELIVERY:
                continue
            part = line.part.portion.share / share
            for goods in contents:
                if isinstance(goods, Withheld):
                    closed += 1
                elif _is_of(goods, gtin):
                    product = Product(gtin, str(market.market or market.destination), goods.unit)
                    sums[product][month_of(line.stop.at)] += goods.quantity * part
                    records[product].update(dict.fromkeys(known.evidence))
    last = month_of(at)
    return tuple(_series(product, sums[product], tuple(records[product]), last) for product in sorted(sums)), closed


def month_of(second: int) -> int:
    """Months since 1970-01, UTC."""
    moment = datetime.fromtimestamp(second, UTC)
    return (moment.year - 1970) * 12 + moment.month - 1


def name_of_month(month: int) -> str:
    """Such as 2026-03."""
    return f"{1970 + month // 12:04d}-{month % 12 + 1:02d}"


def _opened_with(
    journeys: Journeys, shipment: bytes, terms: ShipmentTerms
) -> tuple[tuple[Goods | Withheld, ...], Fraction]:
    """The goods that were stated for a shipment, or for the nearest that it was split or left behind from, and which
    part of its terms that was."""
    for name in journeys.lineage(shipment):
        origin = journeys.origins.get(name)
        split = journeys.split_of(origin.parent) if origin is not None and not origin.remainder else None
        if origin is not None and split is not None:
            stated = split.record.children[origin.index].contents
            if isinstance(stated, Withheld) or stated:
                return _listed(stated), journeys.share(name)
    return _listed(terms.contents), Fraction(1)


def _listed(contents: tuple[Goods | Withheld, ...] | Withheld) -> tuple[Goods | Withheld, ...]:
    return (contents,) if isinstance(contents, Withheld) else contents


def _is_of(goods: Goods | Withheld, gtin: str) -> bool | None:
    """Whether goods are of this GTIN; None: withheld here."""
    if isinstance(goods, Withheld):
        return None
    try:
        return gtin14(goods.gtin) == gtin
    except MalformedRecord:
        return False


def _series(product: Product, months: Mapping[int, Fraction], records: tuple[RecordId, ...], last: int) -> Series:
    first = max(min(months), last - MOST_MONTHS)
    values = tuple(int(months.get(month, Fraction(0))) for month in range(first, last))
    return Series(product, first, values, records)
