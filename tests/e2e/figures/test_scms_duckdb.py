"""Penalties, scores and network figures of a replayed history, against an independent computation with DuckDB.

SQL reads the same file; nothing of Lading's arithmetic is used. Figures are equal to the last unit. Intervals are
computed anew with decimals of 60 digits.
"""

import csv
import decimal
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from math import ceil, floor
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from ledger.cli.commands.report import report_of
from ledger.cli.main import app
from ledger.cli.report.page import render
from ledger.cli.report.words import Cover
from ledger.codes import Mode, Role
from ledger.common.periods import Period
from ledger.explain.report import findings, late_class_text, mode_text
from ledger.network.links import CostBase, Link
from ledger.network.performance import network
from ledger.network.report import Report
from ledger.network.routes import By, Route
from ledger.penalties.statement import PenaltyStatement
from ledger.scores.composite import Scorecard
from ledger.services.figures.network import NetworkAnswer, network_for
from ledger.services.home.settings import read_settings
from ledger.services.node.node import Node
from tests.e2e.oracle import DATA

ALPHA, CAP_BPS = 7_300, 650
FOREVER = 2**40 - 1
VIA = 'shipment.fulfilment={column="Fulfill Via",values={"Direct Drop"="direct mail","From RDC"="own warehouse"}}'
LINES = """
CREATE TABLE lines AS
WITH raw AS (
  SELECT row_number() OVER () AS n, * FROM read_csv(?, header = true, all_varchar = true, quote = '"')
),
typed AS (
  SELECT n, "ID" AS id,
    trim(nfc_normalize("ASN/DN #")) AS note,
    trim(nfc_normalize("Vendor")) AS vendor,
    trim(nfc_normalize("Country")) AS country,
    CASE trim("Shipment Mode")
      WHEN 'Air' THEN 'AIR' WHEN 'Air Charter' THEN 'AIR' WHEN 'Ocean' THEN 'MARITIME' WHEN 'Truck' THEN 'ROAD'
      ELSE 'NOT_SPECIFIED' END AS mode,
    try_strptime("Scheduled Delivery Date", '%-d-%b-%y')::DATE AS promised,
    try_strptime("Delivered to Client Date", '%-d-%b-%y')::DATE AS delivered,
    try_cast(replace("Line Item Quantity", ',', '') AS BIGINT) AS packages,
    (try_cast(replace("Line Item Value", ',', '') AS DECIMAL(18, 2)) * 100)::BIGINT AS value,
    CASE "Fulfill Via" WHEN 'Direct Drop' THEN 'direct_mail' ELSE 'own_warehouse' END AS via,
    coalesce((try_cast(replace("Freight Cost (USD)", ',', '') AS DECIMAL(18, 2)) * 100)::BIGINT, 0) AS freight
  FROM raw
)
SELECT *,
  greatest(date_diff('day', promised, delivered), 0) AS late_days,
  (value * ?) // 10000 AS cap,
  ?::HUGEINT * late_days * late_days AS uncapped,
  least(uncapped, cap) AS penalty
FROM typed
WHERE n <= ? AND promised IS NOT NULL AND delivered IS NOT NULL AND packages > 0 AND value IS NOT NULL
"""

needs_data = pytest.mark.skipif(not DATA.exists(), reason="the SCMS history does not lie beside the repository")


@dataclass
class Both:
    """The same history twice: in DuckDB, and as the node and its report have it."""

    sql: duckdb.DuckDBPyConnection
    statements: list[PenaltyStatement]
    scores: list[Scorecard]
    names: dict[int, str]
    report: Report
    cover: Cover
    lanes: dict[str, Any]
    ways: NetworkAnswer
    period: Period

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.sql.execute(query).fetchall()


def _lane(route: Route) -> str:
    return f"{route.destination}|{route.mode.name if route.mode is not None else 'NOT_SPECIFIED'}"


