"""A shipment's story: every line of its custody and clearances in order, in words, with who signed what.

Lines come from the projections; what they mean is asked of the pure rules over the verified records, the same that
compute the numbers. The story is public; only what an amendment changed and how long a tender may be contested are told
to those alone who may see the record that says so.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from ledger.codes import Mode, Purpose, ShipmentState
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import MINUTE
from ledger.custody.rules import Flag
from ledger.errors import LadingError, NotFound
from ledger.explain.text import Text, say, several, term
from ledger.explain.words import counted, spaced, word, words
from ledger.products.recall_tracing import Move
from ledger.records import index_keys as concerning
from ledger.records.types import REMAINDER_INDEX
from ledger.services.home.home import Home
from ledger.services.state import shipment_state
from ledger.services.state.answers import Answers
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.extent import Extent
from ledger.services.state.partner_names import Names, PartnerName
from ledger.services.state.verified_records import VerifiedRecords
from ledger.services.views.amendment_notes import notes_on
from ledger.services.views.course.custody import clearances_of, custody_of, due_at, held_at_first, holds_said
from ledger.services.views.course.private_parts import private_view
from ledger.services.views.course.spans import StayView
from ledger.services.views.models import (
    MissingView,
    RelativeView,
    ShipmentSummary,
    ShipmentView,
    StepView,
    StoryView,
)
from ledger.services.views.pending import coming_to
from ledger.services.views.shipment_rows import ShipmentRows, journeys_of, read_shipments
from ledger.services.views.step_text import Context, Teller
from ledger.shipments.gate_breaches import breaches
from ledger.shipments.history import Journeys
from ledger.shipments.parties import Course
from ledger.shipments.status import ShipmentStatus, status_of, tenders_at
from ledger.store import records
from ledger.store.database import Connection
from ledger.store.projections import shipments, tracing
from ledger.store.projections.shipments import Shipment
from ledger.store.records import StoredRecord

MOST_RECORDS = 500
MayOpen = Callable[[StoredRecord], bool]
"""Whether the reader may see the private parts of a record."""


def nobody(row: StoredRecord) -> bool:  # noqa: ARG001 a `MayOpen`
    return False


class ShipmentViews:
    def __init__(self, names: Names, registry: CurrentRegistry, home: Home) -> None:
        self._names = names
        self._registry = registry
        self._home = home
        self._answers = Answers()

    def judged(self, connection: Connection, extent: Extent, rows: Sequence[Shipment]) -> dict[bytes, str]:
        """Where each stands. Those that are not on their straight way are judged by their records, which is kept until
        the store goes on or the minute is over: windows for contesting end by the clock. `extent`: how far this
        snapshot, which `rows` are of, has come; the registry was refreshed to it.
        """
        strays = [row for row in rows if not _is_straight(row)]
        asked, state = tuple(row.shipment for row in strays), (extent, self._registry.now().time // MINUTE)

        def judge() -> dict[bytes, str]:
            evidence = self._registry.evidence.of(connection, self._home.consortium, extent.evidence)
            verified = VerifiedRecords(connection, self._home.consortium, self._registry, evidence)
            return self._where(connection, strays, verified)

        # The connection is held meanwhile: who waits here waits for one who has a connection already.
        result = self._answers.get(asked, state, judge) if strays else {}
        return {row.shipment: result.get(row.shipment) or self._status(row, None) for row in rows}

    def told(self, connection: Connection, wanted: Sequence[bytes]) -> list[StoryView]:
        """As the public is told them: those of `wanted` that the chain has recorded, in their order, read together."""
        known = shipments.get_many(connection, wanted)
        read = self._read(connection, known.values())
        result = []
        for row in (known[one] for one in wanted if one in known):
            journeys = read.journeys[row.shipment]
            context = self._context(row, read.rows, journeys, nobody, lambda _: iter(()))
            teller = Teller(connection, self._names, read.rows, read.facts, context)
            status = self._status(row, journeys)
            steps = self._steps(teller, row, read, journeys)
            result.append(StoryView(self._summary(connection, row, status), steps))
        return result

    def _steps(
        self, teller: Teller, row: Shipment, read: ShipmentRows, journeys: Journeys | None
    ) -> tuple[StepView, ...]:
        beginning = teller.beginning(row, _started(journeys, row), read.opener_of(row))
        return (*beginning, *_in_order(teller, row, read))

    def _read(self, connection: Connection, rows: Collection[Shipment]) -> ShipmentRows:
        return read_shipments(connection, self._verified(connection), rows)

    def _verified(self, connection: Connection) -> VerifiedRecords:
        return VerifiedRecords(connection, self._home.consortium, self._registry.refreshed(connection))

    def _summary(self, connection: Connection, row: Shipment, status: str) -> ShipmentSummary:
        return summary_of(row, status, {one: self._names.of(connection, one) for one in partners_of(row)})

    def whole(self, connection: Connection, shipment: bytes, may_open: MayOpen = nobody) -> ShipmentView:
        """Raises `NotFound` for what the chain has not recorded."""
        row = shipments.get(connection, shipment)
        if row is None:
            pending = records.get(connection, RecordId(shipment))
            raise NotFound(
                "not recorded by the chain yet" if pending else "no such shipment",
                where="shipment",
                found=to_hex(shipment),
            )
        read = self._read(connection, [row])
        custody, clearances = read.custody.get(shipment, []), read.clearances.get(shipment, [])
        journeys, children = read.journeys[shipment], shipments.children(connection, shipment)
        changed = self._changes(connection, read.rows, journeys, may_open, children)
        context = self._context(row, read.rows, journeys, may_open, changed)
        teller = Teller(connection, self._names, read.rows, read.facts, context)
        about = records.listing(connection, concerning.SHIPMENT, to_hex(shipment), limit=MOST_RECORDS)
        onward = tuple(step.record_id for step in custody if step.kind == tracing.CONTINUED)
        return ShipmentView(
            summary=self._summary(connection, row, self._status(row, journeys)),
            parent=to_hex(row.parent) if row.parent else None,
            parents=tuple(p[0] for p in json.loads(row.parents)),
            children=tuple(to_hex(child.shipment) for child in children),
            onward=tuple(map(to_hex, onward)),
            flags=words(Flag(row.flags)),
            clearances=tuple(clearances_of(row, shipments.clearances(connection, shipment), clearances)),
            steps=self._steps(teller, row, read, journeys),
            records=tuple(to_hex(r.record_id) for r in about),
            family=tuple(self._family(connection, row, children, onward)),
            coming=tuple(coming_to(connection, row, custody, clearances, teller)),
            missing=next(iter(self._missing(connection, [row])), None),
            stays=self._stays(connection, row, read, journeys),
            holds=tuple(holds_said(clearances)),
            due_at=due_at(row, custody, read.rows),
            private=private_view(connection, row, read, may_open),
        )

    def _stays(
        self, connection: Connection, row: Shipment, read: ShipmentRows, journeys: Journeys | None
    ) -> tuple[StayView, ...]:
        began = None
        if row.parent and (source := read.opener_of(row)) is not None:
            began = Move(row.opened_at, held_at_first(row, read.rows.get(source)), _started(journeys, row))
        stays = custody_of(row, read.custody.get(row.shipment, ()), began)
        return tuple(
            StayView(self._names.of(connection, stay.partner), stay.since, stay.until, stay.packages) for stay in stays
        )

    def open_against(self, connection: Connection, partner: int, limit: int = 200) -> list[MissingView]:
        """What short deliveries left open against a partner, the newest first."""
        return list(self._missing(connection, shipments.remainders_with(connection, partner, limit=limit)))

    # --- what the rules say ----------------------------------------------------------------------------------

    def _status(self, row: Shipment, journeys: Journeys | None) -> str:
        """The custody state in words; of a shipment under way, where it stands."""
        state = ShipmentState(row.state)
        if state != ShipmentState.OPEN:
            return spaced(state.name)
        if journeys is not None and not _is_straight(row):
            try:
                return str(status_of(journeys, row.shipment, self._registry.now().time))
            except LadingError:  # terms or ancestors are not here, or withheld
                pass
        return str(ShipmentStatus.IN_TRANSIT if row.course & Course.MOVED else ShipmentStatus.OPEN)

    def _context(
        self,
        row: Shipment,
        rows: Mapping[RecordId, StoredRecord],
        journeys: Journeys | None,
        may_open: MayOpen,
        changed: Callable[[RecordId], Iterator[Text]],
    ) -> Context:
        now = self._registry.now().time
        if journeys is None:
            return Context(now, row.consignee, None, changed, windows=False)
        try:
            tenders = {tender.verified.id: tender for tender in tenders_at(journeys, row.shipment, now)}
            counted_breaches = frozenset(breach.record.id for breach in breaches(journeys, row.shipment))
        except LadingError:
            return Context(now, row.consignee, None, changed, windows=False)
        terms = rows.get(row.terms)
        windows = terms is not None and may_open(terms)
        return Context(now, row.consignee, tenders, changed, windows, counted_breaches)

    def _changes(
        self,
        connection: Connection,
        rows: Mapping[RecordId, StoredRecord],
        journeys: Journeys | None,
        may_open: MayOpen,
        children: Sequence[Shipment],
    ) -> Callable[[RecordId], Iterator[Text]]:
        """What is to be said of a record besides itself: what it left behind, and what was agreed later."""
        if journeys is None:
            return lambda _: iter(())
        missing = dict(self._left_behind(connection, journeys, children))

        def changed(record_id: RecordId) -> Iterator[Text]:
            if record_id in missing:
                yield missing[record_id]
            stored = rows.get(record_id)
            if stored is not None:
                said = shipment_state.opened(connection, stored) if may_open(stored) else None
                yield from notes_on(journeys, record_id, said)

        return changed

    def _left_behind(
        self, connection: Connection, journeys: Journeys, children: Sequence[Shipment]
    ) -> Iterator[tuple[RecordId, Text]]:
        """What each short delivery left behind, and what became of it, by the delivery's record."""
        for child in children:
            origin = journeys.origins.get(child.shipment)
            if child.child_index == REMAINDER_INDEX and origin is not None:
                became = list(self._became(connection, child))
                missing = counted(_started(journeys, child), "package")
                if len(became) == 1:
                    status = became[0][1]
                    text = say("Missing from it: {packages}, {status}.", packages=missing, status=status)
                else:
                    parts = [say("{count} {status}", count=packages, status=status) for packages, status in became]
                    text = say("Missing from it: {packages}: {parts}.", packages=missing, parts=several(parts))
                yield origin.verified.id, text

    def _became(self, connection: Connection, remainder: Shipment) -> Iterator[tuple[int, Text]]:
        """What became of the packages of a remainder, and of those that short deliveries of it left behind in turn."""
        status = self._where(connection, [remainder])[remainder.shipment]
        against = self._names.of(connection, remainder.custodian).name
        yield (
            remainder.packages,
            say("still missing, and open against {partner}", partner=against)
            if status == ShipmentStatus.MISSING
            else term("status", status),
        )
        for child in shipments.children(connection, remainder.shipment):
            if child.child_index == REMAINDER_INDEX:
                yield from self._became(connection, child)

    def _where(
        self, connection: Connection, rows: Sequence[Shipment], verified: VerifiedRecords | None = None
    ) -> dict[bytes, str]:
        """Where each stands; records are read, all at once, of those alone that are not on their straight way."""
        strays = {row.shipment: row for row in rows if not _is_straight(row)}
        journeys = journeys_of(verified or self._verified(connection), list(strays), strays) if strays else {}
        return {row.shipment: self._status(row, journeys.get(row.shipment)) for row in rows}

    # --- where it belongs ------------------------------------------------------------------------------------

    def _family(
        self, connection: Connection, row: Shipment, children: Sequence[Shipment], onward: Iterable[bytes]
    ) -> Iterator[RelativeView]:
        remainder = row.child_index == REMAINDER_INDEX
        above = [bytes.fromhex(parent[0].removeprefix("0x")) for parent in json.loads(row.parents)]
        related: list[tuple[str, bytes]] = [
            *((("missing from" if remainder else "split off from"), parent) for parent in [row.parent] if parent),
            *(("opened over", parent) for parent in above),
            *(("missing" if c.child_index == REMAINDER_INDEX else "split into", c.shipment) for c in children),
            *(("went on as", shipment) for shipment in onward),
        ]
        result = shipments.get_many(connection, (shipment for _, shipment in related))
        statuses = self._where(connection, list(result.values()))
        for relation, shipment in related:
            if (relative := result.get(shipment)) is not None:
                yield RelativeView(
                    relation=relation,
                    shipment=to_hex(shipment),
                    packages=relative.packages,
                    status=statuses[shipment],
                    holder=self._names.of(connection, relative.custodian),
                )

    def _missing(self, connection: Connection, rows: Sequence[Shipment]) -> Iterator[MissingView]:
        """What short deliveries left behind, while nobody has handed it on or declared what became of it."""
        left = [row for row in rows if row.child_index == REMAINDER_INDEX and row.parent is not None]
        statuses = self._where(connection, left)
        for row in left:
            status = statuses[row.shipment]
            if row.parent is None or status not in (ShipmentStatus.MISSING, ShipmentStatus.FOUND):
                continue
            against = self._names.of(connection, row.custodian)
            packages = counted(row.packages, "package")
            text = (
                say("{packages} missing, open against {partner}", packages=packages, partner=against.name)
                if status == ShipmentStatus.MISSING
                else say(
                    "{packages} found, and still with {partner}, who answers for them until they are handed on",
                    packages=packages,
                    partner=against.name,
                )
            )
            yield MissingView(
                shipment=to_hex(row.shipment),
                delivery=to_hex(row.parent),
                packages=row.packages,
                against=against,
                since=row.opened_at,
                status=status,
                text=text,
            )


