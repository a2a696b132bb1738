"""What was signed about a shipment, as documents of partners' systems: for those who may see it, as far as they may.

A document speaks for a partner. So it is made in the name of who asks, and only the consignee says what it wishes done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from time import gmtime, strftime

from ledger.codes import APPLIED
from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.errors import InvalidInput, LadingError, NotFound, NotPermitted, RuleBroken
from ledger.formats.documents.advice import Site
from ledger.formats.documents.iftsta import iftsta
from ledger.formats.documents.receipt_advice import Wishes, receipt_advice
from ledger.formats.documents.received import despatch_of, received
from ledger.formats.documents.shipment_status import left_out, shipment_status
from ledger.formats.documents.status import Status, status_of
from ledger.formats.documents.transportation_status import transportation_status
from ledger.formats.documents.x12 import Envelope
from ledger.records.disclosure import Part, join
from ledger.records.types import Handoff, Record, ShipmentTerms
from ledger.services.node.reader import LedgerReader
from ledger.services.views.access_journal import Opened
from ledger.services.views.records import Reader
from ledger.store import openings, records
from ledger.store.projections import shipments

MOST_NUMBER = 999_999_999


class Form(StrEnum):
    RECEIPT = "receipt-advice"
    STATUS = "transportation-status"
    IFTSTA = "iftsta"
    X12 = "214"


FILES = {
    Form.RECEIPT: ("application/xml", "xml"),
    Form.STATUS: ("application/xml", "xml"),
    Form.IFTSTA: ("application/EDIFACT; charset=iso-8859-1", "edi"),
    Form.X12: ("application/EDI-X12; charset=us-ascii", "x12"),
}
"""Media types (RFC 1767 for EDI) and how the files' names end."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`receiver`: partner that is reported to, and `number` of the report, 0 for the second it is made in. `scac`: of
    the carrier, for X12. `despatch`: the advice that a receipt answers, where the terms name none. `short`, `refused`:
    what is to be done about it, 1 or 2.
    """

    form: Form
    receiver: int = 0
    number: int = 0
    scac: str = ""
    despatch: str = ""
    short: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """`left_out`: ids of records that the format has no code for."""

    data: bytes
    media_type: str
    filename: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """What the reader may see about a shipment: records by id, 0x and hex, of which `terms` govern it."""

    shipment: str
    terms: tuple[str, ShipmentTerms]
    records: Mapping[str, Record]
    rights: dict[RecordId, Opened]
    is_child: bool


def forms_for(ledger: LedgerReader, shipment: RecordId, reader: Reader) -> list[Form]:
    """The documents that there are for this reader now; none for the public. What they ask for yet is another thing."""
    try:
        known = _known(ledger, shipment, reader)
    except LadingError:
        return []
    reports = [Form.STATUS, Form.IFTSTA, Form.X12] if reader.partner and _reported(known) is not None else []
    delivered = not known.is_child and _is_open(known, known.terms[0]) and _delivery(known) is not None
    return ([Form.RECEIPT] if delivered else []) + reports


def make_document(ledger: LedgerReader, shipment: RecordId, wanted: Wanted, reader: Reader) -> Made:
    """The document, after it was noted who is about to see which private parts.

    Raises `NotFound` for a shipment that is not there, or that nothing has happened to, `NotPermitted` for who has no
    part in it, `InvalidInput` for what must be said and is not.
    """
    known = _known(ledger, shipment, reader)
    now = ledger.home.clock.now()
    number = wanted.number or now % MOST_NUMBER + 1
    left: tuple[str, ...] = ()
    if wanted.form is Form.RECEIPT:
        data = _receipt(ledger, known, wanted, reader)
    else:
        parties = _sites(ledger, (reader.partner, wanted.receiver))
        if not reader.partner or wanted.receiver not in parties:
            raise InvalidInput("to whom is it reported?", where="receiver", expected="a partner", found=wanted.receiver)
        told = parties[reader.partner], parties[wanted.receiver]
        terms = known.terms[1]
        status = status_of(known.shipment, known.records, _sites(ledger, (terms.consignor, terms.consignee)))
        if wanted.form is Form.STATUS:
            data = transportation_status(status, told, str(number), now)
        elif wanted.form is Form.IFTSTA:
            data = iftsta(status, told, number, now)
        else:
            data = _x12(status, told, number, (now, wanted.scac))
            left = tuple(event.record for event in left_out(status))
    ledger.views.note(reader, known.rights)
    media_type, ending = FILES[wanted.form]
    return Made(data, media_type, f"{wanted.form}-{known.shipment[2:10]}.{ending}", left)


def _x12(status: Status, parties: tuple[Site, Site], number: int, when: tuple[int, str]) -> bytes:
    now, scac = when
    day, moment = strftime("%y%m%d", gmtime(now)), strftime("%H%M", gmtime(now))
    return shipment_status(status, Envelope(parties[0].gln, parties[1].gln, day, moment, number, "QM"), scac)


def _receipt(ledger: LedgerReader, known: _Known, wanted: Wanted, reader: Reader) -> bytes:
    record_id, terms = known.terms
    if known.is_child:
        raise RuleBroken("a receipt is of goods that terms opened, not of a part of them", where="shipment")
    if not _is_open(known, record_id):
        raise NotPermitted("a receipt is for who may see the terms", where="shipment", mend="Sign in as a party.")
    if (wanted.short or wanted.refused) and reader.partner != terms.consignee:
        raise NotPermitted("only the consignee says what it wishes done", where="short, refused")
    delivery = _delivery(known)
    if delivery is None:
        raise NotFound("not delivered yet", where="shipment", expected="a handoff to the consignee")
    sites = _sites(ledger, (terms.consignor, terms.consignee))
    found = received(delivery, known.terms, sites, despatch_of(wanted.despatch))
    return receipt_advice(found, Wishes(wanted.short, wanted.refused))


def _delivery(known: _Known) -> tuple[str, Handoff] | None:
    """The last handoff to the consignee, of those that the chain applied."""
    consignee = known.terms[1].consignee
    found = [
        (record_id, record)
        for record_id, record in known.records.items()
        if isinstance(record, Handoff) and record.receiver == consignee
    ]
    return found[-1] if found and consignee else None


def _reported(known: _Known) -> Status | None:
    try:
        return status_of(known.shipment, known.records, {})
    except LadingError:
        return None


def _is_open(known: _Known, record_id: str) -> bool:
    return RecordId(bytes_from_hex(record_id, 32, "record")) in known.rights


def _sites(ledger: LedgerReader, partners: tuple[int, ...]) -> dict[int, Site]:
    """By partner, name and GLN as enrolled; those that nobody enrolled as are missing."""
    with ledger.home.database.read() as connection:
        view = ledger.registry.for_request(connection).now()
        admitted = [one for one in partners if one and view.partner(one) is not None]
        return {one: Site(*ledger.views.enrolled(connection, one)) for one in admitted}


def _joined(record: Record, parts: Mapping[str, Part]) -> Record:
    try:
        return join(record, parts)
    except LadingError:  # an edited part: the audit names it, and nothing of it is shown
        return record


def _known(ledger: LedgerReader, shipment: RecordId, reader: Reader) -> _Known:
    """The records that the chain applied to a shipment, in log order, each as far as the reader may see it."""
    with ledger.home.database.read() as connection:
        ledger.registry.refreshed(connection)
        row = shipments.get(connection, shipment)
        if row is None:
            raise NotFound("no such shipment", where="shipment", found=to_hex(shipment))
        custody = shipments.steps(connection, shipment)
        cleared = shipments.clearance_steps_of_many(connection, [shipment]).get(shipment, ())
        applied = {step.record_id: step.log_index for step in (*custody, *cleared) if step.outcome in APPLIED}
        rows = records.get_many(connection, {RecordId(row.terms), *applied})
        rights = {i: ledger.views.right_to(connection, one.record, i, reader) for i, one in rows.items()}
        mine = [one for i, one in rows.items() if rights[i] is not None]
        if not mine:
            raise NotPermitted(
                "documents about a shipment are for those who have a part in it, and for auditors",
                where="shipment",
                mend="Sign in with a key of a party.",
            )
        parts = openings.of_many(connection, mine)
        opened = {i: Opened(parts.get(i, {}), right) for i, right in rights.items() if right is not None}
        ordered = sorted(rows, key=lambda one: applied.get(one, -1))
        shown = {to_hex(i): _joined(rows[i].record, parts.get(i, {})) for i in ordered}
    terms = shown[to_hex(row.terms)]
    if not isinstance(terms, ShipmentTerms):
        raise NotFound("its terms are missing", where="shipment", mend="Run `lading audit`.")
    is_child = row.parent is not None
    told = {to_hex(shipment): terms} | {i: one for i, one in shown.items() if i != to_hex(row.terms)}
    return _Known(to_hex(shipment), (to_hex(row.terms), terms), told, opened, is_child)
