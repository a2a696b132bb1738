"""The embedded chain at the other end of a line: behind JSON-RPC, whose answers a test may twist."""

from collections.abc import Callable, Sequence
from typing import Any

from ledger.chain.client import Block
from ledger.chain.embedded import EmbeddedChain
from ledger.chain.jsonrpc import Node
from ledger.chain.rpc import RpcChain
from tests.chain.lying.node import EmbeddedNode

Twist = Callable[[str, Sequence[Any], Any], Any]
"""From method, parameters and the true answer to what the node says."""


class Network(RpcChain):
    """It makes a block whenever it is asked for one."""

    def __init__(self, chain: EmbeddedChain, node: Node) -> None:
        self.chain = chain
        super().__init__(node, in_flight=8)

    def seal(self, timestamp: int) -> Block | None:
        return self.chain.seal(timestamp)

    def signed(self, transaction: bytes) -> bytes | None:
        """What was sent before the line was there is in the chain's file, and the home has no copy of it."""
        return self.chain.signed(transaction)

    def close(self) -> None:
        self.chain.close()


class TwistedNode(EmbeddedNode):
    """Tells the truth, but for what `twist` makes of it."""

    twist: Twist | None = None

    def attempt(self, method: str, *parameters: Any) -> Any:
        truth = super().attempt(method, *parameters)
        return truth if self.twist is None else self.twist(method, parameters, truth)
