"""Whoever hides a shipment gains nothing: its scores become ranges that surely contain what was hidden."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.codes import ExceptionBit, Role, StatementKind
from ledger.common.periods import Period
from ledger.records.eip712 import Withheld
from ledger.records.types import Goods, Place, ShipmentTerms
from ledger.records.verification import VerifiedRecord, already_verified
from ledger.scores.card import Card, Indicator, parse_card
from ledger.scores.composite import Scorecard, ScoreStatus
from ledger.scores.hidden import concerned_by
from ledger.scores.tallies import Tallies, score_of
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SECOND, SHOP, History
from tests.unit.penalties.test_fast_path import random_records

DEFAULT = Path(__file__).parents[3] / "ledger" / "scores" / "cards" / "default.toml"
YEAR = Period(0, 365 * DAY, 365 * DAY)


@pytest.fixture(scope="module")
def card() -> Card:
    return parse_card(DEFAULT.read_bytes())


def closed(terms: VerifiedRecord) -> VerifiedRecord:
    """The terms with their prices withheld."""
    record = terms.record
    assert isinstance(record, ShipmentTerms)
    hidden = replace(record, commercial=Withheld(bytes(32)))
    return already_verified(terms.id, hidden, terms.signers, terms.facts, roles=terms.roles)


def hiding(records: Sequence[VerifiedRecord], hidden: set[bytes]) -> Journeys:
    return Journeys(closed(record) if record.id in hidden else record for record in records)


def late_once(count: int) -> tuple[History, bytes]:
    history = History()
    late = b""
    for i in range(count):
        start = i * 2 * DAY
        shipment = history.terms(known=start, holder=MAKER, promisedAt=start + 5 * DAY, packages=10)
        history.handoff(shipment, MAKER, CARRIER, start + DAY)
        history.handoff(shipment, CARRIER, SHOP, start + (9 * DAY if i == 0 else 4 * DAY))
        late = late or shipment
    return history, late


def test_a_carrier_that_hides_its_one_late_shipment_has_no_better_score(card: Card) -> None:
    history, late = late_once(14)
    true = score_of(CARRIER, Role.CARRIER, Journeys(history.records), card, YEAR)
    shown = score_of(CARRIER, Role.CARRIER, hiding(history.records, {late}), card, YEAR)
    assert true.score is not None
    assert (shown.score, shown.status, shown.withheld) == (None, ScoreStatus.HIDDEN, 1)
    assert shown.low is not None
    assert shown.high is not None
    assert shown.low < true.score <= shown.high
    on_time = next(entry for entry in shown.indicators if entry.indicator is Indicator.ON_TIME)
    assert (on_time.value, on_time.points) == (None, None)
    money = next(entry for entry in shown.indicators if entry.indicator is Indicator.PENALTY)
    assert (money.low, money.high) == (None, None)


def test_a_stranger_to_a_hidden_shipment_keeps_its_score(card: Card) -> None:
    history, _ = late_once(12)
    other = history.terms(known=40 * DAY, consignor=7, consignee=8, holder=9, liable=9, beneficiary=8)
    whole = score_of(CARRIER, Role.CARRIER, Journeys(history.records), card, YEAR)
    shown = score_of(CARRIER, Role.CARRIER, hiding(history.records, {other}), card, YEAR)
    assert (shown.score, shown.low, shown.withheld) == (whole.score, whole.low, 0)


def test_who_had_only_what_was_left_behind_of_a_hidden_shipment_has_a_range(card: Card) -> None:
    """Else its bad deliveries go with the shipments, and what remains is a perfect score without a range."""
    history, hidden = History(), set()
    for i in range(24):
        start = i * 2 * DAY
        shipment = history.terms(known=start, holder=CARRIER, promisedAt=start + 9 * DAY)
        rest = history.short(shipment, CARRIER, SHOP, start + DAY, 6)
        history.handoff(rest, CARRIER, SECOND, start + 2 * DAY, packages=4)
        damaged = ExceptionBit.DAMAGED if i % 2 else 0
        history.handoff(rest, SECOND, SHOP, start + 3 * DAY, packages=4, exceptions=damaged)
        hidden |= {shipment} if damaged else set()
    true = score_of(SECOND, Role.CARRIER, Journeys(history.records), card, YEAR)
    shown = score_of(SECOND, Role.CARRIER, hiding(history.records, hidden), card, YEAR)
    assert (true.withheld, shown.withheld) == (0, 24), "each shipment and what was left behind of it"
    assert contains(shown, true)
    assert all(entry.value is None for entry in shown.indicators)


def test_everybody_whom_any_name_of_the_goods_names_is_concerned_by_hiding_them() -> None:
    history = History()
    first = history.terms(holder=MAKER)
    history.handoff(first, MAKER, CARRIER, DAY)
    child, other = history.split(first, CARRIER, 2 * DAY, (6, 4))
    history.handoff(child, CARRIER, 21, 3 * DAY, packages=6)
    history.handoff(other, CARRIER, 22, 3 * DAY, packages=4)
    history.terms(known=4 * DAY, consignor=22, holder=22, consignee=23, parents=(other,), liable=22, beneficiary=23)
    journeys = Journeys(history.records)
    assert concerned_by(journeys, first) == {MAKER, CARRIER, SHOP, 21, 22, 23}
    assert concerned_by(journeys, child) == {MAKER, CARRIER, SHOP, 21}


def withholding(records: Sequence[VerifiedRecord], hidden: set[bytes], **parts: Any) -> Journeys:
    def shown(verified: VerifiedRecord) -> VerifiedRecord:
        if verified.id not in hidden:
            return verified
        record: Any = verified.record  # whichever has such parts
        changed = replace(record, **parts)
        return already_verified(verified.id, changed, verified.signers, verified.facts, roles=verified.roles)

    return Journeys(map(shown, records))


def test_closing_where_late_goods_went_does_not_merge_them_into_one_bad_sample(card: Card) -> None:
    history, late = History(), set()
    for i in range(24):
        start, bad = (i * 2 * DAY, 0) if i < 14 else (0, 4)
        place = Place(SALT, "NZ", f"NZ{chr(65 + i)}AA", "", "")
        shipment = history.terms(known=start, holder=MAKER, promisedAt=start + 5 * DAY, destination=place)
        history.handoff(shipment, MAKER, CARRIER, start + DAY)
        history.handoff(shipment, CARRIER, SHOP, start + (4 + bad) * DAY)
        late |= {shipment} if bad else set()
    true = score_of(CARRIER, Role.CARRIER, Journeys(history.records), card, YEAR)
    journeys = withholding(history.records, late, destination=Withheld(bytes(32)))
    shown = score_of(CARRIER, Role.CARRIER, journeys, card, YEAR)
    assert (shown.score, shown.status, shown.withheld) == (None, ScoreStatus.HIDDEN, 10)
    assert contains(shown, true) > 1
    assert Tallies(journeys, YEAR, shortcut=False).score(CARRIER, Role.CARRIER, card) == shown


def test_closing_where_goods_were_tendered_leaves_no_better_score(card: Card) -> None:
    history, _ = late_once(14)
    here, elsewhere = (Place(SALT, code[:2], code, "", "") for code in ("NZAKL", "CNNGB"))
    shipment = history.terms(known=40 * DAY, promisedAt=50 * DAY, destination=here)
    tender = history.statement(StatementKind.TENDER, shipment, CARRIER, 50 * DAY, counterparty=SHOP, place=elsewhere)
    history.handoff(shipment, CARRIER, SHOP, 58 * DAY)
    true = score_of(CARRIER, Role.CARRIER, Journeys(history.records), card, YEAR)
    shown = score_of(
        CARRIER, Role.CARRIER, withholding(history.records, {tender.id}, place=Withheld(bytes(32))), card, YEAR
    )
    assert (true.withheld, shown.score, shown.withheld) == (0, None, 1)
    assert contains(shown, true) > 1


def test_a_supplier_that_closes_goods_without_attestation_has_a_range(card: Card) -> None:
    history, bare = History(), set()
    history.brand(MAKER)
    history.attest(MAKER, "01/09506000134352/10/GOOD", at=0)
    for i in range(24):
        start, lot = i * 2 * DAY, "GOOD" if i % 2 else "BAD"
        goods = Goods(SALT, "09506000134352", lot, bytes(32), 1, "", "", "")
        shipment = history.terms(known=start + 1, holder=MAKER, promisedAt=start + 5 * DAY, contents=(goods,))
        history.handoff(shipment, MAKER, CARRIER, start + DAY)
        history.handoff(shipment, CARRIER, SHOP, start + 4 * DAY)
        bare |= {shipment} if lot == "BAD" else set()
    journeys = withholding(history.records, bare, contents=(Withheld(bytes(32)),))
    true = score_of(MAKER, Role.SUPPLIER, Journeys(history.records), card, YEAR)
    shown = score_of(MAKER, Role.SUPPLIER, journeys, card, YEAR)
    assert (true.withheld, shown.score, shown.withheld) == (0, None, 12)
    assert contains(shown, true) > 1
    assert score_of(CARRIER, Role.CARRIER, journeys, card, YEAR).withheld == 0


def test_ranges_surely_contain_what_is_hidden(card: Card) -> None:
    compared = 0
    for seed in range(40):
        dice = random.Random(seed)
        records = random_records(seed, 40)
        terms = [record.id for record in records if isinstance(record.record, ShipmentTerms)]
        hidden = {bytes(one) for one in dice.sample(terms, max(1, len(terms) // 4))}
        true, shown = (Tallies(j, YEAR) for j in (Journeys(records), hiding(records, hidden)))
        for role in card.roles:
            for partner in shown.partners(role):
                compared += contains(shown.score(partner, role, card), true.score(partner, role, card))
    assert compared > 100


def contains(shown: Scorecard, true: Scorecard) -> int:
    """How many figures were compared: each true one lies in the range that is shown."""
    count = 0
    for one, other in zip(shown.indicators, true.indicators, strict=True):
        if one.low is not None and one.high is not None and other.value is not None:
            assert one.low <= other.value <= one.high, (shown.partner, shown.role, one.indicator)
            count += 1
    if shown.low is not None and shown.high is not None and true.score is not None:
        assert shown.low <= true.score <= shown.high, (shown.partner, shown.role)
        count += 1
    return count
