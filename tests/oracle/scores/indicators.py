"""Each indicator of the default card as the oracle counts it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ledger.codes import Role
from ledger.scores.card import Indicator
from tests.oracle.facts import Seen
from tests.oracle.scores import brokers, carriers, suppliers
from tests.oracle.scores.figures import Count, Figure, mean, share
from tests.oracle.scores.samples import MILLION

Counting = Callable[[int, Sequence[Seen], int], Iterator[Count]]
COUNTED: Final[dict[tuple[Role, Indicator], Counting]] = {
    (Role.CARRIER, Indicator.IN_FULL): carriers.in_full,
    (Role.CARRIER, Indicator.LEGS): carriers.legs,
    (Role.CARRIER, Indicator.MEAN_LATE): carriers.mean_late,
    (Role.CARRIER, Indicator.RECORDS): carriers.records,
    (Role.CARRIER, Indicator.PENALTY): carriers.penalties,
    (Role.SUPPLIER, Indicator.ON_TIME_IN_FULL): suppliers.on_time_in_full,
    (Role.SUPPLIER, Indicator.DEFECTS): suppliers.defects,
    (Role.SUPPLIER, Indicator.NO_HOLD): suppliers.no_hold,
    (Role.SUPPLIER, Indicator.ATTESTED): suppliers.attested_at_release,
    (Role.BROKER, Indicator.RELEASED): brokers.released_clean,
    (Role.BROKER, Indicator.OVER_MEDIAN): brokers.over_median,
    (Role.BROKER, Indicator.RECORDS): brokers.records,
}
UNITS: Final = {Indicator.MEAN_LATE: 1, Indicator.PENALTY: MILLION, Indicator.OVER_MEDIAN: MILLION}
"""Of those that are no share: how many in 1."""


def figure(role: Role, indicator: Indicator, partner: int, seen: Sequence[Seen], at: int) -> Figure | None:
    """What the oracle says; None where nothing was due."""
    counts = COUNTED[role, indicator](partner, seen, at)
    return mean(counts, UNITS[indicator]) if indicator in UNITS else share(counts)
