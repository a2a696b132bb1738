"""The figures of a bundle: a shipment's penalty, a partner's penalties and scores, an award.

Everything is a pure function of verified records as known at a log size, so whoever checks a bundle makes its figures
again and compares (`ledger.bundle.figure_checks`). What was asked (period, time of judgement) and what came out is
said in `summary` too. Integers over 48 bits stand as decimal strings, as everywhere in JSON.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ledger.bonuses.award import Award, charges_on, compute_award, scorecards_of
from ledger.bonuses.award_file import award_to_json
from ledger.bonuses.rule_file import parse_rule
from ledger.bundle.undisclosed import WithheldPart, withheld_parts
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import Period
from ledger.errors import NotFound
from ledger.explain.money import money
from ledger.explain.words import counted
from ledger.penalties import json_form
from ledger.penalties.statement import PenaltyStatement, penalty_of
from ledger.records.eip712 import Withheld
from ledger.records.types import BonusAgreement, ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.registry.history import RegistryView
from ledger.scores import json_form as score_words
from ledger.scores.adopted_card import DEFAULT_CARDS, Measure, governing_card
from ledger.scores.card import Card
from ledger.scores.composite import Scorecard, Tallies
from ledger.shipments.history import Journeys

LAST_SECOND = 2**40 - 1


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

    Raises what `ledger.bonuses.award.compute_award` raises.
    """
    rule = parse_rule(rule_text)
    journeys = Journeys(records)
    period = Period(agreement.periodStart, agreement.periodEnd, agreement.periodEnd)
    tallies = Tallies(journeys, period, penalties=True)
    scorecards = scorecards_of(agreement, rule, tallies, card)
    charges = charges_on(agreement, journeys, tallies.owed)
    return compute_award(agreement_id, agreement, rule, version, total, scorecards, charges)


def statements_of(
    journeys: Journeys,
    at: int | None = None,
    *,
    partner: int | None = None,
    wanted: Callable[[ShipmentTerms], bool] = lambda _: True,
) -> list[PenaltyStatement]:
    """Every penalty statement that can be made, of one partner (as liable or beneficiary) if named and under terms that
    are `wanted`; shipments whose commercial part is withheld here have none.
    """
    found = []
    for shipment in journeys.shipments():
        try:
            terms = journeys.terms_of(shipment)
            commercial = terms.record.commercial
            if isinstance(commercial, Withheld) or partner not in (None, commercial.liable, commercial.beneficiary):
                continue
            if wanted(terms.record):
                found.append(penalty_of(shipment, journeys, at))
        except NotFound:
            continue
    return found


def shipment_figures(journeys: Journeys, shipment: bytes, at: int | None) -> dict[str, Any]:
    """The penalty of one shipment; raises what `penalty_of` raises. `at` judges goods still under way."""
    at, statement = _judged(journeys, shipment, at)
    owed = (
        f"partner {statement.liable} owes partner {statement.beneficiary} {money(statement.amount, statement.currency)}"
        f"{' (indicative)' if statement.indicative and statement.amount else ''}"
    )
    return {
        "summary": f"shipment/{to_hex(statement.shipment)}{_judged_at(at)}: {owed}",
        "penalties": {"statements": [{"at": at} | json_form.to_json(statement)]},
    }


