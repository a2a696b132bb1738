"""Stock in words: its states, places and groups of age."""

from collections.abc import Mapping
from itertools import pairwise

from ledger.explain.text import say
from ledger.stock.courses import Location
from ledger.stock.holdings import HoldingState
from ledger.stock.totals import AGES


def states() -> Mapping[HoldingState, str]:
    """What each state is called."""
    return {
        HoldingState.ON_HAND: say("on hand"),
        HoldingState.IN_TRANSIT: say("in transit"),
        HoldingState.MISSING: say("missing"),
    }


def place_text(place: Location | None) -> str:
    """A place by its name and codes; empty where nobody says."""
    if place is None:
        return ""
    codes = [place.locode or place.country, place.gln]
    return " ".join(filter(None, (place.name, *codes)))


def age_texts() -> tuple[str, ...]:
    """The headings of the groups of age, in their order."""
    first = say("up to {days} days", days=AGES[0])
    spans = [say("{start} to {end} days", start=a + 1, end=b) for a, b in pairwise(AGES)]
    return (first, *spans, say("over {days} days", days=AGES[-1]))
