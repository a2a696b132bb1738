"""`lading trace`: what goods came from and what became of them, with who, where, when, how much and what share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.commands.bundles import write_file
from ledger.cli.commands.recall import OPERATOR, tell
from ledger.cli.output import out, print_json, table
from ledger.common.ids import bytes_from_hex
from ledger.common.visible import visible
from ledger.explain.provenance import made_text, number_text, reasons_text, share_text, verdict_text
from ledger.explain.units import moment
from ledger.products.recall_tracing import Way
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.goods import TraceAsked
from ledger.services.exports.bundle import Exporter
from ledger.services.exports.trace_sheet import SheetQuery, make_sheet
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger
from ledger.services.products.provenance import GoodsAsked, subject_of
from ledger.services.products.provenance_views import BalanceView, GoodsView, NodeView, ProvenanceView, SumView
from ledger.services.views.access_journal import AccessRight, Opened
from ledger.services.views.records import PUBLIC

_TITLES = {Way.UP: "What it came from", Way.DOWN: "What became of it"}


def trace(
    subject: Annotated[
        str, typer.Argument(help="A GS1 path, e.g. 01/<GTIN>/10/<LOT>, or what a label says; or the id of a shipment.")
    ],
    up: Annotated[bool, typer.Option("--up", help="Only what the goods came from.")] = False,
    down: Annotated[bool, typer.Option("--down", help="Only what became of them.")] = False,
    lots: Annotated[str, typer.Option(help="Of a GS1 path: JSON array of {lot} or {from, to} serials.")] = "",
    sheet: Annotated[
        Path | None,
        typer.Option(
            help="Write a workbook for FDA's food traceability rule (XLSX) here, and the bundle beside it that proves "
            "its rows."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Trace goods by custody, up to what they came from and down to whoever holds them.

    Through packing, splits, merges and transformations: who had them, where and when, how much there is, and what share
    of it comes from what was asked about; and whether what was made is what went in.

    With --sheet: one sheet a critical tracking event, its key data elements as columns, and behind each row the record,
    its signers and its proof. Private parts are opened in both files; that is noted and told to the parties.
    """
    subject = subject_of(subject)
    ways = [way for way, wanted in ((Way.UP, up), (Way.DOWN, down)) if wanted or up == down]
    if sheet is not None:
        _write_sheet(sheet, (subject, lots), ways, json=json)
        return
    found = {}
    with open_ledger(read_settings()) as reader:
        if json:
            whole = TraceAsked(subject, lots, ways, 0, recalls=True)
            print_json(answered(reader, None, Kind.TRACE, asked_json(whole)))
            return
        for way in ways:
            if subject.startswith("0x"):
                found[way] = reader.recalls.trace_shipment(bytes_from_hex(subject, 32, "subject"), OPERATOR, way)
            else:
                found[way] = reader.recalls.trace(subject, lots, OPERATOR, way)
        asked = GoodsAsked(subject, lots, tuple(ways))
        graph = reader.provenance.trace(asked, OPERATOR)[0] if any(one.shipments for one in found.values()) else None
    for way, view in found.items():
        out.print(_TITLES[way], style="bold")
        tell(view)
    if graph is not None:
        _draw(graph)


def _write_sheet(path: Path, goods: tuple[str, str], ways: list[Way], *, json: bool) -> None:
    with open_ledger(read_settings(), read_only=False) as reader:
        made = make_sheet(reader, SheetQuery(*goods, tuple(ways)), OPERATOR)
        opened = {i: Opened(parts.paths, AccessRight.EXPORT) for i, parts in made.opened.items()}
        exporter = Exporter(reader)
        bundle = exporter.trace(made.traced)
        reader.views.note(PUBLIC, opened | exporter.opened)
    beside = path.with_suffix(".bundle")
    files = {path: made.data, beside: bundle}
    for name, data in files.items():
        write_file(name, data)
    if json:
        print_json({"files": {str(name): len(data) for name, data in files.items()}, "shipments": len(made.traced)})
        return
    for name, data in files.items():
        out.print(f"{name}: {len(data):,} bytes", markup=False)
    out.print(f"{len(made.traced):,} shipments")


def _draw(graph: ProvenanceView) -> None:
    out.print("How it hangs together", style="bold")
    heads = ("", "shipment", "made by", "from", "goods", "share", "with", "since", "where")
    out.print(table(heads, (_row(node) for node in graph.shipments)))
    for balance in graph.balances:
        for one in balance.sums:
            out.print(_sum(balance, one), markup=False)


def _row(node: NodeView) -> Iterator[object]:
    last = node.stops[-1] if node.stops else None
    place = last.place if last is not None else None
    yield node.direction
    yield node.shipment[:12]
    yield made_text(node.made)
    yield " ".join(parent[:12] for parent in node.parents)
    yield "withheld" if node.closed else "; ".join(map(_amount, node.goods or ())) or "not named"
    yield share_text(node.share.millionths, node.share.basis)
    yield last.partner.name if last is not None else ""
    yield moment(last.since) if last is not None else ""
    yield visible(place.locode or place.gln or place.name or place.country) if place is not None else ""


def _amount(goods: GoodsView) -> str:
    lot = f", lot {goods.lot}" if goods.lot else ""
    return visible(f"{number_text(goods.quantity, goods.exact)} {goods.unit} of {goods.gtin or '?'}{lot}")


def _sum(balance: BalanceView, one: SumView) -> str:
    """What went in, came out and was lost, and whether that is all."""
    goods = f" of {one.gtin}{', lot ' + one.lot if one.lot else ''}" if one.gtin else ""
    line = f"{balance.record[:12]} {made_text(balance.made)}{goods}: in {number_text(one.went_in)} {one.unit}"
    line += f", out {number_text(one.came_out)}"
    line += f", lost {number_text(one.lost)} ({balance.loss_reason})" if one.lost != "0" else ""
    line += f": {verdict_text(one.verdict)}"
    line += f" by {number_text(one.difference)} {one.unit}" if one.difference not in (None, "0") else ""
    reasons = ", ".join(reasons_text(one.unknown))
    return visible(line + (f" ({reasons})" if reasons else ""))
