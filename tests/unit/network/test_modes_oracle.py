"""Processing times, duty, returns, freight by link and turnover, against SQL over the raw records of random histories.

DuckDB reads what was signed and when it was known; nothing of Lading's arithmetic is used.
"""

from collections import Counter
from typing import Any

import duckdb
import pytest

from ledger.common.figure import to_json
from ledger.common.periods import Period
from ledger.network.performance import network
from ledger.network.routes import GROUPS, By
from ledger.network.turnover import turnover
from ledger.records.eip712 import Withheld
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.types import Clearance, Handoff, ShipmentTerms, Split, Statement
from ledger.shipments.history import Journeys
from ledger.shipments.return_reason import ReturnReason
from tests.unit.history import DAY, History
from tests.unit.network.mode_tales import mode_history

WHOLE = Period(0, 400 * DAY, 400 * DAY)
TABLES = """
CREATE TABLE terms (id VARCHAR, known BIGINT, holder INT, consignee INT, packages INT, fulfilment INT, purpose INT,
  lag BIGINT, reason VARCHAR);
CREATE TABLE moves (id VARCHAR, seq INT, giver INT, taker INT, packages INT, claimed BIGINT, known BIGINT);
CREATE TABLE parents (parent VARCHAR, child VARCHAR);
CREATE TABLE children (parent VARCHAR, seq INT, child VARCHAR, packages INT, known BIGINT);
CREATE TABLE remainders (parent VARCHAR, seq INT, child VARCHAR);
CREATE TABLE duties (id VARCHAR, pair VARCHAR, seq INT, currency VARCHAR, paid BIGINT, items INT, place INT);
CREATE TABLE statements (id VARCHAR, kind INT, known BIGINT);
"""
ROOTS = """
WITH RECURSIVE up(id, root) AS (
  SELECT id, id FROM terms
  UNION ALL SELECT child, root FROM (SELECT parent, child FROM children UNION ALL SELECT parent, child FROM remainders)
    JOIN up ON parent = up.id
)
"""
SIZES = """
, size AS (SELECT id, packages AS opened FROM terms UNION ALL SELECT child, packages FROM children
  UNION ALL SELECT child, NULL FROM remainders)
, now AS (SELECT size.id, coalesce(arg_max(moves.packages, seq), any_value(opened)) AS packages
  FROM size LEFT JOIN moves ON moves.id = size.id AND moves.packages > 0 GROUP BY size.id)
"""
STAYED = """
, delivered AS (SELECT DISTINCT moves.id FROM moves JOIN up USING (id) JOIN terms ON terms.id = root
  WHERE moves.packages > 0 AND taker = consignee)
, inside(id, above) AS (
  SELECT child, parent FROM children
  UNION ALL SELECT child, inside.above FROM inside JOIN children ON parent = inside.id
)
, home AS (SELECT up.id, root FROM up
  WHERE (id IN (SELECT id FROM delivered) OR id NOT IN (SELECT parent FROM children))
    AND id NOT IN (SELECT inside.id FROM inside JOIN delivered ON delivered.id = above))
, within AS (SELECT id AS home, root, id FROM home UNION ALL SELECT home.id, root, inside.id FROM home
  JOIN inside ON above = home.id)
, later AS (SELECT parent, arg_min(purpose, terms.known) AS purpose FROM parents
  JOIN terms ON terms.id = child GROUP BY parent)
, ends AS (SELECT home, any_value(root) AS root,
    any_value(whole.packages) - coalesce(sum(now.packages) FILTER (later.purpose <> 3), 0) AS stayed,
    bool_or(coalesce(later.purpose = 3, false)) OR any_value(home) IN (SELECT id FROM delivered) AS reached
  FROM within JOIN now USING (id) JOIN now AS whole ON whole.id = home LEFT JOIN later ON parent = within.id
  GROUP BY home)
SELECT fulfilment, sum(stayed)::BIGINT FROM ends JOIN terms ON terms.id = root
WHERE reached AND stayed > 0 AND purpose <> 3 GROUP BY fulfilment
"""