def partner_figures(
    journeys: Journeys, partner: int, period: Period, at: int | None, measure: Measure
) -> dict[str, Any]:
    """Every penalty that `partner` owes or is owed, by shipment, and its scorecards of `period` by the card that
    governs it. `at` judges the penalties of goods still under way; None leaves these out.
    """
    ids = sorted(s.shipment for s in statements_of(journeys, partner=partner))
    stated = [_judged(journeys, shipment, at) for shipment in ids]
    tallies = Tallies(journeys, period)
    cards = [
        tallies.score(partner, role, measure.card) for role in measure.card.roles if partner in tallies.partners(role)
    ]
    withheld = withheld_parts(journeys)
    judged = next((moment for moment, _ in stated if moment is not None), None)
    owes = _sums(s for _, s in stated if s.liable == partner)
    owed = _sums(s for _, s in stated if s.beneficiary == partner)
    scores = "; ".join(f"{card.role.name.lower()} {_score(card)}" for card in cards) or "nothing was due"
    return {
        "summary": (
            f"partner/{partner}: {counted(len(stated), 'penalty statement')}{_judged_at(judged)}, owes {owes}, "
            f"is owed {owed}. "
            f"Scores of {_span(period)}, measured by {measure.words}, {to_hex(measure.card.hash)}: {scores}. "
            f"{_left_out(withheld)}"
        ),
        "penalties": {"statements": [{"at": moment} | json_form.to_json(s) for moment, s in stated]},
        "scores": {
            "period": {"start": period.start, "end": period.end, "at": period.at},
            "card": to_hex(measure.card.hash),
            "cards": [score_words.to_json(card) for card in cards],
        },
        "withheld": [part.to_json() for part in withheld],
    }


def award_figures(
    award: Award, agreement: BonusAgreement, records: Sequence[VerifiedRecord], view: RegistryView
) -> dict[str, Any]:
    """An award line by line. `records` are those known at its log size, `view` the registry as the bundle has it."""
    withheld = withheld_parts(Journeys(records))
    lines = ", ".join(f"partner {line.partner} gets {money(line.amount, award.currency)}" for line in award.lines)
    return {
        "summary": (
            f"award {award.version} of {money(award.total, award.currency)} under {to_hex(award.agreement)}: {lines}, "
            f"and partner {award.residual} the rest, {money(award.residual_amount, award.currency)}. Measured by "
            f"{to_hex(award.rule.card)}, {_chosen(award.rule.card, view, agreement.periodStart)}. {_left_out(withheld)}"
        ),
        "award": award_to_json(award),
        "withheld": [part.to_json() for part in withheld],
    }


def _judged(journeys: Journeys, shipment: bytes, at: int | None) -> tuple[int | None, PenaltyStatement]:
    """The statement, and the time at which it was judged: None where that changes nothing."""
    bare = penalty_of(shipment, journeys)
    statement = bare if at is None else penalty_of(shipment, journeys, at)
    return (None, bare) if statement == bare else (at, statement)


def _judged_at(at: int | None) -> str:
    return "" if at is None else f", goods under way judged at {json_form.moment(at)}"


def _sums(statements: Iterable[PenaltyStatement]) -> str:
    """What is owed by currency, and apart from it what is only indicative."""
    owed: Counter[str] = Counter()
    indicative: Counter[str] = Counter()
    for statement in statements:
        (indicative if statement.indicative else owed)[statement.currency] += statement.amount
    more = f" (indicative: {_amounts(+indicative)} more)" if indicative.total() else ""
    return f"{_amounts(owed) or 'nothing'}{more}"


def _amounts(sums: Counter[str]) -> str:
    return " and ".join(money(amount, currency) for currency, amount in sorted(sums.items()))


def _span(period: Period) -> str:
    start, end, at = (json_form.moment(second) for second in (period.start, period.end, period.at))
    return f"{start} {'on' if period.end == LAST_SECOND else f'to before {end}'}, judged at {at}"


def _score(card: Scorecard) -> str:
    if card.score is None:
        return f"without a score ({counted(card.samples, 'delivery event')})"
    return f"{card.score // 100}.{card.score % 100:02} of 100 ({counted(card.samples, 'delivery event')})"


def _chosen(card: bytes, view: RegistryView, start: int) -> str:
    """Where the card of an award comes from. The parties chose it when they signed its rule."""
    adopted = governing_card(view, start)
    if adopted is not None and adopted.document == card:
        return "the card that the council adopted for the period"
    return "Lading's default card" if card in DEFAULT_CARDS else "a card that the parties chose"


def _left_out(withheld: Sequence[WithheldPart]) -> str:
    count = len({part.shipment for part in withheld})
    if not count:
        return "No part is withheld"
    return f"Of {counted(count, 'shipment')} a part is withheld: what rests on it is left out"
