"""From the log to what can be asked quickly: shipments, custody lines, clearances, attestations, recalls, bonuses.

The log alone decides: a record counts from its `Outcome` leaf on, in the order of these leaves. So the projections
can be dropped and rebuilt, and a rebuilt one equals the old. Shipments follow `ledger.effects`, the twin of the
contracts; if it ever disagreed with an outcome that the chain gave, the item is left alone and the audit names it.
"""

import json
import logging
from dataclasses import replace
from typing import cast

from ledger.clearance import ClearanceSlot, SlotKey
from ledger.codes import Outcome as Code
from ledger.codes import RegistryAction, StatementKind
from ledger.concerns import SHIPMENT, concerns
from ledger.custody import Holding, child_id, remainder_id
from ledger.effects import MOVES_SHIPMENTS, Effect, effect_of
from ledger.errors import LadingError
from ledger.ids import RecordId, to_hex
from ledger.records import (
    Attestation,
    BonusAgreement,
    BonusAward,
    Claim,
    Clearance,
    Dispute,
    Goods,
    Handoff,
    Outcome,
    Override,
    Recall,
    RecallAnswer,
    Record,
    RegistryChange,
    Revocation,
    Ruling,
    ShipmentTerms,
    Split,
    Statement,
)
from ledger.services import holdings
from ledger.services.registry_view import CurrentRegistry, customs_of, signers_of
from ledger.store import bonuses, log, migrate, outcomes, partners, products, records, shipments
from ledger.store.database import Connection
from ledger.store.outcomes import ItemOutcome
from ledger.store.records import StoredRecord
from ledger.store.shipments import ClearanceState, ClearanceStep, CustodyStep, Shipment

trouble = logging.getLogger("lading.projections")
APPLIED = (Code.APPLIED, Code.APPLIED_IN_BREACH)


IMMEDIATE = (
    RegistryAction.SUSPEND,
    RegistryAction.REVOKE_KEY,
    RegistryAction.REVOKE_ROLE,
    RegistryAction.RETIRE_LOG,
    RegistryAction.ADOPT_RULES,
)


class Projector:
    def __init__(self, registry: CurrentRegistry) -> None:
        self._registry = registry

    def catch_up(self, connection: Connection) -> None:
        """Bring the projections up to the log's head, in the caller's transaction."""
        size = log.head(connection).size
        start = migrate.projected_size(connection)
        for row in records.stream(connection, start, size):
            self._apply(connection, row)
        if size > start:
            migrate.set_projected_size(connection, size)

    def _apply(self, connection: Connection, row: StoredRecord) -> None:
        record = row.record
        if isinstance(record, RecallAnswer):
            products.add_recall_answers(
                connection,
                [
                    products.RecallAnswerRow(
                        row.record_id, RecordId(record.recall), record.by, record.found, record.quarantined,
                        record.disposed, record.occurredAt, None, None, row.log_index,
                    )
                ],
            )  # fmt: skip
        if not isinstance(record, Outcome):
            return
        target = records.get(connection, RecordId(record.record))
        items = [
            item for item in outcomes.of(connection, RecordId(record.record)) if item.outcome_record == row.record_id
        ]
        if target is None or not items:
            return
        if isinstance(target.record, MOVES_SHIPMENTS):
            self._move(connection, target, items)
        else:
            self._note(connection, target, items[0])

    def _move(self, connection: Connection, row: StoredRecord, items: list[ItemOutcome]) -> None:
        event = records.get(connection, items[0].outcome_record)
        at = items[0]
        # The registry as it stood at this very event: later changes of the same batch do not count.
        view = self._registry.refreshed(connection).history.at_block(
            at.block_number, at.block_time, cast(Outcome, event.record).eventIndex if event else None
        )
        state = _Recorded(connection)
        record = row.record
        try:
            effect = effect_of(
                record,
                row.record_id,
                signers_of(view, row.signed, row.record_id),
                customs_of(view),
                state,
                at.block_time,
            )
        except LadingError as error:
            effect = Effect(tuple(Code.REJECTED for _ in items))
            trouble.error("the rules refuse what the chain recorded: %s %s", to_hex(row.record_id), error)
        for item in items:
            if item.item < len(effect.outcomes) and effect.outcomes[item.item] != item.outcome:
                expected = effect.outcomes[item.item]
                trouble.error("outcome of %s item %d: %s", to_hex(row.record_id), item.item, expected.name)
        self._write_holdings(connection, row, effect, items[0])
        self._write_steps(connection, row, state, items)

    def _write_holdings(self, connection: Connection, row: StoredRecord, effect: Effect, item: ItemOutcome) -> None:
        known = shipments.get_many(connection, effect.holdings)
        rows = []
        for shipment, holding in effect.holdings.items():
            if (before := known.get(shipment)) is None:
                before = _opened(connection, row, shipment, holding, item)
            rows.append(holdings.with_holding(before, holding, now=item.block_time))
        shipments.put(connection, rows)
        _note_goods(connection, row, [shipment for shipment in effect.holdings if shipment not in known])
        shipments.put_clearances(
            connection,
            [
                ClearanceState(
                    key.shipment, key.jurisdiction.decode(), key.regime, slot.status, slot.sequence, row.record_id
                )
                for key, slot in effect.clearances.items()
            ],
        )

    def _write_steps(
        self, connection: Connection, row: StoredRecord, state: "_Recorded", items: list[ItemOutcome]
    ) -> None:
        if isinstance(row.record, Clearance):
            _add_clearance_steps(connection, row.record, row.record_id, items)
            return
        for item in items:
            shipment, kind, moved = _line(row.record, row.record_id, item.item)
            before = state.before(shipment)
            _add_step(connection, row, item, shipment, kind, moved, before)
        if isinstance(row.record, ShipmentTerms) and items[0].outcome in APPLIED:
            for parent in row.record.parents:
                line = (row.record.consignor, row.record.holder, 0, 0)
                _add_step(connection, row, items[0], parent.shipment, "continued", line, None)

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


