"""Plan files: what a plan of warehouses is asked for, and what no record tells. TOML, or the same as JSON.

    lading = "plan/1"
    currency = "EUR"
    window_days = 90                        # of verified demand

    [[warehouses]]                          # space, in packages' worth of room: else as attested, less what is held
    partner = 4
    place = "DEHAM"                         # a UN/LOCODE or a country: by it rate cards are found
    space = 500

    [[products]]
    gtin = "09506000134352"
    value = 5000                            # what a package served is worth, minor units
    volume = 1                              # room that a package takes

    [[ways]]                                # else by rate cards between the places
    from = 4
    to = 7
    per_package = 40
    per_consignment = 9000

    [[targets]]                             # else cover_days of verified demand
    warehouse = 7
    gtin = "09506000134352"
    packages = 120

    [[thresholds]]                          # trigger: an order where stock and what is due lie below
    warehouse = 7
    gtin = "09506000134352"
    packages = 40

    [rules]                                 # days
    lead_days = 5                           # from an order to the goods
    safety_days = 2
    cover_days = 30                         # what stock should last
    keep_days = 10                          # what whoever gives keeps
    least = 1                               # packages of one transfer
    priority = "turnover"                   # or "stock_out"
    worth = 100000                          # balance: a sum smaller by one, minor units
    most_sites = 3                          # cover; left out: any number

Lists of `stock` and `demand` (packages by warehouse and gtin, demand over the window), `areas` (packages) and `shares`
(on_time of deliveries, by warehouse and area) state what records would say: where one is there, it stands for all
records of its kind, and the plan names the file's SHA-256 as what it rests on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeVar

from ledger.attested.rate_card import PLACE
from ledger.common.canonical import parse_json
from ledger.common.gs1 import gtin14
from ledger.common.json_fields import below, entries, fields_of, integer, shown, text
from ledger.common.toml_file import read_toml
from ledger.errors import MalformedRecord
from ledger.planning.allocate import Pair, Spot, Way
from ledger.planning.cover import Demand, Share

FORMAT = "plan/1"
MOST_WAREHOUSES = 200
MOST_ENTRIES = 20_000
"""Of one list."""
LARGEST = 10**9
"""Packages, and minor units."""
LONGEST = 3_660
"""Days."""
T = TypeVar("T")


class Priority(StrEnum):
    """Who is served first: products that turn over fastest, or those that run out first."""

    TURNOVER = "turnover"
    STOCK_OUT = "stock_out"


@dataclass(frozen=True, slots=True)
class Warehouse:
    """`place`: UN/LOCODE, country or empty; `space`: packages' worth of room in all, None: as attested."""

    place: str = ""
    space: int | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """What a package served is worth, in minor units, and the room that it takes."""

    value: int
    volume: int = 1


