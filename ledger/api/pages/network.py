"""The page of the network: figures by lane, market, mode, carrier or fulfilment, of one period or beside another."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, ReaderOf, Rolling
from ledger.api.moments import When, second_of
from ledger.api.pages.render import page
from ledger.api.routers.networks import published
from ledger.common.periods import DAY, Period, full_hour
from ledger.explain import network as network_text
from ledger.explain.words import counted
from ledger.network.routes import By
from ledger.services.figures.network import (
    Asked,
    NetworkAnswer,
    knows_shipments,
    network_charts_for,
    network_for,
    periods_of,
)

router = APIRouter()


@router.get("/network")
def network(
    request: Request,
    node: NodeOf,
    reader: ReaderOf,
    by: Annotated[By | None, Query()] = None,
    start: When = "",
    end: When = "",
    against_start: When = "",
    against_end: When = "",
    rolling: Rolling = None,
) -> Response:
    now = full_hour(node.home.clock.now())
    asked_for = second_of(start, "start"), second_of(end, "end", through=True)
    against = second_of(against_start, "against_start"), second_of(against_end, "against_end", through=True)
    period, before = periods_of(now, Asked(*asked_for, rolling), Asked(*against))
    answer: NetworkAnswer | None = None
    public: dict[str, Any] | None = None
    if knows_shipments(reader):
        answer = network_for(node.reader.numbers, reader, period, by=by, before=before)
    else:
        public = published(node, by, *asked_for, rolling, compares=before is not None)
    groups: list[str] = answer.names if answer else [group["group"] for group in public["groups"]] if public else []
    partners = {int(group) for group in groups if group.isdigit()} if by is By.CARRIER else set()
    partners |= {partner for figures in (answer.groups.values() if answer else ()) for partner in figures.nodes}
    held = [one for group in (answer.turnover.values() if answer else ()) for one in group]
    partners |= {one.partner for one in held}
    partners |= {n["partner"] for group in (public["groups"] if public else ()) for n in group["figures"]["nodes"]}
    said = {"start": start, "end": end, "against_start": against_start, "against_end": against_end}
    asked = {name: value for name, value in {**said, "rolling": rolling}.items() if value}
    return page(
        request,
        "figures/network.html",
        reader,
        answer=answer,
        public=public,
        charts=network_charts_for(node.reader.numbers, reader, period, by=by) if answer else {},
        by=by,
        kinds=[(kind, urlencode({**asked, "by": kind})) for kind in By],
        all_query=urlencode(asked),
        figures=network_text.FIGURES,
        words=network_text,
        table=table_of(by, period, before),
        names=node.reader.views.names(sorted(partners)),
        said=said,
        held_days=counted(-(-max((one.seconds for one in held), default=0) // DAY), "day"),
    )


def table_of(by: By | None, period: Period, before: Period | None) -> str:
    """Where the same figures are as CSV."""
    asked: dict[str, str | int] = {"format": "csv", "start": period.start, "end": period.end}
    if by is not None:
        asked["by"] = by
    if before is not None:
        asked |= {"against_start": before.start, "against_end": before.end}
    return f"/v1/network?{urlencode(asked)}"
