"""Erasing private parts: salt and body leave the database, what repeats them, and the bytes of its files.

Erased is noted for ever, in the database and in a file beside the keys, so that neither a record that is handed in
again nor a rebuild brings the part back. Who may what, and what is out of reach: `docs/adr/0016-erasure.md`.
"""

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from ledger.bonuses.award_file import amounts_only
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId, to_hex
from ledger.errors import LadingError, Misconfigured, NotFound, NotPermitted, StorageFailed
from ledger.records.erasure import OPERATOR, Erasure, ErasureReason, paths_under, rules_rest_on
from ledger.records.signing import recover
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.custody_projection import note_erased
from ledger.store import meta, openings, proposals, records
from ledger.store.database import Connection
from ledger.store.records import StoredRecord

FILE = "erasures.jsonl"
"""In the home, beside the keys: a line an erasure."""
UNSCRUBBED = "unscrubbed"
"""In `meta` while the database's files may still hold bytes of what was erased: the time of the last erasure."""
BETWEEN_SCRUBS = 600
"""Seconds: a scrub rewrites the whole database, so that many erasures share one."""


class Erasing:
    def __init__(self, home: Home, registry: CurrentRegistry) -> None:
        self._db = home.database
        self._registry = registry
        self._file = home.settings.home / FILE
        self._clock = home.clock
        self._scrubbed_at = -BETWEEN_SCRUBS

    def erase(
        self,
        record_id: RecordId,
        wanted: Sequence[str] = (),
        *,
        reason: ErasureReason,
        by: int = OPERATOR,
        key: bytes = b"",
    ) -> list[Erasure]:
        """Erase the parts at or under `wanted` paths (none: all) of a record in the log; what is erased of them now.

        1. What is open here of what is asked for, and whether `by` may.
        2. It is noted, in the file first: after a crash in between, what the file names is erased when it is asked for
           again, and not taken in before.
        3. It goes, with what repeats it: goods that were noted, computed award files.
        The bytes leave the files with the next `scrub`. To ask again changes nothing.

        Raises `NotFound` for what is neither open here nor erased, `NotPermitted` for who may not.
        """
        with self._db.write() as connection:
            # 1.
            row = records.get(connection, record_id)
            if row is None:
                raise NotFound("no such record in the log", where="record", found=to_hex(record_id))
            kept, before = openings.of(connection, row), openings.erased_of(connection, record_id)
            chosen = paths_under(kept, wanted) if wanted else list(kept)
            known = [e for e in before if not wanted or paths_under([e.path], wanted)]
            if not chosen and not known:
                raise NotFound(
                    "no such part is open here",
                    where="part",
                    expected=", ".join(kept) or "nothing is open",
                    found=", ".join(wanted),
                )
            if by != OPERATOR:
                self._require_right(connection, row, by, key)
                if resting := [path for path in chosen if rules_rest_on(row.record, kept[path])]:
                    raise NotPermitted(
                        "figures or rules rest on this part, and others on them",
                        where=resting[0],
                        mend="Ask the operator, who decides with all parties: lading records erase",
                    )
            if not chosen:
                return known
            # 2.
            entries = [Erasure(record_id, path, self._clock.now(), by, str(reason)) for path in chosen]
            append_to_file(self._file, entries)
            openings.note_erased(connection, entries)
            # 3.
            self._remove(connection, row, chosen)
            return sorted([*known, *entries], key=lambda entry: entry.path)

    def erase_again(self) -> None:
        """Erase what the file names and the database does not: it was restored from an older backup, or a crash came
        between the two. What the database alone names, because the file is an older one, is added to the file.
        """
        noted = read_file(self._file)
        with self._db.read() as connection:
            listed = openings.erased_listing(connection)
        known, named = _places(listed), _places(noted)
        if new := [entry for entry in noted if (entry.record_id, entry.path) not in known]:
            with self._db.write() as connection:
                openings.note_erased(connection, new)
                for row in records.get_many(connection, {entry.record_id for entry in new}).values():
                    self._remove(connection, row, [entry.path for entry in new if entry.record_id == row.record_id])
        if lacking := [entry for entry in listed if (entry.record_id, entry.path) not in named]:
            with suppress(StorageFailed):  # the database has it, and the next start tries again
                append_to_file(self._file, lacking)

    def scrub(self) -> bool:
        """Rewrite the database's files without what was erased since the last time; False when there was nothing.

        Raises `Busy` when others read or write all the time: then it is still to be done.
        """
        with self._db.read() as connection:
            result = meta.get(connection, UNSCRUBBED)
        if result is None:
            return False
        self._db.scrub()
        with self._db.write() as connection:
            if meta.get(connection, UNSCRUBBED) == result:  # nothing else was erased meanwhile
                meta.remove(connection, UNSCRUBBED)
        return True

    def scrub_now_and_then(self) -> None:
        """`scrub`, but not again within `BETWEEN_SCRUBS` seconds, whatever comes of it."""
        if self._clock.now() - self._scrubbed_at >= BETWEEN_SCRUBS:
            with self._db.read() as connection:
                due = meta.get(connection, UNSCRUBBED) is not None
            if due:
                self._scrubbed_at = self._clock.now()
                self.scrub()

    def listing(self) -> list[Erasure]:
        """Everything that was erased here, oldest first."""
        with self._db.read() as connection:
            return openings.erased_listing(connection)

    def _remove(self, connection: Connection, row: StoredRecord, paths: Sequence[str]) -> None:
        for path in paths:
            openings.forget(connection, row.record_id, path)
        proposals.remove(connection, row.record_id)
        note_erased(connection, row)
        for name, text in meta.holding(connection, "award/", to_hex(row.record_id)):
            meta.put(connection, name, json.dumps(amounts_only(json.loads(text))))
        meta.put(connection, UNSCRUBBED, f"{self._clock.now()} {to_hex(row.record_id)} {','.join(paths)}")

    def _require_right(self, connection: Connection, row: StoredRecord, partner: int, asking: bytes) -> None:
        """Raise `NotPermitted` unless `partner` alone signed, and with the key that asks: what others signed too is
        theirs as well, and a device or a lost session undoes nothing that it did not sign.
        """
        view = self._registry.refreshed(connection).now()
        keys = [recover(row.record_id, signature) for signature in row.signature_list]
        signers = {address.partner if (address := view.address(key)) else 0 for key in keys}
        if signers != {partner} or asking not in keys:
            raise NotPermitted(
                "only the key that signed a record alone erases parts of it",
                where="record",
                expected=", ".join(map(str, sorted(signers))),
                found=partner,
                mend="Ask the operator, who decides with all parties: lading records erase",
            )


