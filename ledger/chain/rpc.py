"""Any EVM network through one node's JSON-RPC, over web3's HTTP provider.

It uses what every node has (`eth_` calls with the tags `latest` and, where there is one, `finalized`) and reads the
bare answers itself: web3's formatters refuse headers that permissioned networks extend. An answer that makes no sense
is `ChainUnavailable`, never a guess.

Time limits are long on purpose. A network that has lost validators pauses or halts and goes on when one returns;
giving up after seconds would turn waiting into doubt.
"""

from collections.abc import Sequence
from typing import Any

import requests
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from ledger.chain.answers import Refusal, data_of, field_of, fixed_bytes, quantity, refusal_of, sent_of
from ledger.chain.client import FIRST_BLOCK, MAX_TRANSACTION_GAS, Block, CallResult, Log, Receipt, SendResult, Sent
from ledger.chain.faults import translated
from ledger.common.keccak import keccak256
from ledger.errors import ChainUnavailable, Misconfigured

_CONNECT_SECONDS = 10
_ANSWER_SECONDS = 120
_BLOCKS_A_RANGE = 2_000


class RpcChain:
    """A network behind one JSON-RPC URL. Safe to use from several threads."""

    def __init__(
        self,
        url: str,
        *,
        chain_id: int | None = None,
        finality_depth: int | None = None,
        in_flight: int = 1,
    ) -> None:
        """Ask the node who it is.

        `finality_depth` None takes the node's `finalized` tag; a number says that a block is final when so many
        follow it (0: at once, as on CometBFT and QBFT networks). Raises `ChainUnavailable` when nobody answers, and
        `Misconfigured` when the node belongs to another chain than `chain_id`.
        """
        self._session = requests.Session()
        self._provider = HTTPProvider(
            url,
            request_kwargs={"timeout": (_CONNECT_SECONDS, _ANSWER_SECONDS)},
            session=self._session,
            exception_retry_configuration=None,
        )
        self._depth = finality_depth
        self._in_flight = in_flight
        try:
            self._chain_id = quantity(self._ask("eth_chainId"), "eth_chainId")
        except BaseException:
            self._session.close()
            raise
        if chain_id is not None and chain_id != self._chain_id:
            self._session.close()
            raise Misconfigured("the node belongs to another chain", expected=chain_id, found=self._chain_id)

    @property
    def chain_id(self) -> int:
        return self._chain_id

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def head(self) -> int:
        return quantity(self._ask("eth_blockNumber"), "eth_blockNumber")

    def final(self) -> int:
        if self._depth is not None:
            return max(self.head() - self._depth, 0)
        answer = self._try("eth_getBlockByNumber", "finalized", False)
        if isinstance(answer, Refusal):
            if "not found" in answer.message.lower():
                return 0
            raise Misconfigured(
                f"the node does not know the tag finalized ({answer.message})",
                where="eth_getBlockByNumber",
                mend="Say after how many blocks a block is final.",
            )
        return 0 if answer is None else quantity(field_of(answer, "number"), "number")

    def block(self, number: int) -> Block | None:
        answer = self._ask("eth_getBlockByNumber", hex(max(number, FIRST_BLOCK)), False)
        if answer is None:
            return None
        block = Block(
            quantity(field_of(answer, "number"), "number"),
            fixed_bytes(field_of(answer, "hash"), 32, "hash"),
            fixed_bytes(field_of(answer, "parentHash"), 32, "parentHash"),
            quantity(field_of(answer, "timestamp"), "timestamp"),
        )
        if block.number != number:
            raise ChainUnavailable("the node answers with another block", expected=number, found=block.number)
        return block

    def nonce(self, address: bytes) -> int:
        return quantity(self._ask("eth_getTransactionCount", _hex(address), "latest"), "nonce")

    def gas_price(self) -> int:
        answer = self._try("eth_gasPrice")
        # Twice the going price: the bytes are stored and never signed anew, so they must outlast a rise.
        return 0 if isinstance(answer, Refusal) else 2 * quantity(answer, "eth_gasPrice")

    def gas_limit(self, sender: bytes, to: bytes | None, data: bytes) -> int:
        most = min(MAX_TRANSACTION_GAS, self._block_gas_limit())
        answer = self._try("eth_estimateGas", _call(sender, to, data))
        if isinstance(answer, Refusal):
            return most
        # A quarter more: cold storage may have become colder, and one item may take another path, until the block.
        return min(quantity(answer, "eth_estimateGas") * 5 // 4 + 20_000, most)

    def send(self, raw: bytes) -> SendResult:
        answer = self._try("eth_sendRawTransaction", _hex(raw))
        if isinstance(answer, Refusal):
            return sent_of(answer)
        if fixed_bytes(answer, 32, "eth_sendRawTransaction") != keccak256(raw):
            raise ChainUnavailable("the node names another transaction than the one sent", where="send")
        return SendResult(Sent.ACCEPTED)

    def receipt(self, transaction: bytes) -> Receipt | None:
        answer = self._ask("eth_getTransactionReceipt", _hex(transaction))
        if answer is None or field_of(answer, "blockNumber") is None:
            return None
        created = answer.get("contractAddress")
        return Receipt(
            transaction,
            quantity(field_of(answer, "blockNumber"), "blockNumber"),
            quantity(field_of(answer, "status"), "status") == 1,
            quantity(field_of(answer, "gasUsed"), "gasUsed"),
            None if created is None else fixed_bytes(created, 20, "contractAddress"),
        )

    def revert_data(self, transaction: bytes) -> bytes:
        # No node keeps the reason, so the call is repeated on the state before its block; what came earlier in the
        # same block is missing there, which is why it is a hint for people and nothing is decided by it.
        sent = self._ask("eth_getTransactionByHash", _hex(transaction))
        if sent is None or field_of(sent, "blockNumber") is None or sent.get("to") is None:
            return b""
        block = quantity(field_of(sent, "blockNumber"), "blockNumber")
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

    def logs(self, first: int, last: int, addresses: Sequence[bytes]) -> tuple[Log, ...]:
        result: dict[tuple[int, int], Log] = {}
        start, width = max(first, FIRST_BLOCK), _BLOCKS_A_RANGE
        while addresses and start <= last:
            end = min(start + width - 1, last)
            asked = {"fromBlock": hex(start), "toBlock": hex(end), "address": [_hex(a) for a in addresses]}
            answer = self._try("eth_getLogs", asked)
            if isinstance(answer, Refusal):
                # Nodes limit ranges and numbers of events, each in its own words.
                if width == 1:
                    raise ChainUnavailable(answer.message, where="eth_getLogs")
                width = max(width // 4, 1)
                continue
            for log in _logs(answer, start, end, frozenset(addresses)):
                if result.setdefault((log.block, log.index), log) != log:
                    raise ChainUnavailable("two events claim one place", where=f"block {log.block}, event {log.index}")
            start = end + 1
        return tuple(result[place] for place in sorted(result))

    def call(self, to: bytes, data: bytes, *, sender: bytes = bytes(20), block: int | None = None) -> CallResult:
        answer = self._try("eth_call", _call(sender, to, data), "latest" if block is None else hex(block))
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

    def close(self) -> None:
        self._session.close()

    # --- asking ------------------------------------------------------------------------------------------------------

    def _block_gas_limit(self) -> int:
        return quantity(field_of(self._ask("eth_getBlockByNumber", "latest", False), "gasLimit"), "gasLimit")

    def _try(self, method: str, *parameters: Any) -> Any:
        """The node's result, or its `Refusal`; raises `ChainUnavailable` when there is no answer at all."""
        with translated(method):
            answer: Any = self._provider.make_request(RPCEndpoint(method), list(parameters))
        if not isinstance(answer, dict):
            raise ChainUnavailable("the answer is no JSON-RPC response", where=method)
        if answer.get("error") is not None:
            return refusal_of(answer["error"])
        if "result" not in answer:
            raise ChainUnavailable("the answer holds neither result nor error", where=method)
        return answer["result"]

    def _ask(self, method: str, *parameters: Any) -> Any:
        """As `_try`, but a refusal too is `ChainUnavailable`."""
        answer = self._try(method, *parameters)
        if isinstance(answer, Refusal):
            raise ChainUnavailable(answer.message, where=method)
        return answer


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _call(sender: bytes, to: bytes | None, data: bytes) -> dict[str, str]:
    call = {"from": _hex(sender), "data": _hex(data)}
    return call if to is None else {**call, "to": _hex(to)}


def _logs(answer: Any, first: int, last: int, wanted: frozenset[bytes]) -> list[Log]:
    if not isinstance(answer, list):
        raise ChainUnavailable("not a list of events", where="eth_getLogs")
    result = []
    for entry in answer:
        topics = field_of(entry, "topics")
        log = Log(
            fixed_bytes(field_of(entry, "address"), 20, "address"),
            tuple(fixed_bytes(topic, 32, "topics") for topic in (topics if isinstance(topics, list) else [])),
            data_of(field_of(entry, "data"), "data"),
            quantity(field_of(entry, "blockNumber"), "blockNumber"),
            fixed_bytes(field_of(entry, "transactionHash"), 32, "transactionHash"),
            quantity(field_of(entry, "logIndex"), "logIndex"),
        )
        # A node may answer with more than was asked, or with what a reorganisation took back.
        if first <= log.block <= last and log.address in wanted and entry.get("removed") is not True:
            result.append(log)
    return result
