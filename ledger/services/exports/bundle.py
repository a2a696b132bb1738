"""Exporting bundles: everything that a stranger needs to check a shipment, a partner's figures or an award offline.

A bundle opens every private part that is kept here: hand it to auditors and to the parties, not to the public. Only
that of a product opens none: pages fetch it; and that of the ledger as a partner may read it, what it may read.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ledger.bundle.award_cutoff import Cutoff
from ledger.bundle.figures import award_figures, partner_figures, range_for, shipment_figures
from ledger.bundle.format import Bundle, BundledRecord
from ledger.bundle.last_leaf import LastLeaf, latest_judgement
from ledger.bundle.product import product_figures
from ledger.bundle.subject import NUMBERS_NEED, OF_SHIPMENTS, Subject, SubjectKind
from ledger.bundle.times import AnchoredIn, TimedCheckpoint, Times, decisive, times_digest
from ledger.bundle.trace import trace_figures, trace_subject
from ledger.bundle.whole.ledger import adopted_files, ledger_figures
from ledger.common.gs1 import Product
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import Period
from ledger.errors import NotFound
from ledger.log.leaf import Leaf, parse_leaf
from ledger.merkle import leaf_hash
from ledger.records import index_keys
from ledger.records.disclosure import Part, join
from ledger.records.evidence import Basis, CheckpointTime
from ledger.records.signers import RecipientSigner, expected_signers
from ledger.records.signing import SignedRecord
from ledger.records.types import BY_NUMBER, Attestation, BonusAward, Outcome
from ledger.records.verification import VerifiedRecord, as_known_at
from ledger.registry.history import RegistryView
from ledger.scores.adopted_card import passed_over
from ledger.scores.card import parse_card
from ledger.scores.samples import products_of
from ledger.services.exports.adopted_texts import adopted_texts
from ledger.services.exports.attested_records import numbers_about
from ledger.services.exports.bearing_records import bears, shipments_for, shipments_in, with_relatives
from ledger.services.exports.ledger_parts import may_open
from ledger.services.exports.product_records import enrolments_of, records_about
from ledger.services.exports.seals import SealSource, collect
from ledger.services.figures import award_files
from ledger.services.home.kept_rules import kept_others
from ledger.services.home.score_cards import card_text, default_card_text, measure_for
from ledger.services.node.reader import LedgerReader
from ledger.services.products.lookup import codes_of
from ledger.services.publish.cosigned_notes import cosigned_note
from ledger.services.state.award_sizes import anchored_before
from ledger.services.state.current_registry import REGISTRY_TYPES
from ledger.services.state.evidence import checkpoint_times
from ledger.services.state.verified_records import VerifiedRecords
from ledger.services.views.access_journal import AccessRight, Opened
from ledger.services.views.records import Reader
from ledger.shipments.history import Journeys
from ledger.store import checkpoints, openings, records
from ledger.store.database import Connection
from ledger.store.documents import enrolments
from ledger.store.projections import bonuses, outcomes
from ledger.store.records import StoredRecord

BONUS_FAMILY = tuple(range(18, 23))
PAGE = 500
SEALED = (SubjectKind.SHIPMENT, SubjectKind.PARTNER, SubjectKind.AWARD)
"""What bundles are about that may bear a network's seals."""
Rows = dict[RecordId, StoredRecord]
MayOpen = Callable[[StoredRecord], bool]


def _everything(_row: StoredRecord) -> bool:
    return True


def _nothing(_row: StoredRecord) -> bool:
    return False


