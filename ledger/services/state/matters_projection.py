"""The projection behind worklists: what waits about clearances and tenders, kept with the custody that it follows from.

What waits about clearances is derived anew whenever a shipment or one of its clearances changes. Tenders are noted, and
their contests; which of them still count depends on time and on terms that may be private, and is asked by who reads.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ledger.codes import APPLIED, StatementKind
from ledger.common.ids import RecordId
from ledger.records.types import NOBODY, Amendment, Endorsement, ShipmentTerms, Statement
from ledger.store import records
from ledger.store.database import Connection
from ledger.store.projections import matters, shipments, unendorsed
from ledger.store.projections.matters import StoredOffer
from ledger.store.projections.outcomes import ItemOutcome
from ledger.store.projections.shipments import ClearanceStep, CustodyStep, Shipment
from ledger.store.records import StoredRecord
from ledger.worklist import customs, endorsements
from ledger.worklist.customs import Goods, Paper, Required

MOVES = ("handoff", "override")
"""Steps that use up a sequence."""


def note_clearance_matters(
    connection: Connection, changed: Mapping[bytes, Shipment], cleared: Collection[bytes]
) -> None:
    """Derive what waits about the clearances of shipments that changed, or (`cleared`) whose clearances did."""
    known = dict(changed)
    known |= shipments.get_many(connection, (shipment for shipment in cleared if shipment not in changed))
    papers = shipments.clearance_steps_of_many(connection, known)
    about = {one: row for one, row in known.items() if one in papers or json.loads(row.requires)}
    if about:
        found = [m for one, row in about.items() for m in _matters_of(row, papers.get(one, ()))]
        matters.put_matters(connection, about, found)


def note_statement(
    connection: Connection, target: StoredRecord, row: Shipment, item: ItemOutcome, steps: Iterable[CustodyStep]
) -> None:
    """Take in a statement about the shipment `row`; `steps`: those of its custody that are not stored yet."""
    record = target.record
    if item.outcome not in APPLIED or not isinstance(record, Statement):
        return
    if record.kind == StatementKind.TENDER:
        if record.by == _holder_at(connection, row, record.sequence, steps):
            matters.put_offers(connection, list(_offers(record, target.record_id, row, item.block_time)))
    elif record.kind == StatementKind.CONTEST and record.by in (row.consignee, row.consignor):
        _contest(connection, record, item.block_time)


def note_unendorsed(
    connection: Connection,
    terms: Mapping[RecordId, ShipmentTerms],
    amendments: Mapping[RecordId, Sequence[Amendment]],
) -> None:
    """Derive which of these terms, opened as far as they are here, wait for who is liable to endorse them."""
    lacking = {one: endorsements.lacks_name_of(row, amendments.get(one, ())) for one, row in terms.items()}
    lacking = {one: liable for one, liable in lacking.items() if liable != NOBODY}
    told = records.naming(connection, lacking, types=[Endorsement.NUMBER]).values()
    signed = {(row.record.target, row.record.by) for row in told if isinstance(row.record, Endorsement)}
    since = unendorsed.under_way(connection, lacking)
    found = [
        unendorsed.Unendorsed(one, liable, since[one])
        for one, liable in lacking.items()
        if one in since and (one, liable) not in signed
    ]
    unendorsed.put(connection, terms, found)


def note_endorsements(connection: Connection, rows: Iterable[StoredRecord]) -> None:
    """Take in records that may endorse terms."""
    said = (row.record for row in rows)
    unendorsed.note_endorsed(connection, [(one.target, one.by) for one in said if isinstance(one, Endorsement)])


def _matters_of(row: Shipment, papers: Collection[ClearanceStep]) -> tuple[customs.Matter, ...]:
    required = [
        Required(letters, regime, relay, bool(row.released >> i & 1))
        for i, (letters, regime, _, relay) in enumerate(json.loads(row.requires))
    ]
    goods = Goods(row.shipment, row.consignor, row.consignee, row.custodian, row.state, row.opened_at)
    read = [
        Paper(p.jurisdiction, p.regime, p.status, p.by, p.assurance, p.outcome, p.block_time or p.occurred_at)
        for p in papers
    ]
    return customs.matters(goods, required, read)


def _holder_at(connection: Connection, row: Shipment, sequence: int, steps: Iterable[CustodyStep]) -> int:
    """Who held the goods at a sequence: now, or when the move was made that used it up."""
    if sequence == row.sequence:
        return row.custodian
    line = [*shipments.steps(connection, row.shipment), *steps]
    moves = [step for step in line if step.kind in MOVES and step.outcome in APPLIED]
    return moves[sequence].from_partner if sequence < len(moves) else NOBODY


def _offers(record: Statement, tender: bytes, row: Shipment, at: int) -> Iterator[StoredOffer]:
    """For whoever may contest it."""
    if record.counterparty != row.consignee:
        return
    for audience in {row.consignee, row.consignor} - {NOBODY, record.by}:
        yield StoredOffer(tender, audience, record.shipment, record.sequence, record.by, at, None, at)


def _contest(connection: Connection, record: Statement, at: int) -> None:
    """The first contest answers every tender of its sequence that came before it: now they wait for who made them."""
    open_ones = [
        offer
        for offer in matters.offers_of(connection, record.shipment)
        if offer.sequence == record.sequence and offer.contested_at is None
    ]
    matters.remove_offers(connection, {offer.tender for offer in open_ones})
    first = {offer.tender: offer for offer in open_ones}.values()
    matters.put_offers(connection, [replace(o, audience=o.holder, contested_at=at, since=at) for o in first])
