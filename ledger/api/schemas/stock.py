"""What the API answers about stock, typed."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from ledger.api.schemas.inputs import PageFromInputs
from ledger.common.figure import json_schema
from ledger.stock.holdings import Holding
from ledger.stock.totals import Total

StockTotal = Annotated[dict[str, Any], WithJsonSchema(json_schema(Total))]
"""Stock of one partner, place, GTIN, lot and unit, see `ledger.stock.totals.Total`."""
HoldingView = Annotated[dict[str, Any], WithJsonSchema(json_schema(Holding))]
"""What one partner has under one shipment, see `ledger.stock.holdings.Holding`."""


class StockPage(PageFromInputs):
    at: int = Field(description="The second that is told of, UTC")
    partner: int | None
    gtin: str
    lot: str
    log_size: int = Field(description="All records of the log below it count")
    withheld: int = Field(description="Holdings with goods that the reader may not know, in no sum")
    ages: list[int] = Field(description="Days up to which the groups of `ages` in a sum reach; the last has the rest")
    totals: list[StockTotal]


class HoldingPage(PageFromInputs):
    at: int = Field(description="The second that is told of, UTC")
    log_size: int
    holdings: list[HoldingView]
