"""What the API answers about figures, typed: penalties, scores and how the network performs."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from ledger.api.schemas.answers import Answer, Page
from ledger.api.schemas.inputs import FromInputs
from ledger.attested.totals import TotalInOne
from ledger.common.figure import json_schema
from ledger.common.periods import Period
from ledger.network.benchmark import BenchmarkRow
from ledger.network.performance import Change, NetworkFigures
from ledger.network.publication import PublicNetwork
from ledger.network.turnover import Turnover
from ledger.penalties.lists import Total
from ledger.penalties.statement import PenaltyStatement
from ledger.scores.effects import ScorecardInShort
from ledger.scores.estimate import Effect
from ledger.scores.publication import PublicScorecard
from ledger.services.figures.penalties_and_scores import TrendPoint

PeriodView = Annotated[dict[str, Any], WithJsonSchema(json_schema(Period))]
TrendPointView = Annotated[dict[str, Any], WithJsonSchema(json_schema(TrendPoint))]
PenaltyTotal = Annotated[dict[str, Any], WithJsonSchema(json_schema(Total))]
"""Sums of one currency, see `ledger.penalties.lists.Total`."""


TotalInOneView = Annotated[dict[str, Any], WithJsonSchema(json_schema(TotalInOne))]
"""Sums of several currencies in one, see `ledger.attested.totals.TotalInOne`."""


def _with_sentences(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a figure, with the sentences that stand beside it."""
    schema["properties"] |= {"explanation": {"type": "array", "items": {"type": "string"}}}
    return schema | {"required": list(schema["properties"])}


PenaltyView = Annotated[dict[str, Any], WithJsonSchema(_with_sentences(json_schema(PenaltyStatement)))]
"""A penalty statement line by line; `explanation` says in sentences what stands in it."""


class PenaltyPage(Page):
    """`in_one`: the sums in one currency, where that is asked for."""

    totals: list[PenaltyTotal]
    in_one: TotalInOneView | None = None
    penalties: list[PenaltyView]


def _network() -> dict[str, Any]:
    """The schema of network figures, the records null where the reader did not ask for them."""
    schema = json_schema(NetworkFigures)
    schema["properties"]["evidence"] = {"anyOf": [schema["properties"]["evidence"], {"type": "null"}]}
    return schema


class TakenView(Answer):
    """At which checkpoint figures were taken, when that was evidenced, and on whose word: `operator`, `witnesses` or
    `chain`.
    """

    log_size: int
    time: int
    basis: str


class PublishedView(Answer):
    """The closed calendar quarter of what everybody may see."""

    name: str
    period: PeriodView
    taken: TakenView


NetworkFiguresView = Annotated[dict[str, Any], WithJsonSchema(_network())]
PublicNetworkView = Annotated[dict[str, Any], WithJsonSchema(json_schema(PublicNetwork))]
"""What the public sees of a group, see `ledger.network.publication.PublicNetwork`."""
TurnoverView = Annotated[dict[str, Any], WithJsonSchema(json_schema(Turnover))]
"""What a partner passed on over what it held, see `ledger.network.turnover.Turnover`."""
BenchmarkRowView = Annotated[dict[str, Any], WithJsonSchema(json_schema(BenchmarkRow))]
ChangeView = Annotated[dict[str, Any], WithJsonSchema(json_schema(Change))]


class NetworkGroup(Answer):
    """Times in seconds, shares in parts per million, money in minor units by currency; for the public without money,
    whole hours and per cent. `before` and `changes` only where a comparison was asked for.
    """

    group: str
    figures: NetworkFiguresView | PublicNetworkView | None
    turnover: list[TurnoverView] = Field(default=[], description="Of each partner that held goods of the group")
    explanation: list[str]
    before: NetworkFiguresView | None = None
    before_turnover: list[TurnoverView] | None = None
    changes: list[ChangeView] | None = None


class BenchmarkView(Answer):
    """Costs that the runner of this home provided to compare with, as its file says, beside what was measured."""

    title: str
    source: str
    costs: list[BenchmarkRowView]


class NetworkView(FromInputs):
    by: str | None
    of: str = Field(description="Which shipments, in words: all, or those whose terms the reader may read")
    period: PeriodView | None
    published: PublishedView | None = Field(description="For the public: the quarter, and when it was taken")
    before_period: PeriodView | None
    benchmark: BenchmarkView | None = Field(default=None, description="With `by=fulfilment`, where one is kept here")
    groups: list[NetworkGroup]


def _scorecard(kind: type, *more: str) -> dict[str, Any]:
    """The schema of a scorecard with its sentences."""
    schema = json_schema(kind)
    text = {"type": "string"}
    sentences = {"type": "array", "items": text}
    schema["properties"] |= {"why": text, "explanation": sentences} | dict.fromkeys(more, sentences)
    return schema | {"required": list(schema["properties"])}


ScorecardView = Annotated[dict[str, Any], WithJsonSchema(_scorecard(ScorecardInShort, "flag_texts"))]
"""A scorecard with the largest samples; `why`, `flag_texts` and `explanation` say in sentences what stands in it."""
PublicScorecardView = Annotated[dict[str, Any], WithJsonSchema(_scorecard(PublicScorecard))]
"""What the public sees of it, see `ledger.scores.publication.PublicScorecard`."""


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
    published: PublishedView | None = Field(description="For the public: the quarter, and when it was taken")
    scores: list[ScorecardView] | list[PublicScorecardView]


EffectView = Annotated[dict[str, Any], WithJsonSchema(json_schema(Effect))]
"""What one sample did to a score, see `ledger.scores.estimate.Effect`."""


class SamplePage(Page):
    """`side`: what `lowered` the score, or `raised` it or left it as it was; `count` of them in all."""

    partner: int
    role: str
    indicator: str
    side: str
    count: int
    samples: list[EffectView]


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
