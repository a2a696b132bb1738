"""Award files: the lines behind an award's root, kept so that every party can prove its amount and claim it."""

import json
from collections.abc import Sequence
from typing import Any

from ledger.bonus_amounts import Line, amount_proof, amounts_root
from ledger.bonus_rules import parse_rule
from ledger.bonus_words import amounts_from_json
from ledger.errors import RuleBroken
from ledger.ids import RecordId, to_hex
from ledger.records import BonusAward, Claim
from ledger.signing import SignedRecord
from ledger.store import bonuses, meta
from ledger.store.database import Connection
from ledger.store.records import StoredRecord


def keep(connection: Connection, award: BonusAward, file: dict[str, Any]) -> None:
    """Keep the file of `award`; raises `RuleBroken` unless its lines have the root that the award carries."""
    root = amounts_root(RecordId(award.agreement), award.version, amounts_from_json(file))
    if root != award.amounts:
        raise RuleBroken(
            "the file is not this award's", where="lines", expected=to_hex(award.amounts), found=to_hex(root)
        )
    meta.put(connection, _name(award.agreement, award.version), json.dumps(file))


def file_of(connection: Connection, agreement: bytes, version: int) -> dict[str, Any] | None:
    """The award file as it was kept; None when none was."""
    text = meta.get(connection, _name(agreement, version))
    return None if text is None else dict(json.loads(text))


def lines(connection: Connection, agreement: bytes, version: int) -> Sequence[Line]:
    file = file_of(connection, agreement, version)
    return amounts_from_json(file) if file else ()


def claim_extras(connection: Connection, stored: StoredRecord) -> Sequence[Any] | None:
    """What `BonusPool.claim` needs besides the record; nothing for other records, None while the file is missing."""
    return extras_of(connection, stored.signed)


def extras_of(connection: Connection, signed: SignedRecord) -> Sequence[Any] | None:
    record = signed.record
    if not isinstance(record, Claim):
        return ()
    known = lines(connection, record.agreement, record.version)
    own = any((line.partner, line.amount) == (record.by, record.amount) for line in known)
    earlier = [c for c in bonuses.claims(connection, RecordId(record.agreement)) if c.version == record.version]
    if own and not any((c.partner, c.amount) == (record.by, record.amount) for c in earlier):
        proof = amount_proof(RecordId(record.agreement), record.version, known, record.by)
        return (proof.index, proof.size, list(proof.path))
    agreement = bonuses.agreement(connection, RecordId(record.agreement))
    if agreement is None or agreement.residual != record.by:
        return None
    # The residual partner shows all lines while claims run; afterwards the contract needs none of them.
    return ([{"partner": line.partner, "amount": line.amount} for line in known],)


def _name(agreement: bytes, version: int) -> str:
    return f"award/{to_hex(agreement)}/{version}"


def keep_rule(connection: Connection, text: bytes) -> bytes:
    """Keep a rule file under its SHA-256, which it returns. Raises `MalformedRecord` for a file that is none."""
    rule = parse_rule(text)
    meta.put_new(connection, _rule_name(rule.hash), text.decode())
    return rule.hash


def rule_text(connection: Connection, rule: bytes) -> bytes | None:
    """The rule file with this SHA-256; None when it was not kept here."""
    text = meta.get(connection, _rule_name(rule))
    return None if text is None else text.encode()


def _rule_name(rule: bytes) -> str:
    return f"rule/{to_hex(rule)}"
