"""How long customs offices held goods, and for what."""

from collections import Counter
from collections.abc import Sequence

from ledger.charts.chart import Chart, Series, Subject, Unit, Unnamed, without_nothing
from ledger.codes import HoldCause
from ledger.network.contributions import Contribution, Sums
from ledger.network.customs import Office

MOST_CAUSES = 4
"""Causes with a series of their own: more colours are not told apart."""


def customs_hours(contributions: Sequence[Contribution]) -> Chart:
    """Seconds under hold by office, the longest first, and by cause, the commonest first."""
    held = Sums.of(contributions).office_seconds if contributions else Counter[tuple[Office, HoldCause]]()
    offices: Counter[Office] = Counter()
    causes: Counter[HoldCause] = Counter()
    for (office, cause), seconds in held.items():
        offices[office] += seconds
        causes[cause] += seconds
    places = tuple(sorted((one for one in offices if offices[one]), key=lambda one: (-offices[one], one)))
    ordered = sorted(causes, key=lambda cause: (-causes[cause], cause))
    own, others = ordered[:MOST_CAUSES], ordered[MOST_CAUSES:]
    series = [Series(cause, tuple(held[office, cause] for office in places)) for cause in own]
    rest = tuple(sum(held[office, cause] for cause in others) for office in places)
    series.append(Series(Unnamed.OTHER_CAUSES, rest))
    return Chart(Subject.CUSTOMS_HOURS, Unit.SECONDS, places, without_nothing(series))
