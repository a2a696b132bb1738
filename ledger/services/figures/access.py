"""Where partners stand at the council's gates, from this home's log; and the evidence of a change that is due.

A period is read as known at the first checkpoint evidenced after it settled, and again at the first one after a window
to appeal. So what is recorded later changes nothing of it. Nothing of this is stored: it is made from records each
time, and remembered by this process.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import NamedTuple

from ledger.access.adopted_gates import GATES, InForce, closed_periods, gates_in_force
from ledger.access.course import Act, Again, Closing, Course, Stage, course
from ledger.access.evidence import (
    Evidence,
    check_evidence,
    is_evidence,
    parse_evidence,
)
from ledger.access.gates_file import Gate, Gates, parse_gates
from ledger.access.known import Known
from ledger.access.reading import Reading
from ledger.access.withdrawn import Recorded, acts_of
from ledger.codes import RegistryAction, Role
from ledger.common.figure import figure
from ledger.common.ids import PartnerId, RecordId, to_hex
from ledger.common.periods import MINUTE, Period, full_hour
from ledger.errors import Busy, LadingError, NotFound, VerificationFailed
from ledger.records.evidence import CheckpointTime
from ledger.records.types import RegistryChange
from ledger.records.verification import VerifiedRecord
from ledger.registry.history import RegistryView
from ledger.services.home import kept_rules
from ledger.services.home.home import Home
from ledger.services.home.score_cards import measure_for
from ledger.services.state.answers import Answers
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.evidence import checkpoint_times
from ledger.services.state.extent import extent_of
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import changes, meta
from ledger.store.database import Connection

PATIENCE = 20
"""Seconds that a request waits while another one reads a period."""
SHORTLY = 0.5
"""Seconds that a worklist waits."""
MOST_PERIODS = 24
"""Closed periods that are read, the newest: further back nothing decides any more."""
KEPT_AS = "access-evidence"
"""Evidence is kept under names that begin so."""


@figure("partner", "gate", "course", "open", "prepared")
@dataclass(frozen=True, slots=True)
class Standing:
    """A partner at one gate. `open`: it has its access now. `prepared`: the evidence of a change for the council."""

    partner: PartnerId
    gate: Gate
    course: Course
    open: bool
    prepared: bool


class Access:
    """The gates of one home."""

    def __init__(self, home: Home, registry: CurrentRegistry) -> None:
        self._home = home
        self._registry = registry
        self._lock, self._reading = Lock(), Lock()
        self._answers = Answers(1)
        self._known: Mapping[Hashable, Taken] = {}
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="access")
        self._beside: tuple[int, Future[tuple[Standing, ...]]] | None = None

    def close(self) -> None:
        self._worker.shutdown(cancel_futures=True)

    def beside(self, patience: float = SHORTLY) -> tuple[Standing, ...]:
        """`standings`, read beside whoever asks: none while they are being read, or where that fails."""
        minute = self._home.clock.now() // MINUTE
        with self._lock:
            if self._beside is None or (self._beside[0] != minute and self._beside[1].done()):
                self._beside = minute, self._worker.submit(self.standings)
            future = self._beside[1]
        try:
            return future.result(patience)
        except (TooLate, LadingError):
            return ()

    def standings(self, partner: int | None = None) -> tuple[Standing, ...]:
        """Where everybody who has, or lost, the role of a gate in force stands at it, or one partner; as of the last
        full hour. Empty while the council has adopted no gates.

        Raises `Misconfigured` while an adopted file that may be newer gates is not kept here, `Busy` while a period is
        being read.
        """
        now = full_hour(self._home.clock.now())
        with self._home.database.read() as connection:
            extent = extent_of(connection)
            view = self._registry.refreshed(connection).now()
            number = view.state.number
            kept_rules.require_newest(connection, view, GATES)
            in_force = gates_in_force(view, kept_rules.kept_others(connection, view))
        if not any(one.since <= now for one in in_force):
            return ()
        # Whoever makes the answer again has the records below a size, and does not know when somebody asked first.
        state = extent, now, number, tuple(one.gates.hash for one in in_force)
        found: tuple[Standing, ...] = self._answers.get("standings", state, lambda: self._computed(in_force, view, now))
        return tuple(one for one in found if partner in (None, one.partner))

    def evidence(self, partner: int, gate: str) -> Evidence:
        """The evidence of the change that is due about a partner at a gate. Raises `NotFound` while none is."""
        one = next((s for s in self.standings(partner) if s.gate.name == gate and s.prepared), None)
        if one is None or one.course.gate is None:
            raise NotFound("no change of access is due", where="gate", expected="a gate at which one is", found=gate)
        by, loss = one.course.gate, one.course.stage is Stage.DUE
        first = one.course.below[:2] if loss else one.course.good
        again = one.course.again if loss else ()
        with self._home.database.read() as connection:
            view = self._registry.refreshed(connection).now()
            work = GateReader(self._home, self._registry, connection, view, self._home.clock.now())
            listed = [work.records_of(by, partner, reading) for reading in again or first]
            rules = kept_rules.kept(connection, GATES, by.gates).decode()
        action = by.action.loss if loss else by.action.back
        consortium = self._home.consortium.genesis.consortium_id
        found = Evidence(consortium, self._home.log_id, partner, action, by, rules, first, again, tuple(listed))
        check_evidence(found)
        return found

    def keep(self, connection: Connection, evidence: Evidence) -> None:
        """Keep evidence under its SHA-256: by it a later loss of access is told to be this gate's."""
        meta.put_new(connection, f"{KEPT_AS}/{to_hex(evidence.hash)}", evidence.text().decode())

    def kept_evidence(self, document: bytes) -> Evidence | None:
        with self._home.database.read() as connection:
            return _kept(connection, document)

    # --- reading ---------------------------------------------------------------------------------------------------

    def _computed(self, in_force: Sequence[InForce], view: RegistryView, now: int) -> tuple[Standing, ...]:
        if not self._reading.acquire(timeout=PATIENCE):
            raise Busy("periods are being read for others", retry_after=PATIENCE)
        try:
            with self._home.database.read() as connection:
                work = GateReader(self._home, self._registry, connection, view, now)
                work.known = self._known
                result = tuple(work.standings(in_force))
                self._known = work.used
            return result
        finally:
            self._reading.release()


