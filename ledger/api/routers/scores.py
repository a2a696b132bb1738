"""`/v1/partners/{partner}/score`: scorecards, what they were counted from, what may follow from them, and trends."""

import re
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ledger.api.deps import Limit, Moment, NodeOf, PartnerPath, ReaderOf, Rolling
from ledger.api.schemas import examples
from ledger.api.schemas.figures import JudgementView, SamplePage, ScoreView, TrendView
from ledger.bonuses.judgement import SAMPLES, judgements, threshold_of
from ledger.bonuses.rule_file import SCORE
from ledger.codes import Role
from ledger.common.figure import to_json
from ledger.common.ids import bytes_from_hex, to_hex
from ledger.common.periods import Step
from ledger.common.scopes import ALL_SCOPES
from ledger.errors import MalformedRecord, NotPermitted
from ledger.scores.card import Indicator
from ledger.scores.effects import Place, page_of
from ledger.services.node.node import Node
from ledger.services.views.records import Reader

router = APIRouter(prefix="/v1/partners/{partner}/score", tags=["partners"])
MOST_POINTS = 12
_MICROPOINTS = re.compile("-?[0-9]{1,10}")
After = Annotated[str | None, Query(max_length=100, description="`next` of the page before")]


class ScoredRole(StrEnum):
    CARRIER = "carrier"
    SUPPLIER = "supplier"
    BROKER = "broker"

    @property
    def code(self) -> Role:
        return Role[self.name]


class Side(StrEnum):
    RAISED = "raised"
    LOWERED = "lowered"


@router.get("", operation_id="getScore", response_model=ScoreView, responses=examples.READ_RESPONSES)
def score(
    partner: PartnerPath,
    node: NodeOf,
    reader: ReaderOf,
    start: Moment = None,
    end: Moment = None,
    rolling: Rolling = None,
) -> dict[str, Any]:
    """The partner's scorecards, one a role: interval, indicators, and by how much which records raised or lowered it
    most; `raised_by` and `lowered_by` count all of these, and `…/score/samples` lists them page by page.

    For the partner itself and for auditors: of the period from `start` to before `end`, or the last `rolling` days; by
    default of all that today's card governs. Judged at the last full hour. For everybody else: of closed calendar
    quarters, by default the newest, taken once, 30 days after their end, in whole points and per cent, without what is
    about money.
    """
    return score_for(node, partner, reader, start, end, rolling)


@router.get("/samples", operation_id="listScoreSamples", response_model=SamplePage, responses=examples.READ_RESPONSES)
def samples(
    partner: PartnerPath,
    node: NodeOf,
    reader: ReaderOf,
    role: ScoredRole,
    indicator: Indicator,
    side: Side = Side.LOWERED,
    after: After = None,
    limit: Limit = 50,
    start: Moment = None,
    end: Moment = None,
    rolling: Rolling = None,
) -> dict[str, Any]:
    """Everything that an indicator of the partner's score counted, with what it did to the score: what lowered it, or
    what raised it or left it as it was; the largest effect first.

    The period is that of `/v1/partners/{partner}/score`. For the partner itself and for auditors: each sample names a
    shipment and its records.
    """
    return samples_for(node, partner, reader, (role, indicator, side), after, limit, (start, end, rolling))


@router.get("/judgement", operation_id="judgeScore", response_model=JudgementView, responses=examples.READ_RESPONSES)
def judgement(
    partner: PartnerPath,
    node: NodeOf,
    reader: ReaderOf,
    threshold: Annotated[int, Query(ge=0, le=1_000_000, description="In the indicator's unit")],
    indicator: Annotated[
        str, Query(max_length=80, description="`score` in hundredths of a point, or a share in parts per million")
    ] = SCORE,
    samples: Annotated[
        int, Query(ge=1, le=1_000_000, description="Delivery events below which nothing follows")
    ] = SAMPLES,
    start: Moment = None,
    end: Moment = None,
    rolling: Rolling = None,
) -> dict[str, Any]:
    """What may follow from the partner's scores, role by role: a reward needs the worse end of the interval beyond the
    threshold, a sanction the better end short of it; otherwise neither follows.

    The period is that of `/v1/partners/{partner}/score`. For the partner itself and for auditors: by asking for one
    threshold after another everybody else could tell the figure to its last digit.
    """
    if not knows_scores(reader, partner):
        raise NotPermitted(
            "scores are judged for the partner itself and for auditors",
            where="reader",
            mend="Sign in with a key of the partner; what is published is at /v1/partners/{partner}/score.",
        )
    wanted = threshold_of(indicator, threshold, samples)
    node.reader.views.partner(partner)
    cards = node.reader.numbers.scorecards(partner, node.reader.numbers.asked(start, end, rolling))
    return {
        "partner": partner,
        "indicator": indicator,
        "threshold": threshold,
        "samples": samples,
        "judgements": [match.to_json() for match in judgements(wanted, cards)],
    }


