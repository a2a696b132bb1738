"""What is kept beside the log to work with it: head, cursor, index, outbox and pending slots."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.chain.client import ChainReader
from ledger.chain.contracts import has_chain_track
from ledger.codes import ClearanceStatus
from ledger.common.ids import RecordId, to_hex
from ledger.custody.clearance import SlotKey
from ledger.records.types import (
    BY_NUMBER,
    Amendment,
    Clearance,
    Handoff,
    KeyGrant,
    KeyRevoke,
    Override,
    Record,
    RegistryChange,
    ShipmentTerms,
    Split,
)
from ledger.services.audit.findings import Findings, paired
from ledger.services.audit.rows.log_rows import Tell, WalkedLog
from ledger.services.intake import log_only_checks
from ledger.services.intake.expected_state import clearance_scope
from ledger.services.relay.missed_events import CURSOR
from ledger.services.relay.relayer import DORMANT_AFTER, LONGEST_PAUSE_WITHOUT_LIMIT, Foresee
from ledger.services.state.current_registry import registry_slot
from ledger.store import outbox, records, rowwise
from ledger.store.database import Connection
from ledger.store.projections import outcomes
from ledger.store.records import StoredRecord
from ledger.store.rows import chunks
from ledger.store.rowwise import Row

_NONE_THERE = b""
CHAIN_TYPES = tuple(number for number, kind in BY_NUMBER.items() if has_chain_track(kind))


def check_head(source: Connection, log: WalkedLog, findings: Findings) -> None:
    """The row that appenders lock says how many leaves there are."""
    rows = list(rowwise.stream(source, "log_head"))
    size = rows[0]["size"] if len(rows) == 1 else f"{len(rows)} rows"
    if size != log.rows:
        findings.add("", "log_head.size", log.rows, size, "the log's head does not agree with its rows: one was edited")
    elif rows[0]["log_time"] != log.last_time:
        findings.add(
            "",
            "log_head.log_time",
            log.last_time,
            rows[0]["log_time"],
            "the log's head has another time than its last leaf: it was edited, and later leaves would take it over",
        )


def check_cursor(source: Connection, chain: ChainReader, newest: int, findings: Findings) -> None:
    """The chain was followed to a block that it has, and at least to `newest`, of which the log has outcomes."""
    rows = list(rowwise.stream(source, "chain_cursor"))
    if newest and not any(row["name"] == CURSOR for row in rows):
        findings.add(
            "",
            "chain_cursor",
            f"block {newest} or later",
            "no such row",
            "the log has outcomes of the chain, but not how far it was followed: the note was deleted",
        )
    for row in rows:
        if row["name"] != CURSOR:
            what = "nobody follows the chain under this name: the note was inserted"
            findings.add("", "chain_cursor", CURSOR, row["name"], what)
        block = chain.block(row["block"]) if isinstance(row["block"], int) and row["block"] > 0 else None
        if block is None or block.hash != row["block_hash"]:
            findings.add(
                "",
                f"chain_cursor.block_hash of {row['name']}",
                block.hash if block else "a block of the chain",
                f"block {row['block']}, {to_hex(row['block_hash'])}",
                "the chain was not followed to this block: the note was edited, or the chain is another",
            )
        elif row["block"] < newest:
            findings.add(
                "",
                f"chain_cursor.block of {row['name']}",
                f"{newest} or later",
                row["block"],
                "the log has outcomes of later blocks than the chain was followed to: the note was edited",
            )


# --- index, outbox, pending ------------------------------------------------------------------------------------------


def check_index(source: Connection, copy: Connection, skipped: set[int], findings: Findings, first: int = 0) -> None:
    """Every record from leaf `first` on is found under everything that it concerns, and under nothing else."""
    shape = rowwise.shape("record_index")
    since = ("log_index", first) if first else None
    for expected, match in paired(*rowwise.unlike(copy, source, "record_index", since=since), shape.key):
        row = expected or match
        if (expected is not None and match is not None) or row is None or row["log_index"] in skipped:
            continue
        stored = records.at(copy, row["log_index"]) if isinstance(row["log_index"], int) else None
        entry = f"{row['kind']} {row['key']}"
        findings.add(
            stored.record_id if stored else "",
            "record_index",
            entry if expected else "no such entry",
            entry if match else "no such entry",
            "a record is not listed under what it concerns: the entry was deleted"
            if expected
            else "a record is listed under what it does not concern: the entry was inserted",
        )


def check_outbox(
    source: Connection, copy: Connection, skipped: set[RecordId], latest_try: int, findings: Findings, tell: Tell
) -> None:
    """What the chain has not settled waits in the outbox, and nothing else does; none waits beyond `latest_try`.

    A record with a chain track that is neither settled nor waiting would never be submitted: suppressed.
    """
    total = rowwise.count(source, "outbox")
    done = 0
    there = bytearray(records.count(copy) + 1)
    for batch in chunks(rowwise.stream(source, "outbox"), 500):
        tell("outbox", done, total)
        done += len(batch)
        known = _states(copy, [row["record_id"] for row in batch])
        for row in batch:
            state = known.get(row["record_id"])
            if state is not None and state.stored.log_index < len(there):
                there[state.stored.log_index] = True
            if row["record_id"] not in skipped:
                _check_outbox_row(row, state, latest_try, findings)
    check_waiting(source, copy, skipped, findings, there=there)


def latest_try_at(now: int, delay: int) -> int:
    """The latest time for which any record is put off; `delay` is the registry's."""
    return now + max(LONGEST_PAUSE_WITHOUT_LIMIT, delay)


