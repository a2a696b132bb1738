"""Coverage: which warehouses serve which areas.

    max Σ Σ z · δ

`z` is 1 where a warehouse serves an area, `δ` the share of deliveries between them that verified records say were on
time. Each area counts by its demand and is served by one warehouse or none; a warehouse serves no more demand than its
capacity, and no more of them are open than `most_sites`. Shares are taken down to whole millionths, so that the sum is
one of integers: demand · δ · 10⁶. To serve nobody is a plan too: every coverage has an answer.

Small networks are proved by the solver's prices or search (`optimum`); large ones by an exact Lagrangian bound
(`relaxation`), and the gap that remains is told.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from ledger.common.figure import Most, Pattern, figure
from ledger.common.ids import PartnerId
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.planning.allocate import Records
from ledger.planning.claims import check_optimum, listed, optimum_told, prices_told, whole
from ledger.planning.libraries import library
from ledger.planning.optimum import MILLION, NODES, Answer, Optimum, Program, Proof, Row, solve
from ledger.planning.relaxation import ROUNDS, Matrix, Served, relax

MOST_SEARCHED = 4_000
"""Pairs of site and area up to which the solver searches what the relaxation leaves open."""
FEW_ROUNDS = 60
"""Of the relaxation where the solver searches what it leaves open."""
MOST_PAIRS = 10_000_000
MOST_DEMAND = 1_000_000
MOST_DELIVERIES = 10**12
Area = Annotated[str, Pattern(r"\S.{0,63}")]
"""As the plan's input names it: a country, a postcode, a customer."""


@dataclass(frozen=True, slots=True)
class Site:
    """A warehouse; `capacity`: demand that it can serve, None: any."""

    capacity: int | None = None
    records: Records = ()


@dataclass(frozen=True, slots=True)
class Demand:
    """`packages` that an area asks for in a period, at least 1."""

    packages: int
    records: Records = ()


@dataclass(frozen=True, slots=True)
class Share:
    """Of `deliveries`, so many came on time."""

    on_time: int
    deliveries: int
    records: Records = ()

    @property
    def ppm(self) -> int:
        """The share in millionths, rounded down; 0 where nothing was delivered yet: nothing is promised unseen."""
        return self.on_time * MILLION // self.deliveries if self.deliveries else 0


