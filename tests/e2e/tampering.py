"""Ways to tamper with a home, each with what the audit must name.

The tamperer has the database and the files: he drops triggers, puts them back, and recomputes what he can. He has
neither partners' keys nor the log's.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.common.ids import RecordId
from ledger.errors import LadingError
from ledger.log.leaf import Leaf
from ledger.merkle import leaf_hash
from ledger.records.index_keys import concerns
from ledger.records.signing import Domain
from ledger.records.types import BY_NUMBER, Endorsement, Outcome
from ledger.store.rows import text_of


@dataclass(frozen=True, slots=True)
class Scene:
    """A copy of the story's home, to be spoilt."""

    home: Path
    db: sqlite3.Connection
    ids: Mapping[str, RecordId]
    domain: Domain

    def run(self, sql: str, *values: object) -> None:
        changed = self.db.execute(sql, values).rowcount
        assert changed, f"nothing to spoil: {sql}"

    def row(self, name: str) -> dict[str, Any]:
        cursor = self.db.execute("SELECT * FROM records WHERE record_id = ?", (self.ids[name],))
        return dict(zip([c[0] for c in cursor.description], cursor.fetchone(), strict=True))

    def size(self) -> int:
        return int(self.db.execute("SELECT size FROM log_head").fetchone()[0])

    def insert_record(self, record: object, index: int, signatures: bytes = b"") -> RecordId:
        """A row as the log itself would write it, at `index`."""
        assert isinstance(record, Endorsement | Outcome)
        record_id = self.domain.record_id(record)
        leaf = Leaf.of(record.NUMBER, record_id, signatures, last := self._last_time())
        values = (record_id, index, record.NUMBER, last, leaf_hash(leaf.encode()), signatures)
        message = text_of(record.to_json())
        sql = "INSERT INTO records (record_id, log_index, type_number, log_time, leaf_hash, signatures, message)"
        self.run(f"{sql} VALUES (?, ?, ?, ?, ?, ?, ?)", *values, message)
        for concern in concerns(record_id, record):
            self.run("INSERT INTO record_index VALUES (?, ?, ?)", concern.kind, concern.key, index)
        return record_id

    def rehash(self, name: str) -> None:
        """Make the row's leaf hash fit its columns again."""
        row = self.row(name)
        leaf = Leaf.of(
            row["type_number"],
            self.ids[name],
            row["signatures"],
            row["log_time"],
        )
        self.run("UPDATE records SET leaf_hash = ? WHERE record_id = ?", leaf_hash(leaf.encode()), self.ids[name])

    def spoil_file(self, name: str, position: int) -> None:
        """Turn one byte of a file."""
        path = self.home / name
        data = bytearray(path.read_bytes())
        data[position] ^= 1
        path.write_bytes(data)

    def _last_time(self) -> int:
        return int(self.db.execute("SELECT log_time FROM log_head").fetchone()[0])


@dataclass(frozen=True, slots=True)
class Tampering:
    """`names`: records (by their name in the story) and the start of the field that must be named for each.

    `alone`: it moves other rows, so it is not done together with others, and these rows are named too.
    """

    name: str
    act: Callable[[Scene], None]
    names: tuple[tuple[str, str], ...]
    alone: bool = False


@contextmanager
def spoiling(home: Path, ids: Mapping[str, RecordId], domain: Domain) -> Iterator[Scene]:
    """Triggers and foreign keys out of the way, and back again."""
    db = sqlite3.connect(home / "ledger.db")
    try:
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        yield Scene(home, db, ids, domain)
        for _, sql in triggers:
            db.execute(sql)
        db.commit()
    finally:
        db.close()


NEWEST = "size = (SELECT max(size) FROM checkpoints)"
ANCHORED = "size = (SELECT max(size) FROM checkpoints WHERE anchored_block > 0"
SHOWN = "log/checkpoint"
HIGHEST = "keys/highest-checkpoint"

# --- records ---------------------------------------------------------------------------------------------------------


def _edit_message(scene: Scene) -> None:
    sql = "UPDATE records SET message = replace(message, '\"packages\":40', '\"packages\":41') WHERE record_id = ?"
    scene.run(sql, scene.ids["terms"])


