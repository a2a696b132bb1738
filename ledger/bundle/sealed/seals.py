"""The part of a bundle that proves it down to the seals of a CometBFT network: blocks, and the state after the last."""

from dataclasses import dataclass
from typing import Any

from ledger.common.json_fields import entries, fields_of
from ledger.errors import MalformedRecord
from ledger.seals.block import SealedBlock
from ledger.seals.commit import SealedHeader
from ledger.seals.storage import StorageProof


@dataclass(frozen=True, slots=True)
class SealedState:
    """What the chain kept after block `height`, under the header that follows it.

    `registry`: of the registry's first slot. `custody`: of the shipment's slot in each custody contract, the newest
    first, down to the one that has it; empty where the bundle is not about one shipment.
    """

    following: SealedHeader
    registry: StorageProof
    custody: tuple[StorageProof, ...]

    @property
    def height(self) -> int:
        return self.following.header.height - 1

    def to_json(self) -> dict[str, Any]:
        return {
            "following": self.following.to_json(),
            "registry": self.registry.to_json(),
            "custody": [proof.to_json() for proof in self.custody],
        }

    @classmethod
    def from_json(cls, value: object, where: str) -> "SealedState":
        read = fields_of(value, where, ("following", "registry", "custody"))
        return cls(
            SealedHeader.from_json(read["following"], f"{where}.following"),
            StorageProof.from_json(read["registry"], f"{where}.registry"),
            tuple(StorageProof.from_json(one, at) for at, one in entries(read["custody"], f"{where}.custody")),
        )


@dataclass(frozen=True, slots=True)
class Seals:
    """`blocks` by ascending height: each in which an outcome or an anchor of the bundle was recorded."""

    blocks: tuple[SealedBlock, ...]
    state: SealedState

    def to_json(self) -> dict[str, Any]:
        return {"blocks": [block.to_json() for block in self.blocks], "state": self.state.to_json()}

    @classmethod
    def from_json(cls, value: object, where: str) -> "Seals":
        read = fields_of(value, where, ("blocks", "state"))
        blocks = tuple(SealedBlock.from_json(one, at) for at, one in entries(read["blocks"], f"{where}.blocks"))
        heights = [block.height for block in blocks]
        if heights != sorted(set(heights)):
            raise MalformedRecord("blocks do not ascend, each once", where=f"{where}.blocks")
        return cls(blocks, SealedState.from_json(read["state"], f"{where}.state"))
