"""The award of a bonus agreement: who gets how much and why, in integers, from figures that anyone can recompute.

A party that reaches the rule's benchmark and its quality gate gets floor(pool x basisPoints / 10,000); where the rule
says so, less the delay penalties for which it is liable, in the agreement's currency or by the rates that the rule
names (`ledger.bonuses.currencies`), and at least 0. Whatever is not
paid to a party (shares forfeited, penalties, what rounding leaves, basis points nobody has) goes to the residual
partner, so the sum is exact:

    sum of all lines + residual = pool.

A reward needs certainty in the receiver's favour: shares and scores are judged by the lower end of their interval,
which must lie above the threshold (of defects the upper end, below it); the number of shipments is a plain count, which
must reach it. Too few samples, or no figure at all, is *unknown*: not rewarded, and the line says so instead of showing
a bad figure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import floor
from typing import Annotated

from ledger import merkle
from ledger.attested.claims import Closed
from ledger.attested.fx import Rates, day_of, day_text, rates_of
from ledger.bonuses.amounts import WHOLE, AmountProof, Line, amount_proof, amounts_root
from ledger.bonuses.currencies import RateDay, interested
from ledger.bonuses.rule_file import AT_MOST, SCORE, SHIPMENTS, BonusRule, Threshold, require_rule
from ledger.codes import Role
from ledger.common.figure import Amount, Currency, Pattern, figure
from ledger.common.ids import LogId, PartnerId, RecordId, to_hex
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.penalties.amounts import Owed, evidence_of
from ledger.records.types import BonusAgreement, BonusAward
from ledger.scores.card import Card
from ledger.scores.composite import Scorecard, Scores
from ledger.scores.indicator_score import IndicatorStatus
from ledger.shipments.history import Journeys

NO_RATES = Rates(())


@figure("shipment", "amount", "currency")
@dataclass(frozen=True, slots=True)
class Charge:
    """A delay penalty as far as a bonus is concerned. `indicative`: `partner` never signed or endorsed the terms.
    `promised_at`: the second of the promise, grace included.
    """

    shipment: bytes
    partner: PartnerId
    amount: Amount
    currency: Currency
    indicative: bool
    evidence: tuple[RecordId, ...] = ()
    promised_at: int = field(default=0, compare=False)

    @property
    def counted(self) -> int:
        """What it takes, in the agreement's currency, if it counts."""
        return self.amount


Day = Annotated[str, Pattern("[0-9]{4}-[0-9]{2}-[0-9]{2}")]


@figure(
    ("shipment", "charge.shipment"),
    "amount",
    ("currency", "charge.currency"),
    ("converted", "counted"),
    "rate",
    "day",
)
@dataclass(frozen=True, slots=True)
class ConvertedCharge:
    """A penalty of another currency: `counted` in the agreement's, rounded down, by the attestation `rate` of `day`."""

    charge: Charge
    counted: Amount
    rate: RecordId
    day: Day

    @property
    def shipment(self) -> bytes:
        return self.charge.shipment

    @property
    def amount(self) -> Amount:
        """In its own currency."""
        return self.charge.amount

    @property
    def evidence(self) -> tuple[RecordId, ...]:
        return (*self.charge.evidence, self.rate)


class FindingReason(StrEnum):
    """Why a threshold counts as reached or not. Unknown is never reached."""

    REACHED = "reached"
    MISSED = "missed"
    NOTHING_DUE = "nothing_due"
    NO_VALUE = "no_value"
    TOO_FEW_SAMPLES = "too_few_samples"


class SetAside(StrEnum):
    """Why a penalty does not count against a bonus. The last three: the rule names rates, but nobody attested one for
    the day; it may be in claims that are not shown here; or the issuer is one of those whom the agreement concerns.
    """

    OTHER_CURRENCY = "other_currency"
    INDICATIVE = "indicative"
    NO_RATE = "no_rate"
    RATE_WITHHELD = "rate_withheld"
    INTERESTED_ISSUER = "interested_issuer"


