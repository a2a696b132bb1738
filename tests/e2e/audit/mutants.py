"""Generated edits of a home, one at a time: every column, row, file, key-value pair and schema object there is.

A mutant has a *place*, which is what the audit's table of things not judged is asked for: `outbox.attempts` for a
column, `proposals -row` and `proposals +row` for rows that are gone or too many, `trigger +x`, `chain.db value …`,
`file log/tile/0/000`. The generator knows the schema and the folders, and nothing of what the audit looks at.
"""

import json
import random
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from ledger.errors import LadingError
from ledger.log.witness_policy import parse_policy
from ledger.records.types import ShipmentTerms

Act = Callable[[Path], None]
TRIES = 50
KEYSTORES = ("keys/relayer.json", "keys/anchor.json")


@dataclass(frozen=True, slots=True)
class Mutant:
    """`names`: any of these texts in a finding names what was done."""

    place: str
    what: str
    act: Act
    names: tuple[str, ...]


@contextmanager
def edited(path: Path) -> Iterator[sqlite3.Connection]:
    """A database with its triggers out of the way, and back again."""
    with closing(sqlite3.connect(path)) as db:
        db.text_factory = lambda data: data.decode(errors="surrogateescape")
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f'DROP TRIGGER "{name}"')
        yield db
        for _, sql in triggers:
            db.execute(sql)
        db.commit()


# --- rows ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    """`unique`: positions of columns of which no two rows agree in all. `borne`: the sizes of the checkpoints by which
    published quarters count.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    unique: tuple[tuple[int, ...], ...]
    rows: tuple[tuple[Any, ...], ...]
    borne: frozenset[int]

    def takes(self, gone: Sequence[tuple[Any, ...]], new: Sequence[tuple[Any, ...]]) -> bool:
        """Whether the constraints allow `new` rows in place of those that are `gone`."""
        for places in self.unique:
            there = {tuple(row[i] for i in places) for row in self.rows if row not in gone}
            coming = [tuple(row[i] for i in places) for row in new]
            if len(set(coming)) < len(coming) or there & set(coming):
                return False
        return True


def _tables(db: sqlite3.Connection) -> Iterator[_Table]:
    names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
    quarters = db.execute("SELECT value FROM meta WHERE name LIKE 'published/%'").fetchall()
    borne = frozenset(size for (text,) in quarters for size, _, _ in json.loads(text)["from"]["times"])
    for (name,) in names.fetchall():
        info = db.execute(f'PRAGMA table_info("{name}")').fetchall()
        columns = tuple(c[1] for c in info)
        key = tuple(c[1] for c in sorted(info, key=lambda c: c[5]) if c[5]) or columns
        indexes = [index[1] for index in db.execute(f'PRAGMA index_list("{name}")').fetchall() if index[2]]
        unique = [tuple(c[1] for c in db.execute(f'PRAGMA index_info("{index}")')) for index in indexes]
        unique.append(tuple(columns.index(c) for c in key))
        rows = db.execute(f'SELECT * FROM "{name}"').fetchall()
        yield _Table(name, columns, key, tuple(unique), tuple(sorted(rows, key=repr)), borne)


def row_mutants(home: Path, rng: random.Random, each: int) -> Iterator[Mutant]:
    """`each`: how many rows of a table are edited in each column, deleted, and repeated."""
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        tables = list(_tables(db))
    for table in tables:
        if not table.rows:
            raise LookupError(f"the home leaves {table.name} empty")
        for i in range(len(table.columns)):
            if (table.name, table.columns[i]) == ("projection_state", "size"):
                continue  # see `_reaches`
            for row in _sample(rng, table.rows, each):
                yield from _changes(table, row, i, rng)
            yield from _swaps(table, i, rng)
        for row in _sample(rng, table.rows, each):
            yield _replacement(table, [row], [], f"{table.name} -row{_kind(table, row)}")
            yield from _repeats(table, row, rng)
            if table.name == "proposals":
                yield _statements("proposals -row with its index", table.name, *_erase_proposal(row[0]))
    by_name = {table.name: table for table in tables}
    yield from _parked(by_name["outbox"])
    yield from _reaches(by_name)
    yield from _open_parts(by_name["meta"])
    yield from _without_evidence(by_name["meta"])


