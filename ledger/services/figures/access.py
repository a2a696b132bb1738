"""Where partners stand at the council's gates, from this home's log; and the evidence of a change that is due.

A period is read once, at the first checkpoint evidenced after it settled, and again when a window to appeal is over.
What was read is kept: whatever is recorded, opened or erased later changes nothing of it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

from ledger.access.adopted_gates import InForce, closed_periods, gates_in_force
from ledger.access.course import Act, Closing, Course, Stage, course
from ledger.access.evidence import (
    Evidence,
    check_evidence,
    is_evidence,
    parse_evidence,
    parse_reading,
    read,
    tallies_at,
)
from ledger.access.gates_file import Gate, Gates, parse_gates
from ledger.access.reading import Reading
from ledger.access.withdrawn import Recorded, acts_of
from ledger.codes import RegistryAction, Role
from ledger.common.figure import figure, to_json
from ledger.common.ids import PartnerId, RecordId, to_hex
from ledger.common.periods import HOUR, Period
from ledger.errors import Busy, NotFound
from ledger.records.types import RegistryChange
from ledger.records.verification import VerifiedRecord
from ledger.registry.history import RegistryView
from ledger.services.home import kept_rules
from ledger.services.home.home import Home
from ledger.services.home.score_cards import measure_for
from ledger.services.state.answers import Answers
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.evidence import checkpoint_times
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import meta
from ledger.store.database import Connection

PATIENCE = 20
"""Seconds that a request waits while another one reads a period."""
_READ, _EVIDENCE = "access/", "access-evidence/"
Stored = dict[str, dict[str, Any]]
"""Of one period by partner and gate (`7/carriers`): the reading, and the records of one that may become evidence."""


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
        self._lock = Lock()
        self._answers = Answers(4)

    def standings(self, partner: int | None = None) -> tuple[Standing, ...]:
        """Where everybody who has, or lost, the role of a gate in force stands at it, or one partner; as of the last
        full hour. Empty while the council has adopted no gates.

        Raises `Misconfigured` while an adopted file is not kept here, `Busy` while a period is being read.
        """
        now = self._home.clock.now()
        with self._home.database.read() as connection:
            view = self._registry.refreshed(connection).now()
            number = view.state.number
            in_force = gates_in_force(view, kept_rules.kept_others(connection, view))
        if not any(one.since <= now for one in in_force):
            return ()
        state = now // HOUR, number, tuple(one.gates.hash for one in in_force)
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
            listed = [self._stored_records(connection, partner, by, reading) for reading in again or first]
            rules = kept_rules.kept(connection, by.gates).decode()
        action = by.action.loss if loss else by.action.back
        consortium = self._home.consortium.genesis.consortium_id
        found = Evidence(consortium, self._home.log_id, partner, action, by, rules, first, again, tuple(listed))
        check_evidence(found)
        return found

    def keep(self, connection: Connection, evidence: Evidence) -> None:
        """Keep evidence under its SHA-256: by it a later loss of access is told to be this gate's."""
        meta.put_new(connection, f"{_EVIDENCE}{to_hex(evidence.hash)}", evidence.text().decode())

    def kept_evidence(self, document: bytes) -> Evidence | None:
        with self._home.database.read() as connection:
            return _kept(connection, document)

    # --- reading ---------------------------------------------------------------------------------------------------

    def _computed(self, in_force: Sequence[InForce], view: RegistryView, now: int) -> tuple[Standing, ...]:
        if not self._lock.acquire(timeout=PATIENCE):
            raise Busy("a period is being read for others", retry_after=PATIENCE)
        try:
            with self._home.database.read() as connection:
                work = _Reading(self._home, self._registry, connection, view)
                result = tuple(work.standings(in_force, now))
            if work.new:
                with self._home.database.write() as connection:
                    for name, stored in work.new.items():
                        meta.put_new(connection, name, json.dumps(stored))
            return result
        finally:
            self._lock.release()

    def _stored_records(
        self, connection: Connection, partner: int, gate: Gate, reading: Reading
    ) -> tuple[RecordId, ...]:
        for _, text in meta.holding(
            connection, f"{_READ}{to_hex(gate.gates)}/{reading.period.start}/", to_hex(reading.root)
        ):
            entry = json.loads(text).get(f"{partner}/{gate.name}")
            if entry and entry["reading"] == to_json(reading) and entry["records"] is not None:
                return tuple(RecordId(bytes.fromhex(record[2:])) for record in entry["records"])
        raise NotFound("what this period was read from is not kept here", where="gate", found=gate.name)


