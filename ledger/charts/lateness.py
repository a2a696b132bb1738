"""What was promised, what was late and what that costs, by cause and calendar unit of the promise (grace included)."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from ledger.charts.chart import Chart, Days, Series, Subject, Unit, Unnamed, without_nothing
from ledger.common.periods import Grain, grain_between, unit_name, unit_of
from ledger.penalties.causes import LateCause


class Late(Protocol):
    """What `Owed`, `PenaltyStatement` and the report's `Entry` have in common."""

    @property
    def promised_at(self) -> int: ...
    @property
    def late_seconds(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def indicative(self) -> bool: ...
    @property
    def cause(self) -> LateCause: ...


class Party(Late, Protocol):
    """With who owes it to whom."""

    @property
    def liable(self) -> int: ...
    @property
    def beneficiary(self) -> int: ...


def late_charts(owed: Iterable[Party], partner: int | None = None) -> tuple[Chart, ...]:
    """How many were late and what is owed for them, by cause: for one partner, what it owes and what it is owed.

    Of each currency a chart of its own. What is indicative is late, and owed by nobody.
    """
    late = [one for one in owed if one.late_seconds > 0]
    charts = [_by_cause(Subject.LATE, Unit.COUNT, late, lambda _: 1)]
    for currency in sorted({one.currency for one in late}):
        bound = [one for one in late if one.currency == currency and not one.indicative]
        if partner is None:
            charts.append(owed_chart(Subject.OWED, bound, currency))
            continue
        charts.append(owed_chart(Subject.OWES, [one for one in bound if one.liable == partner], currency))
        charts.append(owed_chart(Subject.IS_OWED, [one for one in bound if one.beneficiary == partner], currency))
    return tuple(chart for chart in charts if not chart.empty)


def owed_chart(subject: Subject, late: Sequence[Late], currency: str) -> Chart:
    """Of late goods in one currency, what is owed."""
    return _by_cause(subject, Unit.MONEY, late, lambda one: one.amount, currency)


def promised_chart(entries: Sequence[Late]) -> Chart:
    """Of all that was promised, what came in time, and what was late by cause."""
    names, units = _units(entries)
    counts = Counter(
        (unit, one.cause if one.late_seconds > 0 else None) for unit, one in zip(units, entries, strict=True)
    )
    span = range(min(units), min(units) + len(names)) if units else range(0)
    series = [Series(Unnamed.IN_TIME, tuple(counts[unit, None] for unit in span))]
    series += [Series(cause, tuple(counts[unit, cause] for unit in span)) for cause in LateCause]
    return Chart(Subject.PROMISED, Unit.COUNT, names, without_nothing(series))


def late_days_chart(classes: Iterable[tuple[Days, int]]) -> Chart:
    """How many were late by how many days."""
    known = list(classes)
    return Chart(
        Subject.LATE_DAYS,
        Unit.COUNT,
        tuple(days for days, _ in known),
        (Series(Unnamed.LATE, tuple(number for _, number in known)),),
    )


def _by_cause(
    subject: Subject, unit: Unit, late: Sequence[Late], value: Callable[[Late], int], currency: str = ""
) -> Chart:
    names, units = _units(late)
    sums: Counter[tuple[int, LateCause]] = Counter()
    for number, one in zip(units, late, strict=True):
        sums[number, one.cause] += value(one)
    span = range(min(units), min(units) + len(names)) if units else range(0)
    series = [Series(cause, tuple(sums[number, cause] for number in span)) for cause in LateCause]
    return Chart(subject, unit, names, without_nothing(series), currency)


def _units(entries: Sequence[Late]) -> tuple[tuple[str, ...], list[int]]:
    """The names of all units from the first to the last, a gap is a fact; and the unit of each entry."""
    if not entries:
        return (), []
    times = [one.promised_at for one in entries]
    grain: Grain = grain_between(min(times), max(times))
    units = [unit_of(time, grain) for time in times]
    return tuple(unit_name(number, grain) for number in range(min(units), max(units) + 1)), units
