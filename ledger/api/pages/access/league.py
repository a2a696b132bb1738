"""The page of a league: who worked on one lane of a shipper's side by side."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, ReaderOf, Rolling
from ledger.api.moments import When, second_of
from ledger.api.pages.render import page
from ledger.api.routers.access.league import Place, RoleName
from ledger.codes import Role
from ledger.common.periods import full_hour, period_of
from ledger.explain.access import league as words
from ledger.network.league import FIGURES, LeagueBy
from ledger.services.figures.league import compared_by, lane_json, lane_named, league_for

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
    role: RoleName = "carrier",
    by: LeagueBy = LeagueBy.TIME,
    start: When = "",
    end: When = "",
    rolling: Rolling = None,
) -> Response:
    who = compared_by(role, by)
    now = full_hour(node.home.clock.now())
    period = period_of(now, second_of(start, "start"), second_of(end, "end", through=True), rolling)
    answer = league_for(node.reader.numbers, reader, period, lane_named(origin, destination, mode), (who, by))
    said = {"start": start, "end": end, "rolling": rolling}
    asked = {name: value for name, value in said.items() if value}
    own = {"role": role} if who is not Role.CARRIER else {}
    lane = {"origin": origin, "destination": destination, "mode": mode} if origin else {}
    listed = [
        (one, count, urlencode({**asked, **{k: v for k, v in lane_json(one).items() if v}, **own, "by": by}))
        for one, count in list(answer.lanes.items())[:LANES]
    ]
    return page(
        request,
        "figures/league.html",
        reader,
        answer=answer,
        by=by,
        kinds=[(kind, urlencode({**asked, **lane, **own, "by": kind})) for kind in FIGURES[who]],
        roles=[(one, urlencode({**asked, **lane, "role": one.name.lower()})) for one in FIGURES],
        role=who,
        lanes=listed,
        words=words,
        figures=FIGURES[who],
        names=node.reader.views.names(sorted({int(e.partner) for e in answer.league.entries} if answer.league else ())),
        said=said,
        lane=lane,
    )