def _reaches(by_name: dict[str, _Table]) -> Iterator[Mutant]:
    """The projections are said to reach to another leaf: one that brought nothing into them, or one that did.

    In the second case the rows differ from what so many leaves amount to, and it is these that are named.
    """
    state, outcomes = by_name["projection_state"], by_name["outcomes"]
    (row,), at = state.rows, state.columns.index("size")
    last = max(outcome[outcomes.columns.index("log_index")] for outcome in outcomes.rows)
    for size in (last - 40, last, last + 1, last + 2, len(by_name["records"].rows) + 1):
        nothing = last < size <= len(by_name["records"].rows)
        new = tuple(size if i == at else value for i, value in enumerate(row))
        place = f"projection_state.size{' over leaves that bring nothing' if nothing else ''}"
        if new != row:
            yield replace(_replacement(state, [row], [new], place), names=("",))


def _parked(table: _Table) -> Iterator[Mutant]:
    """What waits is never tried again: plainly, and as a record that rests until something changes."""
    names = ("state", "next_try", "submit_by", "type_number")
    state, next_try, submit_by, kind = (table.columns.index(name) for name in names)
    for row in table.rows:
        never = 2**53 - 1
        rests = {next_try: row[submit_by] + 1 if row[submit_by] else never, state: "waiting"}
        # What hands on goods that no contract knows yet rests rightly; what opens them waits for nothing.
        waits_for_nothing = (rests,) if row[kind] == ShipmentTerms.NUMBER else ()
        for put in ({next_try: never}, *waits_for_nothing) if row[state] != "final" else ():
            new = tuple(put.get(i, value) for i, value in enumerate(row))
            yield _replacement(table, [row], [new], "outbox.next_try parked")
        for other_state in ("sent", "waiting") if row[state] == "pending" else ():
            new = tuple(other_state if i == state else value for i, value in enumerate(row))
            yield _replacement(table, [row], [new], "outbox.state of what waits")


def _open_parts(table: _Table) -> Iterator[Mutant]:
    """Other private parts than it says were open when a quarter was published."""
    for row in table.rows:
        if _kind(table, row) == " published":
            new = tuple(re.sub('"parts": "0x[0-9a-f]{64}"', f'"parts": "0x{"ab" * 32}"', cell) for cell in row)
            yield _replacement(table, [row], [new], "meta.value published parts")


def _without_evidence(table: _Table) -> Iterator[Mutant]:
    """What a quarter was taken from is gone: alone, and with another figure."""
    for row in table.rows:
        if _kind(table, row) == " published":
            for edited_too in (False, True):
                new = [json.loads(cell) if i == table.columns.index("value") else cell for i, cell in enumerate(row)]
                kept = new[table.columns.index("value")]
                del kept["from"]
                kept["name"] += "x" * edited_too
                new[table.columns.index("value")] = json.dumps(kept)
                yield _replacement(table, [row], [tuple(new)], "meta.value published")


def _erase_proposal(record_id: bytes) -> tuple[str, ...]:
    key = f"x'{record_id.hex()}'"
    return tuple(f"DELETE FROM {name} WHERE record_id = {key}" for name in ("proposals", "proposal_index"))


def _sample(rng: random.Random, rows: Sequence[Any], count: int) -> list[Any]:
    return rng.sample(list(rows), min(count, len(rows)))


def _replacement(table: _Table, gone: Sequence[tuple[Any, ...]], new: Sequence[tuple[Any, ...]], place: str) -> Mutant:
    """Rows that are gone, others in their place."""

    def act(home: Path) -> None:
        where = " AND ".join(f'"{c}" IS ?' for c in table.key)
        with edited(home / "ledger.db") as db:
            for row in gone:
                key = [row[table.columns.index(c)] for c in table.key]
                db.execute(f'DELETE FROM "{table.name}" WHERE {where}', key)
            for row in new:
                db.execute(f'INSERT INTO "{table.name}" VALUES ({", ".join("?" * len(row))})', row)

    texts = [value for row in (*gone, *new) for value in row if isinstance(value, str)]
    ids = [value.hex() for row in (*gone, *new) for value in row if isinstance(value, bytes) and len(value) == 32]
    ids += [found for text in texts for found in re.findall("[0-9a-f]{64}", text)]
    return Mutant(place, f"{gone!r} → {new!r}"[:200], act, (table.name, *ids))


def _changes(table: _Table, row: tuple[Any, ...], i: int, rng: random.Random) -> Iterator[Mutant]:
    """Another value in column `i`, one that the constraints allow."""
    for _ in range(TRIES):
        new = tuple(other(value, rng) if j == i else value for j, value in enumerate(row))
        if table.takes([row], [new]):
            place = f"{table.name}.{table.columns[i]}{_cell_kind(table, table.columns[i], row, new[i])}"
            yield _replacement(table, [row], [new], place)
            return


