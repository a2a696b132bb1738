"""Projection: attestations, revocations and recalls by subject."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, or_, select, update

from ledger.common.ids import RecordId
from ledger.store.projections import projected
from ledger.store.rows import beginning, insert, many, one, put, selection, some


@dataclass(frozen=True, slots=True)
class StoredAttestation:
    """`subject` as in the record; `revoked_by` is the record id of the revocation that is effective first."""

    record_id: RecordId
    by: int
    schema: bytes
    subject: str
    accreditation: RecordId
    valid_from: int
    valid_until: int
    item_codes: bytes
    outcome: int
    revoked_by: RecordId | None
    revoked_from: int | None
    block_number: int | None
    block_time: int | None
    log_index: int


@dataclass(frozen=True, slots=True)
class StoredRecall:
    """`lots`: RFC 8785 array of {lot} or {from, to}; `superseded_by` is the record id of a later recall."""

    record_id: RecordId
    by: int
    subject: str
    lots: str
    hazard: int
    action: int
    contact: str
    supersedes: RecordId
    superseded_by: RecordId | None
    outcome: int
    occurred_at: int
    block_number: int | None
    block_time: int | None
    log_index: int


@dataclass(frozen=True, slots=True)
class RecallAnswerRow:
    record_id: RecordId
    recall: RecordId
    by: int
    found: int
    quarantined: int
    disposed: int
    occurred_at: int
    block_number: int | None
    block_time: int | None
    log_index: int


def put_attestations(connection: Connection, rows: Sequence[StoredAttestation]) -> None:
    """Insert or replace."""
    put(connection, projected.attestations, rows)


def revoke(connection: Connection, target: RecordId, revocation: RecordId, effective_from: int) -> None:
    """Mark an attestation revoked; of several revocations the one that is effective first stands."""
    table = projected.attestations
    earlier = table.c.revoked_by.is_(None) | (table.c.revoked_from > effective_from)
    where = (table.c.record_id == target, earlier)
    connection.execute(update(table).where(*where).values(revoked_by=revocation, revoked_from=effective_from))


def attestations_under(connection: Connection, prefix: str) -> list[StoredAttestation]:
    """Attestations whose subject begins with `prefix`, in log order."""
    table = projected.attestations
    return many(connection, table, StoredAttestation, beginning(table.c.subject, prefix), order=(table.c.log_index,))


def put_recalls(connection: Connection, rows: Sequence[StoredRecall]) -> None:
    """Insert or replace."""
    put(connection, projected.recalls, rows)


def recall(connection: Connection, record_id: RecordId) -> StoredRecall | None:
    return one(connection, projected.recalls, StoredRecall, projected.recalls.c.record_id == record_id)


def unreplaced_recalls(connection: Connection, partner: int, limit: int) -> list[tuple[StoredRecall, frozenset[int]]]:
    """The newest recalls that no other replaced, each with who of those that concern `partner` has answered it: itself,
    and of its own recalls everybody.
    """
    recalls, answers = projected.recalls.c, projected.recall_answers.c
    newest = (
        selection(projected.recalls, StoredRecall)
        .where(recalls.superseded_by.is_(None))
        .order_by(recalls.log_index.desc())
        .limit(limit)
        .subquery("newest_recalls")
    )
    told = and_(answers.recall == newest.c.record_id, or_(answers.by == partner, newest.c.by == partner))
    query = select(newest, answers.by.label("answered")).join_from(newest, projected.recall_answers, told, isouter=True)
    known: dict[RecordId, StoredRecall] = {}
    answered: dict[RecordId, set[int]] = {}
    for row in connection.execute(query):
        recall = StoredRecall(*row[:-1])
        known[recall.record_id] = recall
        answered.setdefault(recall.record_id, set()).update([] if row[-1] is None else [row[-1]])
    return [(recall, frozenset(answered[record_id])) for record_id, recall in known.items()]


def recalls_within(connection: Connection, subject: str) -> list[StoredRecall]:
    """Recalls about `subject` or anything below it, such as a lot of a GTIN, in log order."""
    table = projected.recalls
    below = (table.c.subject == subject) | beginning(table.c.subject, subject + "/")
    return many(connection, table, StoredRecall, below, order=(table.c.log_index,))


def all_recalls(connection: Connection, *, after: int = -1, limit: int = 1000) -> list[StoredRecall]:
    """In log order; page with the last row's log index as `after`."""
    table = projected.recalls
    query = selection(table, StoredRecall).where(table.c.log_index > after)
    return some(connection, query.order_by(table.c.log_index).limit(limit), StoredRecall)


def supersede(connection: Connection, target: RecordId, by: RecordId) -> None:
    """Mark a recall superseded; the first later recall stands."""
    table = projected.recalls
    where = (table.c.record_id == target, table.c.superseded_by.is_(None))
    connection.execute(update(table).where(*where).values(superseded_by=by))


def add_recall_answers(connection: Connection, rows: Sequence[RecallAnswerRow]) -> None:
    insert(connection, projected.recall_answers, rows)


def recall_answers(connection: Connection, recall_id: RecordId) -> list[RecallAnswerRow]:
    table = projected.recall_answers
    return many(connection, table, RecallAnswerRow, table.c.recall == recall_id, order=(table.c.log_index,))
