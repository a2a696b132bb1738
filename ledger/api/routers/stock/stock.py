"""`/v1/stock`: stock from custody, summed up or each holding, as JSON, CSV or an EPCIS document."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from ledger.api.deps import Limit, Moment, NodeOf, PartnerQuery, ReaderOf
from ledger.api.schemas import examples
from ledger.api.schemas.stock import HoldingPage, StockPage
from ledger.common.gs1 import MAX_QUALIFIER, gtin14
from ledger.formats.epcis import json_text
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.goods import StockAsked
from ledger.services.figures.stock import ALL, AskedStock
from ledger.services.node.node import Node
from ledger.stock.csv_export import stock_csv

router = APIRouter(prefix="/v1/stock", tags=["shipments"])
MOST_ROWS = 10_000_000


class Form(StrEnum):
    JSON = "json"
    CSV = "csv"
    EPCIS = "epcis"


After = Annotated[int, Query(ge=0, le=MOST_ROWS, description="`next` of the page before, asked for the same `at`")]
_FORMS = {"text/csv": {"schema": {"type": "string"}}, "application/ld+json": {"schema": {"type": "object"}}}
OTHER_FORMS: dict[int | str, dict[str, Any]] = {200: {"content": _FORMS}}


def asked_stock(
    node: NodeOf,
    at: Moment = None,
    partner: PartnerQuery = None,
    gtin: Annotated[str, Query(max_length=14, description="Only this GTIN: 8, 12, 13 or 14 digits")] = "",
    lot: Annotated[str, Query(max_length=MAX_QUALIFIER, description="Only this lot")] = "",
) -> AskedStock:
    return stock_asked(node, at, partner, (gtin, lot))


Asked = Annotated[AskedStock, Depends(asked_stock)]


def stock_asked(node: Node, at: int | None, partner: int | None, goods: tuple[str, str]) -> AskedStock:
    """Raises `MalformedRecord` for what is no GTIN."""
    return AskedStock(
        node.home.clock.now() if at is None else at, partner, gtin14(goods[0]) if goods[0] else "", goods[1]
    )


@router.get("", operation_id="getStock", response_model=StockPage, responses=examples.READ_RESPONSES | OTHER_FORMS)
def stock(
    node: NodeOf,
    reader: ReaderOf,
    asked: Asked,
    after: After = 0,
    limit: Limit = 50,
    form: Annotated[
        Form, Query(alias="format", description="`csv`: all rows; `epcis`: what is on hand as an EPCIS 2.0 document")
    ] = Form.JSON,
) -> Any:
    """Stock by partner, place, GTIN, lot and unit: on hand, in transit, missing, due, overdue, by age, and expiry.

    From custody alone, nobody counts. `at`: any second up to now (default), by all that is known now. A partner gets
    what it holds, what is due to it, and what goes under terms that it may read; auditors get all, the public nothing.
    `partner`: only its rows. Quantities are units with at most three decimals; where `exact` is false, a part of them
    was shared out by packages. `withheld`: holdings whose goods the reader may not know, which are in no sum.
    """
    if form is Form.JSON:
        told = StockAsked(asked.at, asked.partner, asked.gtin, asked.lot, after, limit)
        return answered(node.reader, reader, Kind.STOCK, asked_json(told))
    answer = node.reader.stock.of(asked, reader, ALL)
    if form is Form.CSV:
        headers = {"Content-Disposition": 'attachment; filename="stock.csv"'}
        return Response(stock_csv(answer.totals), media_type="text/csv", headers=headers)
    document = answer.snapshot(node.reader.stock.naming(), node.home.clock.now())
    return Response(json_text.dump(document), media_type="application/ld+json")


@router.get("/holdings", operation_id="listHoldings", response_model=HoldingPage, responses=examples.READ_RESPONSES)
def holdings(node: NodeOf, reader: ReaderOf, asked: Asked, after: After = 0, limit: Limit = 50) -> dict[str, Any]:
    """What `getStock` sums up, one by one: shipment, holder, place, goods, since when, when due, and the records."""
    told = StockAsked(asked.at, asked.partner, asked.gtin, asked.lot, after, limit, each=True)
    return answered(node.reader, reader, Kind.STOCK, asked_json(told))
