"""Allocation: which warehouse passes how many packages of which goods to which other.

    max Σ (s · r − m)   over transfers r ≥ 0, whole packages

`s` is what a package served at the destination is worth, `r` how many go, `m` what moving them costs: an amount for
each package and, where anything goes on a way at all, one for the consignment. No warehouse gives what it has not
available, none gets more of a product than it lacks there, and what comes in fits into the space that is free before
anything goes out, for nobody can tell which lorry comes first. Money is in minor units of one currency.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Annotated, Any, NamedTuple

from ledger.common.figure import Currency, Pattern, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.planning.claims import confirmed, listed, whole
from ledger.planning.optimum import NODES, Answer, Optimum, Program, Proof, Row, solve

Gtin = Annotated[str, Pattern("[0-9]{14}")]
Records = tuple[RecordId, ...]
MOST_TRANSFERS = 20_000
"""That a plan chooses from: products times pairs of warehouses."""


class Spot(NamedTuple):
    """Goods of one GTIN (14 digits) in one warehouse, by its partner number."""

    warehouse: int
    gtin: str


class Pair(NamedTuple):
    """From one warehouse to another."""

    origin: int
    destination: int


@dataclass(frozen=True, slots=True)
class Lack:
    """`packages` that are asked for where they are not, each worth `value`; of them `least` must come."""

    packages: int
    value: int
    least: int = 0
    records: Records = ()


@dataclass(frozen=True, slots=True)
class Available:
    """Packages that a warehouse can spare."""

    packages: int
    records: Records = ()


@dataclass(frozen=True, slots=True)
class Way:
    """What moving costs, in minor units: each package, and the consignment that carries them all."""

    per_package: int
    per_consignment: int = 0
    records: Records = ()


@dataclass(frozen=True, slots=True)
class Network:
    """What is to be allocated. `space`: packages' worth of room that is free, by warehouse (none stated: no limit);
    `volume`: room that one package of a product takes (none stated: 1).
    """

    currency: str
    available: Mapping[Spot, Available]
    lacks: Mapping[Spot, Lack]
    ways: Mapping[Pair, Way]
    space: Mapping[int, Available] = field(default_factory=dict)
    volume: Mapping[str, int] = field(default_factory=dict)

    def check(self) -> None:
        """Raises `MalformedRecord` for numbers below 0, and goods or ways that lead to themselves."""
        for name, numbers in {
            "available": (each.packages for each in self.available.values()),
            "lacks": chain.from_iterable((each.packages, each.value, each.least) for each in self.lacks.values()),
            "ways": chain.from_iterable((each.per_package, each.per_consignment) for each in self.ways.values()),
            "space": (each.packages for each in self.space.values()),
            "volume": self.volume.values(),
        }.items():
            if (least := min(numbers, default=0)) < 0:
                raise MalformedRecord("a number below 0", where=name, expected="0 or more", found=least)
        for pair in self.ways:
            if pair.origin == pair.destination:
                raise MalformedRecord("a way that leads to itself", where="ways", found=pair.origin)


@figure("origin", "destination", "gtin", "packages", "worth", "charge", "records")
@dataclass(frozen=True, slots=True)
class Transfer:
    """`packages` to move; `worth`: value served less what each package costs to move, `charge`: that of all. The
    consignment's cost is the plan's. `records`: what the plan knows of both ends and of the way.
    """

    origin: PartnerId
    destination: PartnerId
    gtin: Gtin
    packages: int
    worth: int
    records: Records
    charge: int = 0


@figure("currency", "optimum", "transfers", "served", "moving")
@dataclass(frozen=True, slots=True)
class Allocation:
    """The transfers that are worth most. `served` − `moving` is the objective, in minor units."""

    currency: Currency
    optimum: Optimum
    transfers: tuple[Transfer, ...]
    served: int
    moving: int
    prices: tuple[int, ...] = ()
    """Of the program's limits: what proves the bound (`ledger.planning.claims`)."""


class _Column(NamedTuple):
    pair: Pair
    gtin: str
    most: int
    worth: int


