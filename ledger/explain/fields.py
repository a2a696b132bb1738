"""What the fields of records are called by people, and how a single value reads.

A line's `kind` says how to show its value: times, amounts, partners and ids want a link or a format of their own, which
is the reader's business. Fields that say nothing (0, empty) are left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag, StrEnum

from ledger import codes
from ledger.common.ids import to_hex
from ledger.common.visible import visible
from ledger.explain.text import Text, partner, say, sentences, several, term
from ledger.explain.titles import scopes_text
from ledger.explain.units import duration, moment, money, whole
from ledger.explain.words import spaced, word, words
from ledger.records.coded_fields import CODES, TIMES
from ledger.records.eip712 import Member, Struct
from ledger.records.types import (
    KeyGrant,
    Outcome,
    RegistryChange,
    Ruling,
)

WITHOUT_LIMIT = 2**40 - 1
"""The largest time and duration: it stands for none."""


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


_LABELS: Mapping[str, str] = {
    "notBefore": "not before",
    "scopes": "may sign",
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
    "children": "parts",
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
ENTRIES: Mapping[str, Text] = {
    "items": term("field", "item"),
    "parts": term("field", "part"),
    "contents": term("field", "goods"),
    "parents": term("field", "goes on from"),
    "lines": term("field", "tax"),
    "parties": term("field", "party"),
    "clearances required": term("field", "clearance required"),
}
"""Labels of lists, for one entry."""
_DURATIONS = {"grace", "lostAfter", "tenderWindow", "reportLag", "disputeWindow", "arbiterWindow"}
_AMOUNTS = {"value", "freight", "alpha", "penaltyCap", "base", "assessed", "paid", "total", "amount"}
_PARTNERS = {
    "partner", "actor", "consignor", "consignee", "holder", "releaser", "receiver", "by", "counterparty", "declarant",
    "causedBy", "awarder", "residual", "arbiter", "liable", "beneficiary",
}  # fmt: skip
_RECORDS = {"target", "previous", "recall", "accreditation", "supersedes", "record"}
_RECIPIENT = {"consignee", "holder", "releaser", "receiver"}
"""Here partner 0 is the recipient with the one-time key; elsewhere it is nobody."""


def label_of(kind: type[Struct], name: str) -> Text:
    if kind is RegistryChange and name in _REGISTRY_LABELS:
        return term("field", _REGISTRY_LABELS[name])
    return term("field", _LABELS.get(name, spaced(name)))


def one_of(label: str) -> str:
    """What one entry of the list called `label` is called."""
    return ENTRIES.get(label, label)


def text_of(line: Line) -> str:
    """The value of a line that is no group, as text: times in UTC, amounts with their currency."""
    match line.kind:
        case Kind.TIME | Kind.DURATION if line.value == WITHOUT_LIMIT:
            return say("without limit")
        case Kind.TIME if isinstance(line.value, int):
            return moment(line.value)
        case Kind.AMOUNT if isinstance(line.value, int):
            return money(line.value, line.currency)
        case Kind.DURATION if isinstance(line.value, int):
            return duration(line.value)
        case Kind.PARTNER:
            return partner(int(line.value)) if line.value else say("the recipient")
        case Kind.PRIVATE:
            return say("withheld, {hash}", hash=line.value)
        case _:
            return visible(line.value) if isinstance(line.value, str) else str(line.value)


def sentence_of(lines: Iterable[Line]) -> Text:
    """Lines in one run of text, groups in brackets; what was and what becomes stand against each other."""
    said = [say("{label}: {value}", label=line.label, value=_inner(line)) for line in lines]
    return said[0] if len(said) == 1 else _in_one_run(said)


def _in_one_run(said: Sequence[Text]) -> Text:
    """`a; b; c`."""
    result = said[0] if said else sentences(())
    for one in said[1:]:
        result = say("{first}; {second}", first=result, second=one)
    return result


def _inner(line: Line) -> str:
    if line.kind != Kind.GROUP:
        return text_of(line)
    if [inner.label for inner in line.lines] == ["was", "becomes"]:
        return say("{before} before, {now} now", before=text_of(line.lines[0]), now=text_of(line.lines[1]))
    return say("({text})", text=sentence_of(line.lines))


def field_line(kind: type[Struct], member: Member, value: object, currency: str) -> Line | None:
    """The field `member` of a `kind`, with a plain value; None where it says nothing."""
    name, label = member.name, label_of(kind, member.name)
    known = CODES.get((kind, name))
    if known is not None and isinstance(value, int):
        return Line(label, Kind.TEXT, _code(known, value)) if value else None
    if isinstance(value, bool):
        return Line(label, Kind.TEXT, say("yes") if value else say("no")) if value or kind is Ruling else None
    if kind is KeyGrant and name == "scopes" and isinstance(value, int):
        return Line(label, Kind.TEXT, scopes_text(value))
    if isinstance(value, int):
        return _number(name, label, value, currency)
    if isinstance(value, bytes):
        return _bytes(kind, name, label, value)
    text = str(value)
    if not text:
        return None
    return Line(label, Kind.SUBJECT if name == "subject" else Kind.TEXT, text)


def _code(known: type[IntEnum] | type[IntFlag], value: int) -> str:
    return several(words(known(value))) if issubclass(known, IntFlag) else word(known, value)


def _number(name: str, label: str, value: int, currency: str) -> Line | None:
    if name in _PARTNERS:
        return Line(label, Kind.PARTNER, value) if value or name in _RECIPIENT else None
    if name in ("sequence", "packages", "found", "quarantined", "disposed"):
        return Line(label, Kind.TEXT, whole(value))
    if not value:
        return None
    if name in TIMES:
        return Line(label, Kind.TIME, value)
    if name in _DURATIONS:
        return Line(label, Kind.DURATION, value)
    if name in _AMOUNTS:
        return Line(label, Kind.AMOUNT, value, currency)
    return Line(label, Kind.TEXT, whole(value))


def _bytes(kind: type[Struct], name: str, label: str, value: bytes) -> Line | None:
    if kind is Outcome and name == "outcomes":
        return Line(label, Kind.TEXT, several([word(codes.Outcome, code) for code in value]))
    if not any(value):
        return None
    if name == "jurisdiction":
        return Line(label, Kind.TEXT, value.decode("ascii", "replace"))
    if name == "shipment":
        return Line(label, Kind.SHIPMENT, to_hex(value))
    if name == "agreement":
        return Line(label, Kind.AGREEMENT, to_hex(value))
    return Line(label, Kind.RECORD if name in _RECORDS else Kind.HASH, to_hex(value))
