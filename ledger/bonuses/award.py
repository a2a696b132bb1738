"""The award of a bonus agreement: who gets how much and why, in integers, from figures that anyone can recompute.

A party that reaches the rule's benchmark and its quality gate (`ledger.bonuses.findings`) gets floor(pool x basisPoints
/ 10,000); where the rule says so, less the delay penalties for which it is liable, in the agreement's currency or by
the rates that the rule names (`ledger.bonuses.currencies`), and at least 0. Whatever is not paid to a party (shares
forfeited, penalties, what rounding leaves, basis points nobody has) goes to the residual partner, so the sum is exact:

    sum of all lines + residual = pool.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ledger import merkle
from ledger.attested.fx import Rates
from ledger.bonuses.amounts import WHOLE, AmountProof, Line, amount_proof, amounts_root
from ledger.bonuses.charges import NO_RATES, Charge, ChargeSetAside, ConvertedCharge, in_currency
from ledger.bonuses.findings import RoleFinding, findings_of
from ledger.bonuses.rule_file import BonusRule, require_rule
from ledger.codes import Role
from ledger.common.figure import Amount, Currency, figure
from ledger.common.ids import LogId, PartnerId, RecordId, to_hex
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.records.types import BonusAgreement, BonusAward
from ledger.scores.card import Card
from ledger.scores.composite import Scorecard, Scores


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
    judged = dict[int, dict[Role, Scorecard]]()
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
            findings_of(rule, judged.get(share.partner, {})),
            [in_currency(charge, agreement, rule, rates) for charge in charged.get(share.partner, ())],
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


def _require_same_measure(scorecard: Scorecard, rule: BonusRule, agreement: BonusAgreement) -> None:
    where = f"scorecard of partner {scorecard.partner}"
    if scorecard.card != rule.card:
        raise VerificationFailed(
            "measured by another card", where=where, expected=to_hex(rule.card), found=to_hex(scorecard.card)
        )
    result, signed = (scorecard.period.start, scorecard.period.end), (agreement.periodStart, agreement.periodEnd)
    if result != signed:
        raise VerificationFailed("of another period", where=where, expected=signed, found=result)


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
