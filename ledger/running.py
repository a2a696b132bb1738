"""Figures kept up to date while records arrive, one by one and in any order: the same as computed from all at once.

A record touches the shipments that it names, what it amends or endorses, and the children of these; their figures are
computed again when somebody asks, and no others. Attestations, revocations and recalls are about products: they touch
every shipment.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count

from ledger.codes import Role
from ledger.concerns import child_id
from ledger.errors import NotFound
from ledger.ids import PartnerId
from ledger.journeys import Journeys
from ledger.owed import Owed, owed
from ledger.records import (
    REMAINDER_INDEX,
    Amendment,
    Attestation,
    Endorsement,
    Handoff,
    Override,
    Recall,
    Revocation,
    ShipmentTerms,
    Split,
)
from ledger.score_card import Card
from ledger.score_indicators import samples_of
from ledger.score_samples import Period, Sample, case_of
from ledger.scores import Scorecard, Tallies
from ledger.signers import shipments_of
from ledger.verification import VerifiedRecord

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
        self._dirty: set[bytes] = set()
        self._all_dirty = False
        self._owed: dict[bytes, Owed] = {}
        self._samples: dict[bytes, tuple[Sample, ...]] = {}
        self._of: dict[Who, set[bytes]] = {}
        for record in records:
            self.add(record)

    def add(self, verified: VerifiedRecord) -> None:
        """Take in one record, in any order; the same again changes nothing."""
        if verified.id in self._about:
            return
        self.journeys.add(verified)
        record = verified.record
        if isinstance(record, Attestation | Revocation | Recall):
            self._all_dirty = True
        named = shipments_of(record)
        if isinstance(record, ShipmentTerms):
            named = (verified.id, *(parent.shipment for parent in record.parents))
        elif isinstance(record, Amendment | Endorsement):
            named = self._about.get(record.target, ())
        elif isinstance(record, Split):
            for i in range(len(record.children)):
                self._note_child(record.shipment, child_id(record.shipment, record.sequence, i))
        elif isinstance(record, Handoff):
            for item in record.items:
                self._note_child(item.shipment, child_id(item.shipment, item.sequence, REMAINDER_INDEX))
        elif isinstance(record, Override):
            self._note_child(record.shipment, child_id(record.shipment, record.sequence, REMAINDER_INDEX))
        self._about[verified.id] = named
        self._touch(named)

    def owed(self) -> list[Owed]:
        """As `ledger.owed.all_owed`, judged at the period's `at`."""
        self._refresh()
        return [self._owed[shipment] for shipment in self.journeys.shipments() if shipment in self._owed]

    def partners(self, role: Role) -> list[PartnerId]:
        self._refresh()
        return sorted(PartnerId(partner) for found, partner in self._of if found is role)

    def score(self, partner: int, role: Role, card: Card) -> Scorecard:
        """As `Tallies.score`. Brokers are measured against each other, so all of their samples are read."""
        self._refresh()
        if role is Role.BROKER:
            wanted = {shipment for (found, _), of in self._of.items() if found is role for shipment in of}
        else:
            wanted = self._of.get((role, partner), set())
        return Tallies.of_samples(self._taken(wanted, role, partner), self.period).score(partner, role, card)

    def _taken(self, wanted: set[bytes], role: Role, partner: int) -> Iterator[Sample]:
        order = {shipment: n for n, shipment in zip(count(), self.journeys.shipments(), strict=False)}
        for shipment in sorted(wanted, key=order.__getitem__):
            for sample in self._samples[shipment]:
                if sample.role is role and (role is Role.BROKER or sample.partner == partner):
                    yield sample

    def _note_child(self, parent: bytes, child: bytes) -> None:
        self._children.setdefault(parent, []).append(child)

    def _touch(self, shipments: Iterable[bytes]) -> None:
        """These, what they are remainders of, and all that was split or left behind from them."""
        todo = [self.journeys.own_shipment(shipment) for shipment in shipments] + list(shipments)
        seen: set[bytes] = set()  # not the dirty ones: one of them may have got children since
        while todo:
            shipment = todo.pop()
            if shipment not in seen:
                seen.add(shipment)
                todo += self._children.get(shipment, ())
        self._dirty |= seen

    def _refresh(self) -> None:
        shipments = set(self.journeys.shipments()) if self._all_dirty or self._dirty else set()
        for shipment in shipments if self._all_dirty else self._dirty & shipments:
            self._owed.pop(shipment, None)
            with suppress(NotFound):
                self._owed[shipment] = owed(self.journeys, shipment, self.period.at)
            case = case_of(self.journeys, shipment, self.period)
            self._replace_samples(shipment, () if case is None else tuple(samples_of(case)))
        self._dirty.clear()
        self._all_dirty = False

    def _replace_samples(self, shipment: bytes, new: tuple[Sample, ...]) -> None:
        for sample in self._samples.get(shipment, ()):
            if (of := self._of.get((sample.role, sample.partner))) is not None:
                of.discard(shipment)
                if not of:
                    del self._of[sample.role, sample.partner]
        self._samples[shipment] = new
        for sample in new:
            self._of.setdefault((sample.role, sample.partner), set()).add(shipment)
