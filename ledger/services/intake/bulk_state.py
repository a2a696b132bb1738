"""What the checks of many plain records ask the store, read at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.common.ids import RecordId, to_hex
from ledger.records.index_keys import RECORD
from ledger.records.types import Handoff, ShipmentTerms
from ledger.services.intake import referenced_records
from ledger.services.intake.expected_state import ExpectedState
from ledger.services.intake.runs import Member, moved_by
from ledger.services.state.shipment_state import holding_of
from ledger.store import pending, proposals, records, traces
from ledger.store.database import Connection
from ledger.store.projections import shipments


@dataclass(frozen=True, slots=True)
class BulkState:
    """Of a run of records: `proposals` of them that are here; whoever is `apart` has to be judged alone, as has who
    moves other shipments than the `plain` ones. `connection` sees what was read.
    """

    connection: Connection
    proposals: dict[RecordId, proposals.Proposal]
    apart: set[RecordId]
    plain: set[bytes]

    @classmethod
    def read(cls, connection: Connection, state: ExpectedState, members: Sequence[Member], now: int) -> "BulkState":
        """Read what `members` ask for; `state` knows the plain shipments afterwards.

        Apart are records that are known already, and those that others were kept for, which are to follow at once.
        """
        moved = {shipment for member in members for shipment in moved_by(member.signed.record)}
        there = traces.of(connection, (member.id for member in members), moved)
        keys = map(to_hex, there.about)
        about = proposals.about_many(connection, RECORD, keys, types=referenced_records.TYPES, now=now)
        apart = there.logged | {RecordId(bytes.fromhex(key[2:])) for key in about}
        plain = _plain(connection, state, moved, there.pending)
        opened = {member.id for member in members if isinstance(member.signed.record, ShipmentTerms)}
        return cls(connection, proposals.get_many(connection, there.proposed), apart, plain | opened)

    def suffices(self, member: Member) -> bool:
        """Whether nothing else is asked of the store for `member`."""
        return member.id not in self.apart and self.plain.issuperset(moved_by(member.signed.record))


def _plain(connection: Connection, state: ExpectedState, wanted: set[bytes], pending_on: set[bytes]) -> set[bytes]:
    """Those of `wanted` whose expected state rests on nothing but themselves: recorded, or opened by terms without
    parents, and with nothing but handoffs pending. `state` has it then. `pending_on`: those on which anything is.
    """
    rows = shipments.get_many(connection, wanted)
    waiting = pending.of_scopes(connection, pending_on)
    coming = records.get_many(connection, {record_id for ones in waiting.values() for _, record_id in ones})
    terms = records.get_many(connection, (RecordId(shipment) for shipment in wanted.difference(rows)))
    known = {shipment: holding_of(row) for shipment, row in rows.items() if shipment not in waiting}
    state.know(known)
    plain = set(known)
    for shipment in wanted.difference(known):
        opener = terms.get(RecordId(shipment))
        opened = isinstance(terms_record := opener and opener.record, ShipmentTerms) and not terms_record.parents
        following = (coming[record_id].type_number for _, record_id in waiting.get(shipment, ()))
        if (shipment in rows or opened) and all(number == Handoff.NUMBER for number in following):
            state.holding(shipment)  # before anything of the run has its effect
            plain.add(shipment)
    return plain