class _Recorded:
    """The projection as a `effects.State`; remembers what each shipment was before."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._before: dict[bytes, Holding | None] = {}

    def holding(self, shipment: bytes) -> Holding | None:
        if shipment not in self._before:
            self._before[shipment] = holdings.holding(self._connection, shipment)
        return self._before[shipment]

    def before(self, shipment: bytes) -> Holding | None:
        return self._before.get(shipment)

    def clearance(self, key: SlotKey) -> ClearanceSlot | None:
        return holdings.clearance(self._connection, key)

    def override_ready_at(self, record_id: bytes) -> int | None:  # noqa: ARG002 - the protocol's
        return 0  # it has a final outcome, so the chain found it ready


def _opened(
    connection: Connection, row: StoredRecord, shipment: bytes, holding: Holding, item: ItemOutcome
) -> Shipment:
    """The first row of a shipment that this record opened: by terms, as a child, or as a remainder."""
    terms: RecordId = row.record_id
    parent, index, source = None, None, row.record
    if not isinstance(source, ShipmentTerms):
        parent, index = _parent_of(source, shipment)
        terms = holdings.terms_id(connection, parent)
        stored = records.get(connection, terms)
        source = stored.record if stored else source
    public = source if isinstance(source, ShipmentTerms) else None
    parents = [[to_hex(p.shipment), p.sequence] for p in public.parents] if public and parent is None else []
    return Shipment(
        shipment=shipment,
        terms=terms,
        parent=parent,
        child_index=index,
        parents=json.dumps(parents),
        consignor=holding.slot.consignor,
        consignee=holding.slot.consignee,
        custodian=holding.slot.custodian,
        recipient_key=holding.recipient_key,
        purpose=public.purpose if public else 0,
        mode=public.mode if public else 0,
        fulfilment=public.fulfilment if public else 0,
        packages=holding.slot.packages,
        sequence=holding.slot.sequence,
        state=int(holding.slot.state),
        requires=holdings.requirements_text(holding.slot),
        released=0,
        flags=int(holding.slot.flags),
        opened_at=item.block_time,
        opened_block=item.block_number,
        opened_index=item.log_index,
        ended_at=None,
    )


def note_goods(connection: Connection, row: StoredRecord) -> None:
    """As when `row` was recorded, now that more of its contents are open."""
    named = [bytes.fromhex(c.key[2:]) for c in concerns(row.record_id, row.record) if c.kind == SHIPMENT]
    _note_goods(connection, row, [s for s in named if (known := shipments.get(connection, s)) and _opens(row, known)])


def _opens(row: StoredRecord, shipment: Shipment) -> bool:
    if isinstance(row.record, Split):
        return shipment.parent == row.record.shipment
    return shipment.shipment == row.record_id


def _note_goods(connection: Connection, row: StoredRecord, opened: list[bytes]) -> None:
    """Which goods the shipments carry that `row` opened: by its contents, for a remainder by its parent's."""
    entries: list[tuple[str, str, bytes]] = []
    rich = holdings.opened(connection, row)
    for shipment in opened:
        contents: object = ()
        if isinstance(rich, ShipmentTerms):
            contents = rich.contents
        elif isinstance(rich, Split):
            contents = rich.children[_parent_of(rich, shipment)[1]].contents
        elif (terms := holdings.terms_of(connection, shipment)) is not None:
            contents = terms.contents
        parts = contents if isinstance(contents, tuple) else ()
        entries += [(g.gtin.zfill(14), g.lot, shipment) for g in parts if isinstance(g, Goods) and g.gtin]
    shipments.add_goods(connection, entries)


