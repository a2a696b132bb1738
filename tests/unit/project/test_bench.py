"""The benchmark of numbers, small: what it measures is what it says, and comes out the same the general way."""

from collections import Counter
from collections.abc import Iterable

from ledger.common.periods import Period
from ledger.penalties.amounts import Owed, all_owed
from ledger.penalties.fast_path import plain
from ledger.scores.card import parse_card
from ledger.scores.tallies import Tallies
from ledger.services.home.score_cards import default_card_text
from ledger.shipments.history import Journeys
from scripts.bench.cluster import compare
from scripts.bench.numbers import measure, records, ways


def by_opening(journeys: Journeys, owed: Iterable[Owed]) -> Counter[bytes]:
    """What is owed for all goods that were opened as one shipment."""
    amounts: Counter[bytes] = Counter()
    for one in owed:
        *_, opened = journeys.lineage(one.shipment)
        amounts[opened] += one.amount
    return amounts


def test_the_benchmark_measures_holds_damage_and_short_items_too() -> None:
    journeys = Journeys(records(3000))
    plainly = [plain(journeys, shipment) for shipment in journeys.shipments()]
    held = sum(way is not None and way.hold is not None for way in plainly)
    damaged = sum(way is not None and any(step.move.exceptions for step in way.steps) for way in plainly)
    assert (held * 100 // len(plainly), damaged * 100 // len(plainly), plainly.count(None) > 0) == (10, 3, True)
    period, card = Period(1_690_000_000, 1_800_000_000, 1_800_000_000), parse_card(default_card_text())
    fast, slow = Tallies(journeys, period, penalties=True), Tallies(journeys, period, shortcut=False)
    assert by_opening(journeys, fast.owed) == by_opening(journeys, all_owed(journeys, period.at))
    for role in card.roles:
        assert fast.partners(role) == slow.partners(role) != []
        for partner in fast.partners(role):
            assert fast.score(partner, role, card) == slow.score(partner, role, card)


def test_the_benchmark_tells_time_target_and_memory() -> None:
    found = measure(1000)
    assert found["handoffs"] == 1000
    assert found["scorecards"] > 10
    assert found["seconds"]["target"] == 0.01
    assert found["seconds"]["penalties, scores and bonus"] > 0
    assert 0 < found["bytes a handoff"]["columns"] < found["bytes a handoff"]["target"] == 200
    assert found["megabytes at most"] > 0


def test_the_benchmark_of_parts_gives_what_one_process_gives() -> None:
    """What the cluster is given, here: the sources and what is compared are the same on any executor."""
    found = compare(2_000, 4, None)
    assert found["equal"]
    assert found["parts"] == 4


def test_the_benchmark_of_ways_measures_stock_and_figures() -> None:
    found = ways(200)
    assert 150 < found["shipments"] < 300
    assert found["partners with stock"] > 50
    assert all(seconds >= 0 for seconds in found["seconds"].values())
