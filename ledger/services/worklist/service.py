"""The worklist of whoever has signed in: pages in the order in which things run out, and counts by kind.

However many shipments there are, it takes the same few statements. Custody and clearances are read a page at a time, by
an index; what else waits is little, and is read whole, up to `MOST` of a kind.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from ledger.codes import Role
from ledger.common.ids import RecordId
from ledger.common.periods import MINUTE
from ledger.records.types import Attestation, BonusAgreement, Clearance, Endorsement, Handoff, ShipmentTerms
from ledger.services.figures.access import Access
from ledger.services.home.home import Home
from ledger.services.markets.views import Markets
from ledger.services.products.recalls import Recalls
from ledger.services.state.answers import Answers
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.partner_names import Names
from ledger.services.views.records import Reader
from ledger.services.worklist import sources
from ledger.services.worklist.renewals import Renewals
from ledger.services.worklist.sources import Asked
from ledger.services.worklist.views import WorkItemView, WorklistView, count_view, item_view
from ledger.store.database import Connection
from ledger.store.projections import expiring, matters, products, unendorsed
from ledger.store.projections.expiring import Ending
from ledger.store.projections.matters import Waiting
from ledger.store.projections.products import StoredRecall
from ledger.store.projections.unendorsed import Unendorsed
from ledger.worklist import attestations, custody, customs, endorsements, recalls, taxes
from ledger.worklist.items import Count, Item, Place, counts_of, page_of, together

MOST_RECALLS = 100
"""Recalls that are looked at, the newest."""


@dataclass(frozen=True, slots=True)
class WorkPage:
    """One page at `now` (UTC seconds); `counts` are those of all pages. `next`: None on the last one."""

    now: int
    items: tuple[Item, ...]
    counts: tuple[Count, ...]
    next: Place | None

    @property
    def urgent(self) -> int:
        return sum(count.urgent for count in self.counts)


class Worklists:
    def __init__(
        self, home: Home, registry: CurrentRegistry, traced: Recalls, access: Access, markets: Markets
    ) -> None:
        self._home = home
        self._access = access
        self._registry = registry
        self._recalls = traced
        self._markets = markets
        self._names = Names(registry, home.domain.consortium_id)
        self._renewals = Renewals(home)
        self._expected = Answers()
        self._urgent = Answers()
        self._terms: dict[RecordId, BonusAgreement] = {}

    def page(self, reader: Reader, *, after: Place | None = None, limit: int = 50) -> WorkPage:
        """What waits for `reader`, behind `after`; nothing for the public. A device is shown what it may sign."""
        taxed = self._taxed(reader)
        with self._home.database.read() as connection:
            view = self._registry.refreshed(connection).now()
            asked = Asked(connection, self._registry, view, reader)
            few = [*self._few(asked), *taxed]
            counts: list[Count] = []
            told: list[tuple[StoredRecall, frozenset[int]]] = []
            if reader.partner:
                holder = reader.partner if reader.may_read(Handoff.NUMBER) else 0
                audiences = _audiences(asked) if reader.may_read(Clearance.NUMBER) else []
                found = matters.waiting(connection, holder, audiences, after, limit)
                many = [_item(one, reader.partner) for one in found]
                liable = _liable(reader)
                issuer = reader.partner if reader.may_read(Attestation.NUMBER) else 0
                many += _to_endorse(unendorsed.waiting(connection, liable, after, limit) if liable else ())
                many += _ending(expiring.waiting(connection, issuer, asked.now, after, limit) if issuer else ())
                counts = matters.counts(connection, holder, audiences, asked.now, liable=liable, issuer=issuer)
                told = products.unreplaced_recalls(connection, reader.partner, MOST_RECALLS)
            else:
                many = []
        few += self._recalled(told, reader.partner, asked.now)
        few = [item for item in few if not item.scope or reader.may_read(item.scope)]
        items, following = page_of([*few, *many], after, limit)
        items = self._renewals.drafted(reader, items)
        return WorkPage(asked.now, tuple(items), together([*counts, *counts_of(few, asked.now)]), following)

    def view(self, reader: Reader, *, after: Place | None = None, limit: int = 50) -> WorklistView:
        """The same as readers get it."""
        page = self.page(reader, after=after, limit=limit)
        with self._home.database.read() as connection:
            names = {i.partner: self._names.of(connection, i.partner) for i in page.items if i.partner}
        return WorklistView(
            now=page.now,
            urgent=page.urgent,
            counts=tuple(map(count_view, page.counts)),
            items=tuple(item_view(item, page.now, names) for item in page.items),
            next=str(page.next) if page.next else None,
        )

    def about(self, reader: Reader, shipment: RecordId) -> tuple[WorkItemView, ...]:
        """What of a shipment waits for `reader`: its custody, clearances and tenders."""
        if not reader.partner:
            return ()
        with self._home.database.read() as connection:
            asked = Asked(connection, self._registry, self._registry.refreshed(connection).now(), reader)
            tenders = (item for item in sources.for_tenders(asked) if item.subject == shipment)
            return self._views(connection, asked, [*self._of_shipment(asked, shipment), *tenders])

    def find(self, reader: Reader, place: Place) -> WorkItemView | None:
        """The item of `reader` with this id; None where nothing of the kind waits for it any more."""
        taxed = self._taxed(reader)
        with self._home.database.read() as connection:
            asked = Asked(connection, self._registry, self._registry.refreshed(connection).now(), reader)
            items = [*self._few(asked), *self._of_shipment(asked, place.subject), *taxed]
            told = products.unreplaced_recalls(connection, reader.partner, MOST_RECALLS) if reader.partner else []
            ending = expiring.about(connection, reader.partner, place.subject, asked.now) if reader.partner else []
        items += [*self._recalled(told, reader.partner, asked.now), *_ending(ending)]
        items = self._renewals.drafted(reader, [item for item in items if item.place == place])
        with self._home.database.read() as connection:
            found = self._views(connection, asked, items)
        return found[0] if found else None

    def _of_shipment(self, asked: Asked, shipment: bytes) -> list[Item]:
        reader = asked.reader
        if not reader.partner:
            return []
        holder = reader.partner if reader.may_read(Handoff.NUMBER) else 0
        audiences = _audiences(asked) if reader.may_read(Clearance.NUMBER) else []
        found = matters.about(asked.connection, holder, audiences, shipment)
        terms = unendorsed.about(asked.connection, _liable(reader), shipment)
        return [*(_item(one, reader.partner) for one in found), *_to_endorse(terms)]

    def _views(self, connection: Connection, asked: Asked, items: Iterable[Item]) -> tuple[WorkItemView, ...]:
        reader = asked.reader
        shown = sorted(
            (item for item in items if not item.scope or reader.may_read(item.scope)), key=lambda item: item.place
        )
        names = {item.partner: self._names.of(connection, item.partner) for item in shown if item.partner}
        return tuple(item_view(item, asked.now, names) for item in shown)

    def urgent(self, reader: Reader) -> int:
        """How many urgent items wait for `reader`, up to a minute ago."""
        if not reader.key:
            return 0
        minute = self._home.clock.now() // MINUTE
        return self._urgent.get(reader, minute, lambda: self.page(reader, limit=1).urgent)

    def _few(self, asked: Asked) -> Iterator[Item]:
        if not asked.partner:
            if asked.reader.key:
                yield from sources.for_key(asked)
                yield from sources.about_access(asked, self._access)
            return
        yield from sources.about_access(asked, self._access)
        yield from sources.for_partner(asked)
        yield from sources.for_tenders(asked)
        yield from sources.for_agreements(asked, self._terms)
        if asked.reader.auditor:
            yield from sources.for_auditor(asked, self._home)

    def _taxed(self, reader: Reader) -> list[Item]:
        """Taxes that deviate, of goods whose terms the reader may read; counted beside whoever asks."""
        if not (reader.partner and reader.may_read(ShipmentTerms.NUMBER)):
            return []
        return list(taxes.items_of(self._markets.deviations_soon(reader), self._home.clock.now()))

    def _recalled(self, told: list[tuple[StoredRecall, frozenset[int]]], partner: int, now: int) -> Iterator[Item]:
        """Whom a recall has reached is traced once a minute for all who ask."""
        for recall, answered in told:
            if partner in answered and partner != recall.by:
                continue
            trace = partial(self._recalls.expected, recall)
            expected: Mapping[int, int] = self._expected.get(recall.record_id, now // MINUTE, trace)
            since = recall.block_time or recall.occurred_at
            yield from recalls.items_of(recall.record_id, recall.by, since, expected, answered, partner)


def _audiences(asked: Asked) -> list[str]:
    """The partner itself, and each jurisdiction whose customs it is."""
    customs_of = [
        scope.rstrip(b"\0").decode("ascii", "replace")
        for role, scope in asked.view.roles(asked.partner)
        if role is Role.CUSTOMS and asked.view.has_role(asked.partner, role, scope)
    ]
    return [str(asked.partner), *customs_of]


def _liable(reader: Reader) -> int:
    """The partner whose terms to endorse are told: to keys that may read terms and endorse them."""
    return reader.partner if reader.may_read(ShipmentTerms.NUMBER) and reader.may_read(Endorsement.NUMBER) else 0


def _to_endorse(found: Iterable[Unendorsed]) -> list[Item]:
    return [endorsements.item_of(one.terms, one.liable, one.opened_at) for one in found]


def _ending(found: Iterable[Ending]) -> list[Item]:
    return [attestations.item_of(one.record_id, one.subject, one.valid_from, one.valid_until) for one in found]


def _item(one: Waiting, reader: int) -> Item:
    if one.matter is not None:
        return customs.item_of(one.matter, one.goods, reader)
    return custody.item_of(
        one.goods.shipment,
        custodian=one.goods.custodian,
        packages=one.packages,
        sequence=one.sequence,
        due_at=one.due_at,
        opened_at=one.goods.opened_at,
        remainder=one.remainder,
    )
