"""Network figures for whoever asks, as far as he may know them.

The public gets figures of all shipments without prices, by what is public of them: mode and carrier. Lanes and markets
follow from places, which are private: parties get them, with the prices, of the shipments whose terms they may read,
and auditors of all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.common.periods import Period
from ledger.common.scopes import ALL_SCOPES
from ledger.errors import MalformedRecord, NotPermitted
from ledger.explain.network import words
from ledger.network import json_form
from ledger.network.performance import NetworkFigures
from ledger.network.routes import EXPECTED, By, Windows
from ledger.services.figures.penalties_and_scores import Numbers
from ledger.services.views.records import Reader

PRIVATE = (By.LANE, By.MARKET)


@dataclass(frozen=True, slots=True)
class NetworkAnswer:
    """Figures by group, of `before` too where a comparison is asked for. `prices`: the reader may know what it cost."""

    period: Period
    by: By | None
    groups: Mapping[str, NetworkFigures]
    before_period: Period | None
    before: Mapping[str, NetworkFigures] | None
    prices: bool
    scope: str

    def to_json(self, *, evidence: bool = False) -> dict[str, Any]:
        return {
            "by": str(self.by) if self.by else None,
            "of": self.scope,
            "period": _period(self.period),
            "before_period": _period(self.before_period) if self.before_period else None,
            "groups": [
                group | {"explanation": self._explained(group["group"])}
                for group in json_form.to_json(self.groups, self.before, prices=self.prices, evidence=evidence)
            ],
        }

    def _explained(self, group: str) -> list[str]:
        """The group's figures in sentences, beside them; nothing of a group that the later period does not have."""
        figures = self.groups.get(group)
        return [] if figures is None else list(words(figures, prices=self.prices))


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

    Raises `NotPermitted` for what the public may not know, `MalformedRecord` for a comparison of a period with itself.
    """
    if before is not None and (before.start, before.end) == (period.start, period.end):
        raise MalformedRecord("a period compared with itself", where="against", expected="another period")
    everything = reader is None or (reader.auditor and reader.scopes == ALL_SCOPES)
    party = reader is not None and bool(reader.partner or reader.auditor) and not everything
    if by in PRIVATE and not everything and not party:
        raise NotPermitted(
            "lanes and markets follow from places, which are shown to the parties of the shipments and to auditors",
            where="by",
            expected=", ".join(sorted(set(By) - set(PRIVATE))),
            mend="Sign in with a key of a party.",
        )
    only = reader if party else None
    groups = numbers.network(period, by, windows, only)
    earlier = numbers.network(before, by, windows, only) if before is not None else None
    scope = "the shipments whose terms you may read" if party else "all shipments"
    return NetworkAnswer(period, by, groups, before, earlier, everything or party, scope)


def _period(period: Period) -> dict[str, int]:
    return {"start": period.start, "end": period.end, "at": period.at}
