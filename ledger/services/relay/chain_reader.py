"""All records that the chain ever took for this consortium, in its order, straight from its events.

Nothing stored is needed: the first contracts are those of the deployment, and each later one is known from the
registry record that opened it. So an audit can walk, and so can a rebuild of a lost database.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.chain.client import Block, ChainReader
from ledger.chain.contracts import CONTRACT_OF_KIND, REGISTRY
from ledger.chain.deploy import Deployment
from ledger.chain.events import RecordedEvent, Undecodable, decode_event, item_count
from ledger.codes import ContractKind, RegistryAction
from ledger.codes import Outcome as Code
from ledger.common.ids import RecordId
from ledger.errors import ChainUnavailable
from ledger.records.signing import Domain, SignedRecord
from ledger.records.types import Checkpoint, Outcome, RegistryChange

_FEWEST_BLOCKS, _MOST_BLOCKS = 16, 2_000
_EVENTS_AT_ONCE = 400
NOT_FINAL = (Code.AHEAD, Code.UNKNOWN)
OPEN = 255
"""In `Settling.unfinished`: an item without a final outcome."""


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """An event and the time of its block."""

    event: RecordedEvent
    time: int


class ChainWalk:
    """One walk from the deployment to block `last`; `contracts` grows with what the council opened on the way."""

    def __init__(self, chain: ChainReader, deployment: Deployment, last: int) -> None:
        self._chain = chain
        self._deployment = deployment
        self._last = last
        self.contracts = {deployment.registry: REGISTRY}
        self.contracts |= {address: CONTRACT_OF_KIND[kind] for kind, address in deployment.contracts.items()}

    def ranges(self) -> Iterator[tuple[int, list[TimedEvent]]]:
        """Range by range: its last block, and its events in order.

        Raises `ChainUnavailable` when the node is, or misses a block.
        """
        first, width = self._deployment.block, _FEWEST_BLOCKS
        while first <= self._last:
            last = min(first + width - 1, self._last)
            events = self._events(first, last)
            yield last, events
            width = max(width // 2, _FEWEST_BLOCKS) if len(events) > _EVENTS_AT_ONCE else min(width * 2, _MOST_BLOCKS)
            first = last + 1

    def block(self, number: int) -> Block:
        found = self._chain.block(number)
        if found is None:
            raise ChainUnavailable("a final block is missing", where=f"block {number}")
        return found

    def _events(self, first: int, last: int) -> list[TimedEvent]:
        while True:
            found: list[TimedEvent] = []
            times: dict[int, int] = {}
            before = len(self.contracts)
            for entry in self._chain.logs(first, last, list(self.contracts)):
                event = decode_event(entry, self.contracts[entry.address], self._domain_at(entry.address))
                if event is None or isinstance(event, Undecodable):
                    continue  # a payment, or a call that holds no record: whoever called may have written anything
                if entry.block not in times:
                    times[entry.block] = self.block(entry.block).timestamp
                found.append(TimedEvent(event, times[entry.block]))
                self._open(event)
            if len(self.contracts) == before:
                return found

    def _open(self, event: RecordedEvent) -> None:
        record = event.signed.record
        if isinstance(record, RegistryChange) and record.action == RegistryAction.OPEN_CONTRACT:
            kinds = {int(kind): name for kind, name in CONTRACT_OF_KIND.items()}
            if record.number in kinds:  # another kind is one that this version does not know
                self.contracts.setdefault(bytes(record.key), kinds[record.number])

    def _domain_at(self, address: bytes) -> Domain:
        is_pool = self.contracts[address] == CONTRACT_OF_KIND[ContractKind.BONUS]
        return self._deployment.domain(address if is_pool else None)


class Settling:
    """Which leaves follow from the chain's events: each record once, and an outcome whenever items became final.

    The first final outcome of an item stands. `unfinished` has a code an item (`OPEN` for none yet) of each record
    that waits; `finished` those of which every item is final.
    """

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self.unfinished: dict[RecordId, bytearray] = {}
        self.finished: set[RecordId] = set()

    def leaves(self, timed: TimedEvent) -> list[tuple[RecordId, SignedRecord]]:
        """The record of an event and, if the event settled any item, its outcome; checkpoints are no leaves."""
        event = timed.event
        if isinstance(event.signed.record, Checkpoint):
            return []
        found = [(event.record_id, event.signed)]
        if self._settles(event):
            log = event.log
            outcome = Outcome(
                event.record_id, log.address, log.block, timed.time, log.transaction, log.index, event.outcomes
            )
            found.append((self._domain.record_id(outcome), SignedRecord(outcome, ())))
        return found

    def _settles(self, event: RecordedEvent) -> bool:
        if event.record_id in self.finished:
            return False
        count = item_count(event.signed.record)
        codes = self.unfinished.setdefault(event.record_id, bytearray([OPEN] * count))
        news = [i for i, code in enumerate(event.outcomes) if codes[i] == OPEN and code not in NOT_FINAL]
        for item in news:
            codes[item] = event.outcomes[item]
        if OPEN not in codes:
            del self.unfinished[event.record_id]
            self.finished.add(event.record_id)
        return bool(news)