@dataclass(frozen=True, slots=True)
class ShareTable:
    """Shares of millions of pairs: deliveries, and those on time, as int64 arrays [site, area], both in the order of
    their sorted names; 0 deliveries: it may not serve there."""

    on_time: Any
    deliveries: Any


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is to be covered; shares by warehouse and area (none stated: it may not serve there), or as a `table`."""

    sites: Mapping[int, Site]
    areas: Mapping[str, Demand]
    shares: Mapping[tuple[int, str], Share]
    most_sites: int | None = None
    table: ShareTable | None = None

    def check(self) -> None:
        """Raises `MalformedRecord` for numbers that make no sense, and networks too large to plan."""
        if len(self.sites) * len(self.areas) > MOST_PAIRS:
            found = len(self.sites) * len(self.areas)
            raise MalformedRecord("too many pairs", where="areas", expected=f"at most {MOST_PAIRS}", found=found)
        for name, area in self.areas.items():
            if not 1 <= area.packages <= MOST_DEMAND:
                raise MalformedRecord("no demand", where=f"areas.{name}", expected=f"1 to {MOST_DEMAND}")
        for number, site in self.sites.items():
            if site.capacity is not None and site.capacity < 0:
                raise MalformedRecord("a capacity below 0", where=f"sites.{number}", expected="0 or more")
        for (number, name), share in self.shares.items():
            if not 0 <= share.on_time <= share.deliveries:
                raise MalformedRecord("no share", where=f"shares.{number}.{name}", expected="on time of deliveries")
            if number not in self.sites or name not in self.areas:
                raise MalformedRecord("a share of nothing", where=f"shares.{number}.{name}", expected="site and area")
        if self.most_sites is not None and self.most_sites < 0:
            raise MalformedRecord("a number below 0", where="most_sites", expected="0 or more")
        if self.table is not None:
            self._check_table(self.table)

    def _check_table(self, table: ShareTable) -> None:
        shape = len(self.sites), len(self.areas)
        fits = table.on_time.shape == table.deliveries.shape == shape and not self.shares
        if not fits or bool(((table.on_time < 0) | (table.on_time > table.deliveries)).any()):
            raise MalformedRecord("no table of shares", where="table", expected="on time of deliveries [site, area]")
        if bool((table.deliveries > MOST_DELIVERIES).any()):
            raise MalformedRecord("too many deliveries", where="table", expected=f"at most {MOST_DELIVERIES} a pair")


@figure("area", "site", "demand", "share_ppm", "on_time", "deliveries", "records")
@dataclass(frozen=True, slots=True)
class Service:
    """Which warehouse serves an area, and what that rests on."""

    area: Area
    site: PartnerId
    demand: int
    share_ppm: Annotated[int, Most(MILLION)]
    on_time: int
    deliveries: int
    records: Records


@figure("site", "areas", "demand", "capacity")
@dataclass(frozen=True, slots=True)
class Load:
    """What an open warehouse serves; capacity None: any."""

    site: PartnerId
    areas: int
    demand: int
    capacity: int | None


@figure("optimum", "demand", "covered_ppm", "open", "services", "unserved")
@dataclass(frozen=True, slots=True)
class Cover:
    """`optimum` counts demand · share in millionths; `covered_ppm` is that over all demand, rounded down: the share of
    demand that came on time from where the plan serves it.
    """

    optimum: Optimum
    demand: int
    covered_ppm: int
    open: tuple[Load, ...]
    services: tuple[Service, ...]
    unserved: tuple[Area, ...]
    prices: tuple[int, ...] = ()
    """Of the areas by name: what proves the bound where no warehouse has a capacity (`ledger.planning.claims`)."""


def cover(coverage: Coverage, nodes: int = NODES, told: Mapping[str, Any] | None = None) -> Cover:
    """The best service, the same for the same network in any order. `told`: an answer whose services are confirmed in
    place of being looked for, without a solver; raises `VerificationFailed` where it cannot be.
    """
    coverage.check()
    numbers, names = sorted(coverage.sites), sorted(coverage.areas)
    serving = _serving(coverage, numbers, names, nodes) if told is None else _told(coverage, names, told)
    rows = {number: i for i, number in enumerate(numbers)}
    services = []
    for column, (name, number) in enumerate(zip(names, serving.sites, strict=True)):
        if number is not None:
            share, demand = _share(coverage, (number, name), (rows[number], column)), coverage.areas[name]
            rests_on = {*share.records, *demand.records, *coverage.sites[number].records}
            services.append(
                Service(name, PartnerId(number), demand.packages, share.ppm, share.on_time, share.deliveries,
                        tuple(sorted(rests_on)))
            )  # fmt: skip
    total = sum(area.packages for area in coverage.areas.values())
    value = sum(service.demand * service.share_ppm for service in services)
    unserved = tuple(name for name, number in zip(names, serving.sites, strict=True) if number is None)
    return Cover(serving.optimum, total, value // max(1, total), _loads(coverage, services), tuple(services), unserved,
                 serving.prices)  # fmt: skip


def _told(coverage: Coverage, names: list[str], told: Mapping[str, Any]) -> "_Serving":
    """What an answer says, where it keeps every limit and its bound is one."""
    optimum, prices = optimum_told(told), prices_told(told)
    serves: dict[str, int] = {}
    for i, one in enumerate(listed(told, "services")):
        name, number = str(one.get("area")), whole(one.get("site"), f"plan.services[{i}].site")
        if name in serves or (number, name) not in coverage.shares or not coverage.shares[number, name].ppm:
            raise VerificationFailed("not a service of this network", where=f"plan.services[{i}]", found=name[:80])
        serves[name] = number
    load: dict[int, int] = defaultdict(int)
    for name, number in serves.items():
        load[number] += coverage.areas[name].packages
    limits = {number: coverage.sites[number].capacity for number in load}
    full = [number for number, limit in limits.items() if limit is not None and load[number] > limit]
    if full or (coverage.most_sites is not None and len(load) > coverage.most_sites):
        raise VerificationFailed("the plan does not keep its limits", where="plan.services", found=len(load))
    value = sum(coverage.areas[name].packages * coverage.shares[number, name].ppm for name, number in serves.items())
    check_optimum(optimum, value, _bound_of(coverage, names, prices))
    return _Serving(tuple(serves.get(name) for name in names), optimum, prices)


def _bound_of(coverage: Coverage, names: list[str], prices: tuple[int, ...]) -> int | None:
    """What no plan exceeds by these prices of areas, see `ledger.planning.relaxation`; None where none are told."""
    if not prices:
        return None
    if len(prices) != len(names) or min(prices) < 0 or any(s.capacity is not None for s in coverage.sites.values()):
        raise VerificationFailed("not a price for each area", where="prices", expected=len(names), found=len(prices))
    price = dict(zip(names, prices, strict=True))
    sums: dict[int, int] = defaultdict(int)
    for (number, name), share in coverage.shares.items():
        sums[number] += max(0, coverage.areas[name].packages * share.ppm - price[name])
    most = len(coverage.sites) if coverage.most_sites is None else coverage.most_sites
    return sum(prices) + sum(sorted(sums.values(), reverse=True)[:most])


def _share(coverage: Coverage, pair: tuple[int, str], at: tuple[int, int]) -> Share:
    if coverage.table is None:
        return coverage.shares[pair]
    return Share(int(coverage.table.on_time[at]), int(coverage.table.deliveries[at]))


@dataclass(frozen=True, slots=True)
class _Serving:
    sites: tuple[int | None, ...]
    optimum: Optimum
    prices: tuple[int, ...] = ()


def _loads(coverage: Coverage, services: Iterable[Service]) -> tuple[Load, ...]:
    areas: dict[PartnerId, int] = defaultdict(int)
    demand: dict[PartnerId, int] = defaultdict(int)
    for service in services:
        areas[service.site] += 1
        demand[service.site] += service.demand
    return tuple(Load(site, areas[site], demand[site], coverage.sites[site].capacity) for site in sorted(areas))


def _serving(coverage: Coverage, numbers: list[int], names: list[str], nodes: int) -> _Serving:
    matrix = matrix_of(coverage, numbers, names)
    if matrix is None:
        return _Serving((None,) * len(names), Optimum(Answer.OPTIMAL, 0, 0, Proof.PRICES))
    pairs = sorted(pair for pair, share in coverage.shares.items() if share.ppm)
    searched = len(pairs) <= MOST_SEARCHED and coverage.table is None
    found = relax(matrix, FEW_ROUNDS if searched else ROUNDS)  # what is left open is searched anyway
    sites = tuple(numbers[i] if i >= 0 else None for i in found.sites.tolist())
    prices = () if matrix.capacity is not None else tuple(found.prices.tolist())
    if found.value == found.bound:
        return _Serving(sites, Optimum(Answer.OPTIMAL, found.value, found.bound, Proof.PRICES), prices)
    if not searched:
        return _Serving(sites, Optimum(Answer.LIMIT, found.value, found.bound, Proof.NONE), prices)
    return _searched(coverage, pairs, (names, nodes), _Serving(sites, _left_open(found)))


def _left_open(found: Served) -> Optimum:
    return Optimum(Answer.LIMIT, found.value, found.bound, Proof.NONE)


def matrix_of(coverage: Coverage, numbers: list[int], names: list[str]) -> Matrix | None:
    """The network as a table; None where nobody may serve anything."""
    numpy = library("numpy")
    most = len(numbers) if coverage.most_sites is None else min(coverage.most_sites, len(numbers))
    if not most or not (coverage.shares or (coverage.table is not None and coverage.table.deliveries.any())):
        return None
    demand = numpy.array([coverage.areas[name].packages for name in names], dtype=numpy.int64)
    values: Any
    if coverage.table is not None:
        told = coverage.table
        values = told.on_time * MILLION // numpy.maximum(told.deliveries, 1) * demand
    else:
        row, column = {n: i for i, n in enumerate(numbers)}, {a: i for i, a in enumerate(names)}
        values = numpy.zeros((len(numbers), len(names)), dtype=numpy.int64)
        for (number, name), share in coverage.shares.items():
            values[row[number], column[name]] = coverage.areas[name].packages * share.ppm
    capacity = None
    if any(site.capacity is not None for site in coverage.sites.values()):
        total = int(demand.sum())
        limits = (coverage.sites[number].capacity for number in numbers)
        capacity = numpy.array([total if c is None else min(c, total) for c in limits], dtype=numpy.int64)
    return Matrix(values, demand, capacity, most)


def _searched(
    coverage: Coverage, pairs: list[tuple[int, str]], asked: tuple[list[str], int], known: _Serving
) -> _Serving:
    """What the solver's search adds to what is known. Columns: the pairs, then the sites, 1 where open."""
    names, nodes = asked
    numbers = sorted({number for number, _ in pairs})
    opened = {number: len(pairs) + i for i, number in enumerate(numbers)}
    by_area: dict[str, list[tuple[int, int]]] = defaultdict(list)
    by_site: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = []
    for i, (number, name) in enumerate(pairs):
        rows.append(Row(((i, 1), (opened[number], -1)), 0))
        by_area[name].append((i, 1))
        by_site[number].append((i, coverage.areas[name].packages))
    rows += [Row(tuple(terms), 1) for _, terms in sorted(by_area.items())]
    for number, terms in sorted(by_site.items()):
        if (capacity := coverage.sites[number].capacity) is not None:
            rows.append(Row((*terms, (opened[number], -capacity)), 0))
    if coverage.most_sites is not None:
        rows.append(Row(tuple((column, 1) for column in opened.values()), coverage.most_sites))
    gains = [coverage.areas[name].packages * coverage.shares[number, name].ppm for number, name in pairs]
    columns = len(pairs) + len(numbers)
    solution = solve(Program((*gains, *(0 for _ in numbers)), (1,) * columns, tuple(rows)), nodes)
    optimum, before = solution.optimum, known.optimum
    if optimum.objective is None or (before.objective or 0) >= optimum.objective:
        if optimum.answer is Answer.OPTIMAL and optimum.objective == before.objective:
            return _Serving(known.sites, optimum)
        bound = min(each for each in (optimum.bound, before.bound) if each is not None)
        return _Serving(known.sites, Optimum(Answer.LIMIT, before.objective, bound, Proof.NONE))
    served = {name: number for (number, name), taken in zip(pairs, solution.columns, strict=False) if taken}
    if optimum.answer is not Answer.OPTIMAL and before.bound is not None and optimum.bound is not None:
        optimum = Optimum(optimum.answer, optimum.objective, min(optimum.bound, before.bound), optimum.proof)
    return _Serving(tuple(served.get(name) for name in names), optimum)
