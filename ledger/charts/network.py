"""The charts of a network, group by group: delivery times and customs hours."""

from collections.abc import Mapping, Sequence

from ledger.charts.chart import Chart
from ledger.charts.customs import customs_hours
from ledger.charts.deliveries import delivery_times
from ledger.network.contributions import Contribution
from ledger.network.routes import EXPECTED, Windows

MOST_GROUPS = 12
"""Groups that are drawn: those with most deliveries. All of them are in the table of figures."""


def network_charts(
    groups: Mapping[str, Sequence[Contribution]], windows: Windows = EXPECTED
) -> dict[str, tuple[Chart, ...]]:
    """By group, the one with most deliveries first; charts without anything to see are left out, and such groups."""
    drawn = {}
    for name in sorted(groups, key=lambda name: (-sum(len(one.times) for one in groups[name]), name))[:MOST_GROUPS]:
        charts = delivery_times(groups[name], windows), customs_hours(groups[name])
        if shown := tuple(chart for chart in charts if not chart.empty):
            drawn[name] = shown
    return drawn
