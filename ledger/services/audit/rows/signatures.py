"""Signatures of every record, judged anew: nothing is taken over from when they were accepted."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from ledger.codes import Outcome as Code
from ledger.common.ids import RecordId, to_hex
from ledger.errors import LadingError, NotFound
from ledger.records.disclosure import is_whole, join
from ledger.records.evidence import Evidence
from ledger.records.recovered import recover_record
from ledger.records.signing import Domain, SignedRecord
from ledger.records.types import Outcome, Record, ShipmentTerms
from ledger.records.verification import Facts, verify_record, verify_recovered
from ledger.registry.history import RegistryHistory, RegistryRecord
from ledger.services.audit.early_times import EarlyTimes
from ledger.services.audit.findings import Findings
from ledger.services.audit.rows.judged import domain_of
from ledger.services.audit.rows.known import KnownRows
from ledger.services.audit.rows.log_rows import Tell
from ledger.services.state import shipment_state
from ledger.services.state.current_registry import REGISTRY_TYPES
from ledger.services.state.verified_records import facts_of
from ledger.store import openings, records
from ledger.store.database import Connection
from ledger.store.projections import outcomes
from ledger.store.records import StoredRecord
from ledger.store.rows import chunks

BATCH = 500


class Signatures:
    """Checks every signature in the copy, and that its key was its signer's at the record's place."""

    def __init__(self, copy: Connection, history: RegistryHistory, evidence: Evidence, known: KnownRows) -> None:
        self._copy = copy
        self._evidence = evidence
        self._history = history
        self._known = known

    # --- ledger.records.signers.SignerContext -------------------------------------------------------------------------

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:
        return shipment_state.terms_of(self._copy, shipment)

    def record(self, record_id: bytes) -> Record | None:
        row = records.get(self._copy, RecordId(record_id))
        return None if row is None else openings.richest(self._copy, row)

    # -----------------------------------------------------------------------------------------------------------------

    def check(self, domains: Sequence[Domain], passed_over: set[RecordId], findings: Findings, tell: Tell) -> None:
        """Name every record that is not signed as it has to be, but for those `passed_over` (named already).

        Notes how many records have a part that is not open here: of another operator's partners nearly all. Notes log
        times that lie long before their evidence.
        """
        early, closed = EarlyTimes(), list[RecordId]()
        total = records.count(self._copy)
        done = 0
        for batch in chunks(records.stream(self._copy), BATCH):
            tell("signatures", done, total)
            done += len(batch)
            for row, facts in self._with_facts(batch):
                early.add(facts)
                if row.type_number != Outcome.NUMBER and not self._is_whole(row):
                    closed.append(row.record_id)
                if row.record_id in passed_over:
                    continue
                try:
                    self._verify(row, facts, domains)
                except NotFound as error:
                    if row.type_number == Outcome.NUMBER or "withheld" not in str(error):
                        findings.add(row.record_id, "signatures", error.expected, error.found, str(error))
                except LadingError as error:
                    findings.add(
                        row.record_id,
                        error.where or "signatures",
                        error.expected,
                        error.found,
                        f"the record is not properly signed: {error.what}",
                    )
        early.note(findings)
        if closed:
            found = f"not all of {len(closed)} records, the first {to_hex(closed[0])}"
            what = "parts are not open here: erased, or never shown. Figures that rest on them are ranges"
            findings.note("", "openings", "every part", found, what)

    def _is_whole(self, row: StoredRecord) -> bool:
        return self._known.is_whole(row.log_index) if self._known.has(row.log_index) else is_whole(self._opened(row))

    def _verify(self, row: StoredRecord, facts: Facts, domains: Sequence[Domain]) -> None:
        """Who must sign follows from the public fields, and the digest is the same whatever is open; so a row that was
        judged by itself, with keys for all its signatures, needs neither its parts nor its digest again.
        """
        keys = self._known.keys_at(row.log_index)
        if keys is None:
            rich = self._opened(row)
            domain = domain_of(row.record, row.record_id, domains) or domains[0]
            verify_record(SignedRecord(rich, row.signature_list), domain, facts, self._history, self)
        elif keys or row.type_number != Outcome.NUMBER:  # of an outcome there is nothing to judge
            made = dict(zip(row.signature_list, keys, strict=True))
            recovered = recover_record(row.signed, row.record_id, recover=lambda _id, signature, _at: made[signature])
            verify_recovered(recovered, facts, self._history, self)

    def _opened(self, row: StoredRecord) -> Record:
        return join(row.record, openings.of(self._copy, row))

    def _with_facts(self, batch: list[StoredRecord]) -> Iterator[tuple[StoredRecord, Facts]]:
        known = outcomes.of_many(self._copy, (row.record_id for row in batch))
        wanted = {item.outcome_record for items in known.values() for item in items}
        events = {i: cast(Outcome, row.record) for i, row in records.get_many(self._copy, wanted).items()}
        for row in batch:
            facts = facts_of(row, known.get(row.record_id, []), events, self._evidence)
            if facts.outcomes and all(code == Code.REJECTED for code in facts.outcomes):
                # The chain never judged its keys: they were good when the log took it.
                facts = replace(facts, block_number=None, block_time=None, event_index=None)
            yield row, facts


def with_pending(copy: Connection, history: RegistryHistory, time: int, known: KnownRows) -> RegistryHistory:
    """The history as it will be once the chain has recorded what the log has: a key whose grant still waits may sign
    records that wait behind it.
    """
    rows = list(records.stream(copy, types=REGISTRY_TYPES))
    settled = outcomes.of_many(copy, (row.record_id for row in rows))
    waiting = [row for row in rows if not settled.get(row.record_id)]
    coming = [(cast(RegistryRecord, row.record), known.of(row)) for row in waiting]
    return history.expecting(coming, time) if coming else history


def named_records(findings: Findings) -> set[RecordId]:
    """The records that findings already name."""
    result = set()
    for finding in findings.all():
        if finding.record.startswith("0x") and len(finding.record) == len(to_hex(bytes(32))):
            result.add(RecordId(bytes.fromhex(finding.record[2:])))
    return result