def partners_of(row: Shipment) -> tuple[int, int, int]:
    return row.consignor, row.consignee, row.custodian


def summary_of(row: Shipment, status: str, names: Mapping[int, PartnerName]) -> ShipmentSummary:
    return ShipmentSummary(
        id=to_hex(row.shipment),
        terms=to_hex(row.terms),
        consignor=names[row.consignor],
        consignee=names[row.consignee],
        custodian=names[row.custodian],
        packages=row.packages,
        sequence=row.sequence,
        status=status,
        purpose=word(Purpose, row.purpose),
        mode=word(Mode, row.mode),
        opened_at=row.opened_at,
        ended_at=row.ended_at,
    )


def _is_straight(row: Shipment) -> bool:
    """Whether the projection alone tells where it stands: no rule about tenders, refusals or remainders is asked."""
    return row.state != ShipmentState.OPEN or not row.course & Course.STRAY


def _started(journeys: Journeys | None, row: Shipment) -> int:
    """Packages counted when a shipment began; those that it has now where its records do not tell."""
    try:
        return journeys.portion(row.shipment).started if journeys else row.packages
    except LadingError:
        return row.packages


def _in_order(teller: Teller, row: Shipment, read: ShipmentRows) -> Iterator[StepView]:
    """The steps in the order in which they took effect, which is that of their outcomes in the log: the times that
    signers state, and those of two chains' blocks, may say anything."""
    custody, clearances = read.custody.get(row.shipment, ()), read.clearances.get(row.shipment, ())
    ids = {step.record_id for step in custody}
    index = {(item.record_id, item.item): item.log_index for i in ids for item in read.settled.items.get(i, ())}
    # Custody first at the same leaf, each in its own order: sorting keeps what is equal where it was.
    placed = [
        *((index.get((step.record_id, step.item), step.log_index), teller.custody(step)) for step in custody),
        *((step.log_index, teller.clearance(step)) for step in clearances),
    ]
    return (step for _, step in sorted(placed, key=lambda entry: entry[0]))