def told(history: History) -> duckdb.DuckDBPyConnection:
    sql = duckdb.connect()
    sql.execute(TABLES)

    def add(table: str, *row: Any) -> None:
        values = [v.hex() if isinstance(v, bytes) else v for v in row]
        sql.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", values)

    slots: Counter[tuple[bytes, str]] = Counter()
    for one in history.records:
        match record := one.record:
            case ShipmentTerms():
                text = "" if isinstance(record.details, Withheld) else record.details.text
                parts = text.split('"reason":"')
                reason = parts[1].split('"')[0] if len(parts) > 1 else ""
                assert not isinstance(record.commercial, Withheld)
                add("terms", one.id, one.known, record.holder, record.consignee, record.packages, record.fulfilment,
                    record.purpose, record.commercial.reportLag, reason)  # fmt: skip
                for parent in record.parents:
                    add("parents", parent.shipment, one.id)
            case Handoff():
                for item in record.items:
                    add("moves", item.shipment, item.sequence, record.releaser, record.receiver, item.packages,
                        record.occurredAt, one.known)  # fmt: skip
                    if item.exceptions & 1:
                        add("remainders", item.shipment, item.sequence, remainder_id(item.shipment, item.sequence))
            case Split():
                for i, child in enumerate(record.children):
                    name = child_id(record.shipment, record.sequence, i)
                    add("children", record.shipment, record.sequence, name, child.packages, one.known)
            case Statement():
                add("statements", record.shipment, record.kind, one.known)
            case Clearance():
                for place, ref in enumerate(record.items):
                    pair = f"{record.jurisdiction!r}{record.regime}"
                    slots[ref.shipment, pair] += 1
                    hidden = isinstance(record.duty, Withheld)
                    lines = () if isinstance(record.duty, Withheld) else record.duty.lines
                    if record.status == 1 or not (hidden or lines):
                        continue
                    currency = "" if isinstance(record.duty, Withheld) else record.duty.currency
                    paid = None if hidden else sum(line.paid for line in lines)
                    add("duties", ref.shipment, pair, slots[ref.shipment, pair], currency, paid, len(record.items),
                        place)  # fmt: skip
    return sql


