"""What a record is checked against before it is accepted: one snapshot of the store, and the state to be expected."""

from collections.abc import Callable, Iterable

from ledger.clearance import SlotKey
from ledger.codes import Outcome
from ledger.concerns import concerns
from ledger.effects import MOVES_SHIPMENTS, Effect, effect_of
from ledger.errors import Conflict, RuleBroken
from ledger.ids import RecordId, to_hex
from ledger.records import (
    Amendment,
    Clearance,
    Endorsement,
    Handoff,
    KeyGrant,
    KeyRevoke,
    Observation,
    Override,
    RecallAnswer,
    Record,
    RegistryChange,
    ShipmentTerms,
    Split,
)
from ledger.services import log_only
from ledger.services.arrangement import Arrangement, StoreContext, arrange
from ledger.services.expectation import Expectation, clearance_scope
from ledger.services.registry_view import CurrentRegistry, customs_of, keys_of, signers_of
from ledger.services.waiting import check_not_far_ahead, with_parents
from ledger.signing import Domain, SignedRecord
from ledger.store import pending, records
from ledger.store.database import Connection
from ledger.store.log import Entry
from ledger.store.pending import Slot

LOG_ONLY = (RecallAnswer, Amendment, Endorsement, Observation)
REFUSALS = (Outcome.STALE, Outcome.NOT_HELD, Outcome.ENDED, Outcome.WRONG_KEY, Outcome.COUNT, Outcome.FORBIDDEN)
REGISTRY_SCOPE = b"registry"

Preflight = Callable[[SignedRecord], str]
"""Asks the contract itself whether it would revert the record now; the reason, or nothing."""


class Examination:
    """Of one record, or of several in a row: each is checked on what those before it are expected to do."""

    def __init__(
        self, connection: Connection, registry: CurrentRegistry, domain: Domain, now: int, preflight: Preflight
    ) -> None:
        self._connection = connection
        self._registry = registry.refreshed(connection)
        self._view = registry.now()
        self._now = now
        self._preflight = preflight
        self._state = Expectation(connection, registry, domain, now)

    def arrange(self, signed: SignedRecord, record_id: RecordId, earlier: Iterable[bytes] = ()) -> Arrangement:
        """The signatures in order, filled up with `earlier` ones; raises as `arrangement.arrange` does."""
        return arrange(signed, record_id, StoreContext(self._connection), self._registry, earlier)

    def check_proposable(self, record: Record) -> None:
        """Refuse to circulate what the expected state already forbids: a handoff past a closed gate, a stale one."""
        if not isinstance(record, Handoff):
            return
        for i, item in enumerate(record.items):
            holding = self._state.holding(item.shipment)
            if holding is None or item.sequence != holding.slot.sequence:
                continue
            closed = self._registry.closed_gates(holding, record)
            if closed:
                raise RuleBroken(
                    "a required clearance is not released",
                    where=f"items[{i}]",
                    expected=", ".join(closed),
                    found="not released",
                    mend="Wait for customs. A handoff that both sides have signed is recorded all the same, in breach.",
                )

    def entry(self, arrangement: Arrangement, record_id: RecordId) -> Entry:
        """The record ready for the log. Raises `Refused` when nothing of it could take effect."""
        signed = arrangement.signed
        record = signed.record
        slots: tuple[Slot, ...] = ()
        if isinstance(record, MOVES_SHIPMENTS):
            slots = self._moves(signed, record_id)
        elif isinstance(record, RegistryChange | KeyGrant | KeyRevoke):
            if isinstance(record, RegistryChange):
                slots = (Slot(REGISTRY_SCOPE, record.sequence),)
            if not (slots and pending.holders(self._connection, [Slot(REGISTRY_SCOPE, slots[0].sequence - 1)])):
                self._registry.check_next(record, keys_of(signed, record_id))
        elif isinstance(record, LOG_ONLY):
            log_only.check(self._connection, record, record_id)
        elif reason := self._preflight(signed):
            raise RuleBroken("the contract would refuse it", where=type(record).__name__, found=reason)
        return Entry(
            signed=signed,
            record_id=record_id,
            concerns=concerns(record_id, record),
            slots=slots,
            relay=not isinstance(record, LOG_ONLY),
            submit_by=getattr(record, "submitBy", 0),
        )

    def _moves(self, signed: SignedRecord, record_id: RecordId) -> tuple[Slot, ...]:
        """The slots of a record that moves shipments, once the rules have nothing against it."""
        record, state = signed.record, self._state
        if isinstance(record, ShipmentTerms):
            state.unopened(record_id)
        check_not_far_ahead(record, state)
        signers = signers_of(self._view, signed, record_id)
        on = with_parents(record, signers, state)
        effect = effect_of(record, record_id, signers, customs_of(self._view), on, self._now)
        self._refuse_hopeless(record, record_id, effect)
        state.add(effect)
        return consumed_slots(record, effect)

    def _refuse_hopeless(self, record: Record, record_id: RecordId, effect: Effect) -> None:
        refused = [(i, outcome) for i, outcome in enumerate(effect.outcomes) if outcome in REFUSALS]
        if len(refused) < len(effect.outcomes):
            return
        i, outcome = refused[0]
        items = getattr(record, "items", None)
        shipment = items[i].shipment if items else getattr(record, "shipment", b"")
        where = f"items[{i}]" if items else "shipment"
        if outcome in (Outcome.STALE, Outcome.ENDED) and not isinstance(record, Clearance):
            sequence = items[i].sequence if items else getattr(record, "sequence", 0)
            first = holder_of_sequence(self._connection, shipment, sequence)
            if first is not None:
                raise Conflict(
                    "another record used this sequence",
                    where=where,
                    first=to_hex(first),
                    second=to_hex(record_id),
                    mend="Read the shipment, then sign for its current sequence.",
                )
        holding = self._state.holding(shipment)
        found = (
            f"{holding.slot.state.name.lower()}, sequence {holding.slot.sequence}" if holding else "no such shipment"
        )
        raise RuleBroken(
            _REASONS[outcome],
            where=where,
            expected=_EXPECTED[outcome],
            found=found,
            mend="Read the shipment's state first.",
        )


