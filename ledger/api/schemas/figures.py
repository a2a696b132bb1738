"""What the API answers about figures, typed: penalties, scores and how the network performs."""

from typing import Any

from pydantic import Field

from ledger.api.schemas.answers import Answer, Page


class PenaltyTotal(Answer):
    """Minor units, decimal strings over 48 bits. `open`: the part that may still change. Amounts whose liable has
    neither signed nor endorsed the terms are `indicative`, and in none of the other sums.
    """

    currency: str
    statements: int
    late: int
    owes: int | str
    is_owed: int | str
    open: int | str
    indicative: int | str


class PenaltyPage(Page):
    totals: list[PenaltyTotal]
    penalties: list[dict[str, Any]] = Field(description="As `/v1/shipments/{shipment}/penalty` answers")


class NetworkGroup(Answer):
    """Times in seconds, shares in parts per million, money in minor units by currency (null where the reader may not
    know prices). `before` and `changes` only where a comparison was asked for.
    """

    group: str
    figures: dict[str, Any] | None
    before: dict[str, Any] | None = None
    changes: list[dict[str, Any]] | None = None


class NetworkPeriod(Answer):
    start: int
    end: int
    at: int


class NetworkView(Answer):
    by: str | None
    of: str = Field(description="Which shipments, in words: all, or those whose terms the reader may read")
    period: NetworkPeriod
    before_period: NetworkPeriod | None
    groups: list[NetworkGroup]


class ScorePeriod(Answer):
    start: int
    end: int
    at: int


class EffectView(Answer):
    """One sample: by how many millionths of a point it raised or lowered the score (all of a card sum to its score),
    `good` of what was `due`, and the records that say so.
    """

    by: int
    good: int | str
    due: int | str
    shipment: str
    records: list[str]


class FlagView(Answer):
    """A mark for whoever reads a score; it changes nothing. `count` of `of` shipments, records, events or seconds."""

    kind: str
    text: str
    count: int
    of: int
    records: list[str]


class IndicatorView(Answer):
    """`value`, `low`, `high` in the indicator's unit: parts per million, or seconds. `points` in hundredths.
    Integers over 48 bits are decimal strings.

    Null, and without samples, where the indicator is about money and the reader is neither the partner nor an auditor;
    then with fewer than ten delivery events it has no part in the score either, as `standing` says.
    """

    name: str
    title: str
    standing: str
    weight: str
    good: int | str | None
    due: int | str | None
    samples: int
    value: int | str | None
    low: int | str | None
    high: int | str | None
    points: int | None
    lost: int
    raised: list[EffectView]
    lowered: list[EffectView]


class ScorecardView(Answer):
    """Scores in hundredths of a point; null where there are too few samples, and `why` says so."""

    partner: int
    role: str
    period: ScorePeriod
    card: str = Field(description="SHA-256 of the scorecard's file")
    score: int | None
    low: int | None
    high: int | None
    samples: int
    shipments: int
    provisional: bool
    why: str
    withheld: int = Field(description="shipments left out, of whomever: parts of their terms are withheld here")
    flags: list[FlagView]
    indicators: list[IndicatorView]
    explanation: list[str]


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


class TrendPointView(Answer):
    """Scores in hundredths of a point; null where there were too few samples."""

    name: str
    period: ScorePeriod
    card: str
    score: int | None
    low: int | None
    high: int | None
    samples: int


class RoleTrend(Answer):
    role: str
    points: list[TrendPointView]


class TrendView(Answer):
    partner: int
    by: str
    roles: list[RoleTrend]
