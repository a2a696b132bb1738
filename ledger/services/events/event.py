"""An event: one leaf of the log, told by its public fields alone. Its cursor is its log index.

Everything here follows from rows that never change, so an event reads the same for ever, to everybody, and after a
rebuild: who may see more of the record asks for the record.
"""

from dataclasses import asdict, dataclass
from typing import Any

from ledger.codes import Outcome
from ledger.common.canonical import canonical_json
from ledger.common.ids import LogId, to_hex
from ledger.explain.words import spaced
from ledger.records import index_keys
from ledger.records.index_keys import Concern
from ledger.records.types import BY_NUMBER
from ledger.records.types import Outcome as OutcomeRecord
from ledger.store.records import StoredRecord


@dataclass(frozen=True, slots=True)
class OutcomeOf:
    """What the chain made of a record: one word an item, those of `chain.items` in a record's answer."""

    record: str
    type: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """`shipments` and `partners`: whom the record concerns; of an outcome, those of the record that it is about.

    `logSize`: how many leaves there were with this one. `loggedAt`: UTC seconds by the log.
    """

    index: int
    id: str
    type: str
    number: int
    shipments: tuple[str, ...]
    partners: tuple[int, ...]
    loggedAt: int
    leafHash: str
    logId: str
    logSize: int
    outcome: OutcomeOf | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def body(self) -> bytes:
        """RFC 8785, the same bytes at each delivery."""
        return canonical_json(_plain(self.to_json()))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value


def event_of(row: StoredRecord, target: StoredRecord | None, log_id: LogId) -> Event:
    """`target`: of an outcome the record that it is about, where the log has it."""
    about, outcome = row, None
    record = row.record
    if isinstance(record, OutcomeRecord):
        kind = BY_NUMBER[target.type_number].__name__ if target is not None else ""
        items = tuple(spaced(Outcome(code).name) for code in record.outcomes)
        outcome = OutcomeOf(to_hex(record.record), kind, items)
        about = target or row
    entries = index_keys.index_entries(about.record_id, about.record)
    return Event(
        index=row.log_index,
        id=to_hex(row.record_id),
        type=type(record).__name__,
        number=row.type_number,
        shipments=tuple(key for kind, key in entries if kind == index_keys.SHIPMENT),
        partners=tuple(sorted(int(key) for kind, key in entries if kind == index_keys.PARTNER)),
        loggedAt=row.log_time,
        leafHash=to_hex(row.leaf_hash),
        logId=to_hex(log_id),
        logSize=row.log_index + 1,
        outcome=outcome,
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events somebody follows: of these types (none: all), and about this shipment and this partner, if named."""

    types: tuple[int, ...] = ()
    shipment: str = ""
    partner: int = 0

    @property
    def about(self) -> tuple[Concern, ...]:
        shipment = (Concern(index_keys.SHIPMENT, self.shipment),) if self.shipment else ()
        return shipment + ((Concern(index_keys.PARTNER, str(self.partner)),) if self.partner else ())

    def matches(self, event: Event) -> bool:
        return (
            (not self.types or event.number in self.types)
            and (not self.shipment or self.shipment in event.shipments)
            and (not self.partner or self.partner in event.partners)
        )
