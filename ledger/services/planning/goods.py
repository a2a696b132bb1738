"""Consolidation and forecasts as somebody asks for them."""

from dataclasses import dataclass
from importlib import resources
from typing import Any

from ledger.codes import ShipmentState
from ledger.common.figure import to_json
from ledger.common.gs1 import gtin14
from ledger.explain.plans import consolidation as consolidation_text
from ledger.explain.plans import forecast as forecast_text
from ledger.planning.consolidation.classes import Classes, parse_classes
from ledger.planning.consolidation.drafts import manifest_drafts
from ledger.planning.consolidation.plan import ConsolidationPlan, consolidate
from ledger.planning.consolidation.prices import Asked, Price
from ledger.planning.consolidation.waiting import waiting
from ledger.planning.demand import demand
from ledger.planning.distances import Distances
from ledger.planning.forecast import Forecast, check_months, forecast
from ledger.planning.transfer_drafts import Draft
from ledger.services.figures.penalties_and_scores import Numbers
from ledger.services.home.home import Home
from ledger.services.planning.inputs import looked_at
from ledger.services.views.records import Reader
from ledger.store.projections import shipments

MOST_SERIES = 12
"""Markets of one answer: those with the most demand."""


@dataclass(frozen=True)
class ConsolidationAsked:
    """The currency of the rate cards, which goods may share a manifest, how far places lie apart, and who is stated to
    bring goods together."""

    currency: str
    classes: Classes
    distances: Distances
    collectors: tuple[Price, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsolidationAnswer:
    plan: ConsolidationPlan
    at: int

    def to_json(self) -> dict[str, Any]:
        lines = list(consolidation_text.sentences(self.plan))
        return {"at": self.at, "plan": to_json(self.plan), "explanation": lines}


@dataclass(frozen=True, slots=True)
class ForecastAnswer:
    """`closed`: deliveries whose goods are withheld here, so that demand may be higher. `more`: markets left out."""

    forecasts: tuple[Forecast, ...]
    closed: int
    more: int
    at: int

    def to_json(self, *, evidence: bool = False) -> dict[str, Any]:
        made = [to_json(one) | ({} if evidence else {"records": None}) for one in self.forecasts]
        lines = [line for one in self.forecasts for line in forecast_text.sentences(one)]
        return {"at": self.at, "closed": self.closed, "more": self.more, "forecasts": made, "explanation": lines}


def shipped_classes() -> Classes:
    """The classes of goods that ship with Lading."""
    return parse_classes((resources.files("ledger.planning") / "consolidation" / "classes.toml").read_bytes())


def consolidation_for(
    numbers: Numbers, reader: Reader | None, now: int, asked: ConsolidationAsked
) -> ConsolidationAnswer:
    """What waits and may travel together, of the shipments whose terms the reader may read, at the prices of cards in
    one currency. Raises `NotPermitted` for the public."""
    with looked_at(numbers, reader, now) as ledger:
        found, kept_out = waiting(ledger.journeys, ledger.wanted, (asked.classes, ledger.at), ledger.may_open)
        cards, at = ledger.cards(), ledger.at
    plan = consolidate(found, kept_out, Asked(cards, asked.currency, asked.distances, asked.collectors))
    return ConsolidationAnswer(plan, at)


def manifests_for(home: Home, answer: ConsolidationAnswer) -> tuple[Draft, ...]:
    """The handoffs of a consolidation, to be read and signed, as the chain stands now."""
    with home.database.read() as connection:

        def standing(shipment: bytes) -> tuple[int, int] | None:
            row = shipments.get(connection, shipment)
            if row is None or ShipmentState(row.state) is not ShipmentState.OPEN:
                return None
            return row.sequence, row.packages

        return manifest_drafts(answer.plan, standing)


def forecast_for(numbers: Numbers, reader: Reader | None, now: int, gtin: str, months: int) -> ForecastAnswer:
    """The demand of a GTIN in each market in the next full months, by deliveries under terms that the reader may read.

    Raises `NotPermitted` for the public, `MalformedRecord`, `Misconfigured` without the library.
    """
    check_months(months)
    wanted = gtin14(gtin)
    with looked_at(numbers, reader, now) as ledger:
        series, closed = demand(ledger.journeys, ledger.at, wanted, ledger.wanted, ledger.kept)
        at = ledger.at
    largest = sorted(series, key=lambda one: (-sum(one.months), one.product))[:MOST_SERIES]
    made = tuple(forecast(one, months) for one in largest)
    return ForecastAnswer(made, closed, len(series) - len(made), at)
