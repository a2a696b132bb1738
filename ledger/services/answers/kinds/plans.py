"""Plans, made and made again."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ledger.planning.consolidation.classes import parse_classes
from ledger.planning.consolidation.prices import collectors_of
from ledger.planning.distances import Distances
from ledger.planning.plan_file import parse_plan
from ledger.planning.stated import distances_of
from ledger.planning.transfer_drafts import Draft
from ledger.services.answers.asked import asked_of
from ledger.services.answers.kinds.question import Places, Question
from ledger.services.planning.goods import (
    ConsolidationAsked,
    consolidation_for,
    forecast_for,
    manifests_for,
    shipped_classes,
)
from ledger.services.planning.routes import RouteAsked, route_for
from ledger.services.planning.warehouses import Kind, drafts_for, plan_for


@dataclass(frozen=True, slots=True)
class TogetherAsked:
    """`collector` as `ledger.planning.consolidation.prices` reads it. `classes`: the text of a file of classes of
    goods; empty: the one that ships.
    """

    currency: str
    distance: list[str]
    collector: list[str]
    classes: str = ""
    drafts: bool = False

    def parsed(self, places: Places) -> ConsolidationAsked:
        """Raises `MalformedRecord` for what is stated wrongly."""
        classes = parse_classes(self.classes.encode()) if self.classes else shipped_classes()
        distances = Distances(places[False], places[True], distances_of(self.distance))
        return ConsolidationAsked(self.currency, classes, distances, collectors_of(self.collector))


@dataclass(frozen=True, slots=True)
class ForecastAsked:
    gtin: str
    months: int
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class WarehousesAsked:
    """`file`: the plan's text, TOML or JSON."""

    kind: Kind
    file: str
    evidence: bool = False
    drafts: bool = False


def route(question: Question) -> dict[str, Any]:
    asked, more = asked_of(RouteAsked, question.asked, {"evidence": bool})
    answer = route_for(question.ledger.numbers, question.reader, question.at, asked, question.places)
    return answer.to_json(evidence=more["evidence"])


def consolidation(question: Question) -> dict[str, Any]:
    asked, _ = asked_of(TogetherAsked, question.asked)
    answer = consolidation_for(question.ledger.numbers, question.reader, question.at, asked.parsed(question.places))
    return {**answer.to_json(), "drafts": _told(manifests_for(question.ledger.home, answer)) if asked.drafts else None}


def forecast(question: Question) -> dict[str, Any]:
    asked, _ = asked_of(ForecastAsked, question.asked)
    answer = forecast_for(question.ledger.numbers, question.reader, question.at, asked.gtin, asked.months)
    return answer.to_json(evidence=asked.evidence)


def warehouses(question: Question) -> dict[str, Any]:
    asked, _ = asked_of(WarehousesAsked, question.asked)
    plan = asked.kind, parse_plan(asked.file.encode())
    answer = plan_for(question.ledger.numbers, question.reader, question.at, plan, question.places)
    drafts = _told(drafts_for(question.ledger.home, answer).drafts) if asked.drafts else None
    return {**answer.to_json(evidence=asked.evidence), "drafts": drafts}


def _told(drafts: Iterable[Draft]) -> list[dict[str, Any]]:
    return [{"name": draft.name, "signers": list(draft.signers), "template": draft.template} for draft in drafts]
