"""Taking records in: a signed record becomes accepted, or a proposal that waits for its missing signatures.

The answer follows the commit. Cheap checks come before signature checks, and these before the rules.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ledger.acceptance import check_content
from ledger.checkpoint import Receipt
from ledger.clearance import SlotKey
from ledger.codes import Outcome
from ledger.concerns import concerns
from ledger.effects import MOVES_SHIPMENTS, Effect, effect_of
from ledger.errors import Conflict, LadingError, NotFound, NotPermitted, RuleBroken
from ledger.ids import RecordId, to_hex
from ledger.openings import join, parts_for
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
from ledger.services.clock import Clock
from ledger.services.custody_projection import note_goods
from ledger.services.expectation import Expectation, clearance_scope
from ledger.services.registry_view import CurrentRegistry, customs_of, keys_of, signers_of
from ledger.services.sequencer import Sequencer
from ledger.services.waiting import check_not_far_ahead, with_parents
from ledger.signing import Domain, SignedRecord
from ledger.store import openings, pending, proposals, records
from ledger.store.database import Connection, Database
from ledger.store.log import Entry
from ledger.store.pending import Slot
from ledger.store.records import StoredRecord

PROPOSAL_SECONDS = 30 * 86400
LOG_ONLY = (RecallAnswer, Amendment, Endorsement, Observation)
REFUSALS = (Outcome.STALE, Outcome.NOT_HELD, Outcome.ENDED, Outcome.WRONG_KEY, Outcome.COUNT, Outcome.FORBIDDEN)
REGISTRY_SCOPE = b"registry"

Preflight = Callable[[SignedRecord], str]
"""Asks the contract itself whether it would revert the record now; the reason, or nothing."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The record is in the log; `again` when it was there before."""

    record_id: RecordId
    receipt: Receipt
    again: bool


@dataclass(frozen=True, slots=True)
class Proposed:
    """The record waits; `missing` names who has not signed yet."""

    record_id: RecordId
    missing: tuple[str, ...]