@router.get("/trend", operation_id="getScoreTrend", response_model=TrendView, responses=examples.READ_RESPONSES)
def trend(
    partner: PartnerPath,
    node: NodeOf,
    reader: ReaderOf,
    by: Annotated[Step, Query(description="Calendar quarters or months, UTC")] = Step.QUARTER,
    count: Annotated[int, Query(ge=1, le=MOST_POINTS, description="How many, the running one last")] = 8,
) -> dict[str, Any]:
    """The partner's score in each of the last quarters or months, oldest first, by the card that governed it.

    For everybody but the partner itself and auditors: of published quarters.
    """
    return trend_for(node, partner, reader, by, count)


def _place(text: str) -> Place:
    by, _, shipment = text.partition(".")
    if not _MICROPOINTS.fullmatch(by):
        raise MalformedRecord("not a cursor", where="after", expected="`next` of the page before", found=text)
    return int(by), bytes_from_hex(shipment, 32, "after")


def samples_for(
    node: Node,
    partner: int,
    reader: Reader,
    which: tuple[ScoredRole, Indicator, Side],
    after: str | None,
    limit: int,
    asked: tuple[int | None, int | None, int | None],
) -> dict[str, Any]:
    """A page of what a score was counted from; raises `NotFound`, `NotPermitted`, and `MalformedRecord` for `after`."""
    if not knows_scores(reader, partner):
        raise NotPermitted(
            "what a score was counted from is shown to the partner itself and to auditors",
            where="reader",
            mend="Sign in with a key of the partner; what is published is at /v1/partners/{partner}/score.",
        )
    role, indicator, side = which
    place, numbers = None if after is None else _place(after), node.reader.numbers
    every = numbers.samples_of(partner, role.code, indicator, numbers.asked(*asked), lowered=side is Side.LOWERED)
    shown, following = page_of(every, place, limit)
    return {
        "partner": partner,
        "role": role,
        "indicator": indicator,
        "side": side,
        "count": len(every),
        "samples": [to_json(effect) for effect in shown],
        "next": following and f"{following[0]}.{to_hex(following[1])}",
    }


def score_for(
    node: Node, partner: int, reader: Reader, start: int | None, end: int | None, rolling: int | None
) -> dict[str, Any]:
    """A partner's scorecards as far as the reader may see them; raises `NotFound` and `NotPermitted`."""
    if knows_scores(reader, partner):
        return node.reader.numbers.score_of(partner, node.reader.numbers.asked(start, end, rolling))
    node.reader.views.partner(partner)
    return node.reader.publication.score_of(partner, node.reader.publication.asked(start, end, rolling))


def trend_for(node: Node, partner: int, reader: Reader, by: Step, count: int) -> dict[str, Any]:
    """A partner's trend as far as the reader may see it; raises `NotFound` and `NotPermitted`."""
    if knows_scores(reader, partner):
        return node.reader.numbers.trend_of(partner, by, count)
    node.reader.views.partner(partner)
    if by is not Step.QUARTER:
        raise NotPermitted(
            "only closed calendar quarters are public",
            where="by",
            expected=str(Step.QUARTER),
            mend="Sign in with a key of the partner, or of an auditor.",
        )
    return node.reader.publication.trend_of(partner, count)


def knows_scores(reader: Reader, partner: int) -> bool:
    """Whether the reader may see all of a partner's scores: the partner itself, and auditors, with a whole key."""
    return reader.scopes == ALL_SCOPES and (reader.auditor or reader.partner == partner)
