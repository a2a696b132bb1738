"""The award of a bonus agreement: who gets how much and why, in integers, from figures that anyone can recompute.

A party that reaches the rule's benchmark and its quality gate gets floor(pool x basisPoints / 10,000), less the delay
penalties for which it is liable, in the agreement's currency, and at least 0. Whatever is not paid to a party (shares
forfeited, penalties, what rounding leaves, basis points nobody has) goes to the residual partner, so the sum is exact:

    sum of all lines + residual = pool.

A reward needs certainty in the receiver's favour: shares of events and scores are judged by the lower end of their
interval, which must lie above the threshold; a volume is a plain count, which must reach it. Too few samples, or no
figure at all, is *unknown*: not rewarded, and the line says so instead of showing a bad figure.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger import merkle
from ledger.bonus_amounts import WHOLE, AmountProof, Line, amount_proof, amounts_root
from ledger.bonus_rules import BonusRule, Indicator, Threshold, require_rule
from ledger.errors import MalformedRecord
from ledger.ids import LogId, PartnerId, RecordId, to_hex
from ledger.penalties import PenaltyStatement
from ledger.records import BonusAgreement, BonusAward

FORMAT = "lading/award/1"
_DECIMAL = re.compile(r"0|[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Measure:
    """What one indicator says of a partner in the agreement's period, in the rule's units.

    `low` is the lower end of its interval, for a volume the value itself; `samples` are delivery events. `evidence`
    are the records it was computed from.
    """

    indicator: Indicator
    value: int
    low: int
    samples: int
    evidence: tuple[RecordId, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """A delay penalty as far as a bonus is concerned. `indicative`: `partner` never signed or endorsed the terms."""

    shipment: bytes
    partner: PartnerId
    amount: int
    currency: str
    indicative: bool
    evidence: tuple[RecordId, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a threshold was reached; `measure` is None where nothing is known."""

    threshold: Threshold
    measure: Measure | None
    met: bool
    why: str


@dataclass(frozen=True, slots=True)
class AwardLine:
    """One party. `share` is its part of the pool before anything is taken; `amount` what it gets.

    `deducted` is what penalties took (never more than the share); `set_aside` are penalties that do not count here,
    each with the reason.
    """

    partner: PartnerId
    basis_points: int
    share: int
    benchmark: Finding
    quality: Finding
    charges: tuple[Charge, ...]
    set_aside: tuple[tuple[Charge, str], ...]
    deducted: int
    amount: int

    @property
    def met(self) -> bool:
        return self.benchmark.met and self.quality.met


@dataclass(frozen=True, slots=True)
class Award:
    """A computed award. `lines` ascend by partner, one a party. `residual_amount` is what they leave of `total`.

    The residual partner may be a party as well: then its line and `residual_amount` are both its own.
    """

    agreement: RecordId
    version: int
    currency: str
    total: int
    rule: BonusRule
    lines: tuple[AwardLine, ...]
    residual: PartnerId
    residual_amount: int
    evidence: tuple[RecordId, ...]

    @property
    def amounts(self) -> tuple[Line, ...]:
        return tuple(Line(line.partner, line.amount) for line in self.lines)

    @property
    def root(self) -> bytes:
        """The award's `amounts`."""
        return amounts_root(self.agreement, self.version, self.amounts)

    @property
    def evidence_root(self) -> bytes:
        """The award's `evidence`: RFC 9162 root over the record ids, ascending; zeros for none."""
        return merkle.sorted_root(self.evidence)

    def proof(self, partner: int) -> AmountProof:
        """What `partner` sends with its claim; raises `NotFound` for one that is no party."""
        return amount_proof(self.agreement, self.version, self.amounts, partner)

    def record(self, by: PartnerId, log_id: LogId, log_size: int) -> BonusAward:
        """The record that the awarder signs: this award, as known at `log_size` of the log."""
        return BonusAward(
            by=by,
            agreement=self.agreement,
            version=self.version,
            logId=log_id,
            logSize=log_size,
            total=self.total,
            amounts=self.root,
            evidence=self.evidence_root,
        )


