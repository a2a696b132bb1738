"""Figures kept up to date while records arrive, one by one and in any order: the same as computed from all at once.

A record touches the shipments that it names, what it amends or endorses, and the relatives of these; their figures are
computed again when somebody asks, and no others. Attestations, their revocations and recalls touch the shipments that
carry the product; who speaks for a brand, those that carry any. As time passes, only shipments are judged again for
which a deadline may have passed since.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from ledger.codes import Role
from ledger.common.gs1 import recalled_product
from ledger.common.ids import PartnerId
from ledger.common.periods import Period
from ledger.errors import NotFound
from ledger.penalties.amounts import Owed, owed
from ledger.penalties.lateness import may_change_until as clocks_may_change_until
from ledger.products.brand_authority import BRAND_AUTHORISATION, is_brand_change
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.signers import shipments_of
from ledger.records.types import (
    Amendment,
    Attestation,
    Endorsement,
    Handoff,
    Override,
    Recall,
    RegistryChange,
    Revocation,
    ShipmentTerms,
    Split,
)
from ledger.records.verification import VerifiedRecord
from ledger.scores.card import OF_ROLE, Card
from ledger.scores.composite import Scorecard
from ledger.scores.flags import KeptPromises, promise_of
from ledger.scores.indicators import known_samples
from ledger.scores.recalled import word_may_change_until
from ledger.scores.samples import Case, Sample, case_of, products_of
from ledger.scores.tallies import Tallies
from ledger.scores.tender_flags import tendered_in, tenders_on
from ledger.shipments.history import Journeys
from ledger.shipments.per_shipment import PerShipment

Who = tuple[Role, int]


class Running:
    """Penalties and scores of one period. Give it each record once its outcome is known: the first state stays.

    Memory: the journeys, and the samples of every shipment.
    """

    def __init__(self, period: Period, records: Iterable[VerifiedRecord] = ()) -> None:
        self.period = period
        self.journeys = Journeys()
        self._about: dict[bytes, tuple[bytes, ...]] = {}
        self._children: dict[bytes, list[bytes]] = {}
        self._order: dict[bytes, tuple[int, tuple[int, ...], bytes]] = {}
        """The place of each shipment in the order of `Journeys.shipments`."""
        self._carrying: dict[str, set[bytes]] = {}
        self._product: dict[bytes, str] = {}
        self._dirty: set[bytes] = set()
        self._moving: dict[bytes, int] = {}
        """Until when the figures of a shipment may change as time passes, where that is not over."""
        self._owed: dict[bytes, tuple[Owed, ...]] = {}
        self._samples: dict[bytes, tuple[Sample, ...]] = {}
        self._of: dict[Who, set[bytes]] = {}
        self._hidden: set[bytes] = set()
        """Shipments of which a part is withheld, so that nothing is known about them."""
        self._promises = KeptPromises()
        self._unread: set[bytes] = set()
        """Shipments whose promise is to be read again."""
        self._tenders = PerShipment(lambda shipment, _: (tenders_on(self.journeys, shipment), 0))
        self._watching: list[PerShipment[Any]] = [self._tenders]
        for record in records:
            self.add(record)

    def add(self, verified: VerifiedRecord) -> None:
        """Take in one record, in any order; the same again changes nothing."""
        if verified.id in self._about:
            return
        self.journeys.add(verified)
        record = verified.record
        if isinstance(record, ShipmentTerms):
            self._note_terms(verified.id, record)
        elif isinstance(record, Attestation | Recall) and not _is_number(record):
            self._product[verified.id] = _gtin_of(record.subject)
        elif isinstance(record, Split):
            for i in range(len(record.children)):
                self._note_child(record.shipment, child_id(record.shipment, record.sequence, i))
        elif isinstance(record, Handoff):
            for item in record.items:
                self._note_child(item.shipment, remainder_id(item.shipment, item.sequence))
        elif isinstance(record, Override):
            self._note_child(record.shipment, remainder_id(record.shipment, record.sequence))
        self._about[verified.id] = named = self._named(verified)
        self._touch(named)

    def replace(self, verified: VerifiedRecord) -> None:
        """Take in `verified` in the place of the same record: evidence of when it was known has come in since."""
        self.journeys.replace(verified)
        self._touch(self._named(verified))

    def _named(self, verified: VerifiedRecord) -> tuple[bytes, ...]:
        """The shipments whose figures the record bears on by itself."""
        record = verified.record
        if isinstance(record, ShipmentTerms):
            return (verified.id, *(parent.shipment for parent in record.parents))
        if isinstance(record, Amendment | Endorsement):
            return self._about.get(record.target, ())
        if isinstance(record, Attestation | Recall):
            return () if _is_number(record) else self._with_product(self._product[verified.id])
        if isinstance(record, Revocation):
            return self._with_product(self._product.get(record.target, ""))
        if isinstance(record, RegistryChange) and is_brand_change(record):
            return self._with_product("")
        return shipments_of(record)

    def watch(self, kept: PerShipment[Any]) -> None:
        """Tell `kept` from now on which shipments records touch."""
        self._watching.append(kept)

    def judge(self, period: Period) -> None:
        """From now on the figures are those of `period`. Where only time has passed, few are computed again."""
        before, self.period = self.period, period
        if (before.start, before.end) != (period.start, period.end) or period.at < before.at:
            self._dirty.update(self._order)
            self._promises, self._unread = KeptPromises(), set(self.journeys.terms)
        elif period.at > before.at:
            self._dirty.update(self._moving)

    def owed(self) -> list[Owed]:
        """As `ledger.penalties.amounts.all_owed`, judged at the period's `at`."""
        self._refresh()
        return [one for shipment in sorted(self._owed, key=self._order.__getitem__) for one in self._owed[shipment]]

    def partners(self, role: Role) -> list[PartnerId]:
        self._refresh()
        return sorted(
            PartnerId(partner)
            for (match, partner), shipments in self._of.items()
            if match is role and any(self._scored(role, partner, shipment) for shipment in shipments)
        )

    def score(self, partner: int, role: Role, card: Card) -> Scorecard:
        """As `Tallies.score`. Brokers are measured against each other, so all of their samples are read."""
        self._refresh()
        if role is Role.BROKER:
            wanted = {shipment for (match, _), of in self._of.items() if match is role for shipment in of}
        else:
            wanted = self._of.get((role, partner), set())
        return self._tallies(wanted, role, partner).score(partner, role, card)

    def _scored(self, role: Role, partner: int, shipment: bytes) -> bool:
        return any(
            sample.role is role and sample.partner == partner and sample.indicator in OF_ROLE[role]
            for sample in self._samples[shipment]
        )

    def _tallies(self, wanted: set[bytes], role: Role, partner: int) -> Tallies:
        samples = self._taken(wanted, role, partner)
        hidden = sorted(self._hidden, key=self._order.__getitem__)
        for shipment in self._unread & self.journeys.terms.keys():
            self._promises.put(shipment, promise_of(self.journeys.terms[shipment], self.period))
        self._unread.clear()
        tenders = tendered_in(self.journeys, self.period, lambda shipment: self._tenders.of(shipment, 0))
        seen = self._promises, tenders
        return Tallies(self.journeys, self.period, samples=samples, hidden=hidden, seen=seen)

    def _taken(self, wanted: set[bytes], role: Role, partner: int) -> Iterator[Sample]:
        for shipment in sorted(wanted, key=self._order.__getitem__):
            for sample in self._samples[shipment]:
                if sample.role is role and (role is Role.BROKER or sample.partner == partner):
                    yield sample

    def _note_terms(self, shipment: bytes, terms: ShipmentTerms) -> None:
        if shipment in self.journeys.terms:
            self._order[shipment] = (0, self.journeys.terms[shipment].verified.place, shipment)
            for product in products_of(terms):
                self._carrying.setdefault(product.gtin, set()).add(shipment)

    def _with_product(self, product: str) -> tuple[bytes, ...]:
        """The shipments that carry it; without one (who speaks for a brand, say) those that carry any."""
        wanted = [self._carrying.get(product, set())] if product else self._carrying.values()
        return tuple(shipment for carrying in wanted for shipment in carrying)

    def _note_child(self, parent: bytes, child: bytes) -> None:
        self._children.setdefault(parent, []).append(child)
        origin = self.journeys.origins.get(child)
        if origin is not None:
            self._order[child] = (1, origin.place, child)

    def _touch(self, shipments: Iterable[bytes]) -> None:
        """These, what they were split or left behind from or opened over, and all that was split or left behind from
        any of these.
        """
        todo = [first for shipment in shipments for first in self._above(shipment)] + list(shipments)
        seen: set[bytes] = set()  # not the dirty ones: one of them may have got children since
        while todo:
            shipment = todo.pop()
            if shipment not in seen:
                seen.add(shipment)
                todo += self._children.get(shipment, ())
        self._dirty |= seen
        self._unread |= seen
        for kept in self._watching:
            kept.touched(seen)

    def _above(self, shipment: bytes) -> Iterator[bytes]:
        """Where it began, and where the goods of the parents began, whose clocks may run on under its terms."""
        first = self._first_of(shipment)
        yield first
        if first in self.journeys.terms:
            for parent in self.journeys.terms[first].record.parents:
                yield from self._above(parent.shipment)

    def _first_of(self, shipment: bytes) -> bytes:
        """What it was split or left behind from at the first: its supplier is judged there for all goods."""
        while (origin := self.journeys.origins.get(shipment)) is not None:
            shipment = origin.parent
        return shipment

    def _refresh(self) -> None:
        for shipment in sorted(self._dirty & self._order.keys(), key=self._order.__getitem__):
            self._owed.pop(shipment, None)
            self._moving.pop(shipment, None)
            if shipment in self.journeys.terms:
                with suppress(NotFound):
                    self._owed[shipment] = owed(self.journeys, shipment, self.period.at)
            case = case_of(self.journeys, shipment, self.period)
            self._replace_samples(shipment, None if case is None else known_samples(case))
            if case is not None and (until := may_change_until(case)) >= self.period.at:
                self._moving[shipment] = until
        self._dirty.clear()

    def _replace_samples(self, shipment: bytes, new: tuple[Sample, ...] | None) -> None:
        """None: nothing is known of the shipment, a part of it is withheld."""
        for sample in self._samples.pop(shipment, ()):
            if (of := self._of.get((sample.role, sample.partner))) is not None:
                of.discard(shipment)
                if not of:
                    del self._of[sample.role, sample.partner]
        if new is None:
            self._hidden.add(shipment)
        else:
            self._hidden.discard(shipment)
            self._samples[shipment] = new
        for sample in new or ():
            self._of.setdefault((sample.role, sample.partner), set()).add(shipment)


def may_change_until(case: Case) -> int:
    """The last second at which time alone may change the figures of `case`."""
    latest = case.t0
    for product in products_of(case.terms) if case.journeys.recalls else ():
        latest = max(latest, word_may_change_until(case.journeys, product))
    lines = (goods.line for goods in case.travelled())
    return max(latest, clocks_may_change_until(case.journeys, lines))


def _is_number(record: Attestation | Recall) -> bool:
    """Whether it is about a partner and says nothing of brands: numbers are read when somebody asks for a score."""
    return (
        isinstance(record, Attestation)
        and record.subject.startswith("partner/")
        and (record.schema != BRAND_AUTHORISATION)
    )


def _gtin_of(subject: str) -> str:
    """The product of an attestation's or recall's subject; empty where it is about something else."""
    product = recalled_product(subject)
    return product.gtin if product is not None else ""
