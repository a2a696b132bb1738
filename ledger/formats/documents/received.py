"""What a counter-signed handoff says of a delivery, as an advice of receipt needs it."""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.codes import ExceptionBit
from ledger.errors import MalformedRecord, RuleBroken
from ledger.formats.documents.advice import Site, day_of, time_of
from ledger.formats.documents.drafts import document_of
from ledger.records.types import Commercial, Details, Goods, Handoff, Load, ShipmentTerms


@dataclass(frozen=True, slots=True)
class Despatch:
    """The advice of despatch that is answered: its number, day, and time of day."""

    number: str
    day: str
    time: str


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """`number`: the line's own in the advice of despatch."""

    number: str
    goods: Goods


@dataclass(frozen=True, slots=True)
class Received:
    """A delivery. `at`: UTC seconds. `expected`: packages by the terms, `packages` as the receiver counted them.
    `record` and `shipment`: ids, 0x and hex.
    """

    record: str
    shipment: str
    at: int
    supplier: Site
    customer: Site
    order: str
    despatch: Despatch
    load: str
    expected: int
    packages: int
    exceptions: ExceptionBit
    lines: tuple[ReceivedLine, ...]


def received(
    handoff: tuple[str, Handoff],
    terms: tuple[str, ShipmentTerms],
    sites: Mapping[int, Site],
    despatch: Despatch | None = None,
) -> Received:
    """The delivery of one shipment by `handoff`, under `terms`, each with its id. `despatch`: what it answers, where
    the terms do not say.

    Raises `RuleBroken` where this is no delivery, `MalformedRecord` where a part is withheld that the document needs.
    """
    record_id, record = handoff
    shipment, told = terms
    item = next((one for one in record.items if f"0x{one.shipment.hex()}" == shipment), None)
    if item is None:
        raise RuleBroken("the handoff is not of this shipment", where="handoff.items", expected=shipment)
    if record.receiver != told.consignee or record.receiver == 0:
        raise RuleBroken(
            "the handoff is no delivery to a consignee that is a partner",
            where="handoff.receiver",
            expected=told.consignee,
            found=record.receiver,
        )
    contents = told.contents
    if not isinstance(contents, tuple) or not all(isinstance(one, Goods) for one in contents):
        raise MalformedRecord("the contents are withheld", where="contents", mend="Use the terms as they were signed.")
    goods = [one for one in contents if isinstance(one, Goods)]
    details = told.details.text if isinstance(told.details, Details) else ""
    document = document_of(details) or {}
    numbers = document.get("lines")
    if not isinstance(numbers, list) or len(numbers) != len(goods):
        numbers = list(range(1, len(goods) + 1))
    return Received(
        record=record_id,
        shipment=shipment,
        at=record.occurredAt,
        supplier=_site(sites, told.consignor),
        customer=_site(sites, record.receiver),
        order=told.commercial.orderRef if isinstance(told.commercial, Commercial) else "",
        despatch=despatch or _despatch(document),
        load=record.load.identifier if isinstance(record.load, Load) else "",
        expected=told.packages,
        packages=item.packages,
        exceptions=ExceptionBit(item.exceptions),
        lines=tuple(ReceivedLine(str(number), one) for number, one in zip(numbers, goods, strict=True)),
    )


def _site(sites: Mapping[int, Site], partner: int) -> Site:
    site = sites.get(partner)
    if site is None or not site.gln:
        raise MalformedRecord(
            "a partner without a GLN",
            where=f"partner {partner}",
            expected="a partner that enrolled with one",
            mend="PEPPOL addresses by it.",
        )
    return site


def _despatch(document: Mapping[str, object]) -> Despatch:
    number, day, time = (str(document.get(name, "")) for name in ("number", "issued", "issuedTime"))
    if not number or not day or not time:
        raise MalformedRecord(
            "the terms do not say which advice of despatch they came from, or not when it was issued",
            where="details.document",
            expected="its number, day and time",
            found=" ".join(part for part in (number, day, time) if part),
            mend="Say it: despatch, as NUMBER,CCYY-MM-DD,HH:MM:SS.",
        )
    return Despatch(number, day, time)


def despatch_of(text: str) -> Despatch | None:
    """`NUMBER,CCYY-MM-DD,HH:MM:SS`, the time may be left out; None for nothing. Raises `MalformedRecord`."""
    if not text:
        return None
    number, day, time = (*text.split(","), "", "")[:3]
    return Despatch(number, day_of(day, "despatch"), time_of(time, "despatch") or "00:00:00")
