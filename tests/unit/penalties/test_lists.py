"""Many penalties at once: as CSV, as JSON, by currency and a page at a time."""

import csv
import io
from typing import Any

import pytest

from ledger.bundle.figure_checks import CheckedFigures
from ledger.bundle.figures import partner_figures, shipment_figures, statements_of
from ledger.bundle.subject import Subject, SubjectKind
from ledger.codes import ClearanceStatus, HoldCause, StatementKind
from ledger.common.figure import to_json as statement_json
from ledger.common.ids import to_hex
from ledger.common.periods import Period
from ledger.errors import NotFound
from ledger.explain.bundle import summary
from ledger.penalties.csv_export import penalties_csv, penalty_lines_csv
from ledger.penalties.lists import page_of, to_json, totals
from ledger.scores.adopted_card import Measure
from ledger.scores.card import parse_card
from ledger.services.home.score_cards import default_card_text
from ledger.shipments.history import Journeys
from tests.unit.history import BROKER, CARRIER, DAY, MAKER, SECOND, SHOP, US_IMPORT, History

COLUMNS = (
    "shipment", "liable", "beneficiary", "currency", "amount", "amount_high", "frozen", "uncapped", "cap", "alpha",
    "opened_at", "promised", "grace", "promised_at", "lost_after", "delivered_at", "stopped_at", "customs_seconds",
    "relief_seconds", "late_seconds", "settled", "indicative", "stays_with_liable", "recourse", "evidence", "judged_at",
)  # fmt: skip
LINE_COLUMNS = (
    "shipment", "line", "goods", "packages", "partner", "record", "start", "due", "end", "seconds", "counts", "amount",
    "currency", "code",
)  # fmt: skip


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def told() -> tuple[History, dict[str, bytes]]:
    """One shipment late by the carrier with everything that a statement lists, one in dollars, one under way."""
    history = History()
    ids = {"late": history.terms(holder=MAKER, grace=3600, requires=[US_IMPORT])}
    history.handoff(ids["late"], MAKER, CARRIER, DAY, due=3 * DAY)
    history.clearance(ClearanceStatus.HELD, ids["late"], 4 * DAY, caused_by=BROKER, cause=HoldCause.DOCUMENTS)
    history.clearance(ClearanceStatus.RELEASED, ids["late"], 5 * DAY)
    history.statement(StatementKind.TENDER, ids["late"], CARRIER, 12 * DAY, counterparty=SHOP)
    history.statement(StatementKind.CONTEST, ids["late"], SHOP, 13 * DAY)
    history.handoff(ids["late"], CARRIER, SHOP, 15 * DAY)
    history.endorse(ids["late"], CARRIER, 15 * DAY)
    ids["dollars"] = history.terms(currency="USD", liable=SECOND)
    history.handoff(ids["dollars"], CARRIER, SHOP, 12 * DAY)
    ids["under way"] = history.terms(currency="=1+1")
    return history, ids


def test_a_statement_has_a_row_with_all_that_its_amount_follows_from(told: Any) -> None:
    history, ids = told
    text = penalties_csv(statements_of(Journeys(history.records), 50 * DAY))
    assert set(COLUMNS) <= set(text.splitlines()[0].split(","))
    assert text.startswith("shipment,liable,beneficiary,currency,amount,")
    late, dollars, under_way = rows(text)
    assert late["shipment"] == to_hex(ids["late"])
    # 15 days less the promise of 10, an hour of grace and a day of customs.
    seconds = 15 * DAY - 10 * DAY - 3600 - DAY
    assert (late["grace"], late["customs_seconds"], late["late_seconds"]) == ("3600", str(DAY), str(seconds))
    assert int(late["amount"]) == 100 * seconds**2 // DAY**2 == int(late["uncapped"])
    assert (late["opened_at"], late["promised"], late["lost_after"]) == ("0", str(10 * DAY), str(30 * DAY))
    assert (late["liable"], late["currency"], late["settled"]) == (str(CARRIER), "EUR", "1")
    assert late["recourse"] == f"{CARRIER}:{late['amount']}"
    assert (dollars["currency"], dollars["amount"]) == ("USD", "400")
    assert (under_way["settled"], under_way["delivered_at"], under_way["amount"]) == ("0", "", "10000")
    assert (late["delivered_at"], late["stopped_at"], under_way["stopped_at"]) == (str(15 * DAY), str(15 * DAY), "")
    assert under_way["currency"] == "'=1+1", "a spreadsheet must not take a name for a formula"


