"""Network indicators on a small network, every figure worked out by hand."""

import pytest

from ledger.codes import ClearanceStatus, ExceptionBit, HoldCause, Mode, StatementKind
from ledger.common.periods import Period
from ledger.errors import MalformedRecord
from ledger.network.performance import NetworkFigures, compare, network
from ledger.network.routes import EXPECTED, Market, Window, parse_windows
from ledger.records.types import Place
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SECOND, SHOP, US_IMPORT, History

YEAR = Period(0, 365 * DAY, 365 * DAY)
CHINA, GERMANY, STATES = (Place(SALT, country, "", "", "") for country in ("CN", "DE", "US"))


def flight(history: History, days: int, destination: Place = STATES, mode: Mode = Mode.AIR, start: int = 0) -> bytes:
    """A shipment that takes `days` from the maker's handoff to the shop."""
    shipment = history.terms(
        holder=MAKER, origin=CHINA, destination=destination, mode=mode, known=start * DAY, requires=[US_IMPORT]
    )
    history.handoff(shipment, MAKER, CARRIER, (start + 1) * DAY, due=(start + 7) * DAY)
    history.handoff(shipment, CARRIER, SHOP, (start + 1 + days) * DAY)
    return shipment


def figures(history: History, period: Period = YEAR) -> NetworkFigures:
    return network(Journeys(history.records), period)["all"]


def test_delivery_times_are_mean_median_and_p90() -> None:
    history = History()
    for days in (3, 4, 5, 6, 7, 8, 9, 10, 11, 27):
        flight(history, days)
    found = figures(history)
    assert (found.timed, found.mean_seconds, found.median_seconds, found.p90_seconds) == (
        10,
        9 * DAY,
        7 * DAY + DAY // 2,
        11 * DAY,
    )


def test_a_delay_is_abnormal_beyond_the_markets_window() -> None:
    """To the United States by air up to eight days are expected: two of four are abnormal, one that never came too."""
    history = History()
    for days in (6, 8, 9, 20):
        flight(history, days)
    assert figures(history).abnormal_ppm == 500_000
    never = history.terms(holder=MAKER, origin=CHINA, destination=STATES, mode=Mode.AIR)
    history.handoff(never, MAKER, CARRIER, 1 * DAY)
    assert (figures(history).abnormal, figures(history).windowed) == (3, 5)


def test_expected_windows_can_be_replaced() -> None:
    history = History()
    flight(history, 9)
    wider = {**EXPECTED, (Market.UNITED_STATES, Mode.AIR): Window(6, 9)}
    assert network(Journeys(history.records), YEAR, windows=wider)["all"].abnormal == 0
    assert figures(history).abnormal == 1


def test_no_window_no_rate() -> None:
    history = History()
    flight(history, 40, mode=Mode.ROAD)
    assert (figures(history).windowed, figures(history).abnormal_ppm) == (0, None)


def test_figures_are_grouped_by_lane_market_mode_or_carrier() -> None:
    history = History()
    flight(history, 5)
    flight(history, 15, GERMANY, Mode.MARITIME)
    journeys = Journeys(history.records)
    assert set(network(journeys, YEAR, lambda route: route.lane)) == {"CN → US", "CN → DE"}
    assert set(network(journeys, YEAR, lambda route: str(route.market))) == {"United States", "Europe"}
    by_carrier = network(journeys, YEAR, lambda route: str(route.carrier))
    assert by_carrier[str(CARRIER)].shipments == 2


def test_legs_customs_and_first_time_release() -> None:
    history = History()
    clean, held = flight(history, 5), flight(history, 9)
    for shipment in (clean, held):
        history.clearance(ClearanceStatus.PRESENTED, shipment, 2 * DAY)
    history.clearance(ClearanceStatus.HELD, held, 3 * DAY, cause=HoldCause.DOCUMENTS, caused_by=CARRIER)
    for shipment in (clean, held):
        history.clearance(ClearanceStatus.RELEASED, shipment, 4 * DAY)
    found = figures(history)
    assert found.first_time_ppm == 500_000
    assert found.customs_seconds == {HoldCause.DOCUMENTS: DAY}
    assert (found.legs_in_time, found.legs_due) == (1, 2)


