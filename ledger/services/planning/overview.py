"""What can be planned without being asked: stock that runs out, the ways that carriers offer, demand to come.

It looks at all records of a home, for whoever runs it. Each part is what the command of its name answers, asked with
defaults that stand in the result, so that anybody asks the same again.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median_low

from ledger.errors import LadingError, MalformedRecord, Misconfigured, NotFound
from ledger.planning.consolidation.plan import ConsolidationPlan
from ledger.planning.distances import Distances
from ledger.planning.forecast import Forecast
from ledger.planning.plan_file import FORMAT, parse_plan
from ledger.planning.positions import only_gtin
from ledger.planning.routes.plan import RoutePlan
from ledger.planning.trigger import Triggered, Watch
from ledger.records.eip712 import Withheld
from ledger.services.figures.penalties_and_scores import Numbers
from ledger.services.planning.goods import ConsolidationAsked, consolidation_for, forecast_for, shipped_classes
from ledger.services.planning.inputs import Known, looked_at
from ledger.services.planning.routes import RouteAsked, route_for
from ledger.services.planning.warehouses import Kind, Places, plan_for
from ledger.stock.holdings import Holding, Stock

MOST_WAREHOUSES, MOST_ENDS, MOST_GTINS = 50, 12, 3
"""Whoever holds most of its own, ends that most rate cards name, products of which most was ordered."""
WINDOW, AHEAD = 90, 3
"""Days of demand that stock is measured by; months that are forecast."""
PACKAGES = 10
"""Of a consignment whose way is looked for where no shipment of its countries is known."""


@dataclass(frozen=True, slots=True)
class Overview:
    """`file`: the plan file that `stock` answers; None where nobody holds goods of its own. `routes` by what the first
    way costs least to most. `forecasts` None: the library is not installed.
    """

    file: str
    stock: Triggered | None
    routes: tuple[RoutePlan, ...]
    consolidation: ConsolidationPlan | None
    forecasts: tuple[Forecast, ...] | None

    @property
    def running_out(self) -> list[Watch]:
        """Goods that run out by the demand of the window, the soonest first."""
        watched = self.stock.watched if self.stock else ()
        return sorted(
            (one for one in watched if one.stock_out_at is not None), key=lambda one: (one.stock_out_at or 0, one.gtin)
        )

    @property
    def empty(self) -> bool:
        told = self.consolidation is not None and bool(self.consolidation.groups)
        return not (self.running_out or self.routes or told or any(one.used for one in self.forecasts or ()))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What there is to ask about. `typical`: packages of a shipment by countries of both ends."""

    warehouses: Mapping[int, str]
    ends: Sequence[tuple[str, str]]
    gtins: Sequence[str]
    typical: Mapping[tuple[str, str], int]


def overview_for(numbers: Numbers, now: int, currency: str, of: tuple[Collection[int], Places]) -> Overview:
    """All of it as of `now`, with prices of cards in `currency` (ISO 4217; empty: nothing has a price). `of`: the
    partners whose stock is planned, and where places lie.
    """
    stores, places = of
    with looked_at(numbers, None, now) as ledger:
        seen = _seen(ledger, now, currency, stores)
    file = _plan_file(seen.warehouses, currency or "XXX")
    stock = plan_for(numbers, None, now, (Kind.TRIGGER, parse_plan(file.encode())), places).plan if file else None
    together = None
    if currency:
        asked = ConsolidationAsked(currency, shipped_classes(), Distances(places[False], places[True], {}))
        together = consolidation_for(numbers, None, now, asked).plan
    return Overview(
        file,
        stock if isinstance(stock, Triggered) else None,
        tuple(_routes(numbers, now, currency, seen, places)),
        together,
        _forecasts(numbers, now, seen.gtins),
    )


def _seen(ledger: Known, now: int, currency: str, stores: Collection[int]) -> _Seen:
    holders: dict[int, Counter[str]] = defaultdict(Counter)
    for holding in Stock(ledger.journeys).at(now, stores.__contains__, lambda _, holder: holder in stores):
        if holding.delivered and only_gtin(holding.goods, closed=holding.closed):
            holders[holding.holder][_place(holding)] += holding.packages
    largest = sorted(holders, key=lambda holder: (-sum(holders[holder].values()), holder))[:MOST_WAREHOUSES]
    offered: Counter[tuple[str, str]] = Counter(
        (rate.origin, rate.destination)
        for card in ledger.cards()
        if card.currency == currency
        for rate in card.rates
        if rate.origin != rate.destination  # else it is what fetching goods there costs
    )
    ends = sorted(offered, key=lambda pair: (-offered[pair], pair))[:MOST_ENDS]
    goods, sizes = _ordered(ledger)
    return _Seen(
        {holder: max(sorted(holders[holder]), key=holders[holder].__getitem__) for holder in sorted(largest)},
        ends,
        [gtin for gtin, _ in sorted(goods.items(), key=lambda item: (-item[1], item[0]))[:MOST_GTINS]],
        {pair: median_low(found) for pair, found in sizes.items()},
    )


def _place(holding: Holding) -> str:
    return (holding.place.locode or holding.place.country) if holding.place else ""


def _ordered(ledger: Known) -> tuple[Counter[str], dict[tuple[str, str], list[int]]]:
    """Packages of shipments that hold one product, by GTIN; and of all shipments, by countries of both ends."""
    goods: Counter[str] = Counter()
    sizes: dict[tuple[str, str], list[int]] = defaultdict(list)
    for shipment in ledger.journeys.terms:
        terms = ledger.journeys.terms_of(shipment).record
        contents = () if isinstance(terms.contents, Withheld) else terms.contents
        if gtin := only_gtin(contents, closed=False):
            goods[gtin] += terms.packages
        if not isinstance(terms.origin, Withheld) and not isinstance(terms.destination, Withheld):
            sizes[terms.origin.country, terms.destination.country].append(terms.packages)
    return goods, sizes


def _plan_file(warehouses: Mapping[int, str], currency: str) -> str:
    if not warehouses:
        return ""
    listed = "".join(f'  {{partner = {number}, place = "{place}"}},\n' for number, place in warehouses.items())
    return f'lading = "{FORMAT}"\ncurrency = "{currency}"\nwindow_days = {WINDOW}\nwarehouses = [\n{listed}]\n'


def _routes(numbers: Numbers, now: int, currency: str, seen: _Seen, places: Places) -> Iterator[RoutePlan]:
    """Between all ends that cards name, for a typical consignment; ends between which no leg has a time are left out.
    Holidays are waited for where their library is installed.
    """
    for origin, destination in seen.ends:
        packages = seen.typical.get((origin[:2], destination[:2]), PACKAGES)
        asked = RouteAsked(origin=origin, destination=destination, packages=packages, currency=currency)
        plan = _way(numbers, now, asked, places)
        if plan is not None and plan.ways:
            yield plan


def _way(numbers: Numbers, now: int, asked: RouteAsked, places: Places) -> RoutePlan | None:
    for holidays in (True, False):
        try:
            return route_for(numbers, None, now, replace(asked, holidays=holidays), places).plan
        except Misconfigured:
            continue
        except LadingError:
            return None
    return None


def _forecasts(numbers: Numbers, now: int, gtins: Sequence[str]) -> tuple[Forecast, ...] | None:
    made: list[Forecast] = []
    for gtin in gtins:
        try:
            made += forecast_for(numbers, None, now, gtin, AHEAD).forecasts
        except Misconfigured:
            return None
        except (MalformedRecord, NotFound):
            continue  # a GTIN that is none
    return tuple(made)
