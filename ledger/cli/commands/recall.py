"""`lading recall` and `lading trace`: where goods are and were, who has answered a recall, and how far it has come."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.commands.bundles import write_file
from ledger.cli.output import out, print_json, table
from ledger.common.ids import RecordId, bytes_from_hex
from ledger.errors import InvalidInput
from ledger.products.recall_tracing import Way
from ledger.services.exports.bundle import Exporter
from ledger.services.exports.trace_sheet import SheetQuery, make_sheet
from ledger.services.home.clock import SystemClock
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger
from ledger.services.products.recalls import reading_recalls
from ledger.services.views.access_journal import AccessRight, Opened
from ledger.services.views.models import TraceView
from ledger.services.views.records import PUBLIC, Reader

OPERATOR = Reader(auditor=True)
"""Whoever reads this home sees everything in it."""
_TITLES = {Way.UP: "What it came from", Way.DOWN: "What became of it"}


def recall(
    record: Annotated[str | None, typer.Argument(help="Record id of the recall.")] = None,
    subject: Annotated[str, typer.Option(help="Without a recall: a GS1 path, e.g. 01/<GTIN>/10/<LOT>.")] = "",
    lots: Annotated[str, typer.Option(help="With --subject: JSON array of {lot} or {from, to} serials.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Trace goods by custody: who holds them, who had them, who has answered the recall."""
    if (record is None) == (not subject):
        raise InvalidInput("which goods?", expected="the record id of a recall, or --subject")
    with reading_recalls(read_settings(), SystemClock()) as recalls:
        if record is None:
            trace = recalls.trace(subject, lots, OPERATOR)
            if json:
                print_json(asdict(trace))
            else:
                _tell(trace)
            return
        view = recalls.recall(RecordId(bytes_from_hex(record, 32, "recall")), OPERATOR)
    if json:
        print_json(asdict(view))
        return
    facts = view.recall
    out.print(f"{facts.by.name} recalls {facts.subject} {facts.lots} ({facts.hazard}): {facts.action}", markup=False)
    if facts.revoked_by is not None:
        out.print(
            f"Taken back by {facts.by.name} ({facts.revoked_for}): {facts.revoked_by}. It counts no more.", markup=False
        )
    _tell(view.trace)
    if view.effect is not None:
        out.print(view.effect.text, markup=False)


def trace(
    subject: Annotated[str, typer.Argument(help="A GS1 path, e.g. 01/<GTIN>/10/<LOT>, or the id of a shipment.")],
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

    With --sheet: one sheet a critical tracking event, its key data elements as columns, and behind each row the record,
    its signers and its proof. Private parts are opened in both files; that is noted and told to the parties.
    """
    ways = [way for way, wanted in ((Way.UP, up), (Way.DOWN, down)) if wanted or up == down]
    if sheet is not None:
        _write_sheet(sheet, (subject, lots), ways, json=json)
        return
    found = {}
    with reading_recalls(read_settings(), SystemClock()) as recalls:
        for way in ways:
            if subject.startswith("0x"):
                found[way] = recalls.trace_shipment(bytes_from_hex(subject, 32, "subject"), OPERATOR, way)
            else:
                found[way] = recalls.trace(subject, lots, OPERATOR, way)
    if json:
        print_json({"subject": subject, **{str(way): asdict(view) for way, view in found.items()}})
        return
    for way, view in found.items():
        out.print(_TITLES[way], style="bold")
        _tell(view)


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


def _tell(trace: TraceView) -> None:
    rows = [
        (h.partner.name, h.holds, h.expected, h.answer.found if h.answer else "", h.outstanding, h.passed_on)
        for h in trace.holders
    ]
    out.print(table(("partner", "holds", "to account for", "found", "outstanding", "handed on"), rows))
    for one in trace.holders:
        out.print(f"  {one.text}", markup=False)
    out.print(f"{len(trace.shipments)} shipments", markup=False)
