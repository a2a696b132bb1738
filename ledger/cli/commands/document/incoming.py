"""`lading document in`: an advice of despatch as drafts of terms, and of the manifest of signed terms."""

import time
from pathlib import Path
from typing import Annotated

import typer

from ledger.bundle.format import Trust, parse_trust
from ledger.cli.commands.bundles import write_file
from ledger.cli.commands.document.adapters import installed_formats
from ledger.cli.commands.keys import domains_of, read_file
from ledger.cli.output import out, print_json
from ledger.cli.qr_frames import read_signed
from ledger.client.drafts import completed
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.errors import InvalidInput
from ledger.formats.documents.advice import Advice, Site
from ledger.formats.documents.choosing import check_came_of, offset_in, partner_of
from ledger.formats.documents.drafts import Choices, manifest_draft, terms_draft
from ledger.formats.documents.reading import read_advice
from ledger.records.types import Details, ShipmentTerms
from ledger.records.wallet_input import envelope_from_wallet

_TRUST = Path("trust.json")


def incoming(
    file: Annotated[Path, typer.Argument(help="A UBL Despatch Advice, an X12 856 or an EDIFACT DESADV.")],
    output: Annotated[Path, typer.Option("--out", help="Where to write the draft.")],
    terms: Annotated[
        Path | None, typer.Option(help="The signed terms that came of it: draft their manifest, and not terms.")
    ] = None,
    trust: Annotated[Path, typer.Option(help="The trust file, whose partner book tells partners by GLN.")] = _TRUST,
    consignor: Annotated[int, typer.Option(help="Partner that sends, where its GLN does not tell.")] = 0,
    consignee: Annotated[int, typer.Option(help="Partner that is to receive, where its GLN does not tell.")] = 0,
    carrier: Annotated[int, typer.Option(help="Partner that carries, for the manifest.")] = 0,
    packages: Annotated[int, typer.Option(min=0, help="How many packages, where the document does not say.")] = 0,
    zone: Annotated[str, typer.Option(help="Zone of its times that tell none, such as Europe/Oslo.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Draft terms from an advice of despatch, and from signed terms the manifest that hands them over.

    The draft is a template for `lading sign`: it leaves out what the document does not say, such as prices and who owes
    a penalty. Partners are told by GLN; times without a zone are refused until one is named.
    """
    data = read_file(file)
    advice = read_advice(data, installed_formats())
    known = parse_trust(read_file(trust))
    if terms is None:
        sender = consignor or _partner(known, advice.supplier, "consignor")
        receiver = consignee or _partner(known, advice.customer, "consignee")
        choices = Choices(sender, receiver, 0, packages, offset_in(zone, advice))
        draft = terms_draft(advice, choices, data)
        told = f"terms of {advice.kind} {advice.number}: {len(advice.lines)} lines from {sender} to {receiver}"
    else:
        record, shipment = _signed_terms(terms, known, trust, advice, data)
        chosen = carrier or _partner(known, advice.carrier, "carrier")
        choices = Choices(record.holder, record.consignee, chosen, 0, offset_in(zone, advice))
        draft = manifest_draft(advice, choices, shipment, record.packages)
        told = f"manifest of shipment {shipment}: {record.packages} packages from {record.holder} to {chosen}"
    envelope_from_wallet(completed(draft, int(time.time())))  # what no signer could read is refused here
    write_file(output, canonical_json(draft))
    if json:
        print_json({"file": str(output), "draft": draft, "lines": len(advice.lines)})
    else:
        out.print(f"{output}: {told}", markup=False, soft_wrap=True)


def _partner(known: Trust, site: Site, role: str) -> int:
    entries = known.partners.entries if known.partners is not None else ()
    return partner_of(site, role, lambda gln: [entry.partner for entry in entries if entry.gln == gln])


def _signed_terms(path: Path, known: Trust, trust: Path, advice: Advice, data: bytes) -> tuple[ShipmentTerms, str]:
    record = read_signed(read_file(path), str(path)).record
    if not isinstance(record, ShipmentTerms):
        raise InvalidInput("not terms", where=str(path), expected="ShipmentTerms", found=type(record).__name__)
    details = record.details.text if isinstance(record.details, Details) else ""
    check_came_of(details, advice, data, str(path))
    return record, to_hex(domains_of(known, trust)[0].record_id(record))
