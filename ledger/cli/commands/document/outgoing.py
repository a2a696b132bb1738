"""`lading document receipt` and `status`: signed records as documents of partners' systems."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from ledger.bundle.format import Trust, parse_trust
from ledger.cli.commands.bundles import write_file
from ledger.cli.commands.keys import domains_of, read_file
from ledger.cli.output import out
from ledger.cli.qr_frames import read_signed
from ledger.common.ids import to_hex
from ledger.common.scopes import key_covers
from ledger.errors import InvalidInput, VerificationFailed
from ledger.formats.documents.advice import Site
from ledger.formats.documents.iftsta import iftsta
from ledger.formats.documents.receipt_advice import Wishes, receipt_advice
from ledger.formats.documents.received import despatch_of, received
from ledger.formats.documents.shipment_status import left_out, shipment_status
from ledger.formats.documents.status import status_of
from ledger.formats.documents.transportation_status import transportation_status
from ledger.formats.documents.x12 import Envelope
from ledger.records.recovered import recover_record
from ledger.records.types import Handoff, Record, ShipmentTerms

T = TypeVar("T", bound=Record)
_TRUST = Path("trust.json")


class StatusForm(StrEnum):
    UBL = "ubl"
    IFTSTA = "iftsta"
    X12 = "214"


def receipt(
    handoff: Annotated[Path, typer.Argument(help="The handoff that both sides signed.")],
    terms: Annotated[Path, typer.Option(help="The signed terms of the shipment.")],
    output: Annotated[Path, typer.Option("--out", help="Where to write the Receipt Advice.")],
    trust: Annotated[Path, typer.Option(help="The trust file: names, GLNs and keys.")] = _TRUST,
    short_action: Annotated[str, typer.Option(help="What is wished about what is short: 1 replace, 2 credit.")] = "",
    refused_action: Annotated[str, typer.Option(help="About what was refused: 1 replace, 2 credit.")] = "",
    despatch: Annotated[
        str, typer.Option(help="The advice of despatch, where the terms name none: NUMBER,CCYY-MM-DD,HH:MM:SS.")
    ] = "",
) -> None:
    """A delivery as a UBL Receipt Advice: what was received, short, over or refused, as releaser and receiver signed.

    Signatures of both are checked by the trust file's partner book. Which line of several lacks something is in no
    record: then the document says it of the shipment.
    """
    known = parse_trust(read_file(trust))
    records = _signed([handoff, terms], known, trust)
    (handed,) = _only(records, Handoff, handoff)
    (told,) = _only(records, ShipmentTerms, terms)
    found = received(handed, told, _sites(known), despatch_of(despatch))
    write_file(output, receipt_advice(found, Wishes(short_action, refused_action)))
    out.print(f"{output}: {found.packages} of {found.expected} packages received", markup=False, soft_wrap=True)


def status(
    files: Annotated[list[Path], typer.Argument(help="Signed records about one shipment, its terms among them.")],
    output: Annotated[Path, typer.Option("--out", help="Where to write the document.")],
    sender: Annotated[int, typer.Option(help="Partner that reports.")],
    receiver: Annotated[int, typer.Option(help="Partner that is reported to.")],
    form: Annotated[StatusForm, typer.Option("--as", help="Which format.")] = StatusForm.UBL,
    trust: Annotated[Path, typer.Option(help="The trust file: names, GLNs and keys.")] = _TRUST,
    number: Annotated[int, typer.Option(min=1, max=999_999_999, help="The document's number.")] = 1,
    scac: Annotated[str, typer.Option(help="With --as 214: the carrier's SCAC.")] = "",
) -> None:
    """What happened to a shipment, as a UBL Transportation Status, an EDIFACT IFTSTA or an X12 214.

    Handoffs, tenders, losses and clearances, each by its code of UN/ECE Recommendation 24 and with its record's id.
    """
    known = parse_trust(read_file(trust))
    records = _signed(files, known, trust)
    opened = [record_id for record_id, record in records.items() if isinstance(record, ShipmentTerms)]
    if len(opened) != 1:
        raise InvalidInput("which shipment?", where="files", expected="the terms of one", found=len(opened))
    sites, now = _sites(known), int(time.time())
    parties = sites.get(sender, Site()), sites.get(receiver, Site())
    found = status_of(opened[0], records, sites)
    if form is StatusForm.UBL:
        data = transportation_status(found, parties, str(number), now)
    elif form is StatusForm.IFTSTA:
        data = iftsta(found, parties, number, now)
    else:
        day, moment = time.strftime("%y%m%d", time.gmtime(now)), time.strftime("%H%M", time.gmtime(now))
        envelope = Envelope(parties[0].gln, parties[1].gln, day, moment, number, "QM", "ZZ")
        data = shipment_status(found, envelope, scac)
        for event in left_out(found):
            out.print(f"no code in X12 214, left out: {event.record}", markup=False, soft_wrap=True)
    write_file(output, data)
    out.print(f"{output}: {len(found.events)} events", markup=False, soft_wrap=True)


def _signed(files: list[Path], known: Trust, trust: Path) -> dict[str, Record]:
    """The records by id, each signed by those whom it names; raises `VerificationFailed` where a signature is missing.

    Whether the chain took them is not known here: that is what a bundle proves.
    """
    domain, book = domains_of(known, trust)[0], known.partners
    result: dict[str, Record] = {}
    for path in files:
        signed = read_signed(read_file(path), str(path))
        record_id, number = domain.record_id(signed.record), signed.record.NUMBER
        owners = (
            (key, book.owner(key)) for key in recover_record(signed, record_id, str(path)).keys if book is not None
        )
        by = {one.partner for key, one in owners if one is not None and key_covers(one.keys[key], number)}
        for partner in sorted(_signers(signed.record) - by):
            raise VerificationFailed(
                "not signed by everybody whom it names, as the trust file knows their keys",
                where=str(path),
                expected=f"a signature of partner {partner}",
                mend="Have it signed, or get a newer trust file.",
            )
        result[to_hex(record_id)] = signed.record
    return result


def _signers(record: Record) -> set[int]:
    match record:
        case ShipmentTerms():
            named = {record.consignor, record.holder}
        case Handoff():
            named = {record.releaser, record.receiver}
        case _:
            named = {int(getattr(record, "by", 0))}
    return named - {0}


def _only(records: dict[str, Record], kind: type[T], path: Path) -> list[tuple[str, T]]:
    found = [(record_id, record) for record_id, record in records.items() if isinstance(record, kind)]
    if len(found) != 1:
        raise InvalidInput("not the record that is asked for", where=str(path), expected=kind.__name__)
    return found


def _sites(known: Trust) -> dict[int, Site]:
    entries = known.partners.entries if known.partners is not None else ()
    return {entry.partner: Site(entry.name, entry.gln) for entry in entries}
