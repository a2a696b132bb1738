"""Rate cards: read strictly, in force for a time, and nobody speaks for a partner that speaks for itself."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.attested.rate_card import RATE_CARD, Rate, RateCard, Ratio, parse_rates, rate_cards
from ledger.codes import Mode, Outcome
from ledger.common.canonical import canonical_json
from ledger.errors import MalformedRecord
from ledger.records.eip712 import Withheld, part_hash
from ledger.records.types import Attestation, Claims, Revocation
from ledger.records.verification import VerifiedRecord
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, LOCKER, NO_DETAILS, SALT, SECOND, History

SEA: dict[str, Any] = {"mode": 1, "from": "CNSHA", "to": "DE", "perConsignment": 900, "perPackage": 5}
NONE = bytes(32)


def text(*rates: dict[str, Any], **more: Any) -> str:
    return canonical_json({"lading": "rate-card/1", "currency": "EUR", "rates": list(rates), **more}).decode()


def attest(history: History, by: int, partner: int, claims: str, day: int = 1, until: int = 100) -> VerifiedRecord:
    record = Attestation(
        by, RATE_CARD, f"partner/{partner}", NONE, day * DAY, until * DAY, NONE, Claims(SALT, claims), NONE, NO_DETAILS
    )
    return history.log(record, (by,), day * DAY, outcomes=(Outcome.APPLIED,))


def cards(history: History, day: int = 10) -> tuple[RateCard, ...]:
    return rate_cards(Journeys(history.records), day * DAY)


def test_a_rate_is_exact_integers() -> None:
    per_km, holding = Ratio(12, 10), Ratio(2, 10_000)
    rate = Rate(Mode.MARITIME, "CNSHA", "DE", 900, 5, per_km, holding)
    assert rate.charge(7, 101) == 900 + 35 + 121, "121.2 rounded down"
    assert rate.charge(7, None) is None
    assert replace(rate, per_kilometre=None).charge(7, None) == 935
    assert rate.holding(1_000_000, 3 * DAY) == 600
    assert rate.holding(9_999, DAY - 1) == 1
    assert replace(rate, holding_per_day=None).holding(10**12, 90 * DAY) == 0
    assert (rate.covers("CNSHA", "DEHAM"), rate.covers("CNSHA", "DE")) == (True, True)
    assert (rate.covers("CNNGB", "DEHAM"), rate.covers("CN", "DE"), rate.covers("CNSHA", "DK")) == (False, False, False)


def test_a_card_says_what_its_text_says() -> None:
    found = parse_rates(text(SEA | {"perKilometre": {"amount": 12, "per": 10}}, {"mode": 4, "from": "CN", "to": "DE"}))
    assert found.currency == "EUR"
    assert not found.for_partners
    assert found.rates == (
        Rate(Mode.MARITIME, "CNSHA", "DE", 900, 5, Ratio(12, 10)),
        Rate(Mode.AIR, "CN", "DE"),
    )
    assert parse_rates(text(SEA, **{"for": "partners"})).for_partners


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ("[]", "rate card"),
        ("{", "rate card"),
        (text(), "rates"),
        (text(SEA, color="red"), "rate card.color"),
        (text(SEA).replace("rate-card/1", "rate-card/2"), "lading"),
        (text(SEA).replace("EUR", "euro"), "currency"),
        (text(SEA, **{"for": "everybody"}), "for"),
        (text(SEA | {"mode": 0}), "rates[0].mode"),
        (text(SEA | {"mode": 10}), "rates[0].mode"),
        (text(SEA, SEA | {"from": "Shanghai"}), "rates[1].from"),
        (text(SEA | {"to": "CN1"}), "rates[0].to"),
        (text(SEA | {"perPackage": -1}), "rates[0].perPackage"),
        (text(SEA | {"perPackage": 2**48 + 1}), "rates[0].perPackage"),
        (text(SEA | {"perKilometre": {"amount": 1, "per": 0}}), "rates[0].perKilometre.per"),
        (text(SEA | {"perKilometre": 3}), "rates[0].perKilometre"),
        (text(SEA | {"holdingPerDay": {"amount": 1}}), "rates[0].holdingPerDay.per"),
        (text(SEA).replace("900", "900.5"), "rate card"),
        (text(*[SEA] * 501), "rates"),
    ],
)
def test_nothing_else_is_read(wrong: str, where: str) -> None:
    with pytest.raises(MalformedRecord) as refused:
        parse_rates(wrong)
    assert refused.value.where.startswith(where)


def test_the_newest_card_of_each_issuer_is_in_force() -> None:
    history = History()
    attest(history, CARRIER, CARRIER, text(SEA))
    newer = attest(history, CARRIER, CARRIER, text(SEA | {"perPackage": 6}), day=2)
    attest(history, CARRIER, CARRIER, text(SEA | {"perPackage": 7}), day=20)
    (card,) = cards(history)
    assert (card.record, card.partner, card.issuer, card.rates[0].per_package) == (newer.id, CARRIER, CARRIER, 6)
    assert cards(history, day=0) == ()
    assert cards(history, day=101) == ()


def test_a_revoked_card_leaves_the_one_before_it() -> None:
    history = History()
    first = attest(history, CARRIER, CARRIER, text(SEA))
    second = attest(history, CARRIER, CARRIER, text(SEA), day=2)
    for by in (SECOND, CARRIER):  # a stranger's revocation is none
        assert cards(history)[0].record == second.id
        history.log(Revocation(by, second.id, 1, 3 * DAY, NO_DETAILS), (by,), 3 * DAY, outcomes=(Outcome.APPLIED,))
    assert cards(history)[0].record == first.id


def test_a_rival_does_not_speak_for_a_partner_that_speaks_for_itself() -> None:
    history = History()
    attest(history, SECOND, CARRIER, text(SEA | {"perPackage": 999}), day=2)
    assert [card.issuer for card in cards(history)] == [SECOND], "it has none of its own yet"
    attest(history, CARRIER, CARRIER, text(SEA), day=1)
    assert [card.issuer for card in cards(history)] == [CARRIER]


def test_closed_and_broken_cards_and_those_of_other_schemas_are_none() -> None:
    history = History()
    closed = Claims(SALT, text(SEA))
    record = Attestation(
        CARRIER, RATE_CARD, f"partner/{CARRIER}", NONE, 0, 0, NONE, Withheld(part_hash(closed)), NONE, NO_DETAILS
    )
    history.log(record, (CARRIER,), DAY, outcomes=(Outcome.APPLIED,))
    attest(history, SECOND, SECOND, '{"lading":"rate-card/1"}')
    other = replace(record, schema=NONE, claims=closed)
    history.log(other, (CARRIER,), DAY, outcomes=(Outcome.APPLIED,))
    about_goods = replace(record, subject="01/09506000134352", claims=closed)
    history.log(about_goods, (CARRIER,), DAY, outcomes=(Outcome.APPLIED,))
    refused = replace(record, subject=f"partner/{LOCKER}", claims=closed)
    history.log(refused, (CARRIER,), DAY, outcomes=(Outcome.REJECTED,))
    assert cards(history) == ()
