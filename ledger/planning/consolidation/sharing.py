"""Sharing a cost exactly: in proportion, nobody more than alone, and not a minor unit lost."""

from collections.abc import Sequence
from fractions import Fraction

from ledger.errors import RuleBroken


def shares(total: int, weights: Sequence[int], alone: Sequence[int]) -> tuple[int, ...]:
    """`total` in proportion to `weights` (each at least 1), but of nobody more than `alone`: what exceeds that is borne
    by the others in proportion. Rounded by largest remainder, ties to the first. The sum is exactly `total`.

    Raises `RuleBroken` where all that they pay alone is less than `total`: then sharing helps nobody.
    """
    if sum(alone) < total:
        raise RuleBroken("together is dearer than alone", where="cost", expected=f"at most {sum(alone)}", found=total)
    exact: list[Fraction] = [Fraction(0)] * len(weights)
    left, weight = Fraction(total), sum(weights)
    # Whoever reaches what it pays alone first is settled first; from then on nobody reaches it.
    for i in sorted(range(len(weights)), key=lambda i: (Fraction(alone[i], weights[i]), i)):
        exact[i] = min(Fraction(alone[i]), left * weights[i] / weight)
        left, weight = left - exact[i], weight - weights[i]
    result = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (result[i] - exact[i], i))
    for i in by_remainder[: total - sum(result)]:
        result[i] += 1
    return tuple(result)
