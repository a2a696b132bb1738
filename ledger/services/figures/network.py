"""Network figures for the parties of shipments and for auditors.

Parties get them, with lanes, markets and prices, of the shipments whose terms they may read, and auditors of all. What
the public sees is published by quarter (see `ledger.services.figures.publication`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.charts.chart import Chart
from ledger.common.figure import to_json
from ledger.common.periods import Period
from ledger.common.scopes import ALL_SCOPES
from ledger.errors import MalformedRecord, NotPermitted
from ledger.explain.network import words
from ledger.explain.text import say
from ledger.network.performance import NetworkFigures, compare
from ledger.network.routes import EXPECTED, By, Windows
from ledger.services.figures.penalties_and_scores import Numbers
from ledger.services.views.records import Reader


@dataclass(frozen=True, slots=True)
class NetworkAnswer:
    """Figures by group, of `before` too where a comparison is asked for."""

    period: Period
    by: By | None
    groups: Mapping[str, NetworkFigures]
    before_period: Period | None
    before: Mapping[str, NetworkFigures] | None
    scope: str

    def to_json(self, *, evidence: bool = False) -> dict[str, Any]:
        return {
            "by": str(self.by) if self.by else None,
            "of": self.scope,
            "period": to_json(self.period),
            "published": None,
            "before_period": to_json(self.before_period) if self.before_period else None,
            "groups": [self._group(name, evidence) for name in sorted({*self.groups, *(self.before or {})})],
        }

    def _group(self, name: str, evidence: bool) -> dict[str, Any]:
        """A group's figures and, beside them, the same in sentences; with each plain figure of the earlier period."""
        figures, earlier = self.groups.get(name), (self.before or {}).get(name)
        group = {
            "group": name,
            "figures": self._figures(figures, evidence),
            "explanation": [] if figures is None else list(words(figures)),
        }
        if self.before is None:
            return group
        changes = compare(earlier, figures) if earlier and figures else ()
        return group | {
            "before": self._figures(earlier, evidence),
            "changes": [to_json(change) for change in changes],
        }

    def _figures(self, figures: NetworkFigures | None, evidence: bool) -> dict[str, Any] | None:
        """Without `evidence` no record is named."""
        if figures is None:
            return None
        return to_json(figures) | ({} if evidence else {"evidence": None})


def knows_shipments(reader: Reader) -> bool:
    """Whether the reader is anybody who may know of single shipments: a partner, or an auditor."""
    return bool(reader.partner or reader.auditor)


def network_for(
    numbers: Numbers,
    reader: Reader | None,
    period: Period,
    *,
    by: By | None = None,
    before: Period | None = None,
    windows: Windows = EXPECTED,
) -> NetworkAnswer:
    """The network in `period`, beside that in `before`; `reader` None: whoever runs this home, who knows it all.

    Raises `NotPermitted` for the public, `MalformedRecord` for a comparison of a period with itself.
    """
    if before is not None and (before.start, before.end) == (period.start, period.end):
        raise MalformedRecord("a period compared with itself", where="against", expected="another period")
    only = limited_to(reader)
    groups = numbers.network(period, by, windows, only)
    earlier = numbers.network(before, by, windows, only) if before is not None else None
    scope = say("all shipments") if only is None else say("the shipments whose terms you may read")
    return NetworkAnswer(period, by, groups, before, earlier, scope)


def network_charts_for(
    numbers: Numbers, reader: Reader | None, period: Period, *, by: By | None = None, windows: Windows = EXPECTED
) -> Mapping[str, Sequence[Chart]]:
    """What the shipments of `network_for` look like, by group. Raises `NotPermitted` for the public."""
    return numbers.network_charts(period, by, windows, limited_to(reader))


def limited_to(reader: Reader | None) -> Reader | None:
    """The reader whose rights decide; None where everything may be seen. Raises `NotPermitted` for the public."""
    if reader is None or (reader.auditor and reader.scopes == ALL_SCOPES):
        return None
    if not knows_shipments(reader):
        raise NotPermitted(
            "only closed calendar quarters are public", where="reader", mend="Sign in with a key of a party."
        )
    return reader
