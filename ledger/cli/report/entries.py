"""One shipment as the report counts it, and how values and times are summed up. Integers only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from ledger.common.periods import DAY
from ledger.network.routes import Route, route_of
from ledger.records.types import UNLIMITED_LAG
from ledger.scores.samples import Case
from ledger.shipments.history import part_of


class Grain(Enum):
    """How finely time is cut."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Entry:
    """One shipment that was promised for a time in the period. Times in seconds, amounts in minor units.

    `alpha`, `cap` and `grace` as the terms in force state them; `freight` and `value` 0 where they state none.
    """

    route: Route
    liable: int
    promised_at: int
    delivered: bool
    stopped: bool
    settled: bool
    late_seconds: int
    customs_seconds: int
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

    @property
    def late(self) -> bool:
        return self.late_seconds > 0

    @property
    def days_late(self) -> int:
        """Rounded up: a second late is a day late."""
        return -(-self.late_seconds // DAY)


@dataclass(frozen=True, slots=True)
class Spread:
    """Count, mean (rounded down), median (of two: their mean, rounded down) and the smallest value that at least nine
    in ten do not exceed; None without any.
    """

    count: int
    mean: int | None
    median: int | None
    p90: int | None


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
        customs_seconds=statement.customs_seconds,
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
    )


def spread(values: Sequence[int]) -> Spread:
    ordered = sorted(values)
    count = len(ordered)
    if not count:
        return Spread(0, None, None, None)
    middle = (ordered[count // 2] + ordered[(count - 1) // 2]) // 2
    return Spread(count, sum(ordered) // count, middle, ordered[-(-9 * count // 10) - 1])


def label_of(seconds: int, grain: Grain) -> str:
    moment = datetime.fromtimestamp(min(seconds, 253_402_300_799), UTC)
    match grain:
        case Grain.MONTH:
            return moment.strftime("%Y-%m")
        case Grain.QUARTER:
            return f"{moment.year} Q{(moment.month + 2) // 3}"
        case Grain.YEAR:
            return str(moment.year)
