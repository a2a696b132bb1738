"""What was wrong with goods when they passed on: only what is new counts against who released them."""

from collections.abc import Iterator
from typing import NamedTuple

from ledger.codes import ExceptionBit
from ledger.records.shipment_ids import remainder_id
from ledger.records.types import Handoff, Override, Split
from tests.oracle.facts import Seen
from tests.oracle.travels import World, terms_of

FAULTS = (
    ExceptionBit.SHORT
    | ExceptionBit.DAMAGED
    | ExceptionBit.WRONG_GOODS
    | ExceptionBit.SEAL_BROKEN
    | ExceptionBit.TEMPERATURE
)
"""A refusal is the receiver's will, `over` harms nobody, and `unchecked` says that nobody looked."""


class Passing(NamedTuple):
    """A handoff of one shipment: `faulty` packages are missing, or all if anything else is new."""

    seen: Seen
    releaser: int
    receiver: int
    held: int
    packages: int
    faulty: int


def passings(world: World, terms: Seen, shipment: bytes) -> Iterator[Passing]:
    """The handoffs of a shipment of these terms, in order; exceptions of what it parted from are not new."""
    held, noted = _opened(world, terms, shipment)
    for _, seen, i in world.consuming[shipment]:
        record = seen.record
        if isinstance(record, Handoff):
            item = record.items[i]
            new = item.exceptions & FAULTS & ~noted
            missing = held - item.packages if item.packages else 0
            faulty = held if new & ~ExceptionBit.SHORT else max(0, missing)
            yield Passing(seen, record.releaser, record.receiver, held, item.packages, faulty)
            noted |= item.exceptions & ~ExceptionBit.SHORT
            held = item.packages or held
        elif isinstance(record, Override):
            held = record.packages


def _opened(world: World, terms: Seen, shipment: bytes) -> tuple[int, int]:
    """With how many packages it began, and which exceptions had been noted by then."""
    if shipment == terms.id:
        return terms_of(terms).packages, 0
    ancestry = dict(world.family(terms.id))[shipment]
    above = ancestry[-1][0]
    held, noted = _opened(world, terms, above)
    for sequence, seen, i in world.consuming[above]:
        record = seen.record
        if isinstance(record, Split):
            from ledger.records.shipment_ids import child_id

            for index, child in enumerate(record.children):
                if child_id(above, sequence, index) == shipment:
                    return child.packages, noted
        elif isinstance(record, Handoff | Override):
            item = record.items[i] if isinstance(record, Handoff) else record
            if remainder_id(above, sequence) == shipment:
                return held - item.packages, noted
            noted |= item.exceptions & ~ExceptionBit.SHORT
            held = item.packages or held
    raise AssertionError("its parting is among the records")
