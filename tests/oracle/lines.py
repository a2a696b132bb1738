"""How the goods of one shipment travelled: every part's line of steps, from the opening to where it is now."""

from dataclasses import dataclass
from fractions import Fraction

from ledger.codes import Purpose
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.types import REMAINDER_INDEX, Clearance, Handoff, Override, ShipmentTerms, Split
from tests.oracle.facts import Seen
from tests.oracle.travels import World, terms_of


def counted(seen: Seen, report_lag: int) -> int:
    """max(`occurredAt`, known − `reportLag`): what two signed."""
    record = seen.record
    assert isinstance(record, Handoff | Clearance)
    return max(record.occurredAt, seen.known - report_lag)


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
    def passes_on(self) -> bool:
        """Whether the goods came into other hands: the `holder` of later terms had them already."""
        return self.moves and not isinstance(self.seen.record, ShipmentTerms)

    def passed_at(self, report_lag: int) -> int:
        """When a handoff counts; anything else when it was known."""
        return counted(self.seen, report_lag) if isinstance(self.seen.record, Handoff) else self.seen.known

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


def lines_of(world: World, root: Seen, beneficiary: int) -> list[Line]:
    """All parts of the shipment opened by `root`, in the order of their paths of child indexes."""
    walk = _Walk(world, root, beneficiary)
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
                if isinstance(record, ShipmentTerms):  # still a move, which undoes a tender
                    steps = (*steps, Step(seen, place, sequence, terms, 0, record.holder, packages))
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
