"""Rate cards: what a partner asks for carrying goods, as an issuer attests it under the schema `rate-card`.

The text of the attestation's claims about ``partner/7`` is a JSON object, read strictly; amounts are minor units:

    {"lading": "rate-card/1", "currency": "EUR", "rates": [
      {"mode": 1, "from": "CNSHA", "to": "DE", "perConsignment": 90000, "perPackage": 450,
       "perKilometre": {"amount": 12, "per": 10}, "holdingPerDay": {"amount": 2, "per": 10000}}]}

`from` and `to` are UN/LOCODEs or countries (every place in it); an absent amount is 0. `perKilometre`: so much for so
many kilometres. `holdingPerDay`: what the goods cost a day while they travel so, for so many minor units of their
value. With `"for": "partners"` the issuer lets every partner of the consortium read the card; else its own parties and
auditors do.

The contract takes no attestation from whoever is no issuer of its schema when it is recorded, so every one that was
applied counts, while it is valid and not revoked. A partner's own card speaks for it; others' only where it has none,
for else a rival could draw traffic away from it with a card of high prices.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ledger.codes import Mode
from ledger.common.canonical import parse_json
from ledger.common.ids import RecordId
from ledger.common.json_fields import entries, fields_of, integer, shown, text
from ledger.common.periods import DAY
from ledger.common.scopes import schema_hash
from ledger.errors import MalformedRecord
from ledger.records.eip712 import Withheld
from ledger.records.types import Attestation
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found

RATE_CARD = schema_hash("rate-card")
FORMAT = "rate-card/1"
PARTNERS = "partners"
MOST_RATES = 500
LARGEST = 2**48
"""Minor units of one amount."""
PLACE = re.compile(r"[A-Z]{2}(?:[A-Z2-9]{3})?")
"""A country (ISO 3166-1 alpha-2), or a UN/LOCODE."""
_SUBJECT = re.compile(r"partner/([1-9][0-9]{0,12})")


@dataclass(frozen=True, slots=True)
class Ratio:
    """`amount` minor units for `per` of something, exactly."""

    amount: int
    per: int

    def of(self, quantity: int) -> int:
        """Minor units for so much of it, rounded down."""
        return self.amount * quantity // self.per


@dataclass(frozen=True, slots=True)
class Rate:
    """The price of a way from `origin` to `destination`, each a country or a UN/LOCODE."""

    mode: Mode
    origin: str
    destination: str
    per_consignment: int = 0
    per_package: int = 0
    per_kilometre: Ratio | None = None
    holding_per_day: Ratio | None = None

    def covers(self, origin: str, destination: str) -> bool:
        return _within(origin, self.origin) and _within(destination, self.destination)

    def charge(self, packages: int, kilometres: int | None) -> int | None:
        """Minor units for one consignment of so many packages; None where the way's length decides and is unknown."""
        fixed = self.per_consignment + self.per_package * packages
        if self.per_kilometre is None:
            return fixed
        return None if kilometres is None else fixed + self.per_kilometre.of(kilometres)

    def holding(self, value: int, seconds: int) -> int:
        """What goods of so much `value` (minor units) cost while they travel, rounded down."""
        daily = self.holding_per_day
        return daily.amount * value * seconds // (daily.per * DAY) if daily else 0


@dataclass(frozen=True, slots=True)
class RateCard:
    """Rates of `partner` in one currency, as the attestation `record` by `issuer` states them."""

    partner: int
    issuer: int
    record: RecordId
    currency: str
    rates: tuple[Rate, ...]
    for_partners: bool = False
    """Every partner may read it."""


class Stated(NamedTuple):
    """What the text of a card's claims says."""

    currency: str
    rates: tuple[Rate, ...]
    for_partners: bool


