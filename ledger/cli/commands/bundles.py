"""`lading export` and `lading trust`: bundles that a stranger checks offline with `lading verify`."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.bundle.format import parse_trust, trust_fingerprint
from ledger.cli.commands.keys import read_file
from ledger.cli.commands.verify import TRUST_NAME
from ledger.cli.output import out, print_json
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.common.periods import FOREVER, period_of
from ledger.errors import InvalidInput, MalformedRecord, NotFound
from ledger.formats.gs1.scanned import product_of_code
from ledger.services.exports.bundle import Exporter
from ledger.services.exports.seals import open_source
from ledger.services.home.consortium import read_consortium, with_logs_of
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger, was_opened
from ledger.services.views.records import PUBLIC


def export(
    output: Annotated[Path, typer.Option("--out", help="Where to write the bundle.")],
    shipment: Annotated[str | None, typer.Option(help="A shipment's id.")] = None,
    partner: Annotated[int | None, typer.Option(help="A partner's id.")] = None,
    award: Annotated[str | None, typer.Option(help="An award's record id, or its agreement's.")] = None,
    product: Annotated[str | None, typer.Option(help="A product's code: its GS1 Digital Link, or that path.")] = None,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="The whole log, for auditors: what any answer is made again from.")
    ] = False,
    reader: Annotated[
        int | None, typer.Option(min=1, help="With --ledger: as this partner may read it, for the partner.")
    ] = None,
    start: Annotated[
        int | None, typer.Option(help="With --partner: start of the period of its scores; default: as `lading scores`.")
    ] = None,
    end: Annotated[int | None, typer.Option(help="With --partner: end of that period, UTC seconds.")] = None,
    at: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=FOREVER,
            help="Judge goods still under way at this time (UTC seconds), at most as of the checkpoint.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write what is needed to check a shipment, a partner, an award, a product or any answer offline.

    With LADING_COMETBFT a shipment's, partner's or award's also has the seals of the network's validators, so that
    `lading verify` calls outcomes, anchors and block times proved.

    Private parts are opened in it, but for a product's, which is public, and for those that the --reader of a ledger
    may not read; that is noted and told to the parties of the shipments. The trust file is not part of it: `lading
    trust` writes one, to be handed over separately.
    """
    if sum(choice is not None for choice in (shipment, partner, award, product)) + ledger != 1:
        raise InvalidInput("name one thing to export", expected="--shipment, --partner, --award, --product or --ledger")
    if reader is not None and not ledger:
        raise InvalidInput("only a whole ledger is read by somebody", where="--reader", expected="--ledger")
    if partner is None and (start, end) != (None, None):
        raise InvalidInput("only a partner's scores have a period", expected="--start and --end with --partner")
    settings = read_settings()
    with open_ledger(settings, read_only=False) as opened, open_source(opened.home) as source:
        exporter = Exporter(opened, source)
        if shipment is not None:
            data = exporter.shipment(bytes_from_hex(shipment, 32, "--shipment"), at)
        elif partner is not None:
            now = opened.home.clock.now() if at is None else at
            first = opened.numbers.measure().since if start is None else start
            data = exporter.partner(partner, period_of(now, first, end), at)
        elif product is not None:
            data = exporter.product(product_of_code(product, "--product"))
        elif ledger:
            if reader is not None:
                opened.views.partner(reader)
            data = exporter.ledger(reader or 0)
        else:
            record_id = RecordId(bytes_from_hex(award or "", 32, "--award"))
            try:
                data = exporter.award(record_id)
            except NotFound:
                data = exporter.award(exporter.award_of(record_id))
        opened.views.note(PUBLIC, exporter.opened)
    write_file(output, data)
    if json:
        print_json({"file": str(output), "bytes": len(data)})
    else:
        out.print(f"{output}: {len(data):,} bytes")


def trust(
    output: Annotated[Path, typer.Option("--out", help="Where to write the trust file.")] = Path(TRUST_NAME),
    others: Annotated[
        list[Path] | None,
        typer.Option("--with", help="Another operator's trust file, whose log is to be named too. Repeat it for more."),
    ] = None,
) -> None:
    """Write this consortium's trust file, for signers and verifiers. Nobody should take it from where a bundle came.

    The log signs a partner book into it: names and keys as they are now, which `lading sign` shows and checks without a
    network. Write it anew when partners or keys have changed.
    """
    settings = read_settings()
    trusted = read_consortium(settings.home).trust_file()
    if was_opened(settings):  # else nobody is a partner yet
        with open_ledger(settings) as reader:
            book, later = reader.views.partner_book(), reader.bonuses.pools()[1:]
        trusted |= {"laterPools": [to_hex(pool) for pool in later]} if later else {}
        trusted |= {"partners": book.to_json()} if book.entries else {}
    for other in others or ():
        trusted = with_logs_of(trusted, parse_trust(read_file(other)))
    write_file(output, canonical_json(trusted))
    out.print(f"{output}: fingerprint {trust_fingerprint(trusted)}", soft_wrap=True)


def write_file(path: Path, data: bytes) -> None:
    """Raises `MalformedRecord` where the system refuses."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise MalformedRecord("cannot be written", where=str(path), found=error.strerror or "") from None
