"""What a record is called in reports of the search: its type, and the code that decides what it does."""

import json
from collections.abc import Sequence

from ledger.codes import AmendmentKind, ClearanceStatus, ExceptionBit, Purpose, Role, StatementKind
from ledger.records.eip712 import Withheld
from ledger.records.types import Amendment, Clearance, Endorsement, Handoff, Record, ShipmentTerms, Statement
from tests.oracle.facts import Seen
from tests.oracle.story import ROLES


def name_of(record: Record, seen: Sequence[Seen]) -> str:
    match record:
        case Statement(kind=kind):
            return StatementKind(kind).name.lower()
        case Clearance(status=status, assurance=assurance):
            return f"{ClearanceStatus(status).name.lower()} (assurance {assurance})"
        case ShipmentTerms(purpose=purpose):
            return Purpose(purpose).name.lower()
        case Endorsement(target=target):
            return f"Endorsement of {_type_of(target, seen)}"
        case Amendment(target=target, kind=kind, changes=changes):
            text = "" if isinstance(changes, Withheld) else changes.text
            fields = ", ".join(sorted(json.loads(text))) if text else "nothing"
            return f"{AmendmentKind(kind).name.lower()} of {_type_of(target, seen)} ({fields})"
        case Handoff():
            return _handoff(record, seen)
        case _:
            return type(record).__name__


def _handoff(record: Handoff, seen: Sequence[Seen]) -> str:
    consignees = {s.record.consignee for s in seen if isinstance(s.record, ShipmentTerms)}
    locker = ROLES.get(record.receiver, 0) >> Role.LOCKER & 1
    to = "the consignee" if record.receiver in consignees else "a locker" if locker else "another"
    if not any(item.packages for item in record.items):
        return f"Handoff refused by {to}"
    bad = any(item.exceptions & ~ExceptionBit.OVER for item in record.items)
    return f"Handoff {'in bad order ' if bad else ''}to {to}"


def _type_of(target: bytes, seen: Sequence[Seen]) -> str:
    return next((type(s.record).__name__ for s in seen if s.id == target), "nothing")
