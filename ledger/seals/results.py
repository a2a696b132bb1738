"""What a block's transactions did: their results under the next header, and the events of the EVM in them.

The result of a transaction is a leaf of the tree under `lastResultsHash` of the next header. Its `data` is the answer
of cosmos/evm, which holds the contract's events as they were emitted.

Sources: CometBFT v0.39, `abci/types` (DeterministicExecTxResult) and `types/results.go`; Cosmos SDK v0.54, TxMsgData;
cosmos/evm v0.7, `proto/cosmos/evm/vm/v1` (MsgEthereumTxResponse, Log).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ledger.common.ids import to_hex
from ledger.common.json_fields import fields_of, hex_bytes, integer
from ledger.seals.faults import Fault, refused
from ledger.seals.protobuf import Kind, bytes_field, integer_field, read_message

_RESPONSE_URL = b"/cosmos.evm.vm.v1.MsgEthereumTxResponse"
_MESSAGES = {2: Kind.REPEATED}
_ANY = {1: Kind.BYTES, 2: Kind.BYTES}
_RESPONSE = {
    1: Kind.BYTES, 2: Kind.REPEATED, 3: Kind.BYTES, 4: Kind.BYTES, 5: Kind.INTEGER, 6: Kind.INTEGER, 7: Kind.BYTES,
    8: Kind.INTEGER,
}  # fmt: skip
"""Hash, logs, what was returned, error of the EVM, gas used, most gas used, block hash, block time."""
_LOG = {
    1: Kind.BYTES, 2: Kind.REPEATED, 3: Kind.BYTES, 5: Kind.BYTES, 6: Kind.INTEGER, 7: Kind.BYTES, 8: Kind.INTEGER,
}  # fmt: skip
"""Address, topics, data, transaction, its index, block hash, index in the block. That version leaves transaction and
block hash empty, and the number of the block out: a node fills them in where it is asked.
"""
_HEX = re.compile(rb"0x([0-9a-fA-F]*)")
MOST_CODE = 2**32 - 1


@dataclass(frozen=True, slots=True)
class EvmEvent:
    """An event of a contract. `index` counts the events of the block from 0."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    transaction: bytes
    index: int


@dataclass(frozen=True, slots=True)
class TransactionResult:
    """What is agreed of the transaction at `index` of its block: code (0: it succeeded), answer, gas."""

    index: int
    code: int
    data: bytes
    gas_wanted: int
    gas_used: int

    def encode(self) -> bytes:
        """The leaf of the results' tree: an ExecTxResult of these four fields."""
        return (
            integer_field(1, self.code)
            + bytes_field(2, self.data)
            + integer_field(5, self.gas_wanted)
            + integer_field(6, self.gas_used)
        )

    def events(self, block: int) -> Iterator[EvmEvent]:
        """The events in it, of a transaction of `block`. Raises `NotSealed` for a failed one, or another encoding."""
        where = f"block {block}, transaction {self.index}"
        if self.code:
            raise refused(Fault.TRANSACTION, "the transaction failed", where=where, expected="code 0", found=self.code)
        for message in read_message(self.data, _MESSAGES, where).get(2, []):
            answer = read_message(message, _ANY, where)
            if answer.get(1) != _RESPONSE_URL:
                continue
            response = read_message(answer.get(2, b""), _RESPONSE, where)
            if 4 in response:
                raise refused(Fault.TRANSACTION, "the EVM refused the transaction", where=where)
            transaction = _fixed(response.get(1, b""), 32, where)
            for body in response.get(2, []):
                yield _event(body, block, transaction, where)

    def to_json(self) -> dict[str, Any]:
        return {
            "index": self.index,
            "code": self.code,
            "data": to_hex(self.data),
            "gasWanted": self.gas_wanted,
            "gasUsed": self.gas_used,
        }

    @classmethod
    def from_json(cls, value: object, where: str) -> "TransactionResult":
        read = fields_of(value, where, ("index", "code", "data", "gasWanted", "gasUsed"))
        return cls(
            integer(read["index"], f"{where}.index"),
            integer(read["code"], f"{where}.code", 0, MOST_CODE),
            hex_bytes(read["data"], f"{where}.data"),
            integer(read["gasWanted"], f"{where}.gasWanted"),
            integer(read["gasUsed"], f"{where}.gasUsed"),
        )


def _event(body: bytes, block: int, transaction: bytes, where: str) -> EvmEvent:
    log = read_message(body, _LOG, where)
    own = _fixed(log.get(5, b""), 32, where), _fixed(log.get(7, b""), 32, where)
    if any(map(any, own)):
        raise refused(
            Fault.ENCODING, "an event that names its own transaction or block", where=where, expected="none",
            found=", ".join(map(to_hex, own)),
        )  # fmt: skip
    return EvmEvent(
        _fixed(log.get(1, b""), 20, where),
        tuple(_fixed(topic, 32, where) for topic in log.get(2, [])),
        log.get(3, b""),
        block,
        transaction,
        log.get(8, 0),
    )


def _fixed(text: bytes, length: int, where: str) -> bytes:
    """Bytes that cosmos/evm writes as text: 0x and hex, of addresses with the capitals of EIP-55."""
    match = _HEX.fullmatch(text)
    if match is None or len(match[1]) != 2 * length:
        expected = f"{length} bytes as 0x and hex"
        raise refused(Fault.ENCODING, "not a hash or address", where=where, expected=expected, found=text[:80])
    return bytes.fromhex(match[1].decode())
