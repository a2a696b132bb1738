"""Records before anybody has signed: a short template becomes a whole record, with fresh salts, for people to read."""

import secrets
from collections.abc import Iterator, Mapping
from enum import IntEnum, IntFlag
from typing import Any

from ledger.common.gs1_keys import check_load
from ledger.common.ids import checksum_address, to_hex
from ledger.common.iso_times import seconds_of
from ledger.common.visible import visible
from ledger.errors import MalformedRecord
from ledger.explain.agreement import warnings_before_signing
from ledger.explain.fields import CODES, TIMES, text_of
from ledger.explain.record import TITLES, Kind, Line, describe
from ledger.explain.signers import NO_NAMES, partner_text
from ledger.explain.units import duration, money
from ledger.explain.words import spaced
from ledger.records.content_checks import PROPOSED_SUBMIT_BY
from ledger.records.eip712 import Member, Struct
from ledger.records.types import Load, Record, ShipmentTerms, record_named
from ledger.registry.enrolment import Enrolment
from ledger.shipments.default_terms import alpha_for, default_terms

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


def completed(data: object, now: int) -> dict[str, Any]:
    """The envelope `{type, message, signatures}` of a template: what it leaves out is empty, salts are random.

    Times may be text (`iso_times`), codes names; an SSCC as a load needs its check digit. `occurredAt` is `now` where
    it is left out, and `submitBy` a fortnight later. What terms leave out about the penalty is filled in by
    `default_terms` (see `told_defaults`); what a template says, a 0 too, stands. Raises `MalformedRecord` for what is
    no template; everything else is judged by the record's own parser.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("message"), Mapping):
        raise MalformedRecord("not a template", where="record", expected='{"type": …, "message": {…}}')
    kind = record_named(str(data.get("type"))[:80])
    times = {"occurredAt": now, "submitBy": now + PROPOSED_SUBMIT_BY}
    message = dict(data["message"])
    if kind is ShipmentTerms and isinstance(given := message.get("commercial", {}), Mapping) and not _hidden(given):
        message["commercial"] = {**_defaults(given), **given}
    return {
        "type": kind.__name__,
        "message": _filled(kind, message, times),
        "signatures": data.get("signatures", []),
    }


def told_defaults(data: object) -> Iterator[str]:
    """What `completed` fills in about the penalty, in words, for whoever signs."""
    message = data.get("message") if isinstance(data, Mapping) and data.get("type") == "ShipmentTerms" else None
    given = message.get("commercial", {}) if isinstance(message, Mapping) else None
    if not isinstance(given, Mapping) or _hidden(given):
        return
    currency = str(given.get("currency", ""))[:8]
    for name, value in _defaults(given).items():
        amount = int(value)
        shown = duration(amount) if name in _SPANS else money(amount, currency)
        yield f"Filled in by default: {_ABOUT[name]} {shown}{_WHY.get(name, '')}."


def _defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """Lading's defaults for the fields about the penalty that are not in `given`."""
    usual = default_terms(_amount(given.get("value")), _amount(given.get("freight")))
    cap = _amount(given["penaltyCap"]) if "penaltyCap" in given else usual.penalty_cap
    values = {
        "penaltyCap": str(cap),
        "alpha": str(alpha_for(cap)),
        "lostAfter": usual.lost_after,
        "tenderWindow": usual.tender_window,
        "reportLag": usual.report_lag,
    }
    return {name: value for name, value in values.items() if name not in given}


def _amount(value: Any) -> int:
    """An amount as templates give it; what is none is left for the record's parser to refuse."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 40 else 0


def _hidden(value: Mapping[str, Any]) -> bool:
    return "withheld" in value


def _filled(kind: type[Struct], data: Mapping[str, Any], times: Mapping[str, int]) -> dict[str, Any]:
    message = {**data}
    for member in kind.members():
        if member.name not in message:
            message[member.name] = times.get(member.name, _empty(member))
        elif (codes := CODES.get((kind, member.name))) and isinstance(message[member.name], str | list):
            message[member.name] = _code(codes, message[member.name], member.name)
        elif member.name in TIMES and isinstance(message[member.name], str):
            message[member.name] = seconds_of(message[member.name], member.name)
        elif kind is Load and member.name == "identifier":
            check_load(str(message[member.name]), "load.identifier")
        if member.struct is not None:
            message[member.name] = _nested(member.struct, member.items is not None, message[member.name])
    return message


def _code(codes: type[IntEnum] | type[IntFlag], named: str | list[Any], where: str) -> int:
    """The number of a code that a template calls by its name; of a mask several, in a list or with commas between."""
    known = {spaced(name): code for name, code in codes.__members__.items()}
    names = named if isinstance(named, list) else named.split(",") if issubclass(codes, IntFlag) else [named]
    result = [known.get(spaced(str(name).strip().replace("-", "_")).replace("_", " ")) for name in names]
    if None in result or not (issubclass(codes, IntFlag) or len(result) == 1):
        raise MalformedRecord("no such code", where=where, expected=", ".join(known), found=str(named)[:80])
    return sum({int(code) for code in result if code is not None})


def _nested(kind: type[Struct], several: bool, value: Any) -> Any:
    if several and isinstance(value, list):
        return [_nested(kind, False, entry) for entry in value]
    whole = not isinstance(value, Mapping) or _hidden(value)
    return value if several or whole else _filled(kind, value, {})


def _empty(member: Member) -> Any:
    if member.items is not None:
        return []
    if member.struct is not None:
        return {}
    if member.name == "salt":
        return to_hex(secrets.token_bytes(16))
    if member.solidity == "string":
        return ""
    if member.solidity == "bool":
        return False
    if member.solidity.startswith("uint"):
        return 0 if int(member.solidity.removeprefix("uint")) <= 48 else "0"
    length = 20 if member.solidity == "address" else int(member.solidity.removeprefix("bytes") or 0)
    return "0x" + "00" * length


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
