"""Opened parts and signatures of every record, judged anew: nothing is taken over from when they were accepted."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import cast

from ledger.bundle.undisclosed import is_whole
from ledger.codes import Outcome as Code
from ledger.common.ids import RecordId, to_hex
from ledger.errors import LadingError, NotFound
from ledger.records.disclosure import Part, join, part_from_json, part_to_json, split
from ledger.records.evidence import Evidence
from ledger.records.recovered import recover_keys
from ledger.records.signing import Domain, SignedRecord
from ledger.records.types import BY_NUMBER, Outcome, Record, ShipmentTerms
from ledger.records.verification import Facts, verify_record
from ledger.registry.history import RegistryHistory, RegistryRecord
from ledger.services.audit.early_times import EarlyTimes
from ledger.services.audit.findings import Findings
from ledger.services.audit.log_rows import Tell, domain_of
from ledger.services.state import shipment_state
from ledger.services.state.current_registry import REGISTRY_TYPES
from ledger.services.state.verified_records import facts_of
from ledger.store import openings, records, rowwise
from ledger.store.database import Connection
from ledger.store.projections import outcomes
from ledger.store.records import StoredRecord
from ledger.store.rows import chunks, text_of
from ledger.store.rowwise import Row


def copy_openings(source: Connection, copy: Connection, findings: Findings, tell: Tell) -> None:
    """Every opened part is the one whose hash its record carries; sound ones go into the copy."""
    total = rowwise.count(source, "openings")
    done = 0
    owners = groupby(rowwise.stream(source, "openings"), lambda row: row["record_id"])
    for batch in chunks(((owner, list(rows)) for owner, rows in owners), 200):
        tell("openings", done, total)
        done += sum(len(rows) for _, rows in batch)
        known = records.get_many(copy, [RecordId(owner) for owner, _ in batch if isinstance(owner, bytes)])
        for owner, rows in batch:
            rowwise.insert(copy, "openings", _sound(rows, known.get(owner), findings))


def _sound(rows: list[Row], record: StoredRecord | None, findings: Findings) -> list[Row]:
    """Those of one record's opened parts that fit it."""
    if record is None:
        for row in rows:
            what = "an opened part lies here without a sound record"
            findings.add(row["record_id"], "openings", "a record", "none", what)
        return []
    try:
        parts = {str(row["path"]): _part(record.type_number, row) for row in rows}
        if set(parts) <= _opened(record.record, parts):
            return rows
    except _UNFIT:
        pass
    # One of them does not fit: look at each, whole lists first, which their elements need.
    lists = [row for row in rows if "[" not in str(row["path"])]
    fitting: list[Row] = []
    parts = {}
    for row in [*lists, *(row for row in rows if row not in lists)]:
        path = str(row["path"])
        try:
            part = _part(record.type_number, row)
            if path not in _opened(record.record, {**parts, path: part}):
                raise NotFound("the record has no such withheld part", where=path)
        except _UNFIT as error:
            _name(row, error, findings)
            continue
        parts[path] = part
        fitting.append(row)
    return fitting


_UNFIT = (LadingError, ValueError, TypeError, RecursionError)


def _opened(record: Record, parts: dict[str, Part]) -> set[str]:
    """The paths of `parts` that are open once they are put into `record`; raises for one that does not fit."""
    joined = split(join(record, parts))[1]
    lists = {path for path, part in parts.items() if isinstance(part, tuple)}
    opened = {path for path in lists if join(record, {path: parts[path]}) != record}
    return set(joined) | opened


def _name(row: Row, error: Exception, findings: Findings) -> None:
    expected = error.expected if isinstance(error, LadingError) and error.expected else "the part that was signed"
    result = error.found if isinstance(error, LadingError) and error.found else row["body"]
    findings.add(
        row["record_id"],
        f"openings.{row['path']}",
        expected,
        result,
        "the opened part is not the one that was signed: it was altered afterwards",
    )


def _part(type_number: int, row: Row) -> Part:
    part = part_from_json(BY_NUMBER[type_number], str(row["path"]), json.loads(row["body"]))
    if text_of(part_to_json(part)) != row["body"]:
        raise ValueError("not RFC 8785 text")
    return part


class Signatures:
    """Checks every signature in the copy, and that its key was its signer's at the record's place."""

    def __init__(
        self, copy: Connection, domains: Sequence[Domain], history: RegistryHistory, evidence: Evidence
    ) -> None:
        self._copy = copy
        self._evidence = evidence
        self._domains = domains
        self._history = history

    # --- ledger.records.signers.SignerContext -------------------------------------------------------------------------

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:
        return shipment_state.terms_of(self._copy, shipment)

    def record(self, record_id: bytes) -> Record | None:
        row = records.get(self._copy, RecordId(record_id))
        return None if row is None else openings.richest(self._copy, row)

    # -----------------------------------------------------------------------------------------------------------------

    def check(self, passed_over: set[RecordId], findings: Findings, tell: Tell, total: int) -> None:
        """Name every record that is not signed as it has to be, but for those `passed_over` (named already).

        Notes how many records have a part that is not open here: of another operator's partners nearly all. Notes log
        times that lie long before their evidence.
        """
        done, early, closed = 0, EarlyTimes(), list[RecordId]()
        for batch in chunks(records.stream(self._copy), 500):
            tell("signatures", done, total)
            done += len(batch)
            for row, rich, facts in self._prepared(batch):
                early.add(facts)
                if not isinstance(rich.record, Outcome) and not is_whole(rich.record):
                    closed.append(row.record_id)
                if row.record_id in passed_over:
                    continue
                domain = domain_of(row.record, row.record_id, self._domains) or self._domains[0]
                try:
                    verify_record(rich, domain, facts, self._history, self)
                except NotFound as error:
                    if isinstance(rich.record, Outcome) or "withheld" not in str(error):
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

    def _prepared(self, batch: list[StoredRecord]) -> Iterator[tuple[StoredRecord, SignedRecord, Facts]]:
        known = outcomes.of_many(self._copy, (row.record_id for row in batch))
        parts = openings.of_many(self._copy, batch)
        wanted = {item.outcome_record for items in known.values() for item in items}
        events = {i: cast(Outcome, row.record) for i, row in records.get_many(self._copy, wanted).items()}
        for row in batch:
            facts = facts_of(row, known.get(row.record_id, []), events, self._evidence)
            if facts.outcomes and all(code == Code.REJECTED for code in facts.outcomes):
                # The chain never judged its keys: they were good when the log took it.
                facts = replace(facts, block_number=None, block_time=None, event_index=None)
            yield row, SignedRecord(join(row.record, parts[row.record_id]), row.signature_list), facts


def with_pending(copy: Connection, history: RegistryHistory, time: int) -> RegistryHistory:
    """The history as it will be once the chain has recorded what the log has: a key whose grant still waits may sign
    records that wait behind it.
    """
    rows = list(records.stream(copy, types=REGISTRY_TYPES))
    settled = outcomes.of_many(copy, (row.record_id for row in rows))
    waiting = [row for row in rows if not settled.get(row.record_id)]
    coming = [(cast(RegistryRecord, row.record), recover_keys(row.record_id, row.signature_list)) for row in waiting]
    return history.expecting(coming, time) if coming else history


def named_records(findings: Findings) -> set[RecordId]:
    """The records that findings already name."""
    result = set()
    for finding in findings.all():
        if finding.record.startswith("0x") and len(finding.record) == len(to_hex(bytes(32))):
            result.add(RecordId(bytes.fromhex(finding.record[2:])))
    return result
