"""The seals under a block: precommit votes of the validators, of more than two thirds of their power.

Source: CometBFT v0.39, `types/canonical.go` (CanonicalVote), `types/validation.go` (VerifyCommit).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.common.ids import to_hex
from ledger.common.json_fields import entries, fields_of, hex_bytes, integer
from ledger.seals.faults import Fault, refused
from ledger.seals.header import BlockId, Header, Moment, Parts
from ledger.seals.protobuf import bytes_field, fixed64_field, integer_field, message_field, varint
from ledger.seals.validators import MAX_VALIDATORS, Network

_PRECOMMIT = 2
MOST_ROUND = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Vote:
    """A validator's precommit: when, by its clock, and its Ed25519 signature of 64 bytes."""

    time: Moment
    signature: bytes

    def to_json(self) -> dict[str, Any]:
        return {"time": self.time.to_json(), "signature": to_hex(self.signature)}

    @classmethod
    def from_json(cls, value: object, where: str) -> "Vote":
        read = fields_of(value, where, ("time", "signature"))
        return cls(
            Moment.from_json(read["time"], f"{where}.time"), hex_bytes(read["signature"], f"{where}.signature", 64)
        )


@dataclass(frozen=True, slots=True)
class Commit:
    """The votes for one block, an entry a validator in the order of its set; None for one that did not vote for it."""

    round: int
    parts: Parts
    votes: tuple[Vote | None, ...]

    def to_json(self) -> dict[str, Any]:
        votes = [None if vote is None else vote.to_json() for vote in self.votes]
        return {"round": self.round, "parts": self.parts.to_json(), "votes": votes}

    @classmethod
    def from_json(cls, value: object, where: str) -> "Commit":
        read = fields_of(value, where, ("round", "parts", "votes"))
        return cls(
            integer(read["round"], f"{where}.round", 0, MOST_ROUND),
            Parts.from_json(read["parts"], f"{where}.parts"),
            tuple(
                None if vote is None else Vote.from_json(vote, at)
                for at, vote in entries(read["votes"], f"{where}.votes", 1, MAX_VALIDATORS)
            ),
        )


@dataclass(frozen=True, slots=True)
class SealedHeader:
    """A header and the votes that seal it."""

    header: Header
    commit: Commit

    def verify(self, network: Network) -> None:
        """Raise `NotSealed` unless the network's validators sealed this header: the chain is its own, the header names
        the trusted validators, every vote holds, and the votes have more than two thirds of the power.
        """
        header, where = self.header, f"block {self.header.height}"
        if header.chainId != network.chain_id:
            raise refused(
                Fault.CHAIN_ID, "a block of another chain", where=where, expected=network.chain_id, found=header.chainId
            )
        serving = network.at(header.height)
        if header.validatorsHash != serving.hash or len(self.commit.votes) != len(serving.validators):
            raise refused(
                Fault.VALIDATORS,
                "the block names other validators than the trust file",
                where=where,
                expected=f"{len(serving.validators)} validators, {to_hex(serving.hash)}",
                found=f"{len(self.commit.votes)} votes, {to_hex(header.validatorsHash)}",
                mend="If the validators have changed, get the trust file that the council signed since.",
            )
        sealed = 0
        for i, (validator, message) in enumerate(zip(serving.validators, self._messages(), strict=True)):
            vote = self.commit.votes[i]
            if vote is None:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(validator.key).verify(vote.signature, message)
            except (InvalidSignature, ValueError):
                raise refused(
                    Fault.SIGNATURE,
                    "a validator's seal does not hold",
                    where=f"{where}, vote {i}",
                    expected=f"a signature by {to_hex(validator.key)}",
                    mend="The header, the commit or the vote was altered.",
                ) from None
            sealed += validator.power
        if 3 * sealed <= 2 * serving.power:
            raise refused(
                Fault.POWER,
                "too little voting power has sealed the block",
                where=where,
                expected=f"more than two thirds of {serving.power}",
                found=sealed,
            )

    def _messages(self) -> Iterator[bytes]:
        """What each validator signed: a CanonicalVote, its length before it."""
        block = BlockId(self.header.hash(), self.commit.parts)
        head = (
            integer_field(1, _PRECOMMIT)
            + fixed64_field(2, self.header.height)
            + fixed64_field(3, self.commit.round)
            + message_field(4, block.encode())
        )
        tail = bytes_field(6, self.header.chainId.encode())
        for vote in self.commit.votes:
            body = b"" if vote is None else head + message_field(5, vote.time.encode()) + tail
            yield varint(len(body)) + body

    def to_json(self) -> dict[str, Any]:
        return {"header": self.header.to_json(), "commit": self.commit.to_json()}

    @classmethod
    def from_json(cls, value: object, where: str) -> "SealedHeader":
        read = fields_of(value, where, ("header", "commit"))
        return cls(
            Header.from_json(read["header"], f"{where}.header"), Commit.from_json(read["commit"], f"{where}.commit")
        )
