"""Records before anybody has signed: a short template becomes a whole record, with fresh salts, for people to read."""

from collections.abc import Iterator, Mapping

from ledger.client.drafts import defaults_of, is_hidden
from ledger.common.ids import checksum_address
from ledger.common.visible import visible
from ledger.explain.agreement import warnings_before_signing
from ledger.explain.fields import text_of
from ledger.explain.record import TITLES, Kind, Line, describe
from ledger.explain.signers import NO_NAMES, partner_text
from ledger.explain.units import duration, money
from ledger.explain.words import spaced
from ledger.records.types import Record
from ledger.registry.enrolment import Enrolment

_INDENT = "  "
_SPANS = ("lostAfter", "tenderWindow", "reportLag")
_ABOUT = {
    "penaltyCap": "the penalty is at most",
    "alpha": "its rate per day squared is",
    "lostAfter": "it grows for",
    "tenderWindow": "a tender may be contested for",
    "reportLag": "a report may lag by",
}
_WHY = {
    "penaltyCap": ", the smaller of freight and a tenth of the value",
    "alpha": ", so that ten days reach the most",
    "lostAfter": " after the promise and its grace",
}


def told_defaults(data: object) -> Iterator[str]:
    """What `completed` fills in about the penalty, in words, for whoever signs."""
    message = data.get("message") if isinstance(data, Mapping) and data.get("type") == "ShipmentTerms" else None
    given = message.get("commercial", {}) if isinstance(message, Mapping) else None
    if not isinstance(given, Mapping) or is_hidden(given):
        return
    currency = str(given.get("currency", ""))[:8]
    for name, value in defaults_of(given).items():
        amount = int(value)
        shown = duration(amount) if name in _SPANS else money(amount, currency)
        yield f"Filled in by default: {_ABOUT[name]} {shown}{_WHY.get(name, '')}."


def in_words(record: Record, target: Record | None = None, names: Mapping[int, str] = NO_NAMES) -> Iterator[str]:
    """The record line by line, as somebody should read it before he signs; an amendment beside its `target`, and the
    `names` of partners beside their numbers.

    Last what he should beware of.
    """
    name = type(record).__name__
    yield TITLES.get(name, name)
    yield from _lines(describe(record, target), _INDENT, names)
    yield from (f"Beware: {warning}" for warning in warnings_before_signing(record))


def enrolment_in_words(enrolment: Enrolment) -> Iterator[str]:
    """The same for a document that asks for admission."""
    yield "Enrolment"
    yield f"{_INDENT}name: {visible(enrolment.name)}"
    yield f"{_INDENT}GLN: {enrolment.gln or 'none'}"
    yield f"{_INDENT}key: {checksum_address(enrolment.key)}"
    for request in enrolment.roles:
        yield f"{_INDENT}role: {spaced(request.role.name)} {visible(str(request.scope))}".rstrip()


def _lines(lines: tuple[Line, ...], indent: str, names: Mapping[int, str]) -> Iterator[str]:
    for line in lines:
        if line.kind == Kind.GROUP:
            yield f"{indent}{visible(line.label)}:"
            yield from _lines(line.lines, indent + _INDENT, names)
        elif line.kind == Kind.PARTNER and isinstance(line.value, int) and line.value:
            yield f"{indent}{visible(line.label)}: {partner_text(line.value, names)}"
        else:
            yield f"{indent}{visible(line.label)}: {text_of(line)}"
