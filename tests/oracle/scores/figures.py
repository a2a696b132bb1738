"""What samples make of what was counted: a share with its interval, or a mean."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from fractions import Fraction
from typing import NamedTuple

from tests.oracle.scores.samples import MILLION, wilson


class Count(NamedTuple):
    """What one shipment, record or procedure adds to its sample: how much of what was due is good, or how large it was,
    as if disputed tenders stood (`best`) and as if they fell (`worst`). Not summed over `currency`.
    """

    sample: tuple[object, ...]
    due: int | Fraction
    best: int | Fraction
    worst: int | Fraction
    currency: str = ""


class Figure(NamedTuple):
    """Which `samples` there are, and their mean in seconds or parts per million, rounded down; of shares the ends of
    their interval.
    """

    samples: frozenset[tuple[object, ...]]
    value: int | None
    ends: tuple[int, int] | None


def share(counts: Iterable[Count]) -> Figure | None:
    """A share of what was due; None where nothing was."""
    told = list(counts)
    found = _samples(told)
    if not found:
        return None
    best, worst = _mean([best for best, _ in found]), _mean([worst for _, worst in found])
    ends = wilson(min(best, worst), len(found))[0], wilson(max(best, worst), len(found))[1]
    return Figure(frozenset(count.sample for count in told), int(best * MILLION), ends)


def mean(counts: Iterable[Count], unit: int) -> Figure | None:
    """Of the amounts per due, in units of 1 / `unit`; its interval is not judged here."""
    told = list(counts)
    found = _samples(told)
    if not found:
        return None
    return Figure(frozenset(count.sample for count in told), int(_mean([best for best, _ in found]) * unit), None)


def _samples(counts: Iterable[Count]) -> list[tuple[Fraction, Fraction]]:
    """Each sample weighs one, whatever it holds."""
    held: dict[Hashable, list[Count]] = defaultdict(list)
    for count in counts:
        held[count.sample, count.currency].append(count)
    dues = ((counts, sum(count.due for count in counts)) for counts in held.values())
    return [
        (sum(c.best for c in counts) / Fraction(due), sum(c.worst for c in counts) / Fraction(due))
        for counts, due in dues
        if due
    ]


def _mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)
