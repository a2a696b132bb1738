"""Ways of delivery over 10,324 lines of a real delivery history, against SQL over the same file, figure by figure.

DuckDB reads the file itself and works out every figure; of Lading it knows nothing. What the file does not tell stands
for what it does: purchase orders open shipments, the delivery takes goods from the vendor to the desk of their class,
their recording to the programme; what is not of the first line has no deadline. `Fulfill Via` is the fulfilment.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ledger.codes import Fulfilment, Mode
from ledger.common.periods import Period
from ledger.network.benchmark import compare_costs, parse_benchmark
from ledger.network.links import CostBase, Link, LinkCost
from ledger.network.performance import NetworkFigures, compare, network
from ledger.network.routes import GROUPS, By
from ledger.network.sections import Section, SectionFigures
from ledger.network.table import Side, network_csv
from ledger.network.turnover import turnover_by
from ledger.records.types import Place
from ledger.shipments.history import Journeys
from tests.e2e.oracle import DATA
from tests.unit.history import DAY, HOUR, SALT, UNLIMITED, History

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the SCMS history does not lie beside the repository")
ALPHA, CAP_BPS = 7_300, 650
MODES = {"Air": Mode.AIR, "Air Charter": Mode.AIR, "Ocean": Mode.MARITIME, "Truck": Mode.ROAD}
VIA = {"Direct Drop": Fulfilment.DIRECT_MAIL, "From RDC": Fulfilment.OWN_WAREHOUSE}
NAMES = {"Direct Drop": "direct_mail", "From RDC": "own_warehouse"}
COUNTRIES = {
    "Vietnam": "VN", "Haiti": "HT", "Guyana": "GY", "Dominican Republic": "DO", "Guatemala": "GT", "Belize": "BZ",
}  # fmt: skip
"""Countries of markets for which a time is expected; the others go by their names."""
VENDORS, DESKS, PROGRAMMES = 1_000, 2_000, 3_000
AT = int(datetime(2016, 1, 1, tzinfo=UTC).timestamp())
WHOLE, HALVES = (
    Period(0, 2**40 - 1, AT),
    tuple(
        Period(
            int(datetime(first, 1, 1, tzinfo=UTC).timestamp()), int(datetime(last, 1, 1, tzinfo=UTC).timestamp()), AT
        )
        for first, last in ((2008, 2012), (2012, 2016))
    ),
)
LINES = """
CREATE TABLE lines AS
WITH raw AS (SELECT row_number() OVER () AS n, * FROM read_csv(?, header = true, all_varchar = true, quote = '"')),
typed AS (
  SELECT n, "Vendor" AS vendor, "Country" AS country, "Sub Classification" AS desk, "Fulfill Via" AS via,
    CASE "Shipment Mode" WHEN 'Air' THEN 'air' WHEN 'Air Charter' THEN 'air' WHEN 'Ocean' THEN 'maritime'
      WHEN 'Truck' THEN 'road' ELSE 'none' END AS mode,
    "First Line Designation" = 'Yes' AS dated,
    8 * 3600 + epoch(coalesce(try_strptime("PO Sent to Vendor Date", '%-m/%-d/%y'),
      try_strptime("PQ First Sent to Client Date", '%-m/%-d/%y')))::BIGINT AS opened,
    86399 + epoch(try_strptime("Scheduled Delivery Date", '%-d-%b-%y'))::BIGINT AS promised,
    12 * 3600 + epoch(try_strptime("Delivered to Client Date", '%-d-%b-%y'))::BIGINT AS delivered,
    18 * 3600 + epoch(try_strptime("Delivery Recorded Date", '%-d-%b-%y'))::BIGINT AS recorded,
    "Line Item Quantity"::BIGINT AS packages,
    ("Line Item Value"::DECIMAL(18, 2) * 100)::BIGINT AS value,
    coalesce((try_cast("Freight Cost (USD)" AS DECIMAL(18, 2)) * 100)::BIGINT, 0) AS freight
  FROM raw
)
SELECT *, delivered >= opened AS processed, delivered - opened AS processing, recorded - delivered AS took,
  least(? * greatest(0, recorded - promised)::HUGEINT * greatest(0, recorded - promised) // (86400::HUGEINT * 86400),
    value * ? // 10000)::BIGINT AS penalty,
  CASE WHEN country IN ('Vietnam') THEN map {'air': 5, 'maritime': 10}
    WHEN country IN ('Haiti', 'Guyana', 'Dominican Republic', 'Guatemala', 'Belize')
      THEN map {'air': 10, 'maritime': 21}
    END[mode] AS days
FROM typed WHERE n % ? = 0 AND opened IS NOT NULL AND promised IS NOT NULL AND recorded >= delivered AND packages > 0
"""
FIGURES = """
SELECT via, count(*), sum(packages), {took}, count(days), count(*) FILTER (took > days * 86400),
  count(*) FILTER (dated), count(*) FILTER (dated AND recorded <= promised), count(*) FILTER (NOT dated),
  {processing}, sum(freight), sum(penalty), count(*) FILTER (freight > 0), sum(packages) FILTER (freight > 0)
FROM lines WHERE recorded >= ? AND recorded < ? GROUP BY via
"""
SPREAD = """
  count({0}), sum({0})::HUGEINT // count({0}), ({1}[(count({0}) + 1) // 2] + {1}[count({0}) // 2 + 1]) // 2,
  {1}[(9 * count({0}) + 9) // 10]
"""
LANES = """
WITH events AS (
  SELECT via, vendor, country, kind, CASE kind WHEN 'mode' THEN mode ELSE desk END AS way,
    avg((took > days * 86400)::INT) AS missed
  FROM lines, (VALUES ('mode'), ('carrier')) AS kinds(kind)
  WHERE days IS NOT NULL AND recorded >= ? AND recorded < ?
  GROUP BY via, vendor, country, kind, way, desk, recorded // 86400
), ways AS (
  SELECT via, vendor, country, kind, sum(missed) <= count(*) / 10 + 1e-9 AS good FROM events
  GROUP BY via, vendor, country, kind, way HAVING count(*) >= 10
), lanes AS (
  SELECT via, vendor, country, count(*) FILTER (good AND kind = 'mode') > 1 AS by_mode,
    count(*) FILTER (good AND kind = 'carrier') > 1 AS by_carrier
  FROM ways GROUP BY via, vendor, country
)
SELECT via, count(*), count(*) FILTER (by_mode), count(*) FILTER (by_carrier), count(*) FILTER (by_mode OR by_carrier)
FROM lanes GROUP BY via
"""
STOCK = """
WITH stays AS (
  SELECT via, 'v' || vendor AS holder, packages, opened AS since, greatest(opened, delivered) AS until FROM lines
  UNION ALL SELECT via, 'd' || desk, packages, greatest(opened, delivered), greatest(opened, recorded) FROM lines
  UNION ALL SELECT via, 'p' || country, packages, greatest(opened, recorded), NULL FROM lines
)
SELECT via, holder, coalesce(sum(packages) FILTER (until >= $start AND until < $end), 0) AS out,
  sum(packages::HUGEINT * greatest(0, least(coalesce(until, $end), $end) - greatest(since, $start))) AS held
FROM stays GROUP BY via, holder HAVING held > 0 OR out > 0
"""


@dataclass
class Both:
    """The same lines twice: in DuckDB, and as journeys; `names` of partners by number, as SQL spells them."""

    sql: duckdb.DuckDBPyConnection
    journeys: Journeys
    names: Mapping[int, str]
    whole: bool

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return [
            tuple(value if value is None or isinstance(value, str) else int(value) for value in row)
            for row in self.sql.execute(
                query, values[0] if values and isinstance(values[0], dict) else values
            ).fetchall()
        ]

    def figures(self, period: Period) -> dict[str, NetworkFigures]:
        return network(self.journeys, period, GROUPS[By.FULFILMENT])


def _second(text: str, form: str, hour: int) -> int | None:
    try:
        return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()) + hour
    except ValueError:
        return None


def _told(history: History, rows: list[dict[str, str]], every: int) -> dict[int, str]:
    partners: dict[str, int] = {}
    counts: Counter[int] = Counter()

    def partner(first: int, name: str) -> int:
        if name not in partners:
            partners[name] = first + counts[first]
            counts[first] += 1
        return partners[name]

    for n, row in enumerate(rows, 1):
        opened = _second(row["PO Sent to Vendor Date"], "%m/%d/%y", 8 * HOUR) or _second(
            row["PQ First Sent to Client Date"], "%m/%d/%y", 8 * HOUR
        )
        promised, delivered, recorded = (
            _second(row[name], "%d-%b-%y", hour)
            for name, hour in (
                ("Scheduled Delivery Date", DAY - 1),
                ("Delivered to Client Date", 12 * HOUR),
                ("Delivery Recorded Date", 18 * HOUR),
            )
        )
        packages = int(row["Line Item Quantity"])
        if n % every or None in (opened, promised, delivered, recorded) or packages <= 0:
            continue
        assert opened is not None and promised is not None and delivered is not None and recorded is not None  # noqa: PT018
        if recorded < delivered:
            continue
        vendor = partner(VENDORS, "v" + row["Vendor"])
        desk = partner(DESKS, "d" + row["Sub Classification"])
        programme = partner(PROGRAMMES, "p" + row["Country"])
        value = round(float(row["Line Item Value"]) * 100)
        cost = row["Freight Cost (USD)"]
        code = COUNTRIES.get(row["Country"], "")
        shipment = history.terms(
            known=opened, packages=packages, consignor=vendor, holder=vendor, consignee=programme,
            mode=MODES.get(row["Shipment Mode"], 0), fulfilment=VIA[row["Fulfill Via"]],
            origin=Place(SALT, "", "", "", row["Vendor"]),
            destination=Place(SALT, code, "", "", "" if code else row["Country"]),
            value=value, currency="USD", freight=round(float(cost) * 100) if cost.replace(".", "").isdigit() else 0,
            promisedAt=promised, alpha=ALPHA, penaltyCap=value * CAP_BPS // 10_000, liable=vendor,
            beneficiary=programme, lostAfter=UNLIMITED, reportLag=UNLIMITED,
        )  # fmt: skip
        due = promised if row["First Line Designation"] == "Yes" else 0
        history.handoff(shipment, vendor, desk, delivered, known=AT, packages=packages, due=due)
        history.handoff(shipment, desk, programme, recorded, known=AT, packages=packages)
    return {number: name for name, number in partners.items()}


@pytest.fixture(scope="module", params=[25, pytest.param(1, marks=pytest.mark.drill)], ids=["a part", "all"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    plain = tmp_path_factory.mktemp("scms") / "lines.csv"
    text = DATA.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    plain.write_text(text)
    sql = duckdb.connect()
    sql.execute(LINES, [str(plain), ALPHA, CAP_BPS, request.param])
    history = History()
    names = _told(history, list(csv.DictReader(io.StringIO(text))), request.param)
    ((lines,),) = sql.execute("SELECT count(*) FROM lines").fetchall()
    assert lines * 3 == len(history.records)
    assert lines > (100 if request.param > 1 else 7_000)
    yield Both(sql, Journeys(history.records), names, request.param == 1)
    sql.close()


@cache
def _spread(name: str) -> str:
    return SPREAD.format(name, f"list_sort(list({name}) FILTER ({name} IS NOT NULL))")


@pytest.mark.parametrize("period", [WHOLE, *HALVES])
def test_figures_by_fulfilment(both: Both, period: Period) -> None:
    query = FIGURES.format(took=_spread("took"), processing=_spread("CASE WHEN processed THEN processing END"))
    expected = {NAMES[via]: row for via, *row in both.rows(query, period.start, period.end)}
    found = both.figures(period)
    assert found.keys() == expected.keys()
    for name, one in found.items():
        orders, packages, *times = expected[name]
        freight, penalties, priced, priced_packages = times[-4:]
        assert [
            one.timed, one.mean_seconds, one.median_seconds, one.p90_seconds, one.windowed, one.abnormal, one.legs_due,
            one.legs_in_time, one.legs_undated, one.processed, one.processing_mean_seconds,
            one.processing_median_seconds, one.processing_p90_seconds,
        ] == times[:-4]  # fmt: skip
        assert (one.shipments, one.delivered, one.reached) == (orders, orders, orders)
        assert (one.packages, one.reached_packages, one.returned, one.return_ppm) == (packages, packages, 0, 0)
        assert one.sections == (SectionFigures(Section.WHOLE, one.legs_due, one.legs_in_time),)
        assert one.bases == (CostBase("USD", orders, packages, orders, packages, priced, priced_packages or 0),)
        assert (one.freight["USD"], one.penalties["USD"], one.duty) == (freight, penalties, {})
        assert one.cost_per_shipment("USD") == (freight + penalties) // orders
        assert one.cost_per_package("USD") == (freight + penalties) // packages
        assert min(one.processed, one.legs_due, one.legs_undated, penalties, priced) > 0
    if both.whole and period is WHOLE:
        assert sum(one.windowed for one in found.values()) > 300
        assert sum(one.abnormal for one in found.values()) > 0


@pytest.mark.parametrize("period", [WHOLE, *HALVES])
def test_cost_by_link(both: Both, period: Period) -> None:
    expected: dict[str, set[LinkCost]] = {}
    for via, mode, freight in both.rows(
        "SELECT via, mode, sum(freight) AS paid FROM lines WHERE recorded >= ? AND recorded < ? GROUP BY ALL "
        "HAVING paid > 0",
        period.start,
        period.end,
    ):
        stated = Mode.NOT_SPECIFIED if mode == "none" else Mode[mode.upper()]
        expected.setdefault(NAMES[via], set()).add(LinkCost(Link.FREIGHT, stated, "USD", freight))
    for name, one in both.figures(period).items():
        assert set(one.links) == expected[name] | {LinkCost(Link.PENALTIES, None, "USD", one.penalties["USD"])}


@pytest.mark.parametrize("period", [WHOLE, *HALVES])
def test_lanes_with_a_choice(both: Both, period: Period) -> None:
    expected = {NAMES[via]: row for via, *row in both.rows(LANES, period.start, period.end)}
    for name, one in both.figures(period).items():
        judged = [one.lanes_judged, one.lanes_by_mode, one.lanes_by_carrier, one.lanes_flexible]
        assert judged == expected.get(name, [0, 0, 0, 0])
    if both.whole and period is WHOLE:
        assert all(sum(row[i] for row in expected.values()) for i in (0, 1, 2)), expected


@pytest.mark.parametrize("period", [WHOLE, *HALVES])
def test_turnover(both: Both, period: Period) -> None:
    ((first,),) = both.rows("SELECT min(opened) FROM lines")
    start, end = max(period.start, first), min(period.end, AT)
    expected = {
        (NAMES[via], holder): tuple(row) for via, holder, *row in both.rows(STOCK, {"start": start, "end": end})
    }
    found = {
        (group, both.names[one.partner]): (one.packages_out, one.package_seconds)
        for group, held in turnover_by(both.journeys, period, By.FULFILMENT).items()
        for one in held
    }
    assert found == expected
    assert len(found) > 10


def test_a_benchmark_beside_what_was_paid(both: Both) -> None:
    text = 'format = "lading/benchmark/1"\ntitle = "Made up"\nsource = "No study: a round number"\n'
    wanted = [
        (name, per, link) for name in NAMES.values() for per in ("order", "package") for link in ("freight", "total")
    ]
    for name, per, link in wanted:
        text += f'[[costs]]\nfulfilment = "{name}"\nper = "{per}"\nlink = "{link}"\ncurrency = "USD"\namount = 1_000\n'
    rows = both.rows(
        "SELECT via, sum(freight), sum(penalty), count(*), sum(packages), count(*) FILTER (freight > 0), "
        "sum(packages) FILTER (freight > 0) FROM lines GROUP BY via"
    )
    expected = {}
    for via, freight, penalty, orders, packages, priced, priced_packages in rows:
        for per, of, stated in (("order", orders, priced), ("package", packages, priced_packages)):
            expected[NAMES[via], per, "freight"] = freight // stated
            expected[NAMES[via], per, "total"] = (freight * of + penalty * stated) // (stated * of)
    measured = [row.measured for row in compare_costs(both.figures(WHOLE), parse_benchmark(text.encode()))]
    assert measured == [expected[one] for one in wanted]


def test_two_periods_side_by_side(both: Both, tmp_path: Path) -> None:
    before, after = (both.figures(period) for period in HALVES)
    table = {}
    for name, row in after.items():
        table[name] = Side(before[name]), Side(row)
    file = tmp_path / "network.csv"
    file.write_text(network_csv(table))
    told = both.sql.execute(
        "SELECT \"group\", before, now, difference FROM read_csv(?, header = true) WHERE figure = 'shipments'",
        [str(file)],
    ).fetchall()
    middle = HALVES[1].start
    expected = both.rows(
        "SELECT via, count(*) FILTER (recorded < ?), count(*) FILTER (recorded >= ?) FROM lines WHERE recorded >= ? "
        "GROUP BY via",
        middle,
        middle,
        HALVES[0].start,
    )
    assert sorted(told) == sorted((NAMES[via], then, now, now - then) for via, then, now in expected)
    changes = {change.figure: change for change in compare(before["own_warehouse"], after["own_warehouse"])}
    assert changes["shipments"].difference == after["own_warehouse"].shipments - before["own_warehouse"].shipments