def _both(limit: int, folder: Path) -> Both:
    plain = folder / "lines.csv"
    plain.write_bytes(DATA.read_bytes().removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    sql = duckdb.connect()
    sql.execute(LINES, [str(plain), CAP_BPS, ALPHA, limit])
    first = folder / "first.csv"
    with plain.open(newline="") as lines, first.open("w", newline="") as file:
        csv.writer(file).writerows(islice(csv.reader(lines), limit + 1))
    arguments = ["import", str(first), "--map", "scms", "--set", VIA, "--history", "--yes", "--skip-unusable"]
    arguments += ["--alpha", str(ALPHA), "--cap-bps", str(CAP_BPS)]
    done = CliRunner().invoke(app, arguments, env={"LADING_HOME": str(folder / "home")})
    assert done.exit_code == 0, done.output
    node = Node(read_settings({}, home=folder / "home"))
    try:
        period = Period(0, FOREVER, node.home.clock.now())
        lanes = network(node.reader.numbers.journeys(), period, by=_lane)
        ways = network_for(node.reader.numbers, None, period, by=By.FULFILMENT)
        return Both(
            sql,
            node.reader.numbers.penalties(),
            list(node.reader.numbers.scorecards(period=period)),
            {partner.id: partner.name for partner in node.reader.views.partners()},
            *report_of(node.reader, period, "SCMS"),
            dict(lanes),
            ways,
            period,
        )
    finally:
        node.close()


@pytest.fixture(scope="module", params=[200, pytest.param(20_000, marks=pytest.mark.drill)])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    found = _both(request.param, tmp_path_factory.mktemp("scms"))
    yield found
    found.sql.close()


@needs_data
def test_penalties_by_vendor(both: Both) -> None:
    expected = {
        f"Vendor: {vendor}": row
        for vendor, *row in both.rows(
            "SELECT vendor, count(*), count_if(late_days > 0), sum(late_days), sum(uncapped), sum(penalty) "
            "FROM lines GROUP BY vendor"
        )
    }
    found: dict[str, list[int]] = {name: [0] * 5 for name in expected}
    for s in both.statements:
        entry = (1, int(s.late_seconds > 0), s.late_seconds // 86_400, s.uncapped, s.amount)
        assert s.late_seconds % 86_400 == 0
        name = both.names[s.liable]
        found[name] = [a + b for a, b in zip(found[name], entry, strict=True)]
    assert found == {name: [int(value) for value in row] for name, row in expected.items()}
    assert sum(row[4] for row in found.values()) > 0


@needs_data
def test_scores_of_vendors(both: Both) -> None:
    """On time in full weighs 40, defects 30; nothing is known of papers and attestations, whose 30 are spread.

    A sample is what a vendor delivers to a country in a day, good by the share of its packages that came in time.
    """
    query = """
      WITH samples AS (
        SELECT vendor, count(*) AS lines, count_if(delivered <= promised) AS good, sum(packages) AS packages,
          sum(CASE WHEN delivered <= promised THEN packages ELSE 0 END) AS in_time
        FROM lines GROUP BY vendor, country, delivered
      )
      SELECT vendor, sum(lines), sum(good), list(in_time), list(packages) FROM samples GROUP BY vendor
    """
    cards = {both.names[card.partner]: card for card in both.scores if card.role is Role.SUPPLIER}
    scored = 0
    for vendor, lines, good, in_time, packages in both.rows(query):
        card, events = cards.pop(f"Vendor: {vendor}"), len(packages)
        assert (card.shipments, card.samples) == (lines, events)
        if events < 10:
            assert card.score is None
            continue
        shares = (Fraction(int(part), int(whole)) for part, whole in zip(in_time, packages, strict=True))
        mean = sum(shares, Fraction(0)) / events
        scored += 1
        share = _points(mean * 10**6, 850_000, 980_000)
        low, high = _wilson(mean.numerator, mean.denominator, events)
        bad_low, bad_high = _wilson(0, 1, events)
        assert card.score == _weighted(share, 10_000)
        assert card.low == _weighted(_points(low, 850_000, 980_000), _points(bad_high, 20_000, 1_000))
        best = _points(high, 850_000, 980_000, up=True), _points(bad_low, 20_000, 1_000, up=True)
        assert card.high == _weighted(*best, up=True)
        # What late lines cost and good ones gave sums to the score before anything is rounded.
        gained = Fraction(sum(e.micropoints for entry in card.indicators for e in entry.effects()), 10_000)
        exact = (40 * _exact(mean * 10**6, 850_000, 980_000) + 30 * 10_000) / 70
        assert abs(gained - exact) * 10_000 <= 2 * lines
        lowered = [e for entry in card.indicators for e in entry.effects() if e.micropoints < 0]
        assert len(lowered) == lines - good
    assert not cards
    assert scored >= 1


def _exact(value: Fraction | int, zero: int, full: int) -> Fraction:
    return max(Fraction(0), min(Fraction(10_000), Fraction((value - zero) * 10_000) / (full - zero)))


def _points(value: Fraction | int, zero: int, full: int, *, up: bool = False) -> int:
    return (ceil if up else floor)(_exact(value, zero, full))


def _weighted(share: int, defects: int, *, up: bool = False) -> int:
    return (ceil if up else floor)(Fraction(40 * share + 30 * defects, 70))


def _wilson(good: int, due: int, samples: int) -> tuple[int, int]:
    """Lower end rounded down, upper end up, in parts per million; z² = 3.8416."""
    with decimal.localcontext(prec=60):
        n, p, z2 = Decimal(samples), Decimal(good) / Decimal(due), Decimal("3.8416")
        middle, spread = p + z2 / (2 * n), (z2 * (p * (1 - p) / n + z2 / (4 * n * n))).sqrt()
        low, high = ((middle + sign * spread) / (1 + z2 / n) * 10**6 for sign in (-1, 1))
        # At the edges the exact value is a whole number, and sixty digits may miss it by a hair.
        hair = Decimal(10) ** -40
        ends = (
            (low + hair).to_integral_value(decimal.ROUND_FLOOR),
            (high - hair).to_integral_value(decimal.ROUND_CEILING),
        )
    return max(0, int(ends[0])), min(10**6, int(ends[1]))


@needs_data
def test_network_by_destination_and_mode(both: Both) -> None:
    query = """
      SELECT country || '|' || mode, count(*), sum(packages), sum(freight), sum(penalty)
      FROM lines GROUP BY country, mode
    """
    expected = {key: tuple(int(value) for value in row) for key, *row in both.rows(query)}
    found = {
        key: (f.shipments, f.packages, f.freight.get("USD", 0), f.penalties.get("USD", 0))
        for key, f in both.lanes.items()
    }
    assert found == expected
    assert all(figures.delivered == figures.shipments for figures in both.lanes.values())
    assert {Mode.AIR.name, Mode.MARITIME.name} & {key.split("|")[1] for key in found}


@needs_data
def test_network_by_fulfilment(both: Both) -> None:
    """Vendors hand all they have to the programmes at once: whole orders, nobody's stock in between."""
    query = """
      SELECT via, count(*), sum(packages), sum(freight), sum(penalty), count_if(freight > 0),
        coalesce(sum(packages) FILTER (freight > 0), 0)
      FROM lines GROUP BY via
    """
    answer = both.ways
    assert sum(figures.shipments for figures in answer.groups.values()) > 100
    for name, *row in both.rows(query):
        orders, packages, freight, penalty, priced, priced_packages = map(int, row)
        figures = answer.groups[name]
        assert figures.bases == (CostBase("USD", orders, packages, orders, packages, priced, priced_packages),)
        assert (figures.reached_packages, figures.returned, figures.duty) == (packages, 0, {})
        paid: dict[Link, int] = {}
        for one in figures.links:
            paid[one.link] = paid.get(one.link, 0) + one.amount
        assert paid == {link: sum_ for link, sum_ in ((Link.FREIGHT, freight), (Link.PENALTIES, penalty)) if sum_}
        assert figures.cost_per_package("USD") == (freight + penalty) // packages
    query = "SELECT via, vendor, sum(packages) FROM lines GROUP BY via, vendor"
    out = {(name, f"Vendor: {vendor}"): int(packages) for name, vendor, packages in both.rows(query)}
    went = {
        (name, both.names[one.partner]): one.packages_out
        for name, held in answer.turnover.items()
        for one in held
        if one.packages_out
    }
    assert went == out


@needs_data
def test_volume_and_failures_of_nodes(both: Both) -> None:
    """Every line is an item that its vendor passed on; none of this history has exceptions, holds or procedures."""
    expected = {f"Vendor: {vendor}": (lines, 0) for vendor, lines in both.rows(
        "SELECT vendor, count(*) FROM lines GROUP BY vendor"
    )}  # fmt: skip
    found: dict[str, tuple[int, int]] = {}
    for figures in both.lanes.values():
        for partner, node in figures.nodes.items():
            handled, failed = found.get(both.names[partner], (0, 0))
            found[both.names[partner]] = handled + node.handled, failed + node.failed
        assert (figures.held_seconds, figures.procedures) == (0, 0)
    assert found == expected


MODES = "CASE mode WHEN 'AIR' THEN 'air' WHEN 'MARITIME' THEN 'sea' WHEN 'ROAD' THEN 'road' ELSE 'mode not stated' END"


@needs_data
def test_totals_by_mode_and_year(both: Both) -> None:
    """Freight is averaged over the shipments that state any; the last year of promises stands beside the one before."""
    query = f"""
      SELECT {MODES}, count(*), count_if(late_days > 0), sum(penalty), count_if(freight > 0),
        sum(freight) // nullif(count_if(freight > 0), 0),
        sum(freight) // nullif(sum(packages) FILTER (freight > 0), 0)
      FROM lines GROUP BY ALL
    """
    found = {
        (
            mode_text(m.mode),
            m.sums.shipments,
            m.sums.late,
            m.sums.penalty,
            m.sums.freight.shipments,
            m.sums.freight.per_shipment,
            m.sums.freight.per_package,
        )
        for m in both.report.modes
    }
    assert found == {tuple(_whole(value) for value in row) for row in both.rows(query)}
    sides = """
      WITH ends AS (SELECT max(promised) AS last FROM lines)
      SELECT count(*), count_if(late_days > 0), sum(penalty) FROM lines, ends
      WHERE promised > last - 365 * ? AND promised <= last - 365 * (? - 1)
    """
    compared = both.report.comparison
    expected = [tuple(map(_whole, both.sql.execute(sides, [n, n]).fetchall()[0])) for n in (2, 1)]
    if compared is None:
        assert 0 in (expected[0][0], expected[1][0])
    else:
        assert expected == [
            (side.sums.shipments, side.sums.late, side.sums.penalty) for side in (compared.before, compared.after)
        ]


def _whole(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else int(value)


@needs_data
def test_partners_with_share_on_time_and_delivery_events(both: Both) -> None:
    query = "SELECT vendor, count(*), count_if(late_days > 0), sum(penalty) FROM lines GROUP BY vendor"
    events = {both.names[card.partner]: card.samples for card in both.scores if card.role is Role.SUPPLIER}
    found = {
        both.names[p.partner]: (p.sums.shipments, p.sums.late, p.sums.penalty, p.score.samples if p.score else 0)
        for p in both.report.partners
    }
    assert found == {
        f"Vendor: {v}": (count, late, int(owed), events[f"Vendor: {v}"]) for v, count, late, owed in both.rows(query)
    }
    assert len(findings(both.report, both.cover.name)) >= 3


@needs_data
def test_the_report_tells_the_same(both: Both) -> None:
    report = both.report
    ((count, late, mean, total, uncapped),) = both.rows(
        "SELECT count(*), count_if(late_days > 0), sum(late_days) * 86400 // count_if(late_days > 0), sum(penalty), "
        "sum(uncapped) FROM lines"
    )
    assert (len(report.entries), report.sums.late, report.sums.lateness.mean) == (count, late, mean)
    assert report.penalties == {"USD": (total, uncapped)}
    ((median, p90),) = both.rows(
        "SELECT median(late_days * 86400)::BIGINT, quantile_disc(late_days * 86400, 0.9) FROM lines WHERE late_days > 0"
    )
    assert (report.sums.lateness.median, report.sums.lateness.p90) == (median, p90)
    debtors = both.rows(
        "SELECT vendor, sum(penalty) AS p FROM lines GROUP BY vendor HAVING p > 0 ORDER BY p DESC, vendor"
    )
    assert sorted((f"Vendor: {v}", int(p)) for v, p in debtors) == sorted(
        (both.names[d.partner], d.amount) for d in report.debtors
    )
    assert [d.amount for d in report.debtors] == [int(p) for _, p in debtors]
    histogram = {late_class_text(late): late.shipments for late in report.late_classes}
    ((week, longest),) = both.rows("SELECT count_if(late_days BETWEEN 1 AND 7), count_if(late_days > 90) FROM lines")
    assert (histogram["on time"], histogram["1–7"], histogram["over 90"]) == (count - late, week, longest)
    assert sum(bucket.due for bucket in report.buckets) == count
    page = render(report, both.cover)
    assert f"{count - late:,} of {count:,} shipments" in page
    assert "α = 73.00 USD per day², with no grace and a cap of 6.5 % of the shipment" in page
    assert "signed by the replay" in page
    assert "as if the vendor were liable" in page
    for wrong in ("both sides signed", "? →", "Vendor: "):
        assert wrong not in page
    assert "src=" not in page
    assert "http" not in page
    assert "<script" not in page
