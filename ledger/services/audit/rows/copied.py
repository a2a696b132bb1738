"""The audit's copy: the sound rows of a log, with their opened parts and index entries, in a database of its own."""

from collections.abc import Sequence
from itertools import groupby

from ledger.common.ids import RecordId
from ledger.records.index_keys import concerns
from ledger.services.audit.findings import Findings
from ledger.services.audit.rows.judged import Fault, judge_parts
from ledger.services.audit.rows.known import KnownRows
from ledger.services.audit.rows.log_rows import SoundRow, Tell
from ledger.store import records, rowwise
from ledger.store.database import Connection
from ledger.store.rows import chunks
from ledger.store.rowwise import Row


class Copied:
    """What stands in the copy, and what is wrong with parts that do not.

    `known` tells of the rows that were judged by themselves; rows that were put right later are in the copy too.
    """

    def __init__(self, copy: Connection) -> None:
        self.copy = copy
        self.known = KnownRows()
        self._part_faults: dict[bytes, tuple[Fault, ...]] = {}
        self._parts = 0
        self._restored: list[int] = []

    def keep(self, batch: Sequence[SoundRow]) -> None:
        """Put in rows that are sound, their parts that fit, and their entries in the index."""
        for one in batch:
            row, judged = one.row, one.judged
            self.known.note(row["log_index"], judged.keys, whole=judged.parts.whole)
            self._parts += len(one.parts)
            if judged.parts.faults:
                self._part_faults[row["record_id"]] = judged.parts.faults
        self._insert(batch)

    def borrow(self, one: SoundRow) -> None:
        """Put in a row from before those that were judged, which is sound: later ones rest on it."""
        self.known.note_apart(one.row["log_index"], one.judged.keys, whole=one.judged.parts.whole)
        self._insert([one])

    def _insert(self, batch: Sequence[SoundRow]) -> None:
        rowwise.insert(self.copy, "records", [one.row for one in batch])
        parts: list[Row] = []
        entries: list[Row] = []
        for one in batch:
            row, judged = one.row, one.judged
            parts += [one.parts[i] for i in judged.parts.fitting]
            entries += [{"kind": kind, "key": key, "log_index": row["log_index"]} for kind, key in judged.entries]
        rowwise.insert(self.copy, "openings", parts)
        rowwise.insert(self.copy, "record_index", entries)

    def restore(self, rows: Sequence[Row]) -> None:
        """Put in rows as they should be, in the place of damaged ones."""
        rowwise.insert(self.copy, "records", rows)
        self._restored += [row["log_index"] for row in rows]

    def check_parts(self, source: Connection, findings: Findings, tell: Tell) -> None:
        """Every opened part is the one whose hash its record carries. Call it once damaged rows are restored: their
        parts go into the copy here.
        """
        total = rowwise.count(source, "openings")
        if total == self._parts and not self._part_faults:
            return
        done = 0
        owners = groupby(rowwise.stream(source, "openings"), lambda row: row["record_id"])
        for batch in chunks(((owner, list(rows)) for owner, rows in owners), 200):
            tell("openings", done, total)
            done += sum(len(rows) for _, rows in batch)
            there = records.get_many(self.copy, [RecordId(owner) for owner, _ in batch if isinstance(owner, bytes)])
            for owner, rows in batch:
                record = there.get(owner)
                if record is None:
                    for row in rows:
                        what = "an opened part lies here without a sound record"
                        findings.add(row["record_id"], "openings", "a record", "none", what)
                    continue
                if self.known.has(record.log_index):
                    faults = self._part_faults.get(owner, ())
                else:
                    judged = judge_parts(rows, record.record)
                    rowwise.insert(self.copy, "openings", [rows[i] for i in judged.fitting])
                    faults = judged.faults
                _name(owner, faults, findings)

    def check_new_parts(self, source: Connection, findings: Findings) -> None:
        """As `check_parts`, of the rows that were judged or restored only: what lies beside others is not looked at."""
        for owner, faults in sorted(self._part_faults.items()):
            _name(owner, faults, findings)
        for index in self._restored:
            record = records.at(self.copy, index)
            if record is not None:
                rows = rowwise.some(source, "openings", "record_id", [record.record_id])
                judged = judge_parts(rows, record.record)
                rowwise.insert(self.copy, "openings", [rows[i] for i in judged.fitting])
                _name(record.record_id, judged.faults, findings)

    def fill_index(self) -> None:
        """Enter what was restored into the index of the copy."""
        for index in self._restored:
            row = records.at(self.copy, index)
            if row is not None:
                entries = concerns(row.record_id, row.record)
                rowwise.insert(
                    self.copy,
                    "record_index",
                    [{"kind": one.kind, "key": one.key, "log_index": index} for one in entries],
                )


def _name(owner: bytes, faults: Sequence[Fault], findings: Findings) -> None:
    for fault in faults:
        findings.add(owner, fault.field, fault.expected, fault.found, fault.what)
