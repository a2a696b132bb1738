"""A CometBFT network on paper: validators with public keys, blocks with results, and the trees under their headers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger import merkle
from ledger.common.ids import checksum_address, to_hex
from ledger.log.multi_proof import subset_path
from ledger.seals.block import SealedBlock
from ledger.seals.commit import Commit, SealedHeader, Vote
from ledger.seals.header import BlockId, Header, Moment, Parts
from ledger.seals.protobuf import bytes_field, fixed64_field, integer_field, message_field, varint
from ledger.seals.recorded import RECORDED_TOPIC
from ledger.seals.results import EvmEvent, TransactionResult
from ledger.seals.storage import StorageProof
from ledger.seals.validators import COSMOS_EVM_0_7, Network, Validator, ValidatorSet
from scripts.vectors.keys import digest, secret

CHAIN = "lading-vectors-1"
POWERS = (3, 3, 2, 1)
"""Of the four validators: the first two have exactly two thirds."""


def signer(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secret(name))


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def in_order(keys: Sequence[Ed25519PrivateKey], powers: Sequence[int]) -> list[tuple[Ed25519PrivateKey, Validator]]:
    """Keys with their validators, by falling power, then rising address."""
    pairs = [(key, Validator(public(key), power)) for key, power in zip(keys, powers, strict=True)]
    return sorted(pairs, key=lambda pair: (-pair[1].power, pair[1].address))


@dataclass(frozen=True)
class PaperNetwork:
    """Its validators never change."""

    pairs: tuple[tuple[Ed25519PrivateKey, Validator], ...] = tuple(
        in_order([signer(f"validator/{n}") for n in range(len(POWERS))], POWERS)
    )

    @property
    def validators(self) -> ValidatorSet:
        return ValidatorSet(1, tuple(validator for _, validator in self.pairs))

    @property
    def network(self) -> Network:
        return Network(CHAIN, COSMOS_EVM_0_7, (self.validators,))

    def header(self, height: int, seconds: int) -> Header:
        """A header as if nothing had happened before."""
        own = self.validators.hash
        return Header(
            blockVersion=11, appVersion=0, chainId=CHAIN, height=height, time=Moment(seconds, 123_456_789),
            lastBlock=BlockId(digest(f"block/{height - 1}"), Parts(1, digest(f"parts/{height - 1}"))),
            lastCommitHash=digest(f"commit/{height - 1}"), dataHash=digest(f"data/{height}"), validatorsHash=own,
            nextValidatorsHash=own, consensusHash=digest("consensus"), appHash=digest(f"app/{height - 1}"),
            lastResultsHash=merkle.EMPTY_ROOT, evidenceHash=merkle.EMPTY_ROOT,
            proposer=self.pairs[height % len(self.pairs)][1].address,
        )  # fmt: skip

    def seal(self, header: Header, *, absent: Sequence[int] = (), nil: bool = False) -> SealedHeader:
        """The header with the votes of all validators but those at `absent`; `nil`: they voted for no block."""
        parts = Parts(1, digest(f"parts/{header.height}"))
        block = BlockId(header.hash(), parts)
        votes: list[Vote | None] = []
        for i, (key, _) in enumerate(self.pairs):
            time = Moment(header.time.seconds + 1, 1_000 * i)
            voted = b"" if nil else message_field(4, block.encode())
            body = (
                integer_field(1, 2)
                + fixed64_field(2, header.height)
                + fixed64_field(3, 1)
                + voted
                + message_field(5, time.encode())
                + bytes_field(6, header.chainId.encode())
            )
            votes.append(None if i in absent else Vote(time, key.sign(varint(len(body)) + body)))
        return SealedHeader(header, Commit(1, parts, tuple(votes)))

    def block(
        self, height: int, seconds: int, results: Sequence[TransactionResult], shown: Sequence[int]
    ) -> SealedBlock:
        """A block with these `results`, those at `shown` in the open."""
        header = self.header(height, seconds)
        hashes = [merkle.leaf_hash(result.encode()) for result in results]
        return SealedBlock(
            header,
            self.seal(self.after(header, merkle.root(hashes))),
            len(results),
            tuple(results[i] for i in shown),
            tuple(subset_path(shown, len(results), lambda start, stop: merkle.root(hashes[start:stop]))),
        )

    def after(self, header: Header, results_root: bytes = merkle.EMPTY_ROOT, app_hash: bytes = b"") -> Header:
        """The next header: it names `header`, and has the roots of what its block did."""
        following = self.header(header.height + 1, header.time.seconds + 2)
        named = replace(following, lastBlock=BlockId(header.hash(), Parts(1, digest(f"parts/{header.height}"))))
        return replace(named, lastResultsHash=results_root, appHash=app_hash or named.appHash)


# --- transaction results -------------------------------------------------------------------------------------------


def recorded(
    record_id: bytes, number: int, call: bytes, outcomes: bytes, address: bytes, at: tuple[int, bytes, int]
) -> EvmEvent:
    """A `Recorded` event of `address`; `at`: block, transaction, index in the block."""
    data = b"".join(word.to_bytes(32) for word in (64, 96 + len(call) + -len(call) % 32)) + _padded(call)
    block, transaction, index = at
    topics = (RECORDED_TOPIC, record_id, number.to_bytes(32))
    return EvmEvent(address, topics, data + _padded(outcomes), block, transaction, index)


def log_message(event: EvmEvent) -> bytes:
    """A Log of cosmos/evm."""
    return (
        bytes_field(1, checksum_address(event.address).encode())
        + b"".join(message_field(2, to_hex(topic).encode()) for topic in event.topics)
        + bytes_field(3, event.data)
        + bytes_field(5, to_hex(bytes(32)).encode())
        + integer_field(6, 1)
        + bytes_field(7, to_hex(bytes(32)).encode())
        + integer_field(8, event.index)
    )


def answer(transaction: bytes, logs: Sequence[bytes], *, vm_error: str = "") -> bytes:
    """The `data` of a result: a TxMsgData with one MsgEthereumTxResponse."""
    response = (
        bytes_field(1, to_hex(transaction).encode())
        + b"".join(message_field(2, log) for log in logs)
        + bytes_field(4, vm_error.encode())
        + integer_field(5, 72_000)
        + integer_field(6, 80_000)
    )
    body = bytes_field(1, b"/cosmos.evm.vm.v1.MsgEthereumTxResponse") + bytes_field(2, response)
    return message_field(2, body)


def result(index: int, data: bytes, code: int = 0) -> TransactionResult:
    return TransactionResult(index, code, data, 144_000, 72_000)


def _padded(value: bytes) -> bytes:
    return len(value).to_bytes(32) + value + bytes(-len(value) % 32)


# --- state -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Node:
    """An IAVL node: `key` is the smallest key on its right, or its own."""

    hash: bytes
    height: int
    size: int
    children: "tuple[_Node, _Node] | None"
    key: bytes


class PaperState:
    """The store `evm` with other stores beside it. `values`: key in the store to value."""

    def __init__(self, values: Mapping[bytes, bytes], version: int) -> None:
        self._values, self._version = dict(sorted(values.items())), version
        self._root = self._tree(list(self._values))
        stores = {b"acc": digest("acc"), b"bank": digest("bank"), b"evm": self._root.hash, b"vm": digest("vm")}
        self._stores = dict(sorted(stores.items()))
        self._hashes = [_leaf(b"\0", name, value) for name, value in self._stores.items()]

    @property
    def app_hash(self) -> bytes:
        return merkle.root(self._hashes)

    def proof(self, key: bytes) -> StorageProof:
        """Of `key` in the store `evm`: what it holds, or that it holds nothing."""
        if key in self._values:
            return StorageProof(message_field(1, self.exists(key)), self.store(b"evm"))
        below = [one for one in self._values if one < key]
        above = [one for one in self._values if one > key]
        return self.absence(key, below[-1] if below else None, above[0] if above else None)

    def absence(self, key: bytes, left: bytes | None, right: bytes | None) -> StorageProof:
        """That between these two is nothing, or beyond the only one: true of neighbours."""
        sides = b"".join(bytes_field(n, self.exists(one)) for n, one in ((2, left), (3, right)) if one is not None)
        return StorageProof(message_field(2, bytes_field(1, key) + sides), self.store(b"evm"))

    def keys(self) -> list[bytes]:
        return list(self._values)

    def value(self, key: bytes) -> bytes:
        return self._values[key]

    def exists(self, key: bytes) -> bytes:
        """An ExistenceProof of the IAVL tree."""
        return existence(key, self._values[key], leaf_operation(_zigzags(0, 1, self._version)), self.path(key))

    def path(self, key: bytes) -> list[bytes]:
        """The InnerOps from the leaf of `key` to the root."""
        steps: list[bytes] = []
        node = self._root
        while node.children is not None:
            left, right = node.children
            head = _zigzags(node.height, node.size, self._version)
            if key < node.key:
                steps.append(inner(head + b"\x20", b"\x20" + right.hash))
                node = left
            else:
                steps.append(inner(head + b"\x20" + left.hash + b"\x20", b""))
                node = right
        return steps[::-1]

    def store(self, name: bytes) -> bytes:
        """The CommitmentProof of a store's root under the application's hash."""
        index = list(self._stores).index(name)
        steps, hashes = [], self._hashes
        start, stop = 0, len(hashes)
        while stop - start > 1:
            middle = start + merkle.split_point(stop - start)
            if index < middle:
                steps.append(inner(b"\1", merkle.root(hashes[middle:stop])))
                stop = middle
            else:
                steps.append(inner(b"\1" + merkle.root(hashes[start:middle]), b""))
                start = middle
        return message_field(1, existence(name, self._stores[name], leaf_operation(b"\0"), steps[::-1]))

    def _tree(self, keys: Sequence[bytes]) -> _Node:
        if len(keys) == 1:
            return _Node(_leaf(_zigzags(0, 1, self._version), keys[0], self._values[keys[0]]), 0, 1, None, keys[0])
        middle = (len(keys) + 1) // 2
        left, right = self._tree(keys[:middle]), self._tree(keys[middle:])
        height = 1 + max(left.height, right.height)
        body = _zigzags(height, len(keys), self._version) + b"\x20" + left.hash + b"\x20" + right.hash
        return _Node(sha256(body).digest(), height, len(keys), (left, right), keys[middle])


def existence(key: bytes, value: bytes, leaf: bytes, steps: Sequence[bytes]) -> bytes:
    """An ExistenceProof: a leaf by its LeafOp and the InnerOps above it."""
    path = b"".join(message_field(4, step) for step in steps)
    return bytes_field(1, key) + bytes_field(2, value) + message_field(3, leaf) + path


def leaf_operation(prefix: bytes, value_hash: int = 1) -> bytes:
    """A LeafOp of SHA-256 over key and hashed value, lengths as varints."""
    return integer_field(1, 1) + integer_field(3, value_hash) + integer_field(4, 1) + bytes_field(5, prefix)


def inner(prefix: bytes, suffix: bytes) -> bytes:
    """An InnerOp: what stands before and after the child."""
    return integer_field(1, 1) + bytes_field(2, prefix) + bytes_field(3, suffix)


def _leaf(prefix: bytes, key: bytes, value: bytes) -> bytes:
    return sha256(prefix + varint(len(key)) + key + b"\x20" + sha256(value).digest()).digest()


def _zigzags(*numbers: int) -> bytes:
    return b"".join(varint(2 * number) for number in numbers)