def _places(entries: Iterable[Erasure]) -> set[tuple[RecordId, str]]:
    return {(entry.record_id, entry.path) for entry in entries}


def append_to_file(path: Path, entries: Iterable[Erasure]) -> None:
    """Add lines that survive a power failure."""
    lines = b"".join(canonical_json(entry.to_json()) + b"\n" for entry in entries)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.ftruncate(handle, _whole(path))
            while lines:
                lines = lines[os.write(handle, lines) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StorageFailed("cannot be noted", where=str(path), found=error.strerror or "") from error


def _whole(path: Path) -> int:
    """How many bytes of the file are whole lines: a crash may have torn the last one, before anything was erased."""
    return path.read_bytes().rfind(b"\n") + 1


def read_file(path: Path) -> list[Erasure]:
    """What the file names; raises `Misconfigured` for a line that is none, `StorageFailed` when the disk refuses.

    A last line without an end was torn by a crash, before anything was erased: it names nothing.
    """
    entries = []
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageFailed("what was erased cannot be read", where=str(path), found=error.strerror or "") from None
    for number, line in enumerate(data[: data.rfind(b"\n") + 1].splitlines(), start=1):
        try:
            entries.append(Erasure.from_json(json.loads(line)))
        except (LadingError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise Misconfigured("not a line of erasures", where=f"{path}:{number}", found=str(error)) from None
    return entries
