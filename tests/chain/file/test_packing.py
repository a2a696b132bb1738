"""The chain's file: long values packed, files of the first format, and what was put into it by hand."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.chain import keyvalue, packing
from ledger.chain.embedded import EmbeddedChain, EmbeddedReader
from ledger.chain.keyvalue import SqliteStore
from ledger.common.ids import to_hex
from ledger.common.keccak import keccak256
from ledger.errors import Misconfigured, StorageFailed
from ledger.records.signing import SigningKey
from tests.chain.conftest import CHAIN_ID, GENESIS, Rig
from tests.chain.probe import Sender, count

WORDS = b"".join(bytes(24) + number.to_bytes(8) for number in range(400))
"""12,800 bytes as call data has them."""


@pytest.mark.parametrize("length", [packing.PACKED_FROM, 1_000, 70_000])
def test_packed_and_back(length: int) -> None:
    value = (WORDS * 6)[:length]
    short = packing.packed(value)
    assert short is not None
    assert len(short) < length / 2
    assert packing.unpacked(short) == value


def test_short_values_and_those_that_get_no_shorter_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert packing.packed(bytes(packing.PACKED_FROM - 1)) is None
    assert packing.packed(random.Random(1).randbytes(5_000)) is None
    monkeypatch.setattr(packing, "_MOST", 10_000)
    assert packing.packed(bytes(10_000))
    assert packing.packed(bytes(10_001)) is None


def test_every_bit_of_a_packed_value_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    short = packing.packed(WORDS[:640])
    assert short is not None
    for bit in range(8 * len(short)):
        spoilt = bytearray(short)
        spoilt[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError, match="packed value"):
            packing.unpacked(bytes(spoilt))
    for cut in range(len(short)):
        with pytest.raises(ValueError, match="packed value"):
            packing.unpacked(short[:cut])
    with pytest.raises(ValueError, match="packed value"):
        packing.unpacked(short + b"\0")
    monkeypatch.setattr(packing, "_MOST", 639)  # as one that would unpack to gigabytes
    with pytest.raises(ValueError, match="packed value"):
        packing.unpacked(short)


def test_the_store_gives_back_what_it_packed(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    values = {keccak256(bytes([i])): WORDS[i:9_000] for i in range(20)} | {
        keccak256(b"short"): b"short",
        b"name": WORDS,
    }
    with closing(SqliteStore(path, writable=True)) as store:
        for key, value in values.items():
            store[key] = value
        store.commit()
        store[keccak256(b"\0")] = WORDS[:9_000]  # as the same node of a trie comes again
        del store[keccak256(b"\1")]
        store.commit()
    del values[keccak256(b"\1")]
    with closing(SqliteStore(path, writable=False)) as store:
        assert {key: store[key] for key in values} == values
        assert sorted([*store.pairs(), *store.packed_pairs()]) == sorted(values.items())
        with pytest.raises(KeyError):
            store[keccak256(b"\1")]
    assert rows(path, "packed") == 19
    assert rows(path, "pairs") == 2, "what is under no hash is never packed: it changes"


# --- the first format ------------------------------------------------------------------------------------------------


def test_a_file_of_the_first_format_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    rig, deployed = begun(path)
    head = rig.client.head()
    blocks = [rig.client.block(number) for number in range(1, head + 1)]
    rig.client.close()
    as_first_format(path)
    with pytest.raises(Misconfigured, match="older Lading") as refused:
        EmbeddedReader(path, chain_id=CHAIN_ID)
    assert "lading upgrade" in refused.value.mend
    assert rows(path, "pairs") > 10

    again = EmbeddedChain(path, chain_id=CHAIN_ID, genesis_time=None)
    assert [again.block(number) for number in range(1, head + 1)] == blocks
    rig = Rig(again, rig.sender, rig.now)
    (receipt,) = rig.run(rig.sender.sign(deployed, count(b"y" * 900)))
    assert receipt.succeeded
    assert again.damages() == []
    assert rows(path, "packed") > 0
    again.close()
    with closing(EmbeddedReader(path, chain_id=CHAIN_ID)) as reader:
        assert reader.head() == head + 1


def test_bringing_a_file_up_to_date_twice_changes_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    begun(path)[0].client.close()
    as_first_format(path)
    keyvalue.upgrade(path)
    with closing(sqlite3.connect(path)) as db:
        once = list(db.iterdump())
    keyvalue.upgrade(path)
    with closing(sqlite3.connect(path)) as db:
        assert list(db.iterdump()) == once
    keyvalue.upgrade(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


# --- by hand ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoil", ["a bit", "another value", "twice", "moved"])
def test_what_was_done_to_packed_values_is_named(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "chain.db"
    rig, _ = begun(path)
    with closing(sqlite3.connect(path)) as db:
        key, short = db.execute("SELECT key, value FROM packed ORDER BY key").fetchone()
        if spoil == "a bit":
            db.execute("UPDATE packed SET value = ? WHERE key = ?", (short[:-1] + bytes([short[-1] ^ 1]), key))
        elif spoil == "another value":
            db.execute("UPDATE packed SET value = ? WHERE key = ?", (packing.packed(WORDS), key))
        elif spoil == "twice":
            db.execute("INSERT INTO pairs VALUES (?, ?)", (key, packing.unpacked(short)))
        else:
            key = b"block-number-to-hash:1"
            db.execute("INSERT INTO packed SELECT * FROM pairs WHERE key = ?", (key,))
            db.execute("DELETE FROM pairs WHERE key = ?", (key,))
        db.commit()
    named = {damage.where for damage in rig.client.damages()}  # type: ignore[attr-defined]
    assert named == {f"value {to_hex(key) if len(key) == 32 else key.decode()}"}
    rig.client.close()


def test_a_damaged_value_is_told_of_in_words(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    with closing(SqliteStore(path, writable=True)) as store:
        store[keccak256(WORDS)] = WORDS
        store.commit()
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE packed SET value = zeroblob(50)")
        db.commit()
    with closing(SqliteStore(path, writable=False)) as store, pytest.raises(StorageFailed, match="packed value"):
        store[keccak256(WORDS)]


def begun(path: Path) -> tuple[Rig, bytes]:
    """A chain with a contract that was called with 1,000 bytes."""
    chain = EmbeddedChain(path, chain_id=CHAIN_ID, genesis_time=GENESIS)
    rig = Rig(chain, Sender(SigningKey(b"\x09" * 32), CHAIN_ID))
    deployed = rig.deploy()
    rig.run(rig.sender.sign(deployed, count(b"x" * 1_000)))
    return rig, deployed


def as_first_format(path: Path) -> None:
    """The file as release 0.1.0 would have written it."""
    with closing(sqlite3.connect(path)) as db:
        for key, short in db.execute("SELECT key, value FROM packed").fetchall():
            db.execute("INSERT INTO pairs VALUES (?, ?)", (key, packing.unpacked(short)))
        db.execute("DROP TABLE packed")
        db.execute("PRAGMA user_version = 1")
        db.commit()


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
