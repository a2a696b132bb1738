"""What is signed about a shipment and has no effect yet: records that wait for others, overrides announced."""

from collections.abc import Iterable, Iterator

from ledger.codes import ClearanceStatus, StatementKind
from ledger.common.ids import to_hex
from ledger.explain.words import counted, spaced, word
from ledger.records import index_keys
from ledger.records.types import Clearance, Handoff, Override, Record, ShipmentTerms, Split, Statement
from ledger.services.intake.out_of_order import ANNOUNCED, RecordedState, ahead_of
from ledger.services.relay.relayer import DORMANT_AFTER
from ledger.services.state.partner_names import PartnerName
from ledger.services.views.models import ComingView
from ledger.services.views.step_text import APPLIED, Teller
from ledger.store import outbox, records
from ledger.store.database import Connection
from ledger.store.outbox import OutboxRow
from ledger.store.projections.shipments import ClearanceStep, CustodyStep, Shipment

MOST = 500


def coming_to(
    connection: Connection,
    row: Shipment,
    custody: Iterable[CustodyStep],
    clearances: Iterable[ClearanceStep],
    teller: Teller,
) -> Iterator[ComingView]:
    """The newest records that have not had their effect on the shipment yet, in log order.

    `custody` and `clearances`: its steps so far. Left out is what is not tried any more.
    """
    custody = tuple(custody)
    decided = {step.record_id for step in custody} | {step.record_id for step in clearances}
    involved = _involved(row, custody)
    unfinished = outbox.unfinished(connection, index_keys.SHIPMENT, to_hex(row.shipment), limit=MOST)
    known = records.get_many(connection, (waiting.record_id for waiting in unfinished))
    for waiting in reversed(unfinished):
        stored = known.get(waiting.record_id)
        if stored is None or waiting.record_id in decided:
            continue  # decided here: other items of the same record wait
        if waiting.next_try == outbox.NEVER and stored.log_time + DORMANT_AFTER <= teller.context.now:
            continue
        record, signers = stored.record, teller.signers(stored)
        announced = isinstance(record, Override) and waiting.problem == ANNOUNCED
        yield ComingView(
            record=to_hex(stored.record_id),
            type=type(record).__name__,
            text=_text(record, row, teller),
            waits_for=_waits_for(connection, record, row, waiting, announced=announced),
            signers=signers,
            logged_at=stored.log_time,
            not_before=(waiting.next_try or None) if announced else None,
            by_outsiders=_by_outsiders(record, signers, involved),
        )


def _involved(row: Shipment, custody: Iterable[CustodyStep]) -> set[int]:
    """The parties of the shipment, and whoever gave or took it so far."""
    moves = [step for step in custody if step.kind in ("handoff", "override") and step.outcome in APPLIED]
    ends = {partner for step in moves for partner in (step.from_partner, step.to_partner)}
    return {row.consignor, row.consignee, row.custodian} | ends


def _by_outsiders(record: Record, signers: Iterable[PartnerName], involved: set[int]) -> bool:
    """Whether nobody `involved` stands behind it. Customs, brokers and the council need not have held the goods."""
    return not isinstance(record, Clearance | Override) and not any(signer.id in involved for signer in signers)


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


def _waits_for(connection: Connection, record: Record, row: Shipment, waiting: OutboxRow, *, announced: bool) -> str:
    if announced:
        return "Announced. A handoff that both sides sign before it moves makes it void."
    here = [one for one in ahead_of(record, RecordedState(connection)) if one.shipment == row.shipment]
    for one in here:
        missing = one.sequence - (one.current or 0)
        return f"It waits: {counted(missing, 'step')} before it {'is' if missing == 1 else 'are'} still missing."
    return f"Not recorded yet: {waiting.problem}." if waiting.problem else "On its way to the chain."
