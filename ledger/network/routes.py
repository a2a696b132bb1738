"""Lanes, markets and modes by which a network is grouped, and the delivery times that are expected of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ledger.codes import Fulfilment, Mode, Purpose
from ledger.common.toml_file import read_toml
from ledger.errors import MalformedRecord
from ledger.network.returns import ordered_as
from ledger.records.types import Place, ShipmentTerms
from ledger.scores.samples import Case
from ledger.shipments.history import Journeys

LONGEST_WINDOW = 3_660
"""Days."""


class Market(StrEnum):
    UNITED_STATES = "United States"
    EUROPE = "Europe"
    SOUTHEAST_ASIA = "Southeast Asia"
    LATIN_AMERICA = "Latin America"


_EUROPE = """
    AD AL AT BA BE BG BY CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE
    SI SK SM UA VA
"""
_SOUTHEAST_ASIA = "BN ID KH LA MM MY PH SG TH TL VN"
_LATIN_AMERICA = "AR BO BR BZ CL CO CR CU DO EC GT GY HN HT MX NI PA PE PR PY SR SV UY VE"
MARKETS: Mapping[Market, frozenset[str]] = {
    Market.UNITED_STATES: frozenset({"US"}),
    Market.EUROPE: frozenset(_EUROPE.split()),
    Market.SOUTHEAST_ASIA: frozenset(_SOUTHEAST_ASIA.split()),
    Market.LATIN_AMERICA: frozenset(_LATIN_AMERICA.split()),
}
"""Countries (ISO 3166-1 alpha-2) of the markets in RECORDS' table."""
_MODES, _FULFILMENTS = frozenset(Mode), frozenset(Fulfilment)


@dataclass(frozen=True, slots=True)
class Window:
    """Expected delivery time in days, both ends included."""

    least: int
    most: int


Windows = Mapping[tuple[Market, Mode], Window]
EXPECTED: Windows = {
    (Market.UNITED_STATES, Mode.AIR): Window(6, 8),
    (Market.UNITED_STATES, Mode.MARITIME): Window(13, 15),
    (Market.EUROPE, Mode.AIR): Window(7, 9),
    (Market.EUROPE, Mode.MARITIME): Window(14, 17),
    (Market.SOUTHEAST_ASIA, Mode.AIR): Window(3, 5),
    (Market.SOUTHEAST_ASIA, Mode.MARITIME): Window(8, 10),
    (Market.LATIN_AMERICA, Mode.AIR): Window(8, 10),
    (Market.LATIN_AMERICA, Mode.MARITIME): Window(16, 21),
}


@dataclass(frozen=True, slots=True)
class Route:
    """What a shipment is grouped by: country codes, or the places' names where no code is stated; empty or None where
    a part is withheld or nothing says. `purpose`: what its terms were opened for.
    """

    origin: str
    destination: str
    market: Market | None
    mode: Mode | None
    carrier: int
    fulfilment: Fulfilment | None = None
    purpose: Purpose = Purpose.ORIGINAL

    @property
    def lane(self) -> str:
        return f"{self.origin or '?'} → {self.destination or '?'}"


class By(StrEnum):
    """What figures are grouped by. Lanes and markets follow from places, which are private."""

    LANE = "lane"
    MARKET = "market"
    MODE = "mode"
    CARRIER = "carrier"
    FULFILMENT = "fulfilment"


NOT_STATED = "not_stated"
GROUPS: Mapping[By, Callable[[Route], str]] = {
    By.LANE: lambda route: route.lane,
    By.MARKET: lambda route: str(route.market or "other"),
    By.MODE: lambda route: NOT_STATED if route.mode is None else route.mode.name.lower(),
    By.CARRIER: lambda route: str(route.carrier),
    By.FULFILMENT: lambda route: NOT_STATED if route.fulfilment is None else route.fulfilment.name.lower(),
}


def route_of(case: Case) -> Route:
    """The route of a shipment: countries of origin and destination, mode, and the partner that delivered it."""
    moves = (case.lines[0].part.portion if case.lines else case.portion).moves
    return route_by_terms(case.journeys, case.terms, moves[-1].releaser if moves else case.terms.holder)


def route_by_terms(journeys: Journeys, terms: ShipmentTerms, carrier: int) -> Route:
    """The route as the terms state it, with the partner that delivered, or holds, the goods. What comes back was
    fulfilled as it was ordered: what a return calls itself moves no cost of it elsewhere.
    """
    fulfilment = ordered_as(journeys, terms).fulfilment
    origin, destination = _country(terms.origin), _country(terms.destination)
    return Route(
        origin,
        destination,
        market=next((name for name, countries in MARKETS.items() if destination in countries), None),
        mode=Mode(terms.mode) if terms.mode in _MODES else None,
        carrier=carrier,
        fulfilment=Fulfilment(fulfilment) if fulfilment in _FULFILMENTS else None,
        purpose=Purpose(terms.purpose),
    )


def parse_windows(data: bytes) -> Windows:
    """The windows of RECORDS, replaced where a TOML file says otherwise: a table a market, days by mode.

    `["United States"]`, then `air = [6, 8]`. Raises `MalformedRecord` naming the key.
    """
    table = read_toml(data, "windows")
    modes = {mode.name.lower(): mode for mode in Mode}
    result = dict(EXPECTED)
    for market, windows in table.items():
        if market not in set(Market):
            raise MalformedRecord("no such market", where=market[:40], expected=", ".join(Market))
        if not isinstance(windows, dict):
            raise MalformedRecord("not a table", where=market, expected="air = [6, 8]")
        for name, days in windows.items():
            where = f"{market}.{name}"[:80]
            mode = modes.get(name.lower().replace(" ", "_"))
            if mode is None:
                raise MalformedRecord("no such mode", where=where, expected=", ".join(modes))
            if not _is_window(days):
                raise MalformedRecord(
                    "not a window", where=where, expected=f"[least, most] days, 0 to {LONGEST_WINDOW}", found=str(days)
                )
            result[Market(market), mode] = Window(*days)
    return result


def _is_window(days: object) -> bool:
    whole = isinstance(days, list) and len(days) == 2 and all(type(day) is int for day in days)
    return whole and isinstance(days, list) and 0 <= days[0] <= days[1] <= LONGEST_WINDOW


def _country(place: object) -> str:
    """The country; where a place names none (histories have names, not codes), what the place is called."""
    return place.country or place.name if isinstance(place, Place) else ""
