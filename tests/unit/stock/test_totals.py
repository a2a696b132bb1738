"""Sums of stock by partner, place and goods: due and overdue, ageing, expiry, CSV."""

import csv
import io
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from ledger.codes import Outcome, RegistryAction, RevocationReason
from ledger.products.brand_authority import BRAND_AUTHORISATION
from ledger.provenance.contents import quantity_text
from ledger.records.types import Attestation, Claims, Goods, Place, Revocation
from ledger.shipments.history import Journeys
from ledger.stock.csv_export import COLUMNS, stock_csv
from ledger.stock.expiry import EXPIRY, Expiries
from ledger.stock.holdings import stock_at
from ledger.stock.totals import AGES, Total, age_group, keys_of, totals
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SECOND, SHOP, History
from tests.unit.stock.world import STORES, World

GTIN = "09506000134352"
PORT = Place(SALT, "DE", "DEHAM", "", "")
RIVAL = 66


def goods(quantity: int, lot: str = "L1", gtin: str = GTIN) -> Goods:
    return Goods(SALT, gtin, lot, bytes(32), quantity, "H87", "", "")


def sums(history: History, at: int) -> list[Total]:
    journeys = Journeys(history.records)
    return totals(stock_at(journeys, at, {MAKER, SHOP}.__contains__), at, Expiries(journeys, at))


def found(history: History, at: int, partner: int) -> Total:
    (row,) = [row for row in sums(history, at) if row.partner == partner]
    return row


def test_goods_are_due_to_their_consignee_until_it_has_them() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, contents=[goods(90)], destination=PORT, promisedAt=5 * DAY, grace=DAY)
    history.handoff(one, MAKER, CARRIER, 2 * DAY)
    due = found(history, 6 * DAY, SHOP)
    assert (due.on_hand, due.due, due.overdue, due.place) == ("0", "90", "0", ("DE", "DEHAM", "", ""))
    assert found(history, 6 * DAY + 1, SHOP).overdue == "90"
    assert found(history, 6 * DAY, CARRIER).in_transit == "90"
    history.handoff(one, CARRIER, SHOP, 7 * DAY, place=PORT)
    arrived = found(history, 8 * DAY, SHOP)
    assert (arrived.on_hand, arrived.due, arrived.overdue, arrived.place) == ("90", "0", "0", due.place)


def test_what_is_missing_is_due_from_nobody() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, packages=10, contents=[goods(100)], promisedAt=5 * DAY)
    history.short(one, MAKER, CARRIER, 2 * DAY, 7)
    assert found(history, 3 * DAY, MAKER).missing == "30"
    assert found(history, 3 * DAY, SHOP).due == "70"


@pytest.mark.parametrize(
    ("days", "group"), [(0, 0), (30, 0), (31, 1), (60, 1), (61, 2), (90, 2), (91, 3), (180, 3), (181, 4), (9_999, 4)]
)
def test_goods_age_by_whole_days(days: int, group: int) -> None:
    assert age_group(days * DAY) == group
    assert age_group((days + 1) * DAY - 1) == group


def test_age_counts_from_the_receipt_under_whatever_name() -> None:
    history = History()
    one = history.terms(known=DAY, holder=MAKER, packages=10, contents=[goods(100)])
    history.handoff(one, MAKER, SHOP, 2 * DAY)
    history.split(one, SHOP, 50 * DAY, [4, 6])
    late = history.terms(known=60 * DAY, holder=MAKER, packages=10, contents=[goods(7)])
    history.handoff(late, MAKER, SHOP, 60 * DAY)
    row = found(history, 70 * DAY, SHOP)
    assert row.ages == ("7", "0", "100", "0", "0")
    assert row.oldest == 2 * DAY
    assert not row.exact


