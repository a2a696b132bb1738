"""The page of stock: by partner, place, GTIN and lot at any day, with its age, and links to the same as files."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, PartnerQuery, ReaderOf
from ledger.api.moments import When, second_of
from ledger.api.pages.render import page
from ledger.api.routers.stock.stock import After, stock_asked
from ledger.common.gs1 import MAX_QUALIFIER
from ledger.explain.goods import age_texts, place_text
from ledger.services.figures.network import knows_shipments
from ledger.services.figures.stock import Window

router = APIRouter()
ROWS = 50


@router.get("/stock")
def stock(
    request: Request,
    node: NodeOf,
    reader: ReaderOf,
    at: When = "",
    partner: PartnerQuery = None,
    gtin: Annotated[str, Query(max_length=14)] = "",
    lot: Annotated[str, Query(max_length=MAX_QUALIFIER)] = "",
    after: After = 0,
) -> Response:
    if not knows_shipments(reader):
        return page(request, "figures/stock.html", reader, answer=None)
    second, now = second_of(at, "at", through=True), node.home.clock.now()
    asked = stock_asked(node, None if second is None else min(second, now), partner, (gtin.strip(), lot.strip()))
    answer = node.reader.stock.of(asked, reader, Window(after, ROWS))
    said = {"at": at, "partner": partner, "gtin": gtin, "lot": lot}
    kept = {name: value for name, value in said.items() if value not in ("", None)}
    pages = {
        "before": after - ROWS if after else None,
        "next": after + ROWS if after + ROWS < answer.count else None,
    }
    return page(
        request,
        "figures/stock.html",
        reader,
        answer=answer,
        rows=answer.totals,
        said=said,
        steps={
            name: urlencode({**kept, "at": asked.at, "after": max(0, where)})
            for name, where in pages.items()
            if where is not None
        },
        file=urlencode({**kept, "at": asked.at}),
        names=node.reader.views.names(sorted({row.partner for row in answer.totals})),
        partners=node.reader.views.partners(),
        place_text=place_text,
        ages=age_texts(),
    )
