"""Drafts of attestations that go on where others end: they repeat what these claim, and it is noted who reads that."""

from collections.abc import Iterable
from dataclasses import replace

from ledger.common.ids import RecordId
from ledger.records.disclosure import join
from ledger.records.types import Attestation
from ledger.services.home.home import Home
from ledger.services.views.access_journal import AccessJournal, AccessRight, Opened
from ledger.services.views.records import Reader
from ledger.store import openings, records
from ledger.worklist import attestations
from ledger.worklist.items import Action, Item


class Renewals:
    def __init__(self, home: Home) -> None:
        self._db = home.database
        self._journal = AccessJournal(home.database, home.clock)

    def drafted(self, reader: Reader, items: Iterable[Item]) -> list[Item]:
        """`items` of `reader`, those of attestations with the draft of a renewal where their claims are open here."""
        shown = list(items)
        ids = [RecordId(item.subject) for item in shown if item.action is Action.RENEW]
        if not ids:
            return shown
        with self._db.read() as connection:
            rows = records.get_many(connection, ids)
            parts = openings.of_many(connection, rows.values(), paths=("claims",))
        self._journal.note(reader.partner, reader.key, {i: Opened(parts[i], AccessRight.PARTY) for i in rows})
        drafts = {
            one: attestations.renewal(record)
            for one, row in rows.items()
            if isinstance(record := join(row.record, parts[one]), Attestation)
        }
        return [
            replace(item, draft=drafts.get(RecordId(item.subject), {})) if item.action is Action.RENEW else item
            for item in shown
        ]
