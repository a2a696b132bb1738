# ruff: noqa: ARG002 (the parameters are the protocol's)
"""No chain: what a home has that is made of a bundle. Whatever is asked of it cannot be told offline."""

from collections.abc import Sequence

from ledger.chain.client import Block, CallResult, Events, Receipt
from ledger.errors import ChainUnavailable


class NoChain:
    """A `ledger.chain.client.ChainReader` that knows its id alone: every question raises `ChainUnavailable`."""

    def __init__(self, chain_id: int) -> None:
        self.chain_id = chain_id

    def head(self) -> int:
        raise _offline()

    def final(self) -> int:
        raise _offline()

    def block(self, number: int) -> Block | None:
        raise _offline()

    def nonce(self, address: bytes) -> int:
        raise _offline()

    def receipt(self, transaction: bytes) -> Receipt | None:
        raise _offline()

    def receipts(self, transactions: Sequence[bytes]) -> list[Receipt | None]:
        raise _offline()

    def revert_data(self, transaction: bytes) -> bytes:
        raise _offline()

    def input(self, transaction: bytes) -> bytes | None:
        raise _offline()

    def signed(self, transaction: bytes) -> bytes | None:
        raise _offline()

    def events(self, first: int, last: int, addresses: Sequence[bytes]) -> Events:
        raise _offline()

    def confirms(self, receipt: Receipt) -> bool:
        raise _offline()

    def call(self, to: bytes, data: bytes, *, sender: bytes = bytes(20), block: int | None = None) -> CallResult:
        raise _offline()

    def code(self, address: bytes) -> bytes:
        raise _offline()

    def storage(self, address: bytes, slot: int, *, block: int | None = None) -> bytes:
        raise _offline()

    def doubt(self) -> None:
        """There is no other."""

    def close(self) -> None:
        """Nothing is open."""


def _offline() -> ChainUnavailable:
    return ChainUnavailable("a bundle has no chain to ask", where="chain")
