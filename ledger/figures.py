"""Figures in a bundle: penalties, scores and awards as they were claimed, and the same computed again.

Everything is a pure function of verified records as known at a log size. Integers over 48 bits stand as decimal
strings, as everywhere in JSON.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ledger import penalty_words, score_words
from ledger.bonus_rules import parse_rule
from ledger.bonus_words import award_to_json
from ledger.bonuses import Award, charges_on, compute_award, scorecards_of
from ledger.bundle_subjects import Subject, SubjectKind, parse_subject
from ledger.codes import Role
from ledger.errors import MalformedRecord, NotFound, VerificationFailed
from ledger.ids import RecordId, bytes_from_hex, to_hex
from ledger.journeys import Journeys
from ledger.owed import all_owed
from ledger.penalties import PenaltyStatement, penalty_of
from ledger.records import BonusAgreement, BonusAward, Record, ShipmentTerms
from ledger.score_card import Card, parse_card
from ledger.score_samples import Period
from ledger.scores import Tallies
from ledger.structs import Withheld
from ledger.verification import VerifiedRecord, as_known_at

FIGURES_OF = {
    SubjectKind.SHIPMENT: ("penalties",),
    SubjectKind.PARTNER: ("penalties", "scores"),
    SubjectKind.AWARD: ("award",),
}
LAST_SECOND = 2**40 - 1


def award_for(
    agreement_id: RecordId,
    agreement: BonusAgreement,
    rule_text: bytes,
    card: Card,
    version: int,
    total: int,
    records: Sequence[VerifiedRecord],
) -> Award:
    """The award that follows from `records`, those known at the award's log size, judged at the period's end.

    Raises what `ledger.bonuses.compute_award` raises.
    """
    rule = parse_rule(rule_text)
    journeys = Journeys(records)
    tallies = Tallies(journeys, Period(agreement.periodStart, agreement.periodEnd, agreement.periodEnd))
    scorecards = scorecards_of(agreement, rule, tallies, card)
    charges = charges_on(agreement, journeys, all_owed(journeys, agreement.periodEnd))
    return compute_award(agreement_id, agreement, rule, version, total, scorecards, charges)


def statements_of(
    journeys: Journeys,
    at: int | None = None,
    *,
    partner: int | None = None,
    wanted: Callable[[ShipmentTerms], bool] = lambda _: True,
) -> list[PenaltyStatement]:
    """Every penalty statement that can be made, of one partner (as liable or beneficiary) if named and under terms that
    are `wanted`; shipments whose commercial part is withheld here have none.
    """
    found = []
    for shipment in journeys.shipments():
        try:
            terms = journeys.terms_of(shipment)
            commercial = terms.record.commercial
            if isinstance(commercial, Withheld) or partner not in (None, commercial.liable, commercial.beneficiary):
                continue
            if wanted(terms.record):
                found.append(penalty_of(shipment, journeys, at))
        except NotFound:
            continue
    return found


def penalties_figure(statements: Iterable[PenaltyStatement], at: int | None) -> dict[str, Any]:
    """`at`: the time at which goods still under way were judged, None for without them."""
    return {"statements": [{"at": at} | penalty_words.to_json(s) for s in statements]}


def scores_figure(journeys: Journeys, period: Period, card: Card, partners: Iterable[int]) -> dict[str, Any]:
    """The scorecards of `partners` in every role in which anything was due."""
    tallies = Tallies(journeys, period)
    wanted = set(partners)
    cards = [
        tallies.score(partner, role, card)
        for role in (Role.CARRIER, Role.SUPPLIER, Role.BROKER)
        for partner in tallies.partners(role)
        if partner in wanted
    ]
    return {
        "period": {"start": period.start, "end": period.end, "at": period.at},
        "card": to_hex(card.hash),
        "partners": sorted(wanted),
        "cards": [score_words.to_json(found) for found in cards],
    }


def award_figure(award: Award) -> dict[str, Any]:
    return award_to_json(award)


def check_figures(
    subject_text: str,
    figures: Mapping[str, Any],
    rules: Sequence[str],
    verified: Sequence[VerifiedRecord],
    records: Mapping[RecordId, Record],
) -> str:
    """Compute every figure again and compare; in words what came out.

    1. The figures are those of the subject: a shipment's penalty, a partner's penalties and scores, an award.
    2. Each comes out the same from `verified`.
    3. No rule file is there that no figure names.

    Raises `VerificationFailed` naming the figure, `MalformedRecord` for what is none.
    """
    # 1. The subject's.
    subject = parse_subject(subject_text)
    wanted = FIGURES_OF[subject.kind]
    if set(figures) != set(wanted):
        raise MalformedRecord("wrong figures", where="figures", expected=", ".join(wanted), found=", ".join(figures))
    # 2. The same again.
    used: set[str] = set()
    done = []
    if "penalties" in figures:
        done.append(_check_penalties(subject, figures["penalties"], verified))
    if "scores" in figures:
        done.append(_check_scores(subject, figures["scores"], rules, used, verified))
    if "award" in figures:
        done.append(_check_award(subject, figures["award"], rules, used, verified, records))
    # 3. Nothing else.
    if len(used) != len(rules):
        raise MalformedRecord("a rule file that no figure names, or one twice", where="rules", expected=len(used))
    return "; ".join(done)


def _check_penalties(subject: Subject, claimed: Any, verified: Sequence[VerifiedRecord]) -> str:
    statements = _get(claimed, "statements", list, "penalties")
    if set(claimed) != {"statements"}:
        raise MalformedRecord("wrong fields", where="figures.penalties", expected="statements")
    journeys = Journeys(verified)
    stated: list[bytes] = []
    for i, statement in enumerate(statements):
        where = f"penalties.statements[{i}]"
        at = _get(statement, "at", object, where)
        if at is not None and (isinstance(at, bool) or not isinstance(at, int) or not 0 <= at < LAST_SECOND):
            raise MalformedRecord("not a time", where=f"figures.{where}.at", expected="UTC seconds, or null")
        shipment = bytes_from_hex(_get(statement, "shipment", str, where), 32, where)
        computed = penalty_of(shipment, journeys, at)
        _compare(statement, {"at": at} | penalty_words.to_json(computed), where)
        stated.append(computed.shipment)
        if subject.kind is SubjectKind.PARTNER and subject.partner not in (computed.liable, computed.beneficiary):
            raise VerificationFailed("a penalty of others", where=where, found=to_hex(computed.shipment))
    if len(set(stated)) != len(stated):
        raise VerificationFailed("a penalty is stated twice", where="penalties.statements")
    if subject.kind is SubjectKind.SHIPMENT and stated != [journeys.own_shipment(subject.id)]:
        raise VerificationFailed("not the subject's penalty", where="penalties.statements", expected=str(subject))
    if subject.kind is SubjectKind.PARTNER:
        everything = {s.shipment for s in statements_of(journeys) if subject.partner in (s.liable, s.beneficiary)}
        if left_out := sorted(everything - set(stated)):
            raise VerificationFailed(
                "a penalty statement was left out", where="penalties.statements", expected=to_hex(left_out[0])
            )
        if len({statement["at"] for statement in statements}) > 1:
            raise VerificationFailed("judged at several times", where="penalties.statements")
    return f"{len(statements)} penalty statements come out the same"


def _check_scores(
    subject: Subject, claimed: Any, rules: Sequence[str], used: set[str], verified: Sequence[VerifiedRecord]
) -> str:
    card = _card(_get(claimed, "card", str, "scores"), rules, used)
    period = _get(claimed, "period", dict, "scores")
    start, end, at = (_get(period, name, int, "scores.period") for name in ("start", "end", "at"))
    if not 0 <= start <= end <= LAST_SECOND or not 0 <= at <= LAST_SECOND:
        raise MalformedRecord("not a period", where="figures.scores.period", expected=f"up to {LAST_SECOND}")
    computed = scores_figure(Journeys(verified), Period(start, end, at), card, [subject.partner])
    _compare(claimed, computed, "scores")
    return f"{len(computed['cards'])} scorecards come out the same"


def _check_award(
    subject: Subject,
    claimed: Any,
    rules: Sequence[str],
    used: set[str],
    verified: Sequence[VerifiedRecord],
    records: Mapping[RecordId, Record],
) -> str:
    award = records.get(RecordId(subject.id))
    agreement = records.get(RecordId(award.agreement)) if isinstance(award, BonusAward) else None
    if not isinstance(award, BonusAward) or not isinstance(agreement, BonusAgreement):
        raise VerificationFailed("agreement or award is not in the bundle", where="award", expected=str(subject))
    agreement_id, version = RecordId(award.agreement), award.version
    rule = _rule(agreement.rule, rules, used)
    card = _card(to_hex(parse_rule(rule).card), rules, used)
    known = list(as_known_at(verified, award.logSize))
    computed = award_for(agreement_id, agreement, rule, card, version, award.total, known)
    _compare(claimed, award_figure(computed), "award")
    for name, expected, found in (
        ("amounts", award.amounts, computed.root),
        ("evidence", award.evidence, computed.evidence_root),
    ):
        if expected != found:
            raise VerificationFailed(
                "the signed award says otherwise", where=f"award.{name}", expected=to_hex(expected), found=to_hex(found)
            )
    return f"the award of {award.total} comes out the same, line by line"


def _compare(claimed: Any, computed: Any, where: str) -> None:
    """Raise `VerificationFailed` naming the first place where two JSON values differ."""
    if isinstance(claimed, dict) and isinstance(computed, dict):
        if missing := sorted(set(claimed) ^ set(computed)):
            raise VerificationFailed("wrong fields", where=where, expected=sorted(computed), found=missing[0][:80])
        for name in sorted(computed):
            _compare(claimed[name], computed[name], f"{where}.{name}")
    elif isinstance(claimed, list) and isinstance(computed, list) and len(claimed) == len(computed):
        for i, (one, other) in enumerate(zip(claimed, computed, strict=True)):
            _compare(one, other, f"{where}[{i}]")
    elif claimed != computed or type(claimed) is not type(computed):
        raise VerificationFailed(
            "this figure does not follow from the records",
            where=where,
            expected=str(computed)[:200],
            found=str(claimed)[:200],
        )


def _rule(wanted: bytes, rules: Sequence[str], used: set[str]) -> bytes:
    for text in rules:
        if hashlib.sha256(text.encode()).digest() == wanted:
            used.add(text)
            return text.encode()
    raise VerificationFailed("a rule file is not in the bundle", where="rules", expected=to_hex(wanted))


def _card(wanted: str, rules: Sequence[str], used: set[str]) -> Card:
    return parse_card(_rule(bytes_from_hex(wanted, 32, "card"), rules, used))


def _get(value: Any, name: str, kind: type, where: str) -> Any:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, dict) or name not in value or not isinstance(found, kind) or isinstance(found, bool):
        raise MalformedRecord("missing, or of the wrong kind", where=f"figures.{where}.{name}", expected=kind.__name__)
    return found