def compute_award(
    agreement_id: RecordId,
    agreement: BonusAgreement,
    rule: BonusRule,
    version: int,
    total: int,
    measures: Mapping[PartnerId, Sequence[Measure]],
    charges: Iterable[Charge] = (),
) -> Award:
    """Share `total` out as `agreement` and `rule` say.

    1. The rule is the one that was signed.
    2. Each party, ascending: benchmark and quality gate; its share; its penalties, dearest first, then by shipment.
    3. The rest is the residual partner's.

    `measures` and `charges` are those of the agreement's period; partners who are no parties are ignored. Raises
    `VerificationFailed` for another rule, `MalformedRecord` for a charge named twice.
    """
    # 1. Rule.
    require_rule(rule, agreement.rule)
    # 2. Parties.
    charged: dict[int, list[Charge]] = {}
    seen: set[tuple[bytes, int]] = set()
    for charge in sorted(charges, key=lambda c: (-c.amount, c.shipment)):
        if (charge.shipment, charge.partner) in seen:
            raise MalformedRecord("a penalty is named twice", where="charges", found=to_hex(charge.shipment))
        seen.add((charge.shipment, charge.partner))
        charged.setdefault(charge.partner, []).append(charge)
    lines = tuple(
        _line(
            PartnerId(share.partner),
            share.basisPoints,
            total,
            agreement.currency,
            rule,
            measures.get(PartnerId(share.partner), ()),
            charged.get(share.partner, ()),
        )
        for share in sorted(agreement.parties, key=lambda s: s.partner)
    )
    # 3. Residual.
    return Award(
        agreement=agreement_id,
        version=version,
        currency=agreement.currency,
        total=total,
        rule=rule,
        lines=lines,
        residual=PartnerId(agreement.residual),
        residual_amount=total - sum(line.amount for line in lines),
        evidence=tuple(sorted({record for line in lines for record in _evidence_of(line)})),
    )


def charges_of(statements: Iterable[PenaltyStatement]) -> tuple[Charge, ...]:
    """The penalties that weigh on `liable` of each statement; statements of nothing are left out."""
    return tuple(
        Charge(s.shipment, s.liable, s.amount, s.currency, s.indicative, s.evidence) for s in statements if s.amount > 0
    )


def judge(threshold: Threshold, measures: Sequence[Measure]) -> Finding:
    """Whether `measures` reach `threshold`."""
    measure = next((m for m in measures if m.indicator == threshold.indicator), None)
    name, least = threshold.indicator.value, threshold.least
    if measure is None:
        return Finding(threshold, None, False, f"{name} unknown: nothing was due in the period")
    if measure.samples < threshold.samples:
        few = f"{measure.samples} of at least {threshold.samples} delivery events"
        return Finding(threshold, measure, False, f"{name} unknown: {few}")
    if threshold.indicator is Indicator.VOLUME:
        met, figure, needed = measure.value >= least, f"{measure.value}", f"at least {least}"
    else:
        met, figure, needed = measure.low > least, f"{measure.value} (at least {measure.low})", f"above {least}"
    return Finding(threshold, measure, met, f"{name} {figure}, needed {needed}: {'reached' if met else 'missed'}")


def _line(
    partner: PartnerId,
    basis_points: int,
    total: int,
    currency: str,
    rule: BonusRule,
    measures: Sequence[Measure],
    charges: Sequence[Charge],
) -> AwardLine:
    benchmark, quality = judge(rule.benchmark, measures), judge(rule.quality, measures)
    share = total * basis_points // WHOLE
    counted, set_aside = [], []
    for charge in charges:
        if charge.currency != currency:
            set_aside.append((charge, f"in {charge.currency or 'no currency'}, not in {currency}"))
        elif charge.indicative:
            set_aside.append((charge, "indicative: the partner has not signed or endorsed the terms"))
        else:
            counted.append(charge)
    earned = share if benchmark.met and quality.met else 0
    deducted = min(earned, sum(charge.amount for charge in counted))
    return AwardLine(
        partner=partner,
        basis_points=basis_points,
        share=share,
        benchmark=benchmark,
        quality=quality,
        charges=tuple(counted),
        set_aside=tuple(set_aside),
        deducted=deducted,
        amount=earned - deducted,
    )


