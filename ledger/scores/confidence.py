"""Intervals of 95 % in integers, the same to the last unit on every machine; every end is rounded outward.

Shares: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927), z² = 3.8416.
Means and ratios of sums: the variance of a ratio estimate from whole delivery events, W. G. Cochran, Sampling
Techniques (3rd edition, 1977), chapter 6, times Student's t (The probable error of a mean, Biometrika 6, 1908).
"""

from bisect import bisect_right
from collections.abc import Sequence
from math import isqrt
from typing import NamedTuple

from ledger.errors import MalformedRecord

MILLION = 1_000_000
_Z2 = 38_416
_SCALE = 10_000
_DEGREES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 30, 60, 120)
_T = (127_063, 43_027, 31_825, 27_765, 25_706, 24_470, 23_647, 23_061, 22_622, 22_282, 21_315, 20_860, 20_423, 20_003,
      19_800)  # fmt: skip
"""Student's t, 97.5 %, times 10,000 and rounded up; between two degrees of freedom that of the fewer counts."""


def wilson(good: int, due: int, samples: int) -> tuple[int, int]:
    """The interval of the share good / due as seen in `samples` independent samples, in parts per million.

    The lower end is rounded down, the upper end up. `samples` may be smaller than `due`: thirty lines on one truck are
    one sample. Raises `MalformedRecord` unless 0 ≤ good ≤ due, due ≥ 1 and samples ≥ 1.
    """
    if not 0 <= good <= due or due < 1 or samples < 1:
        raise MalformedRecord(
            "no share", where="interval", expected="0 ≤ good ≤ due, samples ≥ 1", found=f"{good}/{due}, {samples}"
        )
    # (2np + z² ± √(z²(4np(1 − p) + z²))) / (2(n + z²)) with p = good / due, all times due · _SCALE.
    middle = 2 * samples * good * _SCALE + _Z2 * due
    radicand = _Z2 * (4 * _SCALE * samples * good * (due - good) + _Z2 * due * due)
    divisor = 2 * due * (samples * _SCALE + _Z2)
    root = isqrt(radicand * MILLION * MILLION)
    root_up = root + (root * root != radicand * MILLION * MILLION)
    low = (middle * MILLION - root_up) // divisor
    high = -((-middle * MILLION - root_up) // divisor)
    return max(0, low), min(MILLION, high)


class Moments(NamedTuple):
    """Of so many independent events (good, due) the sums, and those of good², good x due and due²."""

    events: int
    good: int
    due: int
    squares: tuple[int, int, int]

    @classmethod
    def of(cls, pairs: Sequence[tuple[int, int]]) -> "Moments":
        squares = sum(g * g for g, _ in pairs), sum(g * d for g, d in pairs), sum(d * d for _, d in pairs)
        return cls(len(pairs), sum(g for g, _ in pairs), sum(d for _, d in pairs), squares)


def ratio(pairs: Sequence[tuple[int, int]], unit: int, low_at: int, high_at: int) -> tuple[int, int]:
    """`ratio_of` pairs (good, due), one an independent event."""
    return ratio_of(Moments.of(pairs), unit, low_at, high_at)


def ratio_of(events: Moments, unit: int, low_at: int, high_at: int) -> tuple[int, int]:
    """The interval of unit x sum(good) / sum(due).

    Events that all say the same prove little when they are few. So each end is taken with one more event imagined, of
    mean weight: at `low_at` for the lower end, at `high_at` for the upper, or at the figure itself if that is further
    out. One event alone has an interval too, which is a point only at a threshold. Raises `MalformedRecord` unless
    there is an event and all is due and positive.
    """
    good, due, squares = events.good, events.due, events.squares
    if not events.events or due < 1 or min(good, unit) < 0:
        raise MalformedRecord("no ratio", where="interval", expected="events that were due", found=f"{good}/{due}")
    low = _end(events.events, good, due, squares, unit, min(low_at * due, good * unit), -1)
    high = _end(events.events, good, due, squares, unit, max(high_at * due, good * unit), 1)
    return max(0, low), high


def _end(n: int, good: int, due: int, squares: tuple[int, int, int], unit: int, imagined: int, sign: int) -> int:
    """One end of the interval, outward, with an event (imagined, unit x due) / (n x unit) more."""
    scale = n * unit
    gg, gd, dd = (s * scale * scale for s in squares)
    gg, gd, dd = gg + imagined * imagined, gd + imagined * unit * due, dd + (unit * due) ** 2
    good, due = good * scale + imagined, due * scale + unit * due
    # Spread: t x sqrt((n + 1) / n x sum((g - v d)^2)) / due with v = good / due, times unit x due^2.
    t = _T[bisect_right(_DEGREES, n) - 1]
    spread = (n + 1) * t * t * unit * unit * (due * due * gg - 2 * good * due * gd + good * good * dd)
    root = isqrt(-(-spread // (n * _SCALE * _SCALE)))
    root += root * root * n * _SCALE * _SCALE < spread
    end = unit * good * due + sign * root
    return end // (due * due) if sign < 0 else -(-end // (due * due))
