"""`lading stock`: stock from custody, summed up or each holding, as a table, JSON, CSV or an EPCIS document."""

import sys
from collections.abc import Iterator, Mapping
from typing import Annotated

import typer
from rich.table import Table

from ledger.cli.output import out, print_json, table
from ledger.common.gs1 import gtin14
from ledger.common.ids import to_hex
from ledger.common.periods import FOREVER
from ledger.common.visible import visible
from ledger.errors import InvalidInput
from ledger.explain.goods import place_text, states
from ledger.explain.units import day, moment
from ledger.formats.epcis import json_text
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.goods import StockAsked
from ledger.services.figures.stock import AskedStock, StockAnswer, Window
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger
from ledger.stock.csv_export import stock_csv
from ledger.stock.holdings import Holding
from ledger.stock.totals import Total

SUMS = ("partner", "place", "GTIN", "lot", "unit", "on hand", "in transit", "missing", "due", "overdue", "expires")
EACH = ("shipment", "holder", "place", "packages", "state", "since", "due", "goods")


def stock(
    at: Annotated[int | None, typer.Option(min=0, max=FOREVER, help="At this time, UTC seconds; default: now.")] = None,
    partner: Annotated[int | None, typer.Option(min=0, help="Only what this partner holds or waits for.")] = None,
    gtin: Annotated[str, typer.Option(help="Only this GTIN: 8, 12, 13 or 14 digits.")] = "",
    lot: Annotated[str, typer.Option(help="Only this lot.")] = "",
    holdings: Annotated[bool, typer.Option("--holdings", help="Each holding instead of their sums.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the sums as CSV.")] = False,
    epcis: Annotated[bool, typer.Option("--epcis", help="Print what is on hand as an EPCIS 2.0 document.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Who holds which goods where, at any second, from what both sides signed; nobody counts."""
    if json + csv + epcis > 1 or (holdings and csv + epcis):
        raise InvalidInput("two forms at once", expected="one of --json, --csv, --epcis; --holdings alone or as --json")
    with open_ledger(read_settings()) as reader:
        now = reader.home.clock.now()
        asked = AskedStock(now if at is None else at, partner, gtin14(gtin, "--gtin") if gtin else "", lot)
        if json:
            told = StockAsked(asked.at, partner, asked.gtin, lot, each=holdings)
            print_json(answered(reader, None, Kind.STOCK, asked_json(told)))
            return
        answer = reader.stock.of(asked, None)
        each = reader.stock.of(asked, None, Window(each=True)) if holdings else answer
        document = answer.snapshot(reader.stock.naming(), now) if epcis else None
        names = {view.id: view.name for view in reader.views.partners()}
    if csv:
        sys.stdout.write(stock_csv(answer.totals))
    elif document is not None:
        sys.stdout.write(json_text.dump(document) + "\n")
    else:
        out.print(_each(each, names) if holdings else _sums(answer, names))
        out.print(f"{answer.held} holdings at {moment(asked.at)}, by a log of {answer.log_size} records")
        if not holdings and not all(total.exact for total in answer.totals):
            out.print("≈: only packages say how goods were parted, and they were spread evenly")
        if answer.withheld:
            out.print(f"{answer.withheld} of them have goods that are withheld here, and are in no sum")


def _sums(answer: StockAnswer, names: Mapping[int, str]) -> Table:
    return table(SUMS, (_sum(total, names) for total in answer.totals))


def _sum(total: Total, names: Mapping[int, str]) -> Iterator[object]:
    yield _name(total.partner, names)
    yield from (visible(place_text(total.place)), total.gtin, visible(total.lot), visible(total.unit))
    about = "" if total.exact else "≈ "
    yield from (about + text for text in (total.on_hand, total.in_transit, total.missing, total.due, total.overdue))
    yield day(total.expiry.until) if total.expiry else ""


def _each(answer: StockAnswer, names: Mapping[int, str]) -> Table:
    return table(EACH, (_row(holding, names) for holding in answer.holdings))


def _row(holding: Holding, names: Mapping[int, str]) -> Iterator[object]:
    yield from (to_hex(holding.shipment)[:12], _name(holding.holder, names), visible(place_text(holding.place)))
    yield from (holding.packages, states()[holding.state], moment(holding.since))
    yield moment(holding.due_at) if holding.due_at is not None else ""
    yield ", ".join(f"{line.text} {visible(line.unit)} {line.gtin} {visible(line.lot)}" for line in holding.goods)


def _name(partner: int, names: Mapping[int, str]) -> str:
    return names.get(partner, str(partner))
