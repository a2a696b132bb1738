"""What a record is checked against before it is accepted: one snapshot of the store, and the state to be expected."""

from collections.abc import Callable, Iterator, Sequence

from ledger.codes import APPLIED, REMARKS, Assurance, ClearanceStatus, Outcome, RegistryAction
from ledger.common.ids import KeyAddress, RecordId, to_hex
from ledger.custody.clearance import ShipmentFacts, SlotKey, may_clear
from ledger.custody.transition import MOVES_SHIPMENTS, facts_of
from ledger.errors import Conflict, RuleBroken
from ledger.records.index_keys import concerns
from ledger.records.recovered import RecoveredRecord
from ledger.records.signing import SignedRecord
from ledger.records.types import (
    LOG_ONLY,
    Clearance,
    Handoff,
    KeyGrant,
    KeyRevoke,
    Override,
    Record,
    RegistryChange,
    ShipmentTerms,
    Split,
    Statement,
)
from ledger.registry.custody_answers import RegistryFacts, signers_of
from ledger.services.intake import log_only_checks, referenced_records
from ledger.services.intake.expected_state import ExpectedState, clearance_scope
from ledger.services.intake.market_checks import check_goods
from ledger.services.intake.out_of_order import (
    Awaited,
    ExpectedEffect,
    ahead_of,
    check_not_far_ahead,
    check_not_too_many,
    expected_effect,
    named_sequences,
)
from ledger.services.intake.signature_order import SignatureOrder, StoreContext, in_order
from ledger.services.state.current_registry import (
    CurrentRegistry,
    registry_slot,
)
from ledger.store import outbox, pending, records
from ledger.store.database import Connection
from ledger.store.log import Entry
from ledger.store.pending import Slot

WRONG_CONTRACT = "PartnerRegistryWrongContract"
REFUSALS = (Outcome.STALE, Outcome.NOT_HELD, Outcome.ENDED, Outcome.WRONG_KEY, Outcome.COUNT, Outcome.FORBIDDEN)

Preflight = Callable[[SignedRecord, RecordId], str]
"""Asks the contract itself whether it would revert the record with this id now; the reason, or nothing."""


