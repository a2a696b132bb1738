"""How the goods of one shipment travelled: every part's line of steps, from the opening to where it is now."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from ledger.codes import RELEASES, Assurance, ClearanceStatus, Purpose, StatementKind
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.types import (
    REMAINDER_INDEX,
    Amendment,
    Clearance,
    Endorsement,
    Handoff,
    Override,
    Record,
    ShipmentTerms,
    Split,
    Statement,
)
from tests.oracle.facts import Seen

ENDS = frozenset(
    {
        StatementKind.LOST,
        StatementKind.LEFT,
        StatementKind.SOLD,
        StatementKind.DESTROYED,
        StatementKind.ABANDONED,
    }
)
__all__ = ["ENDS", "RELEASES", "Ancestry", "Line", "Segment", "Step", "World", "terms_of", "touched"]
Ancestry = tuple[tuple[bytes, int], ...]
"""Shipments that one parted from, from the root down, each with the time of the parting."""


def terms_of(seen: Seen) -> ShipmentTerms:
    assert isinstance(seen.record, ShipmentTerms)
    return seen.record


def touched(record: Record) -> set[bytes]:
    """The shipments that a record names: items, parents, the subject of a statement."""
    match record:
        case Handoff(items=items) | Clearance(items=items):
            return {item.shipment for item in items}
        case Split(shipment=shipment) | Statement(shipment=shipment) | Override(shipment=shipment):
            return {shipment}
        case ShipmentTerms(parents=parents):
            return {ref.shipment for ref in parents}
        case _:
            return set()


@dataclass(frozen=True)
class Segment:
    """A stay of the goods under one shipment id, up to the record (at `until`) that parted them from it."""

    shipment: bytes
    terms: Seen
    until: int | None
    parted: Seen | None

    def before_parting(self, seen: Seen, occurred: int) -> bool:
        """Whether what is said of the whole shipment was true of these goods too.

        By its time up to the parting's; that of a split is the holder's own word, so it is the known time that counts.
        """
        if self.parted is None:
            return True
        record = self.parted.record
        parting = record.occurredAt if isinstance(record, Handoff) else self.parted.known
        return occurred < parting or (occurred == parting and seen.log_index < self.parted.log_index)


@dataclass(frozen=True)
class Step:
    """A handoff (of `packages`; 0 is a refusal), an override or later terms, in segment `place` of the line."""

    seen: Seen
    place: int
    sequence: int
    terms: Seen
    releaser: int
    receiver: int
    packages: int

    @property
    def moves(self) -> bool:
        return self.packages > 0

    @property
    def at(self) -> tuple[int, int]:
        return self.place, self.sequence

    def reaches_consignee_of(self, first: Seen) -> bool:
        """The goods came before the consignee of these terms, who took or refused them and signed so."""
        terms, now = terms_of(first), terms_of(self.terms)
        if not isinstance(self.seen.record, Handoff) or self.receiver != terms.consignee:
            return False
        return self.receiver != 0 or now.recipientKey == terms.recipientKey


@dataclass(frozen=True)
class Line:
    """One part: `own` is its shipment under the first terms, `weight` its share of them, `end` why its line stops.

    `end` is "stopped" (nothing later matters), "ended" (the goods are no more) or "open".
    """

    own: bytes
    path: tuple[tuple[int, int], ...]
    weight: Fraction
    steps: tuple[Step, ...]
    segments: tuple[Segment, ...]
    end: str


class World:
    """The records by what they are about."""

    def __init__(self, seen: Iterable[Seen]) -> None:
        self.all = sorted(seen, key=lambda s: s.log_index)
        self.opened: dict[bytes, Seen] = {}
        self.consuming: dict[bytes, list[tuple[int, Seen, int]]] = defaultdict(list)
        self.statements: dict[bytes, list[Seen]] = defaultdict(list)
        self.clearances: dict[bytes, list[Seen]] = defaultdict(list)
        self.endorsements: dict[bytes, list[Seen]] = defaultdict(list)
        self.amendments: dict[bytes, list[Seen]] = defaultdict(list)
        for one in self.all:
            self._file(one)
        for found in self.consuming.values():
            found.sort(key=lambda entry: (entry[0], entry[1].order))

    def _file(self, one: Seen) -> None:
        match one.record:
            case ShipmentTerms() as terms if one.applied():
                self.opened[one.id] = one
                if terms.purpose != Purpose.REPLACEMENT:
                    for ref in terms.parents:
                        self.consuming[ref.shipment].append((ref.sequence, one, 0))
            case Handoff() as handoff:
                for i, item in enumerate(handoff.items):
                    if one.applied(i):
                        self.consuming[item.shipment].append((item.sequence, one, i))
            case Split() | Override() as record if one.applied():
                self.consuming[record.shipment].append((record.sequence, one, 0))
            case Statement() as statement if one.applied():
                self.statements[statement.shipment].append(one)
            case Clearance() as clearance:
                for i, ref in enumerate(clearance.items):
                    if one.applied(i):
                        self.clearances[ref.shipment].append(one)
            case Endorsement() as endorsement:
                self.endorsements[endorsement.target].append(one)
            case Amendment() as amendment:
                self.amendments[amendment.target].append(one)
            case _:
                pass

    def bears(self, one: Seen, partner: int) -> bool:
        """Whether `partner` signed the record or endorsed it."""
        return partner in one.signers or any(partner in e.signers for e in self.endorsements[one.id])

    def counts_as_later_terms(self, later: Seen, first: Seen, beneficiary: int) -> bool:
        """Whether the beneficiary or the consignee of the first terms signed or endorsed the later ones."""
        consignee = terms_of(first).consignee
        return self.bears(later, beneficiary) or (consignee != 0 and self.bears(later, consignee))

    def gone(self, shipment: bytes, terms: Seen) -> bool:
        """Whether the goods ended under this id: by statement, or by customs itself for a required pair."""
        if any(isinstance(s.record, Statement) and s.record.kind in ENDS for s in self.statements[shipment]):
            return True
        required = {(r.jurisdiction, r.regime) for r in terms_of(terms).requires}
        for one in self.clearances[shipment]:
            record = one.record
            assert isinstance(record, Clearance)
            ending = record.status in (ClearanceStatus.SEIZED, ClearanceStatus.DESTROYED)
            by_customs = record.assurance == Assurance.AUTHORITY_SIGNED
            if ending and by_customs and (record.jurisdiction, record.regime) in required:
                return True
        return False

    def family(self, shipment: bytes, ancestry: Ancestry = ()) -> Iterator[tuple[bytes, Ancestry]]:
        """The shipment and all below it under its terms, each with its ancestors and when it parted from them."""
        yield shipment, ancestry
        for sequence, seen, i in self.consuming[shipment]:
            record = seen.record
            if isinstance(record, Split):
                below = [child_id(shipment, sequence, index) for index in range(len(record.children))]
                parted = record.occurredAt
            elif isinstance(record, Handoff):
                below = [remainder_id(shipment, sequence)] if record.items[i].packages else []
                parted = record.occurredAt
            else:
                below = [remainder_id(shipment, sequence)] if isinstance(record, Override) else []
                parted = seen.known
            for child in below:
                yield from self.family(child, (*ancestry, (shipment, parted)))

    def lines(self, root: Seen, beneficiary: int) -> list[Line]:
        """All parts of the shipment opened by `root`, in the order of their paths of child indexes."""
        walk = _Walk(self, root, beneficiary)
        walk.go(root.id, root, terms_of(root).packages, (), (), Fraction(1), root.id, ())
        return sorted(walk.lines, key=lambda line: line.path)


class _Walk:
    def __init__(self, world: World, root: Seen, beneficiary: int) -> None:
        self.world, self.root, self.beneficiary = world, root, beneficiary
        self.lines: list[Line] = []

    def go(
        self,
        shipment: bytes,
        terms: Seen,
        packages: int,
        steps: tuple[Step, ...],
        segments: tuple[Segment, ...],
        weight: Fraction,
        own: bytes,
        path: tuple[tuple[int, int], ...],
    ) -> None:
        place = len(segments)
        final = any(step.reaches_consignee_of(self.root) for step in steps)  # stopped for good: splits part nothing

        def close(end: str) -> None:
            here = (*segments, Segment(shipment, terms, None, None))
            self.lines.append(Line(own, path, weight, steps, here, end))

        def descend(child: bytes, opener: Seen, count: int, share: Fraction, seq: int, by: Seen, step: int) -> None:
            here = (*segments, Segment(shipment, terms, seq, by))
            inside = opener.id == self.root.id
            deeper = (*path, (step, seq))
            self.go(child, opener, count, steps, here, weight * share, child if inside else own, deeper)

        for sequence, seen, i in self.world.consuming[shipment]:
            record = seen.record
            if isinstance(record, Handoff | Override):
                item = record.items[i] if isinstance(record, Handoff) else record
                step = Step(seen, place, sequence, terms, record.releaser, record.receiver, item.packages)
                if 0 < item.packages < packages:
                    left, whole = packages - item.packages, packages
                    rest = remainder_id(shipment, sequence)
                    descend(rest, terms, left, Fraction(left, whole), sequence, seen, REMAINDER_INDEX)
                    weight *= Fraction(item.packages, whole)
                steps = (*steps, step)
                packages = item.packages or packages
                final = final or step.reaches_consignee_of(self.root)
                if final and step.moves and step.reaches_consignee_of(self.root):
                    return close("stopped")
            elif final:
                return close("stopped")
            elif isinstance(record, Split):
                total = sum(child.packages for child in record.children)
                for index, child in enumerate(record.children):
                    share = Fraction(child.packages, total)
                    descend(child_id(shipment, sequence, index), terms, child.packages, share, sequence, seen, index)
                return None
            elif isinstance(record, ShipmentTerms):
                steps = (*steps, Step(seen, place, sequence, terms, 0, record.holder, packages))
                if self.world.counts_as_later_terms(seen, self.root, self.beneficiary):
                    return close("stopped")
                if record.purpose == Purpose.TRANSFORMATION:
                    return close("ended")
                descend(seen.id, seen, record.packages, Fraction(1), sequence, seen, 0)
                return None
        return close("ended" if self.world.gone(shipment, terms) else "open")