class Exporter:
    """Makes bundles of one node, as known under its published checkpoint."""

    def __init__(self, ledger: LedgerReader, source: SealSource | None = None) -> None:
        """`source`: where seals are to come from; None makes bundles without."""
        published = ledger.publisher.current()
        if published is None:
            raise NotFound("nothing is published yet", where="checkpoint", mend="Run `lading serve` for a moment.")
        self._ledger = ledger
        self._published = published
        self._size = published.head.size
        self._policy = ledger.home.consortium.witness_policy
        self._source = source
        self.opened: dict[RecordId, Opened] = {}
        """The private parts in the bundle that was made last, for the access journal."""

    def shipment(self, shipment: bytes, at: int | None = None) -> bytes:
        """The bundle of one shipment with its penalty; raises `NotFound`. `at` judges goods still under way."""
        with self._ledger.home.database.read() as connection:
            reader = self._reader(connection)
            rows = self._closed(reader, self._kept(reader.rows_of_shipment(shipment)))
            if not rows:
                raise NotFound("no such shipment", where="shipment", found=to_hex(shipment))
            known = self._known(reader, rows)
            latest = self._latest(connection, reader)
            figures = shipment_figures(Journeys(known), shipment, None if at is None else min(at, latest.time))
            subject = Subject(SubjectKind.SHIPMENT, shipment)
            return self._bundle(connection, subject, rows, (), known, figures, latest=latest)

    def partner(self, partner: int, period: Period, at: int | None = None) -> bytes:
        """The bundle of a partner: all shipments that bear on its figures, its penalties and its scorecards.

        `at` judges the penalties of goods still under way; None leaves them out.
        """
        with self._ledger.home.database.read() as connection:
            reader = self._reader(connection)
            latest = self._latest(connection, reader)
            at = None if at is None else min(at, latest.time)
            period = replace(period, at=min(period.at, latest.time))
            everything = Journeys(as_known_at(reader.all(), self._size, reader.evidence.times))
            wanted = shipments_for(partner, everything, period)
            wanted |= self._named_in_public(connection, partner)
            if not wanted:
                raise NotFound("no records concern this partner", where="partner", found=partner)
            measure = measure_for(connection, self._view(connection), period.start)
            rows = self._closed(reader, self._bearing_on(connection, everything, wanted))
            rows |= numbers_about(connection, partner, measure.card.schemas, self._size)
            known = self._known(reader, rows)
            card = card_text(connection, measure.card.hash)
            figures = partner_figures(Journeys(known), partner, period, at, measure)
            subject = Subject(SubjectKind.PARTNER, partner=partner)
            others = self._others(connection, period.start)
            return self._bundle(connection, subject, rows, [card, *others.values()], known, figures, latest=latest)

    def trace(self, traced: Collection[bytes]) -> bytes:
        """The bundle of a trace: everything about these shipments; raises `NotFound` where one is not known here."""
        with self._ledger.home.database.read() as connection:
            reader = self._reader(connection)
            rows = self._closed(reader, self._kept(reader.rows_of_shipments(traced)))
            known = self._known(reader, rows)
            figures = trace_figures(Journeys(known), traced)
            return self._bundle(connection, trace_subject(traced), rows, (), known, figures)

    def award(self, award_id: RecordId) -> bytes:
        """The bundle of an award: the agreement, the award, and all records that it was computed from."""
        with self._ledger.home.database.read() as connection:
            reader = self._reader(connection)
            stored = records.get(connection, award_id)
            award = stored.record if stored else None
            if stored is None or not isinstance(award, BonusAward):
                raise NotFound("no such award", where="award", found=to_hex(award_id))
            if award.logId != self._ledger.home.consortium.log.log_id:
                raise NotFound(
                    "this award was computed from the records of another log",
                    where="award.logId",
                    found=to_hex(award.logId),
                    mend="Export it where that log is kept.",
                )
            about = list(self._pages(connection, index_keys.AGREEMENT, to_hex(award.agreement)))
            agreement = RecordId(award.agreement)
            result = award_files.computed(connection, reader, agreement, award.version, award.total, award.logSize)
            based = records.get_many(connection, [agreement, *(record.id for record in result.records)])
            rows = self._kept((*based.values(), stored, *about))
            lines = partial(award_files.signed_lines, connection, award)
            ranges = range_for(result.award, result.agreement, parse_card(result.card), result.records, lines)
            others, view = self._others(connection, result.agreement.periodStart), self._view(connection)
            figures = award_figures(ranges or result.award, result.agreement, result.records, view, others)
            subject, sizes = Subject(SubjectKind.AWARD, award_id), self._cutoff_sizes(connection, award)
            rules = [result.rule, result.card, *others.values()]
            return self._bundle(connection, subject, rows, rules, result.records, figures, cutoff=sizes)

    def ledger(self, partner: int = 0) -> bytes:
        """The bundle of the whole log with every file that the council adopted: all that answers are made from. Private
        parts are open as far as `partner` may read them; 0: whoever may read all.
        """
        with self._ledger.home.database.read() as connection:
            reader, own, view = self._reader(connection), Reader(partner), self._view(connection)

            def opened(row: StoredRecord) -> bool:
                return not partner or may_open(connection, self._ledger.views, row, own)

            rows = {row.record_id: row for row in records.stream(connection, stop=self._size)}
            enrolled = (enrolments.get(connection, partner.document) for _, partner in view.partners())
            documents = [row.document for row in enrolled if row is not None]
            rules = [default_card_text(), *adopted_texts(connection, adopted_files(view)), *documents]
            known = list(as_known_at(reader.all(tuple(BY_NUMBER)), self._size, reader.evidence.times))
            evidenced = [one.size for one in reader.evidence.times.until(self._size) if one.size]
            stood = [*checkpoint_times(connection, self._ledger.home.consortium, reader.evidence).until(self._size)]
            signed = [one for one in stood if one.basis is Basis.OPERATOR]
            subject = Subject(SubjectKind.LEDGER, partner=partner)
            figures = ledger_figures(subject, known, view, rules, signed)
            return self._bundle(connection, subject, rows, rules, known, figures, opened=opened, timed=evidenced)

    def product(self, product: Product) -> bytes:
        """The bundle of a scanned product: all that the verdict rests on. Private parts stay closed: it is public.

        A product of which nothing is known has a bundle too, which says so.
        """
        with self._ledger.home.database.read() as connection:
            rows = records_about(connection, product, self._size)
            lists = {
                row.record_id: codes_of(connection, row.record_id)
                for row in rows.values()
                if isinstance(row.record, Attestation) and any(row.record.itemCodes)
            }
            documents = enrolments_of(connection, self._view(connection), rows.values())
            subject = Subject(SubjectKind.PRODUCT, product=product)
            return self._bundle(
                connection, subject, rows, documents, (), product_figures(product, lists), opened=_nothing
            )

    def award_of(self, agreement: RecordId) -> RecordId:
        """The newest award of an agreement; raises `NotFound`."""
        with self._ledger.home.database.read() as connection:
            result = bonuses.awards(connection, agreement)
        if not result:
            raise NotFound("no award of this agreement", where="award", found=to_hex(agreement))
        return result[-1].record_id

    # --- which records -------------------------------------------------------------------------------------------

    def _named_in_public(self, connection: Connection, partner: int) -> set[bytes]:
        """Shipments in records that name the partner in a public field."""
        return {
            shipment
            for row in self._pages(connection, index_keys.PARTNER, str(partner))
            if row.type_number in OF_SHIPMENTS and row.log_index < self._size
            for shipment in shipments_in(row)
        }

    def _bearing_on(self, connection: Connection, journeys: Journeys, wanted: set[bytes]) -> Rows:
        """Every record that bears on the numbers of `wanted`, in passes over the log until none is found any more."""
        relatives = with_relatives(journeys, wanted)
        paths = {
            path
            for shipment in relatives
            if (terms := journeys.terms.get(shipment)) is not None
            for product in products_of(terms.record)
            for path in (wider.path() for wider in product.generalised())
        }
        gtins = {path.split("/")[1] for path in paths if path.startswith("01/")}
        result: Rows = {}
        while True:
            before = len(result)
            for row in records.stream(connection, stop=self._size, types=NUMBERS_NEED):
                if row.record_id not in result and bears(row, relatives, result, paths, gtins):
                    result[row.record_id] = row
            if len(result) == before:
                return result

    def _closed(self, reader: VerifiedRecords, rows: Rows) -> Rows:
        """With what the signers of recipient keys need: the terms of all shipments that such a record names, and then
        the whole of those shipments, lest half a journey count as one that never arrived.
        """
        done: set[RecordId] = set()
        while todo := [row for i, row in rows.items() if i not in done and row.type_number in OF_SHIPMENTS]:
            for row in todo:
                done.add(row.record_id)
                for signer in expected_signers(row.record, reader):
                    if isinstance(signer, RecipientSigner):
                        for shipment in signer.shipments:
                            rows |= self._kept(reader.rows_of_shipment(shipment))
        return rows

    def _latest(self, connection: Connection, reader: VerifiedRecords) -> CheckpointTime:
        """Until when figures are judged at most: while the checkpoint stood, by whom that is borne out."""
        last = parse_leaf(self._last_leaf(connection, self._size).leaf)
        return latest_judgement(self._size, last.log_time, reader.evidence.times.until(self._size))

    def _kept(self, rows: Iterable[StoredRecord]) -> Rows:
        return {row.record_id: row for row in rows if row.log_index < self._size}

    def _known(self, reader: VerifiedRecords, rows: Rows) -> list[VerifiedRecord]:
        """The same records as a verifier of the bundle has them."""
        return list(as_known_at(reader.verify(_in_order(rows)), self._size, reader.evidence.times))

    # --- the file ------------------------------------------------------------------------------------------------

    def _reader(self, connection: Connection) -> VerifiedRecords:
        return VerifiedRecords(connection, self._ledger.home.consortium, self._ledger.registry.refreshed(connection))

    def _view(self, connection: Connection) -> RegistryView:
        """The registry as the bundle will show it: by the outcomes under the checkpoint."""
        return self._ledger.registry.refreshed(connection).history.at_log(self._size, self._ledger.home.clock.now())

    def _others(self, connection: Connection, start: int) -> dict[bytes, bytes]:
        """The adopted files that are no scorecards and without which nobody sees which card governs from `start`."""
        view = self._view(connection)
        shown = kept_others(connection, view)
        return {document: shown[document] for document in passed_over(view, start, shown)}

    def _bundle(
        self,
        connection: Connection,
        subject: Subject,
        rows: Rows,
        rules: Iterable[bytes],
        counted: Iterable[VerifiedRecord],
        figures: dict[str, Any],
        *,
        opened: MayOpen = _everything,
        cutoff: Sequence[int] = (),
        timed: Iterable[int] = (),
        latest: CheckpointTime | None = None,
    ) -> bytes:
        """`counted`: the records that `figures` were computed from. `opened`: of which records private parts are shown.
        `cutoff`: the sizes of `_cutoff_sizes`. `timed`: of checkpoints whose times count beside those that decide when
        records were known. `latest`: until when `figures` were judged at most.
        """
        kept = dict(rows)
        kept |= {row.record_id: row for row in records.stream(connection, stop=self._size, types=REGISTRY_TYPES)}
        told = {o.outcome_record for match in outcomes.of_many(connection, list(kept)).values() for o in match}
        kept |= self._kept(records.get_many(connection, told).values())
        ordered = _in_order(kept)
        private = [row for row in ordered if not isinstance(row.record, Outcome) and opened(row)]
        parts = openings.of_many(connection, private)
        sizes = decisive(counted).union(cutoff, timed)
        if latest is not None and latest.basis is Basis.CHAIN:
            sizes.add(latest.size)  # cosignatures stand under the checkpoint itself, its block stands here alone
        self.opened = {record_id: Opened(shown, AccessRight.EXPORT) for record_id, shown in parts.items() if shown}
        stood = tuple(self._checkpoints(connection, sizes))
        seals = None
        if self._source is not None and subject.kind in SEALED:
            contents = ([row.record for row in ordered], stood)
            seals = collect(self._source, connection, self._size, subject, contents)
        return Bundle(
            subject=str(subject),
            origin=self._published.head.origin,
            checkpoint=self._published.note.decode(),
            proof=tuple(self._ledger.publisher.tree().subset_proof([row.log_index for row in ordered], self._size)),
            records=tuple(_bundled(row, parts.get(row.record_id, {})) for row in ordered),
            complete=self._ledger.keys.log.complete(str(subject), self._size, kept),
            rules=tuple(sorted({text.decode() for text in rules})),
            times=self._times(str(subject), stood),
            figures=figures,
            cutoff=self._cutoff(connection, cutoff) if cutoff else None,
            last=None if latest is None else self._last_leaf(connection, self._size),
            seals=seals,
        ).to_bytes()

    def _cutoff_sizes(self, connection: Connection, award: BonusAward) -> Sequence[int]:
        """The size at which an award was computed, and the anchored one before it; raises `NotFound` for a size of
        which there is no checkpoint, so that nothing can be shown of it.
        """
        if not 0 < award.logSize <= self._size or checkpoints.get(connection, award.logSize) is None:
            raise NotFound(
                "the award was not computed at a checkpoint of this log",
                where="award.logSize",
                expected="an anchored size",
                found=award.logSize,
                mend="A party may dispute it: `lading bonuses check`.",
            )
        before = anchored_before(connection, award.logSize)
        return (award.logSize,) if before is None else (award.logSize, before.size)

    def _cutoff(self, connection: Connection, sizes: Sequence[int]) -> Cutoff:
        last, *before = (self._last_leaf(connection, size) for size in sizes)
        return Cutoff(last, before[0] if before else None)

    def _last_leaf(self, connection: Connection, size: int) -> LastLeaf:
        row = records.at(connection, size - 1)
        if row is None:
            raise NotFound("a leaf is missing", where="records", found=size - 1, mend="Run `lading audit`.")
        proof = self._ledger.publisher.inclusion_proof(size - 1, size)
        return LastLeaf(records.leaf_of(row).encode(), tuple(proof))

    def _times(self, subject: str, checkpoints: tuple[TimedCheckpoint, ...]) -> Times:
        digest = times_digest(self._policy, checkpoints)
        return Times(self._policy, checkpoints, self._ledger.keys.log.times(subject, self._size, digest))

    def _checkpoints(self, connection: Connection, sizes: Iterable[int]) -> Iterator[TimedCheckpoint]:
        """The checkpoints of these sizes with what bears them out."""
        for size in sorted(sizes):
            stored = checkpoints.get(connection, size)
            if stored is None:
                raise NotFound("a checkpoint is missing", where="checkpoints", found=size, mend="Run `lading audit`.")
            anchored = None
            if stored.anchored_block is not None and stored.anchored_time is not None:
                anchored = AnchoredIn(stored.anchored_block, stored.anchored_time, stored.anchored_transaction or b"")
            note = cosigned_note(connection, stored, self._policy)
            proof = self._ledger.publisher.consistency_proof(size, self._size)
            yield TimedCheckpoint(note.decode(), tuple(proof), anchored)

    def _pages(self, connection: Connection, kind: str, key: str) -> Iterable[StoredRecord]:
        after = -1
        while page := records.listing(
            connection, kind, key, types=(*NUMBERS_NEED, *BONUS_FAMILY), after=after, limit=PAGE
        ):
            yield from page
            after = page[-1].log_index


def _in_order(rows: Rows) -> list[StoredRecord]:
    return sorted(rows.values(), key=lambda row: row.log_index)


def _bundled(row: StoredRecord, parts: Mapping[str, Part]) -> BundledRecord:
    record = row.record if isinstance(row.record, Outcome) else join(row.record, parts)
    signed = SignedRecord(record, row.signature_list)
    leaf = Leaf.of(row.type_number, row.record_id, signed.signature_bytes(), row.log_time)
    return BundledRecord(signed, row.log_index, row.log_time, leaf_hash(leaf.encode()))
