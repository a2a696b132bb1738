"""COSE receipts of inclusion: that a leaf is in the tree under a root that the log signed, as SCITT's tools read it.

The verifiable data structure is RFC9162_SHA256, which a Lading log is; the statement is the leaf's 74 bytes, which are
not in the receipt. Nothing of a record's contents is in it either: index, size and hashes only.

Sources: RFC 9942 sections 4 and 5.2; RFC 9052 section 4.2; registered labels 395 (vds) and 396 (vdp).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cbor2

from ledger.errors import MalformedRecord, VerificationFailed
from ledger.log.leaf import SIGNATURE_LENGTH, LogIdentity
from ledger.log.signed_note import MAX_SIZE
from ledger.merkle import HASH_LENGTH, MAX_PROOF, leaf_hash, root_of_inclusion

MEDIA_TYPE = "application/cose"
SIGN1 = b"\xd2\x84"
"""How a receipt begins: tag 18 (COSE_Sign1) and an array of four."""
MAX_RECEIPT = 16_384
_SIGN1_TAG = 18
_PROOFS = 396
_INCLUSION = -1
_ALGORITHM, _KEY, _STRUCTURE = 1, 4, 395
_EDDSA, _RFC9162_SHA256 = -8, 1
_WHERE = "receipt"


@dataclass(frozen=True, slots=True)
class CoseReceipt:
    """A receipt of inclusion as it travels; nothing in it is proved until `verify` has passed."""

    protected: bytes
    size: int
    index: int
    path: tuple[bytes, ...]
    signature: bytes

    def encode(self) -> bytes:
        proof = cbor2.dumps([self.size, self.index, list(self.path)], canonical=True)
        parts = [self.protected, {_PROOFS: {_INCLUSION: [proof]}}, None, self.signature]
        return cbor2.dumps(cbor2.CBORTag(_SIGN1_TAG, parts), canonical=True)

    def key(self) -> bytes:
        """The thumbprint of the log's key by which the receipt names it; raises `MalformedRecord`."""
        header = _decoded(self.protected, "protected header")
        if not hasattr(header, "get") or header.get(_STRUCTURE) != _RFC9162_SHA256 or header.get(_ALGORITHM) != _EDDSA:
            raise MalformedRecord(
                "another kind of receipt", where=_WHERE, expected="EdDSA over a tree of RFC9162_SHA256"
            )
        key = header.get(_KEY)
        if not isinstance(key, bytes):
            raise MalformedRecord("no key is named", where=_WHERE, expected=f"bytes with label {_KEY}")
        return key

    def verify(self, log: LogIdentity, leaf: bytes) -> bytes:
        """The root under which `leaf`, as the log has it, stands at this index.

        1. The header is the one that receipts of this log's tree of this size have.
        2. The path leads from the leaf to a root.
        3. The log signed that root.

        Raises `VerificationFailed`.
        """
        # 1.
        if self.protected != log.cose_header(self.size):
            raise VerificationFailed(
                "the receipt is of another log, or of a tree of another size",
                where=_WHERE,
                expected=f"the header of {log.origin} at {self.size} leaves",
                found=self.protected.hex(),
            )
        # 2.
        root = root_of_inclusion(leaf_hash(leaf), self.index, self.size, self.path)
        # 3.
        log.verify_cose_head(self.size, root, self.signature)
        return root


def receipt_of(log: LogIdentity, index: int, size: int, path: Sequence[bytes], signature: bytes) -> CoseReceipt:
    """The receipt of the leaf at `index`. `signature`: the log's COSE signature over the root of `size` leaves."""
    return CoseReceipt(log.cose_header(size), size, index, tuple(path), signature)


def parse_receipt(data: bytes) -> CoseReceipt:
    """The receipt in `data`; raises `MalformedRecord` for anything that `encode` would not print."""
    if len(data) > MAX_RECEIPT:
        raise MalformedRecord("too large", where=_WHERE, expected=f"at most {MAX_RECEIPT} bytes", found=len(data))
    outer = _decoded(data, "COSE")
    match outer.value if isinstance(outer, cbor2.CBORTag) and outer.tag == _SIGN1_TAG else None:
        case (bytes(protected), unprotected, None, bytes(signature)) if len(signature) == SIGNATURE_LENGTH:
            proofs = _only(_only(unprotected, _PROOFS), _INCLUSION)
        case _:
            raise _malformed("four parts of a COSE_Sign1 with a detached payload and a signature of 64 bytes")
    match proofs:
        case (bytes(proof),):
            pass
        case _:
            raise _malformed("one proof of inclusion")
    match _decoded(proof, "proof"):
        case (int(size), int(index), (*path,)) if _counts(index, size) and len(path) <= MAX_PROOF:
            hashes = tuple(value for value in path if isinstance(value, bytes) and len(value) == HASH_LENGTH)
            result = CoseReceipt(protected, size, index, hashes, signature)
        case _:
            raise _malformed("tree size, leaf index and a path of hashes")
    if result.encode() != data:
        raise _malformed("the deterministic encoding, and nothing else")
    return result


def _counts(index: int, size: int) -> bool:
    """Whether both are numbers (true is none) of a leaf and of a tree that has it."""
    return type(index) is type(size) is int and 0 <= index < size <= MAX_SIZE


def _only(value: Any, label: int) -> Any:
    """What stands in a map under `label` alone."""
    if not hasattr(value, "keys") or list(value.keys()) != [label]:
        raise _malformed(f"a map with the label {label} alone")
    return value[label]


def _decoded(data: bytes, what: str) -> Any:
    try:
        return cbor2.loads(data)
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise MalformedRecord("not CBOR", where=f"{_WHERE}, {what}", found=str(error)[:120]) from None


def _malformed(expected: str) -> MalformedRecord:
    return MalformedRecord("not a receipt of inclusion", where=_WHERE, expected=expected)
