"""The figures of a bundle: a shipment's penalty, a partner's penalties and scores, an award.

Everything is a pure function of verified records as known at a log size, so whoever checks a bundle makes its figures
again and compares (`ledger.bundle.figure_checks`). What was asked (period, time of judgement) stands in them.
Integers over 48 bits stand as decimal strings, as everywhere in JSON.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from ledger.attested.fx import Rates
from ledger.bonuses.amounts import Line
from ledger.bonuses.award import Award, compute_award, scorecards_of
from ledger.bonuses.award_file import AwardFile
from ledger.bonuses.award_range import AwardRange, award_range
from ledger.bonuses.charges import SetAside, charges_on, rates_for
from ledger.bonuses.disputed import Reckoning, reckoning
from ledger.bonuses.rule_file import WhenDisputed, parse_rule
from ledger.bundle.undisclosed import WithheldKind, WithheldPart, closed_claims, withheld_parts
from ledger.common.figure import figure, to_json
from ledger.common.ids import RecordId
from ledger.common.periods import Period
from ledger.errors import NotFound
from ledger.penalties.statement import PenaltyStatement, family_statements, penalty_of
from ledger.records.eip712 import Withheld
from ledger.records.types import BonusAgreement, ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.registry.adopted_files import Adopted
from ledger.registry.history import RegistryView
from ledger.scores.adopted_card import DEFAULT_CARDS, Measure, governing_card
from ledger.scores.card import Card
from ledger.scores.composite import Scorecard
from ledger.scores.tallies import Tallies
from ledger.shipments.history import Journeys

LAST_SECOND = 2**40 - 1
T = TypeVar("T")
_NAMES_LIABLE = (WithheldKind.COMMERCIAL, WithheldKind.CHANGES)


class CardChoice(StrEnum):
    """Whose choice the scorecard of an award is."""

    COUNCIL = "council"
    DEFAULT = "default"
    PARTIES = "parties"


@figure("statements")
@dataclass(frozen=True, slots=True)
class Statements:
    statements: tuple[PenaltyStatement, ...]


@figure("period", ("card", "measure.card.hash"), ("adopted_since", "measure.since"), "cards")
@dataclass(frozen=True, slots=True)
class Scores:
    """A partner's scorecards of a period, by the card that governs it."""

    period: Period
    measure: Measure
    cards: tuple[Scorecard, ...]


@figure("hash", "chosen_by")
@dataclass(frozen=True, slots=True)
class AwardCard:
    """By which card an award was measured, and whose choice that is."""

    hash: bytes
    chosen_by: CardChoice


@figure("penalties", "withheld")
@dataclass(frozen=True, slots=True)
class ShipmentFigures:
    """The penalty of one shipment, none where its prices are closed, and what is withheld."""

    penalties: Statements
    withheld: tuple[WithheldPart, ...]


@figure("penalties", "scores", "withheld")
@dataclass(frozen=True, slots=True)
class PartnerFigures:
    """Every penalty that a partner owes or is owed, by shipment, its scores, and what is withheld."""

    penalties: Statements
    scores: Scores
    withheld: tuple[WithheldPart, ...]


@figure("award", "card", "withheld")
@dataclass(frozen=True, slots=True)
class AwardFigures:
    """An award line by line, as ranges where withheld parts concern a party; by which card it was measured, and what is
    withheld.
    """

    award: AwardFile | AwardRange
    card: AwardCard
    withheld: tuple[WithheldPart, ...]


def award_for(
    agreement_id: RecordId,
    agreement: BonusAgreement,
    rule_text: bytes,
    card: Card,
    version: int,
    total: int,
    records: Sequence[VerifiedRecord],
) -> Award:
    """The award that follows from `records`, those known at the award's log size, judged as
    `ledger.bonuses.disputed` says.

    Raises what `ledger.bonuses.award.compute_award` raises.
    """
    rule, journeys = parse_rule(rule_text), Journeys(records)
    reckoned = reckoning(agreement, rule, journeys)
    tallies = _tallies(agreement, journeys, reckoned)
    scorecards = scorecards_of(agreement, rule, tallies, card)
    charges = charges_on(agreement, journeys, tallies.owed, reckoned.at)
    rates = rates_for(rule, journeys, reckoned.at)
    return compute_award(agreement_id, agreement, rule, version, total, scorecards, charges, reckoned.left_out, rates)


def range_for(
    award: Award,
    agreement: BonusAgreement,
    card: Card,
    records: Sequence[VerifiedRecord],
    signed: Callable[[], Sequence[Line]],
) -> AwardRange | None:
    """The ranges of an award that `award_for` made of the same; None where nothing is withheld that it can rest on.

    `signed` gives the lines that the awarder signed; see `ledger.bonuses.award_range`.
    """
    journeys = Journeys(records)
    withheld: dict[bytes, bool] = {}
    for part in withheld_parts(journeys):
        withheld[part.shipment] = withheld.get(part.shipment, False) or part.part in _NAMES_LIABLE
    if not withheld and not card.schemas and award.rule.currencies is None:
        return None
    reckoned = reckoning(agreement, award.rule, journeys)
    tallies = _tallies(agreement, journeys, reckoned)
    unsure = award.rule.disputed is WhenDisputed.WAIT and not reckoned.sure
    scorecards = scorecards_of(agreement, award.rule, tallies, card)
    closed = _closed(award, scorecards, rates_for(award.rule, journeys, reckoned.at))
    if not withheld and not closed:
        return None
    return award_range(award, scorecards, tallies, journeys, withheld, signed, unsure, closed)


