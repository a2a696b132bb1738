"""`/provenance`: a graph of what goods came from and became, and the same as a table; `/gaps`: what does not add up."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, ReaderOf, SessionReader
from ledger.api.pages.render import page
from ledger.api.routers.goods.provenance import MOST_TRACED, told
from ledger.charts.provenance_graph import HEIGHT, WIDTH, layout
from ledger.common.visible import visible
from ledger.explain.provenance import GAPS, made_text, number_text, reasons_text, share_text, verdict_text
from ledger.explain.text import say
from ledger.explain.units import day
from ledger.provenance.gaps import Gap
from ledger.services.products.provenance import GoodsAsked, subject_of
from ledger.services.products.provenance_views import NodeView, ProvenanceView, findings_view

router = APIRouter()
MOST_DRAWN = 120
"""Shipments in one picture; more are told by the table alone."""
SHOWN = 500
LETTERS = 24
"""Of a line in a box."""


@router.get("/provenance")
def provenance(
    request: Request,
    node: NodeOf,
    reader: ReaderOf,
    subject: Annotated[str, Query(max_length=512)] = "",
    lots: Annotated[str, Query(max_length=4096)] = "",
) -> Response:
    asked = subject_of(subject)
    view = told(node, GoodsAsked(asked, lots, most=MOST_TRACED), reader) if asked else None
    return page(
        request,
        "provenance/provenance.html",
        reader,
        subject=asked,
        view=view,
        drawn=_drawn(view) if view is not None and len(view.shipments) <= MOST_DRAWN else None,
        words={
            "made": made_text,
            "share": share_text,
            "number": number_text,
            "verdict": verdict_text,
            "reasons": reasons_text,
        },
    )


@router.get("/gaps")
def gaps(
    request: Request, node: NodeOf, reader: SessionReader, code: Annotated[Gap | None, Query()] = None
) -> Response:
    found = node.reader.numbers.gaps(None, reader)
    shown = [one for one in found if code in (None, one.code)]
    return page(
        request,
        "provenance/gaps.html",
        reader,
        view=findings_view(shown, SHOWN),
        counts=[(each, sum(one.code == each for one in found)) for each in Gap],
        gap_words=GAPS,
        code=code,
    )


def _drawn(view: ProvenanceView) -> dict[str, object]:
    """The picture: where each shipment's box lies, with the lines in it, and the lines between."""
    nodes = {one.shipment: one for one in view.shipments}
    laid = layout({name: one.parents for name, one in nodes.items()})
    return {
        "layout": laid,
        "size": (WIDTH, HEIGHT),
        "boxes": [(box, nodes[box.name], _lines(nodes[box.name])) for box in laid.boxes],
    }


def _lines(node: NodeView) -> list[str]:
    """What and how much, who has it, where and since when, and what share."""
    goods = node.goods or ()
    first = (
        f"{number_text(goods[0].quantity, goods[0].exact)} {goods[0].unit} {goods[0].lot or goods[0].gtin}"
        if goods
        else ""
    )
    more = f" +{len(goods) - 1}" if len(goods) > 1 else ""
    share = share_text(node.share.millionths, node.share.basis)
    if not node.stops:
        return [_cut(first, more), share]
    last = node.stops[-1]
    where, since = last.place and (last.place.locode or last.place.country), day(last.since)
    return [
        _cut(first, more),
        _cut(last.partner.name),
        say("{where}, {day}", where=visible(where), day=since) if where else since,
        share,
    ]


def _cut(text: str, more: str = "") -> str:
    most = LETTERS - len(more)
    return (text if len(text) <= most else text[: most - 1] + "…") + more
