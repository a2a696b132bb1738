"""What carriers ask for the manifests of a group, and what it costs to bring its goods together before."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.attested.rate_card import Rate, RateCard
from ledger.codes import Mode
from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord
from ledger.planning.consolidation.waiting import Group
from ledger.planning.distances import Distances

MOST_STATED = 20
_STATED = re.compile(r"([1-9][0-9]{0,12}):([0-9]{1,15}):([0-9]{1,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Price:
    """What `partner` asks: `fixed` for a manifest, or for coming to a holder once, and `per_package`, in minor units.
    `card` None: whoever plans has stated it."""

    fixed: int
    per_package: int
    partner: int
    card: RecordId | None

    def of(self, packages: int) -> int:
        return self.fixed + self.per_package * packages

    @property
    def key(self) -> tuple[int, int, int, bytes]:
        return self.fixed, self.per_package, self.partner, self.card or b""


@dataclass(frozen=True)
class Asked:
    """By which prices a plan is made: cards in one currency, and who is stated to bring goods together for how much."""

    cards: Sequence[RateCard]
    currency: str
    distances: Distances
    collectors: Sequence[Price] = ()


def carriage(asked: Asked, group: Group) -> list[Price]:
    """Of the way of a group, those that are the cheapest for some number of packages."""
    return _best(_prices(asked, (group.origin, group.destination), group.mode))


def collection(asked: Asked, group: Group) -> list[Price]:
    """Of bringing goods together where they lie, by whoever does it: as stated, else by rates whose way begins and ends
    there."""
    stated = {price.partner for price in asked.collectors}
    offered = _prices(asked, (group.origin, group.origin), Mode.NOT_SPECIFIED)
    prices = [*asked.collectors, *(price for price in offered if price.partner not in stated)]
    partners = sorted({price.partner for price in prices})
    return [price for p in partners for price in _best([one for one in prices if one.partner == p])]


def collectors_of(texts: Iterable[str]) -> tuple[Price, ...]:
    """Of statements such as ``4:5000:20``: partner 4 comes to a holder for 5000 and 20 a package, in minor units.
    Raises `MalformedRecord`."""
    result: dict[int, Price] = {}
    for text in texts:
        match = _STATED.fullmatch(text)
        if match is None or int(match[1]) >= 2**40:
            expected = "PARTNER:FOR EACH HOLDER:FOR EACH PACKAGE"
            raise MalformedRecord("not a price", where="collector", expected=expected, found=text[:60])
        if int(match[1]) in result or len(result) == MOST_STATED:
            expected = f"one price a partner, at most {MOST_STATED}"
            raise MalformedRecord("stated twice, or too many", where="collector", expected=expected, found=text[:60])
        result[int(match[1])] = Price(int(match[2]), int(match[3]), int(match[1]), None)
    return tuple(result.values())


def _prices(asked: Asked, ends: tuple[str, str], mode: Mode) -> list[Price]:
    def fits(rate: Rate) -> bool:
        return mode in (rate.mode, Mode.NOT_SPECIFIED) and rate.covers(*ends)

    return [
        Price(fixed, rate.per_package, card.partner, card.record)
        for card in asked.cards
        if card.currency == asked.currency
        for rate in card.rates
        if fits(rate) and (fixed := rate.charge(0, asked.distances.between(*ends, rate.mode))) is not None
    ]


def _best(prices: Iterable[Price]) -> list[Price]:
    """Without those that another one matches in both of its numbers."""
    result: list[Price] = []
    for price in sorted(prices, key=lambda price: price.key):
        if not result or price.per_package < result[-1].per_package:
            result.append(price)
    return result
