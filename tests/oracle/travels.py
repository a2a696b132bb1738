"""The records of a history by what they are about."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ledger.codes import RELEASES, Assurance, ClearanceStatus, Purpose, StatementKind
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.types import (
    Amendment,
    Clearance,
    Endorsement,
    Handoff,
    Override,
    Record,
    ShipmentTerms,
    Split,
    Statement,
)
from tests.oracle.facts import Seen

ENDS = frozenset(
    {
        StatementKind.LOST,
        StatementKind.LEFT,
        StatementKind.SOLD,
        StatementKind.DESTROYED,
        StatementKind.ABANDONED,
    }
)
__all__ = ["ENDS", "RELEASES", "Ancestry", "World", "terms_of", "touched"]
Ancestry = tuple[tuple[bytes, int], ...]
"""Shipments that one parted from, from the root down, each with the time of the parting."""


def terms_of(seen: Seen) -> ShipmentTerms:
    assert isinstance(seen.record, ShipmentTerms)
    return seen.record


def touched(record: Record) -> set[bytes]:
    """The shipments that a record names: items, parents, the subject of a statement."""
    match record:
        case Handoff(items=items) | Clearance(items=items):
            return {item.shipment for item in items}
        case Split(shipment=shipment) | Statement(shipment=shipment) | Override(shipment=shipment):
            return {shipment}
        case ShipmentTerms(parents=parents):
            return {ref.shipment for ref in parents}
        case _:
            return set()


class World:
    """The records by what they are about."""

    def __init__(self, seen: Iterable[Seen]) -> None:
        self.all = sorted(seen, key=lambda s: s.log_index)
        self.opened: dict[bytes, Seen] = {}
        self.consuming: dict[bytes, list[tuple[int, Seen, int]]] = defaultdict(list)
        self.statements: dict[bytes, list[Seen]] = defaultdict(list)
        self.clearances: dict[bytes, list[Seen]] = defaultdict(list)
        self.endorsements: dict[bytes, list[Seen]] = defaultdict(list)
        self.amendments: dict[bytes, list[Seen]] = defaultdict(list)
        for one in self.all:
            self._file(one)
        for found in self.consuming.values():
            found.sort(key=lambda entry: (entry[0], entry[1].order))

    def _file(self, one: Seen) -> None:
        match one.record:
            case ShipmentTerms() as terms if one.applied():
                self.opened[one.id] = one
                if terms.purpose != Purpose.REPLACEMENT:
                    for ref in terms.parents:
                        self.consuming[ref.shipment].append((ref.sequence, one, 0))
            case Handoff() as handoff:
                for i, item in enumerate(handoff.items):
                    if one.applied(i):
                        self.consuming[item.shipment].append((item.sequence, one, i))
            case Split() | Override() as record if one.applied():
                self.consuming[record.shipment].append((record.sequence, one, 0))
            case Statement() as statement if one.applied():
                self.statements[statement.shipment].append(one)
            case Clearance() as clearance:
                for i, ref in enumerate(clearance.items):
                    if one.applied(i):
                        self.clearances[ref.shipment].append(one)
            case Endorsement() as endorsement:
                self.endorsements[endorsement.target].append(one)
            case Amendment() as amendment:
                self.amendments[amendment.target].append(one)
            case _:
                pass

    def bears(self, one: Seen, partner: int) -> bool:
        """Whether `partner` signed the record or endorsed it."""
        return partner in one.signers or any(partner in e.signers for e in self.endorsements[one.id])

    def counts_as_later_terms(self, later: Seen, first: Seen, beneficiary: int) -> bool:
        """Whether the beneficiary or the consignee of the first terms signed or endorsed the later ones."""
        consignee = terms_of(first).consignee
        return self.bears(later, beneficiary) or (consignee != 0 and self.bears(later, consignee))

    def gone(self, shipment: bytes, terms: Seen) -> bool:
        """Whether the goods ended under this id: by statement, or by customs itself for a required pair."""
        if any(isinstance(s.record, Statement) and s.record.kind in ENDS for s in self.statements[shipment]):
            return True
        required = {(r.jurisdiction, r.regime) for r in terms_of(terms).requires}
        for one in self.clearances[shipment]:
            record = one.record
            assert isinstance(record, Clearance)
            ending = record.status in (ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED)
            by_customs = record.assurance == Assurance.AUTHORITY_SIGNED
            if ending and by_customs and (record.jurisdiction, record.regime) in required:
                return True
        return False

    def family(self, shipment: bytes, ancestry: Ancestry = ()) -> Iterator[tuple[bytes, Ancestry]]:
        """The shipment and all below it under its terms, each with its ancestors and when it parted from them."""
        yield shipment, ancestry
        for sequence, seen, i in self.consuming[shipment]:
            record = seen.record
            if isinstance(record, Split):
                below = [child_id(shipment, sequence, index) for index in range(len(record.children))]
                parted = record.occurredAt
            elif isinstance(record, Handoff):
                below = [remainder_id(shipment, sequence)] if record.items[i].packages else []
                parted = record.occurredAt
            else:
                below = [remainder_id(shipment, sequence)] if isinstance(record, Override) else []
                parted = seen.known
            for child in below:
                yield from self.family(child, (*ancestry, (shipment, parted)))
