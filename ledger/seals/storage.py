"""A contract's storage slot, proved under a header's `appHash`: ICS-23 proofs of the EVM's store and of all stores.

State after block N stands under `appHash` of header N + 1: a tree over the stores' roots, and under the root of the
store `evm` an IAVL tree over its keys. A slot of zero is no key: two neighbours without it between them show that.

Sources: ICS-23 v0.10, `proofs.proto` and IavlSpec, TendermintSpec; iavl v1, node hashes; cosmos/evm v0.7,
`x/vm/types/key.go`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.common.ids import to_hex
from ledger.common.json_fields import fields_of, hex_bytes
from ledger.seals.faults import Fault, refused
from ledger.seals.protobuf import Fields, Kind, read_message, read_varint, varint

STORE = b"evm"
_SLOT_PREFIX = b"\2"
_MOST_DEPTH = 128
_HASH = 32
_LENGTH = bytes([_HASH])
_COMMITMENT = {1: Kind.BYTES, 2: Kind.BYTES}
_EXISTENCE = {1: Kind.BYTES, 2: Kind.BYTES, 3: Kind.BYTES, 4: Kind.REPEATED}
_ABSENCE = {1: Kind.BYTES, 2: Kind.BYTES, 3: Kind.BYTES}
_LEAF = {1: Kind.INTEGER, 3: Kind.INTEGER, 4: Kind.INTEGER, 5: Kind.BYTES}
_INNER = {1: Kind.INTEGER, 2: Kind.BYTES, 3: Kind.BYTES}
_SHA256, _VAR_PROTO = 1, 1
_LEAF_OPERATION = {1: _SHA256, 3: _SHA256, 4: _VAR_PROTO}
"""Hash, hash of the value, and lengths as varints; the key is not hashed."""


def storage_key(contract: bytes, slot: bytes) -> bytes:
    """The key in the EVM's store of a contract's slot (32 bytes)."""
    return _SLOT_PREFIX + contract + slot


@dataclass(frozen=True, slots=True)
class _Step:
    """A node on the path from a leaf to the root: what stands before and after the child, and which child it is."""

    prefix: bytes
    suffix: bytes
    right: bool


@dataclass(frozen=True, slots=True)
class _Path:
    """A leaf with the root that its path leads to."""

    key: bytes
    value: bytes
    steps: tuple[_Step, ...]
    root: bytes


@dataclass(frozen=True, slots=True)
class StorageProof:
    """The two ICS-23 commitment proofs of a slot as a node gives them: in the EVM's store, and of that store."""

    slot: bytes
    store: bytes

    def value(self, app_hash: bytes, contract: bytes, slot: bytes, where: str) -> bytes | None:
        """What `contract` keeps in `slot` (32 bytes), None for zero, in the state under `app_hash`.

        Raises `NotSealed` when the proofs do not show that.
        """
        store = _existence(_commitment(self.store, 1, where), where, iavl=False)
        if store.key != STORE:
            raise refused(Fault.PROOF_KEY, "a proof of another store", where=where, expected=STORE, found=store.key)
        if store.root != app_hash:
            raise _other_root(where, app_hash, store.root)
        key = storage_key(contract, slot)
        proof = read_message(self.slot, _COMMITMENT, where)
        if 2 in proof:
            _check_absence(proof[2], key, store.value, where)
            return None
        leaf = _existence(_commitment(self.slot, 1, where), where, iavl=True)
        if leaf.key != key:
            raise refused(
                Fault.PROOF_KEY, "a proof of another slot", where=where, expected=to_hex(key), found=to_hex(leaf.key)
            )
        if leaf.root != store.value:
            raise _other_root(where, store.value, leaf.root)
        return leaf.value

    def to_json(self) -> dict[str, Any]:
        return {"slot": to_hex(self.slot), "store": to_hex(self.store)}

    @classmethod
    def from_json(cls, value: object, where: str) -> "StorageProof":
        read = fields_of(value, where, ("slot", "store"))
        return cls(hex_bytes(read["slot"], f"{where}.slot"), hex_bytes(read["store"], f"{where}.store"))


def _commitment(data: bytes, kind: int, where: str) -> bytes:
    proof = read_message(data, _COMMITMENT, where)
    if list(proof) != [kind]:
        raise refused(Fault.ENCODING, "not one proof of the kind", where=where, expected=kind, found=sorted(proof))
    result: bytes = proof[kind]
    return result


