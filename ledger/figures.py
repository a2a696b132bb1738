"""Figures in a bundle: penalties, scores and awards as they were claimed, and the same computed again.

Everything is a pure function of verified records as known at a log size. Integers over 48 bits stand as decimal
strings, as everywhere in JSON.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ledger import penalty_words, score_words
from ledger.bonus_rules import parse_rule
from ledger.bonus_words import award_to_json
from ledger.bonuses import Award, charges_of, compute_award, scorecards_of
from ledger.codes import Role
from ledger.errors import MalformedRecord, NotFound, VerificationFailed
from ledger.ids import RecordId, bytes_from_hex, to_hex
from ledger.journeys import Journeys
from ledger.penalties import PenaltyStatement, penalty_of
from ledger.records import BonusAgreement, BonusAward, Record
from ledger.score_card import Card, parse_card
from ledger.score_samples import Period
from ledger.scores import Tallies
from ledger.structs import NUMBER_BITS
from ledger.verification import VerifiedRecord, as_known_at

KINDS = ("penalties", "scores", "award")


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
    charges = charges_of(agreement, statements_of(journeys))
    return compute_award(agreement_id, agreement, rule, version, total, scorecards, charges)


def statements_of(journeys: Journeys, at: int | None = None) -> list[PenaltyStatement]:
    """Every penalty statement that can be made; shipments whose commercial part is withheld here have none."""
    found = []
    for shipment in journeys.shipments():
        try:
            found.append(penalty_of(shipment, journeys, at))
        except NotFound:
            continue
    return found


def penalties_figure(statements: Iterable[PenaltyStatement], at: int | None) -> dict[str, Any]:
    """`at`: the time at which goods still under way were judged, None for without them."""
    return _plain({"at": at, "statements": [penalty_words.to_json(s) for s in statements]})


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
    return _plain(
        {
            "period": {"start": period.start, "end": period.end, "at": period.at},
            "card": to_hex(card.hash),
            "partners": sorted(wanted),
            "cards": [score_words.to_json(found) for found in cards],
        }
    )


def award_figure(award: Award) -> dict[str, Any]:
    return _plain(award_to_json(award))


def check_figures(
    figures: Mapping[str, Any],
    rules: Sequence[str],
    verified: Sequence[VerifiedRecord],
    records: Mapping[RecordId, Record],
) -> str:
    """Compute every figure again and compare; in words what came out. Raises `VerificationFailed` naming the figure."""
    unknown = sorted(set(figures) - set(KINDS))
    if unknown:
        raise MalformedRecord("unknown figure", where=f"figures.{unknown[0]}", expected=", ".join(KINDS))
    done = []
    if "penalties" in figures:
        done.append(_check_penalties(figures["penalties"], verified))
    if "scores" in figures:
        done.append(_check_scores(figures["scores"], rules, verified))
    if "award" in figures:
        done.append(_check_award(figures["award"], rules, verified, records))
    return "; ".join(done) or "the bundle claims no figures"


def _check_penalties(claimed: Any, verified: Sequence[VerifiedRecord]) -> str:
    statements = _get(claimed, "statements", list, "penalties")
    at = claimed.get("at")
    if at is not None and (isinstance(at, bool) or not isinstance(at, int)):
        raise MalformedRecord("not a time", where="figures.penalties.at", expected="UTC seconds, or null")
    journeys = Journeys(verified)
    for i, statement in enumerate(statements):
        where = f"penalties.statements[{i}]"
        shipment = bytes_from_hex(_get(statement, "shipment", str, where), 32, where)
        _compare(statement, _plain(penalty_words.to_json(penalty_of(shipment, journeys, at))), where)
    return f"{len(statements)} penalty statements come out the same"


def _check_scores(claimed: Any, rules: Sequence[str], verified: Sequence[VerifiedRecord]) -> str:
    card = _card(_get(claimed, "card", str, "scores"), rules)
    period = _get(claimed, "period", dict, "scores")
    span = Period(*(_get(period, name, int, "scores.period") for name in ("start", "end", "at")))
    partners = _get(claimed, "partners", list, "scores")
    _compare(claimed, scores_figure(Journeys(verified), span, card, partners), "scores")
    return f"{len(claimed['cards'])} scorecards come out the same"


def _check_award(
    claimed: Any, rules: Sequence[str], verified: Sequence[VerifiedRecord], records: Mapping[RecordId, Record]
) -> str:
    agreement_id = RecordId(bytes_from_hex(_get(claimed, "agreement", str, "award"), 32, "award.agreement"))
    version = _get(claimed, "version", int, "award")
    agreement = records.get(agreement_id)
    award = next(
        (
            r
            for r in records.values()
            if isinstance(r, BonusAward) and (r.agreement, r.version) == (agreement_id, version)
        ),
        None,
    )
    if not isinstance(agreement, BonusAgreement) or award is None:
        raise VerificationFailed("agreement or award is not in the bundle", where="award", found=to_hex(agreement_id))
    rule = _rule(agreement.rule, rules)
    card = _card(to_hex(parse_rule(rule).card), rules)
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
        for name in sorted(set(claimed) | set(computed)):
            _compare(claimed.get(name), computed.get(name), f"{where}.{name}")
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


def _rule(wanted: bytes, rules: Sequence[str]) -> bytes:
    for text in rules:
        if hashlib.sha256(text.encode()).digest() == wanted:
            return text.encode()
    raise VerificationFailed("a rule file is not in the bundle", where="rules", expected=to_hex(wanted))


def _card(wanted: str, rules: Sequence[str]) -> Card:
    return parse_card(_rule(bytes_from_hex(wanted, 32, "card"), rules))


def _get(value: Any, name: str, kind: type, where: str) -> Any:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, kind) or isinstance(found, bool):
        raise MalformedRecord("missing, or of the wrong kind", where=f"figures.{where}.{name}", expected=kind.__name__)
    return found


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain_value(entry) for name, entry in value.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, list | tuple):
        return [_plain_value(entry) for entry in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << NUMBER_BITS:
        return str(value)
    return value
