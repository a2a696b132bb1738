"""How values are spread, in integers: their mean, the middle one, and what nine in ten do not exceed."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Distribution:
    """Count, mean (rounded down), median (of two: their mean, rounded down) and the smallest value that at least nine
    in ten do not exceed; None without any.
    """

    count: int
    mean: int | None
    median: int | None
    p90: int | None


def distribution(values: Sequence[int]) -> Distribution:
    ordered = sorted(values)
    count = len(ordered)
    if not count:
        return Distribution(0, None, None, None)
    middle = (ordered[count // 2] + ordered[(count - 1) // 2]) // 2
    return Distribution(count, sum(ordered) // count, middle, ordered[-(-9 * count // 10) - 1])
