"""Times by lane count what the reader may see, and nothing else."""

from collections.abc import Callable, Mapping

import pytest

from ledger.codes import Mode
from ledger.common.distribution import Distribution, distribution
from ledger.network.contributions import KeptContributions
from ledger.network.lane_times import ENOUGH, Expected, Lane, times_by_lane
from ledger.records.eip712 import Withheld
from ledger.records.types import ShipmentTerms
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, SECOND, SHOP, History
from tests.unit.network.test_performance import CHINA, GERMANY, STATES, flight

TO_STATES = Lane("CN", "US", Mode.AIR)


def lanes(
    history: History, wanted: Callable[[ShipmentTerms], bool] = lambda _: True, day: int = 365
) -> Mapping[Lane, Distribution]:
    journeys = Journeys(history.records)
    return times_by_lane(journeys, day * DAY, wanted, KeptContributions(journeys))


def test_each_lane_has_its_own_deliveries() -> None:
    history = History()
    for days in (3, 5, 8):
        flight(history, days)
    flight(history, 2, GERMANY)
    flight(history, 30, STATES, Mode.MARITIME)
    found = lanes(history)
    assert found.keys() == {TO_STATES, Lane("CN", "DE", Mode.AIR), Lane("CN", "US", Mode.MARITIME)}
    assert (found[TO_STATES].count, found[TO_STATES].median, found[TO_STATES].p90) == (3, 5 * DAY, 8 * DAY)


def test_what_is_hidden_from_the_reader_changes_nothing() -> None:
    """With or without the others' shipments, slow ones and quick ones: the answer is the same."""
    own, with_others = History(), History()
    for history in (own, with_others):
        for days in (3, 5):
            flight(history, days)
    for days in (1, 90):
        others = with_others.terms(consignor=SECOND, holder=SECOND, origin=CHINA, destination=STATES, mode=Mode.AIR)
        with_others.handoff(others, SECOND, CARRIER, DAY)
        with_others.handoff(others, CARRIER, SHOP, (1 + days) * DAY)
    assert lanes(with_others)[TO_STATES].count == 4
    assert lanes(with_others, lambda terms: terms.consignor == MAKER) == lanes(own)
    assert lanes(with_others, lambda _: False) == {}


def test_goods_under_way_and_places_that_are_closed_are_in_no_lane() -> None:
    history = History()
    on_its_way = history.terms(holder=MAKER, origin=CHINA, destination=STATES, mode=Mode.AIR)
    history.handoff(on_its_way, MAKER, CARRIER, DAY)
    closed = history.terms(holder=MAKER, origin=CHINA, destination=Withheld(bytes(32)), mode=Mode.AIR)
    history.handoff(closed, MAKER, CARRIER, DAY)
    history.handoff(closed, CARRIER, SHOP, 2 * DAY)
    nowhere = history.terms(holder=MAKER, mode=Mode.AIR)
    history.handoff(nowhere, MAKER, CARRIER, DAY)
    history.handoff(nowhere, CARRIER, SHOP, 2 * DAY)
    assert lanes(history) == {}


@pytest.mark.parametrize(("count", "thin"), [(ENOUGH - 1, True), (ENOUGH, False)])
def test_few_deliveries_are_said_to_be_few(count: int, thin: bool) -> None:
    times = distribution([DAY * (i + 1) for i in range(count)])
    found = Expected(TO_STATES, times, 100 * DAY)
    assert found.thin == thin
    assert found.median_at == 100 * DAY + (times.median or 0)
    assert found.p90_at == 100 * DAY + (times.p90 or 0)


def test_goods_that_have_not_left_are_expected_at_no_time() -> None:
    found = Expected(TO_STATES, distribution([DAY] * 20), None)
    assert (found.median_at, found.p90_at, found.times.median) == (None, None, DAY)
    unknown = Expected(TO_STATES, distribution([]), DAY)
    assert (unknown.median_at, unknown.thin) == (None, True)
