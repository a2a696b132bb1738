"""The product's scorecards of what the oracle sees."""

from collections.abc import Mapping, Sequence

from ledger.codes import Role
from ledger.common.periods import Period
from ledger.scores.card import Indicator, parse_card
from ledger.scores.estimate import Tally
from ledger.scores.indicator_score import IndicatorScore
from ledger.scores.tallies import Tallies
from ledger.services.home.score_cards import default_card_text
from ledger.shipments.history import Journeys
from tests.oracle.facts import Seen
from tests.oracle.product import verified
from tests.oracle.scores.figures import Figure
from tests.oracle.scores.samples import OnTime

_CARD = parse_card(default_card_text())
_MEANS = frozenset({Indicator.MEAN_LATE, Indicator.PENALTY, Indicator.OVER_MEDIAN})


def product_on_time(carriers: Sequence[int], seen: Sequence[Seen], at: int) -> dict[int, OnTime | None]:
    """The default card's *shipments on time* of each carrier, over all time, judged at `at`; None: nothing was due."""
    cards = product_cards([(carrier, Role.CARRIER) for carrier in carriers], seen, at)
    figures = {carrier: cards[carrier, Role.CARRIER][Indicator.ON_TIME] for carrier in carriers}
    return {
        carrier: OnTime(len(one.samples), one.value, *one.ends) if one and one.ends else None
        for carrier, one in figures.items()
    }


def product_cards(
    judged: Sequence[tuple[int, Role]], seen: Sequence[Seen], at: int
) -> dict[tuple[int, Role], Mapping[Indicator, Figure | None]]:
    """The default card's figures of each partner in a role, over all time, judged at `at`; None: nothing was due."""
    tallies = Tallies(Journeys(verified(seen)), Period(0, 2**40, at))
    return {
        (partner, role): {
            Indicator(one.name): _figure(role, one) for one in tallies.score(partner, role, _CARD).indicators
        }
        for partner, role in judged
    }


def _figure(role: Role, entry: IndicatorScore) -> Figure | None:
    if entry.low is None or entry.high is None or not isinstance(entry.tally, Tally):
        return None
    events = {delivery.event for rows in entry.tally.groups.values() for delivery in rows.deliveries}
    samples = {(e.giver, e.destination, e.day) if role is Role.BROKER else tuple(e) for e in events}
    ends = None if entry.indicator in _MEANS else (entry.low, entry.high)
    return Figure(frozenset(samples), entry.value, ends)
