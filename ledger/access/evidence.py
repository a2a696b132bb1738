"""The evidence of a change of access: what the council signs by its SHA-256, and anybody makes again.

Canonical JSON (RFC 8785): whose access, by which gate of which file (its text is in it), the readings that decide, each
with its checkpoint and scorecard, and every record that they rest on. `check_evidence` needs nothing else; with the
records themselves (of a bundle, of a node) `check_readings` makes each reading again.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ledger.access.gates_file import Gate, parse_gates
from ledger.access.known import Known
from ledger.access.reading import Reading, is_below
from ledger.codes import RegistryAction
from ledger.common.canonical import canonical_json, parse_json, prints_as
from ledger.common.figure import to_json
from ledger.common.ids import RecordId, to_hex
from ledger.common.json_fields import entries, fields_of, hex_bytes, integer, shown, text
from ledger.common.periods import FOREVER, Grain, Period, unit_of
from ledger.common.toml_file import MAX_SIZE as LONGEST_FILE
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.merkle import sorted_root
from ledger.records.evidence import Basis, CheckpointTime, CheckpointTimes
from ledger.records.types import RegistryChange
from ledger.records.verification import VerifiedRecord
from ledger.registry.changes import change
from ledger.scores.card import Card

FORMAT = "lading/access-evidence/1"
GOVERNS_NOTHING = FOREVER
"""The start named when evidence is adopted: no period begins then, so it governs none."""
LARGEST = 1 << 25
"""Bytes of a file: 100,000 records a period."""
_NAMES = ("lading", "consortium", "log", "partner", "change", "gate", "rules", "first", "again", "records")
_READING = ("period", "taken", "card", "samples", "withheld", "low", "high", "records", "root")
_MOST = 2**40


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why access of `partner` is withdrawn, or given back: `change` says which.

    `first`: the two periods as taken after their end. `again`: as read when the window to appeal was over; empty where
    access is given back. `records`: of each period, what its last reading rests on. `rules`: the gates file's text.
    """

    consortium: bytes
    log: bytes
    partner: int
    change: RegistryAction
    gate: Gate
    rules: str
    first: tuple[Reading, ...]
    again: tuple[Reading, ...]
    records: tuple[tuple[RecordId, ...], ...]

    @property
    def last(self) -> tuple[Reading, ...]:
        return self.again or self.first

    def text(self) -> bytes:
        return canonical_json({
            "lading": FORMAT,
            "consortium": to_hex(self.consortium),
            "log": to_hex(self.log),
            "partner": self.partner,
            "change": self.change.name.lower(),
            "gate": self.gate.name,
            "rules": self.rules,
            "first": [to_json(reading) for reading in self.first],
            "again": [to_json(reading) for reading in self.again],
            "records": [[to_hex(record) for record in listed] for listed in self.records],
        })  # fmt: skip

    @property
    def hash(self) -> bytes:
        """The SHA-256 that the council's change names as `document`."""
        return hashlib.sha256(self.text()).digest()


def changes_for(evidence: Evidence, sequence: int) -> list[RegistryChange]:
    """What the council would sign, `sequence` being the next number: the evidence, then the change that it bears out.

    Suspending and roles take no document (RECORDS), so the evidence is adopted right before, as rules of no period: the
    second change cannot be recorded without the first.
    """
    action, gate = evidence.change, evidence.gate
    of_role = action in (RegistryAction.REVOKE_ROLE, RegistryAction.GRANT_ROLE)
    role = {"role": int(gate.role), "scope": gate.scope} if of_role else {}
    return [
        change(sequence, RegistryAction.ADOPT_RULES, document=evidence.hash, number=GOVERNS_NOTHING),
        change(sequence + 1, action, partner=evidence.partner, **role),  # type: ignore[arg-type]
    ]


def is_evidence(data: bytes) -> bool:
    """Whether a file says of itself that it is such evidence."""
    return data.startswith(b'{"again":') and FORMAT.encode() in data


def parse_evidence(data: bytes) -> Evidence:
    """The evidence that a file states, byte for byte as `Evidence.text` prints it. Raises `MalformedRecord`."""
    value = parse_json(data, max_size=LARGEST, where="evidence")
    fields = fields_of(value, "", _NAMES)
    if fields["lading"] != FORMAT:
        raise MalformedRecord("unknown format", where="lading", expected=FORMAT, found=shown(fields["lading"]))
    if not prints_as(value, data):
        raise MalformedRecord("not canonical JSON (RFC 8785)", where="evidence", expected="the file as it was written")
    rules = text(fields["rules"], "rules", 1, LONGEST_FILE)
    gates = parse_gates(rules.encode()).gates
    if fields["gate"] not in gates:
        raise MalformedRecord("no such gate", where="gate", expected=", ".join(gates), found=shown(fields["gate"]))
    gate = gates[fields["gate"]]
    known = {action.name.lower(): action for action in (gate.action.loss, gate.action.back)}
    if fields["change"] not in known:
        raise MalformedRecord("not a change of this gate", where="change", expected=", ".join(known))
    return Evidence(
        hex_bytes(fields["consortium"], "consortium", 32),
        hex_bytes(fields["log"], "log", 32),
        integer(fields["partner"], "partner", 1, _MOST - 1),
        known[fields["change"]],
        gate,
        rules,
        tuple(parse_reading(entry, where) for where, entry in entries(fields["first"], "first", 2, 2)),
        tuple(parse_reading(entry, where) for where, entry in entries(fields["again"], "again", 0, 2)),
        tuple(
            tuple(RecordId(hex_bytes(record, place, 32)) for place, record in entries(listed, where))
            for where, listed in entries(fields["records"], "records", 2, 2)
        ),
    )


