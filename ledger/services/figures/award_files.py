"""Award files: the lines behind an award's root, kept so that every party can prove its amount and claim it.

Whoever hands lines in, only the lines are kept: they prove themselves by the root that the signed award carries.
Shares, penalties and words are shown only where this node has computed them itself from its records.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from ledger.bonuses.amounts import Line, amount_proof, amounts_root, check_lines
from ledger.bonuses.award import Award
from ledger.bonuses.award_file import FORMAT, amounts_from_json, award_to_json
from ledger.bonuses.rule_file import parse_rule
from ledger.bundle.figures import award_for
from ledger.common.ids import RecordId, to_hex
from ledger.errors import NotFound, RuleBroken, VerificationFailed
from ledger.records.signing import SignedRecord
from ledger.records.types import BonusAgreement, BonusAward, Claim
from ledger.records.verification import VerifiedRecord
from ledger.scores.card import parse_card
from ledger.services.home.score_cards import card_text
from ledger.services.state.award_sizes import rule_name, rule_text
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import meta, records
from ledger.store.database import Connection
from ledger.store.projections import bonuses
from ledger.store.records import StoredRecord


def keep(connection: Connection, award: BonusAward, file: dict[str, Any]) -> None:
    """Keep the lines in `file`, and nothing else of it; what is kept already stays.

    Raises `RuleBroken` unless they have the root that `award` carries, `MalformedRecord` for what is no award file.
    """
    known = amounts_from_json(file)
    root = amounts_root(RecordId(award.agreement), award.version, known)
    if root != award.amounts:
        raise RuleBroken(
            "the file is not this award's", where="lines", expected=to_hex(award.amounts), found=to_hex(root)
        )
    meta.put_new(connection, _name(award.agreement, award.version, root), json.dumps(bare_file(award, known)))


def bare_file(award: BonusAward, lines: Sequence[Line]) -> dict[str, Any]:
    """An award file that has the amounts alone."""
    return {
        "format": FORMAT,
        "agreement": to_hex(award.agreement),
        "version": award.version,
        "lines": [{"partner": line.partner, "amount": str(line.amount)} for line in lines],
    }


def keep_computed(connection: Connection, award: Award) -> dict[str, Any]:
    """Keep the whole file of an award that this node computed, which it returns; bare lines give way to it."""
    file = award_to_json(award)
    meta.put(connection, _name(award.agreement, award.version, award.root), json.dumps(file))
    return file


class HandedOver(NamedTuple):
    """What `check_handed_over` finds: what the lines leave to the residual partner, and the last second in which a
    party may dispute the award, None before the chain has it.
    """

    lines: Sequence[Line]
    residual: int
    dispute_until: int | None


def check_handed_over(connection: Connection, agreement_id: RecordId, version: int, file: object) -> HandedOver:
    """Check the lines of an award file that somebody hands over against the recorded award and the agreement's shares.

    It needs no other record: a party of which the rest is withheld knows what it may claim. Raises `NotFound` without
    such an award, `MalformedRecord` for what is no award file, `VerificationFailed` for lines that are to be disputed.
    """
    row = next((a for a in bonuses.awards(connection, agreement_id) if a.version == version), None)
    award = records.get(connection, row.record_id) if row else None
    agreement = records.get(connection, agreement_id)
    if row is None or award is None or agreement is None:
        raise NotFound("no such award", where="award", found=f"{to_hex(agreement_id)} version {version}")
    terms, known = cast(BonusAgreement, agreement.record), amounts_from_json(file)
    try:
        left = check_lines(terms, cast(BonusAward, award.record), known)
    except VerificationFailed as error:
        error.mend = "A party may dispute the award until its dispute window ends."
        raise
    return HandedOver(known, left, None if row.block_time is None else row.block_time + terms.disputeWindow)


class Computed(NamedTuple):
    """An award with all that it follows from: texts of rule and scorecard, and the records."""

    award: Award
    agreement: BonusAgreement
    rule: bytes
    card: bytes
    records: Sequence[VerifiedRecord]


def computed(
    connection: Connection, reader: VerifiedRecords, agreement_id: RecordId, version: int, total: int, size: int
) -> Computed:
    """The award that follows from the records at `size` of this log.

    Raises `NotFound` while agreement, rule file or scorecard are not here.
    """
    agreement, rule = agreed(connection, agreement_id)
    card = card_text(connection, parse_rule(rule).card)
    known = reader.known_at(size)
    award = award_for(agreement_id, agreement, rule, parse_card(card), version, total, known)
    return Computed(award, agreement, rule, card, known)


def agreed(connection: Connection, agreement_id: RecordId) -> tuple[BonusAgreement, bytes]:
    """An agreement and the text of its rule file; raises `NotFound` while one is not here."""
    row = records.get(connection, agreement_id)
    if row is None or not isinstance(row.record, BonusAgreement):
        raise NotFound("no such agreement", where="agreement", found=to_hex(agreement_id))
    rule = rule_text(connection, row.record.rule)
    if rule is None:
        raise NotFound(
            "the agreement's rule file is not kept here",
            where="rule",
            found=to_hex(row.record.rule),
            mend="Keep the file that the parties signed, byte for byte: lading bonuses rule keep FILE",
        )
    return row.record, rule


def file_of(connection: Connection, agreement: bytes, version: int, amounts: bytes) -> dict[str, Any] | None:
    """The file of the award that commits to `amounts`; None when none was kept."""
    text = meta.get(connection, _name(agreement, version, amounts))
    return None if text is None else dict(json.loads(text))


def lines(connection: Connection, agreement: bytes, version: int) -> Sequence[Line]:
    """The lines of the recorded award of this version; none while they are not here."""
    for award in bonuses.awards(connection, RecordId(agreement)):
        if award.version == version and (file := file_of(connection, agreement, version, award.amounts)):
            return amounts_from_json(file)
    return ()


def signed_lines(connection: Connection, award: BonusAward) -> Sequence[Line]:
    """The lines to which `award` commits; raises `NotFound` where its file was not kept here."""
    file = file_of(connection, award.agreement, award.version, award.amounts)
    if file is None:
        raise NotFound(
            "the award's file is not kept here, and parts that it rests on are withheld",
            where="award",
            found=to_hex(award.amounts),
            mend="Hand it in as the awarder showed it: PUT /v1/bonuses/{agreement}/awards/{version}",
        )
    return amounts_from_json(file)


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


def kept_amounts(
    connection: Connection, awards: Mapping[tuple[RecordId, int], bytes]
) -> dict[tuple[RecordId, int], tuple[Line, ...]]:
    """What each party gets, of those awards (agreement and version, with the root of their amounts) whose lines are
    kept."""
    names = {_name(agreement, version, root): (agreement, version) for (agreement, version), root in awards.items()}
    kept = meta.get_many(connection, names)
    return {names[name]: amounts_from_json(json.loads(text)) for name, text in kept.items()}


def _name(agreement: bytes, version: int, amounts: bytes) -> str:
    return f"award/{to_hex(agreement)}/{version}/{to_hex(amounts)}"


def keep_rule(connection: Connection, text: bytes) -> bytes:
    """Keep a rule file under its SHA-256, which it returns. Raises `MalformedRecord` for a file that is none."""
    rule = parse_rule(text)
    meta.put_new(connection, rule_name(rule.hash), text.decode())
    return rule.hash
