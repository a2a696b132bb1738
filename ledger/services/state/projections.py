"""From the log to what can be asked quickly: shipments, custody lines, clearances, attestations, recalls, bonuses.

The log alone decides: a record counts from its `Outcome` leaf on, in the order of these leaves. So the projections can
be dropped and rebuilt, and a rebuilt one equals the old. Shipments follow `ledger.custody.transition`, the twin of the
contracts; if it ever disagreed with an outcome that the chain gave, that is logged and the audit names it.
"""

import json
from dataclasses import replace
from typing import cast

from ledger.codes import APPLIED, RegistryAction
from ledger.common.ids import RecordId
from ledger.custody.transition import MOVES_SHIPMENTS
from ledger.records.types import (
    Amendment,
    Attestation,
    BonusAgreement,
    BonusAward,
    Claim,
    Dispute,
    Endorsement,
    Outcome,
    Recall,
    RecallAnswer,
    Record,
    RegistryChange,
    Revocation,
    Ruling,
)
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.custody_projection import CustodyProjection
from ledger.services.state.matters_projection import note_endorsements
from ledger.services.state.parties_projection import note_amendment
from ledger.store import log, migrate, records
from ledger.store.database import Connection
from ledger.store.projections import bonuses, outcomes, partners, products
from ledger.store.projections.outcomes import ItemOutcome
from ledger.store.records import StoredRecord
from ledger.store.rows import chunks

STRETCH = 500
"""Leaves that are read ahead and written together."""
IMMEDIATE = (
    RegistryAction.SUSPEND,
    RegistryAction.REVOKE_KEY,
    RegistryAction.REVOKE_ROLE,
    RegistryAction.RETIRE_LOG,
    RegistryAction.ADOPT_RULES,
)
_MOVES = tuple(kind.NUMBER for kind in MOVES_SHIPMENTS)


class Projector:
    def __init__(self, registry: CurrentRegistry) -> None:
        self._registry = registry

    def catch_up(self, connection: Connection) -> None:
        """Bring the projections up to the log's head, in the caller's transaction."""
        start = migrate.claim_projections(connection)
        size = log.head(connection).size
        if size == start:
            return
        self._registry.refreshed(connection)
        for stretch in chunks(records.stream(connection, start, size), STRETCH):
            self._project(connection, stretch)
        migrate.set_projected_size(connection, size)

    def _project(self, connection: Connection, stretch: list[StoredRecord]) -> None:
        events = {r.record_id: cast(Outcome, r.record) for r in stretch if r.type_number == Outcome.NUMBER}
        ids = {RecordId(event.record) for event in events.values()}
        targets = records.get_many(connection, ids)
        settled = outcomes.of_many(connection, ids)
        moves = (target for target in targets.values() if target.type_number in _MOVES)
        custody = CustodyProjection(connection, self._registry, moves)
        amendments: list[StoredRecord] = []
        for row in stretch:
            if row.type_number == RecallAnswer.NUMBER:
                _note_answer(connection, row)
            elif row.type_number == Amendment.NUMBER:
                amendments.append(row)
            if row.record_id not in events:
                continue
            record_id = RecordId(events[row.record_id].record)
            items = [item for item in settled.get(record_id, ()) if item.outcome_record == row.record_id]
            target = targets.get(record_id)
            if target is None or not items:
                continue
            if target.type_number in _MOVES:
                custody.move(row, target, items)
            else:
                self._note(connection, target, items[0])
        custody.write()
        note_endorsements(connection, (row for row in stretch if row.type_number == Endorsement.NUMBER))
        for row in amendments:
            note_amendment(connection, row)

    def _in_force_at(self, change: RegistryChange, block_time: int) -> int:
        if change.action in IMMEDIATE:
            return block_time
        return max(change.notBefore, block_time + self._registry.history.genesis.delay)

    def _note(self, connection: Connection, row: StoredRecord, item: ItemOutcome) -> None:
        record, record_id = row.record, row.record_id
        where = (item.block_number, item.block_time, item.log_index)
        if item.outcome not in APPLIED:
            return
        match record:
            case RegistryChange():
                in_force = self._in_force_at(record, item.block_time)
                partners.put_changes(
                    connection,
                    [
                        partners.StoredChange(
                            record.sequence, record_id, record.action, record.partner, record.key, record.role,
                            record.scope, record.number, record.document, in_force, *where,
                        )
                    ],
                )  # fmt: skip
            case Attestation():
                products.put_attestations(
                    connection,
                    [
                        products.StoredAttestation(
                            record_id, record.by, record.schema, record.subject, RecordId(record.accreditation),
                            record.validFrom, record.validUntil, record.itemCodes, item.outcome, None, None, *where,
                        )
                    ],
                )  # fmt: skip
            case Revocation():
                products.revoke(connection, RecordId(record.target), record_id, record.effectiveFrom)
            case Recall():
                products.put_recalls(
                    connection,
                    [
                        products.StoredRecall(
                            record_id, record.by, record.subject, record.lots, record.hazard, record.action,
                            record.contact, RecordId(record.supersedes), None, item.outcome, record.occurredAt, *where,
                        )
                    ],
                )  # fmt: skip
                products.supersede(connection, RecordId(record.supersedes), record_id)
            case _:
                _note_bonus(connection, record, record_id, item)


def _note_answer(connection: Connection, row: StoredRecord) -> None:
    record = cast(RecallAnswer, row.record)
    products.add_recall_answers(
        connection,
        [
            products.RecallAnswerRow(
                row.record_id, RecordId(record.recall), record.by, record.found, record.quarantined,
                record.disposed, record.occurredAt, None, None, row.log_index,
            )
        ],
    )  # fmt: skip


def _note_bonus(connection: Connection, record: Record, record_id: RecordId, item: ItemOutcome) -> None:
    where = (item.block_number, item.block_time, item.log_index)
    match record:
        case BonusAgreement():
            shares = json.dumps([[share.partner, share.basisPoints] for share in record.parties])
            bonuses.put_agreements(
                connection,
                [
                    bonuses.StoredAgreement(
                        record_id, record.awarder, record.arbiter, record.residual, record.token, record.currency,
                        record.periodStart, record.periodEnd, shares, 0, "agreed", *where,
                    )
                ],
            )  # fmt: skip
        case BonusAward():
            bonuses.put_awards(
                connection,
                [
                    bonuses.StoredAward(
                        RecordId(record.agreement), record.version, record_id, record.total, record.amounts,
                        record.evidence, record.logSize, None, None, None, *where,
                    )
                ],
            )  # fmt: skip
        case Dispute():
            _change_award(connection, record.agreement, record.version, disputed_by=record_id)
        case Ruling():
            _change_award(connection, record.agreement, record.version, ruled_by=record_id, upheld=record.upheld)
        case Claim():
            bonuses.put_claims(
                connection,
                [
                    bonuses.StoredClaim(
                        RecordId(record.agreement), record.version, record.by, record_id, record.amount, record.payTo,
                        item.outcome, *where,
                    )
                ],
            )  # fmt: skip
        case _:
            pass


def _change_award(connection: Connection, agreement: bytes, version: int, **changes: object) -> None:
    for award in bonuses.awards(connection, RecordId(agreement)):
        if award.version == version:
            bonuses.put_awards(connection, [replace(award, **changes)])  # type: ignore[arg-type]
