"""What the embedded chain's store keeps in memory has a limit, however much is written and read."""

import gc
import hashlib
import tracemalloc
from pathlib import Path

import pytest

from ledger.chain import keyvalue
from ledger.chain.keyvalue import SqliteStore

VALUE = 400
BLOCKS, PER_BLOCK = 10, 1000
CACHED_BYTES = 1 << 20


def test_memory_has_a_plateau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyvalue, "CACHED_BYTES", CACHED_BYTES)
    store = SqliteStore(tmp_path / "chain.db", writable=True)
    tracemalloc.start()
    try:
        before, most = tracemalloc.get_traced_memory()[0], 0
        for block in range(BLOCKS):
            for number in range(PER_BLOCK):
                store[_key(block, number)] = bytes([number % 256]) * VALUE
            store.commit()
            gc.collect()
            most = max(most, tracemalloc.get_traced_memory()[0] - before)
        assert BLOCKS * PER_BLOCK * VALUE > 2 * CACHED_BYTES, "too little was written to show a limit"
        assert CACHED_BYTES / 2 < most < 1.3 * CACHED_BYTES
        for block in (0, BLOCKS // 2, BLOCKS - 1):
            for number in range(PER_BLOCK):
                assert store[_key(block, number)] == bytes([number % 256]) * VALUE
        assert tracemalloc.get_traced_memory()[0] - before < 1.3 * CACHED_BYTES
    finally:
        tracemalloc.stop()
        store.close()


def _key(block: int, number: int) -> bytes:
    return hashlib.sha256(b"%d %d" % (block, number)).digest()
