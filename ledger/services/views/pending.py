"""What is signed about a shipment and has no effect yet: records that wait for others, overrides announced."""

from collections.abc import Iterable, Iterator

from ledger.codes import APPLIED, ClearanceStatus, StatementKind
from ledger.common.ids import to_hex
from ledger.explain.record import TITLES
from ledger.explain.text import Text, say, say_counted
from ledger.explain.words import counted, word
from ledger.records import index_keys
from ledger.records.types import Clearance, Handoff, Override, Record, ShipmentTerms, Split, Statement
from ledger.services.intake.out_of_order import ANNOUNCED, RecordedState, ahead_of
from ledger.services.relay.relayer import DORMANT_AFTER
from ledger.services.state.partner_names import PartnerName
from ledger.services.views.models import ComingView
from ledger.services.views.step_text import Teller
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


def _text(record: Record, row: Shipment, teller: Teller) -> Text:
    """What it will do, in a sentence."""

    def name(partner: int) -> str:
        return teller.names.of(teller.connection, partner).name

    match record:
        case Handoff():
            packages = sum(item.packages for item in record.items if item.shipment == row.shipment)
            return say(
                "{giver} hands {packages} to {taker}",
                giver=name(record.releaser),
                packages=counted(packages, "package"),
                taker=name(record.receiver),
            )
        case Override():
            return say(
                "the council moves {packages} from {giver} to {taker}, without the releaser's signature",
                packages=counted(record.packages, "package"),
                giver=name(record.releaser),
                taker=name(record.receiver),
            )
        case Split():
            parts = counted(len(record.children), "part")
            return say("{partner} splits it into {parts}", partner=name(record.by), parts=parts)
        case Statement():
            kind = word(StatementKind, record.kind)
            return say("{partner} states: {statement}", partner=name(record.by), statement=kind)
        case Clearance():
            return say(
                "{country} customs: {status}, says {partner}",
                country=record.jurisdiction.decode("ascii", "replace"),
                status=word(ClearanceStatus, record.status),
                partner=name(record.by),
            )
        case ShipmentTerms():
            return say("it goes on under new terms of {partner}", partner=name(record.consignor))
        case _:
            return TITLES[type(record).__name__]


def _waits_for(connection: Connection, record: Record, row: Shipment, waiting: OutboxRow, *, announced: bool) -> Text:
    if announced:
        return say("Announced. A handoff that both sides sign before it moves makes it void.")
    here = [one for one in ahead_of(record, RecordedState(connection)) if one.shipment == row.shipment]
    for one in here:
        return say_counted(
            "It waits: {count} step before it is still missing.",
            "It waits: {count} steps before it are still missing.",
            one.sequence - (one.current or 0),
        )
    if waiting.problem:
        return say("Not recorded yet: {problem}.", problem=waiting.problem)
    return say("On its way to the chain.")
