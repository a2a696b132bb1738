"""What the API answers about figures, typed: penalties, scores and how the network performs."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from ledger.api.schemas.answers import Answer, Page
from ledger.common.figure import json_schema
from ledger.common.periods import Period
from ledger.network.performance import Change, NetworkFigures
from ledger.penalties.lists import Total
from ledger.penalties.statement import PenaltyStatement
from ledger.scores.composite import Scorecard
from ledger.services.figures.network import PRICES
from ledger.services.figures.penalties_and_scores import TrendPoint

PeriodView = Annotated[dict[str, Any], WithJsonSchema(json_schema(Period))]
TrendPointView = Annotated[dict[str, Any], WithJsonSchema(json_schema(TrendPoint))]
PenaltyTotal = Annotated[dict[str, Any], WithJsonSchema(json_schema(Total))]
"""Sums of one currency, see `ledger.penalties.lists.Total`."""


def _with_sentences(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a figure, with the sentences that stand beside it."""
    schema["properties"] |= {"explanation": {"type": "array", "items": {"type": "string"}}}
    return schema | {"required": list(schema["properties"])}


PenaltyView = Annotated[dict[str, Any], WithJsonSchema(_with_sentences(json_schema(PenaltyStatement)))]
"""A penalty statement line by line; `explanation` says in sentences what stands in it."""


class PenaltyPage(Page):
    totals: list[PenaltyTotal]
    penalties: list[PenaltyView]


def _network() -> dict[str, Any]:
    """The schema of network figures, prices and records null where the reader may not know them or did not ask."""
    schema = json_schema(NetworkFigures)
    for name in (*PRICES, "evidence"):
        schema["properties"][name] = {"anyOf": [schema["properties"][name], {"type": "null"}]}
    return schema


NetworkFiguresView = Annotated[dict[str, Any], WithJsonSchema(_network())]
ChangeView = Annotated[dict[str, Any], WithJsonSchema(json_schema(Change))]


class NetworkGroup(Answer):
    """Times in seconds, shares in parts per million, money in minor units by currency (null where the reader may not
    know prices). `before` and `changes` only where a comparison was asked for.
    """

    group: str
    figures: NetworkFiguresView | None
    explanation: list[str]
    before: NetworkFiguresView | None = None
    changes: list[ChangeView] | None = None


class NetworkView(Answer):
    by: str | None
    of: str = Field(description="Which shipments, in words: all, or those whose terms the reader may read")
    period: PeriodView
    before_period: PeriodView | None
    groups: list[NetworkGroup]


def _scorecard() -> dict[str, Any]:
    """The schema of a scorecard with its sentences. What an indicator about money counted is null, and its samples are
    left out, where the reader is neither the partner nor an auditor.
    """
    schema = json_schema(Scorecard)
    indicator = schema["properties"]["indicators"]["items"]["properties"]
    for name in HIDDEN:
        indicator[name] = {"anyOf": [indicator[name], {"type": "null"}]}
    text = {"type": "string"}
    sentences = {"type": "array", "items": text}
    schema["properties"] |= {"why": text, "flag_texts": sentences, "explanation": sentences}
    return schema | {"required": list(schema["properties"])}


HIDDEN = ("good", "due", "value", "low", "high")
"""What the public does not see of an indicator about money."""
ScorecardView = Annotated[dict[str, Any], WithJsonSchema(_scorecard())]
"""A scorecard; `why`, `flag_texts` and `explanation` say in sentences what stands in it."""


class MeasureView(Answer):
    """By which scorecard: the one that the council adopted before the period, or Lading's default where none was."""

    card: str = Field(description="SHA-256 of the scorecard's file")
    title: str
    adopted: bool
    since: int | None = Field(description="From when on its periods may start; null for the default")
    words: str


class ScoreView(Answer):
    partner: int
    measure: MeasureView
    scores: list[ScorecardView]


class RoleJudgement(Answer):
    """`value` is null where nothing, or too little, is known: then neither reward nor sanction follows."""

    partner: int
    role: str
    value: int | None
    may_reward: bool
    may_sanction: bool


class JudgementView(Answer):
    partner: int
    indicator: str
    threshold: int
    samples: int
    judgements: list[RoleJudgement]


class RoleTrend(Answer):
    role: str
    points: list[TrendPointView]


class TrendView(Answer):
    partner: int
    by: str
    roles: list[RoleTrend]
