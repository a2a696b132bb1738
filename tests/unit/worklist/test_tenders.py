"""Tenders and contests at the second at which they run out, against the rules by which the figures judge them."""

from dataclasses import replace

import pytest

from ledger.common.periods import DAY, FOREVER
from ledger.records.eip712 import Withheld
from ledger.records.types import Commercial, Place, ShipmentTerms, Statement
from ledger.shipments.default_terms import TENDER_WINDOW
from ledger.shipments.tenders import DISPUTE
from ledger.worklist.items import Action, Kind
from ledger.worklist.tenders import Offer, item_of
from tests.samples import changed, sample
from tests.store.entries import rng

MAKER, SHOP, CARRIER, THIRD = 2, 3, 4, 5
TENDERED, WINDOW, PROMISED = 100 * DAY, 5000, 100 * DAY
UNTIL = TENDERED + WINDOW
OFFER = Offer(b"\1" * 32, b"\2" * 32, 3, CARRIER, MAKER, SHOP, TENDERED, None)
HERE = Place(bytes(16), "CN", "CNNGB", "", "")
PRICES = changed(sample(Commercial, rng(2)), promisedAt=PROMISED, tenderWindow=WINDOW)
TERMS = changed(
    sample(ShipmentTerms, rng(1)),
    destination=HERE,
    commercial=PRICES,
)
TENDER = changed(sample(Statement, rng(3)), place=HERE)
CONTESTED = replace(OFFER, contested_at=UNTIL)


@pytest.mark.parametrize("reader", [MAKER, SHOP])
@pytest.mark.parametrize(("now", "there"), [(TENDERED, True), (UNTIL, True), (UNTIL + 1, False)])
def test_a_tender_waits_for_consignor_and_consignee_to_the_end_of_its_window(
    reader: int, now: int, there: bool
) -> None:
    item = item_of(OFFER, reader, now, TERMS, TENDER)
    assert (item is not None) is there
    if item is not None:
        assert (item.kind, item.action, item.until, item.partner) == (Kind.TENDER, Action.CONTEST, UNTIL, CARRIER)
        assert item.draft["by"] == reader
        assert item.draft["sequence"] == OFFER.sequence


@pytest.mark.parametrize("reader", [CARRIER, THIRD])
def test_an_open_tender_waits_for_nobody_else(reader: int) -> None:
    assert item_of(OFFER, reader, TENDERED, TERMS, TENDER) is None
    assert item_of(replace(OFFER, holder=MAKER), MAKER, TENDERED, TERMS, TENDER) is None


@pytest.mark.parametrize(("promised", "there"), [(TENDERED + DAY, True), (TENDERED + DAY + 1, False)])
def test_a_tender_more_than_a_day_early_waits_for_nobody(promised: int, there: bool) -> None:
    terms = changed(TERMS, commercial=changed(PRICES, promisedAt=promised))
    assert (item_of(OFFER, SHOP, TENDERED, terms, TENDER) is not None) is there


def test_a_tender_elsewhere_waits_for_nobody_but_one_whose_place_is_closed_does() -> None:
    elsewhere = changed(TENDER, place=replace(HERE, locode="CNSHA"))
    assert item_of(OFFER, SHOP, TENDERED, TERMS, elsewhere) is None
    assert item_of(OFFER, SHOP, TENDERED, TERMS, changed(TENDER, place=Withheld(bytes(32)))) is not None


def test_without_prices_the_usual_window_counts_and_none_is_longer_than_time() -> None:
    item = item_of(OFFER, SHOP, TENDERED, changed(TERMS, commercial=Withheld(bytes(32))), TENDER)
    assert item is not None
    assert item.until == TENDERED + TENDER_WINDOW
    endless = changed(TERMS, commercial=changed(PRICES, tenderWindow=FOREVER))
    last = item_of(OFFER, SHOP, TENDERED, endless, TENDER)
    assert last is not None
    assert last.until == FOREVER


@pytest.mark.parametrize(("now", "there"), [(UNTIL, True), (UNTIL + DISPUTE, True), (UNTIL + DISPUTE + 1, False)])
def test_a_contested_tender_waits_for_its_holder_until_it_falls(now: int, there: bool) -> None:
    item = item_of(CONTESTED, CARRIER, now, TERMS, TENDER)
    assert (item is not None) is there
    if item is not None:
        assert (item.kind, item.action, item.until) == (Kind.CONTEST, Action.BEAR_OUT, UNTIL + DISPUTE)
    assert item_of(CONTESTED, SHOP, now, TERMS, TENDER) is None


def test_a_contest_after_the_window_disputes_nothing() -> None:
    assert item_of(replace(CONTESTED, contested_at=UNTIL + 1), CARRIER, UNTIL + 1, TERMS, TENDER) is None


def test_a_third_who_bears_it_out_ends_the_waiting_and_a_party_does_not() -> None:
    assert item_of(CONTESTED, CARRIER, UNTIL, TERMS, TENDER, thirds=[THIRD]) is None
    assert item_of(CONTESTED, CARRIER, UNTIL, TERMS, TENDER, thirds=[CARRIER, SHOP, MAKER]) is not None