class _Reading:
    """One pass over the gates of a home's snapshot; `new` is what it read for the first time."""

    def __init__(self, home: Home, registry: CurrentRegistry, connection: Connection, view: RegistryView) -> None:
        self._connection = connection
        self._view = view
        self._registry = registry
        self._records = VerifiedRecords(connection, home.consortium, registry)
        self._stood = checkpoint_times(connection, home.consortium, self._records.evidence)
        self._delay = home.consortium.genesis.delay
        self._known: dict[str, Stored | None] = {}
        self.new: dict[str, Stored] = {}

    def standings(self, in_force: Sequence[InForce], now: int) -> Iterator[Standing]:
        changes = self._changes()
        closed = list(closed_periods(in_force, now))
        newest = next(one.gates for one in reversed(in_force) if one.since <= now)
        for gate in newest.gates.values():
            for partner in self._with_role(gate, changes):
                acts = self._acts(partner, gate, changes)
                closings = list(self._closings(gate.name, partner, closed))
                stood = course(gate.name, closings, acts, self._again(partner), now)
                is_open = self._view.has_role(partner, gate.role, gate.scope)
                prepared = (stood.stage is Stage.DUE and is_open) or (stood.stage is Stage.RETURN and not is_open)
                yield Standing(PartnerId(partner), gate, stood, is_open, prepared)

    def _closings(self, name: str, partner: int, closed: Sequence[tuple[Gates, Period]]) -> Iterator[Closing]:
        for gates, period in closed:
            gate = gates.gates.get(name)
            least = period.end + next(iter(gates.gates.values())).settle
            taken = self._stood.first_from(least)
            if taken is None:
                return
            reading = self._read(gate, partner, period, least) if gate else None
            yield Closing(reading.taken.time if reading else taken.time, gate, reading)

    def _again(self, partner: int) -> Any:
        def again(gate: Gate, first: Reading, at: int) -> Reading | None:
            return self._read(gate, partner, first.period, at)

        return again

    def _read(self, gate: Gate, partner: int, period: Period, since: int) -> Reading | None:
        """The period as known at the first checkpoint from `since` on; None while there is none."""
        name = f"{_READ}{to_hex(gate.gates)}/{period.start}/{since}"
        if name not in self._known:
            text = meta.get(self._connection, name)
            self._known[name] = json.loads(text) if text is not None else self._taken(name, gate, period, since)
        stored = self._known[name]
        if stored is None:
            return None
        entry = stored.get(f"{partner}/{gate.name}")
        return parse_reading(entry["reading"], name) if entry else None

    def _taken(self, name: str, gate: Gate, period: Period, since: int) -> Stored | None:
        """Everybody's readings at all gates of the file, taken together."""
        taken = self._stood.first_from(since)
        if taken is None:
            return None
        card = measure_for(self._connection, self._view, period.start).card
        tallies = tallies_at(self._all, self._records.evidence.times, period, taken)
        gates = parse_gates(kept_rules.kept(self._connection, gate.gates))
        changes, result = self._changes(), Stored()
        for one in gates.gates.values():
            if one.role not in card.roles:
                continue
            for partner in self._with_role(one, changes):
                reading, records = read(one, partner, card, taken, tallies)
                listed = [to_hex(record) for record in records] if self._may_matter(one, partner, reading) else None
                result[f"{partner}/{one.name}"] = {"reading": to_json(reading), "records": listed}
        self.new[name] = result
        return result

    def _may_matter(self, gate: Gate, partner: int, reading: Reading) -> bool:
        below = reading.high is not None and reading.high < gate.threshold
        return below or not self._view.has_role(partner, gate.role, gate.scope)

    @cached_property
    def _all(self) -> list[VerifiedRecord]:
        return list(self._records.all())

    # --- the registry ------------------------------------------------------------------------------------------------

    def _changes(self) -> list[Recorded]:
        result = []
        for verified in self._records.all((RegistryChange.NUMBER,)):
            one, block_time = verified.record, verified.facts.block_time
            if isinstance(one, RegistryChange) and block_time is not None:
                delayed = one.action in (RegistryAction.REINSTATE, RegistryAction.GRANT_ROLE)
                at = max(one.notBefore, block_time + self._delay) if delayed else block_time
                result.append(Recorded(at, one))
        return sorted(result, key=lambda recorded: recorded.change.sequence)

    def _with_role(self, gate: Gate, changes: Sequence[Recorded]) -> list[int]:
        """Everybody who ever was granted the role, ascending."""
        granted = (int(gate.role), gate.scope)
        return sorted({
            one.partner
            for _, one in changes
            if one.action == RegistryAction.GRANT_ROLE and (one.role, one.scope) == granted
        })  # fmt: skip

    def _acts(self, partner: int, gate: Gate, changes: Sequence[Recorded]) -> list[Act]:
        role: tuple[Role, bytes] = gate.role, gate.scope
        acts = acts_of(partner, role, changes, lambda document: _kept(self._connection, document))
        return sorted(acts, key=lambda act: act.at)


def _kept(connection: Connection, document: bytes) -> Evidence | None:
    text = meta.get(connection, f"{_EVIDENCE}{to_hex(document)}")
    return None if text is None or not is_evidence(text.encode()) else parse_evidence(text.encode())


def keep_gates(connection: Connection, text: bytes) -> Gates:
    """Keep a gates file under its SHA-256. Raises `MalformedRecord` for a file that is none."""
    gates = parse_gates(text)
    kept_rules.keep(connection, gates.hash, text)
    return gates
