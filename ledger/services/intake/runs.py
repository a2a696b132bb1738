"""Which records of a batch can be judged together: those that say nothing about each other.

To judge them one by one gives the same, so a run of them is read in bulk and committed at once. What might read what
another of them writes ends the run, but for what is about goods that others before it open or move: it is judged on
what these will do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.codes import WITNESSED, ExceptionBit
from ledger.common.ids import RecordId
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.signing import SignedRecord
from ledger.records.types import (
    NOBODY,
    Attestation,
    Clearance,
    Endorsement,
    Handoff,
    Observation,
    Recall,
    Record,
    ShipmentTerms,
    Split,
    Statement,
)

MOST = 256
"""Records in one commit: the time of one commit bounds how long others wait for the database."""


@dataclass(frozen=True, slots=True)
class Member:
    """A record of a batch, with its id."""

    id: RecordId
    signed: SignedRecord


def is_plain(record: Record) -> bool:
    """Whether the rules read nothing for it but the registry, the chain, and the state of the shipments that it names
    itself. Where a shipment's recipient key signs, they read its terms."""
    match record:
        case Endorsement() | Observation():
            return True
        case ShipmentTerms():
            return not record.parents and NOBODY not in (record.consignor, record.holder)
        case Handoff():
            return NOBODY not in (record.releaser, record.receiver)
        case Split():
            return record.by != NOBODY
        case Statement():
            return record.by != NOBODY and (record.kind not in WITNESSED or record.counterparty != NOBODY)
        case Clearance():
            return True
        case Attestation() | Recall():
            return not any(record.accreditation if isinstance(record, Attestation) else record.supersedes)
        case _:
            return False


def asks_the_chain(record: Record) -> bool:
    """Whether a plain record is tried on its contract, where that can be asked: this takes longer than all the rest."""
    return isinstance(record, Attestation | Recall)


def is_judged_apart(record: Record) -> bool:
    """Whether a plain record is judged on a state of its own: for a clearance, pending ones of its goods are expected,
    which who judges a handoff of these goods leaves to the chain."""
    return isinstance(record, Clearance)


def moved_by(record: Record) -> tuple[bytes, ...]:
    """The shipments on which a plain record is judged."""
    match record:
        case Handoff() | Clearance():
            return tuple(item.shipment for item in record.items)
        case Split() | Statement():
            return (record.shipment,)
        case _:
            return ()


def run_at(members: Sequence[Member | None], start: int) -> tuple[int, frozenset[int]]:
    """Where the run that begins at `start` ends, and which of it are about goods that others of it are about.

    A place without a member (None) belongs to every run. The run is empty where the first record is judged alone.
    """
    touched: set[bytes] = set()
    leaning: set[int] = set()
    stop = start
    for i in range(start, min(start + MOST, len(members))):
        member = members[i]
        if member is not None:
            record = member.signed.record
            if not is_plain(record) or member.id in touched:
                break
            if any(shipment in touched for shipment in moved_by(record)):
                if is_judged_apart(record):
                    break
                leaning.add(i)
            touched |= _written(member.id, record)
        stop = i + 1
    return stop, frozenset(leaning)


def _written(record_id: RecordId, record: Record) -> set[bytes]:
    """What others may read: the record itself, the shipments that it moves or opens."""
    found = {bytes(record_id), *moved_by(record)}
    if isinstance(record, Handoff):
        short = (item for item in record.items if item.exceptions & ExceptionBit.SHORT)
        found |= {remainder_id(item.shipment, item.sequence) for item in short}
    elif isinstance(record, Split):
        found |= {child_id(record.shipment, record.sequence, i) for i in range(len(record.children))}
    return found
