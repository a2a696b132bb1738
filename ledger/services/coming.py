"""What is signed about a shipment and has no effect yet: records that wait for others, overrides announced."""

from collections.abc import Iterable, Iterator

from ledger.codes import ClearanceStatus, StatementKind
from ledger.ids import to_hex
from ledger.records import Clearance, Handoff, Override, Record, ShipmentTerms, Split, Statement
from ledger.services.telling import Teller
from ledger.services.views import ComingView
from ledger.services.waiting import RecordedState, ahead_of
from ledger.store import outbox, shipments
from ledger.store.database import Connection
from ledger.store.records import StoredRecord
from ledger.store.shipments import Shipment
from ledger.words import counted, spaced, word


def coming_to(
    connection: Connection, row: Shipment, about: Iterable[StoredRecord], teller: Teller
) -> Iterator[ComingView]:
    """Those of the records `about` the shipment that have not had their effect on it, and are not decided either."""
    for stored in about:
        waiting = outbox.get(connection, stored.record_id)
        if waiting is None or waiting.state == outbox.FINAL:
            continue
        decided = {step.record_id for step in shipments.steps(connection, row.shipment)} | {
            step.record_id for step in shipments.clearance_steps(connection, row.shipment)
        }
        if stored.record_id in decided:
            continue  # other items of the same record wait
        record = stored.record
        announced = isinstance(record, Override) and bool(waiting.problem)
        yield ComingView(
            record=to_hex(stored.record_id),
            type=type(record).__name__,
            text=_text(record, row, teller),
            waits_for=_waits_for(connection, record, row, announced=announced),
            signers=teller.signers(stored),
            logged_at=stored.log_time,
            not_before=waiting.next_try if announced else None,
        )


def _text(record: Record, row: Shipment, teller: Teller) -> str:
    """What it will do, in a sentence."""

    def name(partner: int) -> str:
        return teller.names.of(teller.connection, partner).name

    match record:
        case Handoff():
            packages = sum(item.packages for item in record.items if item.shipment == row.shipment)
            return f"{name(record.releaser)} hands {counted(packages, 'package')} to {name(record.receiver)}"
        case Override():
            return (
                f"the council moves {counted(record.packages, 'package')} from {name(record.releaser)} to "
                f"{name(record.receiver)}, without the releaser's signature"
            )
        case Split():
            return f"{name(record.by)} splits it into {counted(len(record.children), 'part')}"
        case Statement():
            return f"{name(record.by)} states: {word(StatementKind, record.kind)}"
        case Clearance():
            jurisdiction = record.jurisdiction.decode("ascii", "replace")
            return f"{jurisdiction} customs: {word(ClearanceStatus, record.status)}, says {name(record.by)}"
        case ShipmentTerms():
            return f"it goes on under new terms of {name(record.consignor)}"
        case _:
            return spaced(type(record).__name__)


def _waits_for(connection: Connection, record: Record, row: Shipment, *, announced: bool) -> str:
    if announced:
        return "Announced. A handoff that both sides sign before it moves makes it void."
    here = [one for one in ahead_of(record, RecordedState(connection)) if one.shipment == row.shipment]
    for one in here:
        missing = one.sequence - (one.standing or 0)
        return f"It waits: {counted(missing, 'step')} before it {'is' if missing == 1 else 'are'} still missing."
    return "On its way to the chain."