_REASONS = {
    Outcome.STALE: "the shipment has moved on",
    Outcome.NOT_HELD: "the releaser does not hold the shipment",
    Outcome.ENDED: "the shipment has ended",
    Outcome.WRONG_KEY: "not the shipment's recipient key",
    Outcome.COUNT: "the packages do not add up",
    Outcome.FORBIDDEN: "this record may not follow here",
}
_EXPECTED = {
    Outcome.STALE: "the shipment's current sequence",
    Outcome.NOT_HELD: "the custodian as releaser",
    Outcome.ENDED: "a shipment under way",
    Outcome.WRONG_KEY: "the key in the shipment's terms",
    Outcome.COUNT: "packages that agree with the exceptions",
    Outcome.FORBIDDEN: "a permitted step",
}


def consumed_slots(record: Record, effect: Effect) -> tuple[Slot, ...]:
    """The sequences that `record` uses up if it applies: one pending record each.

    None for an override: announced, it waits for days, and a handoff in between is to void it.
    """
    match record:
        case ShipmentTerms():
            closing = [p for p in record.parents if p.shipment in effect.holdings]
            return tuple(Slot(p.shipment, p.sequence) for p in closing)
        case Handoff():
            pairs = zip(record.items, effect.outcomes, strict=True)
            return tuple(Slot(item.shipment, item.sequence) for item, outcome in pairs if outcome not in REFUSALS)
        case Split():
            return (Slot(record.shipment, record.sequence),)
        case Clearance():
            return tuple(
                Slot(clearance_scope(SlotKey(RecordId(ref.shipment), record.jurisdiction, record.regime)), ref.sequence)
                for ref, outcome in zip(record.items, effect.outcomes, strict=True)
                if outcome not in REFUSALS
            )
        case _:
            return ()


def holder_of_sequence(connection: Connection, shipment: bytes, sequence: int) -> RecordId | None:
    """The record that used `sequence` of `shipment` first."""
    for row in records.listing(connection, "shipment", to_hex(shipment), limit=1000):
        record = row.record
        match record:
            case Handoff() if any((i.shipment, i.sequence) == (shipment, sequence) for i in record.items):
                return row.record_id
            case ShipmentTerms() if any((p.shipment, p.sequence) == (shipment, sequence) for p in record.parents):
                return row.record_id
            case Split() | Override() if (record.shipment, record.sequence) == (shipment, sequence):
                return row.record_id
            case _:
                pass
    return None
