"""The registry as the chain has recorded it so far, kept up to date from the store."""

from collections.abc import Sequence
from threading import Lock
from typing import cast

from ledger import clearance
from ledger.codes import Gate, Role
from ledger.custody import Holding, Signer
from ledger.ids import KeyAddress, RecordId
from ledger.records import Handoff, KeyGrant, KeyRevoke, Outcome, Override, RegistryChange
from ledger.registry import Council, Genesis, RecordedAt, RegistryHistory, Standing
from ledger.services.clock import Clock
from ledger.signing import SignedRecord, recover
from ledger.store import outcomes, records
from ledger.store.database import Connection

REGISTRY_TYPES = (RegistryChange.NUMBER, KeyGrant.NUMBER, KeyRevoke.NUMBER)


class RegistryView:
    """Answers are for the present moment of `clock`; `history` answers for every other."""

    def __init__(self, genesis: Genesis, clock: Clock) -> None:
        self._genesis = genesis
        self._clock = clock
        self._read = 0
        self._lock = Lock()
        self.history = RegistryHistory(genesis)

    def refreshed(self, connection: Connection) -> "RegistryView":
        """Take in the registry records whose outcomes have come into the log since the last time."""
        with self._lock:
            for outcome in outcomes.of_types(connection, REGISTRY_TYPES, self._read):
                row = records.get(connection, outcome.record_id)
                event = records.get(connection, outcome.outcome_record)
                if row is not None and event is not None:
                    event_index = cast(Outcome, event.record).eventIndex
                    at = RecordedAt(outcome.block_number, outcome.block_time, event_index, outcome.log_index)
                    self.history.apply(row.record, keys_of(row.signed, row.record_id), at)
                self._read = outcome.log_index + 1
        return self

    def reset(self) -> None:
        """Forget everything, for a projection that starts anew."""
        with self._lock:
            self.history = RegistryHistory(self._genesis)
            self._read = 0

    def standing(self, key: KeyAddress, type_number: int) -> Standing | None:
        """Whose key it is now for records of this type; None when it is not valid for them."""
        return self.history.now(self._clock.now()).signer(key, type_number)

    def council(self) -> Council:
        return self.history.now(self._clock.now()).council()

    def check_next(self, record: RegistryChange, keys: Sequence[KeyAddress]) -> None:
        """Raise `Refused` unless the registry would take this change now."""
        self.history.check(record, keys, self._clock.now())

    def customs(self, partner: int, jurisdiction: bytes) -> clearance.Standing:
        return self.customs_at(partner, jurisdiction, self._clock.now())

    def customs_at(self, partner: int, jurisdiction: bytes, time: int) -> clearance.Standing:
        """What the partner may do about clearances of this jurisdiction; nothing while suspended."""
        view = self.history.now(time)
        customs = view.has_role(partner, Role.CUSTOMS, jurisdiction.ljust(32, b"\0"))
        broker = view.has_role(partner, Role.BROKER)
        return clearance.Standing(customs=customs, broker=broker)

    def signers_of(self, signed: SignedRecord, record_id: RecordId, time: int | None = None) -> list[Signer]:
        """Who made each signature, as the custody rules want to know it; of an override the receiver alone."""
        keys = keys_of(signed, record_id)
        if isinstance(signed.record, Override):
            keys = keys[-1:]
        return [self.signer(key, signed.record.NUMBER, time) for key in keys]

    def signer(self, key: KeyAddress, type_number: int, time: int | None = None) -> Signer:
        standing = self.history.now(self._clock.now() if time is None else time).signer(key, type_number)
        if standing is None:
            return Signer(key)
        return Signer(key, standing.partner, standing.roles, standing.suspended)

    def closed_gates(self, holding: Holding, record: Handoff) -> list[str]:
        """The clearances that a handoff would pass unreleased, in words."""
        gates = Gate(0)
        if record.receiver == holding.slot.consignee:
            gates |= Gate.DELIVERY
        if record.receiver and self.history.now(self._clock.now()).has_role(record.receiver, Role.MAIN_CARRIER):
            gates |= Gate.HANDOVER
        return [f"{r.jurisdiction.decode()} regime {r.regime}" for r in holding.slot.missing(gates)]

    def describe(self, key: KeyAddress) -> str:
        """Whose key it is at all, for an error message."""
        for type_number in (Handoff.NUMBER, RegistryChange.NUMBER):
            if (standing := self.standing(key, type_number)) is not None:
                return f"partner {standing.partner}"
        return "a council member" if key in self.council().members else "no known key"


def keys_of(signed: SignedRecord, record_id: RecordId) -> list[KeyAddress]:
    """The key behind each signature. Raises `BadSignature`."""
    return [recover(record_id, signature, f"signatures[{i}]") for i, signature in enumerate(signed.signatures)]
