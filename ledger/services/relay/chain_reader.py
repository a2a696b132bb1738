"""Every record that the chain took for a consortium, in its order, from the `Recorded` events of its contracts.

The one reader of these events, for node, audit and rebuild alike. Nothing stored is needed: the first contracts are
those of the deployment, and each later one is known from the registry record that opened it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ledger.chain.client import FIRST_BLOCK, Block, ChainReader
from ledger.chain.contracts import CONTRACT_OF_KIND
from ledger.chain.deploy import Deployment
from ledger.chain.events import RecordedEvent, Undecodable, decode_event, item_count
from ledger.codes import NOT_FINAL, ContractKind, RegistryAction
from ledger.common.ids import RecordId
from ledger.errors import ChainUnavailable
from ledger.records.signing import Domain, SignedRecord
from ledger.records.types import Checkpoint, Outcome, RegistryChange

OPEN = 255
"""In `Settling.unfinished`: an item without a final outcome."""
_FEWEST_BLOCKS, _MOST_BLOCKS = 16, 2_000
_MANY_EVENTS = 400
_BONUS_POOL = CONTRACT_OF_KIND[ContractKind.BONUS]


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """An event and the time of its block."""

    event: RecordedEvent
    time: int


@dataclass(frozen=True, slots=True)
class BlockRange:
    """What the blocks up to and including `end` hold, from where the range before ended.

    `events` are in the order of block and index, each once. `undecodable` are events of our contracts that hold no
    record that can be carried. `contracts`: all contracts opened until `end`, closed ones too, by address: the name.
    `proved`: as in `Events`.
    """

    end: Block
    events: tuple[TimedEvent, ...]
    undecodable: tuple[Undecodable, ...]
    contracts: Mapping[bytes, str]
    proved: bool


def read_ranges(
    chain: ChainReader,
    deployment: Deployment,
    final: int,
    *,
    after: int | None = None,
    parent: bytes | None = None,
    contracts: Mapping[bytes, str] | None = None,
) -> Iterator[BlockRange]:
    """The blocks up to `final`, range by range; each holds at least one block, and many where little happens.

    `after` is the last block that was read before, `parent` its hash, and `contracts` those known then; without them
    reading begins at the deployment. A contract's events count from the event that opens it, wherever a range begins
    or ends.

    Raises `ChainUnavailable` when the node is, misses a block, or goes on from another block than the one before.
    """
    first = max(deployment.block if after is None else after + 1, FIRST_BLOCK)
    known: Mapping[bytes, str] = deployment.names() if contracts is None else contracts
    width = _FEWEST_BLOCKS
    while first <= final:
        blocks = _read(chain, deployment, (first, min(first + width - 1, final)), parent, known)
        yield blocks
        known, parent = blocks.contracts, blocks.end.hash
        first = blocks.end.number + 1
        many = len(blocks.events) > _MANY_EVENTS
        width = max(width // 2, _FEWEST_BLOCKS) if many else min(width * 2, _MOST_BLOCKS)


def _read(
    chain: ChainReader,
    deployment: Deployment,
    span: tuple[int, int],
    parent: bytes | None,
    before: Mapping[bytes, str],
) -> BlockRange:
    """One range. Where a contract is opened within it, the range is read again with that contract's events."""
    asked = before
    while True:
        answer = chain.events(*span, list(asked))
        if parent is not None and answer.blocks[0].parent != parent:
            raise ChainUnavailable("a block does not follow the one that was read before it", where=f"block {span[0]}")
        times = {block.number: block.timestamp for block in answer.blocks}
        known = dict(before)
        events: list[TimedEvent] = []
        undecodable: list[Undecodable] = []
        for log in answer.logs:
            if log.address not in known:
                continue  # it is opened further on
            pool = log.address if known[log.address] == _BONUS_POOL else None
            event = decode_event(log, known[log.address], deployment.domain(pool))
            if isinstance(event, Undecodable):
                undecodable.append(event)
            elif event is not None:
                events.append(TimedEvent(event, times[log.block]))
                for address, name in opened_by(event).items():
                    known.setdefault(address, name)
        if known.keys() == asked.keys():
            return BlockRange(answer.blocks[-1], tuple(events), tuple(undecodable), known, answer.proved)
        asked = known


def opened_by(event: RecordedEvent) -> dict[bytes, str]:
    """The contract that an event opens, by its address; empty for other events and kinds unknown to this version."""
    record = event.signed.record
    if not isinstance(record, RegistryChange) or record.action != RegistryAction.OPEN_CONTRACT:
        return {}
    return {bytes(record.key): name for kind, name in CONTRACT_OF_KIND.items() if kind == record.number}


class Settling:
    """Which leaves follow from the chain's events: each record once, and an outcome whenever items became final.

    The first final outcome of an item stands. `settled` are the codes of items that were final before, by record and
    item. `unfinished` has a code an item (`OPEN` for none yet) of each record that waits; `finished` those of which
    every item is final.
    """

    def __init__(self, domain: Domain, settled: Mapping[RecordId, Mapping[int, int]] | None = None) -> None:
        self._domain = domain
        self._settled = settled or {}
        self.unfinished: dict[RecordId, bytearray] = {}
        self.finished: set[RecordId] = set()

    def leaves(self, timed: TimedEvent) -> list[tuple[RecordId, SignedRecord]]:
        """The record of an event and, if the event settled any item, its outcome; checkpoints are no leaves."""
        event = timed.event
        if isinstance(event.signed.record, Checkpoint):
            return []
        leaves = [(event.record_id, event.signed)]
        outcome = self.outcome(timed)
        if outcome is not None:
            leaves.append((self._domain.record_id(outcome), SignedRecord(outcome, ())))
        return leaves

    def outcome(self, timed: TimedEvent) -> Outcome | None:
        """What an event settles; None if nothing that was not settled before."""
        event, log = timed.event, timed.event.log
        if not self._settles(event):
            return None
        return Outcome(
            record=event.record_id,
            target=log.address,
            blockNumber=log.block,
            blockTime=timed.time,
            transaction=log.transaction,
            eventIndex=log.index,
            outcomes=event.outcomes,
        )

    def codes(self, record_id: RecordId, items: int) -> bytes:
        """A code an item (`OPEN` for none yet) of a record that waits, or of which nothing was read so far."""
        known = self.unfinished.get(record_id)
        before = self._settled.get(record_id, {})
        return bytes(before.get(item, OPEN) for item in range(items)) if known is None else bytes(known)

    def _settles(self, event: RecordedEvent) -> bool:
        if event.record_id in self.finished:
            return False
        codes = self.unfinished.get(event.record_id)
        if codes is None:
            codes = bytearray(self.codes(event.record_id, item_count(event.signed.record)))
            self.unfinished[event.record_id] = codes
        news = [i for i, code in enumerate(event.outcomes) if codes[i] == OPEN and code not in NOT_FINAL]
        for item in news:
            codes[item] = event.outcomes[item]
        if OPEN not in codes:
            del self.unfinished[event.record_id]
            self.finished.add(event.record_id)
        return bool(news)