class Checks:
    """Of one record, or of several in a row: each is checked on what those before it are expected to do. `registry`: as
    it will be once all that is pending is recorded.
    """

    def __init__(
        self,
        connection: Connection,
        registry: CurrentRegistry,
        now: int,
        preflight: Preflight,
        most_waiting: int,
    ) -> None:
        self._connection = connection
        recorded, expected = registry.refreshed_and_expected(connection)
        self._recorded = recorded.still()
        self.registry = self._recorded if expected is recorded else expected.still()
        self._view = self.registry.now()
        self.now = now
        self._preflight = preflight
        self._most_waiting = most_waiting
        self.state = ExpectedState(connection, self.registry, now)

    def in_order(self, recovered: RecoveredRecord, earlier: RecoveredRecord | None = None) -> SignatureOrder:
        """The signatures in order, filled up with `earlier` ones; raises as `signature_order.in_order` does.

        Keys count as they will once all that is pending is recorded. What only the log takes is judged for ever by what
        was recorded before it, so there a key has to be in force already, too.
        """
        context = StoreContext(self._connection)
        if isinstance(recovered.record, LOG_ONLY):
            order = in_order(recovered, context, self._recorded.by_the_clock(), earlier)
            if self.registry is self._recorded:
                return order
        return in_order(recovered, context, self.registry, earlier)

    def check_current(self, record: Record) -> None:
        """Refuse to circulate what the expected state already forbids: what is stale."""
        if isinstance(record, Statement) and record.kind in REMARKS:
            return
        for one in named_sequences(record, self.state):
            if one.current is not None and one.sequence < one.current:
                raise RuleBroken(
                    _REASONS[Outcome.STALE],
                    where=one.where,
                    expected=one.current,
                    found=one.sequence,
                    mend="Read the shipment, then propose for its current sequence.",
                )

    def check_proposable(self, record: Record) -> None:
        """`check_current`, no goods that a market refuses, and no handoff past a closed gate."""
        self.check_current(record)
        self.check_goods(record)
        for where, closed in self.closed_gates(record):
            raise RuleBroken(
                "a required clearance is not released",
                where=where,
                expected=", ".join(closed),
                found="not released",
                mend="Wait for customs. A handoff that both sides have signed is recorded all the same, in breach.",
            )

    def check_goods(self, record: Record) -> None:
        """Raise `RuleBroken` for terms of goods that a market in force refuses."""
        check_goods(self._connection, self._view, record)

    def closed_gates(self, record: Record) -> Iterator[tuple[str, list[str]]]:
        """Where a handoff would pass a gate whose clearances are not released, and which these are."""
        for i, item in enumerate(record.items if isinstance(record, Handoff) else ()):
            holding = self.state.holding(item.shipment)
            if isinstance(record, Handoff) and holding is not None and item.sequence == holding.slot.sequence:
                closed = self.registry.closed_gates(holding, record)
                if closed:
                    yield f"items[{i}]", closed

    def awaited(self, record: Record, record_id: RecordId) -> tuple[Awaited, ...]:
        """Where a record that is in the log has to wait."""
        row = outbox.get(self._connection, record_id)
        return () if row is None or row.state != outbox.WAITING else ahead_of(record, self.state)

    def entry(self, recovered: RecoveredRecord) -> tuple[Entry, tuple[Awaited, ...]]:
        """The record ready for the log, and where it has to wait.

        Raises `Refused` when nothing of it could take effect, `Busy` when one of its signers has too many waiting.
        """
        record, record_id = recovered.record, recovered.id
        slots: tuple[Slot, ...] = ()
        awaited: tuple[Awaited, ...] = ()
        expected = self.judge(record, record_id, recovered.keys)
        if expected is not None:
            slots, awaited = consumed_slots(record, expected), expected.awaited
            if awaited:
                check_not_too_many(
                    self._connection, recovered, self._view, self.registry.signer_keys, self._most_waiting
                )
        elif isinstance(record, RegistryChange | KeyGrant | KeyRevoke):
            slots = (registry_slot(record, record_id),)
            if isinstance(record, RegistryChange) and record.action == RegistryAction.OPEN_CONTRACT:
                self._check_contract(recovered)
        elif isinstance(record, LOG_ONLY):
            slots = log_only_checks.slots(record)
        elif self._follows_pending(record):
            pass  # its contract cannot judge it before that one is recorded; it is submitted after it
        elif reason := self._preflight(recovered.signed, recovered.id):
            raise RuleBroken("the contract would refuse it", where=type(record).__name__, found=reason)
        entry = Entry(
            signed=recovered.signed,
            record_id=record_id,
            concerns=concerns(record_id, record),
            slots=slots,
            relay=not isinstance(record, LOG_ONLY),
            waits=bool(awaited),
            submit_by=getattr(record, "submitBy", 0),
        )
        return entry, awaited

    def _check_contract(self, recovered: RecoveredRecord) -> None:
        """Refuse to open what is no such contract: what stands at an address the chain alone knows."""
        reason = self._preflight(recovered.signed, recovered.id)
        if WRONG_CONTRACT in reason:
            raise RuleBroken(
                "no contract of this kind that goes on from the latest",
                where="key",
                expected="its code, kind, registry and predecessor as the registry has them",
                found=reason,
                mend="`lading contracts replace` deploys the right one.",
            )

    def judge(self, record: Record, record_id: RecordId, keys: Sequence[KeyAddress]) -> ExpectedEffect | None:
        """Raise `Refused` for what the rules have against a record that `keys` sign; what it will do to shipments.

        What only a contract can say is not asked here.
        """
        if isinstance(record, MOVES_SHIPMENTS):
            return self._moves(record, record_id, keys)
        if isinstance(record, RegistryChange | KeyGrant | KeyRevoke):
            if not pending.holders(self._connection, (registry_slot(record, record_id),)):
                self.registry.check_next(record, keys)  # else the commit says which other change it is
        elif isinstance(record, LOG_ONLY):
            log_only_checks.check(self._connection, record, record_id)
        return None

    def missing_predecessors(self, recovered: RecoveredRecord) -> tuple[str, ...]:
        """In words, the records that have to come first and are not in the log. When some are
        missing, raises `NotPermitted` if no partner has signed, and `Busy` if one has too many such already."""
        lacking = referenced_records.missing(self._connection, recovered.record)
        if lacking:
            referenced_records.check_kept(self._connection, recovered, self.registry, self.now, self._most_waiting)
        return lacking

    def _follows_pending(self, record: Record) -> bool:
        """Whether the chain has yet to record what this record is about."""
        rows = (outbox.get(self._connection, record_id) for record_id in referenced_records.named(record).values())
        return any(row is not None and row.state != outbox.FINAL for row in rows)

    def _moves(self, record: Record, record_id: RecordId, keys: Sequence[KeyAddress]) -> ExpectedEffect:
        """What a record that moves shipments will do, once the rules have nothing against it."""
        state = self.state
        if isinstance(record, ShipmentTerms):
            state.unopened(record_id)
        signers = signers_of(self._view, record, keys)
        expected = expected_effect(record, record_id, signers, RegistryFacts(self._view), state, self.now)
        check_not_far_ahead(expected.awaited)
        outcomes: Sequence[Outcome] = expected.effect.outcomes
        if isinstance(record, Clearance):
            outcomes = self._foreseen(record, outcomes)
        self._refuse_hopeless(record, record_id, outcomes)
        if not (isinstance(record, ShipmentTerms) and expected.awaited):
            state.add(expected.effect)
        return expected

    def _foreseen(self, record: Clearance, outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
        """`outcomes`, with *forbidden* for what is ahead and whom the shipment's terms will forbid it then too."""
        foreseen = list(outcomes)
        for i, item in enumerate(record.items):
            holding = self.state.holding(item.shipment)
            if outcomes[i] == Outcome.AHEAD and holding is not None:
                relayed = holding.slot.lets_relay(record.jurisdiction, record.regime)
                by_customs = record.assurance == Assurance.AUTHORITY_SIGNED
                if record.by in (holding.slot.consignor, holding.slot.consignee) or not (by_customs or relayed):
                    foreseen[i] = Outcome.FORBIDDEN
        return tuple(foreseen)

    def _refuse_hopeless(self, record: Record, record_id: RecordId, outcomes: Sequence[Outcome]) -> None:
        refused = [(i, outcome) for i, outcome in enumerate(outcomes) if outcome in REFUSALS]
        if len(refused) < len(outcomes):
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
        holding = self.state.holding(shipment)
        actual = (
            f"{holding.slot.state.name.lower()}, sequence {holding.slot.sequence}" if holding else "no such shipment"
        )
        why, expected = _REASONS[outcome], _EXPECTED[outcome]
        if isinstance(record, Clearance) and holding is not None and outcome == Outcome.FORBIDDEN:
            why, expected = _clearance_forbidden(record, facts_of(holding.slot, record))
        raise RuleBroken(
            why,
            where=where,
            expected=expected,
            found=actual,
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


def _clearance_forbidden(record: Clearance, facts: ShipmentFacts) -> tuple[str, str]:
    """Why a clearance is forbidden, and what would be permitted."""
    if record.assurance != Assurance.AUTHORITY_SIGNED and not facts.is_party(record.declarant):
        return "the declarant is no party to the shipment", "consignor, consignee or custodian as declarant"
    if may_clear(record, facts):
        return "this status may not follow the one that stands", _EXPECTED[Outcome.FORBIDDEN]
    if facts.is_party(record.by):
        return "a party to the shipment decides nothing about its clearance", "somebody else as by"
    return "the terms let no broker relay this clearance", "customs itself, or relay in the terms"


def consumed_slots(record: Record, expected: ExpectedEffect) -> tuple[Slot, ...]:
    """The sequences that `record` is expected to use up: one pending record each.

    What is ahead, unknown or refused holds none, so that nobody blocks goods that it does not have. None for an
    override: announced, it waits for days, and a handoff in between is to void it.
    """
    outcomes = expected.effect.outcomes
    match record:
        case ShipmentTerms():
            closing = [] if expected.awaited else [p for p in record.parents if p.shipment in expected.effect.holdings]
            return tuple(Slot(p.shipment, p.sequence) for p in closing)
        case Handoff():
            pairs = zip(record.items, outcomes, strict=True)
            return tuple(Slot(item.shipment, item.sequence) for item, outcome in pairs if outcome in APPLIED)
        case Split():
            return (Slot(record.shipment, record.sequence),) if outcomes[0] in APPLIED else ()
        case Clearance():
            if record.status == ClearanceStatus.LODGED:
                return ()
            return tuple(
                Slot(clearance_scope(SlotKey(RecordId(ref.shipment), record.jurisdiction, record.regime)), ref.sequence)
                for ref, outcome in zip(record.items, outcomes, strict=True)
                if outcome in APPLIED
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
