"""Any EVM network through its nodes' JSON-RPC.

It uses what every node has (`eth_` calls with the tags `latest` and, where there is one, `finalized`). An answer that
makes no sense, or contradicts another, is `ChainUnavailable`, never a guess.
"""

import time
from collections.abc import Sequence
from typing import Any

from ledger.chain.answers import Refusal, count, data_of, field_of, fixed_bytes, quantity, sent_of
from ledger.chain.checked import CheckedEvents
from ledger.chain.client import FIRST_BLOCK, MAX_TRANSACTION_GAS, Block, CallResult, Events, Receipt, SendResult, Sent
from ledger.chain.headers import outline_of
from ledger.chain.jsonrpc import HttpNode, Node, ask, ask_many
from ledger.chain.transactions import least_gas
from ledger.common.keccak import keccak256
from ledger.errors import ChainUnavailable, Misconfigured

_BLOCK_GAS_SECONDS = 300
"""Networks change the limit of their blocks seldom, and by little."""
_GAS_PRICE_SECONDS = 1
"""It changes with blocks."""


class RpcChain:
    """A network behind a node. Safe to use from several threads."""

    def __init__(
        self,
        node: str | Node,
        *,
        finality_depth: int | None = None,
        in_flight: int = 1,
    ) -> None:
        """Nothing is asked yet. `node`: its URL, or another way to it.

        `finality_depth` None takes the node's `finalized` tag; a number says that a block is final when so many
        follow it (0: at once, as on CometBFT and QBFT networks). `in_flight`: transactions of one sender that may wait
        at the same time, once its first is in a block.
        """
        self._node = HttpNode(node) if isinstance(node, str) else node
        self._checked = CheckedEvents(self._node)
        self._depth = finality_depth
        self._in_flight = in_flight
        self._known_senders: set[bytes] = set()
        self._block_gas = (0, -1.0)
        self._gas_price = (0, -1.0)
        self._knows_tag = False

    @property
    def chain_id(self) -> int:
        # Not kept: what a node said wrongly once would hold until the process ends.
        return quantity(self._ask("eth_chainId"), "eth_chainId")

    def in_flight(self, sender: bytes) -> int:
        if sender not in self._known_senders:
            if self.nonce(sender) == 0:
                return 1  # some pools take no more of an account that is in no block yet
            self._known_senders.add(sender)
        return self._in_flight

    def block_gas(self) -> int:
        now = time.monotonic()
        limit, until = self._block_gas
        if now > until:
            block = self._ask("eth_getBlockByNumber", "latest", False)
            limit = quantity(field_of(block, "gasLimit"), "gasLimit")
            self._block_gas = limit, now + _BLOCK_GAS_SECONDS
        return limit

    def head(self) -> int:
        return count(self._ask("eth_blockNumber"), "eth_blockNumber")

    def final(self) -> int:
        if self._depth is not None:
            return max(self.head() - self._depth, 0)
        answer = self._node.attempt("eth_getBlockByNumber", "finalized", False)
        if isinstance(answer, Refusal):
            if "not found" in answer.message.lower():
                return 0
            if self._knows_tag:
                raise ChainUnavailable(answer.message, where="eth_getBlockByNumber")
            raise Misconfigured(
                f"the node does not know the tag finalized ({answer.message})",
                where="eth_getBlockByNumber",
                mend="Say after how many blocks a block is final.",
            )
        number = 0 if answer is None else count(field_of(answer, "number"), "number")
        self._knows_tag = True
        return number

    def block(self, number: int) -> Block | None:
        header = self._checked.header(number)
        return None if header is None else header.block

    def nonce(self, address: bytes) -> int:
        return count(self._ask("eth_getTransactionCount", _hex(address), "latest"), "nonce")

    def gas_price(self) -> int:
        now = time.monotonic()
        price, until = self._gas_price
        if now > until:
            price = self._ask_gas_price(price if until > 0 else None)
            self._gas_price = price, now + _GAS_PRICE_SECONDS
        return price

    def gas_limit(self, sender: bytes, to: bytes | None, data: bytes) -> int:
        most = min(MAX_TRANSACTION_GAS, self.block_gas())
        answer = self._node.attempt("eth_estimateGas", _call(sender, to, data))
        if isinstance(answer, Refusal):
            return most
        estimate = count(answer, "eth_estimateGas")
        if estimate < (least := least_gas(to, data)):
            raise ChainUnavailable("less gas than any such call takes", expected=f"{least} or more", found=estimate)
        # A quarter more: cold storage may have become colder, and one item may take another path, until the block.
        return min(estimate * 5 // 4 + 20_000, most)

    def send(self, raw: bytes) -> SendResult:
        answer = self._node.attempt("eth_sendRawTransaction", _hex(raw))
        if isinstance(answer, Refusal):
            return sent_of(answer)
        if fixed_bytes(answer, 32, "eth_sendRawTransaction") != keccak256(raw):
            raise ChainUnavailable("the node names another transaction than the one sent", where="send")
        return SendResult(Sent.ACCEPTED)

    def receipt(self, transaction: bytes) -> Receipt | None:
        return _receipt(transaction, self._ask("eth_getTransactionReceipt", _hex(transaction)))

    def receipts(self, transactions: Sequence[bytes]) -> list[Receipt | None]:
        answers = ask_many(self._node, "eth_getTransactionReceipt", [[_hex(one)] for one in transactions])
        return [_receipt(one, answer) for one, answer in zip(transactions, answers, strict=True)]

    def revert_data(self, transaction: bytes) -> bytes:
        # No node keeps the reason, so the call is repeated on the state before its block; what came earlier in the
        # same block is missing there, which is why it is a hint for people and nothing is decided by it.
        sent = self._ask("eth_getTransactionByHash", _hex(transaction))
        if sent is None or field_of(sent, "blockNumber") is None or sent.get("to") is None:
            return b""
        block = count(field_of(sent, "blockNumber"), "blockNumber")
        to, data = fixed_bytes(sent["to"], 20, "to"), data_of(field_of(sent, "input"), "input")
        sender = fixed_bytes(field_of(sent, "from"), 20, "from")
        for number in (block - 1, block):
            try:
                result = self.call(to, data, sender=sender, block=max(number, FIRST_BLOCK))
            except ChainUnavailable:
                continue  # the node has let go of that state
            if not result.succeeded:
                return result.output
        return b""

    def input(self, transaction: bytes) -> bytes | None:
        sent = self._ask("eth_getTransactionByHash", _hex(transaction))
        if sent is None or field_of(sent, "blockNumber") is None:
            return None
        return data_of(field_of(sent, "input"), "input")

    def signed(self, transaction: bytes) -> bytes | None:  # noqa: ARG002  # the protocol asks
        return None

    def events(self, first: int, last: int, addresses: Sequence[bytes]) -> Events:
        return self._checked.events(first, last, addresses)

    def confirms(self, receipt: Receipt) -> bool:
        return self._checked.confirms(receipt)

    def call(self, to: bytes, data: bytes, *, sender: bytes = bytes(20), block: int | None = None) -> CallResult:
        answer = self._node.attempt("eth_call", _call(sender, to, data), "latest" if block is None else hex(block))
        if not isinstance(answer, Refusal):
            return CallResult(True, data_of(answer, "eth_call"))
        if answer.is_revert:
            return CallResult(False, answer.data)
        raise ChainUnavailable(answer.message, where="eth_call")

    def code(self, address: bytes) -> bytes:
        return data_of(self._ask("eth_getCode", _hex(address), "latest"), "eth_getCode")

    def storage(self, address: bytes, slot: int, *, block: int | None = None) -> bytes:
        at = "latest" if block is None else hex(block)
        # Some nodes leave out leading zeros.
        return data_of(self._ask("eth_getStorageAt", _hex(address), hex(slot), at), "eth_getStorageAt").rjust(32, b"\0")

    def seal(self, timestamp: int) -> Block | None:  # noqa: ARG002  # the protocol asks; networks make their own blocks
        return None

    def doubt(self) -> None:
        self._node.doubt()

    def close(self) -> None:
        self._node.close()

    # --- asking ------------------------------------------------------------------------------------------------------

    def _ask_gas_price(self, before: int | None) -> int:
        """`before`: what it said last, for a node that cannot tell while it is busy with a block."""
        answer = self._node.attempt("eth_gasPrice")
        if isinstance(answer, Refusal):
            if answer.is_unknown_method:  # then nobody is asked for a price
                return 0
            if before is not None:
                return before
            raise ChainUnavailable(answer.message, where="eth_gasPrice")
        # Twice the going price: the bytes are stored, and must outlast a rise.
        return 2 * count(answer, "eth_gasPrice")

    def _ask(self, method: str, *parameters: Any) -> Any:
        return ask(self._node, method, *parameters)


def _receipt(transaction: bytes, answer: Any) -> Receipt | None:
    if answer is None or field_of(answer, "blockNumber") is None:
        return None
    receipt = outline_of(answer)
    if receipt.transaction != transaction:
        raise ChainUnavailable("the node answers with another receipt", where="eth_getTransactionReceipt")
    return receipt


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _call(sender: bytes, to: bytes | None, data: bytes) -> dict[str, str]:
    call = {"from": _hex(sender), "data": _hex(data)}
    return call if to is None else {**call, "to": _hex(to)}