@figure(
    ("indicator", "threshold.indicator"),
    ("limit", "threshold.limit"),
    ("least", "threshold.samples"),
    "value",
    "bound",
    "samples",
    "met",
    "reason",
)
@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a threshold was reached. `value` is None where nothing is known, `bound` the end of its interval that was
    compared (None for counts); `evidence` what it was computed from.
    """

    threshold: Threshold
    value: int | None
    bound: int | None
    samples: int
    reason: FindingReason
    evidence: tuple[RecordId, ...]

    @property
    def met(self) -> bool:
        return self.reason is FindingReason.REACHED


@figure("role", "benchmark", "quality")
@dataclass(frozen=True, slots=True)
class RoleFinding:
    """A party as judged in one role."""

    role: Role
    benchmark: Finding
    quality: Finding

    @property
    def met(self) -> bool:
        return self.benchmark.met and self.quality.met


@figure(("penalty", "charge"), "reason")
@dataclass(frozen=True, slots=True)
class ChargeSetAside:
    """A penalty that does not count here, and why."""

    charge: Charge
    reason: SetAside


@figure(
    "partner",
    ("basisPoints", "basis_points"),
    "share",
    "met",
    ("judged", "findings"),
    ("penalties", "charges"),
    ("setAside", "set_aside"),
    "deducted",
    "amount",
)
@dataclass(frozen=True, slots=True)
class AwardLine:
    """One party. `share` is its part of the pool before anything is taken; `amount` what it gets.

    `findings` has an entry for each role of the rule in which anything was due from it. `deducted` is what penalties
    took (never more than the share); `set_aside` are penalties that do not count here.
    """

    partner: PartnerId
    basis_points: int
    share: Amount
    findings: tuple[RoleFinding, ...]
    charges: tuple[Charge | ConvertedCharge, ...]
    set_aside: tuple[ChargeSetAside, ...]
    deducted: Amount
    amount: Amount

    @property
    def met(self) -> bool:
        """It was judged, and reached everything in every role."""
        return bool(self.findings) and all(finding.met for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Award:
    """A computed award. `lines` ascend by partner, one a party. `residual_amount` is what they leave of `total`; the
    residual partner may be a party as well. `left_out` are the disputed shipments, ascending, that count for nobody.
    """

    agreement: RecordId
    version: int
    currency: Currency
    total: Amount
    rule: BonusRule
    lines: tuple[AwardLine, ...]
    residual: PartnerId
    residual_amount: int
    evidence: tuple[RecordId, ...]
    left_out: tuple[bytes, ...] = ()

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
    scorecards: Iterable[Scorecard],
    charges: Iterable[Charge] = (),
    left_out: Sequence[bytes] = (),
    rates: Rates = NO_RATES,
) -> Award:
    """Share `total` out as `agreement` and `rule` say.

    1. The rule is the one that was signed; scorecards are of its card and of the agreement's period.
    2. Each party, ascending: benchmark and quality gate; its share; its penalties, dearest first, then by shipment. A
       rule that takes none off leaves no word of them: amounts, evidence and award file are as if there were none.
    3. The rest is the residual partner's.

    `scorecards` are those of `scorecards_of`; those of partners who are no parties are ignored, and so are charges.
    `left_out` is in neither. `rates`: those of the issuer that the rule names, as `rates_for` gives them. Raises
    `VerificationFailed` for another rule, card or period, `MalformedRecord` for a charge named twice.
    """
    # 1. Rule.
    require_rule(rule, agreement.rule)
    judged: dict[int, dict[Role, Scorecard]] = {}
    for scorecard in scorecards:
        _require_same_measure(scorecard, rule, agreement)
        judged.setdefault(scorecard.partner, {})[scorecard.role] = scorecard
    # 2. Parties.
    charged: dict[int, list[Charge]] = {}
    seen: set[tuple[bytes, int]] = set()
    for charge in sorted(charges if rule.penalties else (), key=lambda c: (-c.amount, c.shipment)):
        if (charge.shipment, charge.partner) in seen:
            raise MalformedRecord("a penalty is named twice", where="charges", found=to_hex(charge.shipment))
        seen.add((charge.shipment, charge.partner))
        charged.setdefault(charge.partner, []).append(charge)
    lines = tuple(
        _line(
            PartnerId(share.partner),
            share.basisPoints,
            total,
            _findings(rule, judged.get(share.partner, {})),
            [_in_currency(charge, agreement, rule, rates) for charge in charged.get(share.partner, ())],
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
        left_out=tuple(left_out),
    )


def require_computed(signed: BonusAward, computed: Award, mend: str = "") -> None:
    """Raise `VerificationFailed` unless the records give the award that was signed."""
    for name, stated, match in (
        ("amounts", signed.amounts, computed.root),
        ("evidence", signed.evidence, computed.evidence_root),
    ):
        if stated != match:
            raise VerificationFailed(
                "the records give another award than the one that was signed",
                where=f"award.{name}",
                expected=to_hex(match),
                found=to_hex(stated),
                mend=mend,
            )


def scorecards_of(agreement: BonusAgreement, rule: BonusRule, tallies: Scores, card: Card) -> tuple[Scorecard, ...]:
    """The scorecards that `compute_award` needs: each party in each role of the rule in which anything was due."""
    return tuple(
        tallies.score(share.partner, role, card)
        for share in agreement.parties
        for role in rule.roles
        if share.partner in tallies.partners(role)
    )


def rates_for(rule: BonusRule, journeys: Journeys, at: int) -> Rates:
    """The rates that the rule names as they stood at the second `at`; none where it names none."""
    chosen = rule.currencies
    return NO_RATES if chosen is None else rates_of(journeys, chosen.issuer, chosen.schema, at)


def charges_on(agreement: BonusAgreement, journeys: Journeys, owed: Iterable[Owed], at: int) -> tuple[Charge, ...]:
    """The penalties that the agreement's parties owe for goods due in its period (as scorecards count), zeros left out.

    `owed` are judged at `at`, the period's end or later: what is neither delivered nor tendered by then runs on to its
    cap, so that keeping goods back never pays.
    """
    parties = {share.partner for share in agreement.parties}
    return tuple(
        Charge(
            o.shipment,
            PartnerId(o.liable),
            o.amount,
            o.currency,
            o.indicative,
            evidence_of(journeys, o.shipment, at),
            o.promised_at,
        )
        for o in owed
        if o.amount > 0 and o.liable in parties and agreement.periodStart <= o.promised_at < agreement.periodEnd
    )


def judge(threshold: Threshold, scorecard: Scorecard) -> Finding:
    """Whether a scorecard reaches `threshold`."""
    name, limit = threshold.indicator, threshold.limit
    if name == SHIPMENTS:
        met = scorecard.shipments >= limit
        return Finding(threshold, scorecard.shipments, None, scorecard.samples, _reason(met), scorecard.evidence)
    if name == SCORE:
        value, low, high = scorecard.score, scorecard.low, scorecard.high
        samples, evidence = scorecard.samples, scorecard.evidence
    else:
        entry = next((i for i in scorecard.indicators if i.indicator.value == name), None)
        if entry is None or entry.status is IndicatorStatus.UNKNOWN:
            return Finding(threshold, None, None, 0, FindingReason.NOTHING_DUE, ())
        value, low, high, samples = entry.value, entry.low, entry.high, entry.samples
        evidence = entry.evidence
    if low is None or high is None:
        return Finding(threshold, None, None, samples, FindingReason.NO_VALUE, evidence)
    if samples < threshold.samples:
        return Finding(threshold, value, None, samples, FindingReason.TOO_FEW_SAMPLES, evidence)
    bound, met = (high, high < limit) if name in AT_MOST else (low, low > limit)
    return Finding(threshold, value, bound, samples, _reason(met), evidence)


def may_sanction(threshold: Threshold, scorecard: Scorecard) -> bool:
    """Whether a scorecard certainly misses `threshold`: a sanction needs the better end of the interval beyond it.

    Between the two, and with too few samples, neither reward nor sanction follows. Counts of shipments sanction nobody.
    """
    name, limit = threshold.indicator, threshold.limit
    if name == SCORE:
        low, high, samples = scorecard.low, scorecard.high, scorecard.samples
    else:
        entry = next((i for i in scorecard.indicators if i.indicator.value == name), None)
        low, high, samples = (entry.low, entry.high, entry.samples) if entry is not None else (None, None, 0)
    if low is None or high is None or samples < threshold.samples:
        return False
    return low > limit if name in AT_MOST else high < limit


def _reason(met: bool) -> FindingReason:
    return FindingReason.REACHED if met else FindingReason.MISSED


def _require_same_measure(scorecard: Scorecard, rule: BonusRule, agreement: BonusAgreement) -> None:
    where = f"scorecard of partner {scorecard.partner}"
    if scorecard.card != rule.card:
        raise VerificationFailed(
            "measured by another card", where=where, expected=to_hex(rule.card), found=to_hex(scorecard.card)
        )
    result, signed = (scorecard.period.start, scorecard.period.end), (agreement.periodStart, agreement.periodEnd)
    if result != signed:
        raise VerificationFailed("of another period", where=where, expected=signed, found=result)


def _findings(rule: BonusRule, scorecards: Mapping[Role, Scorecard]) -> tuple[RoleFinding, ...]:
    return tuple(
        RoleFinding(role, judge(thresholds.benchmark, scorecards[role]), judge(thresholds.quality, scorecards[role]))
        for role, thresholds in rule.roles.items()
        if role in scorecards and scorecards[role].shipments > 0
    )


def _in_currency(
    charge: Charge, agreement: BonusAgreement, rule: BonusRule, rates: Rates
) -> Charge | ConvertedCharge | ChargeSetAside:
    """The penalty as it counts in the agreement's currency, or why it does not."""
    chosen, currency = rule.currencies, agreement.currency
    if charge.currency != currency and chosen is None:
        return ChargeSetAside(charge, SetAside.OTHER_CURRENCY)
    if charge.indicative:
        return ChargeSetAside(charge, SetAside.INDICATIVE)
    if charge.currency == currency or chosen is None:
        return charge
    if interested(agreement, chosen.issuer):
        return ChargeSetAside(charge, SetAside.INTERESTED_ISSUER)
    second = agreement.periodEnd - 1 if chosen.day is RateDay.PERIOD_END else charge.promised_at
    rate = rates.on(day_of(second), (charge.currency, currency), chosen.older)
    if rate is None or isinstance(rate, Closed):
        return ChargeSetAside(charge, SetAside.NO_RATE if rate is None else SetAside.RATE_WITHHELD)
    return ConvertedCharge(charge, floor(charge.amount * rate.ratio), rate.record, day_text(rate.day))


def _line(
    partner: PartnerId,
    basis_points: int,
    total: int,
    findings: tuple[RoleFinding, ...],
    charges: Sequence[Charge | ConvertedCharge | ChargeSetAside],
) -> AwardLine:
    share = total * basis_points // WHOLE
    counted = tuple(charge for charge in charges if not isinstance(charge, ChargeSetAside))
    met = bool(findings) and all(finding.met for finding in findings)
    earned = share if met else 0
    deducted = min(earned, sum(charge.counted for charge in counted))
    return AwardLine(
        partner=partner,
        basis_points=basis_points,
        share=share,
        findings=findings,
        charges=counted,
        set_aside=tuple(charge for charge in charges if isinstance(charge, ChargeSetAside)),
        deducted=deducted,
        amount=earned - deducted,
    )


def _evidence_of(line: AwardLine) -> Iterator[RecordId]:
    for finding in line.findings:
        yield from finding.benchmark.evidence
        yield from finding.quality.evidence
    for charge in (*line.charges, *(aside.charge for aside in line.set_aside)):
        yield from charge.evidence