class Submission:
    def __init__(
        self,
        db: Database,
        sequencer: Sequencer,
        registry: CurrentRegistry,
        domain: Domain,
        clock: Clock,
        preflight: Preflight,
    ) -> None:
        self._db = db
        self._sequencer = sequencer
        self._registry = registry
        self._domain = domain
        self._clock = clock
        self._preflight = preflight

    def submit(self, signed: SignedRecord) -> Accepted | Proposed:
        """Take a record in; what it lacks in signatures is taken from an earlier proposal of the same record.

        1. Structure, then known before: the first receipt again, for ever.
        2. Content: codes, times, opened private parts.
        3. Signatures, joined with those of the proposal; a stranger's is refused.
        4. Someone missing: kept as a proposal.
        5. Rules, on the expected state.
        6. Commit, then the receipt.

        Raises the branches `InvalidInput`, `Refused` and `Unavailable`; then nothing has changed.
        """
        now = self._clock.now()
        # 1. Structure, known before.
        signed.record.check()
        record_id = self._domain.record_id(signed.record)
        with self._db.read() as connection:
            if row := records.get(connection, record_id):
                return self._again(connection, row, signed)
            # 2. Content.
            check_content(signed.record, now)
            # 3. Signatures.
            arrangement = self._arrange(connection, signed, record_id)
            entry: Entry | None = None
            if arrangement.missing:
                # 4. Someone missing.
                self._check_proposable(connection, signed.record, now)
            else:
                # 5. Rules.
                entry = self._entry(connection, arrangement, record_id, now)
        if entry is None:
            self._propose(arrangement, record_id, now)
            return Proposed(record_id, arrangement.missing)
        # 6. Commit.
        return Accepted(record_id, self._sequencer.submit(entry), again=False)

    def replay(self, batch: Sequence[SignedRecord]) -> list[Receipt | LadingError]:
        """Take in fully signed records of history, whose `submitBy` may be far ahead, in one commit where possible.

        The same checks as `submit` but for the limit on `submitBy`; a refused record does not harm the others.
        """
        now = self._clock.now()
        results: dict[int, Receipt | LadingError] = {}
        entries: list[tuple[int, Entry]] = []
        with self._db.read() as connection:
            known = records.get_many(connection, (self._domain.record_id(s.record) for s in batch))
            for i, signed in enumerate(batch):
                record_id = self._domain.record_id(signed.record)
                if row := known.get(record_id):
                    results[i] = self._sequencer.receipt_of(row)
                    continue
                try:
                    check_content(signed.record, now, replayed=True)
                    arrangement = self._arrange(connection, signed, record_id)
                    if arrangement.missing:
                        raise NotPermitted("signatures are missing", found=", ".join(arrangement.missing))
                    entries.append((i, self._entry(connection, arrangement, record_id, now)))
                except LadingError as error:
                    results[i] = error
        for (i, _), result in zip(entries, self._sequencer.append_each([e for _, e in entries]), strict=True):
            results[i] = result
        return [results[i] for i in range(len(batch))]

    def countersign(self, record_id: RecordId, signatures: Sequence[bytes]) -> Accepted | Proposed:
        """Add signatures to a proposal; when none is missing any more, it is submitted.

        Raises `NotFound` when there is no such proposal.
        """
        with self._db.read() as connection:
            if row := records.get(connection, record_id):
                return Accepted(record_id, self._sequencer.receipt_of(row), again=True)
            proposal = proposals.get(connection, record_id)
        if proposal is None:
            raise NotFound("no such proposal", where="record", found=to_hex(record_id), mend="Submit the whole record.")
        return self.submit(SignedRecord(proposal.record, tuple(signatures)))

    def _again(self, connection: Connection, row: StoredRecord, signed: SignedRecord) -> Accepted:
        """The first receipt. Private parts that one of the signers hands in are kept, if they were not open here."""
        parts = parts_for(row.record, signed.record)
        if parts.keys() - openings.of(connection, row).keys():
            self._arrange(connection, signed, row.record_id)
            with self._db.write() as writing:
                openings.add(writing, row.record_id, parts)
                note_goods(writing, row)
        return Accepted(row.record_id, self._sequencer.receipt_of(row), again=True)

    def _arrange(self, connection: Connection, signed: SignedRecord, record_id: RecordId) -> Arrangement:
        proposal = proposals.get(connection, record_id)
        earlier: Iterable[bytes] = ()
        if proposal is not None:
            opened = join(signed.record, parts_for(signed.record, proposal.record))
            signed, earlier = SignedRecord(opened, signed.signatures), proposal.signatures.values()
        return arrange(signed, record_id, StoreContext(connection), self._registry.refreshed(connection), earlier)

    def _check_proposable(self, connection: Connection, record: Record, now: int) -> None:
        """Refuse to circulate what the expected state already forbids: a handoff past a closed gate, a stale one."""
        if not isinstance(record, Handoff):
            return
        state = Expectation(connection, self._registry, self._domain, now)
        for i, item in enumerate(record.items):
            holding = state.holding(item.shipment)
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

    def _entry(self, connection: Connection, arrangement: Arrangement, record_id: RecordId, now: int) -> Entry:
        """The record ready for the log. Raises `Refused` when nothing of it could take effect."""
        record = arrangement.signed.record
        slots: tuple[Slot, ...] = ()
        if isinstance(record, MOVES_SHIPMENTS):
            state = Expectation(connection, self._registry, self._domain, now)
            view = self._registry.now()
            signers = signers_of(view, arrangement.signed, record_id)
            check_not_far_ahead(record, state)
            effect = effect_of(record, record_id, signers, customs_of(view), with_parents(record, signers, state), now)
            self._refuse_hopeless(connection, record, record_id, effect, state)
            slots = consumed_slots(record, effect)
        elif isinstance(record, RegistryChange | KeyGrant | KeyRevoke):
            if isinstance(record, RegistryChange):
                slots = (Slot(REGISTRY_SCOPE, record.sequence),)
            if not (slots and pending.holders(connection, [Slot(REGISTRY_SCOPE, slots[0].sequence - 1)])):
                self._registry.check_next(record, keys_of(arrangement.signed, record_id))
        elif isinstance(record, LOG_ONLY):
            log_only.check(connection, record, record_id)
        elif reason := self._preflight(arrangement.signed):
            raise RuleBroken("the contract would refuse it", where=type(record).__name__, found=reason)
        return Entry(
            signed=arrangement.signed,
            record_id=record_id,
            concerns=concerns(record_id, record),
            slots=slots,
            relay=not isinstance(record, LOG_ONLY),
            submit_by=getattr(record, "submitBy", 0),
        )

    def _refuse_hopeless(
        self, connection: Connection, record: Record, record_id: RecordId, effect: Effect, state: Expectation
    ) -> None:
        refused = [(i, outcome) for i, outcome in enumerate(effect.outcomes) if outcome in REFUSALS]
        if len(refused) < len(effect.outcomes):
            return
        i, outcome = refused[0]
        items = getattr(record, "items", None)
        shipment = items[i].shipment if items else getattr(record, "shipment", b"")
        where = f"items[{i}]" if items else "shipment"
        if outcome in (Outcome.STALE, Outcome.ENDED) and not isinstance(record, Clearance):
            sequence = items[i].sequence if items else getattr(record, "sequence", 0)
            first = holder_of_sequence(connection, shipment, sequence)
            if first is not None:
                raise Conflict(
                    "another record used this sequence",
                    where=where,
                    first=to_hex(first),
                    second=to_hex(record_id),
                    mend="Read the shipment, then sign for its current sequence.",
                )
        holding = state.holding(shipment)
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

    def _propose(self, arrangement: Arrangement, record_id: RecordId, now: int) -> None:
        record = arrangement.signed.record
        expires = getattr(record, "submitBy", 0) or now + PROPOSAL_SECONDS
        signatures = {
            to_hex(key): signature
            for key, signature in zip(
                keys_of(arrangement.signed, record_id), arrangement.signed.signatures, strict=True
            )
        }
        with self._db.write() as connection:
            proposals.remove_expired(connection, now)
            proposal = proposals.Proposal(record_id, record, signatures, created_at=now, expires=expires)
            if not proposals.add(connection, proposal, concerns(record_id, record)):
                proposals.sign(connection, record_id, signatures)


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
