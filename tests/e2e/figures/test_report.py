"""The report of a ledger whose partners signed for themselves, and the report's charts."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.cli.main import app
from ledger.cli.report import charts
from ledger.cli.report.page import render
from ledger.cli.report.sections import partners
from ledger.cli.report.words import Cover, name_of
from ledger.codes import ClearanceStatus, Mode
from ledger.common.periods import Period
from ledger.explain.report import findings
from ledger.explain.units import day, days, money, rounded_money
from ledger.network.report import Report, compute_report
from ledger.records.types import Place
from ledger.services.home.score_cards import default_card
from ledger.shipments.history import Journeys
from tests.e2e.story import Story
from tests.unit.history import CARRIER, DAY, SALT, SHOP, US_IMPORT, History

YEAR = Period(0, 365 * DAY, 365 * DAY)


def deliver(history: History, number: int, day: int, origin: str = "", **terms: Any) -> None:
    """So many shipments that arrive on that day, where the end of day 10 is promised."""
    for _ in range(number):
        place = Place(SALT, origin, "", "", "")
        history.handoff(history.terms(origin=place, mode=Mode.AIR, **terms), CARRIER, SHOP, day * DAY)


@pytest.fixture
def history_page() -> str:
    """A report of 1970: five on time, three late, one of them held by customs."""
    history = History()
    deliver(history, 5, 9, "CN")
    deliver(history, 2, 12, "CN")
    held = history.terms(origin=Place(SALT, "CN", "", "", ""), mode=Mode.AIR, requires=[US_IMPORT])
    history.clearance(ClearanceStatus.HELD, held, 8 * DAY)
    history.clearance(ClearanceStatus.RELEASED, held, 9 * DAY)
    history.handoff(held, CARRIER, SHOP, 13 * DAY)
    return render(report_of(history), Cover("Report", {}, 1, "", ""))


def report_of(history: History) -> Report:
    return compute_report(Journeys(history.records), YEAR, default_card())


def sentences(history: History) -> list[str]:
    return [lead + rest for lead, rest in findings(report_of(history), str)]


def test_one_file_that_opens_offline_and_says_who_signed(story: Story, tmp_path: Path) -> None:
    path, command = tmp_path / "report.html", app
    at = ["--at", str(story.clock.now())]
    done = CliRunner().invoke(
        command, ["report", "--html", str(path), *at], env={"LADING_HOME": str(story.settings.home)}
    )
    assert done.exit_code == 0, done.output
    page = path.read_text()
    assert "records that both sides signed" in page
    assert "replay" not in page
    assert "α = 10.00 EUR per day², with a grace of 0.5 days and a cap of 10 % of the shipment" in page
    for loaded in ("src=", "http", "<script", "@import", "url("):
        assert loaded not in page
    assert "shipments are not late.</b> The latest of the 6 late ones is late by 30 days." in page
    assert "delivered on time" not in page, "a tender, a locker or onward terms stop the clock without a delivery"
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_penalties_are_set_against_the_freight_of_the_same_shipments() -> None:
    """Two days late cost 4.00 EUR; freight of 10.00 EUR is stated for one shipment of five."""
    history = History()
    deliver(history, 1, 12, freight=1_000)
    deliver(history, 4, 12, freight=0)
    (cost,) = (sentence for sentence in sentences(history) if "Freight" in sentence)
    assert cost.endswith("the penalties of these shipments are 40.0 % of it.")


def test_the_least_reliable_lane_says_of_which_lanes() -> None:
    """A lane of few shipments may be worse: it is in the table, and a share of so few says little."""
    history = History()
    deliver(history, 50, 9, "CN")
    deliver(history, 49, 9, "IN")
    deliver(history, 1, 12, "IN")
    deliver(history, 5, 12, "NG")
    (lanes,) = (sentence for sentence in sentences(history) if "eliable" in sentence)
    assert lanes.startswith("Least reliable of the lanes with 50 or more shipments: from IN by air, 2.0 % of 50")


def test_where_no_score_ranks_anybody_those_without_a_score_are_counted_too() -> None:
    history = History()
    deliver(history, 3, 9)
    report = report_of(history)
    assert not report.scores
    assert report.unscored > 0
    page = partners(report, Cover("Report", {}, 1, "", ""))
    assert f"Resting on too few deliveries: 0; without a score: {report.unscored}." in page


def test_what_a_chart_shows_can_be_read(history_page: str) -> None:
    """Title, unit, legend and values stand in the open, not in tooltips only; what was late with its cause and cost."""
    for seen in (
        "Shipments by when they were promised", ">shipments<", "Delivered late", "In time", "How late shipments were",
        "Owed in EUR, by when it was promised, and cause", "The figures as a table", ">1970-01<",
        "Time held by customs", "Delivery times against the expected window",
    ):  # fmt: skip
        assert seen in history_page, seen
    assert history_page.count('<figure class="chart">') == history_page.count('<svg viewBox="0 0 420 270" role="img"')
    keys = re.findall(r' id="([^"]+)"', history_page)
    assert len(keys) == len(set(keys))
    assert "color-1" in history_page
    assert "--c1:" in history_page, "the style sheet of charts is in the file"


def test_names_are_cut_after_what_a_replay_puts_before_them() -> None:
    assert name_of("Vendor: BIO-RAD LABORATORIES (FRANCE)") == "BIO-RAD LABORATORIES (FRANCE)"
    bar = charts.bars([(name_of("Programme: A very long name that goes on and on and on"), 1, "1 EUR")])
    assert ">A very long name that goes on and on…<" in bar


def test_numbers_as_people_write_them() -> None:
    assert (days(86_400), days(129_600), days(864_000), days(None)) == ("1 day", "1.5 days", "10 days", "–")
    assert (rounded_money(123_456, "USD"), rounded_money(6_881_784_941, "USD")) == ("1,234 USD", "68.8 million USD")
    assert (money(100, "USD"), day(0)) == ("1.00 USD", "1 January 1970")
