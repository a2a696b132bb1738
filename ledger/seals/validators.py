"""The validators of a CometBFT network as a trust file names them, and the rule by which they change.

Each set serves from a height on. The first is trusted with the file; each later one counts because enough members of
the council of the trust file's genesis signed it: the network alone can replace no validator that a verifier relies on.

Source: CometBFT v0.39, `types/validator_set.go` (Hash, ValidatorsByVotingPower).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from ledger import merkle
from ledger.common.canonical import canonical_json
from ledger.common.ids import ConsortiumId, KeyAddress, to_hex
from ledger.common.json_fields import entries, fields_of, hex_bytes, integer, text
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.records.signing import recover, signatures_from_json
from ledger.seals.faults import Fault, refused
from ledger.seals.header import MAX_CHAIN_ID
from ledger.seals.protobuf import bytes_field, integer_field, message_field

COSMOS_EVM_0_7 = "cosmos-evm/0.7"
"""How transaction results and storage are encoded: by cosmos/evm v0.7 on CometBFT v0.39."""
ENCODINGS = (COSMOS_EVM_0_7,)
MAX_VALIDATORS = 300
MAX_SETS = 100
MOST_POWER = 2**53 - 1
_HANDOVER = b"lading/validators/v1\0"


@dataclass(frozen=True, slots=True)
class Validator:
    """An Ed25519 key of 32 bytes and its voting power."""

    key: bytes
    power: int

    @property
    def address(self) -> bytes:
        return hashlib.sha256(self.key).digest()[:20]

    def encode(self) -> bytes:
        """A SimpleValidator: the public key, Ed25519 being the first of its kinds, and the power."""
        return message_field(1, bytes_field(1, self.key)) + integer_field(2, self.power)


@dataclass(frozen=True)
class ValidatorSet:
    """The validators from block `start` on, by falling power, then rising address: the order of votes in a commit.

    `signatures`: the council's under a set that replaces another, ascending by address.
    """

    start: int
    validators: tuple[Validator, ...]
    signatures: tuple[bytes, ...] = ()

    @cached_property
    def hash(self) -> bytes:
        return merkle.root(merkle.leaf_hash(validator.encode()) for validator in self.validators)

    @cached_property
    def power(self) -> int:
        return sum(validator.power for validator in self.validators)

    def to_json(self) -> dict[str, Any]:
        return self._content() | {"signatures": [to_hex(signature) for signature in self.signatures]}

    def _content(self) -> dict[str, Any]:
        validators = [{"key": to_hex(one.key), "power": one.power} for one in self.validators]
        return {"start": self.start, "validators": validators}

    @classmethod
    def from_json(cls, value: object, where: str) -> "ValidatorSet":
        read = fields_of(value, where, ("start", "validators", "signatures"))
        result = cls(
            integer(read["start"], f"{where}.start", 1),
            tuple(
                _validator(one, at) for at, one in entries(read["validators"], f"{where}.validators", 1, MAX_VALIDATORS)
            ),
            signatures_from_json(read["signatures"], f"{where}.signatures"),
        )
        order = [(-one.power, one.address) for one in result.validators]
        if any(a >= b for a, b in pairwise(order)) or len({one.key for one in result.validators}) != len(order):
            raise MalformedRecord(
                "validators are not in order, each once",
                where=f"{where}.validators",
                expected="by falling power, then rising address",
            )
        return result

    def digest(self, chain_id: str, encoding: str, consortium: ConsortiumId) -> bytes:
        """What the council signs to let this set take over: "lading/validators/v1", a zero byte, the consortium's id
        and the SHA-256 of the RFC 8785 text of chainId, encoding, start and validators; of all this the SHA-256.
        """
        body = canonical_json({"chainId": chain_id, "encoding": encoding} | self._content())
        return hashlib.sha256(_HANDOVER + consortium + hashlib.sha256(body).digest()).digest()


@dataclass(frozen=True, slots=True)
class Network:
    """A CometBFT network as a trust file names it. `sets` ascend by the height from which they serve."""

    chain_id: str
    encoding: str
    sets: tuple[ValidatorSet, ...]

    def at(self, height: int) -> ValidatorSet:
        """The validators of block `height`. Raises `NotSealed` for a block before the first set."""
        serving = [one for one in self.sets if one.start <= height]
        if not serving:
            raise refused(
                Fault.VALIDATORS,
                "a block before the first validators of the trust file",
                where=f"block {height}",
                expected=f"{self.sets[0].start} or later",
                found=height,
            )
        return serving[-1]

    def to_json(self) -> dict[str, Any]:
        return {"chainId": self.chain_id, "encoding": self.encoding, "sets": [one.to_json() for one in self.sets]}

    @classmethod
    def from_json(
        cls, value: object, consortium: ConsortiumId, council: Sequence[KeyAddress], threshold: int, where: str
    ) -> "Network":
        """Parse `to_json`. Raises `MalformedRecord`, and `VerificationFailed` for a set that too few of `council` have
        signed.
        """
        network = cls.unsigned_from_json(value, where)
        for i, one in enumerate(network.sets[1:], 1):
            digest = one.digest(network.chain_id, network.encoding, consortium)
            _check_handover(one, digest, council, threshold, f"{where}.sets[{i}].signatures")
        return network

    @classmethod
    def unsigned_from_json(cls, value: object, where: str) -> "Network":
        """The same without a look at who has signed, as while signatures are collected."""
        read = fields_of(value, where, ("chainId", "encoding", "sets"))
        network = cls(
            text(read["chainId"], f"{where}.chainId", 1, MAX_CHAIN_ID),
            text(read["encoding"], f"{where}.encoding"),
            tuple(ValidatorSet.from_json(one, at) for at, one in entries(read["sets"], f"{where}.sets", 1, MAX_SETS)),
        )
        if network.encoding not in ENCODINGS:
            raise MalformedRecord(
                "an encoding that this version does not know",
                where=f"{where}.encoding",
                expected=", ".join(ENCODINGS),
                found=network.encoding[:40],
                mend="Verify with the version of Lading that the consortium uses.",
            )
        starts = [one.start for one in network.sets]
        if starts != sorted(set(starts)):
            raise MalformedRecord("sets of validators do not ascend, each height once", where=f"{where}.sets")
        if network.sets[0].signatures:
            raise MalformedRecord("the first validators are trusted with the file", where=f"{where}.sets[0].signatures")
        return network


def _check_handover(
    one: ValidatorSet, digest: bytes, council: Sequence[KeyAddress], threshold: int, place: str
) -> None:
    members = [recover(digest, signature, place) for signature in one.signatures]
    if members != sorted(set(members)):
        raise MalformedRecord("signatures do not ascend by address, each member once", where=place)
    if not set(members) <= set(council) or len(members) < threshold:
        raise VerificationFailed(
            "the council has not signed these validators",
            where=place,
            expected=f"{threshold} of the genesis council",
            found=", ".join(to_hex(member) for member in members) or "none",
            mend="Get the trust file from the council.",
        )


def _validator(value: object, where: str) -> Validator:
    read: Mapping[str, Any] = fields_of(value, where, ("key", "power"))
    return Validator(
        hex_bytes(read["key"], f"{where}.key", 32), integer(read["power"], f"{where}.power", 1, MOST_POWER)
    )
