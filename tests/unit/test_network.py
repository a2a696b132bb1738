"""Network indicators on a small network, every figure worked out by hand."""

from ledger.codes import ClearanceStatus, ExceptionBit, HoldCause, Mode, StatementKind
from ledger.journeys import Journeys
from ledger.network import EXPECTED, Market, NetworkFigures, Window, compare, network
from ledger.records import Place
from ledger.score_samples import Period
from tests.unit.history import CARRIER, DAY, MAKER, SALT, SECOND, SHOP, History

YEAR = Period(0, 365 * DAY, 365 * DAY)
CHINA, GERMANY, STATES = (Place(SALT, country, "", "", "") for country in ("CN", "DE", "US"))


def flight(history: History, days: int, destination: Place = STATES, mode: Mode = Mode.AIR, start: int = 0) -> bytes:
    """A shipment that takes `days` from the maker's handoff to the shop."""
    shipment = history.terms(holder=MAKER, origin=CHINA, destination=destination, mode=mode, known=start * DAY)
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
    broken = history.terms(holder=MAKER)
    history.handoff(broken, MAKER, SECOND, 1 * DAY)
    history.handoff(broken, SECOND, SHOP, 2 * DAY, exceptions=ExceptionBit.DAMAGED)
    lost = history.terms(holder=SECOND)
    history.statement(StatementKind.LOST, lost, SECOND, 3 * DAY)
    found = figures(history)
    assert found.penalties == {"EUR": 400 + 10_000}
    assert found.cost_per_shipment("EUR") == (30_000 + 10_400) // 3
    assert found.cost_per_package("EUR") == (30_000 + 10_400) // 30
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