def check_evidence(evidence: Evidence) -> None:
    """Raise `VerificationFailed` unless what the evidence states makes its change due by its own rules.

    1. Two calendar periods on end of the gate's step, each taken after it settled, one checkpoint each.
    2. Of a loss: both below, as first taken and again when the window to appeal was over, which began when the later of
       them was taken. Of a return: neither is.
    3. The records listed are those that the readings name.
    """
    gate, loss = evidence.gate, evidence.change is evidence.gate.action.loss
    # 1. Times.
    grain = Grain[gate.step.name]
    for i, reading in enumerate(evidence.first):
        whole = unit_of(reading.period.end, grain) == unit_of(reading.period.start, grain) + 1
        if not whole or unit_of(reading.period.start - 1, grain) == unit_of(reading.period.start, grain):
            _fail(f"first[{i}].period", f"a calendar {gate.step}", reading.period.start)
        _taken_from(reading, reading.period.end + gate.settle, f"first[{i}]")
    for before, after in pairwise(evidence.first):
        if before.period.end != after.period.start:
            _fail("first[1].period", f"starts at {before.period.end}", after.period.start)
    # 2. Figures.
    if bool(evidence.again) != loss or (loss and len(evidence.again) != len(evidence.first)):
        _fail("again", "both periods read again" if loss else "nothing: access is given back", len(evidence.again))
    over = max(reading.taken.time for reading in evidence.first) + gate.appeal
    for i, (reading, first) in enumerate(zip(evidence.again, evidence.first, strict=False)):
        if (reading.period.start, reading.period.end) != (first.period.start, first.period.end):
            _fail(f"again[{i}].period", "the period that was read first", reading.period.start)
        _taken_from(reading, over, f"again[{i}]")
    for name, listed in (("first", evidence.first), ("again", evidence.again)):
        for i, reading in enumerate(listed):
            if is_below(gate, reading) != loss:
                expected = f"{'below' if loss else 'not certainly below'} {gate.threshold}, {gate.samples} samples"
                _fail(f"{name}[{i}]", expected, f"high {reading.high}, {reading.samples} samples")
    # 3. Records.
    for i, (reading, records) in enumerate(zip(evidence.last, evidence.records, strict=True)):
        if len(records) != reading.records or sorted_root(records) != reading.root:
            _fail(f"records[{i}]", f"{reading.records} records under {to_hex(reading.root)}", len(records))


def check_readings(
    evidence: Evidence, records: Sequence[VerifiedRecord], times: CheckpointTimes, cards: Mapping[bytes, Card]
) -> None:
    """Make every reading again from verified `records`, which must be all that bear on the partner, and compare.

    `low` is not compared: it decides nothing, and of brokers it hangs on records of others. Raises `VerificationFailed`
    naming the reading, also where a scorecard is not among `cards`.
    """
    for name, listed in (("first", evidence.first), ("again", evidence.again)):
        for i, reading in enumerate(listed):
            where = f"{name}[{i}]"
            if reading.card not in cards:
                _fail(f"{where}.card", "a scorecard that is at hand", to_hex(reading.card))
            if not times_bear_out(times, reading.taken):
                _fail(f"{where}.taken", "a checkpoint that stood then", reading.taken.size)
            known = Known(records, times, reading.period, reading.taken)
            made, _ = known.read(evidence.gate, evidence.partner, cards[reading.card])
            if _compared(made) != _compared(reading):
                _fail(where, shown(_compared(made)), shown(_compared(reading)))


def times_bear_out(times: CheckpointTimes, claim: CheckpointTime) -> bool:
    """Whether a checkpoint stood when a reading says. The operator's word counts only where nobody else is asked."""
    return not [*times] if claim.basis is Basis.OPERATOR else times.bears_out(claim)


def _compared(reading: Reading) -> dict[str, Any]:
    return {name: value for name, value in to_json(reading).items() if name != "low"}


def _taken_from(reading: Reading, least: int, where: str) -> None:
    if reading.taken.time < least or reading.period.at != reading.taken.time:
        _fail(f"{where}.taken", f"judged at a checkpoint that stood at {least} or later", reading.taken.time)


def _fail(where: str, expected: object, found: object) -> None:
    raise VerificationFailed("the evidence does not bear out its change", where=where, expected=expected, found=found)


def parse_reading(value: object, where: str) -> Reading:
    """The reading whose JSON `value` is; raises `MalformedRecord`."""
    fields = fields_of(value, where, _READING)
    times = fields_of(fields["period"], f"{where}.period", ("start", "end", "at"))
    start, end, at = (integer(times[name], f"{where}.period.{name}", 1, FOREVER) for name in ("start", "end", "at"))
    taken = fields_of(fields["taken"], f"{where}.taken", ("size", "time", "basis"))
    bases = {basis.name.lower(): basis for basis in Basis}
    if taken["basis"] not in bases:
        raise MalformedRecord(
            "nobody on whose word a time rests", where=f"{where}.taken.basis", expected=", ".join(bases)
        )
    low, high = (None if fields[n] is None else integer(fields[n], f"{where}.{n}") for n in ("low", "high"))
    return Reading(
        Period(start, end, at),
        CheckpointTime(
            integer(taken["size"], f"{where}.taken.size"),
            integer(taken["time"], f"{where}.taken.time", 0, _MOST),
            bases[taken["basis"]],
        ),
        hex_bytes(fields["card"], f"{where}.card", 32),
        integer(fields["samples"], f"{where}.samples"),
        integer(fields["withheld"], f"{where}.withheld"),
        low,
        high,
        integer(fields["records"], f"{where}.records"),
        hex_bytes(fields["root"], f"{where}.root", 32),
    )