def _existence(data: bytes, where: str, *, iavl: bool) -> _Path:
    """The leaf and path in an existence proof, of an IAVL tree or of the simple tree over the stores."""
    fields = read_message(data, _EXISTENCE, where)
    key, value = fields.get(1, b""), fields.get(2, b"")
    operation = read_message(fields.get(3, b""), _LEAF, where)
    prefix = operation.pop(5, b"")
    fits = _is_leaf_prefix(prefix, where) if iavl else prefix == b"\0"
    if operation != _LEAF_OPERATION or not fits or not key or not value:
        raise refused(
            Fault.PROOF_LEAF, "not a leaf of such a tree", where=where, expected="SHA-256, key, hash of the value",
            found=to_hex(prefix),
        )  # fmt: skip
    node = hashlib.sha256(prefix + varint(len(key)) + key + _LENGTH + hashlib.sha256(value).digest()).digest()
    inner = fields.get(4, [])
    if len(inner) > _MOST_DEPTH:
        raise refused(Fault.PROOF_PATH, "too long a path", where=where, expected=_MOST_DEPTH, found=len(inner))
    steps = []
    for body in inner:
        step = _step(read_message(body, _INNER, where), where, iavl=iavl)
        node = hashlib.sha256(step.prefix + node + step.suffix).digest()
        steps.append(step)
    return _Path(key, value, tuple(steps), node)


def _is_leaf_prefix(prefix: bytes, where: str) -> bool:
    """Whether it is an IAVL leaf's: height 0, size 1 and a version, as signed varints."""
    numbers, end = _signed_varints(prefix, where)
    return numbers[:2] == [0, 1] and numbers[2] >= 0 and end == len(prefix)


def _step(fields: Fields, where: str, *, iavl: bool) -> _Step:
    prefix, suffix = fields.get(2, b""), fields.get(3, b"")
    if fields.get(1) != _SHA256:
        raise _no_node(where, prefix)
    if iavl:
        (height, size, version), end = _signed_varints(prefix, where)
        if height < 1 or size < 2 or version < 0:
            raise _no_node(where, prefix)
        mark = _LENGTH
    else:
        end, mark = 1, b""
        if prefix[:1] != b"\1":
            raise _no_node(where, prefix)
    before = prefix[end:]
    beside = len(mark) + _HASH
    if before == mark and len(suffix) == beside and suffix.startswith(mark):
        return _Step(prefix, suffix, right=False)
    if len(before) == beside + len(mark) and before.startswith(mark) and before.endswith(mark) and not suffix:
        return _Step(prefix, suffix, right=True)
    raise _no_node(where, prefix)


def _signed_varints(data: bytes, where: str) -> tuple[list[int], int]:
    """The three zigzag numbers at the start of an IAVL node, and where they end."""
    numbers, at = [], 0
    for _ in range(3):
        value, at = read_varint(data, at, where)
        numbers.append(value >> 1 ^ -(value & 1))
    return numbers, at


def _check_absence(data: bytes, key: bytes, root: bytes, where: str) -> None:
    """That no leaf of `key` is under `root`: the leaves on its two sides stand next to each other, or one of them at
    the tree's edge.
    """
    fields = read_message(data, _ABSENCE, where)
    if fields.get(1) != key:
        raise refused(Fault.PROOF_KEY, "a proof of another slot", where=where, expected=to_hex(key))
    left, right = (_existence(fields[n], where, iavl=True) if n in fields else None for n in (2, 3))
    for leaf in (left, right):
        if leaf is not None and leaf.root != root:
            raise _other_root(where, root, leaf.root)
    ordered = (left is None or left.key < key) and (right is None or key < right.key)
    if not ordered or not _adjacent(left, right):
        raise refused(
            Fault.PROOF_NEIGHBOURS,
            "these two leaves do not show that the slot is empty",
            where=where,
            expected=f"the leaves next to {to_hex(key)}",
        )


def _adjacent(left: _Path | None, right: _Path | None) -> bool:
    """Whether no leaf stands between two, or beyond the only one."""
    below_left, below_right = (list(leaf.steps) if leaf else [] for leaf in (left, right))
    if left and right:
        while below_left and below_right and below_left[-1] == below_right[-1]:
            below_left.pop()
            below_right.pop()
        if not below_left or not below_right or below_left.pop().right or not below_right.pop().right:
            return False
    return bool(left or right) and _all(below_left, right=True) and _all(below_right, right=False)


def _all(steps: Sequence[_Step], *, right: bool) -> bool:
    return all(step.right == right for step in steps)


def _no_node(where: str, prefix: bytes) -> Exception:
    return refused(
        Fault.PROOF_PATH, "not an inner node of such a tree", where=where, expected="a node with two children",
        found=to_hex(prefix[:80]),
    )  # fmt: skip


def _other_root(where: str, expected: bytes, found: bytes) -> Exception:
    return refused(
        Fault.PROOF_ROOT,
        "the proof leads to another root",
        where=where,
        expected=to_hex(expected),
        found=to_hex(found),
        mend="The proof is of another block, or was altered.",
    )
