"""The benchmarks of pages and traces ask for what is there, and count what they say they count."""

from collections.abc import Iterator

import pytest

from scripts.bench import pages, provenance, trace_sheet, tracing
from scripts.bench.grown_home import GTIN, MANIFEST, GrownHome


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GrownHome]:
    made = GrownHome(tmp_path_factory.mktemp("grown") / "home")
    made.grow(14, "SMALL")
    made.grow(MANIFEST + 50)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def asked_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "FRESH", 1)
    monkeypatch.setattr(pages, "KEPT", 1)
    monkeypatch.setattr(tracing, "ASKED", 1)


def test_every_page_is_there_and_most_of_what_is_kept_costs_little(home: GrownHome) -> None:
    visits = pages.Visits(home)
    asked = {name: pages.cost(visits, page) for name, page in pages.pages(home).items()}
    visits.close()
    assert all(one.size > 0 and one.statements > 0 for one in asked.values())
    for name in ("shipments", "shipments API", "shipments of a partner", "product page", "product API"):
        assert asked[name].kept_statements <= 5, name
    assert asked["partner"].statements <= 30
    answer = home.node.reader.products.look_up(f"01/{GTIN}/10/SMALL")
    assert (answer["verdict"], len(answer["journey"])) == ("authentic", 14)


def test_a_list_reads_no_more_when_more_goods_are_not_on_their_straight_way(home: GrownHome) -> None:
    visits = pages.Visits(home)
    page = pages.pages(home)["shipments"]
    before = pages.cost(visits, page)
    home.grow(MANIFEST)
    after = pages.cost(visits, page)
    visits.close()
    assert after.statements <= before.statements
    assert after.statements <= 20


def test_a_trace_is_compared_with_a_statement_that_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "LEVELS", 2)
    found = tracing.measure((20,))
    assert found["down"][20]["ratio"] > 0
    assert found["up"][20]["statement"] > 0


def test_a_sheet_of_a_small_trace_and_its_bundle_are_made_well_within_the_time() -> None:
    found = trace_sheet.measure(30)
    assert found["shipments"] == 30
    assert 0 < found["seconds for the sheet alone"] <= found["seconds"] < found["target"]
    assert min(found["bytes"], found["bytes of the bundle"]) > 10_000


def test_a_trace_with_shares_is_measured_among_other_shipments() -> None:
    found = provenance.measure(2_000, lots=4)
    assert found["among few"]["shipments"] == found["among 2,000"]["shipments"] == 4 + provenance.LAYERS * 12
    assert found["in memory"]["reached"] > 20
