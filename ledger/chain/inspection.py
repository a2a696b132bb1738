"""Whether the file of the embedded chain still holds what was written, all of it and nothing else.

Headers, bodies, receipts, state and code are stored under their hashes, so each proves itself; and the newest header
leads to all of them, so that one which is missing, or to which none leads, shows. What is stored under other keys
follows from these. Not proved: that a state follows from its transactions (they are not run again), and the words that
a reverted transaction ended with.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import rlp
from eth.db.schema import SchemaV1

from ledger.chain.backend import CHAIN_ID, REVERT, note_of_revert
from ledger.chain.evm.bodies import listed, read_receipt
from ledger.chain.evm.rlp_items import read_rlp
from ledger.chain.faults import translated
from ledger.chain.keyvalue import SqliteStore
from ledger.common.ids import to_hex
from ledger.common.keccak import keccak256
from ledger.errors import LadingError

HASH_LENGTH = 32
_NO_NODE, _NO_CODE = keccak256(rlp.encode(b"")), keccak256(b"")


@dataclass(frozen=True, slots=True)
class ChainDamage:
    """Something in the chain's file that is not what was written."""

    where: str
    expected: str
    found: str


def damages(store: SqliteStore, chain: Any) -> list[ChainDamage]:
    """What is not as written, of py-evm's `chain` in `store`.

    It ends early with the trouble itself when something cannot be read at all.
    """
    inspection = _Inspection(store, chain)
    with store.snapshot():
        try:
            with translated("chain"):
                inspection.run()
        except LadingError as error:
            inspection.add(error.where or "chain", "a file that can be read", str(error))
        except (TypeError, IndexError, AttributeError) as error:  # from a value that is no node of a trie
            inspection.add("chain", "a file that can be read", f"{type(error).__name__}: {error}")
    return inspection.found


