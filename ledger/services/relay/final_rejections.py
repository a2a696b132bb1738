"""The end of records refused after their `submitBy`: the only outcome that the operator gives, not a contract.

It is for ever, so it takes more than one answer of a node. The block of the refusal was followed to the log, it holds
the receipt just so, its time is after `submitBy`, and what other transactions of the record settled is in the log.
Where headers prove nothing, the contract stands no further with its shipments than the log does.
"""

import logging
from collections.abc import Collection, Sequence

from ledger.chain.contracts import CONTRACT_OF_KIND, view
from ledger.chain.events import item_count
from ledger.codes import ContractKind
from ledger.codes import Outcome as Code
from ledger.common.ids import RecordId, to_hex
from ledger.custody.slot import Slot
from ledger.errors import ChainUnavailable
from ledger.records.index_keys import concerns
from ledger.records.signing import Domain, SignedRecord
from ledger.records.types import Handoff, Outcome, Record
from ledger.services.home.home import Home
from ledger.services.intake.sequencer import Entry
from ledger.services.relay.contracts_in_force import ContractBook
from ledger.services.relay.courier import Fate, Undelivered
from ledger.services.relay.missed_events import CURSOR, MissedEvents
from ledger.services.relay.sender import Settled
from ledger.store import cursors, outbox, records
from ledger.store.database import Connection
from ledger.store.outbox import OutboxRow
from ledger.store.projections import outcomes, shipments

log = logging.getLogger("lading.relayer")


class FinalRejections:
    def __init__(self, home: Home, missed: MissedEvents) -> None:
        self._database = home.database
        self._chain = home.chain
        self._domain = home.domain
        self._book = ContractBook(home.chain, home.deployment)
        self._missed = missed
        self._doubted: set[bytes] = set()

    def judge(
        self, settled: Sequence[Settled], undelivered: Sequence[Undelivered]
    ) -> tuple[list[Settled], list[Entry]]:
        """What of `settled`, all followed, can be noted now, and the outcomes that follow; `undelivered`: what it did
        not record.

        The rest is looked at again later: a refusal that would be the end of its record, but that something speaks
        against, or that the node does not bear out.
        """
        sure = list(settled)
        late = self._late([one for one in undelivered if one.settled in sure])
        clear = self._missed.all_followed([row.record_id for _, row in late])
        ends: list[tuple[Settled, Entry]] = []
        for one, row in late:
            try:
                if row.record_id not in clear:
                    raise ChainUnavailable("its receipts and the events that the node gives do not agree")
                with self._database.read() as connection:
                    entry = self._end(connection, one, row)
            except ChainUnavailable as error:
                self._doubt(one, error)
                if one in sure:
                    sure.remove(one)
                continue
            if entry is not None:
                ends.append((one, entry))
        return sure, [entry for one, entry in ends if one in sure]

    def followed(self, settled: Sequence[Settled]) -> list[Settled]:
        """Those whose blocks are in the log: a node may fall behind between two answers, and following may hang."""
        with self._database.read() as connection:
            cursor = cursors.get(connection, CURSOR)
        return [one for one in settled if cursor is not None and one.block <= cursor.block]

    def _late(self, undelivered: Sequence[Undelivered]) -> list[tuple[Settled, OutboxRow]]:
        """Those refused after the record's `submitBy`: its end, unless anything speaks against it."""
        result = []
        with self._database.read() as connection:
            for one in undelivered:
                receipt = one.settled.receipt
                row = outbox.get(connection, one.record_id) if one.fate == Fate.REFUSED else None
                if row is None or receipt is None or not row.submit_by or row.state == outbox.FINAL:
                    continue
                block = self._chain.block(receipt.block)
                if block is not None and block.timestamp > row.submit_by:
                    result.append((one.settled, row))
        return result

    def _doubt(self, one: Settled, error: ChainUnavailable) -> None:
        if one.transaction.hash not in self._doubted:
            self._doubted.add(one.transaction.hash)
            log.warning("%s was refused, and is not rejected yet: %s", one.transaction.intent, error)

    def _end(self, connection: Connection, settled: Settled, row: OutboxRow) -> Entry | None:
        """The final outcome of a record that was refused after its `submitBy`, unless it has one by now."""
        record_id, receipt = row.record_id, settled.receipt
        current, stored = outbox.get(connection, record_id), records.get(connection, record_id)
        if receipt is None or stored is None or current is None or current.state == outbox.FINAL:
            return None
        if not self._chain.confirms(receipt):
            raise ChainUnavailable("it does not hold the receipt that the node gave", where=f"block {receipt.block}")
        read = self._chain.events(receipt.block, receipt.block, [])
        block, known = read.blocks[0], outcomes.of(connection, record_id)
        if block.timestamp <= row.submit_by:
            return None  # the node said otherwise before
        if not read.proved:
            self._require_followed(connection, stored.record, record_id, {item.item for item in known})
        codes = bytearray([Code.REJECTED] * item_count(stored.record))
        for item in known:
            codes[item.item] = item.outcome
        target = self._book.target(connection, stored.record, record_id) or bytes(20)
        outcome = Outcome(record_id, target, receipt.block, block.timestamp, receipt.transaction, 0, bytes(codes))
        return outcome_entry(self._domain, outcome, settles=record_id)

    def _require_followed(
        self, connection: Connection, record: Record, record_id: RecordId, decided: Collection[int]
    ) -> None:
        """Raise `ChainUnavailable` if the contract stands further with a shipment of the undecided items than the log.

        A third witness where headers prove nothing. Only terms and handoffs have a `submitBy`.
        """
        named = [item.shipment for item in record.items] if isinstance(record, Handoff) else [record_id]
        contract = self._book.in_force(ContractKind.CUSTODY)
        for item, shipment in enumerate(named):
            if contract is None or item in decided:
                continue
            (word,) = view(self._chain, contract, CONTRACT_OF_KIND[ContractKind.CUSTODY], "slotOf", shipment)
            row = shipments.get(connection, shipment)
            if word and (row is None or row.sequence < Slot.unpack(word).sequence):
                raise ChainUnavailable(
                    "the contract knows more of the shipment than the node's events told",
                    where=to_hex(shipment),
                    expected=f"sequence {row.sequence}" if row else "not there",
                    found=f"sequence {Slot.unpack(word).sequence}",
                )


def outcome_entry(domain: Domain, outcome: Outcome, settles: RecordId | None) -> Entry:
    """An outcome as the sequencer takes it: unsigned, found under its record."""
    outcome_id = domain.record_id(outcome)
    return Entry(SignedRecord(outcome, ()), outcome_id, concerns=concerns(outcome_id, outcome), settles=settles)
