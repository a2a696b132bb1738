"""The figures of a bundle, made again from its verified records and compared with what it claims, field by field."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ledger.bonuses.amounts import Line, check_lines_are
from ledger.bonuses.award import require_computed
from ledger.bonuses.rule_file import parse_rule
from ledger.bundle.figures import LAST_SECOND, award_figures, award_for, partner_figures, range_for, shipment_figures
from ledger.bundle.product import check_product, product_verdict
from ledger.bundle.subject import Subject, SubjectKind, parse_subject
from ledger.bundle.trace import check_trace
from ledger.bundle.undisclosed import told_apart
from ledger.bundle.whole.ledger import check_ledger
from ledger.common.ids import LogId, PartnerId, RecordId, bytes_from_hex, to_hex
from ledger.common.json_fields import entries, wide_integer
from ledger.common.periods import Period
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.products.verdict import ProductVerdict
from ledger.records.evidence import Basis, CheckpointTime, CheckpointTimes
from ledger.records.types import BonusAgreement, BonusAward, Dispute, Record, Ruling
from ledger.records.verification import VerifiedRecord, as_known_at
from ledger.registry.history import RegistryHistory, RegistryView
from ledger.scores.adopted_card import CARDS, measure_by, passed_over
from ledger.scores.card import parse_card
from ledger.shipments.history import Journeys

FIGURES_OF = {
    SubjectKind.SHIPMENT: ("withheld", "penalties"),
    SubjectKind.PARTNER: ("withheld", "penalties", "scores"),
    SubjectKind.AWARD: ("withheld", "award", "card"),
    SubjectKind.PRODUCT: ("codes",),
    SubjectKind.TRACE: ("shipments", "beyond"),
    SubjectKind.LEDGER: ("withheld", "missing", "stood"),
}
"""What is compared, in this order: what was not shown is named before what it changes."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What figures are checked against: verified records, every body by id, the registry under the bundle's checkpoint
    and its history, the bundle's log, and the evidence of its checkpoints. `latest`: until when the bundle's own stood,
    after which nothing is judged (None: nothing of the subject is judged at a time that is asked).
    """

    verified: Sequence[VerifiedRecord]
    records: Mapping[RecordId, Record]
    registry: RegistryView
    history: RegistryHistory
    log_id: LogId
    times: CheckpointTimes
    latest: CheckpointTime | None


class AwardEffect(StrEnum):
    """What became of an award, by the outcomes that the log attests."""

    NOT_RECORDED = "not_recorded"
    RECORDED = "recorded"
    DISPUTED = "disputed"
    VOIDED = "voided"
    DISPUTE_DISMISSED = "dispute_dismissed"


@dataclass(frozen=True, slots=True)
class CheckedFigures:
    """Figures that were made again and are the same; of an award, what became of it and the ruling that says so; of a
    product the verdict that the records give, as of `judged_at` (UTC seconds)."""

    subject: Subject
    figures: Mapping[str, Any]
    effect: AwardEffect | None = None
    ruling: RecordId | None = None
    verdict: ProductVerdict | None = None
    judged_at: int = 0

    @property
    def withheld(self) -> int:
        """Of how many shipments a part is withheld or erased that the figures rest on, and claims of attestations; with
        the adopted files that a ledger lacks.
        """
        shipments, claims = told_apart(self.figures.get("withheld", ()))
        return shipments + claims + len(self.figures.get("missing", ()))


def check_figures(
    subject_text: str, figures: Mapping[str, Any], rules: Sequence[str], ground: Ground
) -> CheckedFigures:
    """Make the figures again and compare; what was made.

    1. The figures are those of the subject: a shipment's penalty, a partner's penalties and scores, an award, which
       attested codes list a product, the shipments of a trace.
    2. Made from the verified records, by the scorecard that governs, they are the same in every field.
    3. No rule file is there that no figure names.

    Raises `VerificationFailed` naming the figure, `MalformedRecord` for what is none, `NotFound` where a part that the
    whole figure rests on is withheld.
    """
    # 1. The subject's.
    subject = parse_subject(subject_text)
    wanted = FIGURES_OF[subject.kind]
    if set(figures) != set(wanted):
        raise MalformedRecord("wrong figures", where="figures", expected=", ".join(wanted), found=", ".join(figures))
    # 2. The same again.
    used: set[str] = set()
    effect: AwardEffect | None = None
    ruling: RecordId | None = None
    if subject.kind is SubjectKind.AWARD:
        computed = _award(subject, figures, rules, used, ground)
        effect, ruling = _effect(subject, ground)
    elif subject.product is not None:
        computed = check_product(subject.product, figures, rules, ground.records, ground.registry)
        verdict, judged_at = product_verdict(
            subject.product, computed, ground.verified, ground.registry, ground.history
        )
        return CheckedFigures(subject, computed, verdict=verdict, judged_at=judged_at)
    elif subject.kind is SubjectKind.PARTNER:
        computed = _partner(subject, figures, rules, used, ground)
    elif subject.kind is SubjectKind.TRACE:
        computed = check_trace(subject, figures, Journeys(ground.verified))
    elif subject.kind is SubjectKind.LEDGER:
        computed = check_ledger(subject, figures, rules, ground.verified, ground.registry)
        used.update(rules)
    else:
        computed = shipment_figures(Journeys(ground.verified), subject.id, _judged_at(figures))
    _check_judged(figures, subject, ground.latest)
    for name in wanted:
        compare(figures[name], computed[name], name)
    # 3. Nothing else.
    if len(used) != len(rules):
        raise MalformedRecord("a rule file that no figure names, or one twice", where="rules", expected=len(used))
    return CheckedFigures(subject, computed, effect, ruling)


_STOOD = {
    Basis.OPERATOR: "when its last leaf was logged",
    Basis.WITNESSES: "when witnesses had cosigned it",
    Basis.CHAIN: "when the chain took it",
}


def _check_judged(figures: Mapping[str, Any], subject: Subject, latest: CheckpointTime | None) -> None:
    """Nothing is judged at a time that the checkpoint cannot know of (RECORDS, *Times of a record*)."""
    if latest is None:
        return
    judged = [_judged_at(figures) or 0]
    if subject.kind is SubjectKind.PARTNER:
        judged.append(figures["scores"]["period"]["at"])
    if max(judged) > latest.time:
        raise VerificationFailed(
            "judged at a time after the checkpoint",
            where="judged_at",
            expected=f"at most {latest.time}, {_STOOD[latest.basis]}",
            found=max(judged),
            mend="Have it exported again. A trust file that names the log's witnesses may bear out a later time.",
        )


def _judged_at(figures: Mapping[str, Any]) -> int | None:
    """The one time at which statements say that goods still under way were judged."""
    result: int | None = None
    for i, statement in enumerate(_get(figures["penalties"], "statements", list, "penalties")):
        where = f"penalties.statements[{i}]"
        at = _get(statement, "judged_at", object, where)
        if at is None:
            continue
        if not isinstance(at, int) or not 0 <= at < LAST_SECOND:
            raise MalformedRecord("not a time", where=f"figures.{where}.judged_at", expected="UTC seconds, or null")
        if result not in (None, at):
            raise VerificationFailed("judged at several times", where="penalties.statements", expected=result, found=at)
        result = at
    return result


def _partner(
    subject: Subject, figures: Mapping[str, Any], rules: Sequence[str], used: set[str], ground: Ground
) -> dict[str, Any]:
    scores = figures["scores"]
    period = _get(scores, "period", dict, "scores")
    start, end, at = (_get(period, name, int, "scores.period") for name in ("start", "end", "at"))
    if not 0 <= start <= end <= LAST_SECOND or not 0 <= at <= LAST_SECOND:
        raise MalformedRecord("not a period", where="figures.scores.period", expected=f"up to {LAST_SECOND}")
    named = bytes_from_hex(_get(scores, "card", str, "scores"), 32, "card")
    others = _others(ground, start, rules, used)
    measure = measure_by(parse_card(_rule(named, rules, used)), ground.registry, start, others)
    return partner_figures(
        Journeys(ground.verified), subject.partner, Period(start, end, at), _judged_at(figures), measure
    )


def _award(
    subject: Subject, figures: Mapping[str, Any], rules: Sequence[str], used: set[str], ground: Ground
) -> dict[str, Any]:
    award, agreement = award_and_agreement(str(subject), ground.records)
    if award.logId != ground.log_id:
        raise VerificationFailed(
            "computed from the records of another log",
            where="award.logId",
            expected=to_hex(ground.log_id),
            found=to_hex(award.logId),
        )
    rule = _rule(agreement.rule, rules, used)
    card = parse_card(_rule(parse_rule(rule).card, rules, used))
    known = list(as_known_at(ground.verified, award.logSize, ground.times))
    computed = award_for(RecordId(award.agreement), agreement, rule, card, award.version, award.total, known)
    ranges = range_for(computed, agreement, card, known, lambda: _signed_lines(figures, agreement, award))
    if ranges is None:
        require_computed(award, computed)
    else:
        ranges.check()
    others = _others(ground, agreement.periodStart, rules, used)
    return award_figures(ranges or computed, agreement, known, ground.registry, others)


def _others(ground: Ground, start: int, rules: Sequence[str], used: set[str]) -> list[bytes]:
    """The adopted files in the bundle that are no scorecards, where it takes them to see which card governs."""
    shown = {hashlib.sha256(text.encode()).digest(): text for text in rules if not CARDS.has(text.encode())}
    result = passed_over(ground.registry, start, shown)
    used.update(shown[document] for document in result)
    return result


def _signed_lines(figures: Mapping[str, Any], agreement: BonusAgreement, award: BonusAward) -> Sequence[Line]:
    """The amounts that the figures say were signed, once they have the root in the award."""
    lines = []
    for where, entry in entries(_get(figures["award"], "lines", list, "award"), "figures.award.lines"):
        partner, amount = (_get(entry, name, kind, where) for name, kind in (("partner", int), ("amount", str)))
        lines.append(Line(PartnerId(partner), wide_integer(amount, f"{where}.amount", 128)))
    check_lines_are(agreement, award, lines)
    return lines


def award_and_agreement(subject: str, records: Mapping[RecordId, Record]) -> tuple[BonusAward, BonusAgreement]:
    """The award that `subject` names and its agreement; raises `VerificationFailed` where one is not in the bundle."""
    award = records.get(RecordId(parse_subject(subject).id))
    agreement = records.get(RecordId(award.agreement)) if isinstance(award, BonusAward) else None
    if not isinstance(award, BonusAward) or not isinstance(agreement, BonusAgreement):
        raise VerificationFailed("agreement or award is not in the bundle", where="award", expected=subject)
    return award, agreement


def _effect(subject: Subject, ground: Ground) -> tuple[AwardEffect, RecordId | None]:
    """What became of the award, by the outcomes that the log attests; raises when the chain refused it."""
    verified = next(record for record in ground.verified if record.id == subject.id)
    award = verified.record
    if not isinstance(award, BonusAward):
        raise VerificationFailed("not an award", where="award", found=type(award).__name__)
    if not verified.outcomes:
        return AwardEffect.NOT_RECORDED, None
    if not verified.applied():
        result = verified.outcomes[0].name.lower().replace("_", " ")
        raise VerificationFailed("the chain did not take this award", where="award", expected="applied", found=result)
    disputed = False
    for other in ground.verified:
        body = other.record
        if not other.applied() or not isinstance(body, Dispute | Ruling):
            continue
        if (body.agreement, body.version) != (award.agreement, award.version):
            continue
        if isinstance(body, Ruling):
            return (AwardEffect.VOIDED if body.upheld else AwardEffect.DISPUTE_DISMISSED), other.id
        disputed = True
    return (AwardEffect.DISPUTED if disputed else AwardEffect.RECORDED), None


def compare(claimed: Any, computed: Any, where: str) -> None:
    """Raise `VerificationFailed` naming the first place where two JSON values differ."""
    if isinstance(claimed, dict) and isinstance(computed, dict):
        if missing := sorted(set(claimed) ^ set(computed)):
            raise VerificationFailed("wrong fields", where=where, expected=sorted(computed), found=missing[0][:80])
        for name in sorted(computed):
            compare(claimed[name], computed[name], f"{where}.{name}")
    elif isinstance(claimed, list) and isinstance(computed, list) and len(claimed) == len(computed):
        for i, (one, other) in enumerate(zip(claimed, computed, strict=True)):
            compare(one, other, f"{where}[{i}]")
    elif isinstance(claimed, list) and isinstance(computed, list):
        raise VerificationFailed(
            "more or fewer entries than follow from the records",
            where=where,
            expected=len(computed),
            found=len(claimed),
        )
    elif claimed != computed or type(claimed) is not type(computed):
        raise VerificationFailed(
            "this figure does not follow from the records",
            where=where,
            expected=str(computed)[:200],
            found=str(claimed)[:200],
        )


def _rule(wanted: bytes, rules: Sequence[str], used: set[str]) -> bytes:
    text = rule_named(wanted, rules)
    used.add(text.decode())
    return text


def rule_named(wanted: bytes, rules: Sequence[str]) -> bytes:
    """The rule file with this SHA-256; raises `VerificationFailed` where it is not in the bundle."""
    for text in rules:
        if hashlib.sha256(text.encode()).digest() == wanted:
            return text.encode()
    raise VerificationFailed("a rule file is not in the bundle", where="rules", expected=to_hex(wanted))


def _get(value: Any, name: str, kind: type, where: str) -> Any:
    result = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, dict) or name not in value or not isinstance(result, kind) or isinstance(result, bool):
        raise MalformedRecord("missing, or of the wrong kind", where=f"figures.{where}.{name}", expected=kind.__name__)
    return result