def _rewrite(scene: Scene) -> None:
    """The message edited, and id and leaf hash made to fit it everywhere in the database."""
    row = scene.row("stuck terms")
    message = str(row["message"]).replace('"packages":5', '"packages":6')
    record = BY_NUMBER[4].from_json(json.loads(message))
    new_id = scene.domain.record_id(record)
    leaf = Leaf.of(4, new_id, row["signatures"], row["log_time"])
    scene.run(
        "UPDATE records SET record_id = ?, message = ?, leaf_hash = ? WHERE record_id = ?",
        new_id,
        message,
        leaf_hash(leaf.encode()),
        scene.ids["stuck terms"],
    )


def _delete(name: str) -> Callable[[Scene], None]:
    return lambda scene: scene.run("DELETE FROM records WHERE record_id = ?", scene.ids[name])


def _swap(scene: Scene) -> None:
    one, other = scene.row("endorsed by 3")["log_index"], scene.row("endorsed by 5")["log_index"]
    for name, index in (("endorsed by 3", -1), ("endorsed by 5", one), ("endorsed by 3", other)):
        scene.run("UPDATE records SET log_index = ? WHERE record_id = ?", index, scene.ids[name])


def _sign_otherwise(scene: Scene) -> None:
    signatures = bytearray(scene.row("pick-up")["signatures"])
    signatures[5] ^= 1
    scene.run("UPDATE records SET signatures = ? WHERE record_id = ?", bytes(signatures), scene.ids["pick-up"])
    scene.rehash("pick-up")


def _change_time(scene: Scene) -> None:
    scene.run("UPDATE records SET log_time = log_time + 1 WHERE record_id = ?", scene.ids["delivery"])
    scene.rehash("delivery")


def _change_type(scene: Scene) -> None:
    scene.run("UPDATE records SET type_number = 14 WHERE record_id = ?", scene.ids["recall answer"])
    scene.rehash("recall answer")


def _append_forged(scene: Scene) -> None:
    index = scene.size()
    scene.insert_record(Endorsement(2, scene.ids["split terms"]), index)
    scene.run("UPDATE log_head SET size = size + 1")


def _append_outcome(scene: Scene) -> None:
    """As if the chain had settled what still waits."""
    outcome = Outcome(scene.ids["waiting terms"], bytes(20), 3, 1_700_000_000, bytes(32), 0, b"\x01")
    scene.insert_record(outcome, scene.size())
    scene.run("UPDATE log_head SET size = size + 1")


def _insert_between(scene: Scene) -> None:
    index = scene.row("recall answer")["log_index"]
    scene.run("UPDATE records SET log_index = -log_index - 1 WHERE log_index >= ?", index)
    scene.run("UPDATE records SET log_index = -log_index WHERE log_index < 0")
    scene.insert_record(Endorsement(2, scene.ids["split terms"]), index)
    scene.run("UPDATE log_head SET size = size + 1")


def _delete_and_close_up(scene: Scene) -> None:
    index = scene.row("observation")["log_index"]
    scene.run("DELETE FROM records WHERE record_id = ?", scene.ids["observation"])
    scene.run("UPDATE records SET log_index = -log_index WHERE log_index > ?", index)
    scene.run("UPDATE records SET log_index = -log_index - 1 WHERE log_index < 0")
    scene.run("UPDATE log_head SET size = size - 1")


def _update(table: str, change: str, where: str, *values: object) -> Callable[[Scene], None]:
    """`values`: names of the story's records stand for their ids."""

    def act(scene: Scene) -> None:
        found = [scene.ids.get(v, v) if isinstance(v, str) else v for v in values]
        scene.run(f"UPDATE {table} SET {change} WHERE {where}", *found)

    return act


def _remove(table: str, where: str, *values: object) -> Callable[[Scene], None]:
    def act(scene: Scene) -> None:
        found = [scene.ids.get(v, v) if isinstance(v, str) else v for v in values]
        scene.run(f"DELETE FROM {table} WHERE {where}", *found)

    return act


def _insert(table: str, columns: str, *values: object) -> Callable[[Scene], None]:
    def act(scene: Scene) -> None:
        found = [scene.ids.get(v, v) if isinstance(v, str) else v for v in values]
        scene.run(f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(values))})", *found)

    return act


