"""Who opened whose private parts is noted itself, and told to the parties of the shipment.

An answer that shows a private part is given only after it was noted who gets it: which record and parts, to which key
of which partner, when, and on what right. The same again within an hour is noted once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import full_hour
from ledger.records.index_keys import PARTNER, Concern, concerns
from ledger.records.types import Record
from ledger.services.home.clock import Clock
from ledger.services.state.partner_names import PartnerName
from ledger.store import openings
from ledger.store.database import Database
from ledger.store.openings import StoredAccess

OPERATOR = PartnerName(0, "the operator")


class AccessRight(StrEnum):
    """Why somebody may open a record's private parts."""

    PARTY = "party"
    RECIPIENT = "recipient"
    GOODS = "goods"
    AMENDED = "amended"
    AUDITOR = "auditor"
    EXPORT = "export"
    FORWARDED = "forwarded"


def own_right(record_id: RecordId, record: Record, partner: int, *, auditor: bool) -> AccessRight | None:
    """The right that a record by itself gives to whoever may read its kind: to auditors, and to partners it names."""
    if auditor:
        return AccessRight.AUDITOR
    named = Concern(PARTNER, str(partner))
    return AccessRight.PARTY if partner and named in concerns(record_id, record) else None


class Opened(NamedTuple):
    """The parts of a record that an answer shows, and on what right."""

    paths: Iterable[str]
    right: AccessRight


@dataclass(frozen=True, slots=True)
class AccessView:
    """`partner` (id 0: a recipient's key, or the operator) opened the parts at `paths` of `record` at `at`, and perhaps
    again in that full hour. `right`: as a party or signer, as the recipient, as sender or receiver of all its goods, as
    a party of what it amends, as an auditor, or the operator into a bundle that it exported. `forwarded`: the operator
    to the log with the id `key`, with the consent of `partner`.
    """

    record: str
    paths: tuple[str, ...]
    partner: PartnerName
    key: str
    right: AccessRight
    at: int


class AccessJournal:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock
        self._hour = 0
        self._noted: set[tuple[RecordId, bytes, str]] = set()
        """What was noted in this hour: most that is read is read again."""

    def note(self, partner: int, key: bytes, opened: Mapping[RecordId, Opened]) -> None:
        """Note that a key of `partner` is about to see these parts, or another log, whose id `key` then is."""
        now = self._clock.now()
        hour = full_hour(now)
        if hour != self._hour:
            self._hour, self._noted = hour, set()
        rows = []
        for record_id, (paths, right) in opened.items():
            joined = ",".join(sorted(paths))
            if joined and (record_id, key, joined) not in self._noted:
                rows.append(StoredAccess(record_id, key, hour, joined, partner, str(right), now))
        if rows:
            with self._db.write() as connection:
                openings.note_accesses(connection, rows)
            self._noted.update((row.record_id, row.key, row.paths) for row in rows)


def access_view(row: StoredAccess, name: PartnerName) -> AccessView:
    """`name`: that of the partner whose key it was."""
    paths, right = tuple(row.paths.split(",")), AccessRight(row.right)
    who = OPERATOR if right is AccessRight.EXPORT else name
    return AccessView(to_hex(row.record_id), paths, who, to_hex(row.key), right, row.at)
