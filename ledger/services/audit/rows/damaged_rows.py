"""Rows of the log that are not as they were published: what happened to each, and what they were."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from ledger.common.ids import RecordId, to_hex
from ledger.errors import LadingError
from ledger.log.leaf import Leaf
from ledger.merkle import leaf_hash
from ledger.records.disclosure import split
from ledger.records.signing import Domain
from ledger.records.types import BY_NUMBER, Record
from ledger.services.audit.findings import Findings, differing_fields, with_lists_of
from ledger.services.audit.rows.judged import row_faults
from ledger.services.audit.rows.log_rows import Damage
from ledger.store import rowwise
from ledger.store.database import Connection
from ledger.store.rows import text_of
from ledger.store.rowwise import Row


class Damages:
    """The damaged places of one log, and where the records that belong there are now."""

    def __init__(self, connection: Connection, damages: Sequence[Damage], domains: Sequence[Domain]) -> None:
        self._damages = damages
        self._domains = domains
        self._published = {d.published.record_id: d for d in damages if d.published is not None}
        rows = rowwise.some(connection, "records", "record_id", list(self._published))
        self._elsewhere = {bytes(row["record_id"]): row for row in rows}

    def wanted(self) -> dict[RecordId, Leaf]:
        """The published records whose rows are not sound, so that the chain may give them back."""
        return {record_id: d.published for record_id, d in self._published.items() if d.published is not None}

    def restored(self, recovered: Mapping[RecordId, Row]) -> Iterator[Row]:
        """The rows as they should be, as far as the database or the chain still knows them."""
        for record_id, damage in self._published.items():
            leaf = damage.published
            own, theirs = self._elsewhere.get(record_id), recovered.get(record_id)
            row = own if own is not None and self._is_signed(own) else _with_lists(theirs, own)
            if row is None or leaf is None:
                continue
            if theirs is not None and _signatures_hash(row) != leaf.signatures_hash:
                row = {**row, "signatures": theirs["signatures"]}
            yield {
                **row,
                "log_index": damage.index,
                "type_number": leaf.type_number,
                "log_time": leaf.log_time,
                "leaf_hash": leaf_hash(leaf.encode()),
            }

    def _is_signed(self, row: Row) -> bool:
        """Whether the row's message is the one that its id names."""
        return not any(fault.field in ("message", "type_number") for fault in row_faults(row, self._domains))

    def explain(self, recovered: Mapping[RecordId, Row], findings: Findings) -> None:
        """Name what happened at each damaged place; a run of rows that moved together is one finding."""
        for offset, run in groupby(self._damages, self._offset):
            together = list(run)
            if offset and len(together) > 2:
                first, last = together[0].index, together[-1].index
                findings.add(
                    _id_of(together[0]),
                    "log_index",
                    f"{first} to {last}",
                    f"{first + offset} to {last + offset}",
                    f"the rows of these records stand {abs(offset)} place(s) {'later' if offset > 0 else 'earlier'} "
                    f"than published: a row was {'inserted' if offset > 0 else 'deleted'} before them",
                )
                continue
            for damage in together:
                self._explain(damage, recovered, findings)
        for damage in self._damages:
            self._explain_stranger(damage, findings)

    def _offset(self, damage: Damage) -> int:
        """How many places after its own the published record stands now; 0 when it stands there or nowhere."""
        own = self._elsewhere.get(_id_of(damage))
        if own is None or not isinstance(own["log_index"], int):
            return 0
        return int(own["log_index"]) - damage.index

    def _explain(self, damage: Damage, recovered: Mapping[RecordId, Row], findings: Findings) -> None:
        published, row = damage.published, damage.row
        if published is None:
            self._explain_alone(damage, findings)
        elif row is not None and row["record_id"] == published.record_id:
            self._explain_edit(damage, published, row, recovered.get(published.record_id), findings)
        elif offset := self._offset(damage):
            findings.add(
                published.record_id,
                "log_index",
                damage.index,
                damage.index + offset,
                "the row stands at another place of the log than the one published: rows were swapped or moved",
            )
        elif row is None or row["record_id"] in self._published:
            findings.add(
                published.record_id,
                "records",
                f"a row at index {damage.index}",
                "no row",
                "the published record has no row any more: it was deleted",
            )
        else:
            findings.add(
                published.record_id,
                "record_id",
                published.record_id,
                row["record_id"],
                f"another record stands at index {damage.index} than the one published: the row was rewritten",
            )
            self._explain_content(published.record_id, row, recovered.get(published.record_id), findings)

    def _explain_edit(
        self, damage: Damage, published: Leaf, row: Row, recovered: Row | None, findings: Findings
    ) -> None:
        """The row bears the published id: which of its columns are not what was signed and published?"""
        named = False
        for fault in damage.faults:
            if fault.field == "message" and self._explain_content(published.record_id, row, recovered, findings):
                named = True
                continue
            findings.add(published.record_id, fault.field, fault.expected, fault.found, fault.what)
            named = True
        if row["type_number"] != published.type_number:
            findings.add(
                published.record_id,
                "type_number",
                published.type_number,
                row["type_number"],
                "the row was edited after it was published",
            )
            named = True
        if row["log_time"] != published.log_time:
            findings.add(
                published.record_id,
                "log_time",
                published.log_time,
                row["log_time"],
                "the log time was edited after it was published",
            )
            named = True
        ours = _signatures_hash(row)
        if ours != published.signatures_hash:
            findings.add(
                published.record_id,
                "signatures",
                f"SHA-256 {published.signatures_hash.hex()}",
                f"SHA-256 {ours.hex()}",
                "the signatures are not those that were published: they were altered or exchanged",
            )
            named = True
        if not named:
            findings.add(published.record_id, "records", "the published leaf", "another leaf", "the row was edited")

    def _explain_content(self, record_id: RecordId, row: Row, recovered: Row | None, findings: Findings) -> bool:
        """Compare the message field by field with the one that the chain has; whether anything was named."""
        theirs, ours = _record(recovered), _record(row)
        if theirs is None or ours is None or type(theirs) is not type(ours):
            return False
        before = len(findings)
        for path, expected, match in differing_fields(theirs, ours):
            findings.add(
                record_id,
                f"message.{path}",
                expected,
                match,
                "the row was edited: the record that was signed, and that the chain took, says otherwise",
            )
        return len(findings) > before

    def _explain_alone(self, damage: Damage, findings: Findings) -> None:
        """A row that no checkpoint covers yet can only be judged by itself."""
        for fault in damage.faults:
            findings.add(_shown_id(damage.row), fault.field, fault.expected, fault.found, fault.what)

    def _explain_stranger(self, damage: Damage, findings: Findings) -> None:
        """A row at a published place whose record was never published there or anywhere near."""
        row, published = damage.row, damage.published
        if row is None or published is None or row["record_id"] == published.record_id:
            return
        if self._offset(damage) and row["record_id"] not in self._published:
            findings.add(
                _shown_id(row),
                "records",
                "no such record",
                f"a row at index {damage.index}",
                "a row stands among published ones that was never published: it was inserted",
            )


def _id_of(damage: Damage) -> RecordId:
    return RecordId(b"") if damage.published is None else damage.published.record_id


def _shown_id(row: Row | None) -> str:
    value = None if row is None else row["record_id"]
    return to_hex(value) if isinstance(value, bytes) else str(value)


def _signatures_hash(row: Row) -> bytes:
    return hashlib.sha256(row["signatures"]).digest() if isinstance(row["signatures"], bytes) else b""


def _with_lists(recovered: Row | None, own: Row | None) -> Row | None:
    """The chain's version of a row, and the hashes of private list elements from our own where they still fit."""
    theirs, ours = _record(recovered), _record(own)
    if recovered is None or theirs is None or ours is None or type(theirs) is not type(ours):
        return recovered
    return {**recovered, "message": text_of(split(with_lists_of(theirs, ours))[0].to_json())}


def _record(row: Row | None) -> Record | None:
    if row is None:
        return None
    try:
        return BY_NUMBER[row["type_number"]].from_json(json.loads(row["message"]))
    except (LadingError, ValueError, KeyError, TypeError, RecursionError):
        return None
