"""The goods of a shipment as the search sees them: who held them, how many they are, where they go."""

from ledger.records.eip712 import Withheld
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.types import Handoff, Override, Place, ShipmentTerms, Split
from tests.oracle.facts import Seen
from tests.oracle.story import HAMBURG
from tests.oracle.travels import World, terms_of, touched

SALT = bytes(16)


def existing(world: World) -> set[bytes]:
    """Shipments that exist: the model of the family knows remainders that were never left."""
    known = {ref for s in world.all for ref in touched(s.record)}
    return known | set(world.opened)


def closes(seen: Seen) -> bool:
    return isinstance(seen.record, Split | ShipmentTerms)


def at_destination(terms: ShipmentTerms) -> Place:
    return Place(SALT, *HAMBURG, "") if isinstance(terms.destination, Withheld) else terms.destination


def holders_of(world: World, root: bytes, shipment: bytes) -> list[int] | None:
    """Who held the shipment, by sequence; None where it was never seen by itself."""
    first = _first_holder(world, root, shipment)
    if first is None:
        return None
    holders = [first]
    for _, seen, i in world.consuming[shipment]:
        record = seen.record
        if isinstance(record, Handoff):
            holders.append(record.receiver if record.items[i].packages else holders[-1])
        elif isinstance(record, Override):
            holders.append(record.receiver)
    return holders


def _first_holder(world: World, root: bytes, shipment: bytes) -> int | None:
    if shipment == root:
        return terms_of(world.opened[root]).holder
    for _, seen, _ in world.consuming[shipment][:1]:
        if isinstance(seen.record, Handoff | Override):
            return seen.record.releaser
        if isinstance(seen.record, Split):
            return seen.record.by
    return None


def packages_of(world: World, root: bytes, shipment: bytes) -> int:
    """How many packages go under this id now."""
    return _packages_before(world, root, shipment, len(world.consuming[shipment]))


def _packages_before(world: World, root: bytes, shipment: bytes, step: int) -> int:
    """How many there were before the given one of the records that consumed its sequence."""
    for _, seen, i in reversed(world.consuming[shipment][:step]):
        if count := _taken(seen, i):
            return count
    return terms_of(world.opened[root]).packages if shipment == root else _parted(world, root, shipment)


def _parted(world: World, root: bytes, shipment: bytes) -> int:
    """With how many it was split or left behind from another."""
    for parent in list(world.consuming):
        for step, (sequence, seen, i) in enumerate(list(world.consuming[parent])):
            if isinstance(seen.record, Split):
                for index, child in enumerate(seen.record.children):
                    if child_id(parent, sequence, index) == shipment:
                        return child.packages
            elif remainder_id(parent, sequence) == shipment:
                return _packages_before(world, root, parent, step) - _taken(seen, i)
    return 1


def _taken(seen: Seen, item: int) -> int:
    record = seen.record
    if isinstance(record, Handoff):
        return record.items[item].packages
    return record.packages if isinstance(record, Override) else 0
