"""What is found in a trie is what the library finds there, and where it raises, the same is raised."""

import random
from typing import Any

import pytest
import rlp
from trie.hexary import HexaryTrie

from ledger.chain.evm import tries
from ledger.chain.evm.tries import Trie
from ledger.common.keccak import keccak256


def grown(rng: random.Random, length: int, size: int) -> tuple[dict[bytes, bytes], bytes, list[bytes]]:
    """The nodes of a random trie, its root, and its keys, which are of one `length` or, for 0, of any."""
    nodes: dict[bytes, bytes] = {}
    trie = HexaryTrie(nodes)
    keys: list[bytes] = []
    for _ in range(size):
        beginning = rng.choice([b"", *keys])[: rng.randrange(4)]  # so that paths are shared
        keys.append((beginning + rng.randbytes(40))[: length or rng.randrange(1, 6)])
        trie[keys[-1]] = rng.randbytes(rng.choice((1, 2, 8, 32, 80)))
    return nodes, trie.root_hash, keys


def outcome(trie: HexaryTrie, key: bytes) -> Any:
    try:
        return trie.get(key)
    except Exception as error:  # noqa: BLE001 whatever it is, it must be the same
        return type(error), str(error)


@pytest.mark.parametrize("length", [32, 3, 0], ids=["hashes", "short keys", "keys of any length"])
def test_what_is_there_and_what_is_not(length: int) -> None:
    rng = random.Random(length)
    found = missed = 0
    for size in (0, 1, 2, 3, 7, 30, 200):
        nodes, root, keys = grown(rng, length, size)
        plain, fast = HexaryTrie(nodes, root), Trie(nodes, root)
        others = [rng.randbytes(length or rng.randrange(7)) for _ in range(60)]
        near = [key[:-1] + bytes([key[-1] ^ 1]) for key in keys] + [key[:-1] for key in keys if not length]
        for key in (*keys, *others, *near):
            told = outcome(plain, key)
            assert outcome(fast, key) == told, key.hex()
            found, missed = found + (told != b""), missed + (told == b"")
    assert found > 100
    assert missed > 100


def test_a_node_that_is_missing_or_not_as_it_should_be() -> None:
    """Each node in turn, while whole ones of the same hashes are known."""
    rng = random.Random(1)
    nodes, root, keys = grown(rng, 32, 60)
    kinds: set[Any] = set()
    for key in keys:
        assert Trie(nodes, root).get(key) == HexaryTrie(nodes, root).get(key) != b""
    for place, node in nodes.items():
        spoilt = [
            None,
            b"",
            b"\x80",
            node[:-1],
            rlp.encode([b"\x45", b"x"]),
            rlp.encode([b"", b"x"]),
            rlp.encode([b"a"] * 3),
        ]
        for other in (*spoilt, rlp.encode([b"\x20", [b"x", b"y"]]), rlp.encode([b"\x00", b"short"])):
            altered = {hash_: other if hash_ == place else kept for hash_, kept in nodes.items()}
            kept = {hash_: value for hash_, value in altered.items() if value is not None}
            for key in rng.sample(keys, 6):
                told = outcome(HexaryTrie(kept, root), key)
                assert outcome(Trie(kept, root), key) == told
                kinds.add(told[0] if isinstance(told, tuple) else bytes)
    assert len(kinds) > 3


def test_a_trie_that_is_written_and_pruned_is_read_as_it_stands() -> None:
    rng = random.Random(2)
    for squashed in (False, True):
        plain, fast = HexaryTrie({}, prune=True), Trie({}, prune=True)
        held: dict[bytes, bytes] = {}
        for number in range(300):
            key = keccak256(bytes([rng.randrange(60)]))
            value = b"" if rng.random() < 0.3 else number.to_bytes(2) * rng.choice((1, 20))
            held[key] = value
            for trie in (plain, fast):
                if squashed:
                    with trie.squash_changes() as changes:
                        changes[key] = value
                        assert changes[key] == value
                else:
                    trie[key] = value
            assert fast.root_hash == plain.root_hash
            some = rng.choice(list(held))
            assert fast[some] == held[some]


def test_most_is_found_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes, root, keys = grown(random.Random(3), 32, 100)
    monkeypatch.setattr(HexaryTrie, "_get", None)
    assert all(Trie(nodes, root).get(key) for key in keys)
    assert tries._decoded.cache_info().hits > 50