@dataclass(frozen=True, slots=True)
class Rules:
    """Days, packages and minor units as in the module's text."""

    lead_days: int = 7
    safety_days: int = 2
    cover_days: int = 30
    keep_days: int = 14
    least: int = 1
    priority: Priority = Priority.TURNOVER
    worth: int = 100_000
    most_sites: int | None = None


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What is asked for. None: as records say. `sha256`: of the file that says it."""

    sha256: bytes
    currency: str
    window_days: int
    warehouses: Mapping[int, Warehouse]
    products: Mapping[str, Product]
    ways: Mapping[Pair, Way] | None
    targets: Mapping[Spot, int]
    rules: Rules
    stock: Mapping[Spot, int] | None
    demand: Mapping[Spot, int] | None
    areas: Mapping[str, Demand] | None
    shares: Mapping[tuple[int, str], Share] | None
    thresholds: Mapping[Spot, int] = field(default_factory=dict)


def parse_plan(data: bytes) -> PlanFile:
    """A plan file, TOML or JSON. Raises `MalformedRecord` naming the field."""
    found = parse_json(data, where="plan") if data.lstrip()[:1] == b"{" else read_toml(data, "plan")
    more = ("window_days", "products", "ways", "targets", "thresholds", "rules", "stock", "demand", "areas", "shares")
    plan = fields_of(found, "", ("lading", "currency", "warehouses"), more=more)
    if plan["lading"] != FORMAT:
        raise MalformedRecord("unknown format", where="lading", expected=FORMAT, found=shown(plan["lading"]))
    currency = text(plan["currency"], "currency", 3, 3)
    if not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise MalformedRecord("not a currency", where="currency", expected="three capital letters", found=currency)
    warehouses = _read(plan, "warehouses", _warehouse)
    if len(warehouses) > MOST_WAREHOUSES:
        expected = f"at most {MOST_WAREHOUSES}"
        raise MalformedRecord("too many warehouses", where="warehouses", expected=expected, found=len(warehouses))
    read = _Reader(plan, warehouses)
    return PlanFile(
        sha256(data).digest(),
        currency,
        integer(plan.get("window_days", 90), "window_days", 1, LONGEST),
        warehouses,
        _read(plan, "products", _product),
        read.some("ways", read.way),
        read.all("targets", read.packages),
        _rules(plan.get("rules", {})),
        read.some("stock", read.packages),
        read.some("demand", read.packages),
        read.some("areas", read.area),
        read.some("shares", read.share),
        read.all("thresholds", read.packages),
    )


def _read(plan: Mapping[str, Any], name: str, read: Callable[[Any, str], tuple[Any, T]]) -> dict[Any, T]:
    """The entries of a list by their keys, none of which comes twice."""
    result: dict[Any, T] = {}
    for where, entry in entries(plan.get(name, []), name, 0, MOST_ENTRIES):
        key, value = read(entry, where)
        if key in result:
            raise MalformedRecord("stated twice", where=where)
        result[key] = value
    return result


def _warehouse(value: Any, where: str) -> tuple[int, Warehouse]:
    entry = fields_of(value, where, ("partner",), more=("place", "space"))
    place = text(entry.get("place", ""), below(where, "place"), 0, 5)
    if place and not PLACE.fullmatch(place):
        raise MalformedRecord(
            "not a place", where=below(where, "place"), expected="a UN/LOCODE or a country", found=place
        )
    space = integer(entry["space"], below(where, "space"), 0, LARGEST) if "space" in entry else None
    return integer(entry["partner"], below(where, "partner"), 1, 2**40 - 1), Warehouse(place, space)


def _product(value: Any, where: str) -> tuple[str, Product]:
    entry = fields_of(value, where, ("gtin", "value"), more=("volume",))
    worth = integer(entry["value"], below(where, "value"), 0, LARGEST)
    return _gtin(entry, where), Product(worth, integer(entry.get("volume", 1), below(where, "volume"), 0, LARGEST))


def _gtin(entry: Mapping[str, Any], where: str) -> str:
    return gtin14(text(entry["gtin"], below(where, "gtin"), 8, 14), below(where, "gtin"))


def _rules(value: Any) -> Rules:
    days = ("lead_days", "safety_days", "cover_days", "keep_days")
    entry = fields_of(value, "rules", (), more=(*days, "least", "priority", "worth", "most_sites"))
    said: dict[str, Any] = {name: integer(entry[name], f"rules.{name}", 0, LONGEST) for name in days if name in entry}
    for name, least in (("least", 1), ("worth", 0), ("most_sites", 0)):
        if name in entry:
            said[name] = integer(entry[name], f"rules.{name}", least, LARGEST)
    if "priority" in entry:
        if entry["priority"] not in set(Priority):
            expected = ", ".join(Priority)
            raise MalformedRecord(
                "no such priority", where="rules.priority", expected=expected, found=shown(entry["priority"])
            )
        said["priority"] = Priority(entry["priority"])
    return Rules(**said)


class _Reader:
    """Lists that name warehouses of the plan."""

    def __init__(self, plan: Mapping[str, Any], warehouses: Mapping[int, Warehouse]) -> None:
        self._plan = plan
        self._warehouses = warehouses

    def some(self, name: str, read: Callable[[Any, str], tuple[Any, T]]) -> dict[Any, T] | None:
        """None where the list is left out."""
        return _read(self._plan, name, read) if name in self._plan else None

    def all(self, name: str, read: Callable[[Any, str], tuple[Any, T]]) -> dict[Any, T]:
        return _read(self._plan, name, read)

    def packages(self, value: Any, where: str) -> tuple[Spot, int]:
        entry = fields_of(value, where, ("warehouse", "gtin", "packages"))
        spot = Spot(self._partner(entry, where, "warehouse"), _gtin(entry, where))
        return spot, integer(entry["packages"], below(where, "packages"), 0, LARGEST)

    def way(self, value: Any, where: str) -> tuple[Pair, Way]:
        entry = fields_of(value, where, ("from", "to"), more=("per_package", "per_consignment"))
        each, whole = (
            integer(entry.get(name, 0), below(where, name), 0, LARGEST) for name in ("per_package", "per_consignment")
        )
        pair = Pair(self._partner(entry, where, "from"), self._partner(entry, where, "to"))
        if pair.origin == pair.destination:
            raise MalformedRecord("a way that leads to itself", where=where)
        return pair, Way(each, whole)

    def area(self, value: Any, where: str) -> tuple[str, Demand]:
        entry = fields_of(value, where, ("area", "packages"))
        return _area(entry, where), Demand(integer(entry["packages"], below(where, "packages"), 1, 10**6))

    def share(self, value: Any, where: str) -> tuple[tuple[int, str], Share]:
        entry = fields_of(value, where, ("warehouse", "area", "on_time", "deliveries"))
        deliveries = integer(entry["deliveries"], below(where, "deliveries"), 0, LARGEST)
        on_time = integer(entry["on_time"], below(where, "on_time"), 0, deliveries)
        return (self._partner(entry, where, "warehouse"), _area(entry, where)), Share(on_time, deliveries)

    def _partner(self, entry: Mapping[str, Any], where: str, name: str) -> int:
        partner = integer(entry[name], below(where, name), 1, 2**40 - 1)
        if partner not in self._warehouses:
            raise MalformedRecord("not among the plan's warehouses", where=below(where, name), found=partner)
        return partner


def _area(entry: Mapping[str, Any], where: str) -> str:
    name = text(entry["area"], below(where, "area"), 1, 64)
    if name != name.strip() or not name.isprintable():
        raise MalformedRecord("not a name", where=below(where, "area"), found=shown(name))
    return name