def check_new_outbox(
    source: Connection, copy: Connection, skipped: set[RecordId], latest_try: int, findings: Findings, first: int
) -> None:
    """As `check_outbox`, of the records from leaf `first` on: else one of them could be kept from the chain."""
    for batch in chunks(records.stream(copy, first, types=CHAIN_TYPES), 500):
        states = _states_of(copy, [stored for stored in batch if stored.record_id not in skipped])
        for row in rowwise.some(source, "outbox", "record_id", list(states)):
            _check_outbox_row(row, states[row["record_id"]], latest_try, findings)
    check_waiting(source, copy, skipped, findings, first)


def check_waiting(
    source: Connection,
    copy: Connection,
    skipped: set[RecordId],
    findings: Findings,
    first: int = 0,
    there: Sequence[int] = _NONE_THERE,
) -> None:
    """What the chain has not settled, of the leaves from `first` on, waits in the outbox.

    `there`: by log index, whether a record's row was seen there already.
    """
    for rows in chunks(records.stream(copy, first, types=CHAIN_TYPES), 500):
        unseen = [row for row in rows if not (row.log_index < len(there) and there[row.log_index])]
        states = _states_of(copy, unseen)
        open_ids = [record_id for record_id, state in states.items() if not state.final]
        waiting = {row["record_id"] for row in rowwise.some(source, "outbox", "record_id", open_ids)}
        for record_id in open_ids:
            if record_id not in waiting and record_id not in skipped:
                findings.add(
                    record_id,
                    "outbox",
                    "a row that waits",
                    "no such row",
                    "the chain has not settled this record, and nobody would submit it: its outbox row was deleted",
                )


@dataclass(frozen=True, slots=True)
class _State:
    """A record of the log: where it stands, and whether all its outcomes are final."""

    stored: StoredRecord
    submit_by: int
    final: bool


def _states(copy: Connection, ids: Sequence[Any]) -> dict[RecordId, _State]:
    wanted = [RecordId(value) for value in ids if isinstance(value, bytes)]
    return _states_of(copy, list(records.get_many(copy, wanted).values()))


def _states_of(copy: Connection, rows: Sequence[StoredRecord]) -> dict[RecordId, _State]:
    settled = outcomes.of_many(copy, [row.record_id for row in rows])
    result: dict[RecordId, _State] = {}
    for stored in rows:
        data = json.loads(stored.message)  # the record itself was parsed before, and is not needed for this
        final = len(settled.get(stored.record_id, ())) == len(data.get("items", (None,)))
        result[stored.record_id] = _State(stored, data.get("submitBy", 0), final)
    return result


