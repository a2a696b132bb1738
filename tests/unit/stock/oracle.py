"""Stock from the raw records by recursive SQL, which shares nothing with the product but the records.

What is in there is told apart, by a walk over what SQL found of who came of whom.

A node is a shipment after so many moves. Its second is the latest that it or any node before it, of whatever shipment,
names: so no order of evaluation is needed. Quantities are floating: they are compared within 1 in 10⁹.
"""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import duckdb

from ledger.codes import AmendmentKind, ClearanceStatus, ExceptionBit, Purpose, StatementKind
from ledger.common.canonical import parse_json
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.types import Amendment, Clearance, Goods, Handoff, Override, ShipmentTerms, Split, Statement
from ledger.records.verification import VerifiedRecord

TABLES = """
CREATE TABLE terms (s BLOB, ord INT, known BIGINT, consignee INT, holder INT, packages INT, due BIGINT);
CREATE TABLE parents (s BLOB, parent BLOB);
CREATE TABLE moves (s BLOB, seq INT, ord INT, told BIGINT, receiver INT, packages INT, remainder BLOB);
CREATE TABLE splits (parent BLOB, s BLOB, ord INT, known BIGINT, packages INT, stated BOOL);
CREATE TABLE inside (s BLOB, gtin TEXT, lot TEXT, unit TEXT, quantity DOUBLE);
CREATE TABLE said (s BLOB, ord INT, known BIGINT, found BOOL, ends BOOL, customs BOOL);
CREATE TABLE required (s BLOB, jurisdiction TEXT, regime INT);
CREATE TABLE stores (partner INT);
"""
VIEWS = """
CREATE TABLE steps AS
SELECT s, row_number() OVER (PARTITION BY s ORDER BY seq) AS i, ord, told, receiver AS holder, packages, remainder
FROM moves;

CREATE TABLE born AS
SELECT t.s, NULL::BLOB AS parent, 'terms' AS how, 0 AS i, t.known AS told, t.packages FROM terms t
UNION ALL SELECT s, parent, 'split', NULL, known, packages FROM splits
UNION ALL
SELECT remainder, steps.s, 'left', i, 0, NULL FROM steps WHERE remainder IS NOT NULL;

CREATE TABLE line AS
WITH RECURSIVE up(s, root, top) AS (
  SELECT s, s, true FROM terms
  UNION ALL SELECT b.s, up.root, false FROM born b JOIN up ON b.parent = up.s
) SELECT s, root FROM up;

CREATE TABLE counted AS
WITH RECURSIVE opened(s, packages) AS (
  SELECT s, packages FROM born WHERE packages IS NOT NULL
  UNION
  SELECT st.remainder, coalesce(b.packages, o.packages) - st.packages
  FROM opened o JOIN steps st ON st.s = o.s AND st.remainder IS NOT NULL
  LEFT JOIN steps b ON b.s = st.s AND b.i = st.i - 1
) SELECT * FROM opened;

CREATE TABLE nodes AS
WITH every AS (
  SELECT s, i, ord, told, holder, packages FROM steps
  UNION ALL
  SELECT b.s, 0, NULL, b.told, NULL, c.packages FROM born b JOIN counted c ON c.s = b.s
), ratio AS (
  SELECT *, coalesce(least(1.0, packages / lag(packages) OVER (PARTITION BY s ORDER BY i)), 1.0) AS ratio FROM every
)
SELECT *, product(ratio) OVER (PARTITION BY s ORDER BY i) AS share,
  i = max(i) OVER (PARTITION BY s) AS is_last
FROM ratio;

CREATE TABLE edges AS
SELECT s, i, s AS before_s, i - 1 AS before_i FROM nodes WHERE i > 0
UNION ALL
SELECT p.s, 0, n.s, n.i FROM parents p JOIN nodes n ON n.s = p.parent AND n.is_last
UNION ALL
SELECT b.s, 0, n.s, n.i FROM born b JOIN nodes n ON n.s = b.parent AND n.is_last WHERE b.how = 'split'
UNION ALL
SELECT s, 0, parent, i FROM born WHERE how = 'left';

CREATE TABLE timed AS
WITH RECURSIVE reach(s, i, from_s, from_i) AS (
  SELECT s, i, s, i FROM nodes
  UNION
  SELECT r.s, r.i, e.before_s, e.before_i FROM reach r JOIN edges e ON e.s = r.from_s AND e.i = r.from_i
)
SELECT r.s, r.i, max(n.told) AS t FROM reach r JOIN nodes n ON n.s = r.from_s AND n.i = r.from_i GROUP BY ALL;

CREATE TABLE held AS
WITH RECURSIVE holder0(s, holder) AS (
  SELECT s, holder FROM terms
  UNION ALL
  SELECT b.s, coalesce(n.holder, f.holder)
  FROM holder0 f JOIN born b ON b.parent = f.s
  JOIN nodes n ON n.s = b.parent AND ((b.how = 'split' AND n.is_last) OR (b.how = 'left' AND n.i = b.i - 1))
)
SELECT n.s, n.i, coalesce(n.holder, f.holder) AS holder, n.packages, n.share, n.is_last, t.t
FROM nodes n JOIN holder0 f ON f.s = n.s JOIN timed t ON t.s = n.s AND t.i = n.i;

CREATE TABLE delivered AS
WITH RECURSIVE got(s, ord) AS (
  SELECT st.s, max(st.ord) FROM steps st JOIN line l ON l.s = st.s JOIN terms t ON t.s = l.root
  WHERE st.holder = t.consignee GROUP BY st.s
  UNION ALL SELECT sp.s, got.ord FROM splits sp JOIN got ON got.s = sp.parent
) SELECT s, max(ord) AS ord FROM got GROUP BY s;

CREATE TABLE ended AS
WITH alone AS (
  SELECT said.s, arg_min(said.known, said.ord) AS known FROM said LEFT JOIN delivered d ON d.s = said.s
  WHERE said.ends AND NOT (said.customs AND coalesce(d.ord, 999999999) < said.ord) GROUP BY said.s
), every AS (
  SELECT p.parent AS s, t.t AS t, 0 AS rank FROM parents p JOIN timed t ON t.s = p.s AND t.i = 0
  UNION ALL
  SELECT sp.parent, t.t, 0 FROM splits sp JOIN timed t ON t.s = sp.s AND t.i = 0
  UNION ALL
  SELECT a.s, greatest(a.known, h.t), 1 FROM alone a JOIN held h ON h.s = a.s AND h.is_last
) SELECT s, arg_min(t, rank) AS t FROM every GROUP BY s;

CREATE TABLE found AS
SELECT h.s, CASE WHEN count(said.known) + count(moved.t) > 0
  THEN greatest(h.t, least(min(said.known), min(moved.t))) END AS t
FROM held h LEFT JOIN said ON said.s = h.s AND said.found LEFT JOIN held moved ON moved.s = h.s AND moved.i = 1
WHERE h.i = 0 GROUP BY h.s, h.t;
"""
ASKED = """
SELECT h.s, h.holder, h.packages,
  CASE WHEN b.how = 'left' AND h.i = 0 AND coalesce(f.t > ?1, true) THEN 'missing'
    WHEN h.holder = t.consignee OR h.holder IN (SELECT partner FROM stores) THEN 'on_hand' ELSE 'in_transit' END,
  CASE WHEN h.holder = t.consignee THEN NULL ELSE t.due END,
  g.gtin, g.lot, g.unit, h.share * g.quantity
FROM (SELECT * FROM held WHERE t <= ?1 QUALIFY i = max(i) OVER (PARTITION BY s)) h
JOIN born b ON b.s = h.s JOIN line l ON l.s = h.s JOIN terms t ON t.s = l.root
LEFT JOIN ended e ON e.s = h.s LEFT JOIN found f ON f.s = h.s LEFT JOIN inside g ON g.s = h.s
WHERE (e.t IS NULL OR e.t > ?1) AND h.holder <> 0
"""


