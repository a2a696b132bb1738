"""Network figures as people read them."""

from collections.abc import Mapping
from typing import Any

from ledger.codes import ClearanceStatus, HoldCause
from ledger.common.periods import Period
from ledger.explain.network import FIGURES, Unit, causes, cells, changes, costs, nodes, shown, words
from ledger.network.performance import NetworkFigures, network
from ledger.services.figures.network import NetworkAnswer
from ledger.shipments.history import Journeys
from tests.unit.history import CARRIER, DAY, MAKER, History
from tests.unit.network.test_performance import figures, flight


def told() -> NetworkFigures:
    history = History()
    flight(history, 5)
    held = flight(history, 12)
    history.clearance(ClearanceStatus.HELD, held, 3 * DAY, cause=HoldCause.DUTY_UNPAID)
    history.clearance(ClearanceStatus.RELEASED, held, 4 * DAY)
    return figures(history)


def test_figures_are_written_as_people_do() -> None:
    assert [shown(value, Unit.COUNT) for value in (None, 0, 1204, -3)] == ["–", "0", "1,204", "-3"]
    assert [shown(value, Unit.SECONDS) for value in (0, DAY * 17 // 2, -DAY)] == ["0 days", "8.5 days", "-1 day"]
    assert [shown(value, Unit.PPM) for value in (1_000_000, 123_400, -5_000)] == ["100 %", "12.34 %", "-0.5 %"]


def test_the_sentences_say_what_was_measured_and_what_it_cost() -> None:
    found = told()
    lines = words(found)
    assert lines[0] == "2 shipments, 20 packages; 2 were delivered."
    assert lines[1].startswith("2 deliveries took 8.5 days on average")
    assert "1 of 2 took longer than their market and mode are expected to take: 50 %." in lines
    assert "0 of 1 customs procedures were released at the first time: 0 %." in lines
    assert "Held by customs: 24 h for duty unpaid." in lines
    assert "penalties 0.00 EUR: 100.00 EUR a shipment" in lines[-2]
    assert lines[-1] == "Not counted: 4.00 EUR, indicative until who is liable signs or endorses the terms."


def test_lists_of_causes_costs_and_nodes() -> None:
    found = told()
    assert causes(found) == [("duty unpaid", "24 h")]
    ((currency, freight, penalties, each, _, indicative),) = costs(found)
    assert (currency, freight, penalties, indicative) == ("EUR", "200.00 EUR", "0.00 EUR", "4.00 EUR")
    assert each.endswith(" EUR")
    assert [(partner, handled) for partner, handled, _, _ in nodes(found)] == [(MAKER, "2"), (CARRIER, "2")]
    assert len(cells(found)) == len(FIGURES)


def test_two_periods_are_compared_in_the_units_of_each_figure() -> None:
    history = History()
    flight(history, 5)
    flight(history, 9, start=100)
    journeys = Journeys(history.records)
    before = network(journeys, Period(0, 50 * DAY, 50 * DAY))
    after = network(journeys, Period(50 * DAY, 365 * DAY, 365 * DAY))
    rows = {str(title): rest for title, *rest in changes(before["all"], after["all"])}
    assert rows["Mean delivery time"] == ["5 days", "9 days", "4 days"]
    assert rows["Abnormal delays"] == ["0 %", "100 %", "100 %"]
    (group,) = answer(after, before)["groups"]
    assert {change["figure"] for change in group["changes"]} >= {figure.name for figure in FIGURES}
    assert group["figures"]["evidence"] is None
    gone = answer({}, before)["groups"]
    assert (gone[0]["figures"], gone[0]["changes"]) == (None, [])


def answer(after: Mapping[str, NetworkFigures], before: Mapping[str, NetworkFigures]) -> dict[str, Any]:
    """As who does not ask for the records gets it."""
    period = Period(0, DAY, DAY)
    return NetworkAnswer(period, None, after, period, before, scope="").to_json()
