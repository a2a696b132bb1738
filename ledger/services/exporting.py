"""Exporting bundles: everything that a stranger needs to check a shipment, a partner's figures or an award offline.

A bundle opens every private part that is kept here: hand it to auditors and to the parties, not to the public.
"""

from collections.abc import Iterable
from typing import Any

from ledger import concerns
from ledger.bundle import REGISTRY_RECORDS
from ledger.bundle_format import Bundle, BundledRecord
from ledger.errors import NotFound
from ledger.figures import award_figure, award_for, penalties_figure, scores_figure, statements_of
from ledger.ids import RecordId, to_hex
from ledger.journeys import Journeys
from ledger.openings import join
from ledger.penalties import penalty_of
from ledger.records import BonusAgreement, BonusAward, Outcome
from ledger.score_card import parse_card
from ledger.score_samples import Period
from ledger.services import awards
from ledger.services.awarding import default_card_text
from ledger.services.node import Node
from ledger.services.registry_view import REGISTRY_TYPES
from ledger.services.verified import NUMBERS_NEED, VerifiedRecords
from ledger.signing import SignedRecord
from ledger.store import bonuses, openings, outcomes, records
from ledger.store.database import Connection
from ledger.store.records import StoredRecord
from ledger.verification import VerifiedRecord, as_known_at

BONUS_FAMILY = tuple(range(18, 23))
PAGE = 500


class Exporter:
    """Makes bundles of one node, as known under its published checkpoint."""

    def __init__(self, node: Node) -> None:
        published = node.publisher.current()
        if published is None:
            raise NotFound("nothing is published yet", where="checkpoint", mend="Run `lading serve` for a moment.")
        self._node = node
        self._published = published
        self._size = published.head.size

    def shipment(self, shipment: bytes, at: int | None = None) -> bytes:
        """The bundle of one shipment with its penalty; raises `NotFound`."""
        with self._node.db.read() as connection:
            reader = self._reader(connection)
            rows = reader.rows_of_shipment(shipment)
            if not rows:
                raise NotFound("no such shipment", where="shipment", found=to_hex(shipment))
            verified = list(as_known_at(reader.verify(rows), self._size))
            figures = {"penalties": penalties_figure([penalty_of(shipment, verified, at)], at)}
            return self._bundle(connection, f"shipment/{to_hex(shipment)}", rows, (), figures)

    def partner(self, partner: int, period: Period) -> bytes:
        """The bundle of a partner: all shipments that concern it, its penalties and its scorecards."""
        with self._node.db.read() as connection:
            reader = self._reader(connection)
            rows: dict[RecordId, StoredRecord] = {}
            for shipment in self._shipments_of(connection, partner):
                rows |= {row.record_id: row for row in reader.rows_of_shipment(shipment)}
            if not rows:
                raise NotFound("no records concern this partner", where="partner", found=partner)
            ordered = sorted(rows.values(), key=lambda row: row.log_index)
            journeys = Journeys(as_known_at(reader.verify(ordered), self._size))
            card = default_card_text()
            theirs = [s for s in statements_of(journeys) if partner in (s.liable, s.beneficiary)]
            figures = {
                "penalties": penalties_figure(theirs, None),
                "scores": scores_figure(journeys, period, parse_card(card), [partner]),
            }
            return self._bundle(connection, f"partner/{partner}", ordered, [card], figures)

    def award(self, award_id: RecordId) -> bytes:
        """The bundle of an award: the agreement, the award, and all records that it was computed from."""
        with self._node.db.read() as connection:
            reader = self._reader(connection)
            stored = records.get(connection, award_id)
            award = stored.record if stored else None
            if stored is None or not isinstance(award, BonusAward):
                raise NotFound("no such award", where="award", found=to_hex(award_id))
            about = list(self._pages(connection, concerns.AGREEMENT, to_hex(award.agreement)))
            agreed = records.get(connection, RecordId(award.agreement))
            if agreed is None or not isinstance(agreed.record, BonusAgreement):
                raise NotFound("its agreement is not here", where="award", found=to_hex(award.agreement))
            rule = awards.rule_text(connection, agreed.record.rule)
            if rule is None:
                raise NotFound("its rule file is not here", where="award", found=to_hex(agreed.record.rule))
            based = list(records.stream(connection, stop=award.logSize, types=NUMBERS_NEED))
            card = default_card_text()
            known: list[VerifiedRecord] = list(as_known_at(reader.verify(based), award.logSize))
            computed = award_for(
                RecordId(award.agreement), agreed.record, rule, parse_card(card), award.version, award.total, known
            )
            rows = {row.record_id: row for row in (*based, agreed, stored, *about)}
            ordered = sorted(rows.values(), key=lambda row: row.log_index)
            figures = {"award": award_figure(computed)}
            return self._bundle(connection, f"award/{to_hex(award_id)}", ordered, [rule, card], figures)

    def award_of(self, agreement: RecordId) -> RecordId:
        """The newest award of an agreement; raises `NotFound`."""
        with self._node.db.read() as connection:
            found = bonuses.awards(connection, agreement)
        if not found:
            raise NotFound("no award of this agreement", where="award", found=to_hex(agreement))
        return found[-1].record_id

    # --- inside --------------------------------------------------------------------------------------------

    def _reader(self, connection: Connection) -> VerifiedRecords:
        history = self._node.registry.refreshed(connection).history
        return VerifiedRecords(connection, self._node.domain, history)

    def _bundle(
        self,
        connection: Connection,
        subject: str,
        rows: Iterable[StoredRecord],
        rules: Iterable[bytes],
        figures: dict[str, Any],
    ) -> bytes:
        kept = {row.record_id: row for row in rows if row.log_index < self._size}
        about = [record_id for record_id, row in kept.items() if not isinstance(row.record, REGISTRY_RECORDS)]
        kept |= {row.record_id: row for row in records.stream(connection, stop=self._size, types=REGISTRY_TYPES)}
        told = {o.outcome_record for found in outcomes.of_many(connection, list(kept)).values() for o in found}
        kept |= {i: row for i, row in records.get_many(connection, told).items() if row.log_index < self._size}
        complete = self._node.keys.log.complete(subject, self._size, about)
        ordered = sorted(kept.values(), key=lambda row: row.log_index)
        return Bundle(
            subject=subject,
            origin=self._published.head.origin,
            checkpoint=self._published.note.decode(),
            records=tuple(self._bundled(connection, row) for row in ordered),
            complete=complete,
            rules=tuple(text.decode() for text in rules),
            figures=figures,
        ).to_bytes()

    def _bundled(self, connection: Connection, row: StoredRecord) -> BundledRecord:
        record = row.record
        if not isinstance(record, Outcome):
            record = join(record, openings.of(connection, row))
        proof = self._node.publisher.inclusion_proof(row.log_index, self._size)
        return BundledRecord(SignedRecord(record, row.signature_list), row.log_index, row.log_time, tuple(proof))

    def _shipments_of(self, connection: Connection, partner: int) -> set[bytes]:
        found: set[bytes] = set()
        for row in self._pages(connection, concerns.PARTNER, str(partner)):
            for concern in concerns.concerns(row.record_id, row.record):
                if concern.kind == concerns.SHIPMENT:
                    found.add(bytes.fromhex(concern.key[2:]))
        return found

    def _pages(self, connection: Connection, kind: str, key: str) -> Iterable[StoredRecord]:
        after = -1
        while page := records.listing(
            connection, kind, key, types=(*NUMBERS_NEED, *BONUS_FAMILY), after=after, limit=PAGE
        ):
            yield from page
            after = page[-1].log_index
