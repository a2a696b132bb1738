"""Whom and what a record is about, from its public fields alone: the keys under which it is found and listed.

Private parts are left out on purpose: a record that came from the chain, with every part withheld, is found under the
same keys as one that was submitted opened.
"""

from dataclasses import dataclass

from ledger.codes import ExceptionBit
from ledger.common.ids import RecordId, to_hex
from ledger.records.eip712 import Member, Struct, per_struct
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.types import Handoff, HandoffItem, Override, Record, ShipmentTerms, Split

PARTNER, SHIPMENT, SUBJECT, RECORD, AGREEMENT = "partner", "shipment", "subject", "record", "agreement"

_PARTNERS = {
    "partner", "actor", "consignor", "consignee", "holder", "releaser", "receiver", "by", "counterparty", "declarant",
    "causedBy", "awarder", "residual", "arbiter",
}  # fmt: skip
_RECORDS = {"target", "previous", "recall", "record", "accreditation", "supersedes"}


@dataclass(frozen=True, slots=True, order=True)
class Concern:
    """`kind` partner (key: decimal id), shipment, record, agreement (0x-hex) or subject (as written in the record)."""

    kind: str
    key: str


def concerns(record_id: RecordId, record: Record) -> tuple[Concern, ...]:
    """The keys of `record`, sorted, each once. Shipments include those that it opens: children and remainders."""
    return tuple([Concern(*entry) for entry in index_entries(record_id, record)])


def index_entries(record_id: RecordId, record: Record) -> tuple[tuple[str, str], ...]:
    """As `concerns`: kind and key of each."""
    result: set[tuple[str, str]] = set()
    _collect(record, result)
    if isinstance(record, ShipmentTerms):
        result.add((SHIPMENT, to_hex(record_id)))
    elif isinstance(record, Split):
        children = range(len(record.children))
        result |= {(SHIPMENT, to_hex(child_id(record.shipment, record.sequence, i))) for i in children}
    elif isinstance(record, Handoff):
        short = [item for item in record.items if item.exceptions & ExceptionBit.SHORT]
        result |= {(SHIPMENT, to_hex(remainder_id(i.shipment, i.sequence))) for i in short}
    elif isinstance(record, Override) and record.exceptions & ExceptionBit.SHORT:
        result.add((SHIPMENT, to_hex(remainder_id(record.shipment, record.sequence))))
    return tuple(sorted(result))


def _collect(value: Struct, found: set[tuple[str, str]]) -> None:
    if isinstance(value, HandoffItem):  # by far the most frequent: 200 in a manifest
        found.add((SHIPMENT, to_hex(value.shipment)))
        return
    for member, kind in _members(type(value)):
        current = getattr(value, member.name)
        if kind is None:
            for item in current if member.items else (current,):
                _collect(item, found)
        elif kind == PARTNER:
            if current:
                found.add((PARTNER, str(current)))
        elif kind == SUBJECT:
            found.add((SUBJECT, current))
            kind_named, _, key = current.partition("/")
            if kind_named in (PARTNER, SHIPMENT) and key:
                found.add((kind_named, key))
        elif any(current):
            found.add((kind, to_hex(current)))


@per_struct
def _members(struct: type[Struct]) -> tuple[tuple[Member, str | None], ...]:
    """The members worth a look, with the kind of concern they name; None for public structures to look into."""
    result: list[tuple[Member, str | None]] = []
    for member in struct.members():
        if member.struct:
            if not member.private:
                result.append((member, None))
        elif member.name in _PARTNERS and member.solidity.startswith("uint"):
            result.append((member, PARTNER))
        elif member.name == "subject":
            result.append((member, SUBJECT))
        elif member.solidity == "bytes32" and member.name in ("shipment", "agreement"):
            result.append((member, member.name))
        elif member.solidity == "bytes32" and member.name in _RECORDS:
            result.append((member, RECORD))
    return tuple(result)