class _Inspection:
    def __init__(self, store: SqliteStore, chain: Any) -> None:
        self._store = store
        self._chain = chain
        self._chaindb = chain.chaindb
        self._reached: set[bytes] = set()
        self._expected: dict[bytes, bytes] = {}
        self._reverted: set[bytes] = set()
        self.found: list[ChainDamage] = []

    def add(self, where: str, expected: str, found: str) -> None:
        self.found.append(ChainDamage(where, expected, found))

    def run(self) -> None:
        """0. The file consists of three tables, and of nothing that could change what is written to them.
        1. Every value whose key is a hash has this hash.
        2. From the head down, each block names the one before, and its tries lead to every node there is.
        3. What leads from nowhere, or stands under other keys than those that follow from the blocks.
        4. Notes: the chain's id, and one of each transaction that reverted.
        """
        # 0.
        for where, expected, found in self._store.strangers():
            self.add(where, expected, found)
        named = len(self.found)
        # 1.
        sound, others = set[bytes](), dict[bytes, bytes]()
        for key, value in self._store.pairs():
            if len(key) != HASH_LENGTH:
                others[key] = value
            else:
                self._check_hash(key, value, sound)
        for key, value in self._store.packed_pairs():
            if len(key) != HASH_LENGTH or key in sound:
                self.add(f"value {_named(key)}", "not among what is packed", "a packed value")
            else:
                self._check_hash(key, value, sound)
        if len(self.found) > named:
            return  # what they lead to cannot be read
        # 2.
        self._walk_blocks()
        # 3.
        for key in sorted(sound - self._reached):
            self.add(f"value {to_hex(key)}", "no such value", "one that no block leads to")
        for key in sorted(others.keys() | self._expected.keys()):
            right, wrong = self._expected.get(key), others.get(key)
            if right != wrong:
                self.add(f"value {_named(key)}", _shown(right), _shown(wrong))
        # 4.
        self._check_notes()

    def _check_hash(self, key: bytes, value: bytes, sound: set[bytes]) -> None:
        if keccak256(value) == key:
            sound.add(key)
        else:
            self.add(f"value {to_hex(key)}", to_hex(key), to_hex(keccak256(value)))

    def _walk_blocks(self) -> None:
        head = self._chaindb.get_canonical_head()
        number, following = int(head.block_number), bytes(head.hash)
        gaps = rlp.encode([[], (number + 1).to_bytes(HASH_LENGTH, "big")])
        self._expected[SchemaV1.make_canonical_head_hash_lookup_key()] = following
        self._expected[SchemaV1.make_chain_gaps_lookup_key()] = gaps
        self._expected[SchemaV1.make_header_chain_gaps_lookup_key()] = gaps
        scores = []
        while number >= 0:
            header = self._chaindb.get_block_header_by_hash(following)
            if int(header.block_number) != number:
                self.add(f"block {number}", str(number), str(header.block_number))
                return
            self._reached.add(following)
            self._expected[SchemaV1.make_block_number_to_hash_lookup_key(header.block_number)] = rlp.encode(following)
            self._walk_body(header, number)
            scores.append((following, int(header.difficulty) or number))
            number, following = number - 1, bytes(header.parent_hash)
        score = 0
        for block, more in reversed(scores):
            score += more
            key = SchemaV1.make_block_hash_to_score_lookup_key(block)  # type: ignore[arg-type]
            self._expected[key] = rlp.encode(score)

    def _walk_body(self, header: Any, number: int) -> None:
        self._walk(bytes(header.state_root), self._walk_account)
        sent, results = self._listed(bytes(header.transaction_root)), self._listed(bytes(header.receipt_root))
        hashes = (
            self._chaindb.get_block_transaction_hashes(header) if sent is None else [keccak256(one) for one in sent]
        )
        receipts = None if results is None else [read_receipt(result) for result in results]
        if receipts is None or None in receipts:
            kind = self._chain.get_vm_class_for_block_number(header.block_number)
            receipts = self._chaindb.get_receipts(header, kind.get_receipt_builder())
        for index, (transaction, receipt) in enumerate(zip(hashes, receipts, strict=True)):
            key = SchemaV1.make_transaction_hash_to_block_lookup_key(transaction)
            self._expected[key] = rlp.encode([number, index])
            if receipt.state_root != b"\x01":
                self._reverted.add(bytes(transaction))

    def _listed(self, root: bytes) -> list[bytes] | None:
        """The values of a list's trie, of which every node is reached; None where it does not read at once."""
        there = set[bytes]()

        def load(key: bytes) -> bytes | None:
            there.add(key)
            return self._store.stored(key)

        values = listed(root, load)
        if values is None:
            self._walk(root, _nothing)
        else:
            self._reached |= there
        return values

    def _walk_account(self, value: bytes) -> None:
        _, _, storage, code = read_rlp(value)
        self._walk(storage, _nothing)
        if code != _NO_CODE:
            self._reach(code)

    def _walk(self, root: bytes, leaf: Callable[[bytes], None]) -> None:
        """Reach every node under `root` that was not reached before; `leaf` is told the values."""
        waiting: list[Any] = [root]
        while waiting:
            node = waiting.pop()
            if isinstance(node, bytes):
                if not node or node == _NO_NODE or node in self._reached:
                    continue
                data = self._reach(node)
                node = read_rlp(data) if data is not None else ()
            if len(node) == 2:
                if node[0][0] >> 4 >= 2:  # the flag of a leaf, see the yellow paper's hex-prefix encoding
                    leaf(node[1])
                else:
                    waiting.append(node[1])
            elif node:
                waiting += node[:16]
                if node[16]:
                    leaf(node[16])

    def _reach(self, key: bytes) -> bytes | None:
        self._reached.add(key)
        value = self._store.stored(key)
        if value is None:
            self.add(f"value {to_hex(key)}", "a value that a block leads to", "none: it was deleted")
        return value

    def _check_notes(self) -> None:
        notes = dict(self._store.notes())
        expected = {note_of_revert(transaction) for transaction in self._reverted} | {CHAIN_ID}
        for key in sorted(expected ^ notes.keys()):
            wrong = key in notes
            self.add(f"note {_named_note(key)}", "no such note" if wrong else "a note", "a note" if wrong else "none")


def _named(key: bytes) -> str:
    return to_hex(key) if len(key) == HASH_LENGTH else key.decode(errors="replace")


def _named_note(key: bytes) -> str:
    return f"revert {to_hex(key[len(REVERT) :])}" if key.startswith(REVERT) else key.decode(errors="replace")


def _nothing(_value: bytes) -> None:
    pass


def _shown(value: bytes | None) -> str:
    return "none" if value is None else to_hex(value)
