"""Attested numbers as indicators of a score: what issuers say of a partner, scaled between two thresholds of the card.

They count as they stood in the last second of the period, or when it is judged, if that is earlier. Of each issuer the
newest counts, and of several issuers the median: so no single one decides, neither a friend of the partner's nor a
rival's, and nobody gains by asking until somebody says what pleases. The partner's own word counts only where the card
says `self = true`.

A number is no sample: it raises and lowers nothing by itself, has no interval, and makes no score where delivery events
are too few.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from ledger.attested.claims import Closed
from ledger.attested.numbers import Said, counting
from ledger.common.ids import RecordId
from ledger.common.periods import Period
from ledger.scores.card import AttestedNumber, WhenMissing
from ledger.scores.estimate import doubled_median
from ledger.scores.flags import Flag, FlagKind


@dataclass(frozen=True, slots=True)
class NumberTally:
    """The numbers that count for one indicator of one partner, one an issuer, ascending by issuer."""

    indicator: AttestedNumber
    said: tuple[Said, ...]

    @property
    def due(self) -> bool:
        """Whether it has weight: something was attested, or the card wants it."""
        return bool(self.said) or self.indicator.missing is WhenMissing.ZERO

    @property
    def closed(self) -> tuple[RecordId, ...]:
        """The attestations of which the claims are withheld or erased here: they may say any number."""
        return tuple(one.record for one in self.said if isinstance(one.number, Closed))

    @property
    def evidence(self) -> tuple[RecordId, ...]:
        return tuple(one.record for one in self.said)

    def value(self) -> Fraction | None:
        """The median; None where nothing is attested, or a number is closed."""
        numbers = [one.number.value for one in self.said if not isinstance(one.number, Closed)]
        return Fraction(doubled_median(numbers), 2) if numbers and len(numbers) == len(self.said) else None

    @property
    def disputed(self) -> int:
        return 0


def judged_at(period: Period) -> int:
    """The second at which attested numbers have to be known and valid."""
    return min(period.end - 1, period.at)


def number_tally(indicator: AttestedNumber, about: Iterable[Said]) -> NumberTally:
    """`about`: what counts about the partner, as `ledger.attested.numbers.said_about` gives it."""
    return NumberTally(indicator, counting(about, indicator.schema, indicator.unit, own=indicator.own))


def interest_flags(tallies: Iterable[object], customers: Collection[int]) -> Iterator[Flag]:
    """Numbers that come from the partner itself or from one of its `customers` in the period: who speaks has an
    interest.
    """
    said = [one for tally in tallies if isinstance(tally, NumberTally) for one in tally.said]
    interested = sorted({one.record for one in said if one.issuer == one.partner or one.issuer in customers})
    if interested:
        yield Flag(FlagKind.INTERESTED_ISSUER, len(interested), len({one.record for one in said}), tuple(interested))
