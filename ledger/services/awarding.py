"""Computing an award from the ledger: scorecards and penalties of the agreement's period, then the pure sharing-out."""

from importlib import resources

from ledger.bonus_rules import BonusRule
from ledger.bonuses import Award, charges_of, compute_award, scorecards_of
from ledger.errors import NotFound
from ledger.ids import RecordId
from ledger.journeys import Journeys
from ledger.penalties import penalty_of
from ledger.records import BonusAgreement
from ledger.score_card import Card, parse_card
from ledger.score_samples import Period
from ledger.scores import Tallies
from ledger.verification import VerifiedRecord


def default_card() -> Card:
    """The scorecard that ships with Lading."""
    return parse_card((resources.files("ledger") / "cards" / "default.toml").read_bytes())


def award_for(
    agreement_id: RecordId,
    agreement: BonusAgreement,
    rule: BonusRule,
    card: Card,
    version: int,
    total: int,
    records: list[VerifiedRecord],
    now: int,
) -> Award:
    """The award that follows from `records`, those that the ledger knows at the moment of awarding, `now`.

    Raises what `ledger.bonuses.compute_award` raises.
    """
    journeys = Journeys(records)
    tallies = Tallies(journeys, Period(agreement.periodStart, agreement.periodEnd, min(now, agreement.periodEnd)))
    statements = []
    for shipment in journeys.shipments():
        try:
            statements.append(penalty_of(shipment, journeys))
        except NotFound:
            continue  # its commercial part is withheld here, so nobody can be charged for it
    scorecards = scorecards_of(agreement, rule, tallies, card)
    return compute_award(agreement_id, agreement, rule, version, total, scorecards, charges_of(agreement, statements))