class Taken(NamedTuple):
    """Everybody's readings at the gates of a file, by partner and gate's name, and what they rest on."""

    state: Hashable
    readings: Mapping[tuple[int, str], Reading]


class GateReader:
    """One pass over the gates of a home's snapshot. `known` was read before, `used` is what this pass needed."""

    def __init__(
        self, home: Home, registry: CurrentRegistry, connection: Connection, view: RegistryView, now: int
    ) -> None:
        self._connection = connection
        self._view = view
        self._registry = registry
        self._records = VerifiedRecords(connection, home.consortium, registry)
        self._stood = checkpoint_times(connection, home.consortium, self._records.evidence)
        self._parts = changes.counts(connection).get(changes.PARTS)
        self._now = now
        self._delay = home.consortium.genesis.delay
        self.known: Mapping[Hashable, Taken] = {}
        self.used: dict[Hashable, Taken] = {}

    def standings(self, in_force: Sequence[InForce]) -> Iterator[Standing]:
        now = self._now
        closed = list(closed_periods(in_force, now))[-MOST_PERIODS:]
        newest = next(one.gates for one in reversed(in_force) if one.since <= now)
        for gate in newest.gates.values():
            for partner in self._with_role(gate):
                acts = self._acts(partner, gate)
                closings = list(self._closings(gate.name, partner, closed))
                stood = course(gate.name, closings, acts, self._again(partner), now)
                is_open = self._view.has_role(partner, gate.role, gate.scope)
                prepared = (stood.stage is Stage.DUE and is_open) or (stood.stage is Stage.RETURN and not is_open)
                yield Standing(PartnerId(partner), gate, stood, is_open, prepared)

    def records_of(self, gate: Gate, partner: int, reading: Reading) -> tuple[RecordId, ...]:
        """What a reading rests on. Raises `VerificationFailed` where parts were opened or erased since."""
        known = Known(self._all, self._records.evidence.times, reading.period, reading.taken)
        card = measure_for(self._connection, self._view, reading.period.start).card
        made, records = known.read(gate, partner, card)
        if made != reading:
            raise VerificationFailed(
                "what the period was read from has changed", where="gate", found=gate.name, mend="Ask once more."
            )
        return records

    def _closings(self, name: str, partner: int, closed: Sequence[tuple[Gates, Period]]) -> Iterator[Closing]:
        for gates, period in closed:
            gate, settle = gates.gates.get(name), next(iter(gates.gates.values())).settle
            taken = self._stood.first_from(period.end + settle)
            if taken is None:
                return
            reading = self._read(gate, partner, period, period.end + settle) if gate else None
            yield Closing(taken.time, gate, reading)

    def _again(self, partner: int) -> Again:
        def again(gate: Gate, first: Reading, at: int) -> Reading | None:
            return self._read(gate, partner, first.period, at)

        return again

    def _read(self, gate: Gate, partner: int, period: Period, since: int) -> Reading | None:
        """The period as known at the first checkpoint from `since` on; None while there is none."""
        taken = self._stood.first_from(since)
        if taken is None:
            return None
        key = gate.gates, period.start, since
        if key not in self.used:
            state = taken, self._parts, tuple(self._records.evidence.times.until(taken.size))
            known = self.known.get(key)
            fresh = known is not None and known.state == state
            self.used[key] = known if known and fresh else Taken(state, self._taken(gate, period, taken))
        return self.used[key].readings.get((partner, gate.name))

    def _taken(self, gate: Gate, period: Period, taken: CheckpointTime) -> dict[tuple[int, str], Reading]:
        """Everybody's readings at all gates of the file, taken together."""
        card = measure_for(self._connection, self._view, period.start).card
        known = Known(self._all, self._records.evidence.times, period, taken)
        gates = parse_gates(kept_rules.kept(self._connection, GATES, gate.gates))
        return {
            (partner, one.name): known.read(one, partner, card)[0]
            for one in gates.gates.values()
            if one.scored_as in card.roles
            for partner in self._with_role(one)
        }

    @cached_property
    def _all(self) -> list[VerifiedRecord]:
        return list(self._records.all())

    # --- the registry ------------------------------------------------------------------------------------------------

    @cached_property
    def _changes(self) -> list[Recorded]:
        result = []
        for verified in self._records.all((RegistryChange.NUMBER,)):
            one, block_time = verified.record, verified.facts.block_time
            if isinstance(one, RegistryChange) and block_time is not None:
                delayed = one.action in (RegistryAction.REINSTATE, RegistryAction.GRANT_ROLE)
                at = max(one.notBefore, block_time + self._delay) if delayed else min(block_time, self._now)
                result.append(Recorded(at, one))
        return sorted(result, key=lambda recorded: recorded.change.sequence)

    def _with_role(self, gate: Gate) -> list[int]:
        """Everybody who ever was granted the role, ascending."""
        granted = (int(gate.role), gate.scope)
        return sorted({
            one.partner
            for _, one in self._changes
            if one.action == RegistryAction.GRANT_ROLE and (one.role, one.scope) == granted
        })  # fmt: skip

    def _acts(self, partner: int, gate: Gate) -> list[Act]:
        role: tuple[Role, bytes] = gate.role, gate.scope
        acts = acts_of(partner, role, self._changes, lambda document: _kept(self._connection, document))
        return sorted(acts, key=lambda act: act.at)


def _kept(connection: Connection, document: bytes) -> Evidence | None:
    text = meta.get(connection, f"{KEPT_AS}/{to_hex(document)}")
    return None if text is None or not is_evidence(text.encode()) else parse_evidence(text.encode())
