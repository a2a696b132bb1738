"""Records that still lack signatures. They are no leaves: they change, expire and can be withdrawn."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from ledger.common.ids import KeyAddress, RecordId, to_hex
from ledger.records.disclosure import join, part_from_json, part_to_json, split
from ledger.records.index_keys import Concern
from ledger.records.signing import SignedRecord
from ledger.records.types import BY_NUMBER, Record
from ledger.store.rows import among, chunks, in_list, insert_new, selection, some, text_of
from ledger.store.tables import proposal_index, proposals


@dataclass(frozen=True, slots=True)
class Proposal:
    """`record` with its opened parts; `signatures` by the address of the key, as 0x-hex."""

    record_id: RecordId
    record: Record
    signatures: Mapping[str, bytes]
    created_at: int
    expires: int

    @property
    def signed(self) -> SignedRecord:
        return SignedRecord(self.record, tuple(self.signatures.values()))


@dataclass(frozen=True, slots=True)
class _Row:
    record_id: RecordId
    type_number: int
    message: str
    openings: str
    signatures: str
    created_at: int
    expires: int


def add(connection: Connection, proposal: Proposal, about: Iterable[Concern]) -> bool:
    """Keep a proposal under the concerns by which it is found; False when it was there already, then found by these
    too.
    """
    if get(connection, proposal.record_id):
        _index(connection, proposal.record_id, about)
        return False
    public, parts = split(proposal.record)
    row = {
        "record_id": proposal.record_id,
        "type_number": public.NUMBER,
        "message": public.to_text(),
        "openings": text_of({path: part_to_json(part) for path, part in parts.items()}),
        "signatures": _signatures_text(proposal.signatures),
        "created_at": proposal.created_at,
        "expires": proposal.expires,
    }
    insert_new(connection, proposals, [row])
    _index(connection, proposal.record_id, about)
    return True


def _index(connection: Connection, record_id: RecordId, about: Iterable[Concern]) -> None:
    insert_new(connection, proposal_index, [{"kind": c.kind, "key": c.key, "record_id": record_id} for c in about])


def get(connection: Connection, record_id: RecordId, *, lock: bool = False) -> Proposal | None:
    """The proposal; with `lock`, no other transaction changes it until this one ends."""
    if lock:
        # A row lock where there are such; SQLite's writers are alone anyway.
        connection.execute(select(proposals.c.record_id).where(proposals.c.record_id == record_id).with_for_update())
    return get_many(connection, [record_id]).get(record_id)


def get_many(connection: Connection, record_ids: Iterable[RecordId]) -> dict[RecordId, Proposal]:
    """The proposals of those of `record_ids` that have one."""
    found = among(connection, proposals, _Row, proposals.c.record_id, record_ids)
    return {row.record_id: _proposal(row) for row in found}


def about_many(connection: Connection, kind: str, keys: Iterable[str], *, types: Sequence[int], now: int) -> set[str]:
    """Those of `keys` of `kind` that proposals of `types` are about which have not expired."""
    result: set[str] = set()
    about = proposal_index.c
    for chunk in chunks(keys):
        found = list(in_list(connection, (about.key, about.record_id), about.key, chunk, (about.kind, kind)))
        for few in chunks(found):
            query = select(proposals.c.record_id).where(proposals.c.record_id.in_([record_id for _, record_id in few]))
            live = connection.scalars(query.where(proposals.c.type_number.in_(types), proposals.c.expires > now))
            kept = set(live)
            result |= {key for key, record_id in few if record_id in kept}
    return result


def sign(connection: Connection, record_id: RecordId, signatures: Mapping[str, bytes]) -> Proposal | None:
    """Add signatures to a proposal and return it; None when there is no such proposal any more."""
    proposal = get(connection, record_id, lock=True)
    if proposal is None:
        return None
    together = {**proposal.signatures, **signatures}
    connection.execute(
        update(proposals).where(proposals.c.record_id == record_id).values(signatures=_signatures_text(together))
    )
    return Proposal(record_id, proposal.record, together, proposal.created_at, proposal.expires)


def listing(
    connection: Connection, kind: str = "", key: str = "", *, types: Sequence[int] = (), now: int, limit: int = 100
) -> list[Proposal]:
    """Proposals that have not expired, newest first, about (`kind`, `key`) if one is named, of `types` if any are."""
    query = selection(proposals, _Row).where(proposals.c.expires > now)
    if types:
        query = query.where(proposals.c.type_number.in_(types))
    if kind:
        query = query.join(proposal_index, proposal_index.c.record_id == proposals.c.record_id).where(
            proposal_index.c.kind == kind, proposal_index.c.key == key
        )
    order = (proposals.c.created_at.desc(), proposals.c.record_id)
    return [_proposal(row) for row in some(connection, query.order_by(*order).limit(limit), _Row)]


def signed_by(connection: Connection, key: KeyAddress, *, types: Sequence[int], now: int, besides: RecordId) -> int:
    """How many proposals of `types` that have not expired carry a signature by `key`, leaving out `besides`."""
    query = (
        select(func.count())
        .select_from(proposals)
        .where(proposals.c.expires > now, proposals.c.type_number.in_(types), proposals.c.record_id != besides)
        .where(proposals.c.signatures.contains(f'"{to_hex(key)}"', autoescape=True))
    )
    return connection.scalar(query) or 0


def take(connection: Connection, record_ids: Iterable[RecordId]) -> dict[RecordId, Record]:
    """Remove the proposals of records that are in the log now; what was proposed, with its opened parts."""
    result = {record_id: proposal.record for record_id, proposal in get_many(connection, record_ids).items()}
    for chunk in chunks(result):
        connection.execute(delete(proposals).where(proposals.c.record_id.in_(chunk)))
    return result


def remove(connection: Connection, record_id: RecordId) -> None:
    connection.execute(delete(proposals).where(proposals.c.record_id == record_id))


def remove_expired(connection: Connection, now: int) -> int:
    """How many had expired and are gone."""
    return connection.execute(delete(proposals).where(proposals.c.expires <= now)).rowcount


def _proposal(row: _Row) -> Proposal:
    kind = BY_NUMBER[row.type_number]
    parts = {path: part_from_json(kind, path, body) for path, body in json.loads(row.openings).items()}
    signatures = {signer: bytes.fromhex(text[2:]) for signer, text in json.loads(row.signatures).items()}
    return Proposal(
        row.record_id, join(kind.from_json(json.loads(row.message)), parts), signatures, row.created_at, row.expires
    )


def _signatures_text(signatures: Mapping[str, bytes]) -> str:
    return text_of({signer: to_hex(signature) for signer, signature in signatures.items()})
