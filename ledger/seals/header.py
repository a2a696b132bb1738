"""Block headers of CometBFT, and their hashes: RFC 6962 over the 14 fields, each in its protobuf encoding.

Source: CometBFT v0.39, `types/block.go` (Header.Hash) and `types/encoding_helper.go`.
"""

from dataclasses import dataclass, fields
from typing import Any

from ledger import merkle
from ledger.common.ids import to_hex
from ledger.common.json_fields import fields_of, hex_bytes, integer, text
from ledger.seals.protobuf import bytes_field, integer_field, message_field, timestamp

MOST_SECONDS = 253_402_300_799
"""The end of the year 9999."""
MOST_NANOS = 999_999_999
MOST_PARTS = 2**32 - 1
MAX_CHAIN_ID = 50


@dataclass(frozen=True, slots=True)
class Moment:
    """UTC, in seconds and nanoseconds of the second."""

    seconds: int
    nanos: int

    def encode(self) -> bytes:
        return timestamp(self.seconds, self.nanos)

    def to_json(self) -> dict[str, int]:
        return {"seconds": self.seconds, "nanos": self.nanos}

    @classmethod
    def from_json(cls, value: object, where: str) -> "Moment":
        read = fields_of(value, where, ("seconds", "nanos"))
        return cls(
            integer(read["seconds"], f"{where}.seconds", 0, MOST_SECONDS),
            integer(read["nanos"], f"{where}.nanos", 0, MOST_NANOS),
        )


@dataclass(frozen=True, slots=True)
class Parts:
    """Into how many parts a block was cut for gossip, and their root."""

    total: int
    hash: bytes

    def encode(self) -> bytes:
        return integer_field(1, self.total) + bytes_field(2, self.hash)

    def to_json(self) -> dict[str, Any]:
        return {"total": self.total, "hash": to_hex(self.hash)}

    @classmethod
    def from_json(cls, value: object, where: str) -> "Parts":
        read = fields_of(value, where, ("total", "hash"))
        return cls(
            integer(read["total"], f"{where}.total", 0, MOST_PARTS),
            hex_bytes(read["hash"], f"{where}.hash"),
        )


@dataclass(frozen=True, slots=True)
class BlockId:
    """A block by its header's hash and its parts; of none where both are empty, as before the first block."""

    hash: bytes
    parts: Parts

    def encode(self) -> bytes:
        return bytes_field(1, self.hash) + message_field(2, self.parts.encode())

    def to_json(self) -> dict[str, Any]:
        return {"hash": to_hex(self.hash), "parts": self.parts.to_json()}

    @classmethod
    def from_json(cls, value: object, where: str) -> "BlockId":
        read = fields_of(value, where, ("hash", "parts"))
        return cls(hex_bytes(read["hash"], f"{where}.hash"), Parts.from_json(read["parts"], f"{where}.parts"))


@dataclass(frozen=True, slots=True)
class Header:
    """A block's header. What the block's transactions did stands in the next one: `appHash`, `lastResultsHash`."""

    blockVersion: int
    appVersion: int
    chainId: str
    height: int
    time: Moment
    lastBlock: BlockId
    lastCommitHash: bytes
    dataHash: bytes
    validatorsHash: bytes
    nextValidatorsHash: bytes
    consensusHash: bytes
    appHash: bytes
    lastResultsHash: bytes
    evidenceHash: bytes
    proposer: bytes

    def hash(self) -> bytes:
        """32 bytes: what votes seal, and what the next header names."""
        encoded = (
            integer_field(1, self.blockVersion) + integer_field(2, self.appVersion),
            bytes_field(1, self.chainId.encode()),
            integer_field(1, self.height),
            self.time.encode(),
            self.lastBlock.encode(),
            *(bytes_field(1, getattr(self, name)) for name in HASHES),
        )
        return merkle.root(merkle.leaf_hash(field) for field in encoded)

    def to_json(self) -> dict[str, Any]:
        return {
            "blockVersion": self.blockVersion,
            "appVersion": self.appVersion,
            "chainId": self.chainId,
            "height": self.height,
            "time": self.time.to_json(),
            "lastBlock": self.lastBlock.to_json(),
            **{name: to_hex(getattr(self, name)) for name in HASHES},
        }

    @classmethod
    def from_json(cls, value: object, where: str) -> "Header":
        read = fields_of(value, where, tuple(field.name for field in fields(cls)))
        return cls(
            integer(read["blockVersion"], f"{where}.blockVersion"),
            integer(read["appVersion"], f"{where}.appVersion"),
            text(read["chainId"], f"{where}.chainId", 1, MAX_CHAIN_ID),
            integer(read["height"], f"{where}.height", 1),
            Moment.from_json(read["time"], f"{where}.time"),
            BlockId.from_json(read["lastBlock"], f"{where}.lastBlock"),
            *(hex_bytes(read[name], f"{where}.{name}") for name in HASHES),
        )


HASHES = tuple(field.name for field in fields(Header))[6:]
"""The fields of bytes, in the order in which they are hashed."""
