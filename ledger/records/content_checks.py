"""What a record must satisfy before it is worth checking signatures: cheap, pure, without any state.

Structural checks (types, ranges, lengths) are `Struct.check`; custody, clearance and registry rules have modules of
their own. Here are the rules about codes, claimed times, deadlines and the text inside opened private parts, and what
bonus pool and attestation registry refuse of anybody (`ledger.records.contract_rules`). Acceptance asks
`check_content`, and so does whatever shows a record to somebody who is to sign it: what is refused later is not signed
first.
"""

import re
from collections.abc import Iterator
from enum import IntEnum, IntFlag

from ledger import codes
from ledger.common.canonical import parse_json, prints_as
from ledger.common.gs1 import parse_lots, parse_product
from ledger.common.gs1_keys import check_gln, check_gtin
from ledger.common.iso_codes import COUNTRIES, CURRENCIES, CUSTOMS_TERRITORIES
from ledger.common.periods import CLOCK_SKEW, DAY
from ledger.errors import MalformedRecord, RuleBroken
from ledger.records.contract_rules import check_contract_rules
from ledger.records.eip712 import Struct, Withheld, members_with_privacy
from ledger.records.types import (
    NOBODY,
    Amendment,
    Attestation,
    BonusAgreement,
    Claims,
    Clearance,
    Commercial,
    Details,
    Duty,
    Goods,
    Handoff,
    Outcome,
    Override,
    Place,
    Recall,
    Record,
    RegistryChange,
    Revocation,
    ShipmentTerms,
    Split,
    Statement,
)
from ledger.records.types import Checkpoint as CheckpointRecord

PROPOSED_SUBMIT_BY = 14 * DAY
LONGEST_SUBMIT_BY = 30 * DAY
WRITTEN_BY_THE_LOG = (CheckpointRecord, Outcome)
_GTIN_PATH = "01/"
_LOCODE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_CODES: dict[type[Record], tuple[tuple[str, type[IntEnum] | type[IntFlag], int], ...]] = {
    RegistryChange: (("action", codes.RegistryAction, 1), ("role", codes.Role, 0)),
    ShipmentTerms: (("purpose", codes.Purpose, 1), ("mode", codes.Mode, 0), ("fulfilment", codes.Fulfilment, 0)),
    Handoff: (("exceptions", codes.ExceptionBit, 0),),
    Split: (("reason", codes.SplitReason, 0),),
    Statement: (("kind", codes.StatementKind, 1),),
    Override: (("exceptions", codes.ExceptionBit, 0),),
    Clearance: (
        ("regime", codes.Regime, 1),
        ("status", codes.ClearanceStatus, 1),
        ("holdCause", codes.HoldCause, 0),
        ("assurance", codes.Assurance, 1),
    ),
    Revocation: (("reason", codes.RevocationReason, 1),),
    Recall: (("hazard", codes.Hazard, 1), ("action", codes.RecallAction, 1)),
    Amendment: (("kind", codes.AmendmentKind, 1),),
}
"""Field, its codes, and the least: 0 where a record may say nothing.

Contracts check only codes that they act upon, so that the lists can grow without a new contract; here all are checked.
"""


def check_content(record: Record, now: int, *, replayed: bool = False) -> None:
    """Raise `MalformedRecord` or `RuleBroken` unless `record` may be considered at time `now`.

    `replayed`: history that is entered later; its `submitBy` may lie further ahead than 30 days.
    """
    if isinstance(record, WRITTEN_BY_THE_LOG):
        raise RuleBroken("only the log writes such records", where="type", found=type(record).__name__)
    record.check()
    _check_codes(record)
    if isinstance(record, Clearance):
        check_declarant(record)
    _check_times(record, now, replayed)
    _check_named(record)
    check_contract_rules(record, now)
    for path, part in opened_parts(record):
        _check_part(path, part)


def opened_parts(record: Struct, where: str = "") -> Iterator[tuple[str, Struct]]:
    """Each opened private part of `record` with its path, such as `commercial` or `children[2].contents[0]`."""
    for member in members_with_privacy(type(record)):
        value = getattr(record, member.name)
        if isinstance(value, Withheld):
            continue
        path = f"{where}.{member.name}" if where else member.name
        entries = [(path, value)] if member.items is None else [(f"{path}[{i}]", v) for i, v in enumerate(value)]
        for entry_path, entry in entries:
            if isinstance(entry, Withheld):
                continue
            if member.private:
                yield entry_path, entry
            else:
                yield from opened_parts(entry, entry_path)


def check_declarant(record: Clearance) -> None:
    """Raise `MalformedRecord` where nobody answers for what is not the authority's own word."""
    if record.declarant == NOBODY and record.assurance != codes.Assurance.AUTHORITY_SIGNED:
        raise MalformedRecord(
            "nobody declares it",
            where="declarant",
            expected="consignor, consignee or custodian, who signs too",
            found=record.declarant,
        )


_BOUNDS = {
    kind: tuple(
        (name, least, int(sum(known) if issubclass(known, IntFlag) else max(known))) for name, known, least in fields
    )
    for kind, fields in _CODES.items()
}
"""Field, its least value and its most."""


