"""One shipment as the delivery report counts it, and groups of shipments summed up.

Integers, codes and ids only: times in seconds, amounts in minor units. Lateness is that of `ledger.penalties`, customs
holds taken out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ledger.codes import Mode
from ledger.common.distribution import Distribution, distribution
from ledger.common.periods import DAY
from ledger.network.routes import Route, route_of
from ledger.penalties.causes import LateCause
from ledger.records.types import UNLIMITED_LAG
from ledger.scores.samples import Case
from ledger.shipments.portions import part_of

K = TypeVar("K", bound=Any)


@dataclass(frozen=True, slots=True)
class Entry:
    """One shipment that was promised for a time in the period.

    `alpha`, `cap` and `grace` as the terms in force state them; `freight` and `value` 0 where they state none.
    """

    route: Route
    liable: int
    promised_at: int
    delivered: bool
    stopped: bool
    settled: bool
    late_seconds: int
    amount: int
    uncapped: int
    currency: str
    indicative: bool
    replayed: bool
    packages: int
    value: int
    freight: int
    alpha: int
    cap: int
    grace: int
    cause: LateCause

    @property
    def mode(self) -> Mode:
        return Mode.NOT_SPECIFIED if self.route.mode is None else self.route.mode

    @property
    def late(self) -> bool:
        return self.late_seconds > 0

    @property
    def days_late(self) -> int:
        """Rounded up: a second late is a day late."""
        return -(-self.late_seconds // DAY)


def entry_of(case: Case) -> Entry:
    """The shipment of `case`, whose terms promise a time."""
    statement, commercial = case.statement, case.force.commercial
    return Entry(
        route=route_of(case),
        liable=statement.liable,
        promised_at=statement.promised_at,
        delivered=statement.delivered_at is not None,
        stopped=statement.stopped_at is not None,
        settled=statement.settled,
        late_seconds=statement.late_seconds,
        amount=statement.amount,
        uncapped=statement.uncapped,
        currency=commercial.currency,
        indicative=statement.indicative,
        replayed=commercial.reportLag == UNLIMITED_LAG,
        packages=sum(line.packages for line in case.lines),
        value=commercial.value,
        freight=part_of(commercial.freight, statement.share),
        alpha=commercial.alpha,
        cap=commercial.penaltyCap,
        grace=commercial.grace,
        cause=statement.cause,
    )


@dataclass(frozen=True, slots=True)
class Freight:
    """Freight in one currency over the shipments that state any: their number, packages, the sum, and the penalties of
    the same shipments.
    """

    shipments: int
    packages: int
    amount: int
    penalties: int

    @property
    def per_shipment(self) -> int | None:
        return self.amount // self.shipments if self.shipments else None

    @property
    def per_package(self) -> int | None:
        return self.amount // self.packages if self.packages else None


@dataclass(frozen=True, slots=True)
class Summary:
    """A group of shipments. `lateness`: of the late ones, in seconds; `penalty` and `freight` in one currency."""

    shipments: int
    late: int
    lateness: Distribution
    penalty: int
    freight: Freight

    @property
    def in_time(self) -> int:
        return self.shipments - self.late


def summary_of(entries: Sequence[Entry], currency: str) -> Summary:
    late = [entry.late_seconds for entry in entries if entry.late]
    mine = [entry for entry in entries if entry.currency == currency]
    stated = [entry for entry in mine if entry.freight]
    freight = Freight(
        len(stated),
        sum(entry.packages for entry in stated),
        sum(entry.freight for entry in stated),
        sum(entry.amount for entry in stated),
    )
    return Summary(len(entries), len(late), distribution(late), sum(entry.amount for entry in mine), freight)


def largest_first(entries: Iterable[Entry], key: Callable[[Entry], K]) -> list[tuple[K, list[Entry]]]:
    """The groups that `key` makes, those of most shipments first, then by key."""
    groups: dict[K, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


@dataclass(frozen=True, slots=True)
class Rates:
    """What the terms in one currency say of penalties, least and most. `cap_bps`: parts of the value in 10,000, where
    all caps are the same part of it, rounded down.
    """

    alpha: tuple[int, int]
    cap: tuple[int, int]
    cap_bps: int | None
    grace: tuple[int, int]


def rates_of(entries: Iterable[Entry], currency: str) -> Rates | None:
    """None where no terms in this currency state a penalty."""
    mine = [entry for entry in entries if entry.currency == currency and entry.alpha]
    if not mine:
        return None

    def ends(values: Iterable[int]) -> tuple[int, int]:
        ordered = sorted(values)
        return ordered[0], ordered[-1]

    dearest = max(mine, key=lambda entry: entry.value)
    part = -(-dearest.cap * 10_000 // dearest.value) if dearest.value else None
    same = part is not None and all(entry.value * part // 10_000 == entry.cap for entry in mine)
    return Rates(
        ends(entry.alpha for entry in mine),
        ends(entry.cap for entry in mine),
        part if same else None,
        ends(entry.grace for entry in mine),
    )