def _parent_of(record: Record, shipment: bytes) -> tuple[bytes, int]:
    match record:
        case Split():
            for i in range(len(record.children)):
                if child_id(record.shipment, record.sequence, i) == shipment:
                    return record.shipment, i
        case Handoff() | Override():
            named = record.items if isinstance(record, Handoff) else (record,)
            for entry in named:
                if remainder_id(entry.shipment, entry.sequence) == shipment:
                    return entry.shipment, 2**32 - 1
        case _:
            pass
    raise LookupError(f"{to_hex(shipment)} was not opened by this record")


def _line(record: Record, record_id: RecordId, item: int) -> tuple[bytes, str, tuple[int, int, int, int]]:
    """Shipment, kind of step, and (from, to, packages, exceptions) of a record's item."""
    match record:
        case ShipmentTerms():
            return record_id, "opened", (record.consignor, record.holder, record.packages, 0)
        case Handoff():
            entry = record.items[item]
            return entry.shipment, "handoff", (record.releaser, record.receiver, entry.packages, entry.exceptions)
        case Split():
            packages = sum(child.packages for child in record.children)
            return record.shipment, "split", (record.by, record.by, packages, 0)
        case Statement():
            return record.shipment, StatementKind(record.kind).name.lower(), (record.by, record.counterparty, 0, 0)
        case Override():
            return record.shipment, "override", (record.releaser, record.receiver, record.packages, record.exceptions)
        case _:
            raise LookupError(type(record).__name__)


def _add_step(
    connection: Connection,
    row: StoredRecord,
    item: ItemOutcome,
    shipment: bytes,
    kind: str,
    moved: tuple[int, int, int, int],
    before: Holding | None,
) -> None:
    """A line of the custody chain; skipped items stand there too, with their outcome."""
    if before is None and kind != "opened" and shipments.get(connection, shipment) is None:
        return  # it concerns a shipment that nobody ever opened
    count = len(shipments.steps(connection, shipment))
    occurred = getattr(row.record, "occurredAt", item.block_time)
    shipments.add_steps(
        connection,
        [
            CustodyStep(
                shipment, count, row.record_id, item.item, kind, *moved, item.outcome, occurred,
                item.block_number, item.block_time, row.log_index,
            )
        ],
    )  # fmt: skip


def _add_clearance_steps(
    connection: Connection, record: Clearance, record_id: RecordId, items: list[ItemOutcome]
) -> None:
    letters = record.jurisdiction.decode()
    steps = []
    for item in items:
        shipment = record.items[item.item].shipment
        if shipments.get(connection, shipment) is None:
            continue
        earlier = [
            s
            for s in shipments.clearance_steps(connection, shipment)
            if (s.jurisdiction, s.regime) == (letters, record.regime)
        ]
        steps.append(
            ClearanceStep(
                shipment, letters, record.regime, len(earlier), record_id, record.by, record.status, record.holdCause,
                record.causedBy, record.assurance, item.outcome, record.occurredAt, item.block_number,
                item.block_time, item.log_index,
            )
        )  # fmt: skip
    shipments.add_clearance_steps(connection, steps)


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
