"""What an auditor looks into beside what records say: their bytes, what stands next to them, what contradicts them, and
council and anchors in time. Nothing here is the service's opinion: all of it can be computed again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.common.ids import KeyAddress, to_hex
from ledger.errors import MalformedRecord, NotFound
from ledger.log.leaf import Leaf
from ledger.records import index_keys
from ledger.records.places import Place, places_of
from ledger.records.signing import Domain
from ledger.records.types import Clearance, Handoff, Override, Record, ShipmentTerms, Split, record_named
from ledger.registry.key_status import KeyStatus, key_status
from ledger.registry.state import NO_END, Address, AddressKind
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.views.models import RecordView
from ledger.store import checkpoints, records
from ledger.store.records import StoredRecord

TAKES_PLACES = (ShipmentTerms.NUMBER, Handoff.NUMBER, Split.NUMBER, Override.NUMBER, Clearance.NUMBER)
MOST_RIVALS = 20


@dataclass(frozen=True, slots=True)
class LeafView:
    """An entry of the log. `leaf`: its 74 bytes, and `leafHash` what stands in the tree for them."""

    index: int
    record: str
    type: str
    logged_at: int
    leaf: str
    leafHash: str


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record as its signers and the log have it. `typedData`: what a wallet was shown; none where the reader may not
    see a private part of it. `before`, `after`: the entries next to it, none at the log's ends.
    """

    id: str
    typedData: dict[str, Any] | None
    signatures: tuple[str, ...]
    leaf: LeafView
    before: LeafView | None
    after: LeafView | None


@dataclass(frozen=True, slots=True)
class TakenPlace:
    """`jurisdiction` and `regime` of a clearance; empty and 0 for custody."""

    shipment: str
    sequence: int
    jurisdiction: str
    regime: int


@dataclass(frozen=True, slots=True)
class Rival:
    """Another record of the log that names places which `record` names too: only one of them can have each."""

    record: str
    type: str
    index: int
    logged_at: int
    places: tuple[TakenPlace, ...]


@dataclass(frozen=True, slots=True)
class CouncilMember:
    """`since`, `until`: UTC seconds; none for a founder's begin and for no end."""

    address: str
    status: KeyStatus
    since: int | None
    until: int | None


@dataclass(frozen=True, slots=True)
class CouncilView:
    """Who is, was or will be of the council. `threshold` members must sign now; `next_threshold` from then on, if the
    council has decided on another.
    """

    threshold: int
    members: tuple[CouncilMember, ...]
    next_threshold: int | None
    next_threshold_from: int | None


@dataclass(frozen=True, slots=True)
class AnchorView:
    """A checkpoint that the chain took: `block` and its time (UTC seconds), which on an embedded chain is the
    operator's own.
    """

    size: int
    root: str
    signed_at: int
    block: int | None
    block_time: int | None
    transaction: str


class Explorer:
    def __init__(self, home: Home, registry: CurrentRegistry) -> None:
        self._home = home
        self._registry = registry

    def raw(self, view: RecordView) -> RawRecord:
        """The bytes of a record of the log, as far as the reader of `view` may see them; raises `NotFound` for one that
        is only proposed.
        """
        if view.log.index is None:
            raise NotFound("only proposed: not in the log", where="record", found=view.id)
        with self._home.database.read() as connection:
            index = view.log.index
            near = {
                row.log_index: _leaf(row) for row in records.listing(connection, after=index - 2, limit=3)
            }  # at the log's begin the third row is not next to it
        return RawRecord(
            view.id, self._typed_data(view), view.signatures, near[index], near.get(index - 1), near.get(index + 1)
        )

    def _typed_data(self, view: RecordView) -> dict[str, Any] | None:
        record = record_named(view.type).from_json(view.message)
        for domain in self._domains(record):
            if to_hex(domain.record_id(record)) == view.id:
                try:
                    return domain.typed_data(record)
                except MalformedRecord:  # a part is withheld
                    return None
        return None

    def _domains(self, record: Record) -> Sequence[Domain]:
        """Of a record about money that of each bonus pool there ever was: which one it binds, its id tells."""
        own = self._home.domain
        if not record.MONEY:
            return [own]
        trust = self._home.consortium.trust_file()
        pools = [trust.get("bonusPool"), *trust.get("laterPools", ())]
        return [Domain(own.consortium_id, own.chain_id, bytes.fromhex(pool[2:])) for pool in pools if pool]

    def rivals(self, view: RecordView) -> tuple[Rival, ...]:
        """The records of the log that name a place which this one names too, in log order, `MOST_RIVALS` at most."""
        record = record_named(view.type).from_json(view.message)
        own = frozenset(places_of(record))
        if not own:
            return ()
        shipments = sorted({to_hex(place.shipment) for place in own})
        with self._home.database.read() as connection:
            found = records.about_many(connection, index_keys.SHIPMENT, shipments, types=TAKES_PLACES)
        result = [
            Rival(to_hex(row.record_id), type(row.record).__name__, row.log_index, row.log_time, _shown(shared))
            for row in sorted(found.values(), key=lambda row: row.log_index)
            if to_hex(row.record_id) != view.id and (shared := sorted(own & frozenset(places_of(row.record))))
        ]
        return tuple(result[:MOST_RIVALS])

    def council(self) -> CouncilView:
        """The council over time: all its members ever, those in force first."""
        with self._home.database.read() as connection:
            now = self._registry.for_request(connection).now()
        head, state = now.state.head(), now.state
        members = [
            _member(key, address, now.time)
            for key, address in state.versions.addresses.items(state.number)
            if address.kind == AddressKind.COUNCIL_KEY
        ]
        order = {KeyStatus.IN_FORCE: 0, KeyStatus.COMING: 1}
        coming = head.next_threshold_from > now.time
        return CouncilView(
            head.needed(now.time),
            tuple(sorted(members, key=lambda member: (order.get(member.status, 2), member.address))),
            head.next_threshold if coming else None,
            head.next_threshold_from if coming else None,
        )

    def anchors(self, before: int | None, limit: int) -> list[AnchorView]:
        """Checkpoints that the chain took, newest first; page with the last one's size as `before`."""
        with self._home.database.read() as connection:
            rows = checkpoints.anchored(connection, limit, before)
        return [
            AnchorView(
                row.size, to_hex(row.root), row.signed_at, row.anchored_block, row.anchored_time,
                to_hex(row.anchored_transaction or b""),
            )
            for row in rows
        ]  # fmt: skip


def _leaf(row: StoredRecord) -> LeafView:
    leaf = Leaf.of(row.type_number, row.record_id, row.signatures, row.log_time)
    kind = type(row.record).__name__
    return LeafView(
        row.log_index, to_hex(row.record_id), kind, row.log_time, to_hex(leaf.encode()), to_hex(row.leaf_hash)
    )


def _shown(places: Sequence[Place]) -> tuple[TakenPlace, ...]:
    return tuple(
        TakenPlace(to_hex(place.shipment), place.sequence, place.jurisdiction.decode("ascii", "replace"), place.regime)
        for place in places
    )


def _member(key: KeyAddress, address: Address, time: int) -> CouncilMember:
    until = None if address.until == NO_END else address.until
    return CouncilMember(to_hex(key), key_status(address, time), address.since or None, until)
