"""What became of the records that our transactions carry, where no event of theirs says it.

A courier's transaction succeeds whatever becomes of what it carries. So what was recorded is read from the records' own
events, like everybody's, and here only what was not.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from ledger.chain.abi import AbiType, decode
from ledger.chain.client import ChainReader, Log, Receipt
from ledger.chain.contracts import COURIER, artifact, view
from ledger.chain.transactions import call_of
from ledger.common.ids import RecordId, to_hex
from ledger.common.keccak import keccak256
from ledger.errors import ChainUnavailable, MalformedRecord
from ledger.services.home.home import Home
from ledger.services.relay.sender import Settled, explain
from ledger.store import outbox, transactions

_REFUSED = keccak256(b"Refused(bytes32,bytes)")
_CARRIED = keccak256(b"Carried(uint256,uint256)")

trouble = logging.getLogger("lading.relayer")


class Fate(Enum):
    """REFUSED: a contract reverted, and gave its reason. UNJUDGED: the call failed without one among others, so nobody
    has judged the record. LEFT: it was not called, for the gas ran short, or the transaction failed or was given up."""

    REFUSED = "refused"
    UNJUDGED = "unjudged"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A record that a settled transaction carries and did not record; `of` how many, `reason` in revert data."""

    record_id: RecordId
    settled: Settled
    fate: Fate
    of: int = 1
    reason: bytes = b""


class Courier:
    """The courier of one home, if it has one that is sound."""

    def __init__(self, home: Home) -> None:
        self._database = home.database
        self._chain: ChainReader = home.chain
        self._registry = home.deployment.registry
        self._address = home.deployment.courier
        self._sound = False
        self._warned = False

    def address(self) -> bytes | None:
        """Where to send loads; None where each record has to go alone. Code never changes, so what was seen stands;
        what was not seen is looked for again, for a node may be behind, or lie.
        """
        if self._address is None:
            return None
        if not self._sound:
            self._sound = artifact(COURIER).is_deployed_as(self._chain.code(self._address)) and view(
                self._chain, self._address, COURIER, "registry"
            ) == (self._registry,)
            if not self._sound and not self._warned:
                self._warned = True
                trouble.warning("no courier of this consortium stands at %s: records go alone", to_hex(self._address))
        return self._address if self._sound else None

    def undelivered(self, settled: Sequence[Settled]) -> list[Undelivered]:
        """What `settled` did not record, by the chain's answer to each; without what has a final outcome in the log.

        Raises `ChainUnavailable` when the node does not give the events of a block that it gave a receipt of.
        """
        with self._database.read() as connection:
            carried = transactions.records_of(connection, [one.transaction for one in settled])
            waiting = outbox.without_final(connection, {record_id for ids in carried.values() for record_id in ids})
        events: dict[int, tuple[Log, ...]] = {}
        result: list[Undelivered] = []
        for one in settled:
            ids = carried.get(one.transaction.hash, ())
            if waiting.isdisjoint(ids):
                continue
            if len(ids) > 1:
                result += self._of_load(one, ids, events)
            elif ids and one.receipt is None:
                result.append(Undelivered(ids[0], one, Fate.LEFT))
            elif ids and one.failed:
                result.append(Undelivered(ids[0], one, Fate.REFUSED, reason=explain(self._chain, one)))
        return result

    def _of_load(
        self, one: Settled, ids: Sequence[RecordId], events: dict[int, tuple[Log, ...]]
    ) -> Iterator[Undelivered]:
        to, data = call_of(one.transaction.raw)
        count = len(ids)
        if one.receipt is None or one.failed or to is None or to != self._address:
            yield from (Undelivered(record_id, one, Fate.LEFT, count) for record_id in ids)
            return
        block = one.receipt.block
        if block not in events:
            events[block] = self._chain.events(block, block, [to]).logs
        called, refused = _report([log for log in events[block] if log.transaction == one.transaction.hash])
        for position, (record_id, call) in enumerate(zip(ids, _calls(data), strict=True)):
            reason = refused.get(keccak256(call))
            if position >= called:
                yield Undelivered(record_id, one, Fate.LEFT, count)
            elif reason is not None:
                yield Undelivered(record_id, one, Fate.REFUSED if reason else Fate.UNJUDGED, count, reason)


def refused_calls(chain: ChainReader, courier: bytes, receipt: Receipt) -> list[bytes]:
    """The calls, of those in a transaction of `courier`, that a contract refused and gave its reason for.

    Raises `ChainUnavailable` when the node does not give the transaction's events.
    """
    logs = [
        log
        for log in chain.events(receipt.block, receipt.block, [courier]).logs
        if log.transaction == receipt.transaction
    ]
    if not logs:
        return []  # it called something else
    called, refused = _report(logs)
    try:
        calls = _calls(chain.input(receipt.transaction) or b"")
    except MalformedRecord:
        return []
    return [call for call in calls[:called] if refused.get(keccak256(call))]


def _calls(data: bytes) -> list[bytes]:
    """The calls in the parcels of a call of `carry`; raises `MalformedRecord` for another call."""
    (parcels,) = decode(artifact(COURIER).function("carry")[1], data[4:])
    return [parcel["data"] for parcel in parcels]


def _report(logs: Sequence[Log]) -> tuple[int, dict[bytes, bytes]]:
    """How many parcels a transaction called, and the reasons of those that failed by the hash of their call."""
    called = None
    refused: dict[bytes, bytes] = {}
    try:
        for event in logs:
            if event.topics[:1] == (_REFUSED,) and len(event.topics) == 2:
                (refused[event.topics[1]],) = decode([AbiType("bytes")], event.data)
            elif event.topics == (_CARRIED,):  # the last one is the transaction's own, whoever else was called within
                called, _ = decode([AbiType("uint256"), AbiType("uint256")], event.data)
    except MalformedRecord as error:
        raise ChainUnavailable(f"not an event of the courier ({error})", where="courier") from None
    if called is None:
        raise ChainUnavailable("the node gives no events of a transaction that it says succeeded", where="courier")
    return called, refused
