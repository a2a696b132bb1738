"""A block with the transactions that matter of it, proved down to the seals of the next block.

The next block's header names this one's by its hash and has the root of this one's results, so its seals vouch for
both: for this block's time and for what its transactions did.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ledger import merkle
from ledger.common.ids import to_hex
from ledger.common.json_fields import entries, fields_of, hex_bytes, integer
from ledger.errors import VerificationFailed
from ledger.log.multi_proof import verify_subset
from ledger.seals.commit import SealedHeader
from ledger.seals.faults import Fault, refused
from ledger.seals.header import Header
from ledger.seals.results import EvmEvent, TransactionResult
from ledger.seals.validators import Network

MAX_TRANSACTIONS = 1_000_000


@dataclass(frozen=True, slots=True)
class SealedBlock:
    """`results`: of transactions of this block, ascending by index, each once. `proof`: from them to the root of all
    `size` results, as `ledger.log.multi_proof` has it.
    """

    header: Header
    following: SealedHeader
    size: int
    results: tuple[TransactionResult, ...]
    proof: tuple[bytes, ...]

    @property
    def height(self) -> int:
        return self.header.height

    @property
    def time(self) -> int:
        """The block's time as its contracts see it: whole seconds, UTC."""
        return self.header.time.seconds

    def events(self, network: Network) -> Iterator[EvmEvent]:
        """The events of its transactions, once all is proved.

        1. The next header is sealed by the trusted validators.
        2. It is of the height after, and names this header.
        3. The results lead to its root.

        Raises `NotSealed` saying which of them fails.
        """
        where, following = f"block {self.height}", self.following.header
        # 1. Sealed.
        self.following.verify(network)
        # 2. Linked.
        if following.height != self.height + 1 or self.header.chainId != network.chain_id:
            raise refused(
                Fault.HEIGHT, "the sealed header is not the next one", where=where, expected=self.height + 1,
                found=following.height,
            )  # fmt: skip
        if following.lastBlock.hash != self.header.hash():
            raise refused(
                Fault.LINK, "the sealed header names another block before it", where=where,
                expected=to_hex(self.header.hash()), found=to_hex(following.lastBlock.hash),
            )  # fmt: skip
        # 3. Results.
        leaves = [(result.index, merkle.leaf_hash(result.encode())) for result in self.results]
        try:
            verify_subset(leaves, self.size, self.proof, following.lastResultsHash)
        except VerificationFailed as error:
            raise refused(
                Fault.RESULTS, error.what, where=f"{where}, {error.where}", expected=error.expected, found=error.found
            ) from None
        for result in self.results:
            yield from result.events(self.height)

    def to_json(self) -> dict[str, Any]:
        return {
            "header": self.header.to_json(),
            "following": self.following.to_json(),
            "size": self.size,
            "results": [result.to_json() for result in self.results],
            "proof": [to_hex(value) for value in self.proof],
        }

    @classmethod
    def from_json(cls, value: object, where: str) -> "SealedBlock":
        read = fields_of(value, where, ("header", "following", "size", "results", "proof"))
        return cls(
            Header.from_json(read["header"], f"{where}.header"),
            SealedHeader.from_json(read["following"], f"{where}.following"),
            integer(read["size"], f"{where}.size", 1, MAX_TRANSACTIONS),
            tuple(TransactionResult.from_json(one, at) for at, one in entries(read["results"], f"{where}.results", 1)),
            tuple(hex_bytes(one, at, 32) for at, one in entries(read["proof"], f"{where}.proof")),
        )