def _swaps(table: _Table, i: int, rng: random.Random) -> Iterator[Mutant]:
    """Two rows exchange a value, where there are two that differ in it."""
    rows = [*table.rows]
    rng.shuffle(rows)
    for one, two in pairwise(rows):
        new = [tuple(b[i] if j == i else value for j, value in enumerate(a)) for a, b in ((one, two), (two, one))]
        if one[i] != two[i] and set(new) != {one, two} and table.takes([one, two], new):
            kinds = _kind(table, one), _kind(table, two)
            kind = _cell_kind(table, table.columns[i], one, two[i])
            if table.name == "meta" and len(set(kinds)) > 1:
                kind = " of two kinds"
            place = f"{table.name}.{table.columns[i]}{kind}"
            yield _replacement(table, [one, two], new, place)
            return


def _repeats(table: _Table, row: tuple[Any, ...], rng: random.Random) -> Iterator[Mutant]:
    """The same row again, under another key."""
    places = {i for unique in table.unique for i in unique}
    for _ in range(TRIES):
        new = tuple(other(value, rng) if i in places else value for i, value in enumerate(row))
        if table.takes([], [new]):
            yield _replacement(table, [], [new], f"{table.name} +row{_kind(table, row)}")
            return


def _cell_kind(table: _Table, column: str, row: tuple[Any, ...], value: Any) -> str:
    """Of some columns not all values are alike: what is kept under a name, and how a record waits."""
    values = dict(zip(table.columns, row, strict=True))
    if table.name == "meta":
        parts = " parts" if column == "value" and _other_parts(values["value"], value) else ""
        return _kind(table, row) + parts
    waits = {"pending", "sent", "waiting"}
    return " of what waits" if (table.name, column) == ("outbox", "state") and {values[column], value} <= waits else ""


def _other_parts(value: str, new: str) -> bool:
    """Whether all that differs is which private parts were open when a quarter was published."""
    told = [re.subn('"parts": "0x[0-9a-f]{64}"', "", text) for text in (value, new)]
    return told[0] == told[1] and told[0][1] == 1


def _kind(table: _Table, row: tuple[Any, ...]) -> str:
    """Rows of these tables are not all alike: settled or waiting, and what is kept under a name."""
    values = dict(zip(table.columns, row, strict=True))
    if table.name == "outbox":
        return " final" if values["state"] == "final" else " waiting"
    if table.name == "openings":  # goods, places and due times are listed from them
        listed = ("contents", "commercial", "origin", "destination")
        return " contents" if values["path"].startswith(listed) else ""
    if table.name == "transactions":
        return " of several" if values["intent"].startswith("records:") else ""
    if table.name == "cosignatures":
        shown = max(r[table.columns.index("size")] for r in table.rows)  # which readers see
        return " shown" if values["size"] == shown else " of a quarter" if values["size"] in table.borne else ""
    return f" {str(values['name']).partition('/')[0]}" if table.name == "meta" else ""


def other(value: Any, rng: random.Random) -> Any:
    """Another plausible value of the same kind."""
    match value:
        case None:
            return rng.choice((1, 7, b"\x01" * 32))
        case bytes():
            if not value:
                return b"\x01"
            place = rng.randrange(len(value))
            return value[:place] + bytes([value[place] ^ (1 << rng.randrange(8))]) + value[place + 1 :]
        case int():
            return value + rng.choice((1, -1, 2, 86_400)) if value else rng.choice((1, 2, 86_400))
        case str():
            return _other_text(value, rng)
        case _:
            raise LookupError(f"no other value for {value!r}")


def _other_text(value: str, rng: random.Random) -> str:
    if not value:
        return "x"
    digits = [i for i, c in enumerate(value) if c in "0123456789abcdef"]
    if not digits or rng.random() < 0.2:
        return value + rng.choice(("x", " ", "0"))
    place = rng.choice(digits)
    new = rng.choice([c for c in "0123456789" if c != value[place]])
    return value[:place] + new + value[place + 1 :]


# --- schema ----------------------------------------------------------------------------------------------------------

_SCHEMA = (
    ("trigger +x", "CREATE TRIGGER x AFTER INSERT ON records BEGIN DELETE FROM outbox; END"),
    ("trigger +x", "CREATE TRIGGER x BEFORE INSERT ON proposals BEGIN SELECT RAISE(IGNORE); END"),
    ("trigger +x", "CREATE TRIGGER x AFTER UPDATE ON log_head BEGIN SELECT 1; END"),
    ("index +x", "CREATE INDEX x ON records (log_time)"),
    ("index +x", "CREATE UNIQUE INDEX x ON sightings (path, reader)"),
    ("index +x", "CREATE UNIQUE INDEX x ON openings (record_id, path)"),
    ("table +x", "CREATE TABLE x (y)"),
    ("table +x", "CREATE VIEW x AS SELECT * FROM records"),
    ("column +x", "ALTER TABLE records ADD COLUMN x"),
    ("column +x", "ALTER TABLE openings ADD COLUMN x TEXT"),
    ("column +x", "ALTER TABLE shipments ADD COLUMN x INTEGER"),
    ("table meta", "ALTER TABLE meta RENAME COLUMN value TO x"),
)


