"""Answers for readers: records with both status tracks, shipments with their story, partners.

`Reader` says who asks; private parts are opened for the parties of a record and for auditors, and for nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.codes import Role
from ledger.common.ids import KeyAddress, RecordId, to_hex
from ledger.common.scopes import ALL_SCOPES, key_covers
from ledger.errors import NotFound, NotPermitted
from ledger.log.leaf import LogSigner
from ledger.records import index_keys as concerning
from ledger.records.disclosure import join, split
from ledger.records.recovered import RecoveredRecord
from ledger.records.signers import shipments_of
from ledger.records.types import LOG_ONLY, Amendment, Commercial, Record, ShipmentTerms
from ledger.records.types import Outcome as OutcomeRecord
from ledger.registry.partner_book import PartnerBook
from ledger.registry.state import AddressKind
from ledger.services.home.home import Home
from ledger.services.intake import referenced_records
from ledger.services.intake.signature_order import StoreContext, in_order
from ledger.services.state import shipment_state
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.partner_names import Names, PartnerName
from ledger.services.state.verified_records import VerifiedRecords
from ledger.services.views.access_journal import AccessJournal, AccessRight, AccessView, Opened, access_view, own_right
from ledger.services.views.chain_track import chain_track
from ledger.services.views.course.private_parts import parts_shown
from ledger.services.views.log_track import log_track
from ledger.services.views.models import (
    ChainTrack,
    ErasedView,
    LogTrack,
    MissingView,
    PartnerView,
    RecordView,
    ShipmentView,
    StoryView,
    UnopenedShipment,
)
from ledger.services.views.partners import Members
from ledger.services.views.shipment import ShipmentViews
from ledger.store import checkpoints, openings, outbox, proposals, records
from ledger.store.database import Connection
from ledger.store.projections import shipments
from ledger.store.records import StoredRecord
from ledger.worklist.signatures import WAITING


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks. The public is partner 0 without any key.

    `scopes`: bit n - 1 opens records of type n; a device key sees what it may sign, a driver's no prices.
    """

    partner: int = 0
    auditor: bool = False
    key: bytes = b""
    scopes: int = ALL_SCOPES

    def may_read(self, type_number: int) -> bool:
        return key_covers(self.scopes, type_number)


PUBLIC = Reader()
MOST_OPENINGS = 500
"""Most entries of the access journal in one answer."""
Openings = dict[RecordId, Opened]


def may_open_terms(terms: ShipmentTerms, reader: Reader) -> bool:
    """Whether these terms, opened, name the reader: as a party, as the recipient, or as who owes or is owed the
    penalty; auditors read all.
    """
    if not reader.may_read(terms.NUMBER):
        return False
    if reader.auditor or (reader.key and terms.recipientKey == reader.key):
        return True
    commercial = terms.commercial
    named = {terms.consignor, terms.consignee, terms.holder}
    named |= {commercial.liable, commercial.beneficiary} if isinstance(commercial, Commercial) else set()
    return reader.partner != 0 and reader.partner in named


def is_somebody(reader: Reader, record: Record) -> bool:
    """Whether anything can give the reader a right to the record."""
    return reader.may_read(record.NUMBER) and bool(reader.auditor or reader.partner or reader.key)


