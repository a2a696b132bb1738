"""The legs that rate cards offer to a consignment: each a price of somebody's card and the time its lane took."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import product
from typing import Annotated

from ledger.attested.fx import Rate as FxRate
from ledger.attested.rate_card import Rate, RateCard
from ledger.codes import Mode
from ledger.common.figure import Amount, Currency, Pattern, Seconds, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.common.periods import DAY
from ledger.errors import RuleBroken
from ledger.planning.distances import Distances
from ledger.planning.leg_times import Basis, LegTime, LegTimes

MOST_LEGS = 60_000
"""Of all rates, between all places that they name."""
PlaceCode = Annotated[str, Pattern("[A-Z]{2}([A-Z2-9]{3})?")]
"""A UN/LOCODE, or a country."""


class LeftOut(StrEnum):
    """Why a leg that somebody offers is not reckoned with."""

    CURRENCY = "currency"
    """Its price is in another currency, and no attested rate converts it."""
    DISTANCE = "distance"
    """Its price depends on a distance that nobody knows here."""
    TIME = "time"
    """No delivery tells how long it takes, and nobody stated it."""
    ASKED = "asked"
    """Its place, mode or partner was to be left out."""


@dataclass(frozen=True, slots=True)
class Consignment:
    """What goes: `value` in minor units of `currency`. `customs`: seconds that customs works at it wherever a leg ends
    in another country, if that leg's time is a stated one: in those of deliveries it is included."""

    packages: int
    currency: str
    value: int = 0
    customs: int = 0


@dataclass(frozen=True, slots=True)
class Without:
    """What a way may not use: places that it passes, modes, partners."""

    places: frozenset[str] = frozenset()
    modes: frozenset[Mode] = frozenset()
    partners: frozenset[int] = frozenset()

    def hits(self, partner: int, mode: Mode, ends: tuple[str, str]) -> bool:
        return partner in self.partners or mode in self.modes or not self.places.isdisjoint(ends)


@figure("currency", "charge", "rate", "day")
@dataclass(frozen=True, slots=True)
class Exchange:
    """What a card asks in its own currency, and the attested rate by which it was converted, rounded down. `day`: that
    of the rate, its first second (UTC).
    """

    currency: Currency
    charge: Amount
    rate: RecordId
    day: Seconds


