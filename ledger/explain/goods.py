"""Goods in words: what a shipment carries, in a line; the states of stock, places and groups of age."""

from collections.abc import Mapping
from itertools import pairwise

from ledger.common.ids import to_hex
from ledger.common.visible import visible
from ledger.explain.text import say
from ledger.records.eip712 import Withheld
from ledger.records.types import Commercial, Goods, ShipmentTerms
from ledger.stock.courses import Location
from ledger.stock.holdings import HoldingState
from ledger.stock.totals import AGES


def carried_text(shipment: bytes, terms: ShipmentTerms) -> str:
    """`shipment 0x…: order PO-1, 2,400 EA of Infant formula (GTIN 09506000134352, lot L2601)`."""
    contents = () if isinstance(terms.contents, Withheld) else terms.contents
    order = terms.commercial.orderRef if isinstance(terms.commercial, Commercial) else ""
    told = [f"order {visible(order)}"] if order else []
    told += [_goods(goods) for goods in contents if not isinstance(goods, Withheld)]
    return f"shipment {to_hex(shipment)}: {', '.join(told) or 'order and goods are withheld'}"


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


def _goods(goods: Goods) -> str:
    numbers = [f"{name} {visible(value)}" for name, value in (("GTIN", goods.gtin), ("lot", goods.lot)) if value]
    what = visible(goods.description) or "goods"
    return f"{goods.quantity:,} {visible(goods.unit)} of {what}".replace("  ", " ") + (
        f" ({', '.join(numbers)})" if numbers else ""
    )