def _check_outbox_row(row: Row, state: _State | None, latest_try: int, findings: Findings) -> None:
    if state is None:
        findings.add(row["record_id"], "outbox", "a record", "none", "an outbox row without a record: it was inserted")
        return
    stored, final = state.stored, state.final
    expected = {"log_index": stored.log_index, "type_number": stored.type_number, "submit_by": state.submit_by}
    for column, value in expected.items():
        if row[column] != value:
            findings.add(
                stored.record_id, f"outbox.{column}", value, row[column], "the row does not agree with its record"
            )
    bounded = 0 <= row["next_try"] <= latest_try or (row["state"] == outbox.WAITING and _rests(row))
    if row["state"] != outbox.FINAL and not bounded:
        findings.add(
            stored.record_id,
            "outbox.next_try",
            f"up to {latest_try}",
            row["next_try"],
            "the record is put off for longer than any is: the row was edited",
        )
    if (row["state"] == outbox.FINAL) != final or row["state"] not in outbox.STATES:
        findings.add(
            stored.record_id,
            "outbox.state",
            outbox.FINAL if final else " or ".join(outbox.STATES[:-1]),
            row["state"],
            "the log says that the chain has settled this record"
            if final
            else "the chain has not settled this record, and it would not be submitted any more",
        )


def _rests(row: Row) -> bool:
    """Whether the record is tried again only when something about it changes, or once after its `submitBy`."""
    return bool(row["next_try"] == (row["submit_by"] + 1 if row["submit_by"] else outbox.NEVER))


def check_resting(source: Connection, copy: Connection, foresee: Foresee, now: int, findings: Findings) -> None:
    """What rests until something about it changes has something to wait for; else nobody would submit it any more.

    Records without `submitBy` rest after a month of trying, whatever for. `foresee` judges on what the chain recorded.
    """
    for batch in chunks(rowwise.some(source, "outbox", "state", [outbox.WAITING]), 500):
        known = _states(copy, [row["record_id"] for row in batch])
        for row in batch:
            state = known.get(row["record_id"])
            if state is None or state.final or not _rests(row):
                continue
            if not row["submit_by"] and state.stored.log_time + DORMANT_AFTER <= now:
                continue
            if foresee(copy, state.stored).moves:
                findings.add(
                    state.stored.record_id,
                    "outbox.next_try",
                    "due",
                    row["next_try"],
                    "the record waits for nothing, and nobody would submit it any more: its outbox row was edited",
                )


def check_pending(source: Connection, copy: Connection, skipped: set[RecordId], findings: Findings) -> None:
    """Slots are held by records that name them and are not settled."""
    for batch in chunks(rowwise.stream(source, "pending"), 500):
        known = _states(copy, [row["record_id"] for row in batch])
        for row in batch:
            if row["record_id"] in skipped:
                continue
            state = known.get(row["record_id"])
            slot = f"{to_hex(bytes(row['scope']))} sequence {row['sequence']}"
            named = () if state is None else _slots(state.stored.record, state.stored.record_id)
            if state is None or state.final or (row["scope"], row["sequence"]) not in set(named):
                findings.add(
                    row["record_id"],
                    "pending",
                    "an unsettled record that names this sequence",
                    f"{slot}, "
                    + ("no such record" if state is None else "settled" if state.final else "not named in it"),
                    "a sequence is held by a record that cannot use it, and blocks others: the row was edited",
                )


def _slots(record: Record, record_id: RecordId) -> Iterator[tuple[bytes, int]]:
    match record:
        case ShipmentTerms():
            yield from ((ref.shipment, ref.sequence) for ref in record.parents)
        case Handoff():
            yield from ((item.shipment, item.sequence) for item in record.items)
        case Split() | Override():
            yield record.shipment, record.sequence
        case Clearance() if record.status != ClearanceStatus.LODGED:  # that one uses up no sequence
            for ref in record.items:
                key = SlotKey(RecordId(ref.shipment), record.jurisdiction, record.regime)
                yield clearance_scope(key), ref.sequence
        case RegistryChange() | KeyGrant() | KeyRevoke():
            yield registry_slot(record, record_id)
        case Amendment():
            yield from log_only_checks.slots(record)
        case _:
            pass
