"""Whether the chain's events follow from those in the log: sequences leave no gap, unless something was missed.

A contract applies a record to a shipment only at the sequence where it stands, and calls another stale only when it
stands beyond; the registry counts its changes. So an event that does not fit what the log has tells of one before it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ledger.chain.events import RecordedEvent
from ledger.codes import APPLIED, NOT_FINAL
from ledger.codes import Outcome as Code
from ledger.common.ids import bytes_from_hex, to_hex
from ledger.records.index_keys import SHIPMENT, concerns
from ledger.records.types import Handoff, Override, RegistryChange, Split
from ledger.services.relay.chain_reader import TimedEvent
from ledger.store.database import Connection
from ledger.store.projections import outcomes, partners, shipments


@dataclass(frozen=True, slots=True)
class Gap:
    """An event that does not fit. `since`: the last block known to concern the same, 0 for none; `found` in words."""

    event: RecordedEvent
    since: int
    expected: str
    found: str


def find_gap(connection: Connection, events: Iterable[TimedEvent]) -> Gap | None:
    """The first of `events`, which come next on the chain, that does not fit the projections.

    What the log has settled already is read a second time, and not judged. Nor is what an earlier event moved: the
    projections do not have it yet.
    """
    events = list(events)
    settled = outcomes.of_many(connection, {timed.event.record_id for timed in events})
    moved: set[bytes] = set()
    changes: int | None = None
    for timed in events:
        event = timed.event
        record = event.signed.record
        known = {row.item for row in settled.get(event.record_id, ())}
        news = {item for item, code in enumerate(event.outcomes) if code not in NOT_FINAL} - known
        if not news:
            continue
        if isinstance(record, RegistryChange):
            changes = _changes(connection)[0] if changes is None else changes
            if record.sequence > changes + 1:
                since = _changes(connection)[1]
                return Gap(event, since, f"registry change {changes + 1}", f"registry change {record.sequence}")
            changes = max(changes, record.sequence)
        for item, (shipment, sequence, code) in enumerate(_steps(event)):
            if item not in news or shipment in moved:
                continue
            if (gap := _judge(connection, event, shipment, sequence, code)) is not None:
                return gap
        moved |= {bytes_from_hex(c.key, 32, "id") for c in concerns(event.record_id, record) if c.kind == SHIPMENT}
    return None


def _changes(connection: Connection) -> tuple[int, int]:
    """The sequence of the last registry change in the log, and its block."""
    known = partners.changes(connection)
    return (known[-1].sequence, known[-1].block_number or 0) if known else (0, 0)


def _steps(event: RecordedEvent) -> Iterator[tuple[bytes, int, int]]:
    """Shipment, sequence and outcome of each item that a contract judges by the sequence."""
    match event.signed.record:
        case Handoff(items=items):
            for item, code in zip(items, event.outcomes, strict=True):
                yield item.shipment, item.sequence, code
        case Split() | Override() as record:
            yield record.shipment, record.sequence, event.outcomes[0]


def _judge(connection: Connection, event: RecordedEvent, shipment: bytes, sequence: int, code: int) -> Gap | None:
    if code != Code.STALE and code not in APPLIED:
        return None
    row = shipments.get(connection, shipment)
    fits = row is not None and (row.sequence > sequence if code == Code.STALE else row.sequence == sequence)
    if fits:
        return None
    steps = shipments.steps(connection, shipment)
    since = max((step.block_number or 0 for step in steps), default=0)
    stands = f"at sequence {row.sequence}" if row else "not there"
    return Gap(event, since, f"{to_hex(shipment)} {stands}", f"sequence {sequence} {Code(code).name.lower()}")