@figure(
    "partner", "issuer", "card", "mode", "origin", "destination", "kilometres", "currency", "charge",
    ("holding_p50", "holding_p50"), ("holding_p90", "holding_p90"), ("p50", "time.p50"), ("p90", "time.p90"),
    ("customs", "time.customs"),
    ("basis", "time.basis"), ("samples", "time.samples"), ("thin", "time.thin"), ("records", "time.records"),
    "exchange",
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class Leg:
    """`card`: the attestation that states the price. `charge` and holding in minor units, times in seconds, of which
    customs takes the last `customs`. `exchange`: where the card is in another currency than the consignment.
    """

    partner: PartnerId
    issuer: PartnerId
    card: RecordId
    mode: Mode
    origin: PlaceCode
    destination: PlaceCode
    kilometres: int | None
    currency: Currency
    charge: Amount
    holding_p50: Amount
    holding_p90: Amount
    time: LegTime
    exchange: Exchange | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """By what legs are put in order, whatever order the cards came in."""
        return (
            self.origin, self.destination, self.mode, self.partner, self.charge, self.holding_p50, self.time.p50,
            self.time.p90, self.holding_p90, self.issuer, self.card,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exchanges:
    """By which attested rates prices in other currencies are converted. `rates`: of each currency into that of the
    consignment, by `issuer`; those of whoever asks or attests a price count for no price of his.
    """

    issuer: int = 0
    rates: Mapping[str, FxRate] = field(default_factory=dict)

    def of(self, card: RateCard) -> FxRate | None:
        """The rate for the prices of this card; None where there is none, or whoever gains by it attested it."""
        return None if self.issuer in (card.partner, card.issuer) else self.rates.get(card.currency)


@dataclass(frozen=True)
class Offers:
    """What ways may be made of. `stated` times and distances are in `times` and `distances`."""

    cards: tuple[RateCard, ...]
    times: LegTimes = field(default_factory=LegTimes)
    distances: Distances = field(default_factory=Distances)
    exchanges: Exchanges = field(default_factory=Exchanges)


def legs_of(
    offers: Offers, consignment: Consignment, ends: tuple[str, str], without: Without
) -> tuple[tuple[Leg, ...], Mapping[LeftOut, int]]:
    """Every leg between places that the cards name or that are `ends`, in an order of its own; and how many rates (by
    the pair of places) are left out, and why. What partners offer that are to be left out is not looked at.

    Raises `RuleBroken` for more than `MOST_LEGS`, naming the partner without whom there are fewest: nobody can keep
    others from planning with a card of more legs than can be compared.
    """
    cards = tuple(card for card in offers.cards if card.partner not in without.partners)
    left_out: Counter[LeftOut] = Counter()
    if hidden := len(offers.cards) - len(cards):
        left_out[LeftOut.ASKED] = hidden
    if (count := _count(cards, ends)) > MOST_LEGS:
        partners = sorted({card.partner for card in cards})
        most = min(partners, key=lambda p: (_count([card for card in cards if card.partner != p], ends), p))
        raise RuleBroken(
            "too many legs", where="rate cards", expected=f"at most {MOST_LEGS}", found=count,
            mend=f"Leave out partner {most}, without whom there are fewest, or others.",
        )  # fmt: skip
    legs: list[Leg] = []
    for card, rate, origin, destination in _pairs(cards, ends):
        made = _leg(offers, consignment, without, (card, rate, origin, destination))
        if isinstance(made, Leg):
            legs.append(made)
        else:
            left_out[made] += 1
    return tuple(sorted(legs, key=lambda leg: leg.key)), {reason: left_out[reason] for reason in sorted(left_out)}


def _areas(cards: Iterable[RateCard], ends: tuple[str, str]) -> Mapping[str, Sequence[str]]:
    """The places that are named, by themselves and by their countries."""
    named = {place for card in cards for rate in card.rates for place in (rate.origin, rate.destination)}
    by_area: dict[str, list[str]] = {}
    for place in sorted({place for place in named if len(place) > 2} | set(ends)):
        for area in {place, place[:2]}:
            by_area.setdefault(area, []).append(place)
    return by_area


def _count(cards: Sequence[RateCard], ends: tuple[str, str]) -> int:
    """How many pairs of places there are at most, over all rates."""
    areas = {name: len(places) for name, places in _areas(cards, ends).items()}
    return sum(areas.get(rate.origin, 0) * areas.get(rate.destination, 0) for card in cards for rate in card.rates)


def _pairs(cards: Sequence[RateCard], ends: tuple[str, str]) -> Iterator[tuple[RateCard, Rate, str, str]]:
    by_area = _areas(cards, ends)
    for card in cards:
        for rate in card.rates:
            for origin, destination in product(by_area.get(rate.origin, ()), by_area.get(rate.destination, ())):
                if origin != destination:
                    yield card, rate, origin, destination


def _leg(
    offers: Offers, consignment: Consignment, without: Without, offer: tuple[RateCard, Rate, str, str]
) -> Leg | LeftOut:
    card, rate, origin, destination = offer
    if without.hits(card.partner, rate.mode, (origin, destination)):
        return LeftOut.ASKED
    fx = None if card.currency == consignment.currency else offers.exchanges.of(card)
    if card.currency != consignment.currency and fx is None:
        return LeftOut.CURRENCY
    kilometres = offers.distances.between(origin, destination, rate.mode)
    charge = rate.charge(consignment.packages, kilometres)
    if charge is None:
        return LeftOut.DISTANCE
    time = offers.times.of(origin, destination, rate.mode, card.partner)
    if time is None:
        return LeftOut.TIME
    exchange = Exchange(card.currency, charge, fx.record, fx.day * DAY) if fx is not None else None
    if time.basis is Basis.STATED and origin[:2] != destination[:2]:
        spent = consignment.customs
        time = replace(time, p50=time.p50 + spent, p90=time.p90 + spent, customs=spent)
    held50, held90 = (rate.holding(consignment.value, seconds) for seconds in (time.p50, time.p90))
    return Leg(
        PartnerId(card.partner), PartnerId(card.issuer), card.record, rate.mode, origin, destination, kilometres,
        consignment.currency, charge if fx is None else fx.of(charge), held50, held90, time, exchange,
    )  # fmt: skip
