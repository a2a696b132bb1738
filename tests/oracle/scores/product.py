"""The product's scorecard of what the oracle sees."""

from collections.abc import Sequence

from ledger.codes import Role
from ledger.common.periods import Period
from ledger.scores.card import Indicator, parse_card
from ledger.scores.composite import IndicatorScore, score_of
from ledger.services.home.score_cards import default_card_text
from ledger.shipments.history import Journeys
from tests.oracle.facts import Seen
from tests.oracle.product import verified
from tests.oracle.scores.samples import OnTime

_CARD = parse_card(default_card_text())


def product_on_time(carriers: Sequence[int], seen: Sequence[Seen], at: int) -> dict[int, OnTime | None]:
    """The default card's *shipments on time* of each carrier, over all time, judged at `at`; None: nothing was due."""
    journeys, period = Journeys(verified(seen)), Period(0, 2**40, at)
    cards = {carrier: score_of(carrier, Role.CARRIER, journeys, _CARD, period) for carrier in carriers}
    return {
        carrier: next(_figure(entry) for entry in card.indicators if entry.indicator is Indicator.ON_TIME)
        for carrier, card in cards.items()
    }


def _figure(entry: IndicatorScore) -> OnTime | None:
    if entry.low is None or entry.high is None:
        return None
    return OnTime(entry.samples, entry.value, entry.low, entry.high)
