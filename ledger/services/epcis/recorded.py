"""From the log to EPCIS events, kept beside it with what they are found by and who may see them.

A record becomes events once the chain has recorded it. All of it can be dropped and made again from the log; a part
that is erased takes the events that told of it along, and they are made anew without it.
"""

from collections.abc import Iterable, Iterator

from ledger.codes import APPLIED
from ledger.common.ids import RecordId
from ledger.errors import Unavailable, VerificationFailed
from ledger.formats.epcis import json_text
from ledger.formats.epcis.event_hash import observed_hash
from ledger.formats.epcis.identity import Naming
from ledger.formats.epcis.index import micros, terms_of
from ledger.formats.epcis.outgoing import MAKES_EVENTS, Source, events_from
from ledger.records import index_keys
from ledger.records.signers import shipments_of
from ledger.records.types import (
    Commercial,
    Handoff,
    Observation,
    Outcome,
    Override,
    Record,
    ShipmentTerms,
)
from ledger.services.home.home import Home
from ledger.services.state import shipment_state
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.partner_names import Names
from ledger.store import meta, migrate, records
from ledger.store.database import Connection
from ledger.store.epcis import events
from ledger.store.epcis.events import CURSOR, EVERYBODY, NewEvent
from ledger.store.projections import outcomes, shipments
from ledger.store.projections.outcomes import ItemOutcome
from ledger.store.records import StoredRecord

STRETCH = 200
"""Leaves that are taken in by one transaction."""
MOST_STRETCHES = 50
"""In one request: whoever comes to a log that nobody asked about before is told to come again."""
_NUMBERS = frozenset(kind.NUMBER for kind in MAKES_EVENTS)


class Recording:
    def __init__(self, home: Home, registry: CurrentRegistry, base: str) -> None:
        self._db = home.database
        self._registry = registry
        self._names = Names(registry, home.domain.consortium_id)
        self._base = base

    def catch_up(self) -> None:
        """Make the events of all that the projections hold. Raises `Unavailable` when that is too much for now."""
        for _ in range(MOST_STRETCHES):
            with self._db.read() as connection:
                behind = _position(connection) < migrate.projected_size(connection) or events.due(connection, 1)
            if not behind:
                return
            with self._db.write() as connection:
                self._take(connection)
        raise Unavailable("events are still being made from the log", mend="Ask again in a moment.")

    def naming(self, connection: Connection) -> Naming:
        return Naming(self._base, lambda partner: self._names.enrolled(connection, partner)[1] if partner else "")

    def _take(self, connection: Connection) -> None:
        meta.put(connection, f"{CURSOR}/taken-by", "")  # whoever else does the same waits for this row
        self._registry.refreshed(connection)
        due = events.due(connection, STRETCH)
        if due:
            events.remove_of(connection, due)
            found = records.get_many(connection, map(RecordId, due)).values()
            self._make(connection, found)
            events.done(connection, due)
            return
        start = _position(connection)
        stop = min(start + STRETCH, migrate.projected_size(connection))
        rows = list(records.stream(connection, start, stop, types=(Outcome.NUMBER, Observation.NUMBER)))
        ids = dict.fromkeys(RecordId(row.record.record) for row in rows if isinstance(row.record, Outcome))
        concluded = {row.record_id for row in rows if isinstance(row.record, Outcome)}
        targets = records.get_many(connection, ids)
        self._make(connection, [targets[one] for one in ids if one in targets], concluded)
        for row in rows:
            if isinstance(row.record, Observation):
                events.observed(connection, row.record.eventHash, row.record.by, row.record_id)
        meta.put(connection, CURSOR, str(stop))

    def _make(
        self, connection: Connection, rows: Iterable[StoredRecord], concluded: set[RecordId] | None = None
    ) -> None:
        """Events of records; with `concluded`, only of what these outcomes say."""
        wanted = [row for row in rows if row.type_number in _NUMBERS]
        settled = outcomes.of_many(connection, (row.record_id for row in wanted))
        naming = self.naming(connection)
        for row in wanted:
            for items, known in self._concluded(connection, settled.get(row.record_id, []), concluded):
                self._add(connection, row, items, known, naming)

    def _concluded(
        self, connection: Connection, items: list[ItemOutcome], concluded: set[RecordId] | None
    ) -> Iterator[tuple[frozenset[int], int]]:
        """For each outcome in the log, the items that it says took effect, and when it was logged."""
        by_outcome: dict[RecordId, set[int]] = {}
        for item in sorted(items, key=lambda one: one.log_index):
            if item.outcome in APPLIED and (concluded is None or item.outcome_record in concluded):
                by_outcome.setdefault(item.outcome_record, set()).add(item.item)
        leaves = records.get_many(connection, by_outcome)
        for outcome, numbers in by_outcome.items():
            yield frozenset(numbers), leaves[outcome].log_time

    def _add(
        self, connection: Connection, row: StoredRecord, applied: frozenset[int], concluded: int, naming: Naming
    ) -> None:
        try:
            record = shipment_state.opened(connection, row)
        except VerificationFailed:  # a kept part is not the one that was signed; the audit names it
            record = row.record
        source = Source(row.record_id, record, row.log_time, concluded, applied, _delivered(connection, record))
        readers = _readers(connection, row.record_id, record)
        new = []
        for made in events_from(source, naming):
            members = made.event.members
            new.append(
                NewEvent(
                    event_id=str(members["eventID"]),
                    record_id=row.record_id,
                    record_type=row.type_number,
                    capture="",
                    hash=observed_hash(members, made.event.declared),
                    event_time=micros(str(members["eventTime"])) or 0,
                    record_time=micros(str(members["recordTime"])) or 0,
                    parts=",".join(made.parts),
                    body=json_text.dump(made.event.whole()),
                    terms=terms_of(made.event),
                    readers=readers if made.parts else {EVERYBODY},
                )
            )
        events.add(connection, new)


def _position(connection: Connection) -> int:
    return int(meta.get(connection, CURSOR) or 0)


def _delivered(connection: Connection, record: Record) -> frozenset[bytes]:
    if not isinstance(record, Handoff | Override):
        return frozenset()
    rows = shipments.get_many(connection, shipments_of(record))
    return frozenset(shipment for shipment, row in rows.items() if row.consignee == record.receiver)


def _readers(connection: Connection, record_id: RecordId, record: Record) -> set[int]:
    """Who may open the record's private parts, as `ledger.services.views.records` says: its parties, whom terms name,
    who sends or receives all of its goods."""
    found = {int(entry.key) for entry in index_keys.concerns(record_id, record) if entry.kind == index_keys.PARTNER}
    if isinstance(record, ShipmentTerms):
        commercial = record.commercial
        found |= {commercial.liable, commercial.beneficiary} if isinstance(commercial, Commercial) else set()
    else:
        named = set(shipments_of(record))
        rows = shipments.get_many(connection, named)
        if named and len(rows) == len(named):
            found |= set.intersection(*({row.consignor, row.consignee} for row in rows.values()))
    return found - {0}
