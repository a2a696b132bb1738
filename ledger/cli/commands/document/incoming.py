"""`lading document in`: an advice of despatch as drafts of terms, and of the manifest of signed terms."""

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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
from ledger.formats.documents.drafts import Choices, document_of, manifest_draft, terms_draft
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
        choices = Choices(sender, receiver, 0, packages, _offset(zone, advice))
        draft = terms_draft(advice, choices, data)
        told = f"terms of {advice.kind} {advice.number}: {len(advice.lines)} lines from {sender} to {receiver}"
    else:
        record, shipment = _signed_terms(terms, known, trust, advice, data)
        chosen = carrier or _partner(known, advice.carrier, "carrier")
        choices = Choices(record.holder, record.consignee, chosen, 0, _offset(zone, advice))
        draft = manifest_draft(advice, choices, shipment, record.packages)
        told = f"manifest of shipment {shipment}: {record.packages} packages from {record.holder} to {chosen}"
    envelope_from_wallet(completed(draft, int(time.time())))  # what no signer could read is refused here
    write_file(output, canonical_json(draft))
    if json:
        print_json({"file": str(output), "draft": draft, "lines": len(advice.lines)})
    else:
        out.print(f"{output}: {told}", markup=False, soft_wrap=True)


def _partner(known: Trust, site: Site, role: str) -> int:
    """Whose GLN it is, by the partner book; names are told and never guessed by."""
    book = known.partners
    found = [entry.partner for entry in book.entries if site.gln and entry.gln == site.gln] if book is not None else []
    if len(found) == 1:
        return found[0]
    raise InvalidInput(
        f"which partner is the {role}?",
        where=role,
        expected="a GLN that one partner of the trust file's book enrolled with",
        found=f"{site.name} {site.gln}".strip(),
        mend=f"Say it: --{role} NUMBER.",
    )


def _signed_terms(path: Path, known: Trust, trust: Path, advice: Advice, data: bytes) -> tuple[ShipmentTerms, str]:
    record = read_signed(read_file(path), str(path)).record
    if not isinstance(record, ShipmentTerms):
        raise InvalidInput("not terms", where=str(path), expected="ShipmentTerms", found=type(record).__name__)
    details: Any = record.details.text if isinstance(record.details, Details) else ""
    drafted = terms_draft(advice, Choices(1, 1, packages=1, offset=0), data)
    own = document_of(drafted["message"]["details"]["text"])
    if document_of(details) != own:
        raise InvalidInput(
            "these terms did not come of this document",
            where=str(path),
            expected=f"terms whose details name {advice.kind} {advice.number} and its hash",
        )
    return record, to_hex(domains_of(known, trust)[0].record_id(record))


def _offset(zone: str, advice: Advice) -> int | None:
    """Seconds from UTC in a zone on the day that matters; None where no zone is named."""
    if not zone:
        return None
    moment = advice.expected or advice.despatched or advice.issued
    try:
        there = datetime.fromisoformat(f"{moment.day}T{moment.time or '12:00:00'}").replace(tzinfo=ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput("no such zone, or day", where="--zone", expected="such as Europe/Oslo", found=zone) from None
    offset = there.utcoffset()
    return None if offset is None else int(offset.total_seconds())
