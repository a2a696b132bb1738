"""Assessed taxes that deviate from the rates of a market: asked about while it is fresh."""

from collections.abc import Iterable, Iterator

from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.markets.judging import DutyCheck
from ledger.worklist.items import Action, Item, Kind

NOTICE = 30 * DAY
"""Seconds after customs decided for which a deviation is told; the market's page lists older ones."""


def items_of(duties: Iterable[DutyCheck], now: int) -> Iterator[Item]:
    """An item for each clearance that deviates."""
    for duty in duties:
        if duty.deviations and now <= duty.at + NOTICE:
            found = ", ".join(sorted({f"{one.tax} {one.deviation}".strip() for one in duty.deviations}))
            facts: dict[str, int | str] = {"jurisdiction": duty.jurisdiction, "regime": duty.regime, "found": found}
            yield Item(Kind.TAX, Action.LOOK, duty.shipment, duty.at, detail=to_hex(duty.clearance), facts=facts)