def allocate(network: Network, nodes: int = NODES, told: Mapping[str, Any] | None = None) -> Allocation:
    """The best transfers, the same for the same network in any order. `told`: an answer whose transfers are confirmed
    in place of being looked for, without a solver; raises `VerificationFailed` where it cannot be.
    """
    network.check()
    columns = [*_columns(network)]
    pairs = sorted({c.pair for c in columns if network.ways[c.pair].per_consignment})
    program = _program(network, columns, pairs)
    solution = solve(program, nodes) if told is None else confirmed(program, _counts(columns, pairs, told), told)
    counts = solution.columns[: len(columns)]
    moved = [(column, count) for column, count in zip(columns, counts, strict=bool(counts)) if count]
    used = {column.pair for column, _ in moved}
    moving = sum(network.ways[pair].per_consignment for pair in used)
    moving += sum(network.ways[column.pair].per_package * count for column, count in moved)
    served = sum(network.lacks[Spot(c.pair.destination, c.gtin)].value * count for c, count in moved)
    optimum = solution.optimum
    if optimum.objective is not None and optimum.objective != served - moving:  # a consignment paid for nothing
        optimum = Optimum(Answer.LIMIT, served - moving, optimum.bound, Proof.NONE)
    return Allocation(
        network.currency, optimum, tuple(_transfer(network, column, count) for column, count in moved), served, moving,
        solution.prices,
    )  # fmt: skip


def _counts(columns: list[_Column], pairs: list[Pair], told: Mapping[str, Any]) -> tuple[int, ...]:
    """What each column of the program is in a plan that is told."""
    packages: dict[tuple[Pair, str], int] = {}
    for i, one in enumerate(listed(told, "transfers")):
        ends = (whole(one.get(name), f"plan.transfers[{i}].{name}") for name in ("origin", "destination"))
        key = Pair(*ends), str(one.get("gtin"))
        packages[key] = packages.get(key, 0) + whole(one.get("packages"), f"plan.transfers[{i}].packages")
    if unknown := packages.keys() - {(column.pair, column.gtin) for column in columns}:
        raise VerificationFailed("a transfer that is not to choose from", where="plan.transfers", found=min(unknown))
    counts = [packages.get((column.pair, column.gtin), 0) for column in columns]
    used = {column.pair for column, count in zip(columns, counts, strict=True) if count}
    return (*counts, *(int(pair in used) for pair in pairs))


def _columns(network: Network) -> Iterable[_Column]:
    """Every transfer that may pay, in order: from where, to where, of what."""
    givers: dict[str, list[int]] = defaultdict(list)
    for spot, have in network.available.items():
        if have.packages:
            givers[spot.gtin].append(spot.warehouse)
    result = []
    for spot, lack in network.lacks.items():
        for origin in givers.get(spot.gtin, ()):
            way = network.ways.get(pair := Pair(origin, spot.warehouse))
            most = min(network.available[Spot(origin, spot.gtin)].packages, lack.packages)
            if way is not None and most and (lack.value > way.per_package or lack.least):
                result.append(_Column(pair, spot.gtin, most, lack.value - way.per_package))
    if len(result) > MOST_TRANSFERS:
        raise MalformedRecord(
            "too many transfers to choose from", where="ways", expected=f"at most {MOST_TRANSFERS}", found=len(result)
        )
    return sorted(result)


def _program(network: Network, columns: list[_Column], pairs: list[Pair]) -> Program:
    """Columns first, then one for each way that costs a consignment: 1 where it is used."""
    given: dict[Spot, list[tuple[int, int]]] = defaultdict(list)
    got: dict[Spot, list[tuple[int, int]]] = defaultdict(list)
    room: dict[int, list[tuple[int, int]]] = defaultdict(list)
    opened = {pair: len(columns) + i for i, pair in enumerate(pairs)}
    rows = []
    for i, column in enumerate(columns):
        given[Spot(column.pair.origin, column.gtin)].append((i, 1))
        got[Spot(column.pair.destination, column.gtin)].append((i, 1))
        if volume := network.volume.get(column.gtin, 1):
            room[column.pair.destination].append((i, volume))
        if column.pair in opened:
            rows.append(Row(((i, 1), (opened[column.pair], -column.most)), 0))
    rows += [Row(tuple(terms), network.available[spot].packages) for spot, terms in sorted(given.items())]
    for spot, lack in sorted(network.lacks.items()):
        if spot in got or lack.least:
            rows.append(Row(tuple(got[spot]), lack.packages, lack.least or None))
    rows += [Row(tuple(terms), network.space[w].packages) for w, terms in sorted(room.items()) if w in network.space]
    gains = [column.worth for column in columns] + [-network.ways[pair].per_consignment for pair in pairs]
    return Program(tuple(gains), (*(column.most for column in columns), *(1 for _ in pairs)), tuple(rows))


def _transfer(network: Network, column: _Column, count: int) -> Transfer:
    origin, destination = column.pair
    rests_on = (
        network.available[Spot(origin, column.gtin)].records,
        network.lacks[Spot(destination, column.gtin)].records,
        network.ways[column.pair].records,
        network.space[destination].records if destination in network.space else (),
    )
    records = tuple(sorted({*chain.from_iterable(rests_on)}))
    charge, ends = network.ways[column.pair].per_package * count, (PartnerId(origin), PartnerId(destination))
    return Transfer(*ends, column.gtin, count, column.worth * count, records, charge)