BORN = "SELECT s, parent, how, i FROM born"
Sku = tuple[str, str, str]
Inside = dict[Sku, float]
KILOGRAMS = {"KGM": 1.0, "GRM": 0.001}


def without(
    whole: Inside, named: "list[tuple[tuple[str, str, str], float]]"
) -> "tuple[Inside, set[tuple[str, str, str]]]":
    """What is left without what is named, and of what nobody can tell how much was taken."""
    left, taken = dict(whole), set[Sku]()
    pending: list[Any] = [[*key, quantity] for key, quantity in named]
    for level in (1, 2, 3):
        for entry in pending:
            gtin, lot, unit, quantity = entry
            scale = KILOGRAMS.get(unit)
            fits = []
            for key in left:
                ratio = 1.0 if key[2] == unit else scale / KILOGRAMS[key[2]] if scale and key[2] in KILOGRAMS else 0.0
                lots = key[1] == lot or (level > 1 and "" in (key[1], lot))
                if ratio and lots and (key[0] == gtin or (level > 2 and "" in (key[0], gtin))):
                    fits.append((key, ratio))
            there = sum(left[key] / ratio for key, ratio in fits)
            cut = min(quantity, there)
            if cut > 1e-9:
                entry[3] -= cut
                for key, _ in fits:
                    left[key] *= 1 - cut / there
                    taken.add(key)
    doubtful = {
        key
        for key in left
        if key not in taken
        and any(q > 1e-9 and key[0] == g and (key[1] == lot or "" in (key[1], lot)) for g, lot, _, q in pending)
    }
    return left, doubtful