def test_each_line_of_a_statement_has_a_row_of_its_own(told: Any) -> None:
    history, ids = told
    text = penalty_lines_csv(statements_of(Journeys(history.records), 50 * DAY))
    assert text.splitlines()[0] == ",".join(LINE_COLUMNS)
    mine = [row for row in rows(text) if row["shipment"] == to_hex(ids["late"])]
    assert [row["line"] for row in mine] == ["goods", "hold", "tender", "leg", "total"]
    goods, hold, tender, leg, total = mine
    assert (goods["code"], goods["end"]) == ("delivery", str(15 * DAY))
    assert (hold["partner"], hold["seconds"], hold["counts"]) == (str(BROKER), str(DAY), "1")
    assert hold["code"] == "documents/not_caused_by_liable"
    assert (tender["counts"], tender["code"]) == ("0", "fallen")
    assert (leg["start"], leg["due"], leg["end"]) == (str(DAY), str(3 * DAY), str(15 * DAY))
    assert leg["amount"] == total["amount"] != "0"
    assert sum(int(row["amount"]) for row in mine if row["line"] == "leg") <= int(total["amount"])


def test_totals_are_by_currency_and_by_who_owes(told: Any) -> None:
    history, ids = told
    history.endorse(ids["dollars"], SECOND, 13 * DAY)
    found = statements_of(Journeys(history.records), 50 * DAY)
    by = {total.currency: total for total in totals(found, CARRIER)}
    late = next(s.amount for s in found if s.currency == "EUR")
    assert (by["EUR"].owes, by["EUR"].is_owed, by["EUR"].open) == (late, 0, 0)
    assert (by["USD"].owes, by["USD"].late) == (0, 1)
    assert by["=1+1"].open == 10_000
    assert next(t for t in totals(found, SHOP) if t.currency == "USD").is_owed == 400
    assert next(t for t in totals(found) if t.currency == "USD").owes == 400


def test_indicative_amounts_are_not_summed_as_owed(told: Any) -> None:
    """Partner 3 is named as liable for 4 dollars, and signed nothing."""
    history, ids = told
    journeys = Journeys(history.records)
    for partner in (None, SECOND, SHOP):
        dollars = next(t for t in totals(statements_of(journeys), partner) if t.currency == "USD")
        assert (dollars.owes, dollars.is_owed, dollars.open, dollars.indicative) == (0, 0, 0, 400)
    period = Period(0, 30 * DAY, 30 * DAY)
    measure = Measure(parse_card(default_card_text()), None)
    owing = CheckedFigures(
        Subject(SubjectKind.PARTNER, partner=SECOND), partner_figures(journeys, SECOND, period, None, measure)
    )
    assert "owes nothing (indicative: 4.00 USD more), is owed nothing" in summary(owing)
    shipment = CheckedFigures(
        Subject(SubjectKind.SHIPMENT, ids["dollars"]), shipment_figures(journeys, ids["dollars"], None)
    )
    assert summary(shipment).endswith("owes partner 5 4.00 USD (indicative)")


def test_totals_count_as_late_what_is_late_by_a_second_and_costs_nothing() -> None:
    history = History()
    history.handoff(history.terms(), CARRIER, SHOP, 10 * DAY)
    history.handoff(history.terms(), CARRIER, SHOP, 10 * DAY + 1)
    (total,) = totals(statements_of(Journeys(history.records)))
    assert (total.statements, total.late, total.owes) == (2, 1, 0)


def test_one_partners_statements_are_those_that_it_owes_or_is_owed(told: Any) -> None:
    history, ids = told
    journeys = Journeys(history.records)
    assert [s.shipment for s in statements_of(journeys, partner=SECOND)] == [ids["dollars"]]
    assert len(statements_of(journeys, partner=SHOP)) == 3
    assert statements_of(journeys, partner=77) == []


def test_a_list_is_read_a_page_at_a_time(told: Any) -> None:
    history, _ = told
    found = statements_of(Journeys(history.records))
    seen: list[Any] = []
    after = None
    while True:
        shown, after = page_of(found, after, 2)
        seen += shown
        if after is None:
            break
    assert seen == found
    with pytest.raises(NotFound):
        page_of(found, bytes(32), 2)
    page = to_json(found, None, None, 2)
    assert (len(page["penalties"]), page["next"]) == (2, to_hex(found[1].shipment))


def test_a_statement_as_json_names_contested_tenders_and_what_the_terms_say(told: Any) -> None:
    history, ids = told
    statement = statement_json(next(s for s in statements_of(Journeys(history.records)) if s.shipment == ids["late"]))
    (portion,) = statement["portions"]
    (tender,) = portion["tenders"]
    assert tender["contested_by"] is not None
    assert (statement["opened_at"], statement["lost_after"]) == (0, 30 * DAY)
    assert statement["legs"][0]["in_at"] == DAY
    assert portion["holds"][0]["held_at"] == 4 * DAY