def schema_mutants(home: Path) -> Iterator[Mutant]:
    """Every trigger, index and table removed; each trigger made to do nothing; and some that were never there."""
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        rows = db.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name")
        objects = rows.fetchall()
    for kind, name, sql in objects:
        yield _statements(f"{kind} {name}", name, f'DROP {kind} "{name}"')
        if kind == "trigger":
            idle = sql.partition("BEGIN")[0] + "WHEN 0 BEGIN SELECT 1; END" if "WHEN" not in sql else sql + " "
            idle = idle if "WHEN" not in sql else sql.replace("EXISTS", "NOT EXISTS")
            yield _statements(f"{kind} {name}", name, f'DROP TRIGGER "{name}"', idle)
        if kind == "index":
            other_sql = sql.replace("CREATE INDEX", "CREATE UNIQUE INDEX").replace(")", ", rowid)")
            yield _statements(f"{kind} {name}", name, f'DROP INDEX "{name}"', other_sql.replace(", rowid", ""))
    for place, sql in _SCHEMA:
        yield _statements(place, place.rpartition(" ")[2].lstrip("+"), sql)


def _statements(place: str, name: str, *statements: str) -> Mutant:
    def act(home: Path) -> None:
        with closing(sqlite3.connect(home / "ledger.db")) as db:
            for statement in statements:
                try:
                    db.execute(statement)
                except sqlite3.IntegrityError:  # its rows are not unique: then on another column
                    db.execute(statement.replace(" UNIQUE", "").replace(")", " DESC)"))
            db.commit()

    return Mutant(place, "; ".join(statements)[:160], act, (name,))


# --- the chain's file ------------------------------------------------------------------------------------------------


