"""The events of a range of blocks, each block's compared with its header. One wrong answer loses none.

1. The headers of the range follow each other by hash.
2. Where the headers prove themselves, `logsBloom` says which blocks have nothing of ours, and the receipts of the
   others must have the header's root. `eth_getLogs` is not needed, and not asked.
3. Elsewhere the receipts of every block with transactions are read, and must say the same as `eth_getLogs`.
4. What a network's answers have once shown to hold (hashes, roots, blooms) is demanded of it from then on.
5. The last header, by whose hash the next range is known, is asked for twice; and where headers prove nothing, those of
   blocks with events, whose times are kept.

A contradiction raises `ChainUnavailable` and names the block: the node is asked again later, and nothing is taken from
the range meanwhile.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from ledger.chain.answers import Refusal
from ledger.chain.client import FIRST_BLOCK, Events, Log, Receipt
from ledger.chain.headers import (
    NEWEST_KIND,
    BlockReceipt,
    Header,
    bloom_of,
    bloom_of_logs,
    header_of,
    log_of,
    receipt_of,
    receipts_root,
)
from ledger.chain.jsonrpc import Node, ask, ask_many
from ledger.common.ids import to_hex
from ledger.errors import ChainUnavailable

_BLOCKS_A_RANGE = 2_000
_HASHES, _ROOTS, _BLOOMS = "its hash", "the root of its receipts", "its bloom"


class CheckedEvents:
    """Headers and events from one node. Safe to use from several threads."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._shown: set[str] = set()

    def header(self, number: int) -> Header | None:
        """The header of a block, None while the node has none of this number."""
        answer = ask(self._node, "eth_getBlockByNumber", hex(max(number, FIRST_BLOCK)), False)
        return None if answer is None else self._header(answer, number)

    def headers(self, first: int, last: int) -> tuple[Header, ...]:
        """Of every block of a range, each the parent of the next."""
        questions = [(hex(number), False) for number in range(first, last + 1)]
        result: list[Header] = []
        for number, answer in enumerate(ask_many(self._node, "eth_getBlockByNumber", questions), start=first):
            if answer is None:
                raise ChainUnavailable("a final block is missing", where=f"block {number}")
            header = self._header(answer, number)
            if result:
                _require_next(result[-1], header)
            result.append(header)
        return tuple(result)

    def events(self, first: int, last: int, addresses: Sequence[bytes]) -> Events:
        """See `ChainReader.events`."""
        wanted, start = frozenset(addresses), max(first, FIRST_BLOCK)
        headers: list[Header] = []
        logs: list[Log] = []
        while start <= last:
            end = min(start + _BLOCKS_A_RANGE - 1, last)
            some = self.headers(start, end)
            if headers:
                _require_next(headers[-1], some[0])
            headers += some
            if wanted:
                logs += self._logs(some, wanted)
            start = end + 1
        if headers:
            self._ask_again(headers, {log.block for log in logs})
        return Events(tuple(h.block for h in headers), tuple(logs), all(h.proves for h in headers))

    def receipts(self, header: Header) -> tuple[BlockReceipt, ...]:
        """All of a block's, in its order, as far as they can be compared with its header."""
        number = header.block.number
        answer = self._node.attempt("eth_getBlockReceipts", hex(number))
        if isinstance(answer, Refusal):  # not every node knows the question
            answer = ask_many(self._node, "eth_getTransactionReceipt", [(to_hex(t),) for t in header.transactions])
        if not isinstance(answer, list):
            raise ChainUnavailable("not a list of receipts", where=f"block {number}")
        receipts = tuple(map(receipt_of, answer))
        if tuple(one.receipt.transaction for one in receipts) != header.transactions:
            raise ChainUnavailable("the receipts are not those of its transactions", where=f"block {number}")
        if any((one.receipt.block, one.block_hash) != (number, header.block.hash) for one in receipts):
            raise ChainUnavailable("a receipt names another block", where=f"block {number}")
        proved = header.proves and all(one.kind <= NEWEST_KIND for one in receipts)
        self._demand(_ROOTS, receipts_root(receipts) == header.receipts_root, number, always=proved)
        logs = (log for one in receipts for log in one.logs)
        self._demand(_BLOOMS, bloom_of_logs(logs) == header.bloom, number, always=proved)
        return receipts

    def confirms(self, receipt: Receipt) -> bool:
        """See `ChainReader.confirms`."""
        header = self.header(receipt.block)
        if header is None or receipt.transaction not in header.transactions:
            return False
        return any(one.receipt == receipt for one in self.receipts(header))

    # --- inside ------------------------------------------------------------------------------------------------------

    def _header(self, answer: Any, number: int) -> Header:
        header = header_of(answer)
        if header.block.number != number:
            raise ChainUnavailable("the node answers with another block", expected=number, found=header.block.number)
        if header.proves or not header.strange:
            self._demand(_HASHES, header.proves, number)
        return header

    def _ask_again(self, headers: Sequence[Header], eventful: Collection[int]) -> None:
        """Raise `ChainUnavailable` when the node now says otherwise of a block whose hash or time will be kept."""
        kept = [h for h in headers if h is headers[-1] or (not h.proves and h.block.number in eventful)]
        answers = ask_many(self._node, "eth_getBlockByNumber", [(hex(h.block.number), False) for h in kept])
        for header, answer in zip(kept, answers, strict=True):
            number = header.block.number
            if answer is None or self._header(answer, number).block != header.block:
                raise ChainUnavailable("asked again, the node says otherwise", where=f"block {number}")

    def _demand(self, name: str, holds: bool, number: int, *, always: bool = False) -> None:
        if holds:
            self._shown.add(name)
        elif always or name in self._shown:
            raise ChainUnavailable(f"{name} is not what the block says", where=f"block {number}")

    def _logs(self, headers: Sequence[Header], wanted: frozenset[bytes]) -> list[Log]:
        result: list[Log] = []
        unproved = [header for header in headers if not header.proves]
        claimed = self._claimed(headers[0].block.number, headers[-1].block.number, wanted) if unproved else []
        blooms = [bloom_of([address]) for address in wanted]
        for header in headers:
            if header.proves and not any(header.bloom & bits == bits for bits in blooms):
                continue
            logs = self._logs_of(header)
            ours = [log for log in logs if log.address in wanted]
            number = header.block.number
            if not header.proves and ours != [log for log in claimed if log.block == number]:
                raise ChainUnavailable("its events and its receipts differ", where=f"block {number}")
            result += ours
        return result

    def _logs_of(self, header: Header) -> list[Log]:
        if not header.transactions:
            if header.bloom:
                raise ChainUnavailable("it has events, but no transactions", where=f"block {header.block.number}")
            return []
        logs = [log for one in self.receipts(header) for log in one.logs]
        # The root proves the order of events, not the numbers that the node gives them.
        return [replace(log, index=index) for index, log in enumerate(logs)] if header.proves else logs

    def _claimed(self, first: int, last: int, wanted: frozenset[bytes]) -> list[Log]:
        """What `eth_getLogs` says, each event once, in the order of block and index."""
        result: dict[tuple[int, int], Log] = {}
        start, width = first, _BLOCKS_A_RANGE
        while start <= last:
            end = min(start + width - 1, last)
            asked = {"fromBlock": hex(start), "toBlock": hex(end), "address": [to_hex(a) for a in sorted(wanted)]}
            answer = self._node.attempt("eth_getLogs", asked)
            if isinstance(answer, Refusal):
                # Nodes limit ranges and numbers of events, each in its own words (how often they are asked: see
                # `is_too_often`).
                if width == 1:
                    raise ChainUnavailable(answer.message, where="eth_getLogs")
                width = max(width // 4, 1)
                continue
            if not isinstance(answer, list):
                raise ChainUnavailable("not a list of events", where="eth_getLogs")
            for entry in answer:
                log = log_of(entry)
                # A node may answer with more than was asked, or with what a reorganisation took back.
                if not start <= log.block <= end or log.address not in wanted or entry.get("removed") is True:
                    continue
                if result.setdefault((log.block, log.index), log) != log:
                    place = f"block {log.block}, event {log.index}"
                    raise ChainUnavailable("two events claim one place", where=place)
            start = end + 1
        return [result[place] for place in sorted(result)]


def _require_next(before: Header, header: Header) -> None:
    follows = header.block.parent == before.block.hash and header.block.timestamp >= before.block.timestamp
    if not follows:
        raise ChainUnavailable("a block does not follow the one before", where=f"block {header.block.number}")