@pytest.mark.parametrize("seeds", [range(12), pytest.param(range(12, 300), marks=pytest.mark.drill)])
def test_figures_by_fulfilment_equal_those_of_sql(seeds: range) -> None:
    met: Counter[str] = Counter()
    for seed in seeds:
        history = mode_history(seed)
        sql = told(history)
        found = network(Journeys(history.records), WHOLE, GROUPS[By.FULFILMENT])
        names = dict(
            enumerate(["not_stated", "express", "own_warehouse", "third_party", "bonded_warehouse", "direct_mail"])
        )
        times: dict[str, list[int]] = {}
        for kind, seconds in sql.execute(
            """
            WITH firsts AS (SELECT id, arg_min(taker, seq) AS taker, arg_min(claimed, seq) AS claimed,
              arg_min(known, seq) AS known FROM moves WHERE packages > 0 GROUP BY id)
            SELECT fulfilment, greatest(claimed, firsts.known - lag) - terms.known FROM terms JOIN firsts USING (id)
            WHERE taker <> consignee AND greatest(claimed, firsts.known - lag) >= terms.known
            """
        ).fetchall():
            times.setdefault(names[kind], []).append(seconds)
        for name, figures in found.items():
            mine = sorted(times.pop(name, []))
            assert figures.processed == len(mine)
            assert figures.processing_mean_seconds == (sum(mine) // len(mine) if mine else None)
            met["processed"] += len(mine)
        assert not times

        last = """
          , newest AS (SELECT *, row_number() OVER (PARTITION BY id, pair ORDER BY seq DESC) AS n FROM duties)
          SELECT fulfilment, currency, sum(paid * (place + 1) // items - paid * place // items)::BIGINT,
            count_if(paid IS NULL)
          FROM newest JOIN up USING (id) JOIN terms ON terms.id = root WHERE n = 1 GROUP BY fulfilment, currency
        """
        duty: dict[str, dict[str, int]] = {}
        hidden: Counter[str] = Counter()
        for kind, currency, paid, unknown in sql.execute(ROOTS + last).fetchall():
            hidden[names[kind]] += unknown
            if currency:
                duty.setdefault(names[kind], {})[currency] = paid
        for name, figures in found.items():
            assert dict(figures.duty) == duty.pop(name, {}), (seed, name)
            assert figures.duties_hidden == hidden[name]
            met["duty"] += len(figures.duty)
            met["hidden"] += figures.duties_hidden
        assert not duty

        back: dict[str, Counter[str]] = {}
        codes = set(ReturnReason) - {ReturnReason.UNKNOWN}
        for kind, reason, packages in sql.execute(
            ROOTS
            + SIZES
            + """
            SELECT home.fulfilment, later.reason, now.packages FROM parents JOIN terms AS later ON later.id = child
              JOIN up ON up.id = parent JOIN terms AS home ON home.id = root JOIN now ON now.id = parent
            WHERE later.purpose = 3
            """
        ).fetchall():
            back.setdefault(names[kind], Counter())[reason if reason in codes else "unknown"] += packages
        stayed = {
            names[kind]: packages for kind, packages in sql.execute(ROOTS + SIZES + STAYED).fetchall() if packages
        }
        for name, figures in found.items():
            assert dict(figures.reasons) == dict(back.pop(name, {})), (seed, name)
            assert figures.returned_packages == sum(figures.reasons.values())
            assert figures.reached_packages == stayed.pop(name, 0), (seed, name)
            met["reached"] += figures.reached_packages
            met["returned"] += figures.returned_packages
            met["known reasons"] += len(figures.reasons.keys() - {ReturnReason.UNKNOWN})
            assert sum(one.due for one in figures.sections) == figures.legs_due
            assert sum(one.in_time for one in figures.sections) == figures.legs_in_time
            for currency, amount in figures.freight.items():
                links = [o for o in figures.links if o.currency == currency and o.link.value.endswith("freight")]
                assert sum(one.amount for one in links) == amount
            met["later links"] += sum(one.link.value in ("onward_freight", "return_freight") for one in figures.links)
        assert not back
    assert (
        min(
            met[what] for what in ("processed", "duty", "hidden", "returned", "reached", "known reasons", "later links")
        )
        > 20
    ), met


STAYS = """
WITH RECURSIVE opened(id, holder, packages, since) AS (
  SELECT id, holder, packages, known FROM terms
  UNION ALL
  SELECT child, holder, size, since FROM (
    SELECT c.child, coalesce((SELECT arg_max(taker, seq) FROM moves WHERE id = c.parent AND seq < c.seq), o.holder) AS
      holder, c.packages AS size, c.known AS since
    FROM children c JOIN opened o ON o.id = c.parent
    UNION ALL
    SELECT r.child, m.giver, coalesce((SELECT arg_max(packages, seq) FROM moves WHERE id = r.parent AND seq < r.seq),
      o.packages) - m.packages, NULL
    FROM remainders r JOIN opened o ON o.id = r.parent JOIN moves m ON m.id = r.parent AND m.seq = r.seq
  )
),
steps AS (
  SELECT id, -1 AS seq, holder, packages, since FROM opened WHERE since IS NOT NULL
  UNION ALL SELECT id, seq, taker, packages, least(claimed, known) FROM moves WHERE packages > 0
),
ends AS (
  SELECT id, min(since) AS since, max(out) AS out FROM (
    SELECT id, known AS since, kind IN (4, 5) AS out FROM statements WHERE kind IN (3, 4, 5)
    UNION ALL SELECT parent, terms.known, false FROM parents JOIN terms ON terms.id = child
    UNION ALL SELECT parent, known, false FROM children
  ) GROUP BY id
),
stays AS (
  SELECT steps.*, lead(steps.since) OVER w AS moved, lead(steps.packages) OVER w AS taken, ends.since AS ended, ends.out
  FROM steps LEFT JOIN ends USING (id) WINDOW w AS (PARTITION BY id ORDER BY seq)
),
bounded AS (
  SELECT holder, packages, since, coalesce(moved, ended, $until) AS until,
    CASE WHEN moved IS NOT NULL THEN taken WHEN out THEN packages ELSE 0 END AS out FROM stays
)
SELECT holder,
  sum(CASE WHEN until >= $begin AND until < $until THEN out ELSE 0 END)::BIGINT AS out,
  sum(packages * greatest(0, least(until, $until) - greatest(since, $begin)))::BIGINT AS held
FROM bounded GROUP BY holder HAVING out > 0 OR held > 0 ORDER BY holder
"""


@pytest.mark.parametrize("seeds", [range(10), pytest.param(range(10, 300), marks=pytest.mark.drill)])
def test_turnover_equals_that_of_sql(seeds: range) -> None:
    """In periods that cut stays, too."""
    met = 0
    for seed in seeds:
        history = mode_history(seed)
        sql = told(history)
        journeys = Journeys(history.records)
        first = min(one.known for one in history.records if isinstance(one.record, ShipmentTerms))
        for start, end in ((0, 400), (10, 25), (20, 21)):
            since, until = max(start * DAY, first), end * DAY
            expected = [tuple(map(int, row)) for row in sql.execute(STAYS, {"begin": since, "until": until}).fetchall()]
            found = turnover(journeys, Period(start * DAY, end * DAY, 400 * DAY)).get("all", ())
            assert [(one.partner, one.packages_out, one.package_seconds) for one in found] == expected, (seed, start)
            for one in found:
                assert one.seconds == until - since
                wanted = (
                    one.packages_out * (until - since) * 10**6 // one.package_seconds if one.package_seconds else None
                )
                assert one.turnover_ppm == wanted
                assert to_json(one)["turnover_ppm"] == wanted
                met += bool(one.packages_out)
    assert met > 50
