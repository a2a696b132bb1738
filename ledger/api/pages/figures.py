"""Pages of figures: penalties of a partner and of a period, and a partner's scores with their trend."""

from collections.abc import Iterable
from contextlib import suppress
from fractions import Fraction
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, PartnerPath, ReaderOf, Rolling, record_id
from ledger.api.moments import When, second_of
from ledger.api.pages.render import page
from ledger.api.routers.scores import knows_scores, score_for, trend_for
from ledger.charts.chart import Chart
from ledger.charts.trend import Reading, score_trend
from ledger.common.ids import to_hex
from ledger.common.periods import FOREVER, Step, period_of
from ledger.errors import NotPermitted
from ledger.services.figures.penalty_pages import Asked, PenaltyPage
from ledger.services.node.node import Node
from ledger.services.views.records import Reader

router = APIRouter()
PAGE = 100
TREND = 8
"""Quarters or months of a trend."""
After = Annotated[str, Query(max_length=80)]


@router.get("/penalties")
def penalties(
    request: Request, node: NodeOf, reader: ReaderOf, start: When = "", end: When = "", at: When = "", after: After = ""
) -> Response:
    return _penalties(request, node, reader, None, (start, end, at), after)


@router.get("/partners/{partner}/penalties")
def partner_penalties(
    request: Request,
    partner: PartnerPath,
    node: NodeOf,
    reader: ReaderOf,
    start: When = "",
    end: When = "",
    at: When = "",
    after: After = "",
) -> Response:
    return _penalties(request, node, reader, partner, (start, end, at), after)


@router.get("/partners/{partner}/score")
def score(
    request: Request,
    partner: PartnerPath,
    node: NodeOf,
    reader: ReaderOf,
    start: When = "",
    end: When = "",
    rolling: Rolling = None,
    by: Step = Step.QUARTER,
) -> Response:
    view = node.reader.views.partner(partner)
    period = second_of(start, "start"), second_of(end, "end", through=True)
    result = score_for(node, partner, reader, *period, rolling)
    return page(
        request,
        "figures/score.html",
        reader,
        partner=view,
        measure=result["measure"],
        published=result["published"],
        everything=knows_scores(reader, partner),
        cards=result["scores"],
        trends={trend["role"]: trend["points"] for trend in trend_for(node, partner, reader, by, TREND)["roles"]},
        trend_chart=trend_chart,
        by=by,
        said={"start": start, "end": end},
        asked=asked_for(start, end, rolling),
        urlencode=urlencode,
        weight=lambda share: f"{int(Fraction(share) * 100)} %",
    )


def asked_for(start: str, end: str, rolling: int | None) -> dict[str, str | int]:
    """What was said of a period, for links that go on with it."""
    return {name: one for name, one in (("start", start), ("end", end), ("rolling", rolling)) if one}


def trend_chart(points: Iterable[dict[str, Any]]) -> Chart:
    """The points of a trend as the API has them, drawn; the page has them as a table, with what they rest on."""
    return score_trend(Reading(point["name"], point["score"], point["low"], point["high"]) for point in points)


def _penalties(
    request: Request, node: Node, reader: Reader, partner: int | None, said: tuple[str, str, str], after: str
) -> Response:
    start, end = second_of(said[0], "start"), second_of(said[1], "end", through=True)
    now = node.home.clock.now()
    at = second_of(said[2], "at", through=True)
    at = now if at is None else at
    period_of(now, start, end)
    view = node.reader.views.partner(partner) if partner is not None else None
    listed: PenaltyPage | None = None
    asking = Asked(reader, partner, at, start or 0, FOREVER if end is None else end)
    with suppress(NotPermitted):
        listed = node.reader.numbers.penalty_pages.page(asking, record_id(after, "after") if after else None, PAGE)
    following = listed.next if listed else None
    bounds = {"start": start, "end": end}
    asked = {name: second for name, second in bounds.items() if second is not None}
    return page(
        request,
        "figures/penalties.html",
        reader,
        partner=view,
        hidden=listed is None,
        totals=listed.totals if listed else (),
        statements=listed.statements if listed else (),
        count=listed.count if listed else 0,
        charts=listed.charts if listed else (),
        start=start,
        end=end,
        at=at,
        said={"start": said[0], "end": said[1], "at": said[2]},
        query=urlencode(({"partner": partner} if partner is not None else {}) | asked | {"at": at}),
        next="" if following is None else urlencode(asked | {"at": at, "after": to_hex(following)}),
    )