class RecordViews:
    """`signer`: of the log, whose receipts are made again from its rows."""

    def __init__(self, home: Home, registry: CurrentRegistry, signer: LogSigner) -> None:
        self._db = home.database
        self._registry = registry
        self._signer = signer
        self._consortium = home.consortium
        self._journal = AccessJournal(home.database, home.clock)
        self._names = Names(registry, home.domain.consortium_id)
        self._shipments = ShipmentViews(self._names, registry, home)
        self._members = Members(home.database, registry, self._names)

    def reader(self, key: KeyAddress) -> Reader:
        """Whom a signed-in key reads for: its partner while the key is in force, else only for itself."""
        with self._db.read() as connection:
            view = self._registry.for_request(connection).now()
        address = view.address(key)
        if address is None or address.kind > AddressKind.DEVICE_KEY or not address.in_force(view.time):
            return Reader(key=key)
        return Reader(address.partner, view.has_role(address.partner, Role.AUDITOR), key, address.scopes)

    # --- records -------------------------------------------------------------------------------------------

    def record(self, record_id: RecordId, reader: Reader = PUBLIC) -> RecordView:
        """One record, accepted or proposed; raises `NotFound`."""
        opened: Openings = {}
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            if row := records.get(connection, record_id):
                view = self._views(connection, [row], reader, opened)[0]
            elif proposal := proposals.get(connection, record_id):
                view = self._proposed(connection, proposal, reader, opened)
            else:
                raise NotFound("no such record", where="record", found=to_hex(record_id))
        self.note(reader, opened)
        return view

    def records(
        self,
        reader: Reader = PUBLIC,
        *,
        kind: str = "",
        key: str = "",
        types: Sequence[int] = (),
        after: int = -1,
        limit: int = 50,
        newest_first: bool = False,
        before: int | None = None,
        waiting: bool = False,
    ) -> list[RecordView]:
        """A page in log order; `kind` and `key` as in `ledger.records.index_keys`. `waiting`: those that wait for
        other records, in log order whatever else is asked."""
        opened: Openings = {}
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            if waiting:
                held = outbox.waiting(connection, kind, key, types=types, after=after, limit=limit)
                stored = records.get_many(connection, (row.record_id for row in held))
                rows = [stored[row.record_id] for row in held]
            else:
                rows = records.listing(
                    connection, kind, key, types=types, after=after, before=before, limit=limit,
                    newest_first=newest_first,
                )  # fmt: skip
            views = self._views(connection, rows, reader, opened)
        self.note(reader, opened)
        return views

    def of_ids(self, reader: Reader, ids: Sequence[RecordId]) -> dict[RecordId, RecordView]:
        """Those of `ids` that are in the log."""
        opened: Openings = {}
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            rows = list(records.get_many(connection, ids).values())
            views = self._views(connection, rows, reader, opened)
        self.note(reader, opened)
        return {row.record_id: view for row, view in zip(rows, views, strict=True)}

    def proposals_for(self, reader: Reader, now: int, limit: int = 100) -> list[RecordView]:
        """What waits for signatures and concerns the reader, newest first; nothing for the public. Grants of keys wait
        for nobody, but are shown to auditors."""
        if not reader.partner:
            return []
        opened: Openings = {}
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            kind, key = ("", "") if reader.auditor else (concerning.PARTNER, str(reader.partner))
            types = () if reader.auditor else WAITING
            matching = proposals.listing(connection, kind, key, types=types, now=now, limit=limit)
            views = [self._proposed(connection, p, reader, opened) for p in matching]
        self.note(reader, opened)
        return views

    def _views(
        self, connection: Connection, rows: Sequence[StoredRecord], reader: Reader, opened: Openings
    ) -> list[RecordView]:
        """What is shown of their private parts is put into `opened`."""
        anchored = checkpoints.latest_anchored(connection)
        verified = VerifiedRecords(connection, self._consortium, self._registry)
        settled = verified.settled(rows)
        facts = verified.facts(rows, settled)
        sent = {row.record_id for row in rows if not isinstance(row.record, (*LOG_ONLY, OutcomeRecord))}
        under_way = outbox.get_many(connection, sent)
        rights = {row.record_id: self.right_to(connection, row.record, row.record_id, reader) for row in rows}
        shown = [row for row in rows if rights[row.record_id] is not None]
        parts = openings.of_many(connection, shown) if shown else {}
        gone = openings.erased_of_many(connection, parts)
        opened |= {i: Opened(parts[i], right) for i, right in rights.items() if right is not None}
        views = []
        for row in rows:
            track = log_track(row, facts.get(row.record_id), self._signer, anchored)
            chain = ChainTrack("none")
            if row.record_id in sent:
                chain = chain_track(connection, row, settled.items.get(row.record_id, []), under_way.get(row.record_id))
            erased = tuple(ErasedView(e.path, e.erased_at, e.erased_by, e.reason) for e in gone.get(row.record_id, ()))
            record = join(row.record, parts[row.record_id]) if row.record_id in parts else row.record
            views.append(
                RecordView(
                    id=to_hex(row.record_id),
                    type=type(record).__name__,
                    number=record.NUMBER,
                    message=record.to_json(),
                    signatures=tuple(to_hex(s) for s in row.signature_list),
                    signers=self._names.signers_of(connection, row),
                    log=track,
                    chain=chain,
                    erased=erased,
                )
            )
        return views

    def _proposed(
        self, connection: Connection, proposal: proposals.Proposal, reader: Reader, opened: Openings
    ) -> RecordView:
        record = proposal.record
        closed, parts = split(record)
        if right := self.right_to(connection, record, proposal.record_id, reader):
            opened[proposal.record_id] = Opened(parts, right)
        else:
            record = closed
        signed = self._registry.signer_keys.recovered(proposal.signed, proposal.record_id)
        return RecordView(
            id=to_hex(proposal.record_id),
            type=type(record).__name__,
            number=record.NUMBER,
            message=record.to_json(),
            signatures=tuple(to_hex(s) for s in signed.signatures),
            signers=tuple(self._names.of_key(connection, key) for key in signed.keys),
            log=LogTrack("proposed", missing=self._missing(connection, signed)),
            chain=ChainTrack("none"),
        )

    def _missing(self, connection: Connection, proposed: RecoveredRecord) -> tuple[str, ...]:
        if lacking := referenced_records.missing(connection, proposed.record):
            return lacking
        return in_order(proposed.ordered(()), StoreContext(connection), self._registry, proposed).missing

    def may_open(self, connection: Connection, record: Record, record_id: RecordId, reader: Reader) -> bool:
        """Whether the reader has a right to the private parts of a record."""
        return self.right_to(connection, record, record_id, reader) is not None

    def right_to(
        self, connection: Connection, record: Record, record_id: RecordId, reader: Reader
    ) -> AccessRight | None:
        """Parties of the record or of what it amends, senders and receivers of all its goods, and auditors."""
        if not is_somebody(reader, record):
            return None
        if (own := own_right(record_id, record, reader.partner, auditor=reader.auditor)) is not None:
            return own
        if isinstance(record, ShipmentTerms):
            terms = shipment_state.terms_of(connection, record_id)
            if terms is None or not may_open_terms(terms, reader):
                return None
            return AccessRight.PARTY if reader.partner else AccessRight.RECIPIENT
        if isinstance(record, Amendment):
            return AccessRight.AMENDED if self._party_of_target(connection, record, reader) else None
        return AccessRight.GOODS if reader.partner and self._about_its_goods(connection, record, reader) else None

    def note(self, reader: Reader, opened: Openings) -> None:
        """Note who is about to see what; then it may be shown."""
        self._journal.note(reader.partner, reader.key, opened)

    def openings(self, shipment: bytes, reader: Reader) -> list[AccessView]:
        """Who opened private parts of the records about a shipment, the newest first, at most `MOST_OPENINGS`.

        Raises `NotFound`, and `NotPermitted` for whoever may not open its terms.
        """
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            row = shipments.get(connection, shipment)
            terms = records.get(connection, RecordId(row.terms)) if row is not None else None
            if terms is None:
                raise NotFound("no such shipment", where="shipment", found=to_hex(shipment))
            if not self.may_open(connection, terms.record, terms.record_id, reader):
                raise NotPermitted(
                    "who opened private parts is told to the parties of the shipment and to auditors",
                    where="shipment",
                    mend="Sign in with a key of a party.",
                )
            about = records.listing(connection, concerning.SHIPMENT, to_hex(shipment), limit=MOST_OPENINGS)
            ids = dict.fromkeys([terms.record_id, *(record.record_id for record in about)])
            found = openings.accesses_to(connection, ids, MOST_OPENINGS)
            return [access_view(entry, self._names.of(connection, entry.partner)) for entry in found]

    def _party_of_target(self, connection: Connection, amendment: Amendment, reader: Reader) -> bool:
        """Whether the reader may open what is amended: then it may know what stands there now."""
        target = records.get(connection, RecordId(amendment.target))
        if target is None or isinstance(target.record, Amendment):
            return False
        return self.may_open(connection, target.record, target.record_id, reader)

    def _about_its_goods(self, connection: Connection, record: Record, reader: Reader) -> bool:
        """Whether the reader sends or receives everything that the record is about: it may know what befell its goods,
        and what duty they bore, but not that of others on the same list."""
        named = set(shipments_of(record))
        rows = shipments.get_many(connection, named)
        return (
            bool(named)
            and len(rows) == len(named)
            and all(reader.partner in (row.consignor, row.consignee) for row in rows.values())
        )

    def may_see(self, record_id: RecordId, reader: Reader) -> bool:
        """Whether the reader sees the private parts of a record in the log."""
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            row = records.get(connection, record_id)
            return row is not None and self.may_open(connection, row.record, record_id, reader)

    # --- shipments -----------------------------------------------------------------------------------------

    def shipment(self, shipment: bytes, reader: Reader = PUBLIC) -> ShipmentView:
        """A shipment that the chain has recorded, with its whole story; raises `NotFound`."""
        rights: dict[RecordId, AccessRight | None] = {}
        rows: list[StoredRecord] = []
        with self._db.read() as connection:
            self._registry.refreshed(connection)

            def may_open(row: StoredRecord) -> bool:
                if row.record_id not in rights:
                    right = rights[row.record_id] = self.right_to(connection, row.record, row.record_id, reader)
                    rows.extend([row] if right is not None else [])
                return rights[row.record_id] is not None

            story = self._shipments.whole(connection, shipment, may_open)
            parts = openings.of_many(connection, rows) if rows else {}
        shown = {i: parts_shown(row.record, parts[i]) for row in rows for i in (row.record_id,)}
        self.note(reader, {i: Opened(paths, right) for i, paths in shown.items() if (right := rights[i]) is not None})
        return story

    def stories(self, wanted: Sequence[bytes]) -> list[StoryView]:
        """Of these shipments, in their order, those that the chain has recorded: as the public is told them."""
        with self._db.read() as connection:
            return self._shipments.told(connection, wanted)

    def open_against(self, partner: int) -> list[MissingView]:
        """What short deliveries left open against a partner; raises `NotFound` for one that was never admitted."""
        with self._db.read() as connection:
            self._members.require(self._registry.for_request(connection), partner)
            return self._shipments.open_against(connection, partner)

    def unopened(self, shipment: bytes) -> UnopenedShipment:
        """A shipment that the chain has not recorded, but that records of the log are about; raises `NotFound`."""
        with self._db.read() as connection:
            about = records.listing(connection, concerning.SHIPMENT, to_hex(shipment), limit=500)
            if not about:
                raise NotFound("no such shipment", where="shipment", found=to_hex(shipment))
            opener = next((to_hex(row.record_id) for row, _ in shipment_state.openers(connection, shipment)), None)
            return UnopenedShipment(to_hex(shipment), opener, tuple(to_hex(row.record_id) for row in about))

    # --- partners ------------------------------------------------------------------------------------------

    def partners(self, *, after: int = 0, limit: int | None = None) -> list[PartnerView]:
        """By id; page with the last one's id as `after`."""
        return self._members.partners(after=after, limit=limit)

    def partner_book(self) -> PartnerBook:
        """Who is who now, signed by the log."""
        return self._members.book(self._signer)

    def partner(self, partner: int) -> PartnerView:
        """One partner; raises `NotFound`."""
        return self._members.partner(partner)

    def name(self, connection: Connection, partner: int) -> PartnerName:
        """The partner's name as enrolled; its number where no document is here."""
        return self._names.of(connection, partner)

    def enrolled(self, connection: Connection, partner: int) -> tuple[str, str]:
        """Name and GLN as enrolled."""
        return self._names.enrolled(connection, partner) if partner else (self._names.of(connection, 0).name, "")

    def signers_of(self, connection: Connection, row: StoredRecord) -> tuple[PartnerName, ...]:
        """Who made each signature of a record in the log."""
        return self._names.signers_of(connection, row)

    def names(self, partners: Sequence[int]) -> dict[int, PartnerName]:
        with self._db.read() as connection:
            self._registry.for_request(connection)
            return {partner: self._names.of(connection, partner) for partner in set(partners)}
