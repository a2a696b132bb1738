"""Looking keys up in the tries of accounts and of storage: what the library does in a dozen calls and copies a node.

Nothing is decided here but what whole nodes say: where one is missing, or is not as it should be, the library looks
again, and raises or answers. Writing is the library's too.

`tests/chain/evm` holds states against plain py-evm's, and what is found against the library.

Source: the yellow paper, appendix D.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from eth.constants import BLANK_ROOT_HASH
from eth.db.accesslog import KeyAccessLoggerDB
from eth.db.account import AccountDB
from eth.db.cache import CacheDB
from eth.db.hash_trie import HashTrie
from eth.db.journal import JournalDB
from eth.db.storage import AccountStorageDB, StorageLookup
from rlp.exceptions import RLPException
from trie.hexary import HexaryTrie

from ledger.chain.evm.rlp_items import read_rlp

if TYPE_CHECKING:
    from collections.abc import Sequence

_HASH_LENGTH = 32
_BRANCHES = 16
_DECODED = 4096
"""Nodes that are kept, a kilobyte or two each; the next block's state has all but a few of this one's."""


class _Misfit(Exception):
    """Left to the library."""


class _Short(NamedTuple):
    """A leaf or an extension: its part of the path in hex digits, and its value, or what it leads to."""

    is_leaf: bool
    part: str
    rest: Any


class Trie(HexaryTrie):
    """As the library's; `get` finds in whole nodes by itself."""

    __slots__ = ()

    def get(self, key: bytes) -> bytes:
        try:
            return _found(self.db, self.root_hash, key)
        except (_Misfit, KeyError, RLPException):
            found: bytes = super().get(key)
            return found


def _found(db: Any, root: bytes, key: bytes) -> bytes:
    """What the trie has under the key, empty where it has nothing."""
    path, at = key.hex(), 0
    place: Any = root
    if root == BLANK_ROOT_HASH:
        return b""
    while place:
        node = _node_at(db, place)
        if isinstance(node, _Short):
            if not path.startswith(node.part, at):
                return _nothing(path, at, node)
            at += len(node.part)
            if node.is_leaf:
                return _value(node.rest) if at == len(path) else b""
            place = node.rest
        elif at == len(path):
            return _value(node[_BRANCHES])
        else:
            place = node[int(path[at], 16)]
            at += 1
    return b""


def _node_at(db: Any, place: Any) -> "Sequence[Any] | _Short":
    """The node of this hash, or the short one that stands in the place of its hash."""
    if isinstance(place, list):
        return _shaped(place)
    if len(place) != _HASH_LENGTH:
        raise _Misfit
    return _decoded(db[place])


@lru_cache(_DECODED)
def _decoded(node: bytes) -> "Sequence[Any] | _Short":
    """By the node itself and not by its hash: a damaged file has another under the same."""
    return _shaped(read_rlp(node))


def _shaped(items: Any) -> "Sequence[Any] | _Short":
    if not isinstance(items, list):
        raise _Misfit
    if len(items) == _BRANCHES + 1:
        return items
    if len(items) != 2 or not isinstance(items[0], bytes) or not items[0] or items[0][0] >= 0x40:
        raise _Misfit
    digits = items[0].hex()
    flags = int(digits[0])
    return _Short(flags >= 2, digits[1:] if flags % 2 else digits[2:], items[1])


def _nothing(path: str, at: int, node: _Short) -> bytes:
    """The path leads elsewhere; where it ends within an extension, the library says what that means."""
    if not node.is_leaf and len(path) - at < len(node.part):
        raise _Misfit
    return b""


def _value(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise _Misfit
    return value


class _Lookup(StorageLookup):
    def _get_read_trie(self) -> HexaryTrie:
        written: HexaryTrie | None = self._write_trie
        return Trie(self._db, root_hash=self._starting_root_hash) if written is None else written


class _Storage(AccountStorageDB):
    def __init__(self, db: Any, storage_root: Any, address: Any) -> None:
        super().__init__(db, storage_root, address)
        self._storage_lookup = _Lookup(db, storage_root, address)
        self._storage_cache = CacheDB(self._storage_lookup)
        self._locked_changes = JournalDB(self._storage_cache)
        self._journal_storage = JournalDB(self._locked_changes)


class Accounts(AccountDB):
    """As py-evm's, on tries that are read here."""

    def __init__(self, db: Any, state_root: Any = BLANK_ROOT_HASH) -> None:
        super().__init__(db, state_root)
        trie: Any = Trie(self._batchtrie, state_root, prune=True)
        self._trie = HashTrie(trie)
        self._trie_logger = KeyAccessLoggerDB(self._trie, log_missing_keys=False)
        self._trie_cache = CacheDB(self._trie_logger)
        self._journaltrie = JournalDB(self._trie_cache)

    def _get_address_store(self, address: Any) -> Any:
        if address not in self._account_stores:
            self._account_stores[address] = _Storage(self._raw_store_db, self._get_storage_root(address), address)
        return self._account_stores[address]
