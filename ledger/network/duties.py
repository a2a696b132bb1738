"""Duty and taxes paid on a shipment, as clearances state them.

Of each jurisdiction and regime the last clearance that says anything of it counts, for amounts are those of the whole
procedure and not of one step. What a clearance states for several shipments is shared evenly among those to which the
chain applied it, to the last minor unit: nothing says what each of them bore.
"""

from collections.abc import Callable
from typing import NamedTuple

from ledger.codes import ClearanceStatus
from ledger.records.eip712 import Withheld
from ledger.records.types import Clearance
from ledger.records.verification import VerifiedRecord
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found


class DutyPaid(NamedTuple):
    """What `paper`, a clearance, says was paid for one shipment, in minor units; None where that is withheld. `silent`:
    it says nothing of it.
    """

    paper: VerifiedRecord
    currency: str
    paid: int | None
    silent: bool = False


Procedure = tuple[DutyPaid, ...]
"""The clearances of one jurisdiction and regime, the newest first, down to the one that says something of duty. Whoever
may not read a newer one does not know that it says nothing."""


def duties_of(journeys: Journeys, shipment: bytes) -> tuple[Procedure, ...]:
    """Paid on exactly this shipment: what was paid before goods parted is that of the shipment they were split from."""
    known: dict[tuple[bytes, int], list[DutyPaid]] = {}
    for found in journeys.clearances(shipment):
        if found.record.status == ClearanceStatus.LODGED:
            continue
        listed = known.setdefault((found.record.jurisdiction, found.record.regime), [])
        if _says_something(found.record):
            listed[:] = [_paid(found, shipment)]
        else:
            listed.insert(0, DutyPaid(found.verified, "", 0, silent=True))
    return tuple(tuple(known[pair]) for pair in sorted(known))


def told(procedure: Procedure, may_read: Callable[[VerifiedRecord], bool]) -> DutyPaid | None:
    """What the newest clearance that says anything states, as far as somebody `may_read` it; None where none does."""
    for duty in procedure:
        if duty.paid is None or not may_read(duty.paper):
            return DutyPaid(duty.paper, "", None)
        if not duty.silent:
            return duty
    return None


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
