"""Older rows on which newer ones rest: taken from the home into the audit's copy if the remembered tree holds them."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from ledger.common.ids import RecordId, to_hex
from ledger.errors import LadingError
from ledger.merkle import verify_inclusion
from ledger.records.signers import RecipientSigner, expected_signers, shipments_of
from ledger.records.signing import Domain
from ledger.records.types import Amendment, Outcome, Record, ShipmentTerms
from ledger.services.audit.findings import Findings
from ledger.services.audit.rows.copied import Copied
from ledger.services.audit.rows.judged import JudgedRow, judge_row
from ledger.services.audit.rows.log_rows import SoundRow
from ledger.services.audit.since.extension import Extension
from ledger.services.state import shipment_state
from ledger.services.state.current_registry import REGISTRY_TYPES
from ledger.store import outbox, records, rowwise
from ledger.store.database import Connection
from ledger.store.rows import chunks
from ledger.store.rowwise import Row

_EDITED = "a row under the remembered checkpoint, on which later records rest, is not the one published: it was edited"


class Borrowed:
    """What was taken so far: `ids`. `settled`: records of which an outcome came since, whose keys are judged once more.

    `first`: the first leaf that came since.
    """

    def __init__(
        self, source: Connection, copied: Copied, domains: Sequence[Domain], extension: Extension, findings: Findings
    ) -> None:
        self._source = source
        self._copied = copied
        self._domains = domains
        self._extension = extension
        self._findings = findings
        self._refused: set[RecordId] = set()
        self.first = extension.first
        self.settled: set[RecordId] = set()
        self.ids: set[RecordId] = set()

    def take_context(self) -> None:
        """Everything that the signers and outcomes of the new rows rest on."""
        for batch in chunks(records.stream(self._copied.copy, self.first)):
            outcomes = [row.record for row in batch if isinstance(row.record, Outcome)]
            self.settled |= {RecordId(outcome.record) for outcome in outcomes}
            self.take_with_outcomes({RecordId(outcome.record) for outcome in outcomes})
            self._take_contexts(row.record for row in batch)
        for target in records.get_many(self._copied.copy, self.settled & self.ids).values():
            self._take_contexts([target.record])

    def take_waiting_registry(self) -> None:
        """The registry's records that the chain has not settled: keys of theirs may sign what waits behind them.

        Those that it has settled are told by its events, whatever the outbox says.
        """
        rows = rowwise.some(self._source, "outbox", "state", outbox.STATES[:-1])
        waiting = [row["record_id"] for row in rows if row["type_number"] in REGISTRY_TYPES]
        self.take_with_outcomes({RecordId(one) for one in waiting if isinstance(one, bytes)})

    def take_with_outcomes(self, record_ids: Collection[RecordId]) -> None:
        """These records, and what the log had of their outcomes."""
        self.take(record_ids)
        self.take(records.naming(self._source, self.ids & set(record_ids), types=[Outcome.NUMBER], stop=self.first))

    def take(self, record_ids: Iterable[RecordId]) -> None:
        """Those of these records that lie under the remembered tree, and are not in the copy yet."""
        wanted = set(record_ids) - self.ids - self._refused
        missing = wanted - set(records.get_many(self._copied.copy, wanted))
        rows = [row for row in rowwise.some(self._source, "records", "record_id", sorted(missing)) if self._is_old(row)]
        parts: dict[bytes, list[Row]] = {}
        for part in rowwise.some(self._source, "openings", "record_id", [row["record_id"] for row in rows]):
            parts.setdefault(part["record_id"], []).append(part)
        for row in sorted(rows, key=lambda row: int(row["log_index"])):
            index, record_id = row["log_index"], RecordId(row["record_id"])
            beside = parts.get(record_id, [])
            judged = judge_row(row, beside, self._domains)
            if self._is_published(index, judged):
                self.ids.add(record_id)
                self._copied.borrow(SoundRow(row, beside, judged))
            else:
                self._refused.add(record_id)
                self._findings.add(record_id, "records", f"leaf {index} as published", "another row", _EDITED)

    def _is_old(self, row: Row) -> bool:
        """New rows were judged as such."""
        return isinstance(row["log_index"], int) and 0 <= row["log_index"] < self.first

    def _is_published(self, index: int, judged: JudgedRow) -> bool:
        tree, head = self._extension.tree, self._extension.head
        try:
            verify_inclusion(judged.leaf_hash, index, head.size, tree.inclusion_proof(index, head.size), head.root)
        except LadingError:
            return False
        return not judged.faults and not judged.parts.faults

    def _take_contexts(self, several: Iterable[Record]) -> None:
        for record in several:
            for shipment in self._shipments(record):
                self._take_terms(shipment)

    def _shipments(self, record: Record) -> Iterator[bytes]:
        """The shipments whose terms say who has to sign `record`."""
        if isinstance(record, Amendment):
            self.take([RecordId(record.target)])
            target = records.get(self._copied.copy, RecordId(record.target))
            if target is None or isinstance(target.record, Amendment):
                return
            yield from shipments_of(target.record)
            record = target.record
        for signer in expected_signers(record, _NoContext()):
            if isinstance(signer, RecipientSigner):
                yield from signer.shipments

    def _take_terms(self, shipment: bytes) -> None:
        """The terms of a shipment, through whatever it was split from or left behind by."""
        above = [shipment]
        seen = set(above)
        while above:
            for row, parent in shipment_state.openers(self._source, above.pop()):
                self.take([row.record_id])
                if parent is not None and parent not in seen:
                    seen.add(parent)
                    above.append(parent)


class _NoContext:
    """`ledger.records.signers.SignerContext` for records whose signers follow from themselves: all but amendments."""

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:
        raise LookupError(f"only an amendment asks for the terms of {to_hex(shipment)}")

    def record(self, record_id: bytes) -> Record | None:
        raise LookupError(f"only an amendment asks for the record {to_hex(record_id)}")
