"""Plans, made and made again."""

from dataclasses import dataclass
from typing import Any

from ledger.errors import Misconfigured, VerificationFailed
from ledger.planning.allocate import Allocation
from ledger.planning.consolidation.classes import parse_classes
from ledger.planning.cover import Cover
from ledger.planning.distances import Distances
from ledger.planning.plan_file import parse_plan
from ledger.planning.stated import distances_of
from ledger.services.answers.asked import asked_of
from ledger.services.answers.kinds.question import Question
from ledger.services.planning.goods import consolidation_for, forecast_for, shipped_classes
from ledger.services.planning.routes import RouteAsked, route_for
from ledger.services.planning.warehouses import Kind, PlanAsked, WarehouseAnswer, drafts_for, plan_for


@dataclass(frozen=True, slots=True)
class ConsolidationAsked:
    """`classes`: the text of a file of classes of goods; empty: the one that ships."""

    currency: str
    distance: list[str]
    classes: str = ""


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
    asked, _ = asked_of(ConsolidationAsked, question.asked)
    classes = parse_classes(asked.classes.encode()) if asked.classes else shipped_classes()
    options = classes, Distances(question.places[False], question.places[True], distances_of(asked.distance))
    numbers = question.ledger.numbers
    return consolidation_for(numbers, question.reader, question.at, asked.currency, options).to_json()


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
    drafts = None
    if asked.drafts:
        made = drafts_for(question.ledger.home, answer).drafts
        drafts = [{"name": one.name, "signers": list(one.signers), "template": one.template} for one in made]
    return {**answer.to_json(evidence=asked.evidence), "drafts": drafts}
