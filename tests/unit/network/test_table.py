"""Two periods side by side as CSV: every number of both, and no text that a spreadsheet takes for a formula."""

import csv
import io

from ledger.common.csv_cells import cell
from ledger.common.periods import Period
from ledger.network.performance import network
from ledger.network.routes import GROUPS, By
from ledger.network.table import COLUMNS, Side, network_csv
from ledger.network.turnover import turnover_by
from ledger.shipments.history import Journeys
from tests.unit.history import DAY
from tests.unit.network.mode_tales import mode_history

WHOLE = Period(0, 400 * DAY, 400 * DAY)


def test_a_period_beside_itself_differs_in_nothing() -> None:
    journeys = Journeys(mode_history(3, 8).records)
    figures, stock = network(journeys, WHOLE, GROUPS[By.FULFILMENT]), turnover_by(journeys, WHOLE, By.FULFILMENT)
    sides = {name: Side(one, stock.get(name, ())) for name, one in figures.items()}
    head, *rows = csv.reader(io.StringIO(network_csv({name: (side, side) for name, side in sides.items()})))
    assert tuple(head) == COLUMNS
    assert len(rows) > 50
    for _, _, _, before, now, difference in rows:
        assert before == now
        assert difference in ("", "0")
    shipments = {row[0]: row[4] for row in rows if row[1] == "shipments"}
    assert shipments == {name: str(one.shipments) for name, one in figures.items()}


def test_what_was_only_in_one_period_is_told_too() -> None:
    journeys = Journeys(mode_history(3, 8).records)
    side = Side(network(journeys, WHOLE)["all"])
    (_, *rows) = csv.reader(io.StringIO(network_csv({"all": (side, Side(None))})))
    assert rows
    assert all(row[4:] == ["", ""] for row in rows)
    assert any(row[3] for row in rows)


def test_names_that_others_chose_are_no_formulas() -> None:
    assert [cell(value) for value in ("=1+1", "a;=1", "CN → DE", None, True, -3)] == [
        "'=1+1", "a;'=1", "CN → DE", "", 1, -3,
    ]  # fmt: skip
