"""Figures that a service keeps while its log grows are those that follow from all its records at once."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ledger.bundle.figures import statements_of
from ledger.cli.main import app
from ledger.codes import ClearanceStatus, ExceptionBit, HoldCause, StatementKind
from ledger.common.ids import to_hex
from ledger.common.periods import DAY, Period, Step
from ledger.errors import Busy, MalformedRecord, NotFound, NotPermitted
from ledger.penalties.lists import totals
from ledger.penalties.statement import PenaltyStatement
from ledger.scores.tallies import Tallies
from ledger.services.figures import penalties_and_scores
from ledger.services.figures.penalty_pages import Asked
from ledger.services.state.verified_records import VerifiedRecords
from ledger.services.views.records import PUBLIC, Reader
from ledger.shipments.history import Journeys
from ledger.store import openings, records
from tests.e2e.stage import CARRIER, MAKER, NZ, OCEAN, SHOP, Stage


def from_all_records(stage: Stage, period: Period) -> tuple[Any, Any]:
    """Statements and scorecards of a reader that has just begun."""
    node = stage.node
    with node.home.database.read() as connection:
        registry = node.reader.registry.refreshed(connection)
        journeys = Journeys(VerifiedRecords(connection, node.home.consortium, registry).all())
    tallies, card = Tallies(journeys, period), node.reader.numbers.card(0)
    cards = [tallies.score(partner, role, card) for role in card.roles for partner in tallies.partners(role)]
    return statements_of(journeys, period.at), cards


def agrees(stage: Stage) -> None:
    period = Period(0, 2**40 - 1, stage.now)
    kept = stage.node.reader.numbers
    statements, cards = from_all_records(stage, period)
    assert kept.penalties(at=stage.now) == statements
    assert list(kept.scorecards(period=period)) == cards
    for reader in (Reader(auditor=True), Reader(partner=CARRIER), Reader(partner=SHOP)):
        for at in (stage.now, None):
            assert listed(stage, Asked(reader, at=at)) == kept.penalties(at=at, reader=reader)
    recent = Period(stage.now - 5 * DAY, stage.now, stage.now)
    assert list(kept.scorecards(period=recent)) == from_all_records(stage, recent)[1]


def listed(stage: Stage, asked: Asked) -> list[PenaltyStatement]:
    """All of a list, page by page; its sums are those of what it lists."""
    result: list[PenaltyStatement] = []
    after = None
    while True:
        page = stage.node.reader.numbers.penalty_pages.page(asked, after, 2)
        result += page.statements
        if page.next is None:
            break
        after = page.next
    assert page.count == len(result)
    assert list(page.totals) == totals(result, asked.partner)
    return result


def test_figures_kept_while_the_log_grows_are_those_of_all_records(stage: Stage) -> None:
    """With records that have no outcome yet, a manifest whose items end one after another, and clocks that run out."""
    agrees(stage)
    first, second = stage.open(), stage.open()
    agrees(stage)
    stage.submit(stage.scribe_handoff(MAKER, CARRIER, (first, 0, 10), due_at=stage.now + DAY), MAKER, CARRIER)
    agrees(stage)
    stage.settle()
    agrees(stage)
    # Of this manifest one item applies at once; the other is ahead of a handoff that comes later.
    both = sorted([(first, 1, 10), (second, 1, 10)])
    stage.submit(stage.scribe_handoff(CARRIER, OCEAN, *both), CARRIER, OCEAN)
    stage.settle()
    agrees(stage)
    stage.hand(MAKER, CARRIER, (second, 0, 10))
    stage.settle()
    agrees(stage)
    stage.pass_time(8 * DAY)
    stage.clear(NZ, ClearanceStatus.HELD, (first, 0), cause=HoldCause.RANDOM)
    agrees(stage)
    stage.pass_time(6 * DAY)
    agrees(stage)
    stage.clear(NZ, ClearanceStatus.RELEASED, (first, 1))
    stage.hand(OCEAN, SHOP, (first, 2, 7, ExceptionBit.SHORT))
    agrees(stage)
    children = stage.split(OCEAN, second, 2, 4, 6)
    stage.state(StatementKind.LOST, OCEAN, children[0], 0)
    agrees(stage)
    stage.pass_time(40 * DAY)
    agrees(stage)


def test_a_forgotten_part_is_forgotten_by_the_figures_too(stage: Stage) -> None:
    shipment = stage.open()
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    kept = stage.node.reader.numbers
    assert shipment in [s.shipment for s in kept.penalties()]
    with stage.node.home.database.write() as connection:
        row = records.get(connection, shipment)
        assert row is not None
        forgotten = openings.of(connection, row)
        assert openings.forget(connection, shipment, "commercial") == 1
    assert shipment not in [s.shipment for s in kept.penalties()]
    with stage.node.home.database.write() as connection:
        openings.add(connection, shipment, {"commercial": forgotten["commercial"]})
    assert shipment in [s.shipment for s in kept.penalties()]


def test_records_are_taken_in_as_they_come_not_all_anew(stage: Stage) -> None:
    kept = stage.node.reader.numbers
    before = kept.journeys()
    shipment = stage.open()
    assert kept.journeys() is before
    assert shipment in before.terms


def test_a_reader_waits_for_figures_only_so_long(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(penalties_and_scores, "PATIENCE", 0.01)
    kept = stage.node.reader.numbers
    with kept._figures(), pytest.raises(Busy):
        kept.penalties()
    assert kept.penalties() == []


def test_a_page_of_penalties_is_kept_while_nothing_changes_for_whom_it_was_made(stage: Stage) -> None:
    pages = stage.node.reader.numbers.penalty_pages
    shipment = stage.open()
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    asked = Asked(Reader(partner=MAKER), at=stage.now)
    page = pages.page(asked, None, 10)
    assert [statement.shipment for statement in page.statements] == [shipment]
    assert pages.page(asked, None, 10) is page
    assert pages.page(Asked(Reader(partner=OCEAN), at=stage.now), None, 10).count == 0
    with pytest.raises(NotPermitted, match="parties"):
        pages.page(Asked(PUBLIC, at=stage.now), None, 10)
    with pytest.raises(NotFound, match="place in the list"):
        pages.page(asked, bytes(32), 10)
    with pytest.raises(MalformedRecord, match="ends before"):
        pages.page(Asked(Reader(partner=MAKER), start=5, end=4), None, 10)
    second = stage.open()
    assert [statement.shipment for statement in pages.page(asked, None, 10).statements] == [shipment, second]


def test_sums_are_noted_as_opened_though_the_page_shows_few(stage: Stage) -> None:
    """Once an hour for each shipment whose prices they tell of, whoever may see them, kept or not."""
    shipments = [stage.open(), stage.open()]
    reader = Reader(partner=MAKER, key=b"k" * 20)
    for _ in range(2):
        stage.node.reader.numbers.penalty_pages.page(Asked(reader, at=stage.now), None, 1)
    for shipment in shipments:
        (opening,) = stage.node.reader.views.openings(shipment, Reader(auditor=True))
        assert (opening.paths, opening.partner.id) == (("commercial",), MAKER)


# --- on the command line ---


def lading(stage: Stage, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"LADING_HOME": str(stage.node.home.settings.home)})


def test_penalties_on_the_command_line_in_every_form(stage: Stage) -> None:
    shipment = stage.open()
    stage.hand(MAKER, CARRIER, (shipment, 0, 10), due_at=stage.now + DAY)
    stage.pass_time(12 * DAY)
    late = stage.now
    stage.hand(CARRIER, SHOP, (shipment, 1, 10))
    under_way = stage.open()
    named = json.loads(lading(stage, "penalties", "--partner", str(CARRIER), "--json").stdout)
    assert [s["shipment"] for s in named["penalties"]] == [to_hex(shipment), to_hex(under_way)]
    (total,) = named["totals"]
    assert total["owes"] == named["penalties"][0]["amount"] > 0
    rows = list(csv.DictReader(io.StringIO(lading(stage, "penalties", "--csv").stdout)))
    assert [row["amount"] for row in rows] == [str(s["amount"]) for s in named["penalties"]]
    lines = list(csv.DictReader(io.StringIO(lading(stage, "penalties", "--lines").stdout)))
    assert [line["line"] for line in lines] == ["goods", "leg", "total", "goods", "total"]
    words = lading(stage, "penalties", "--partner", str(CARRIER), "--at", str(late + 20 * DAY))
    assert "2 of 2 shipments cost a penalty" in words.stdout
    assert f"partner {CARRIER} owes" in words.stdout
    only = json.loads(lading(stage, "penalties", "--start", str(late), "--json").stdout)
    assert [s["shipment"] for s in only["penalties"]] == [to_hex(under_way)]


@pytest.mark.parametrize(
    "options", [("--at", "-5"), ("--start", "9", "--end", "3"), ("--csv", "--json"), ("--end", str(2**41))]
)
def test_what_is_no_period_or_time_is_refused(stage: Stage, options: tuple[str, ...]) -> None:
    refused = lading(stage, "penalties", *options)
    assert refused.exit_code != 0
    assert not isinstance(refused.exception, AssertionError)
    assert refused.stdout == ""


def test_a_bundle_judges_goods_under_way_at_no_time_before_all_time(stage: Stage, tmp_path: Path) -> None:
    refused = lading(stage, "export", "--out", str(tmp_path / "x"), "--partner", str(CARRIER), "--at", "-5")
    assert refused.exit_code == 2
    assert not (tmp_path / "x").exists()


def test_scores_and_their_trend_on_the_command_line(stage: Stage) -> None:
    shipment = stage.open()
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.pass_time(12 * DAY)
    stage.hand(CARRIER, SHOP, (shipment, 1, 10))
    stage.pass_time(DAY)
    then = ("--start", str(stage.now - 20 * DAY), "--end", str(stage.now))
    (card,) = json.loads(lading(stage, "scores", str(CARRIER), *then, "--json").stdout)["scores"]
    assert (card["role"], card["period"]["at"]) == ("carrier", stage.now)
    # The command line goes by the clock of the machine, on which the story may be over or yet to come.
    assert lading(stage, "scores", "--rolling", "20").exit_code == 0
    assert lading(stage, "scores", "--rolling", "20", "--start", "1").exit_code != 0
    months = stage.node.reader.numbers.trend_of(CARRIER, Step.MONTH, 3)["roles"][0]["points"]
    assert sum(point["samples"] for point in months) > 0
    assert json.loads(lading(stage, "scores", "trend", str(CARRIER), "--json").stdout)["by"] == "quarter"
    assert "no role" in lading(stage, "scores", "trend", str(NZ)).stdout
    for command in ("show", "explain", "trend"):
        assert isinstance(lading(stage, "scores", command, "99").exception, NotFound), command


def test_the_network_on_the_command_line(stage: Stage, tmp_path: Path) -> None:
    shipment = stage.open()
    began = stage.now
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.pass_time(12 * DAY)
    stage.hand(CARRIER, SHOP, (shipment, 1, 10))
    found = json.loads(lading(stage, "network", "--json").stdout)
    assert found["groups"][0]["figures"]["delivered"] == 1
    assert found["groups"][0]["figures"]["evidence"]
    told = lading(stage, "network").stdout
    assert "1 were delivered" in told
    assert "Partner " + str(CARRIER) in told
    by_carrier = lading(stage, "network", "--by", "carrier", "--against", "0", str(began), "--start", str(began)).stdout
    assert by_carrier.splitlines()[0].split("  ")[0] == "by carrier"
    assert f"Partner {CARRIER}" in by_carrier.splitlines()[0]
    assert any(line.split() == ["Mean", "delivery", "time", "12", "days"] for line in by_carrier.splitlines())
    file = tmp_path / "windows.toml"
    file.write_text('["Europe"]\nroad = [1, 2]\n')
    assert lading(stage, "network", "--windows", str(file)).exit_code == 0
    file.write_text('["Atlantis"]\nroad = [1, 2]\n')
    refused = lading(stage, "network", "--windows", str(file))
    assert isinstance(refused.exception, MalformedRecord)
