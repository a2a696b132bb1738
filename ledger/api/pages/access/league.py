"""The page of a league: a shipper's carriers on one lane side by side."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, ReaderOf, Rolling
from ledger.api.moments import When, second_of
from ledger.api.pages.render import page
from ledger.api.routers.access.league import Place
from ledger.common.periods import full_hour, period_of
from ledger.explain.access import league as words
from ledger.network.league import LeagueBy
from ledger.services.figures.league import lane_json, lane_named, league_for

router = APIRouter()
LANES = 100
"""Lanes that are listed, the busiest."""


@router.get("/league")
def league(
    request: Request,
    node: NodeOf,
    reader: ReaderOf,
    origin: Place = "",
    destination: Place = "",
    mode: Annotated[str, Query(max_length=40)] = "",
    by: LeagueBy = LeagueBy.TIME,
    start: When = "",
    end: When = "",
    rolling: Rolling = None,
) -> Response:
    now = full_hour(node.home.clock.now())
    period = period_of(now, second_of(start, "start"), second_of(end, "end", through=True), rolling)
    answer = league_for(node.reader.numbers, reader, period, lane_named(origin, destination, mode), by)
    said = {"start": start, "end": end, "rolling": rolling}
    asked = {name: value for name, value in said.items() if value}
    lane = {"origin": origin, "destination": destination, "mode": mode} if origin else {}
    listed = [
        (one, count, urlencode({**asked, **{k: v for k, v in lane_json(one).items() if v}, "by": by}))
        for one, count in list(answer.lanes.items())[:LANES]
    ]
    return page(
        request,
        "figures/league.html",
        reader,
        answer=answer,
        by=by,
        kinds=[(kind, urlencode({**asked, **lane, "by": kind})) for kind in LeagueBy],
        lanes=listed,
        words=words,
        figures=list(LeagueBy),
        names=node.reader.views.names(sorted({int(e.carrier) for e in answer.league.entries} if answer.league else ())),
        said=said,
        lane=lane,
    )