RECORDS = (
    Tampering("a message is edited", _edit_message, (("terms", "message.packages"),)),
    Tampering("a record is rewritten, id and all", _rewrite, (("stuck terms", "record_id"),)),
    Tampering("a record of the log alone is deleted", _delete("amendment"), (("amendment", "records"),)),
    Tampering("a record of the chain is deleted", _delete("override"), (("override", "records"),)),
    Tampering("the last record is deleted", _delete("waiting"), (("waiting", "records"),), alone=True),
    Tampering("two rows are swapped", _swap, (("endorsed by 3", "log_index"), ("endorsed by 5", "log_index"))),
    Tampering("a signature is altered", _sign_otherwise, (("pick-up", "signatures"),)),
    Tampering("a log time is altered", _change_time, (("delivery", "log_time"),)),
    Tampering("a type is altered", _change_type, (("recall answer", "type_number"),)),
    Tampering("an unsigned record is appended", _append_forged, (("", "Endorsement"),), alone=True),
    Tampering("an outcome is forged", _append_outcome, (("waiting terms", "Outcome"),), alone=True),
    Tampering("a row is inserted between others", _insert_between, (("recall answer", "log_index"),), alone=True),
    Tampering("a row is deleted and the gap closed", _delete_and_close_up, (("observation", "records"),), alone=True),
    Tampering(
        "a leaf hash is altered",
        _update("records", "leaf_hash = zeroblob(32)", "record_id = ?", "lost"),
        (("lost", "leaf_hash"),),
    ),
    Tampering("the head is altered", _update("log_head", "size = size - 1", "id = 1"), (("", "log_head.size"),)),
    Tampering(
        "the head's time is put ahead",
        _update("log_head", "log_time = log_time + 100", "id = 1"),
        (("", "log_head.log_time"),),
        alone=True,
    ),
)
"""What is done to the log itself."""

