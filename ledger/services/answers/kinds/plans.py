"""Plans, made and made again."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ledger.errors import Misconfigured, VerificationFailed
from ledger.planning.allocate import Allocation
from ledger.planning.consolidation.classes import parse_classes
from ledger.planning.consolidation.prices import collectors_of
from ledger.planning.cover import Cover
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
from ledger.services.planning.warehouses import Kind, PlanAsked, WarehouseAnswer, drafts_for, plan_for


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


def _check_best(question: Question, wanted: PlanAsked, told: WarehouseAnswer) -> None:
    """Where the solver is installed, it must find no better plan than the one that is told, and none where that says
    that nothing is feasible. Raises `VerificationFailed`.
    """
    if not isinstance(told.plan, Allocation | Cover):
        return
    try:
        numbers = question.ledger.numbers
        own = plan_for(numbers, question.reader, question.at, wanted._replace(told=None), question.places)
    except Misconfigured:
        return
    found = own.plan.optimum.objective if isinstance(own.plan, Allocation | Cover) else None
    claimed = told.plan.optimum
    if found is not None and (claimed.objective is None or found > claimed.objective):
        raise VerificationFailed("a better plan is there", where="plan.optimum.objective", expected=found,
                                 found=claimed.objective)  # fmt: skip


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
    wanted = PlanAsked(asked.kind, parse_plan(asked.file.encode()), question.told)
    answer = plan_for(question.ledger.numbers, question.reader, question.at, wanted, question.places)
    if question.told is not None:
        _check_best(question, wanted, answer)
    drafts = _told(drafts_for(question.ledger.home, answer).drafts) if asked.drafts else None
    return {**answer.to_json(evidence=asked.evidence), "drafts": drafts}


def _told(drafts: Iterable[Draft]) -> list[dict[str, Any]]:
    return [{"name": draft.name, "signers": list(draft.signers), "template": draft.template} for draft in drafts]
