"""Drafts: a short template becomes a whole record, with fresh salts, before anybody has signed it."""

import secrets
from collections.abc import Callable, Mapping
from enum import IntEnum, IntFlag
from typing import Any

from ledger.codes import Purpose
from ledger.common.canonical import canonical_json
from ledger.common.gs1_keys import check_load
from ledger.common.ids import to_hex
from ledger.common.iso_times import seconds_of
from ledger.errors import MalformedRecord
from ledger.provenance.loss import parse_loss
from ledger.records.coded_fields import CODES, TIMES
from ledger.records.content_checks import PROPOSED_SUBMIT_BY
from ledger.records.eip712 import Member, Struct
from ledger.records.types import Load, ShipmentTerms, record_named
from ledger.shipments.default_terms import alpha_for, default_terms
from ledger.shipments.return_reason import parse_reason

_STATED: tuple[tuple[str, Purpose, Callable[[str], object]], ...] = (
    ("loss", Purpose.TRANSFORMATION, parse_loss),
    ("reason", Purpose.RETURN, parse_reason),
)
"""What the details of terms say in a form of their own, and by terms of which purpose."""


def completed(data: object, now: int) -> dict[str, Any]:
    """The envelope `{type, message, signatures}` of a template: what it leaves out is empty, salts are random.

    Times may be text (`iso_times`), codes names; an SSCC as a load needs its check digit. `occurredAt` is `now` where
    it is left out, and `submitBy` a fortnight later. What terms leave out about the penalty is filled in by
    `default_terms` (see `defaults_of`); what a template says, a 0 too, stands. Terms of a transformation may say
    `"details": {"loss": {"quantity", "unit", "reason"}}` instead of its text, those of a return `"details": {"reason":
    code}`, one of `ledger.shipments.return_reason.STATED`. Raises `MalformedRecord` for what is
    no template; everything else is judged by the record's own parser.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("message"), Mapping):
        raise MalformedRecord("not a template", where="record", expected='{"type": …, "message": {…}}')
    kind = record_named(str(data.get("type"))[:80])
    times = {"occurredAt": now, "submitBy": now + PROPOSED_SUBMIT_BY}
    message = dict(data["message"])
    if kind is ShipmentTerms and isinstance(given := message.get("commercial", {}), Mapping) and not is_hidden(given):
        message["commercial"] = {**defaults_of(given), **given}
    if kind is ShipmentTerms:
        message |= _with_stated(message)
    return {
        "type": kind.__name__,
        "message": _filled(kind, message, times),
        "signatures": data.get("signatures", []),
    }


def _with_stated(message: Mapping[str, Any]) -> dict[str, Any]:
    """Details that state a loss or a reason in their text; raises `MalformedRecord` for what nobody could read or count
    later, and for one that terms of this purpose do not have.
    """
    given = message.get("details", {})
    if not isinstance(given, Mapping) or is_hidden(given):
        return {}
    named = str(message.get("purpose")).lower().replace("_", " ")
    text = str(given.get("text", ""))
    stated = {name: given[name] for name, _, _ in _STATED if name in given}
    if stated and text:
        raise MalformedRecord(
            f"a {' and a '.join(stated)} beside a text", where="details", expected=f"one of `{min(stated)}` and `text`"
        )
    if stated:
        text = canonical_json(stated).decode()
    for name, purpose, parse in _STATED:
        own = named in (str(int(purpose)), purpose.name.lower())
        if (own or name in stated) and parse(text) is not None and not own:
            raise MalformedRecord(
                f"a {name} that is for a {purpose.name.lower()} alone",
                where=f"details.{name}",
                expected=f"terms with the purpose {purpose.name.lower()}",
            )
    return {"details": {**{name: value for name, value in given.items() if name not in stated}, "text": text}}


def defaults_of(given: Mapping[str, Any]) -> dict[str, Any]:
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


def is_hidden(value: Mapping[str, Any]) -> bool:
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
    known = {_spaced(name): code for name, code in codes.__members__.items()}
    names = named if isinstance(named, list) else named.split(",") if issubclass(codes, IntFlag) else [named]
    result = [known.get(_spaced(str(name).strip().replace("-", "_")).replace("_", " ")) for name in names]
    if None in result or not (issubclass(codes, IntFlag) or len(result) == 1):
        raise MalformedRecord("no such code", where=where, expected=", ".join(known), found=str(named)[:80])
    return sum({int(code) for code in result if code is not None})


def _nested(kind: type[Struct], several: bool, value: Any) -> Any:
    if several and isinstance(value, list):
        return [_nested(kind, False, entry) for entry in value]
    whole = not isinstance(value, Mapping) or is_hidden(value)
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


def _spaced(name: str) -> str:
    return name.lower().replace("_", " ")
