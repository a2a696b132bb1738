"""Computing an award from the ledger: measures and penalties of the agreement's period, then the pure sharing-out."""

from collections import Counter
from importlib import resources

from ledger.bonus_rules import BonusRule, Indicator
from ledger.bonuses import Award, Measure, charges_of, compute_award
from ledger.codes import Role
from ledger.errors import LadingError
from ledger.ids import PartnerId, RecordId
from ledger.journeys import Journeys
from ledger.penalties import penalty_of
from ledger.records import BonusAgreement, Handoff
from ledger.score_card import Card, parse_card
from ledger.score_card import Indicator as Scored
from ledger.score_samples import Period
from ledger.scores import Scorecard, Tallies
from ledger.verification import VerifiedRecord

PPM_TO_BASIS_POINTS = 100
MEASURED = {
    Scored.ON_TIME: Indicator.ON_TIME,
    Scored.IN_FULL: Indicator.UNDAMAGED,
    Scored.LEGS: Indicator.COMPLIANCE,
}


def default_card() -> Card:
    """The scorecard that ships with Lading."""
    return parse_card((resources.files("ledger") / "cards" / "default.toml").read_bytes())


def award_for(
    agreement_id: RecordId,
    agreement: BonusAgreement,
    rule: BonusRule,
    version: int,
    total: int,
    records: list[VerifiedRecord],
    now: int,
) -> Award:
    """The award that follows from `records`, those that the ledger knows at the moment of awarding.

    Raises what `ledger.bonuses.compute_award` raises.
    """
    journeys = Journeys(records)
    period = Period(agreement.periodStart, agreement.periodEnd, min(now, agreement.periodEnd))
    tallies = Tallies(journeys, period)
    card = default_card()
    packages = _volumes(records, period)
    measures: dict[PartnerId, list[Measure]] = {}
    for share in agreement.parties:
        partner = PartnerId(share.partner)
        measures[partner] = measures_of(tallies.score(partner, Role.CARRIER, card))
        volume, evidence = packages[partner], tuple(r.id for r in records if _released_by(r, partner, period))
        measures[partner].append(Measure(Indicator.VOLUME, volume, volume, 0, evidence))
    statements = []
    for shipment in journeys.shipments():
        try:
            statement = penalty_of(shipment, journeys)
        except LadingError:
            continue  # its commercial part is withheld here, so nobody can be charged for it
        if statement.delivered_at is not None and statement.delivered_at in period:
            statements.append(statement)
    return compute_award(agreement_id, agreement, rule, version, total, measures, charges_of(statements))


def measures_of(card: Scorecard) -> list[Measure]:
    """A scorecard's shares in the units of a bonus rule."""
    found = [
        Measure(
            MEASURED[entry.indicator],
            entry.value // PPM_TO_BASIS_POINTS,
            entry.low // PPM_TO_BASIS_POINTS,
            entry.samples,
            (*entry.raised, *entry.lowered),
        )
        for entry in card.indicators
        if entry.indicator in MEASURED and entry.value is not None and entry.low is not None
    ]
    if card.score is not None and card.low is not None:
        found.append(Measure(Indicator.SCORE, card.score, card.low, card.samples, card.evidence))
    return found


def _released_by(record: VerifiedRecord, partner: int, period: Period) -> bool:
    handoff = record.record
    return isinstance(handoff, Handoff) and handoff.releaser == partner and handoff.occurredAt in period


def _volumes(records: list[VerifiedRecord], period: Period) -> Counter[int]:
    """Packages that each partner handed on in applied items."""
    volumes: Counter[int] = Counter()
    for verified in records:
        handoff = verified.record
        if isinstance(handoff, Handoff) and handoff.occurredAt in period:
            volumes[handoff.releaser] += sum(
                item.packages for i, item in enumerate(handoff.items) if verified.applied(i)
            )
    return volumes
