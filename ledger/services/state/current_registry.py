"""The registry as the chain has recorded it so far, kept up to date from the store."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import cast

from ledger.codes import Gate, Role
from ledger.common.ids import KeyAddress, RecordId
from ledger.custody.rules import Holding
from ledger.records.types import Handoff, KeyGrant, KeyRevoke, Outcome, RegistryChange
from ledger.registry.history import Genesis, KeyHolder, RecordedAt, RegistryHistory, RegistryView
from ledger.services.home.clock import Clock
from ledger.services.state.evidence import KnownEvidence
from ledger.services.state.extent import Extent
from ledger.services.state.signer_keys import SignerKeys
from ledger.store import log, pending, records, traces
from ledger.store.database import Connection
from ledger.store.projections import outcomes

REGISTRY_TYPES = (RegistryChange.NUMBER, KeyGrant.NUMBER, KeyRevoke.NUMBER)


_asked_in_request: ContextVar[set["CurrentRegistry"] | None] = ContextVar("asked_in_request", default=None)
"""Those that have been refreshed in the request that this is about."""
REGISTRY_SCOPE, KEYS_SCOPE = b"registry", b"keys"


def registry_slot(record: RegistryChange | KeyGrant | KeyRevoke, record_id: RecordId) -> pending.Slot:
    """What a registry record is pending under: a change under its sequence; keys just to be found, so by themselves."""
    if isinstance(record, RegistryChange):
        return pending.Slot(REGISTRY_SCOPE, record.sequence)
    return pending.Slot(KEYS_SCOPE, int.from_bytes(record_id[:7]))


@contextmanager
def one_request() -> Iterator[None]:
    """What is done inside, in other threads too, answers one request: see `CurrentRegistry.for_request`."""
    token = _asked_in_request.set(set())
    try:
        yield
    finally:
        _asked_in_request.reset(token)


class CurrentRegistry:
    """`history` answers for any moment, `now` for the present one of `clock`; `signer_keys` who signed what is here;
    `evidence` what bears out the times of this log. All of one store.
    """

    def __init__(
        self,
        genesis: Genesis,
        clock: Clock,
        signer_keys: SignerKeys | None = None,
        evidence: KnownEvidence | None = None,
    ) -> None:
        self._genesis = genesis
        self._clock = clock
        self.signer_keys = signer_keys or SignerKeys()
        self.evidence = evidence or KnownEvidence()
        self._last: outcomes.ItemOutcome | None = None
        """The newest outcome that `history` has."""
        self._latest = 0
        self._read_at: int | None = None
        """The size of the log up to which `history` has everything; None while that is not sure."""
        self._lock = Lock()
        self.history = RegistryHistory(genesis)
        self._expected: tuple[RegistryHistory, int, list[RecordId]] = (self.history, 0, [])
        """What `expecting` gave last, after how many recorded records, with which pending ones on top."""
        self._still: RegistryView | None = None

    def refreshed(self, connection: Connection, extent: Extent | None = None) -> "CurrentRegistry":
        """Take in the registry records whose outcomes have come into the log since the last time. `extent`: how far
        this snapshot, of what is committed, has come; it is not read where one of the same size was.
        """
        with self._lock:
            # What was taken in of a transaction that may yet be undone is looked for again.
            if (extent is None or extent.size != self._read_at) and self._take_in(connection):
                self._read_at = None
            if extent is not None:
                self._read_at = extent.size
        asked = _asked_in_request.get()
        if asked is not None:
            asked.add(self)
        return self

    def refreshed_and_expected(self, connection: Connection) -> "tuple[CurrentRegistry, CurrentRegistry]":
        """`refreshed`, and what that is `expecting`: while nothing came and nothing is pending, in one statement."""
        last = self._last
        if last is not None:
            found = traces.registry_records(connection, REGISTRY_TYPES, last.log_index, (REGISTRY_SCOPE, KEYS_SCOPE))
            if found == [last.outcome_record]:
                return self, self
        recorded = self.refreshed(connection)
        return recorded, recorded.expecting(connection)

    def for_request(self, connection: Connection) -> "CurrentRegistry":
        """As `refreshed`, but once a request: who is who as it stood when that began. What is verified may have been
        signed later than that, so it asks `refreshed`.
        """
        asked = _asked_in_request.get()
        return self if asked is not None and self in asked else self.refreshed(connection)

    def _take_in(self, connection: Connection) -> bool:
        """Whether there was anything new."""
        unread = self._unread(connection)
        for outcome in unread:
            row = records.get(connection, outcome.record_id)
            event = records.get(connection, outcome.outcome_record)
            if row is not None and event is not None:
                event_index = cast(Outcome, event.record).eventIndex
                at = RecordedAt(outcome.block_number, outcome.block_time, event_index, outcome.log_index)
                registry_record = cast(RegistryChange | KeyGrant | KeyRevoke, row.record)
                self.history.apply(registry_record, self.signer_keys.of(row), at)
            self._last = outcome
            self._latest = max(self._latest, outcome.block_time)
        return bool(unread)

    def _unread(self, connection: Connection) -> list[outcomes.ItemOutcome]:
        """What `history` lacks. It begins anew where what it took in last was never committed: another leaf, or none
        that counts, stands in its place. A snapshot that is older than what it took in has nothing for it.
        """
        last = self._last
        if last is None:
            return outcomes.of_types(connection, REGISTRY_TYPES, 0)
        found = outcomes.of_types(connection, REGISTRY_TYPES, last.log_index)
        if found and found[0].outcome_record == last.outcome_record:
            return found[1:]
        if log.head(connection).size <= last.log_index:
            return []
        self.history, self._last, self._latest = RegistryHistory(self._genesis), None, 0
        self._expected = self.history, 0, []
        return outcomes.of_types(connection, REGISTRY_TYPES, 0)

    def by_the_clock(self) -> "CurrentRegistry":
        """The same at the clock's time, by which the log goes, and not at the chain's, which may be seconds ahead."""
        return self.with_history(self.history)

    def with_history(self, history: RegistryHistory) -> "CurrentRegistry":
        """One that goes by another history, at the clock's time."""
        made = CurrentRegistry(self._genesis, self._clock, self.signer_keys, self.evidence)
        made.history = history
        return made

    def expecting(self, connection: Connection) -> "CurrentRegistry":
        """The registry as it will be once what is accepted is recorded: itself while nothing is pending."""
        by_scope = pending.of_scopes(connection, (REGISTRY_SCOPE, KEYS_SCOPE))
        if not by_scope:
            return self
        waiting = [record_id for found in by_scope.values() for _, record_id in found]
        rows = sorted(records.get_many(connection, waiting).values(), key=lambda row: row.log_index)
        with self._lock:
            base, recorded, done = self._expected
            ids = [row.record_id for row in rows]
            if recorded != len(self.history) or done != ids[: len(done)]:
                base, done = self.history, []
            coming = [
                (cast(RegistryChange | KeyGrant | KeyRevoke, row.record), self.signer_keys.of(row))
                for row in rows[len(done) :]
            ]
            history = base.expecting(coming, self._time()) if coming else base
            self._expected = history, len(self.history), ids
        made = CurrentRegistry(self._genesis, self._clock, self.signer_keys, self.evidence)
        made._latest, made.history = self._latest, history
        return made

    def still(self) -> "CurrentRegistry":
        """The same at this moment, whatever comes later: for a few decisions in a row, which ask for the same again."""
        made = CurrentRegistry(self._genesis, self._clock, self.signer_keys)
        made._latest, made.history, made._still = self._latest, self.history, self.now()
        return made

    def now(self) -> RegistryView:
        return self._still or self.history.now(self._time())

    def signer(self, key: KeyAddress, type_number: int) -> KeyHolder | None:
        """Whose key it is now for records of this type; None when it is not valid for them."""
        return self.now().signer(key, type_number)

    def check_next(self, record: RegistryChange | KeyGrant | KeyRevoke, keys: Sequence[KeyAddress]) -> None:
        """Raise `Refused` unless the registry would take this record now."""
        self.history.check(record, keys, self._time())

    def closed_gates(self, holding: Holding, record: Handoff) -> list[str]:
        """The clearances that a handoff would pass unreleased, in words."""
        gates = Gate(0)
        if record.receiver == holding.slot.consignee:
            gates |= Gate.DELIVERY
        if record.receiver and self.now().has_role(record.receiver, Role.MAIN_CARRIER):
            gates |= Gate.HANDOVER
        return [f"{r.jurisdiction.decode()} regime {r.regime}" for r in holding.slot.missing(gates)]

    def describe(self, key: KeyAddress) -> str:
        """Whose key it is at all, for an error message."""
        address = self.now().address(key)
        if address is None:
            return "no known key"
        if address.partner:
            return f"partner {address.partner}" + ("" if address.in_force(self._time()) else ", not in force")
        return "a council member" if key in self.now().council().members else "no partner's key"

    def _time(self) -> int:
        # Blocks that follow each other quickly run ahead of the clock; the registry's time is the chain's.
        return max(self._clock.now(), self._latest)
