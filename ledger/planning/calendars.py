"""Public holidays of countries, on which nobody hands goods over, works at them, clears or receives them.

Only national holidays count, and days are those of UTC: who knows better states a later departure. What a country keeps
comes from the `holidays` library; of a country that it does not know no day is closed, and the plan says so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache

from ledger.common.periods import DAY
from ledger.planning.libraries import library

YEARS = 2
"""So many years from a departure on are looked up, the year itself included."""
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Holidays:
    """Closed days since 1970, by country; `unknown`: countries whose calendar nobody knows here."""

    closed: Mapping[str, frozenset[int]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()

    def worked(self, place: str, second: int, work: int) -> int:
        """When so many seconds of work end at a place where it can begin at `second`, on days alone that are no
        holiday of the place's country. Of no work: `second`, or the start of the next such day.
        """
        closed, last = self.closed.get(place[:2], frozenset()), self._last.get(place[:2], -1)
        while (day := second // DAY) <= last:
            if day in closed:
                second = (day + 1) * DAY
            elif second + work < (day + 1) * DAY or not work:
                break
            else:
                work -= (day + 1) * DAY - second
                second = (day + 1) * DAY
        return second + work

    @cached_property
    def _last(self) -> Mapping[str, int]:
        return {country: max(days) for country, days in self.closed.items() if days}


def holidays_of(countries: Iterable[str], depart: int) -> Holidays:
    """The holidays of these countries from the year of `depart` on. Raises `Misconfigured` without the library."""
    first = datetime.fromtimestamp(depart, UTC).year
    kept = {country: _closed(country, first) for country in sorted(set(countries))}
    closed = {country: days for country, days in kept.items() if days is not None}
    return Holidays(closed, tuple(country for country in kept if country not in closed))


@lru_cache(512)
def _closed(country: str, first: int) -> frozenset[int] | None:
    calendars = library("holidays")
    if country not in calendars.list_supported_countries(include_aliases=False):
        return None
    found = calendars.country_holidays(country, years=range(first, first + YEARS), observed=True)
    return frozenset(day.toordinal() - _EPOCH for day in found)
