"""What a bundle says of the chain, held against the events that its validators have sealed.

*Proved* by these: that the contract recorded each record as its outcome says, when, and that the chain took each
checkpoint, after which one. That no earlier event settled a record otherwise is not shown by the event itself: for the
registry and a shipment the state shows it (`ledger.bundle.sealed.state`), for the rest the log attests it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ledger.bundle.format import BundledRecord
from ledger.bundle.outcome_checks import Events
from ledger.bundle.sealed.seals import Seals
from ledger.bundle.times import TimedCheckpoint
from ledger.codes import NOT_FINAL, ContractKind
from ledger.codes import Outcome as Code
from ledger.common.ids import RecordId, to_hex
from ledger.errors import NotSealed
from ledger.log.leaf import LogIdentity
from ledger.records.signing import Domain
from ledger.records.types import Checkpoint, Outcome
from ledger.registry.history import RegistryHistory
from ledger.seals.faults import Fault, refused
from ledger.seals.recorded import Recorded, recorded_in
from ledger.seals.results import EvmEvent
from ledger.seals.validators import Network

_SELECTOR, _WORD = 4, 32


@dataclass(frozen=True, slots=True)
class SealedEvent:
    """A `Recorded` event, and the time of its block."""

    event: EvmEvent
    said: Recorded
    block_time: int


class SealedEvents:
    """The `Recorded` events in the blocks of a bundle, all proved."""

    def __init__(self, seals: Seals, network: Network) -> None:
        """Raises `NotSealed` for a block that is not proved."""
        self._events = {
            (event.block, event.index): SealedEvent(event, said, block.time)
            for block in seals.blocks
            for event in block.events(network)
            if (said := _said(event)) is not None
        }

    def __len__(self) -> int:
        return len(self._events)

    def at(self, block: int, index: int) -> SealedEvent | None:
        return self._events.get((block, index))

    def in_transaction(self, block: int, transaction: bytes) -> Iterator[SealedEvent]:
        return (one for (at, _), one in self._events.items() if at == block and one.event.transaction == transaction)


def _said(event: EvmEvent) -> Recorded | None:
    """None too for what no compiler lays out so: whoever submits another's record may have any contract emit it beside
    ours. An outcome that names such an event has none.
    """
    with suppress(NotSealed):
        return recorded_in(event)
    return None


def check_sealed_outcomes(events: Events, records: Mapping[RecordId, BundledRecord], sealed: SealedEvents) -> str:
    """That each outcome is what a sealed event says; says how many there are. Raises `NotSealed` for another.

    An outcome by which the log gave a record up, or the rest of one, was recorded by no contract: it stays the log's
    word, and repeats what was proved of the other items.
    """
    proved = given_up = 0
    for record_id, told in events.items():
        number = records[record_id].signed.record.NUMBER
        settled: dict[int, int] = {}
        for index, outcome in told:
            where = f"record {index} (Outcome)"
            if Code.REJECTED in outcome.outcomes:
                _check_given_up(outcome, settled, where)
                given_up += 1
                continue
            _check_outcome(outcome, number, sealed.at(outcome.blockNumber, outcome.eventIndex), where)
            settled = {i: code for i, code in enumerate(outcome.outcomes) if code not in NOT_FINAL} | settled
            proved += 1
    rest = f"; {given_up} by which the log gave a record up are its own word" if given_up else ""
    return (
        f"{proved} outcomes with their block times, as sealed by the network's validators{rest}; that no event before "
        "settled one otherwise is the log's word, but for what the state shows"
    )


def _check_given_up(outcome: Outcome, settled: Mapping[int, int], where: str) -> None:
    """`settled`: what earlier events, all proved, made of the record's items."""
    for item, code in enumerate(outcome.outcomes):
        if code not in (Code.REJECTED, settled.get(item)):
            raise refused(
                Fault.OUTCOME,
                f"the log settles item {item} along with what it gave up, and no sealed event does",
                where=where,
                expected=f"outcome {int(settled.get(item, Code.REJECTED))}",
                found=f"outcome {code}",
            )