class Row(NamedTuple):
    shipment: bytes
    holder: int
    packages: int
    state: str
    due_at: int | None
    goods: dict[tuple[str, str, str], float]


class Oracle:
    def __init__(self, records: Iterable[VerifiedRecord], stores: Collection[int]) -> None:
        self._db = duckdb.connect()
        self._db.execute(TABLES)
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._own: dict[bytes, Inside] = {}
        self._goes_on: dict[bytes, list[bytes]] = {}
        every = list(records)
        told: dict[bytes, int] = {}
        for verified in every:
            if isinstance(verified.record, Amendment) and verified.record.kind == AmendmentKind.CORRECTION:
                told[verified.record.target] = parse_json(verified.record.changes.text.encode())["occurredAt"]  # type: ignore[union-attr]
        for ord_, verified in enumerate(every):
            self._take(ord_, verified, told)
        self._rows["stores"] = [(partner,) for partner in stores]
        for table, rows in self._rows.items():
            self._db.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)
        self._db.execute(VIEWS)
        rows = [(s, *key, q) for s, goods in self._inside().items() for key, q in goods.items() if q > 1e-9]
        if rows:
            self._db.executemany("INSERT INTO inside VALUES (?, ?, ?, ?, ?)", rows)

    def at(self, second: int) -> dict[bytes, Row]:
        result: dict[bytes, Row] = {}
        for s, holder, packages, state, due, gtin, lot, unit, quantity in self._db.execute(ASKED, [second]).fetchall():
            row = result.setdefault(bytes(s), Row(bytes(s), holder, packages, state, due, {}))
            if gtin is not None:
                row.goods[gtin, lot, unit] = quantity
        return result

    def _inside(self) -> dict[bytes, Inside]:
        """What each shipment opened with."""
        share = {(bytes(s), i): x for s, i, x in self._db.execute("SELECT s, i, share FROM held").fetchall()}
        last = {bytes(s): x for s, x in self._db.execute("SELECT s, share FROM held WHERE is_last").fetchall()}
        born = {bytes(s): (parent, how, i) for s, parent, how, i in self._db.execute(BORN).fetchall()}
        splits: dict[bytes, list[tuple[bytes, int]]] = {}
        for parent, child, _, _, packages, _ in self._rows.get("splits", ()):
            splits.setdefault(parent, []).append((child, packages))
        known: dict[bytes, Inside] = {}

        def find(s: bytes) -> Inside:
            if s not in known:
                known[s] = self._own[s] if self._own.get(s) else derived(s)
            return known[s]

        def derived(s: bytes) -> Inside:
            parent, how, i = born[s]
            if how == "terms":
                total: Inside = {}
                for one in self._goes_on.get(s, ()):
                    for key, quantity in find(one).items():
                        total[key] = total.get(key, 0.0) + quantity * last[one]
                return total
            parent = bytes(parent)
            if how == "left":
                return {key: q * (share[parent, i - 1] - share[parent, i]) for key, q in find(parent).items()}
            whole = {key: q * last[parent] for key, q in find(parent).items()}
            silent = sum(packages for child, packages in splits[parent] if not self._own.get(child))
            every = sum(packages for _, packages in splits[parent])
            mine = dict(splits[parent])[s]
            named = [entry for child, _ in splits[parent] for entry in self._own.get(child, {}).items()]
            rest, doubtful = without(whole, named)
            return {key: q * mine / (every if key in doubtful else silent) for key, q in rest.items()}

        return {s: find(s) for s in born}

    def _put(self, table: str, *row: Any) -> None:
        self._rows.setdefault(table, []).append(row)

    def _goods(self, shipment: bytes, goods: Any) -> None:
        for part in goods:
            if isinstance(part, Goods):
                gtin = part.gtin.rjust(14, "0") if part.gtin else ""
                own = self._own.setdefault(shipment, {})
                own[gtin, part.lot, part.unit] = own.get((gtin, part.lot, part.unit), 0.0) + float(part.quantity)

    def _take(self, ord_: int, verified: VerifiedRecord, told: dict[bytes, int]) -> None:
        known, record = verified.known, verified.record
        match record:
            case ShipmentTerms():
                due = record.commercial.promisedAt + record.commercial.grace  # type: ignore[union-attr]
                row = known, record.consignee, record.holder, record.packages, due
                self._put("terms", verified.id, ord_, *row)
                if record.purpose != Purpose.REPLACEMENT:
                    for parent in record.parents:
                        self._put("parents", verified.id, parent.shipment)
                        if record.purpose != Purpose.TRANSFORMATION:
                            self._goes_on.setdefault(verified.id, []).append(parent.shipment)
                self._goods(verified.id, record.contents)
                self._required = getattr(self, "_required", {})
                self._required[verified.id] = bool(record.requires)
            case Handoff():
                at = min(known, told.get(verified.id, record.occurredAt))
                for i, item in enumerate(record.items):
                    if verified.applied(i) and item.packages:
                        self._move(ord_, (item.shipment, item.sequence), at, record.receiver, item)
            case Override() if verified.applied():
                self._move(ord_, (record.shipment, record.sequence), known, record.receiver, record)
            case Split() if verified.applied():
                for i, child in enumerate(record.children):
                    name = child_id(record.shipment, record.sequence, i)
                    stated = len(child.contents) > 0  # type: ignore[arg-type]
                    self._put("splits", record.shipment, name, ord_, known, child.packages, stated)
                    self._goods(name, child.contents)
            case Statement() if verified.applied():
                found = record.kind == StatementKind.FOUND
                ends = record.kind not in (StatementKind.FOUND, StatementKind.TENDER, StatementKind.CONTEST)
                self._put("said", record.shipment, ord_, known, found, ends, False)
            case Clearance():
                for i, ref in enumerate(record.items):
                    over = record.status in (ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED)
                    if verified.applied(i):
                        self._put("said", ref.shipment, ord_, known, False, over and self._needs(ref.shipment), True)
            case _:
                pass

    def _needs(self, shipment: bytes) -> bool:
        """Whether the terms above it require the clearance: these histories know of one pair alone."""
        above = {row[1]: row[0] for row in self._rows.get("splits", ())}
        above |= {row[6]: row[0] for row in self._rows.get("moves", ()) if row[6] is not None}
        while shipment not in self._required:
            shipment = above[shipment]
        return bool(self._required[shipment])

    def _move(self, ord_: int, slot: tuple[bytes, int], at: int, receiver: int, item: Any) -> None:
        left = remainder_id(*slot) if item.exceptions & ExceptionBit.SHORT else None
        self._put("moves", *slot, ord_, at, receiver, item.packages, left)
