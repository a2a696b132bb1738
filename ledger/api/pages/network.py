"""The page of the network: figures by lane, market, mode or carrier, of one period or beside another."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, ReaderOf, Rolling
from ledger.api.pages.figures import When, second_of
from ledger.api.pages.render import page
from ledger.api.routers.networks import compared
from ledger.common.periods import full_hour, period_of
from ledger.errors import NotPermitted
from ledger.explain import network as network_text
from ledger.network.routes import By
from ledger.services.figures.network import NetworkAnswer, network_for

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
    period = period_of(now, second_of(start, "start"), second_of(end, "end", through=True), rolling)
    before = compared(
        now, second_of(against_start, "against_start"), second_of(against_end, "against_end", through=True)
    )
    answer: NetworkAnswer | None = None
    try:
        answer = network_for(node.reader.numbers, reader, period, by=by, before=before)
    except NotPermitted:
        answer = None
    groups = dict(answer.groups) if answer else {}
    partners = {int(group) for group in groups} if by is By.CARRIER else set()
    partners |= {partner for figures in groups.values() for partner in figures.nodes}
    said = {"start": start, "end": end, "against_start": against_start, "against_end": against_end}
    asked = {name: value for name, value in {**said, "rolling": rolling}.items() if value}
    return page(
        request,
        "figures/network.html",
        reader,
        answer=answer,
        by=by,
        kinds=[(kind, urlencode({**asked, "by": kind})) for kind in By],
        all_query=urlencode(asked),
        figures=network_text.FIGURES,
        words=network_text,
        names=node.reader.views.names(sorted(partners)),
        said=said,
    )
