"""What an earlier audit made of the chain, as far as a later one needs it: up to which block, and the registry then."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from ledger.chain.client import FIRST_BLOCK
from ledger.chain.contracts import REGISTRY
from ledger.chain.events import RecordedEvent, decode_event
from ledger.codes import NOT_FINAL
from ledger.codes import Outcome as Code
from ledger.common.ids import KeyAddress, RecordId
from ledger.errors import LadingError
from ledger.records.recovered import recover_keys
from ledger.records.types import KeyGrant, KeyRevoke, Outcome, RegistryChange
from ledger.services.audit.chain import Resumed
from ledger.services.audit.findings import Findings
from ledger.services.audit.replay import Place, Rules
from ledger.services.audit.since.borrowed import Borrowed
from ledger.services.home.home import Home
from ledger.services.relay.chain_reader import Settling, TimedEvent, opened_by
from ledger.store import records
from ledger.store.database import Connection

_BLOCKS = 2_000


class RegistryRules(Rules):
    """The rules of the registry alone: where shipments stand follows from records before those that came since."""

    def judge(self, event: RecordedEvent, place: Place, keys: Sequence[KeyAddress]) -> bytes | None:
        if not isinstance(event.signed.record, RegistryChange | KeyGrant | KeyRevoke):
            return None
        return super().judge(event, place, keys)


def last_block_before(source: Connection, copy: Connection, borrowed: Borrowed, first: int) -> int:
    """A block up to which the log had everything when it had `first` leaves; 0 where nothing tells.

    Outcomes come into the log in the chain's order. A rejection says nothing: it may be noted ahead of the others. And
    where some that came since are of earlier blocks, because the chain was read again, from there.
    """
    block = 0
    for row in records.newest_before(source, first, Outcome.NUMBER):
        if not _is_rejection(cast(Outcome, row.record)):
            borrowed.take([row.record_id])
            known = records.get(copy, row.record_id)
            block = cast(Outcome, known.record).blockNumber - 1 if known is not None else 0
            break
    new = (cast(Outcome, row.record) for row in records.stream(copy, first, types=[Outcome.NUMBER]))
    return max(min([block, *(outcome.blockNumber - 1 for outcome in new if not _is_rejection(outcome))]), 0)


def _is_rejection(outcome: Outcome) -> bool:
    return Code.REJECTED in outcome.outcomes


@dataclass
class _Settled:
    """Looks up what was settled of records before a block."""

    copy: Connection
    borrowed: Borrowed
    after: int
    items: dict[RecordId, dict[int, int]] = field(default_factory=dict)
    noted: set[RecordId] = field(default_factory=set)

    def look_up(self, record_ids: Collection[RecordId]) -> None:
        new = set(record_ids) - self.items.keys()
        self.borrowed.take_with_outcomes(new)
        self.items |= {record_id: {} for record_id in new}
        self.note()

    def note(self) -> None:
        """Enter the outcomes from before that were taken into the copy since the last time."""
        rows = records.get_many(self.copy, self.borrowed.ids - self.noted).values()
        self.noted |= self.borrowed.ids
        for outcome in [row.record for row in sorted(rows, key=lambda row: row.log_index)]:
            if isinstance(outcome, Outcome) and outcome.blockNumber <= self.after:
                codes = self.items.setdefault(RecordId(outcome.record), {})
                for item, code in enumerate(outcome.outcomes):
                    if code not in NOT_FINAL:
                        codes.setdefault(item, code)


def resume(home: Home, copy: Connection, borrowed: Borrowed, place: tuple[int, int], findings: Findings) -> Resumed:
    """`place`: the last block that need not be read again, and the first leaf that came since. The registry is replayed
    from the chain's own events, from the first on.
    """
    after, first = place
    after = max(after, home.deployment.block - 1)
    rules = RegistryRules(home.deployment.genesis)
    contracts = dict(home.deployment.names())
    settling = Settling(home.domain)
    expected = [(timed, settling.leaves(timed)) for timed in _registry_events(home, after)]
    # By their ids, as the chain's events give them: an index that leaves out a revocation hides nothing.
    wanted = [record_id for _, leaves in expected for record_id, _ in leaves]
    borrowed.take(wanted)
    there = set(records.get_many(copy, wanted))
    for timed, leaves in expected:
        event = timed.event
        at = Place(event.log.block, timed.time, event.log.index)
        for record_id, signed in leaves:
            if record_id not in there:
                what = f"{type(signed.record).__name__} of block {at.block}"
                why = "the chain took this record, but the log does not have it: withheld or deleted"
                findings.add(record_id, "records", what, "no such record", why)
        try:
            rules.judge(event, at, recover_keys(event.record_id, event.signed.signatures))
        except LadingError as error:
            where = f"block {at.block}, event {at.index}"
            what = f"the chain recorded in {where} what the rules refuse: the contract or its state is not Lading's"
            findings.add(event.record_id, "outcomes", f"a revert: {error}", event.outcomes, what)
        for address, name in opened_by(event).items():
            contracts.setdefault(address, name)
    settled = _Settled(copy, borrowed, after)
    settled.note()
    return Resumed(after, rules, contracts, first, settled.look_up, settled.items)


def _registry_events(home: Home, last: int) -> Iterator[TimedEvent]:
    """What the registry recorded up to block `last`, and when."""
    registry = home.deployment.registry
    begin = max(home.deployment.block, FIRST_BLOCK)
    while begin <= last:
        end = min(begin + _BLOCKS - 1, last)
        answer = home.chain.events(begin, end, [registry])
        times: Mapping[int, int] = {block.number: block.timestamp for block in answer.blocks}
        for log in answer.logs:
            event = decode_event(log, REGISTRY, home.deployment.domain()) if log.address == registry else None
            if isinstance(event, RecordedEvent):
                yield TimedEvent(event, times[log.block])
        begin = end + 1
