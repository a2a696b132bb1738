"""`lading recall`: where recalled goods are and were, who has answered, and how far it has come."""

from dataclasses import asdict
from typing import Annotated

import typer

from ledger.cli.output import out, print_json, table
from ledger.common.ids import RecordId, bytes_from_hex
from ledger.errors import InvalidInput
from ledger.services.home.clock import SystemClock
from ledger.services.home.settings import read_settings
from ledger.services.products.recalls import reading_recalls
from ledger.services.views.models import TraceView
from ledger.services.views.records import Reader

OPERATOR = Reader(auditor=True)
"""Whoever reads this home sees everything in it."""


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
                tell(trace)
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
    tell(view.trace)
    if view.effect is not None:
        out.print(view.effect.text, markup=False)


def tell(trace: TraceView) -> None:
    rows = [
        (h.partner.name, h.holds, h.expected, h.answer.found if h.answer else "", h.outstanding, h.passed_on)
        for h in trace.holders
    ]
    out.print(table(("partner", "holds", "to account for", "found", "outstanding", "handed on"), rows))
    for one in trace.holders:
        out.print(f"  {one.text}", markup=False)
    out.print(f"{len(trace.shipments)} shipments", markup=False)
