"""Whole units of what is exact: one floor of the sum, spread by largest remainder, ties in the order given."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor


def spread(exact: Sequence[Fraction]) -> list[int]:
    """What each gets of the floor of the sum; where remainders are equal, who comes first."""
    shares = [floor(value) for value in exact]
    left = floor(sum(exact, Fraction(0))) - sum(shares)
    ranked = sorted(range(len(exact)), key=lambda i: shares[i] - exact[i])  # stable: ties stay in order
    for i in ranked[:left]:
        shares[i] += 1
    return shares
