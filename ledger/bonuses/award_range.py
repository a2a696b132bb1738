"""What an award may be where parts that it rests on are withheld or erased: a range for each party that holds it.

Nothing is known of a withheld part, so a party whom it concerns (`ledger.scores.hidden`) may have missed a threshold
by it, or owe a penalty without bound: at worst it gets nothing. At best it gets its share less the penalties that
rest on nothing withheld, or nothing where it misses a threshold whatever the part says. Brokers are measured against
the others of their office: whatever is withheld concerns all of them. Where it may hide a dispute that the rule waited
for, nobody can say when everything was judged: then each party may have got all of its share, or nothing. Everybody
else has its exact amount.

The amounts that were signed cannot be made again then. They are shown as they prove themselves, by the award's root,
and lie within the ranges, or the award is refuted all the same.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ledger.bonuses.amounts import Line
from ledger.bonuses.award import Award, AwardLine
from ledger.bonuses.rule_file import AT_MOST, SCORE, SHIPMENTS, BonusRule, Threshold
from ledger.codes import Role
from ledger.common.figure import Amount, Currency, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.errors import VerificationFailed
from ledger.scores.composite import Scorecard
from ledger.scores.hidden import concerned_by
from ledger.scores.tallies import Tallies
from ledger.shipments.closed import names_of
from ledger.shipments.history import Journeys


@figure("partner", ("basisPoints", "basis_points"), "share", "low", "high", "amount")
@dataclass(frozen=True, slots=True)
class LineRange:
    """A party gets `low` to `high` by what is shown; `amount` is what was signed."""

    partner: PartnerId
    basis_points: int
    share: Amount
    low: Amount
    high: Amount
    amount: Amount


@figure("partner", "low", "high", "amount")
@dataclass(frozen=True, slots=True)
class ResidualRange:
    """What the lines leave to the residual partner, by what is shown and as it was signed."""

    partner: PartnerId
    low: Amount
    high: Amount
    amount: Amount


@figure(
    "agreement", "version", "currency", ("rule", "rule.hash"), "total", "lines", "residual", ("leftOut", "left_out")
)
@dataclass(frozen=True, slots=True)
class AwardRange:
    """An award of which only ranges are known. `lines` ascend by partner, one a party. `left_out` are the shipments of
    which it is seen that they are disputed, and count for nobody. `closed` are the attestations whose claims are
    not shown and that decide a party's score, or by whose rates its penalties count.
    """

    agreement: RecordId
    version: int
    currency: Currency
    rule: BonusRule
    total: Amount
    lines: tuple[LineRange, ...]
    residual: ResidualRange
    left_out: tuple[bytes, ...]
    closed: tuple[RecordId, ...] = ()

    @property
    def amounts(self) -> tuple[Line, ...]:
        """The lines that were signed."""
        return tuple(Line(line.partner, line.amount) for line in self.lines)

    def check(self) -> None:
        """Raise `VerificationFailed` where a signed amount lies outside its range."""
        for line in self.lines:
            if not line.low <= line.amount <= line.high:
                raise VerificationFailed(
                    "the records give another amount, whatever the withheld parts say",
                    where=f"award line of {line.partner}",
                    expected=str(line.low) if line.low == line.high else f"{line.low} to {line.high}",
                    found=line.amount,
                )


def award_range(
    award: Award,
    scorecards: Collection[Scorecard],
    tallies: Tallies,
    journeys: Journeys,
    withheld: Mapping[bytes, bool],
    signed: Callable[[], Sequence[Line]],
    unsure: bool,
    closed: Mapping[int, Collection[RecordId]] = MappingProxyType({}),
) -> AwardRange | None:
    """The ranges of `award`, which was computed without the `withheld` shipments: True where it is not known who would
    be liable. None where they concern no party and cannot be among the award's evidence.

    `unsure`: they may hide a dispute for which it waited. `scorecards` and `tallies` are those that it was computed
    from; `closed` the attestations whose claims are not shown, of each party whom they concern; `signed` gives the
    lines that were signed, one a party ascending, and is asked only where there are ranges.
    """
    concerned = [concerned_by(journeys, shipment) for shipment in {*withheld, *tallies.hidden}]
    brokers = set(tallies.partners(Role.BROKER)) if Role.BROKER in award.rule.roles else set()
    hidden = {
        line.partner: sum(line.partner in partners for partners in concerned)
        for line in award.lines
        if (concerned and line.partner in brokers) or any(line.partner in partners for partners in concerned)
    }
    hidden = dict.fromkeys((line.partner for line in award.lines if line.partner in closed), 0) | hidden
    if not hidden and not any(withheld.values()) and not unsure:
        return None  # a penalty that is set aside, for its partner never signed the terms, is evidence too
    amounts = {line.partner: line.amount for line in signed()}
    lines = []
    for line in award.lines:
        low = high = line.amount
        if unsure:
            low, high = 0, line.share
        elif line.partner in hidden:
            cards = [card for card in scorecards if card.partner == line.partner]
            missed = any(
                _misses(threshold, card, hidden[line.partner])
                for role, rule in award.rule.roles.items()
                for card in cards
                if card.role is role and card.shipments
                for threshold in (rule.benchmark, rule.quality)
            )
            low, high = 0, 0 if missed else max(0, line.share - _owed_surely(line, journeys, withheld))
        amount = amounts.get(line.partner, 0)
        lines.append(LineRange(line.partner, line.basis_points, line.share, low, high, amount))
    rest = [award.total - sum(values) for values in zip(*((e.high, e.low, e.amount) for e in lines), strict=True)]
    residual = ResidualRange(award.residual, max(0, rest[0]), rest[1], max(0, rest[2]))
    return AwardRange(
        award.agreement,
        award.version,
        award.currency,
        award.rule,
        award.total,
        tuple(lines),
        residual,
        award.left_out,
        tuple(sorted({record for records in closed.values() for record in records})),
    )


def _misses(threshold: Threshold, card: Scorecard, hidden: int) -> bool:
    """Whether `card` misses the threshold whatever `hidden` shipments say: its range lies wholly short of it."""
    name, limit = threshold.indicator, threshold.limit
    if name == SHIPMENTS:
        return card.shipments + hidden < limit
    entry = card if name == SCORE else next((i for i in card.indicators if i.indicator.value == name), None)
    if entry is None or entry.low is None or entry.high is None:
        return False
    return entry.low >= limit if name in AT_MOST else entry.high <= limit


def _owed_surely(line: AwardLine, journeys: Journeys, withheld: Collection[bytes]) -> int:
    """The penalties of a party that rest on nothing withheld."""
    return sum(
        charge.counted for charge in line.charges if set(names_of(journeys, charge.shipment)).isdisjoint(withheld)
    )