def _evidence_of(line: AwardLine) -> Iterable[RecordId]:
    for finding in (line.benchmark, line.quality):
        if finding.measure is not None:
            yield from finding.measure.evidence
    for charge in (*line.charges, *(charge for charge, _ in line.set_aside)):
        yield from charge.evidence


# --- for people and files --------------------------------------------------------------------------------------------


def explain(award: Award) -> tuple[str, ...]:
    """The award line by line, in words. Amounts in minor units of its currency."""
    unit = award.currency
    text = [f"Award {award.version}: {award.total} {unit} (minor units) under “{award.rule.title}”."]
    for line in award.lines:
        text.append(f"Partner {line.partner}: {line.basis_points} basis points of {award.total} = {line.share} {unit}.")
        text += [f"  Benchmark: {line.benchmark.why}.", f"  Quality gate: {line.quality.why}."]
        text += [f"  Penalty of shipment {to_hex(c.shipment)}: {c.amount} {unit}." for c in line.charges]
        text += [
            f"  Penalty of shipment {to_hex(c.shipment)}: {c.amount} {c.currency}, not counted ({why})."
            for c, why in line.set_aside
        ]
        if not line.met:
            text.append(f"  Gets 0: {line.share} {unit} forfeited.")
        elif line.deducted:
            text.append(f"  Gets {line.amount} {unit}: {line.deducted} taken for penalties.")
        else:
            text.append(f"  Gets {line.amount} {unit}.")
    paid = award.total - award.residual_amount
    text.append(
        f"Partner {award.residual} gets the rest: {award.total} - {paid} = {award.residual_amount} {unit} (forfeited"
        " shares, penalties, roundings and basis points that nobody has)."
    )
    return tuple(text)


def award_to_json(award: Award) -> dict[str, Any]:
    """The award file: what the awarder shows all parties with the record. Integers over 48 bits as decimal strings."""
    return {
        "format": FORMAT,
        "agreement": to_hex(award.agreement),
        "version": award.version,
        "currency": award.currency,
        "rule": to_hex(award.rule.hash),
        "total": str(award.total),
        "lines": [
            {
                "partner": line.partner,
                "basisPoints": line.basis_points,
                "share": str(line.share),
                "met": line.met,
                "benchmark": line.benchmark.why,
                "quality": line.quality.why,
                "penalties": [
                    {"shipment": to_hex(charge.shipment), "amount": str(charge.amount)} for charge in line.charges
                ],
                "deducted": str(line.deducted),
                "amount": str(line.amount),
            }
            for line in award.lines
        ],
        "residual": {"partner": award.residual, "amount": str(award.residual_amount)},
        "amounts": to_hex(award.root),
        "evidence": {"root": to_hex(award.evidence_root), "records": [to_hex(record) for record in award.evidence]},
        "explanation": list(explain(award)),
    }


def amounts_from_json(data: object) -> tuple[Line, ...]:
    """The amounts in an award file, for proofs and for `check_lines`, which decides whether they can be trusted.

    Raises `MalformedRecord`.
    """
    if not isinstance(data, Mapping) or data.get("format") != FORMAT or not isinstance(data.get("lines"), list):
        raise MalformedRecord("not an award file", where="award file", expected=f'"format": "{FORMAT}" and "lines"')
    lines = []
    for i, entry in enumerate(data["lines"]):
        where = f"lines[{i}]"
        if not isinstance(entry, Mapping):
            raise MalformedRecord("not a line", where=where, expected="an object")
        partner, amount = entry.get("partner"), entry.get("amount")
        if isinstance(partner, bool) or not isinstance(partner, int) or not 0 < partner < 2**40:
            raise MalformedRecord("not a partner", where=f"{where}.partner", expected="uint40", found=str(partner)[:80])
        if not isinstance(amount, str) or len(amount) > 39 or not _DECIMAL.fullmatch(amount):
            raise MalformedRecord(
                "not an amount", where=f"{where}.amount", expected="uint128 as a decimal string", found=str(amount)[:80]
            )
        lines.append(Line(PartnerId(partner), int(amount)))
    return tuple(lines)