def _closed(award: Award, scorecards: Iterable[Scorecard], rates: Rates) -> dict[int, set[RecordId]]:
    """Of each party whom it concerns the attestations whose claims are not shown: numbers of its scores, and rates by
    which its penalties would count.
    """
    result: dict[int, set[RecordId]] = {}
    for card in scorecards:
        if card.closed:
            result.setdefault(card.partner, set()).update(card.closed)
    for line in award.lines:
        if any(aside.reason is SetAside.RATE_WITHHELD for aside in line.set_aside):
            result.setdefault(line.partner, set()).update(rates.closed.values())
    return result


def _tallies(agreement: BonusAgreement, journeys: Journeys, reckoned: Reckoning) -> Tallies:
    """Everything in the agreement's period, but for what is left out."""
    period = Period(agreement.periodStart, agreement.periodEnd, reckoned.at)
    return Tallies(journeys, period, penalties=True, left_out=set(reckoned.left_out))


def statements_of(
    journeys: Journeys,
    at: int | None = None,
    *,
    partner: int | None = None,
    wanted: Callable[[ShipmentTerms], bool] = lambda _: True,
) -> list[PenaltyStatement]:
    """Every penalty statement that can be made, of one partner (as liable or beneficiary) if named and under terms that
    are `wanted`, each of all goods of its terms; shipments of which a part that it needs is withheld here have none.
    Raises `NotFound` when anything else is missing: nothing is left out that `withheld_parts` does not account for.
    """
    return of_openings(
        journeys, journeys.openings(), lambda shipment: family_statements(journeys, shipment, at), partner, wanted
    )


def of_openings(
    journeys: Journeys,
    openings: Iterable[bytes],
    compute: Callable[[bytes], Iterable[T]],
    partner: int | None,
    wanted: Callable[[ShipmentTerms], bool],
) -> list[T]:
    """As `statements_of`, whatever `compute` makes of each of these `openings`."""
    result: list[T] = []
    told = False
    for shipment in openings:
        try:
            terms = journeys.terms_of(shipment)
            commercial = terms.record.commercial
            if isinstance(commercial, Withheld) or partner not in (None, commercial.liable, commercial.beneficiary):
                continue
            if wanted(terms.record):
                result += compute(shipment)
        except NotFound:
            told = told or bool(withheld_parts(journeys))
            if not told:
                raise
    return result


def shipment_figures(journeys: Journeys, shipment: bytes, at: int | None) -> dict[str, Any]:
    """The penalty of one shipment, and what is withheld; no statement where that hides its prices. `at` judges goods
    still under way. Raises `NotFound` when the terms are not among the records.
    """
    withheld = tuple(withheld_parts(journeys))
    try:
        statements: tuple[PenaltyStatement, ...] = (penalty_of(shipment, journeys, at),)
    except NotFound:
        journeys.terms_of(shipment)
        if not withheld:
            raise
        statements = ()
    return to_json(ShipmentFigures(Statements(statements), withheld))


def partner_figures(
    journeys: Journeys, partner: int, period: Period, at: int | None, measure: Measure
) -> dict[str, Any]:
    """Every penalty that `partner` owes or is owed, by shipment, and its scorecards of `period` by the card that
    governs it. `at` judges the penalties of goods still under way; None leaves these out.
    """
    statements = sorted(statements_of(journeys, at, partner=partner), key=lambda s: s.shipment)
    tallies = Tallies(journeys, period)
    cards = tuple(
        tallies.score(partner, role, measure.card) for role in measure.card.roles if partner in tallies.partners(role)
    )
    claims = closed_claims(record for card in cards for record in card.closed)
    withheld = (*claims, *withheld_parts(journeys))
    return to_json(PartnerFigures(Statements(tuple(statements)), Scores(period, measure, cards), withheld))


def award_figures(
    award: Award | AwardRange,
    agreement: BonusAgreement,
    records: Sequence[VerifiedRecord],
    view: RegistryView,
    others: Collection[bytes] = (),
) -> dict[str, Any]:
    """An award line by line. `records` are those known at its log size, `view` the registry as the bundle has it,
    `others` the adopted files that are no scorecards.
    """
    card = award.rule.card
    choice = AwardCard(card, _chosen_by(card, governing_card(view, agreement.periodStart, others)))
    stated = AwardFile(award) if isinstance(award, Award) else award
    claims = closed_claims(award.closed if isinstance(award, AwardRange) else ())
    return to_json(AwardFigures(stated, choice, (*claims, *withheld_parts(Journeys(records)))))


def _chosen_by(card: bytes, adopted: Adopted | None) -> CardChoice:
    """Whose choice the card of an award is. The parties chose it when they signed its rule."""
    if adopted is not None and adopted.document == card:
        return CardChoice.COUNCIL
    return CardChoice.DEFAULT if card in DEFAULT_CARDS else CardChoice.PARTIES
