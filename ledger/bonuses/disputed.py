"""Disputed shipments of a bonus: they wait, or are left out, as the rule file says. Codes and integers only.

A tender is disputed while it may still be contested, and contested for 30 days (`ledger.shipments.tenders`). A shipment
that is disputed when period and grace end counts for an award if it makes a party's penalty, which the rule takes off,
or a sample of an indicator that a threshold of the rule looks at.

- *wait*: the award is computed at the first anchored size at which all of these disputes are over, and everything under
  way is judged then. A tender made after period and grace is waited for no more, so nobody can put the award off again
  and again.
- *left out*: these shipments count for nobody, in no penalty and no sample.
- Files of the older form say neither: they judge at the period's end, and count the lower amount.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ledger.bonuses.rule_file import SCORE, SHIPMENTS, BonusRule, WhenDisputed
from ledger.codes import Role, StatementKind
from ledger.common.periods import Period
from ledger.records.types import BonusAgreement
from ledger.records.verification import VerifiedRecord
from ledger.scores.card import OF_ROLE
from ledger.scores.indicators import known_samples
from ledger.scores.samples import Case, Sample, case_of
from ledger.shipments.history import Journeys


def counted_until(agreement: BonusAgreement, grace: int) -> int:
    """The last second in which a record may be logged and still leave the period open. UTC seconds."""
    return agreement.periodEnd + grace


@dataclass(frozen=True, slots=True)
class DisputedShipment:
    """A shipment whose figure hangs on a tender, which is decided after the second `until` (UTC)."""

    shipment: bytes
    until: int


@dataclass(frozen=True, slots=True)
class Reckoning:
    """When an award is computed, and without what.

    The last leaf of its log size is logged after `until`; everything is judged at `at` (UTC seconds). `waits_for` was
    disputed when period and grace ended, and `until` is the end of the last of it; `left_out` is disputed, and counts
    for nobody. `sure`: no part is withheld here that may hide a further dispute.
    """

    until: int
    at: int
    waits_for: tuple[DisputedShipment, ...] = ()
    left_out: tuple[bytes, ...] = ()
    sure: bool = True


def reckoning(agreement: BonusAgreement, rule: BonusRule, journeys: Journeys) -> Reckoning:
    """What `rule` makes of the disputes among `journeys`, which are those known at the award's log size."""
    until = counted_until(agreement, rule.grace)
    if rule.disputed is WhenDisputed.LOWER_AMOUNT:
        return Reckoning(until, agreement.periodEnd)
    disputed: list[DisputedShipment] = []
    sure = True
    for shipment in _tendered(journeys):
        case = case_of(journeys, shipment, Period(agreement.periodStart, agreement.periodEnd, until))
        samples = None if case is None else known_samples(case)
        if case is None or samples is None:
            sure = False
        elif (ends := _disputed_until(case, until)) and _counts(case, samples, agreement, rule):
            disputed.append(DisputedShipment(shipment, max(ends)))
    disputed.sort(key=lambda entry: entry.shipment)
    if rule.disputed is WhenDisputed.LEFT_OUT:
        return Reckoning(until, until, left_out=tuple(entry.shipment for entry in disputed), sure=sure)
    if not disputed:
        return Reckoning(until, until, sure=sure)
    over = max(until, *(entry.until for entry in disputed))
    return Reckoning(over, over + 1, tuple(disputed), sure=sure)


Reckoner = Callable[[int], Reckoning]
"""What the records known at a size of the log make of the disputes."""


def reckoner(agreement: BonusAgreement, rule: BonusRule, known: Callable[[int], Iterable[VerifiedRecord]]) -> Reckoner:
    """`reckoning` by size. `known` gives the records known at one, at least those that bear on families of goods that
    were tendered, and is asked only where the rule waits.
    """
    if rule.disputed is WhenDisputed.WAIT:
        return lambda size: reckoning(agreement, rule, Journeys(known(size)))
    until = counted_until(agreement, rule.grace)
    return lambda _: Reckoning(until, until)


def _tendered(journeys: Journeys) -> Iterator[bytes]:
    """The shipments of whose goods a tender says something: one of them, of what they were split from or became."""
    tendered = set(journeys.stated(StatementKind.TENDER))
    above = {name for shipment in tendered for name in journeys.lineage(shipment)}
    for shipment in journeys.shipments() if tendered else ():
        if shipment in above or not tendered.isdisjoint(journeys.lineage(shipment)):
            yield shipment


def _disputed_until(case: Case, until: int) -> list[int]:
    """When the tenders are decided, made up to `until`, on which a clock of these goods hangs."""
    return [
        tender.contestable_until if tender.disputed_until is None else tender.disputed_until
        for line in case.lines
        if line.disputed
        for tender in line.tenders
        if not tender.settled and tender.at <= until
    ]


def _counts(case: Case, samples: tuple[Sample, ...], agreement: BonusAgreement, rule: BonusRule) -> bool:
    parties = {share.partner for share in agreement.parties}
    period = Period(agreement.periodStart, agreement.periodEnd, agreement.periodEnd)
    if rule.penalties and case.statement.frozen and case.statement.liable in parties and case.t0 in period:
        return True
    return any(
        sample.partner in parties and sample.indicator.value in _looked_at(rule, sample.role) for sample in samples
    )


def _looked_at(rule: BonusRule, role: Role) -> frozenset[str]:
    """The indicators that the rule's thresholds for a role look at; a count of shipments looks at none."""
    thresholds = rule.roles.get(role)
    if thresholds is None:
        return frozenset()
    names = {thresholds.benchmark.indicator, thresholds.quality.indicator} - {SHIPMENTS}
    return frozenset(names if SCORE not in names else names | {entry.value for entry in OF_ROLE[role]})