def test_cost_and_failures_by_node() -> None:
    history = History()
    shipment = flight(history, 11)
    history.endorse(shipment, CARRIER, 20 * DAY)
    broken = history.terms(holder=MAKER)
    history.handoff(broken, MAKER, SECOND, 1 * DAY)
    history.handoff(broken, SECOND, SHOP, 2 * DAY, exceptions=ExceptionBit.DAMAGED)
    lost = history.terms(holder=SECOND)
    history.statement(StatementKind.LOST, lost, SECOND, 3 * DAY)
    found = figures(history)
    assert (found.penalties, found.indicative) == ({"EUR": 400}, {"EUR": 10_000}), "only what is owed is a cost"
    assert found.cost_per_shipment("EUR") == (30_000 + 400) // 3
    assert found.cost_per_package("EUR") == (30_000 + 400) // 30
    assert (found.nodes[SECOND].handled, found.nodes[SECOND].failed) == (2, 2)
    assert (found.nodes[CARRIER].failure_ppm, found.nodes[MAKER].failure_ppm) == (0, 0)
    assert shipment in found.evidence


def test_two_periods_are_compared_figure_by_figure() -> None:
    history = History()
    flight(history, 5)
    flight(history, 9, start=100)
    journeys = Journeys(history.records)
    before = network(journeys, Period(0, 50 * DAY, 50 * DAY))["all"]
    after = network(journeys, Period(50 * DAY, 365 * DAY, 365 * DAY))["all"]
    changes = {change.figure: change for change in compare(before, after)}
    assert changes["mean_seconds"].difference == 4 * DAY
    assert changes["abnormal_ppm"].difference == 1_000_000
    assert changes["first_time_ppm"].difference is None


# --- what counts once ------------------------------------------------------------------------------------------------


def test_holds_that_overlap_count_once() -> None:
    """Two jurisdictions hold the same goods: three days for one cause, two for the other, four in all."""
    history = History()
    shipment = flight(history, 12)
    for country, held, released, cause in (
        (b"CN", 2, 4, HoldCause.RANDOM),
        (b"US", 3, 5, HoldCause.RANDOM),
        (b"MX", 4, 6, HoldCause.DOCUMENTS),
    ):
        history.clearance(ClearanceStatus.HELD, shipment, held * DAY, jurisdiction=country, cause=cause)
        history.clearance(ClearanceStatus.RELEASED, shipment, released * DAY, jurisdiction=country)
    found = figures(history)
    assert found.customs_seconds == {HoldCause.RANDOM: 3 * DAY, HoldCause.DOCUMENTS: 2 * DAY}
    assert found.held_seconds == 4 * DAY


def test_what_customs_seized_or_never_released_was_due() -> None:
    history = History()
    released, seized, never = (flight(history, 5) for _ in range(3))
    for shipment in (released, seized, never):
        history.clearance(ClearanceStatus.PRESENTED, shipment, 2 * DAY)
    history.clearance(ClearanceStatus.RELEASED, released, 3 * DAY)
    history.clearance(ClearanceStatus.SEIZED, seized, 3 * DAY)
    found = figures(history)
    assert (found.procedures, found.first_time) == (3, 1)
    on_the_way = history.terms(holder=MAKER, promisedAt=300 * DAY)
    history.clearance(ClearanceStatus.PRESENTED, on_the_way, 4 * DAY)
    early = network(Journeys(history.records), Period(0, 365 * DAY, 20 * DAY))["all"]
    assert (early.procedures, early.first_time) == (3, 1), "what is neither stuck nor overdue is not due yet"


