"""The page of rules by market: adopted files and their sources; for partners what changes, and taxes that deviate."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, ReaderOf
from ledger.api.pages.render import page
from ledger.explain.markets.changes import case_text, change_text
from ledger.explain.markets.taxes import deviation_text
from ledger.records.types import ShipmentTerms
from ledger.services.markets.views import currencies_of

router = APIRouter()


@router.get("/markets")
def markets(request: Request, node: NodeOf, reader: ReaderOf) -> Response:
    views = node.reader.markets
    mine = reader.partner and reader.may_read(ShipmentTerms.NUMBER)
    return page(
        request,
        "markets/index.html",
        reader,
        files=views.listing(),
        changes=views.changes(reader.partner) if mine else (),
        duties=views.deviations(reader) if mine else (),
        currencies=currencies_of(views.adopted()),
        case_text=case_text,
        change_text=change_text,
        deviation_text=deviation_text,
    )