def _check_codes(record: Record) -> None:
    for name, least, most in _BOUNDS.get(type(record), ()):
        in_items = isinstance(record, Handoff)
        for i, holder in enumerate(record.items if isinstance(record, Handoff) else (record,)):
            value = getattr(holder, name)
            if not least <= value <= most:
                path = f"items[{i}].{name}" if in_items else name
                raise MalformedRecord("no such code", where=path, expected=f"{least} to {most}", found=value)


def _check_times(record: Record, now: int, replayed: bool) -> None:
    _check_claimed(getattr(record, "occurredAt", 0), now, "occurredAt")
    if isinstance(record, Amendment):
        _check_claimed(_corrected_time(record), now, "changes.occurredAt")
    if not isinstance(record, Handoff | ShipmentTerms):
        return
    if record.submitBy < now:
        raise RuleBroken(
            "the deadline for recording has passed",
            where="submitBy",
            expected=f"{now} or later",
            found=record.submitBy,
            mend="Sign it anew with a later submitBy.",
        )
    start = record.occurredAt if isinstance(record, Handoff) else now
    if not replayed and record.submitBy > start + LONGEST_SUBMIT_BY:
        raise RuleBroken(
            "the deadline for recording is too far away",
            where="submitBy",
            expected=f"at most {start + LONGEST_SUBMIT_BY} (30 days)",
            found=record.submitBy,
        )


def _check_claimed(occurred: int, now: int, where: str) -> None:
    if occurred > now + CLOCK_SKEW:
        raise RuleBroken(
            "claims to have happened in the future",
            where=where,
            expected=f"at most {now + CLOCK_SKEW}",
            found=occurred,
        )


def _corrected_time(record: Amendment) -> int:
    """The `occurredAt` that a correction gives its target; 0 where it gives none, or its changes are closed."""
    if record.kind != codes.AmendmentKind.CORRECTION or isinstance(record.changes, Withheld) or not record.changes.text:
        return 0
    changes = parse_json(record.changes.text.encode(), where="changes.text")
    claimed = changes.get("occurredAt") if isinstance(changes, dict) else None
    return claimed if isinstance(claimed, int) else 0


def _check_part(path: str, part: Struct) -> None:
    match part:
        case Details(text=text) | Claims(text=text) if text:
            _check_object(f"{path}.text", text)
        case Place(country=country, locode=locode, gln=gln):
            if country:
                _check_country(country, f"{path}.country", COUNTRIES)
            if locode:
                _check_locode(locode, country, f"{path}.locode")
            if gln:
                check_gln(gln, f"{path}.gln")
        case Commercial(currency=currency) | Duty(currency=currency) if currency:
            _check_currency(currency, f"{path}.currency")
        case Goods(gtin=gtin) if gtin:
            check_gtin(gtin, f"{path}.gtin")
        case _:
            pass


def _check_named(record: Record) -> None:
    """The codes of other bodies that stand in public fields: jurisdictions, currencies, GTINs, and what is recalled."""
    match record:
        case ShipmentTerms(requires=requires):
            for i, require in enumerate(requires):
                _check_country(_ascii(require.jurisdiction), f"requires[{i}].jurisdiction", CUSTOMS_TERRITORIES)
        case Clearance(jurisdiction=jurisdiction):
            _check_country(_ascii(jurisdiction), "jurisdiction", CUSTOMS_TERRITORIES)
        case BonusAgreement(currency=currency) if currency:
            _check_currency(currency, "currency")
        case Amendment(kind=codes.AmendmentKind.TERMS, changes=Details(text=text)) if text:
            changes = parse_json(text.encode(), where="changes.text")
            commercial = changes.get("commercial") if isinstance(changes, dict) else None
            if isinstance(commercial, dict) and isinstance(changed := commercial.get("currency"), str) and changed:
                _check_currency(changed, "changes.commercial.currency")
        case Attestation(subject=subject) if subject.startswith(_GTIN_PATH):
            parse_product(subject)
        case Recall(subject=subject, lots=lots):
            parse_product(subject)
            parse_lots(lots)
        case _:
            pass


def _check_country(text: str, where: str, known: frozenset[str]) -> None:
    if text not in known:
        expected = "a code of ISO 3166-1 alpha-2, such as NZ"
        raise MalformedRecord("not a country", where=where, expected=expected, found=text[:40])


def _check_currency(text: str, where: str) -> None:
    if text not in CURRENCIES:
        expected = "a code of ISO 4217, such as EUR"
        raise MalformedRecord("not a currency", where=where, expected=expected, found=text[:40])


def _check_locode(text: str, country: str, where: str) -> None:
    """UN/LOCODE (UNECE Recommendation 16): the country's two letters, and three letters or digits 2 to 9."""
    if not _LOCODE.fullmatch(text) or text[:2] != (country or text[:2]) or text[:2] not in COUNTRIES:
        expected = f"{country or 'a country'} and three letters or digits from 2, such as NZAKL"
        raise MalformedRecord("not a UN/LOCODE of this country", where=where, expected=expected, found=text[:40])


def _ascii(code: bytes) -> str:
    return code.decode("ascii", "replace")


def _check_object(where: str, text: str) -> None:
    value = parse_json(text.encode(), where=where)
    if not isinstance(value, dict):
        raise MalformedRecord("not a JSON object", where=where, expected="an object, or an empty text")
    if not prints_as(value, text.encode()):
        raise MalformedRecord("not canonical", where=where, expected="RFC 8785 JSON: sorted keys, no white space")