def test_what_befell_goods_before_their_split_counts_once() -> None:
    """A carrier passes goods on in time; they are held, released, split into three, and each goes its way."""
    history = History()
    shipment = history.terms(holder=MAKER, packages=3, origin=CHINA, destination=STATES, mode=Mode.AIR)
    history.handoff(shipment, MAKER, CARRIER, 1 * DAY, packages=3, due=3 * DAY, exceptions=ExceptionBit.DAMAGED)
    history.handoff(shipment, CARRIER, SECOND, 2 * DAY, packages=3, due=6 * DAY)
    history.clearance(ClearanceStatus.HELD, shipment, 3 * DAY)
    history.clearance(ClearanceStatus.RELEASED, shipment, 4 * DAY)
    children = history.split(shipment, SECOND, 5 * DAY, [1, 1, 1])
    for day, child in zip((6, 6, 8), children, strict=True):
        history.handoff(child, SECOND, SHOP, day * DAY, packages=1)
    found = figures(history)
    assert (found.shipments, found.delivered, found.packages) == (3, 3, 3)
    assert (found.procedures, found.first_time, found.held_seconds) == (1, 0, DAY)
    assert (found.nodes[MAKER].handled, found.nodes[MAKER].failed, found.nodes[CARRIER].handled) == (1, 1, 1)
    assert found.nodes[SECOND].handled == 3
    # The carrier was out in time; the second was not, for the last part left it two days late.
    assert (found.legs_due, found.legs_in_time) == (2, 1)


def test_what_a_short_item_left_behind_is_a_delivery_of_its_own() -> None:
    """Six of ten packages come on day 9, in eight days; the rest on day 41, in forty."""
    history = History()
    shipment = history.terms(holder=MAKER)
    history.handoff(shipment, MAKER, CARRIER, 1 * DAY)
    rest = history.short(shipment, CARRIER, SHOP, 9 * DAY, 6)
    history.handoff(rest, CARRIER, SHOP, 41 * DAY, packages=4)
    journeys = Journeys(history.records)
    first, second = (
        network(journeys, Period(start, end, 365 * DAY))["all"] for start, end in ((0, 20 * DAY), (20 * DAY, 60 * DAY))
    )
    assert (first.shipments, first.delivered, first.packages, first.median_seconds) == (1, 1, 6, 8 * DAY)
    assert (second.shipments, second.delivered, second.packages, second.median_seconds) == (1, 1, 4, 40 * DAY)


def test_a_hold_that_runs_on_after_a_split_counts_at_each_part_from_then_on() -> None:
    history = History()
    shipment = history.terms(holder=MAKER, packages=2)
    history.clearance(ClearanceStatus.HELD, shipment, 2 * DAY)
    children = history.split(shipment, MAKER, 5 * DAY, [1, 1])
    for day, child in zip((6, 8), children, strict=True):
        history.clearance(ClearanceStatus.RELEASED, child, day * DAY)
        history.handoff(child, MAKER, SHOP, 9 * DAY, packages=1)
    found = figures(history)
    assert found.held_seconds == (3 + 1 + 3) * DAY
    assert (found.procedures, found.first_time) == (1, 0)


# --- windows of one's own --------------------------------------------------------------------------------------------


def test_a_file_replaces_the_windows_that_it_names() -> None:
    found = parse_windows(b'["United States"]\nair = [5, 9]\nroad = [1, 3]\n')
    assert found[Market.UNITED_STATES, Mode.AIR] == Window(5, 9)
    assert found[Market.UNITED_STATES, Mode.ROAD] == Window(1, 3)
    assert found[Market.EUROPE, Mode.AIR] == EXPECTED[Market.EUROPE, Mode.AIR]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("air = [1, 2]", "air"),
        ('["Atlantis"]\nair = [1, 2]', "Atlantis"),
        ('["Europe"]\nballoon = [1, 2]', "Europe.balloon"),
        ('["Europe"]\nair = [3, 2]', "Europe.air"),
        ('["Europe"]\nair = [1.0, 2]', "Europe.air"),
        ('["Europe"]\nair = [1]', "Europe.air"),
        ("[", "windows"),
    ],
)
def test_what_is_no_window_is_refused(text: str, where: str) -> None:
    with pytest.raises(MalformedRecord) as refused:
        parse_windows(text.encode())
    assert refused.value.where == where
