"""Any record as labelled lines for people: what it says, field by field, without code names.

A line's `kind` says how to show its value: times, amounts, partners and ids want a link or a format of their own, which
is the reader's business. Fields that say nothing (0, empty) are left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag, StrEnum

from ledger import codes
from ledger.canonical import parse_json
from ledger.errors import LadingError
from ledger.ids import to_hex
from ledger.records import (
    Amendment,
    Clearance,
    Commercial,
    Details,
    Duty,
    HandoffItem,
    Outcome,
    Override,
    Recall,
    Record,
    RegistryChange,
    Require,
    Revocation,
    Ruling,
    ShipmentTerms,
    Split,
    Statement,
)
from ledger.structs import Member, Struct, Withheld
from ledger.words import scope_text, spaced, word, words

SHOWN_ITEMS = 20
"""Of a longer list, only so many entries are spelled out."""


class Kind(StrEnum):
    TEXT = "text"
    TIME = "time"
    DURATION = "duration"
    AMOUNT = "amount"
    PARTNER = "partner"
    SHIPMENT = "shipment"
    RECORD = "record"
    AGREEMENT = "agreement"
    SUBJECT = "subject"
    HASH = "hash"
    PRIVATE = "private"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Line:
    """`value`: an int for times (UTC seconds), durations (seconds), amounts (minor units of `currency`, which may be
    unknown) and partners; else text, ids as 0x-hex. A group has `lines` instead."""

    label: str
    kind: Kind
    value: int | str = ""
    currency: str = ""
    lines: "tuple[Line, ...]" = ()


TITLES: Mapping[str, str] = {
    "RegistryChange": "Registry change",
    "KeyGrant": "Device key granted",
    "KeyRevoke": "Device key revoked",
    "ShipmentTerms": "Shipment terms",
    "Handoff": "Handoff",
    "Split": "Split",
    "Statement": "Statement",
    "Override": "Override by the council",
    "Clearance": "Customs clearance",
    "Attestation": "Attestation",
    "Revocation": "Revocation",
    "Recall": "Recall",
    "RecallAnswer": "Answer to a recall",
    "Amendment": "Amendment",
    "Endorsement": "Endorsement",
    "Observation": "Observation",
    "Checkpoint": "Checkpoint",
    "BonusAgreement": "Bonus agreement",
    "BonusAward": "Bonus award",
    "Dispute": "Dispute of an award",
    "Ruling": "Ruling on a dispute",
    "Claim": "Claim of an award",
    "Outcome": "Outcome on the chain",
}
"""What people call each record type."""

_LABELS: Mapping[str, str] = {
    "notBefore": "not before",
    "validFrom": "valid from",
    "validUntil": "valid until",
    "recipientKey": "recipient's key",
    "submitBy": "to be recorded by",
    "occurredAt": "happened",
    "sequence": "at step",
    "dueAt": "to be passed on by",
    "holdCause": "cause of the hold",
    "causedBy": "caused by",
    "itemCodes": "root of the item codes",
    "effectiveFrom": "in effect from",
    "eventHash": "hash of the event",
    "orderRef": "order",
    "promisedAt": "promised by",
    "penaltyCap": "penalty at most",
    "lostAfter": "counts as lost after",
    "tenderWindow": "time to contest a tender",
    "reportLag": "may be reported within",
    "alpha": "penalty rate (per day, squared)",
    "ratePpm": "rate (parts per million)",
    "mrn": "customs reference",
    "hs": "customs code (HS)",
    "gtin": "GTIN",
    "gln": "GLN",
    "locode": "UN/LOCODE",
    "serials": "root of the serial numbers",
    "logId": "log",
    "logSize": "computed at log size",
    "previousSize": "size before",
    "basisPoints": "share in basis points",
    "periodStart": "period from",
    "periodEnd": "period until",
    "disputeWindow": "time to dispute",
    "arbiterWindow": "time for the arbiter",
    "claimUntil": "to be claimed by",
    "deadline": "award due by",
    "payTo": "paid to",
    "blockNumber": "block",
    "blockTime": "block time",
    "eventIndex": "event in the block",
    "requires": "clearances required",
    "by": "signed by",
    "relay": "a broker may relay it",
    "regime": "procedure",
    "gate": "required before",
    "jurisdiction": "country",
    "commercial": "commercial terms",
    "releaser": "handed over by",
    "receiver": "received by",
    "holder": "held by",
    "contents": "goods",
    "liable": "liable for delay",
    "beneficiary": "owed to",
    "quarantined": "in quarantine",
    "origin": "from",
    "destination": "to",
}
_REGISTRY_LABELS: Mapping[str, str] = {
    "sequence": "change number",
    "document": "hash of the document",
    "number": "number (kind, threshold, size or start)",
}
_ONE: Mapping[str, str] = {
    "items": "item",
    "children": "part",
    "contents": "goods",
    "parents": "goes on from",
    "lines": "tax",
    "parties": "party",
    "clearances required": "clearance required",
}
"""Labels of lists, for one entry."""
_TIMES = {
    "notBefore", "validFrom", "validUntil", "submitBy", "occurredAt", "dueAt", "effectiveFrom", "promisedAt",
    "periodStart", "periodEnd", "deadline", "claimUntil", "blockTime",
}  # fmt: skip
_DURATIONS = {"grace", "lostAfter", "tenderWindow", "reportLag", "disputeWindow", "arbiterWindow"}
_AMOUNTS = {"value", "freight", "alpha", "penaltyCap", "base", "assessed", "paid", "total", "amount"}
_PARTNERS = {
    "partner", "actor", "consignor", "consignee", "holder", "releaser", "receiver", "by", "counterparty", "declarant",
    "causedBy", "awarder", "residual", "arbiter", "liable", "beneficiary",
}  # fmt: skip
_RECORDS = {"target", "previous", "recall", "accreditation", "supersedes", "record"}
_RECIPIENT = {"consignee", "holder", "releaser", "receiver"}
"""Here partner 0 is the recipient with the one-time key; elsewhere it is nobody."""
_CODES: Mapping[tuple[type[Struct], str], type[IntEnum] | type[IntFlag]] = {
    (RegistryChange, "action"): codes.RegistryAction,
    (RegistryChange, "role"): codes.Role,
    (ShipmentTerms, "purpose"): codes.Purpose,
    (ShipmentTerms, "mode"): codes.Mode,
    (ShipmentTerms, "fulfilment"): codes.Fulfilment,
    (HandoffItem, "exceptions"): codes.ExceptionBit,
    (Override, "exceptions"): codes.ExceptionBit,
    (Split, "reason"): codes.SplitReason,
    (Statement, "kind"): codes.StatementKind,
    (Clearance, "regime"): codes.Regime,
    (Clearance, "status"): codes.ClearanceStatus,
    (Clearance, "holdCause"): codes.HoldCause,
    (Clearance, "assurance"): codes.Assurance,
    (Require, "regime"): codes.Regime,
    (Require, "gate"): codes.Gate,
    (Revocation, "reason"): codes.RevocationReason,
    (Recall, "hazard"): codes.Hazard,
    (Recall, "action"): codes.RecallAction,
    (Amendment, "kind"): codes.AmendmentKind,
}


def describe(record: Record) -> tuple[Line, ...]:
    """What `record` says, in the order of its fields; a withheld part stands as its hash."""
    return tuple(_lines(record, _currency(record)))


def _lines(value: Struct, currency: str) -> Iterator[Line]:
    for member in value.members():
        if member.name == "salt":
            continue
        current = getattr(value, member.name)
        label = _label(value, member.name)
        if isinstance(current, Withheld):
            yield Line(label, Kind.PRIVATE, to_hex(current.hash))
        elif member.items is not None:
            yield from _list(label, current, currency)
        elif member.struct is not None:
            yield from _part(label, current)
        elif (line := _field(value, member, label, current, currency)) is not None:
            yield line


def _label(owner: Struct, name: str) -> str:
    if isinstance(owner, RegistryChange) and name in _REGISTRY_LABELS:
        return _REGISTRY_LABELS[name]
    return _LABELS.get(name, spaced(name))


def _list(label: str, entries: tuple[Struct | Withheld, ...], currency: str) -> Iterator[Line]:
    for i, entry in enumerate(entries[:SHOWN_ITEMS]):
        name = f"{_ONE.get(label, label)} {i + 1}" if len(entries) > 1 else _ONE.get(label, label)
        if isinstance(entry, Withheld):
            yield Line(name, Kind.PRIVATE, to_hex(entry.hash))
        else:
            yield Line(name, Kind.GROUP, lines=tuple(_lines(entry, currency)))
    if len(entries) > SHOWN_ITEMS:
        yield Line(label, Kind.TEXT, f"… and {len(entries) - SHOWN_ITEMS} more")


def _part(label: str, part: Struct) -> Iterator[Line]:
    if isinstance(part, Details):
        yield from _details(label, part.text)
    elif lines := tuple(_lines(part, _currency(part))):
        yield Line(label, Kind.GROUP, lines=lines)


def _details(label: str, text: str) -> Iterator[Line]:
    """The members of a JSON object, as far as they are plain."""
    if not text:
        return
    try:
        data = parse_json(text.encode())
    except LadingError:
        data = None
    if not isinstance(data, dict):
        yield Line(label, Kind.TEXT, text)
        return
    plain = {key: value for key, value in data.items() if isinstance(value, str | int)}
    yield from (Line(str(key), Kind.TEXT, str(value)) for key, value in plain.items())
    if len(plain) < len(data):
        yield Line(label, Kind.TEXT, "more in the record itself")


def _field(owner: Struct, member: Member, label: str, value: object, currency: str) -> Line | None:
    name = member.name
    known = _CODES.get((type(owner), name))
    if known is not None and isinstance(value, int):
        return Line(label, Kind.TEXT, _code(known, value)) if value else None
    if isinstance(value, bool):
        return Line(label, Kind.TEXT, "yes" if value else "no") if value or isinstance(owner, Ruling) else None
    if isinstance(value, int):
        return _number(name, label, value, currency)
    if isinstance(value, bytes):
        return _bytes(owner, name, label, value)
    text = str(value)
    if not text:
        return None
    return Line(label, Kind.SUBJECT if name == "subject" else Kind.TEXT, text)


def _code(known: type[IntEnum] | type[IntFlag], value: int) -> str:
    return ", ".join(words(known(value))) if issubclass(known, IntFlag) else word(known, value)


def _number(name: str, label: str, value: int, currency: str) -> Line | None:
    if name in _PARTNERS:
        return Line(label, Kind.PARTNER, value) if value or name in _RECIPIENT else None
    if name in ("sequence", "packages", "found", "quarantined", "disposed"):
        return Line(label, Kind.TEXT, f"{value:,}")
    if not value:
        return None
    if name in _TIMES:
        return Line(label, Kind.TIME, value)
    if name in _DURATIONS:
        return Line(label, Kind.DURATION, value)
    if name in _AMOUNTS:
        return Line(label, Kind.AMOUNT, value, currency)
    return Line(label, Kind.TEXT, f"{value:,}")


def _bytes(owner: Struct, name: str, label: str, value: bytes) -> Line | None:
    if isinstance(owner, Outcome) and name == "outcomes":
        return Line(label, Kind.TEXT, ", ".join(word(codes.Outcome, code) for code in value[:SHOWN_ITEMS]))
    if not any(value):
        return None
    if name == "jurisdiction":
        return Line(label, Kind.TEXT, value.decode("ascii", "replace"))
    if isinstance(owner, RegistryChange) and name == "scope" and owner.role:
        return Line(label, Kind.TEXT, scope_text(owner.role, value))
    if name == "shipment":
        return Line(label, Kind.SHIPMENT, to_hex(value))
    if name == "agreement":
        return Line(label, Kind.AGREEMENT, to_hex(value))
    return Line(label, Kind.RECORD if name in _RECORDS else Kind.HASH, to_hex(value))


def _currency(value: Struct) -> str:
    if isinstance(value, Commercial | Duty):
        return value.currency
    return str(getattr(value, "currency", ""))
