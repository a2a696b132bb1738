"""How long deliveries took, against the window that their market and mode are expected to take."""

from collections import Counter
from collections.abc import Iterable

from ledger.charts.chart import Chart, Days, Series, Subject, Unit, Unnamed, without_nothing
from ledger.common.periods import DAY
from ledger.network.contributions import Contribution
from ledger.network.routes import EXPECTED, Window, Windows

MOST_COLUMNS = 14
_WIDTHS = (1, 2, 3, 5, 7, 10, 14, 30, 60, 90, 180, 365, 730)
_SHOWN = (Unnamed.IN_WINDOW, Unnamed.BEFORE_WINDOW, Unnamed.AFTER_WINDOW, Unnamed.NO_WINDOW)


def delivery_times(contributions: Iterable[Contribution], windows: Windows = EXPECTED) -> Chart:
    """Deliveries by the day on which they arrived: the first 24 hours are day 1. Each is told by its own window, both
    ends included, so that one after its window is what the network calls abnormal.
    """
    counts: Counter[tuple[int, Unnamed]] = Counter()
    for one in contributions:
        route = one.route
        window = windows.get((route.market, route.mode)) if route.market and route.mode is not None else None
        for seconds in one.times:
            day = max(1, -(-seconds // DAY))
            counts[day, _told(day, window)] += 1
    days = [day for day, _ in counts]
    bins = _bins(min(days), max(days)) if days else ()
    series = [
        Series(code, tuple(sum(n for (day, told), n in counts.items() if told == code and _in(day, at)) for at in bins))
        for code in _SHOWN
    ]
    return Chart(Subject.DELIVERY_TIMES, Unit.COUNT, bins, without_nothing(series))


def _told(day: int, window: Window | None) -> Unnamed:
    if window is None:
        return Unnamed.NO_WINDOW
    if day < window.least:
        return Unnamed.BEFORE_WINDOW
    return Unnamed.IN_WINDOW if day <= window.most else Unnamed.AFTER_WINDOW


def _bins(first: int, last: int) -> tuple[Days, ...]:
    """As narrow as so few columns allow, all of one width; what lies beyond them is in the last."""
    width = next((one for one in _WIDTHS if (last - first) // one < MOST_COLUMNS), _WIDTHS[-1])
    starts = [*range(first, last + 1, width)][:MOST_COLUMNS]
    bins = [Days(start, start + width - 1) for start in starts]
    if bins[-1].most is not None and bins[-1].most < last:
        bins[-1] = Days(bins[-1].least, None)
    return tuple(bins)


def _in(day: int, place: Days) -> bool:
    return place.least <= day and (place.most is None or day <= place.most)
