"""Duty and taxes paid on a shipment, as clearances state them.

Of each jurisdiction and regime the last clearance that says anything of it counts, for amounts are those of the whole
procedure and not of one step. What a clearance states for several shipments is shared evenly among those to which the
chain applied it, to the last minor unit: nothing says what each of them bore.
"""

from typing import NamedTuple

from ledger.codes import ClearanceStatus
from ledger.records.eip712 import Withheld
from ledger.records.types import Clearance
from ledger.records.verification import VerifiedRecord
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found


class DutyPaid(NamedTuple):
    """What `paper`, a clearance, says was paid for one shipment, in minor units; None where that is withheld."""

    paper: VerifiedRecord
    currency: str
    paid: int | None


def duties_of(journeys: Journeys, shipment: bytes) -> tuple[DutyPaid, ...]:
    """Paid on exactly this shipment: what was paid before goods parted is that of the shipment they were split from."""
    last: dict[tuple[bytes, int], Found[Clearance]] = {}
    for found in journeys.clearances(shipment):
        if found.record.status != ClearanceStatus.LODGED and _says_something(found.record):
            last[found.record.jurisdiction, found.record.regime] = found
    return tuple(_paid(last[pair], shipment) for pair in sorted(last))


def _says_something(clearance: Clearance) -> bool:
    duty = clearance.duty
    return isinstance(duty, Withheld) or bool(duty.lines)


def _paid(found: Found[Clearance], shipment: bytes) -> DutyPaid:
    verified, clearance = found
    duty = clearance.duty
    if isinstance(duty, Withheld):
        return DutyPaid(verified, "", None)
    total = sum(line.paid for line in duty.lines)
    items = [item.shipment for i, item in enumerate(clearance.items) if verified.applied(i)]
    place = items.index(shipment)
    return DutyPaid(verified, duty.currency, total * (place + 1) // len(items) - total * place // len(items))