def _check_outcome(outcome: Outcome, number: int, one: SealedEvent | None, where: str) -> None:
    if one is None:
        raise refused(
            Fault.MISSING,
            "no sealed event of this outcome",
            where=where,
            expected=f"event {outcome.eventIndex} of block {outcome.blockNumber}",
            mend="Have the bundle exported again, with the seals of all its outcomes.",
        )
    said, event = one.said, one.event
    expected = (event.address, event.transaction, said.record_id, said.type_number, said.outcomes)
    found = (outcome.target, outcome.transaction, outcome.record, number, outcome.outcomes)
    names = ("contract", "transaction", "record", "type", "outcomes")
    for name, sealed, logged in zip(names, expected, found, strict=True):
        if sealed != logged:
            raise refused(
                Fault.OUTCOME,
                f"the log's outcome has another {name} than the sealed event",
                where=where,
                expected=to_hex(sealed) if isinstance(sealed, bytes) else sealed,
                found=to_hex(logged) if isinstance(logged, bytes) else logged,
                mend="The log wrote down another outcome than the chain's. Keep this bundle: it convicts the log.",
            )
    _check_time(outcome.blockTime, one, where)


def check_sealed_anchors(
    timed: Sequence[TimedCheckpoint], log: LogIdentity, history: RegistryHistory, domain: Domain, sealed: SealedEvents
) -> dict[int, int]:
    """That the chain took each checkpoint that the log calls anchored, in that block; gives the anchored size that
    each of them followed, by its own. Raises `NotSealed`. `timed` was checked before (`ledger.bundle.times`).
    """
    followed: dict[int, int] = {}
    for i, entry in enumerate(timed):
        if entry.anchored is None:
            continue
        head, where = log.verify_checkpoint(entry.note.encode()), f"times[{i}].anchored"
        for one in sealed.in_transaction(entry.anchored.block_number, entry.anchored.transaction):
            taken = _checkpoint_in(one, history, domain)
            if taken is not None and (taken.logId, taken.size) == (log.log_id, head.size):
                if taken.root != head.root:
                    raise refused(
                        Fault.ANCHOR,
                        "the chain took another tree of this size",
                        where=where,
                        expected=to_hex(taken.root),
                        found=to_hex(head.root),
                        mend="Keep this bundle: the log signed two trees of one size.",
                    )
                _check_time(entry.anchored.block_time, one, where)
                followed[head.size] = taken.previousSize
        if head.size not in followed:
            raise refused(
                Fault.MISSING,
                "no sealed event says that the chain took this checkpoint",
                where=where,
                expected=f"{head.size} leaves in block {entry.anchored.block_number}",
            )
    return followed


def _checkpoint_in(one: SealedEvent, history: RegistryHistory, domain: Domain) -> Checkpoint | None:
    """The checkpoint that the anchor contract in force took; None for other events."""
    event, call = one.event, one.said.call
    view = history.at_block(event.block, one.block_time, event.index)
    if one.said.type_number != Checkpoint.NUMBER or event.address != view.contract(ContractKind.ANCHOR):
        return None
    if len(call) < _SELECTOR + 4 * _WORD:
        return None
    log_id, previous, size, root = (call[_SELECTOR + _WORD * n : _SELECTOR + _WORD * (n + 1)] for n in range(4))
    taken = Checkpoint(log_id, int.from_bytes(previous), int.from_bytes(size), root)
    # The contract computed the id from the words it read; in a call of another form they stand elsewhere.
    return taken if domain.record_id(taken) == one.said.record_id else None


def _check_time(claimed: int, one: SealedEvent, where: str) -> None:
    if claimed != one.block_time:
        raise refused(
            Fault.TIME, "the log names another time than the block's", where=where, expected=one.block_time,
            found=claimed,
        )  # fmt: skip