BESIDE = (
    Tampering(
        "an opened part is edited",
        _update(
            "openings",
            "body = replace(body, '100000', '900000')",
            "record_id = ? AND path = 'commercial'",
            "lost terms",
        ),
        (("lost terms", "openings.commercial"),),
    ),
    Tampering(
        "a part is opened that the record does not have",
        _insert("openings", "record_id, path, body", "endorsed by 3", "details", '{"salt":"0x00","text":""}'),
        (("endorsed by 3", "openings.details"),),
    ),
    Tampering(
        "an index entry is deleted",
        _remove("record_index", "log_index = (SELECT log_index FROM records WHERE record_id = ?)", "lost"),
        (("lost", "record_index"),),
    ),
    Tampering(
        "an index entry is inserted",
        lambda scene: scene.run(
            "INSERT INTO record_index VALUES ('partner', '7', ?)", scene.row("endorsed by 5")["log_index"]
        ),
        (("endorsed by 5", "record_index"),),
    ),
    Tampering(
        "what waits is never submitted",
        _update("outbox", "state = 'final'", "record_id = ?", "waiting"),
        (("waiting", "outbox.state"),),
    ),
    Tampering(
        "an outbox row is deleted", _remove("outbox", "record_id = ?", "waiting terms"), (("waiting terms", "outbox"),)
    ),
    Tampering(
        "what is settled waits again",
        _update("outbox", "state = 'pending', submit_by = 7", "record_id = ?", "delivery"),
        (("delivery", "outbox.state"), ("delivery", "outbox.submit_by")),
    ),
    Tampering(
        "a sequence is held by another record",
        _update("pending", "sequence = 5", "record_id = ?", "waiting"),
        (("waiting", "pending"),),
    ),
    Tampering(
        "a proposal is edited",
        _update(
            "proposals",
            "message = replace(message, '\"packages\":9', '\"packages\":8')",
            "record_id = ?",
            "proposal",
        ),
        (("proposal", "proposals"),),
    ),
    Tampering(
        "a transaction is edited",
        _update("transactions", "raw = x'00'", "record_id = ?", "award"),
        (("award", "transactions.raw"),),
    ),
    Tampering(
        "a transaction in a block is said to be on its way",
        _update(
            "transactions",
            "state = 'sent'",
            "id = (SELECT min(id) FROM transactions WHERE intent LIKE 'anchor:%')",
        ),
        (("", "transactions.state of anchor"),),
    ),
    Tampering(
        "the cursor is moved", _update("chain_cursor", "block = 3", "name = 'follower'"), (("", "chain_cursor"),)
    ),
    Tampering(
        "the cursor is deleted", _remove("chain_cursor", "name = 'follower'"), (("", "chain_cursor"),), alone=True
    ),
    Tampering(
        "what waits is put off for ever",
        _update("outbox", "next_try = 99999999999", "record_id = ?", "waiting"),
        (("waiting", "outbox.next_try"),),
        alone=True,
    ),
    Tampering(
        "a transaction is given another state",
        _update("transactions", "state = 'dropped'", "record_id = ?", "claim"),
        (("claim", "transactions.state"),),
    ),
    Tampering(
        "a transaction is said to be in another block",
        _update("transactions", "block_number = block_number + 1", "record_id = ?", "recall"),
        (("recall", "transactions.state"),),
    ),
    Tampering(
        "a transaction is given another nonce",
        _update("transactions", "nonce = nonce + 1000", "record_id = ?", "override"),
        (("override", "transactions.nonce"),),
    ),
    Tampering(
        "a transaction is given another purpose",
        _update("transactions", "intent = intent || 'x'", "record_id = ?", "agreement"),
        (("agreement", "transactions.intent"),),
    ),
    Tampering(
        "a transaction is said to carry other records",
        _update("carried", "position = position + 100", "record_id = ?", "split terms"),
        (("", "carried by"),),
    ),
    Tampering(
        "an enrolment is edited",
        _update(
            "enrolments",
            "document = replace(document, 'Partner 3', 'Partner X')",
            "instr(document, 'Partner 3') > 0",
        ),
        (("", "enrolments"),),
    ),
    Tampering(
        "an enrolment is deleted", _remove("enrolments", "instr(document, 'Partner 4') > 0"), (("", "enrolments"),)
    ),
    Tampering(
        "item codes are edited",
        _update("meta", "value = replace(value, '0001', '0009')", "name LIKE 'codes/%'"),
        (("attestation", "item codes"),),
    ),
    Tampering(
        "an award file is edited",
        _update("meta", "value = replace(value, '60000', '60001')", "name LIKE 'award/%'"),
        (("award", "award file"),),
    ),
    Tampering(
        "a contract is slipped in",
        _insert("meta", "name, value", "contracts", '[{"kind": 1, "address": "0x' + "11" * 20 + '"}]'),
        (("", "meta.contracts"),),
    ),
    Tampering(
        "contracts are kept under another name",
        _insert("meta", "name, value", "contracts/more", "[]"),
        (("", "meta.contracts/more"),),
    ),
    Tampering(
        "a checkpoint's root is edited",
        _update("checkpoints", "root = zeroblob(32)", "size = (SELECT min(size) FROM checkpoints)"),
        (("", "checkpoints.root"),),
    ),
    Tampering(
        "a checkpoint's note is edited",
        _update("checkpoints", "note = replace(note, 'lading', 'Lading')", NEWEST),
        (("", "checkpoints.note"),),
    ),
    Tampering(
        "an anchor is edited",
        _update("checkpoints", "anchored_block = anchored_block + 1", f"{ANCHORED})"),
        (("", "checkpoints.anchored_block"),),
    ),
)  # fmt: skip
"""What is done to the tables beside the log."""

FILES = tuple(
    Tampering(what, act, (("", name),))
    for what, name, act in (
        ("a tile is edited", "log/tile/0/000", lambda scene: scene.spoil_file("log/tile/0/000", 40)),
        ("a higher tile is edited", "log/tile/1/000.p/1", lambda scene: scene.spoil_file("log/tile/1/000.p/1", 4)),
        ("a bundle is edited", "log/tile/entries/000", lambda scene: scene.spoil_file("log/tile/entries/000", 704)),
        ("a bundle is cut", "log/tile/entries/001.p", lambda scene: _cut(scene, "log/tile/entries")),
        ("the checkpoint is edited", "log/checkpoint", lambda scene: scene.spoil_file("log/checkpoint", 25)),
        ("the highest checkpoint is edited", HIGHEST, lambda scene: scene.spoil_file(HIGHEST, 25)),
        ("a tile is added", "log/tile/0/900", lambda scene: _put_file(scene, "log/tile/0/900")),
        ("another file is added", "log/tile/0/junk", lambda scene: _put_file(scene, "log/tile/0/junk")),
        ("an earlier tile is edited", "log/tile/0/001.p/1", lambda scene: _put_file(scene, "log/tile/0/001.p/1")),
    )
)
"""What is done to the published files."""


