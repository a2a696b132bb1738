"""`lading gaps`: where records do not add up, each finding with the records it rests on."""

from typing import Annotated

import typer

from ledger.cli.output import out, print_json, table
from ledger.common.ids import to_hex
from ledger.common.periods import FOREVER
from ledger.explain.provenance import gap_text
from ledger.explain.units import moment
from ledger.provenance.gaps import Gap
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.goods import GapsAsked
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger


def gaps(
    code: Annotated[
        list[Gap] | None, typer.Option(help="Only findings of this kind; may be given several times.")
    ] = None,
    at: Annotated[int | None, typer.Option(min=0, max=FOREVER, help="As of then (UTC seconds); default: now.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Where records do not add up, each finding with the records that it rests on.

    Shipped and never received, custody broken, more out than in, serials twice, clearances without goods. Each is a
    question to whoever signed, and no verdict.
    """
    with open_ledger(read_settings()) as reader:
        if json:
            print_json(answered(reader, None, Kind.GAPS, asked_json(GapsAsked(code or [], at))))
            return
        found = [one for one in reader.numbers.gaps(at) if not code or one.code in code]
    rows = (
        (gap_text(one.code), moment(one.at), to_hex(one.shipment), " ".join(to_hex(r)[:12] for r in one.records))
        for one in found
    )
    out.print(table(("finding", "since", "shipment", "records"), rows))
    out.print(f"{len(found)} findings", markup=False)
