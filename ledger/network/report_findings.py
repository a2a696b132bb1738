"""What stands out in a delivery report, as figures; None where the data does not bear it out."""

from dataclasses import dataclass
from enum import IntEnum

from ledger.codes import Mode
from ledger.common.periods import DAY
from ledger.network.performance import MILLION
from ledger.network.report import Bucket, Lane, ModeFigures, PartnerFigures, Report
from ledger.network.report_entries import Summary

ENOUGH = 50
"""Shipments of a lane, mode or period below which a share says little."""
LONG_DELAY = 30
"""Days."""
_NO_TREND = 5_000
"""Parts per million by which a share may differ without a trend."""
_SPREAD = (20, 6)
"""Late shipments and partners below which nothing is said of how few partners account for them."""


class Trend(IntEnum):
    WORSE = -1
    NONE = 0
    BETTER = 1


@dataclass(frozen=True, slots=True)
class Concentration:
    """The fewest partners (`partners` of `of`) that account for at least half of the late shipments (`late`), and the
    one with most; `in_time_without` is how many shipments had been in time if all of that one's had.
    """

    partners: int
    of: int
    late: int
    worst: PartnerFigures
    in_time_without: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """The lanes late most and least often, and the modes, least often late first."""

    worst: Lane
    best: Lane
    modes: tuple[ModeFigures, ...]


@dataclass(frozen=True, slots=True)
class LongDelays:
    """Shipments more than `LONG_DELAY` days late, and their part `penalty` of all that is `owed` by late ones."""

    shipments: int
    penalty: int
    owed: int


def trend_of(report: Report) -> Trend | None:
    """Whether the last year of promises was late more often than the year before."""
    both = report.comparison
    if both is None or min(both.before.sums.shipments, both.after.sums.shipments) < ENOUGH:
        return None
    before, after = _late_ppm(both.before.sums), _late_ppm(both.after.sums)
    if abs(after - before) < _NO_TREND:
        return Trend.NONE
    return Trend.BETTER if after < before else Trend.WORSE


def concentration_of(report: Report) -> Concentration | None:
    late, total = sorted((p.sums.late for p in report.partners), reverse=True), report.sums.late
    if total < _SPREAD[0] or len(late) < _SPREAD[1]:
        return None
    count = so_far = 0
    while so_far * 2 < total:
        so_far += late[count]
        count += 1
    worst = max(report.partners, key=lambda p: (p.sums.late, -p.partner))
    return Concentration(count, len(late), so_far, worst, report.sums.in_time + worst.sums.late)


def reliability_of(report: Report) -> Reliability | None:
    """Of lanes and modes that are stated and have `ENOUGH` shipments; where shares are equal, more count as the more
    reliable.
    """
    lanes = [lane for lane in report.lanes if _enough(lane.mode, lane.sums)]
    if len(lanes) < 2:
        return None
    modes = sorted((m for m in report.modes if _enough(m.mode, m.sums)), key=_share)
    return Reliability(max(lanes, key=_share), min(lanes, key=_share), tuple(modes))


def long_delays_of(report: Report) -> LongDelays | None:
    late = [entry for entry in report.late if entry.currency == report.currency]
    long = [entry for entry in report.late if entry.late_seconds > LONG_DELAY * DAY]
    owed = sum(entry.amount for entry in late)
    if not long or not owed:
        return None
    return LongDelays(len(long), sum(e.amount for e in long if e.currency == report.currency), owed)


def extremes_of(report: Report) -> tuple[Bucket, Bucket] | None:
    """The calendar units late most and least often, of those with ten shipments and a hundredth of all.

    None with fewer than two of them.
    """
    full = [bucket for bucket in report.buckets if bucket.due >= max(10, len(report.entries) // 100)]
    if len(full) < 2:
        return None
    worst = max(full, key=lambda b: (b.late * MILLION // b.due, b.late))
    return worst, min(full, key=lambda b: (b.late * MILLION // b.due, -b.due))


def _enough(mode: Mode, sums: Summary) -> bool:
    return sums.shipments >= ENOUGH and mode is not Mode.NOT_SPECIFIED


def _share(group: Lane | ModeFigures) -> tuple[int, int]:
    return _late_ppm(group.sums), -group.sums.shipments


def _late_ppm(sums: Summary) -> int:
    return sums.late * MILLION // sums.shipments
