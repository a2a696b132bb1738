"""Network figures for the parties of shipments and for auditors.

Parties get them, with lanes, markets and prices, of the shipments whose terms they may read, and auditors of all. What
the public sees is published by quarter (see `ledger.services.figures.publication`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ledger.charts.chart import Chart
from ledger.common.figure import to_json
from ledger.common.periods import Period, period_of
from ledger.common.scopes import ALL_SCOPES
from ledger.errors import MalformedRecord, NotPermitted
from ledger.explain.network import more_words, words
from ledger.explain.text import say
from ledger.network.benchmark import Benchmark, BenchmarkRow, compare_costs
from ledger.network.performance import NetworkFigures, compare
from ledger.network.routes import EXPECTED, By, Windows
from ledger.network.table import Side, network_csv
from ledger.network.turnover import Turnover
from ledger.services.figures.penalties_and_scores import Numbers
from ledger.services.views.records import Reader


@dataclass(frozen=True, slots=True)
class NetworkAnswer:
    """Figures by group, of `before` too where a comparison is asked for."""

    period: Period
    by: By | None
    groups: Mapping[str, NetworkFigures]
    before_period: Period | None
    before: Mapping[str, NetworkFigures] | None
    scope: str
    turnover: Mapping[str, Sequence[Turnover]] = field(default_factory=dict)
    before_turnover: Mapping[str, Sequence[Turnover]] = field(default_factory=dict)
    benchmark: Benchmark | None = None

    def to_json(self, *, evidence: bool = False) -> dict[str, Any]:
        return {
            "by": str(self.by) if self.by else None,
            "of": self.scope,
            "period": to_json(self.period),
            "published": None,
            "before_period": to_json(self.before_period) if self.before_period else None,
            "benchmark": self._benchmark(),
            "groups": [self._group(name, evidence) for name in self.names],
        }

    @property
    def names(self) -> list[str]:
        """The groups that have shipments, or goods in somebody's hands, in either period."""
        return sorted({*self.groups, *(self.before or {}), *self.turnover, *self.before_turnover})

    @property
    def uneven(self) -> bool:
        """Whether one of the two periods, as far as it has passed, is over a tenth longer: sums say little then."""
        if self.before_period is None:
            return False
        shorter, longer = sorted(max(1, one.at - one.start) for one in (self.period, self.before_period))
        return 10 * longer > 11 * shorter

    @property
    def costs(self) -> tuple[BenchmarkRow, ...]:
        """Benchmarks beside what was measured; empty without a benchmark, and for groups that are no fulfilments."""
        if self.benchmark is None or self.by is not By.FULFILMENT:
            return ()
        return compare_costs(self.groups, self.benchmark)

    def to_csv(self) -> str:
        """A row a number, with the one of the earlier period beside it: see `ledger.network.table.network_csv`."""
        return network_csv({name: self._sides(name) for name in self.names})

    def _sides(self, name: str) -> tuple[Side | None, Side]:
        before = None if self.before is None else Side(self.before.get(name), self.before_turnover.get(name, ()))
        return before, Side(self.groups.get(name), self.turnover.get(name, ()))

    def _benchmark(self) -> dict[str, Any] | None:
        if self.benchmark is None or self.by is not By.FULFILMENT:
            return None
        costs = [to_json(row) for row in self.costs]
        return {"title": self.benchmark.title, "source": self.benchmark.source, "costs": costs}

    def _group(self, name: str, evidence: bool) -> dict[str, Any]:
        """A group's figures and, beside them, the same in sentences; with each plain figure of the earlier period."""
        figures, earlier = self.groups.get(name), (self.before or {}).get(name)
        group = {
            "group": name,
            "figures": self._figures(figures, evidence),
            "turnover": [to_json(one) for one in self.turnover.get(name, ())],
            "explanation": [] if figures is None else [*words(figures), *more_words(figures)],
        }
        if self.before is None:
            return group
        changes = compare(earlier, figures) if earlier and figures else ()
        return group | {
            "before": self._figures(earlier, evidence),
            "before_turnover": [to_json(one) for one in self.before_turnover.get(name, ())],
            "changes": [to_json(change) for change in changes],
        }

    def _figures(self, figures: NetworkFigures | None, evidence: bool) -> dict[str, Any] | None:
        """Without `evidence` no record is named."""
        if figures is None:
            return None
        return to_json(figures) | ({} if evidence else {"evidence": None})


class Asked(NamedTuple):
    """A period as somebody asks for it, see `ledger.common.periods.period_of`."""

    start: int | None = None
    end: int | None = None
    rolling: int | None = None


def periods_of(now: int, asked: Asked, against: Asked) -> tuple[Period, Period | None]:
    """The period that is asked for, and the one to compare it with, if any; where only the latter is named, the former
    is what follows it. Raises `MalformedRecord` for half a period, and for one that ends before it starts.
    """
    if against == Asked():
        return period_of(now, *asked), None
    if against.start is None or against.end is None:
        where = "against_start" if against.start is None else "against_end"
        raise MalformedRecord("half a period", where=where, expected="against_start and against_end")
    before = period_of(now, *against)
    return period_of(now, *(Asked(before.end) if asked == Asked() else asked)), before


def require_apart(period: Period, other: Period) -> None:
    """Raises `MalformedRecord` for periods that overlap: what is in both would be compared with itself."""
    if other.start < period.end and period.start < other.end:
        raise MalformedRecord(
            "the periods overlap",
            where="against",
            expected="one before or after the other",
            found=f"{period.start} to {period.end}, and {other.start} to {other.end}",
            mend="Say the start and the end of both; without them a period is all time.",
        )


def knows_shipments(reader: Reader) -> bool:
    """Whether the reader is anybody who may know of single shipments: a partner, or an auditor."""
    return bool(reader.partner or reader.auditor)


def network_for(
    numbers: Numbers,
    reader: Reader | None,
    period: Period,
    *,
    by: By | None = None,
    before: Period | None = None,
    windows: Windows = EXPECTED,
) -> NetworkAnswer:
    """The network in `period`, beside that in `before`; `reader` None: whoever runs this home, who knows it all.

    Raises `NotPermitted` for the public, `MalformedRecord` for a comparison of periods that overlap.
    """
    if before is not None:
        require_apart(period, before)
    only = limited_to(reader)
    groups = numbers.network(period, by, windows, only)
    earlier = numbers.network(before, by, windows, only) if before is not None else None
    scope = say("all shipments") if only is None else say("the shipments whose terms you may read")
    return NetworkAnswer(
        period, by, groups, before, earlier, scope,
        turnover=numbers.turnover(period, by, only),
        before_turnover=numbers.turnover(before, by, only) if before is not None else {},
        benchmark=numbers.benchmark(),
    )  # fmt: skip


def network_charts_for(
    numbers: Numbers, reader: Reader | None, period: Period, *, by: By | None = None, windows: Windows = EXPECTED
) -> Mapping[str, Sequence[Chart]]:
    """What the shipments of `network_for` look like, by group. Raises `NotPermitted` for the public."""
    return numbers.network_charts(period, by, windows, limited_to(reader))


def limited_to(reader: Reader | None) -> Reader | None:
    """The reader whose rights decide; None where everything may be seen. Raises `NotPermitted` for the public."""
    if reader is None or (reader.auditor and reader.scopes == ALL_SCOPES):
        return None
    if not knows_shipments(reader):
        raise NotPermitted(
            "only closed calendar quarters are public", where="reader", mend="Sign in with a key of a party."
        )
    return reader