def parse_rates(claims: str) -> Stated:
    """What the text of a card's claims states. Raises `MalformedRecord` naming the field."""
    parsed = parse_json(claims.encode(), where="rate card")
    card = fields_of(parsed, "rate card", ("lading", "currency", "rates"), more=("for",))
    if card["lading"] != FORMAT:
        raise MalformedRecord("unknown format", where="lading", expected=FORMAT, found=shown(card["lading"]))
    currency = text(card["currency"], "currency")
    if not re.fullmatch("[A-Z]{3}", currency):
        raise MalformedRecord("not a currency", where="currency", expected="three capital letters", found=currency[:40])
    if (readers := card.get("for", PARTNERS)) != PARTNERS:
        raise MalformedRecord(
            "not readers", where="for", expected=f"{PARTNERS}, or no such field", found=shown(readers)
        )
    rates = tuple(_rate(value, where) for where, value in entries(card["rates"], "rates", 1, MOST_RATES))
    return Stated(currency, rates, "for" in card)


def rate_cards(journeys: Journeys, at: int) -> tuple[RateCard, ...]:
    """The cards in force at `at`, by partner and issuer: of each issuer the newest that was known and valid by then.

    Cards whose claims are withheld here, or that are malformed, are left out: nobody can reckon with them. A newer card
    that cannot be read hides no older one.
    """
    newest: dict[tuple[int, int], RateCard] = {}
    for subject, attested in journeys.attestations.items():
        if (match := _SUBJECT.fullmatch(subject)) is None:
            continue
        for found in attested:  # in log order, so the newest stays
            if found.record.schema == RATE_CARD and in_force(journeys, found, at):
                partner, issuer = int(match[1]), found.record.by
                for card in _card(found, partner):
                    newest[partner, issuer] = card
    return tuple(
        card
        for (partner, issuer), card in sorted(newest.items())
        if issuer == partner or (partner, partner) not in newest
    )


def in_force(journeys: Journeys, found: Found[Attestation], at: int) -> bool:
    """Whether an attestation was known and valid at `at`, and not taken back by then."""
    record = found.record
    in_time = record.validFrom <= at and (record.validUntil == 0 or at <= record.validUntil)
    return in_time and found.verified.known <= at and not journeys.is_revoked(found, at)


def _card(found: Found[Attestation], partner: int) -> Iterator[RateCard]:
    claims = found.record.claims
    if isinstance(claims, Withheld):
        return
    try:
        stated = parse_rates(claims.text)
    except MalformedRecord:
        return
    yield RateCard(partner, found.record.by, found.verified.id, *stated)


def _rate(value: object, where: str) -> Rate:
    more = ("perConsignment", "perPackage", "perKilometre", "holdingPerDay")
    rate = fields_of(value, where, ("mode", "from", "to"), more=more)
    mode = integer(rate["mode"], f"{where}.mode")
    if mode not in set(Mode) - {Mode.NOT_SPECIFIED, Mode.NOT_APPLICABLE}:
        raise MalformedRecord("no such mode", where=f"{where}.mode", expected="1 to 8, UN/ECE Recommendation 19")
    origin, destination = (_place(rate[name], f"{where}.{name}") for name in ("from", "to"))
    fixed = [integer(rate.get(name, 0), f"{where}.{name}", 0, LARGEST) for name in more[:2]]
    ratios = [_ratio(rate[name], f"{where}.{name}") if name in rate else None for name in more[2:]]
    return Rate(Mode(mode), origin, destination, fixed[0], fixed[1], ratios[0], ratios[1])


def _place(value: object, where: str) -> str:
    name = text(value, where, 2, 5)
    if not PLACE.fullmatch(name):
        raise MalformedRecord("not a place", where=where, expected="a country or a UN/LOCODE", found=name)
    return name


def _ratio(value: Any, where: str) -> Ratio:
    ratio = fields_of(value, where, ("amount", "per"))
    amount = integer(ratio["amount"], f"{where}.amount", 0, LARGEST)
    return Ratio(amount, integer(ratio["per"], f"{where}.per", 1, LARGEST))


def _within(place: str, area: str) -> bool:
    return place == area or (len(area) == 2 and place[:2] == area)