def _forget(*names: str) -> Callable[[Scene], None]:
    def act(scene: Scene) -> None:
        for name in names:
            (scene.home / name).unlink()

    return act


def _put_back(*names: str) -> Callable[[Scene], None]:
    """Files as they were at the third checkpoint."""

    def act(scene: Scene) -> None:
        (note,) = scene.db.execute("SELECT note FROM checkpoints ORDER BY size LIMIT 1 OFFSET 2").fetchone()
        for name in names:
            (scene.home / name).write_text(note)

    return act


def _put_back_and_edit(scene: Scene) -> None:
    _put_back(SHOWN, HIGHEST)(scene)
    scene.run("UPDATE records SET log_time = log_time + 1 WHERE record_id = ?", scene.ids["delivery"])
    scene.rehash("delivery")


SIGNED = tuple(
    Tampering(what, act, names, alone=True)
    for what, act, names in (
        ("the checkpoint is deleted", _forget(SHOWN), (("", SHOWN),)),
        ("the highest checkpoint is deleted", _forget(HIGHEST), (("", HIGHEST),)),
        ("both are deleted", _forget(SHOWN, HIGHEST), (("", SHOWN), ("", HIGHEST))),
        ("the checkpoint is put back", _put_back(SHOWN), (("", SHOWN),)),
        ("the highest checkpoint is put back", _put_back(HIGHEST), (("", HIGHEST),)),
        ("both are put back", _put_back(SHOWN, HIGHEST), (("", SHOWN), ("", HIGHEST))),
        ("all checkpoints are forgotten", _remove("checkpoints", "true"), (("", "checkpoints of size"),)),
        ("the newest is forgotten", _remove("checkpoints", NEWEST), (("", "checkpoints of size"),)),
        (
            "an anchor's is forgotten",
            _remove("checkpoints", f"{ANCHORED})"),
            (("", "checkpoints of size"), ("", "checkpoints.previous")),
        ),
        (
            "both are put back and a row is edited",
            _put_back_and_edit,
            (("", SHOWN), ("", HIGHEST), ("delivery", "log_time"), ("", "root")),
        ),
    )
)
"""What is done to the home's memory of what the log signed. Each by itself: one would hide the other."""


def _put_file(scene: Scene, name: str) -> None:
    path = scene.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(32))


def _cut(scene: Scene, folder: str) -> None:
    path = max((scene.home / folder / "001.p").iterdir(), key=lambda path: int(path.name))
    path.write_bytes(path.read_bytes()[:-10])


def column_edits(db: sqlite3.Connection, tables: tuple[str, ...]) -> Iterator[tuple[str, str, tuple[object, ...]]]:
    """An edit of every column of each table's last row: table and column, statement, and its values."""
    for table in tables:
        keys = [name for _, name, *_, part in db.execute(f'PRAGMA table_info("{table}")') if part]
        places = keys if _has_no_rowid(db, table) else ["rowid"]
        order = ", ".join(f'"{name}" DESC' for name in places)
        cursor = db.execute(f'SELECT {", ".join(places)}, * FROM "{table}" ORDER BY {order} LIMIT 1')
        names = [c[0] for c in cursor.description]
        row = cursor.fetchone()
        if row is None:
            raise LookupError(f"the story leaves {table} empty")
        where = " AND ".join(f'"{name}" = ?' for name in places)
        place = row[: len(places)]
        for name, value in list(zip(names, row, strict=True))[len(places) :]:
            yield f"{table}.{name}", f'UPDATE "{table}" SET "{name}" = ? WHERE {where}', (_other(value), *place)


def _has_no_rowid(db: sqlite3.Connection, table: str) -> bool:
    """Whether it was made WITHOUT ROWID: its rows are known by their primary key alone."""
    return bool(db.execute("SELECT wr FROM pragma_table_list WHERE name = ?", (table,)).fetchone()[0])


def _other(value: object) -> object:
    match value:
        case None:
            return 1
        case bytes():
            return bytes([value[0] ^ 1, *value[1:]]) if value else b"\x01"
        case int():
            return value + 1
        case str():
            return str(int(value) + 1) if value.isdigit() else value + "x"
        case _:
            raise LadingError(f"no other value for {value!r}")