def pair_mutants(home: Path, rng: random.Random, most: int) -> Iterator[Mutant]:
    """Pairs of every kind flipped in one bit and deleted, at most `most` of a kind; and pairs that were added."""
    with closing(sqlite3.connect(home / "chain.db")) as db:
        for table in ("pairs", "packed", "notes"):
            kinds: dict[str, list[tuple[bytes, bytes]]] = {}
            for key, value in db.execute(f"SELECT key, value FROM {table} ORDER BY key"):
                kinds.setdefault(_pair_kind(bytes(key)), []).append((bytes(key), bytes(value)))
            for kind, pairs in kinds.items():
                for key, value in _sample(rng, pairs, most):
                    if value:
                        yield _pair(f"chain.db value {kind}", table, key, other(value, rng))
                for key, _ in _sample(rng, pairs, most):
                    yield _pair(f"chain.db -{kind}", table, key, None)
                for key, value in _sample(rng, pairs, 1 + most // 8):
                    yield _pair(f"chain.db +{kind}", table, other(key, rng), value)


def _pair_kind(key: bytes) -> str:
    return "hash" if len(key) == 32 else key.partition(b":")[0].partition(b" 0x")[0].decode(errors="replace").split()[0]


def _pair(place: str, table: str, key: bytes, value: bytes | None) -> Mutant:
    def act(home: Path) -> None:
        with closing(sqlite3.connect(home / "chain.db")) as db:
            db.execute(f"DELETE FROM {table} WHERE key = ?", (key,))
            if value is not None:
                db.execute(f"INSERT INTO {table} VALUES (?, ?)", (key, value))
            db.commit()

    return Mutant(place, f"{table}: {key!r}"[:160], act, ("chain.db",))


# --- files -----------------------------------------------------------------------------------------------------------


def file_mutants(home: Path, earlier: Path, rng: random.Random, flips: int) -> Iterator[Mutant]:
    """Every file with a bit flipped, cut, emptied, deleted, lengthened, and as it was before."""
    for path in sorted(p for p in home.rglob("*") if p.is_file()):
        name = path.relative_to(home).as_posix()
        if name.endswith(("-wal", "-shm")):
            continue
        data = path.read_bytes()
        names = _file_names(name)
        more = b"x" if name == "log/cosignatures" else b"\n"  # that file's lines begin with their end
        before = earlier / name
        versions: list[tuple[str, bytes | None]] = [
            ("deleted", None),
            ("and one byte", data + more),
        ]
        if data:
            versions += [("cut", data[: rng.randrange(len(data))]), ("emptied", b"")]
            versions += [(f"a bit of byte {at}", _flipped(data, at, rng)) for at in _places(data, rng, flips)]
        if name in KEYSTORES:
            renamed = json.loads(data) | {"id": "00000000-0000-4000-8000-000000000000"}
            versions.append(("another id", json.dumps(renamed, indent=1).encode()))
        if before.exists() and before.read_bytes() != data:
            versions.append(("as it was before", before.read_bytes()))
        for what, content in versions:
            # An old file, or a bit of the database, may be told by any of its rows.
            anywhere = what == "as it was before" or (name == "ledger.db" and what.startswith("a bit"))
            yield Mutant(_file_place(name, data, content), what, _writing(name, content), ("",) if anywhere else names)
    for name in ("log/tile/0/x001/000", "log/tile/entries/001.p/31", "log/note", "log/tile/2/000.p/1", "log/a/b"):
        yield Mutant(f"file {name}", "a stray file", _writing(name, b"x" * 32), (name,))
    for name in ("notes.txt", "keys/more.json", "log-copy/checkpoint"):
        yield Mutant(f"stray {name}", "a stray file", _writing(name, b"x"), (name,))


def _file_place(name: str, before: bytes, after: bytes | None) -> str:
    """Of a file that is parsed, what became of it: other witnesses or places of them, or another name of a keystore."""
    if after is None:
        return f"file {name} deleted"
    if name == "witnesses":
        try:
            parse_policy(after)
        except LadingError:
            return f"file {name}"
        return f"file {name} that asks others, or elsewhere"
    if name in KEYSTORES:
        try:
            one, two = json.loads(before), json.loads(after)
        except ValueError:
            return f"file {name}"
        if isinstance(two, dict) and {**one, "id": ""} == {**two, "id": ""} and after != before:
            same = after == json.dumps(two, indent=1).encode() and two["id"] == two["id"].lower()
            return f"file {name} id" if same else f"file {name}"
    return f"file {name}"


def _file_names(name: str) -> tuple[str, ...]:
    return (name, *(part for part in (name.partition(".db")[0] + ".db",) if ".db" in name))


def _places(data: bytes, rng: random.Random, flips: int) -> list[int]:
    return sorted(rng.randrange(len(data)) for _ in range(flips))


def _flipped(data: bytes, at: int, rng: random.Random) -> bytes:
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _writing(name: str, content: bytes | None) -> Act:
    def act(home: Path) -> None:
        path = home / name
        if content is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return act


# --- what the home says of its consortium -----------------------------------------------------------------------------


def consortium_mutants(home: Path, rng: random.Random) -> Iterator[Mutant]:
    """Every value of consortium.json replaced by another, every entry left out, and a member added to the council."""
    text = (home / "consortium.json").read_text()
    data = json.loads(text)
    for path in _paths(data):
        where = ".".join(map(str, path))
        for gone in (False, True):
            changed = json.loads(text)
            holder = changed
            for step in path[:-1]:
                holder = holder[step]
            if gone:
                del holder[path[-1]]
            else:
                holder[path[-1]] = _other_json(holder[path[-1]], rng)
            yield _rewritten(where, "left out" if gone else "changed", changed)
    data["deployment"]["council"] = sorted([*data["deployment"]["council"], "0x" + "5a" * 20])
    yield _rewritten("deployment.council", "one more", data)


def _rewritten(where: str, what: str, data: Any) -> Mutant:
    name = "consortium.json"
    return Mutant(f"{name} {where}", what, _writing(name, json.dumps(data, indent=1).encode()), (name,))


def _paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if before:
        yield before
    if isinstance(value, dict):
        for key in value:
            yield from _paths(value[key], (*before, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _paths(item, (*before, i))


def _other_json(value: Any, rng: random.Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, dict):
        return {**value, "more": 1}
    if isinstance(value, list):
        return value[:-1]
    if isinstance(value, str) and value.startswith("0x"):
        return "0x" + other(bytes.fromhex(value[2:]), rng).hex()
    return other(value, rng)


def all_mutants(home: Path, earlier: Path, seed: int, *, rows: int, pairs: int, flips: int) -> list[Mutant]:
    """Every kind of mutant of a home, drawn by `seed`."""
    rng = random.Random(seed)
    return [
        *row_mutants(home, rng, rows),
        *schema_mutants(home),
        *pair_mutants(home, rng, pairs),
        *file_mutants(home, earlier, rng, flips),
        *consortium_mutants(home, rng),
    ]