@pytest.mark.parametrize(
    ("quantity", "text"),
    [(Fraction(0), "0"), (Fraction(5), "5"), (Fraction(10, 3), "3.333"), (Fraction(1, 2), "0.5"),
     (Fraction(1, 1000), "0.001"), (Fraction(1, 1001), "0"), (Fraction(1999, 1000), "1.999"),
     (Fraction(2**64), str(2**64)),
     (Fraction(3**9_999, 2**9_999), str(3**9_999 * 1000 // 2**9_999)[:-3])],
)  # fmt: skip
def test_quantities_are_cut_off_after_three_decimals(quantity: Fraction, text: str) -> None:
    assert quantity_text(quantity).startswith(text)


def attested(history: History, by: int, until: int, at: int, **fields: Any) -> bytes:
    none = bytes(32)
    values: dict[str, Any] = {
        "by": by, "schema": EXPIRY, "subject": f"01/{GTIN}/10/L1", "accreditation": none, "validFrom": 0,
        "validUntil": until, "document": none, "claims": Claims(SALT, ""), "itemCodes": none,
        "details": history.details(),
    } | fields  # fmt: skip
    return history.log(Attestation(**values), (by,), at, outcomes=(Outcome.APPLIED,)).id


class TestExpiry:
    def history(self) -> History:
        history = History()
        history.brand(MAKER, at=DAY)
        history.terms(known=2 * DAY, holder=MAKER, contents=[goods(5), goods(6, "L2")])
        return history

    def until(self, history: History, at: int = 100 * DAY) -> int | None:
        row = next(row for row in sums(history, at) if (row.partner, row.lot) == (MAKER, "L1"))
        return row.expiry.until if row.expiry else None

    def test_the_brand_says_it_of_a_lot(self) -> None:
        history = self.history()
        attested(history, MAKER, 90 * DAY, 3 * DAY)
        assert self.until(history) == 90 * DAY
        rows = {row.lot: row for row in sums(history, 90 * DAY + 1) if row.partner == MAKER}
        assert (rows["L1"].expired, rows["L2"].expired, rows["L2"].expiry) == (True, False, None)
        assert not next(row for row in sums(history, 90 * DAY) if row.lot == "L1").expired

    def test_the_earliest_that_stands_counts(self) -> None:
        history = self.history()
        first = attested(history, MAKER, 90 * DAY, 3 * DAY)
        attested(history, MAKER, 120 * DAY, 4 * DAY)
        assert self.until(history) == 90 * DAY
        gone = Revocation(MAKER, first, RevocationReason.SUPERSEDED, 5 * DAY, history.details())
        history.log(gone, (MAKER,), 5 * DAY, outcomes=(Outcome.APPLIED,))
        assert self.until(history) == 120 * DAY

    def test_what_is_revoked_for_later_counts_until_then(self) -> None:
        history = self.history()
        first = attested(history, MAKER, 90 * DAY, 3 * DAY)
        gone = Revocation(MAKER, first, RevocationReason.SUPERSEDED, 50 * DAY, history.details())
        history.log(gone, (MAKER,), 5 * DAY, outcomes=(Outcome.APPLIED,))
        assert self.until(history, 50 * DAY - 1) == 90 * DAY
        assert self.until(history, 50 * DAY) is None, "though nothing was recorded since"

    def test_nobody_else_says_it(self) -> None:
        history = self.history()
        attested(history, RIVAL, 10 * DAY, 3 * DAY)
        attested(history, MAKER, 10 * DAY, 3 * DAY, schema=bytes(32))
        attested(history, MAKER, 0, 3 * DAY)
        attested(history, MAKER, 10 * DAY, 3 * DAY, subject=f"01/{GTIN}")
        attested(history, MAKER, 10 * DAY, 3 * DAY, subject=f"01/{GTIN}/10/L1/21/7")
        assert self.until(history) is None

    def test_who_lost_the_brand_says_it_no_more_and_what_it_said_stands(self) -> None:
        history = self.history()
        attested(history, MAKER, 90 * DAY, 3 * DAY)
        history.brand(MAKER, RegistryAction.REVOKE_ROLE, at=10 * DAY)
        attested(history, MAKER, 20 * DAY, 11 * DAY)
        assert self.until(history) == 90 * DAY

    def test_whom_the_brand_authorised_says_it(self) -> None:
        history = self.history()
        attested(history, SECOND, 90 * DAY, 3 * DAY)
        assert self.until(history) is None
        history.attest(MAKER, f"partner/{SECOND}", BRAND_AUTHORISATION, at=5 * DAY)
        assert self.until(history) is None, "it was not yet when it spoke"
        attested(history, SECOND, 80 * DAY, 6 * DAY)
        assert self.until(history) == 80 * DAY


@pytest.mark.parametrize("seed", range(5))
def test_each_sum_rests_on_the_holdings_that_name_it(seed: int) -> None:
    world = World(seed).play(60)
    journeys = Journeys(world.history.records)
    held = stock_at(journeys, world.now, STORES.__contains__)
    rows = totals(held, world.now, Expiries(journeys))
    named = {key for holding in held for key in keys_of(holding)}
    assert {(row.partner, row.place, (row.gtin, row.lot, row.unit)) for row in rows} == named
    pieces = sum((line.quantity for holding in held for line in holding.goods), Fraction(0))
    told = sum(Fraction(text) for row in rows for text in (row.on_hand, row.in_transit, row.missing))
    assert 0 <= pieces - told < Fraction(3 * len(rows) + 1, 1000)
    for row in rows:
        assert 0 <= Fraction(row.on_hand) - sum(map(Fraction, row.ages)) < Fraction(5, 1000)


def test_two_names_of_one_unit_are_one_row_and_units_that_convert_are_not() -> None:
    history = History()
    for unit in ("kg", "KGM", "GRM"):
        history.terms(known=DAY, holder=MAKER, contents=[replace(goods(5), unit=unit)])
    held = {row.unit: row.on_hand for row in sums(history, 2 * DAY) if row.partner == MAKER}
    assert held == {"KGM": "10", "GRM": "5"}


def test_csv_has_no_formulas() -> None:
    history = History()
    evil = Place(SALT, "", "", "", '=HYPERLINK("x")')
    history.terms(known=DAY, holder=MAKER, contents=[goods(5, "=1+1;@x")], origin=evil)
    (row,) = [row for row in csv.DictReader(io.StringIO(stock_csv(sums(history, 2 * DAY)))) if row["on_hand"] == "5"]
    assert (row["lot"], row["place"]) == ("'=1+1;'@x", '\'=HYPERLINK("x")')
    assert tuple(row) == COLUMNS
    assert [row[f"days_{most}"] for most in AGES] == ["5", "0", "0", "0"]
