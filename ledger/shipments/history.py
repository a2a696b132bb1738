"""What happened to each shipment, reconstructed from verified records: the ground that all numbers stand on.

`Journeys` indexes records once, in any order of arrival, which leaves no trace: lists are in log order, shipments in
the chain's. A record counts for an item only where the chain applied it. Custody is read in the order of sequences.
Shares of a shipment are exact fractions: a short item leaves a remainder with the releaser, a split gives each child
its part.
"""

from bisect import insort
from collections.abc import Iterable, Iterator
from fractions import Fraction
from operator import attrgetter
from typing import Any

from ledger.codes import ExceptionBit, Outcome, Purpose, StatementKind
from ledger.common.ids import RecordId, to_hex
from ledger.errors import NotFound
from ledger.products.brand_authority import BRAND_AUTHORISATION, is_brand_change
from ledger.records.shipment_ids import child_id, remainder_id
from ledger.records.signers import shipments_of
from ledger.records.types import (
    Amendment,
    Attestation,
    Clearance,
    Endorsement,
    Handoff,
    Override,
    Recall,
    Record,
    RegistryChange,
    Revocation,
    ShipmentTerms,
    Split,
    Statement,
)
from ledger.records.verification import VerifiedRecord
from ledger.shipments.portions import WHOLE, Found, Move, Origin, Portion, left_behind

_NOT_WHOLE = int(ExceptionBit.SHORT | ExceptionBit.REFUSED | ExceptionBit.OVER)
_IN_BREACH = Outcome.APPLIED_IN_BREACH
_SHORT = int(ExceptionBit.SHORT)  # enumerations are slow at arithmetic, and this runs for every item


def _log_order(found: Found[Record]) -> int:
    return found.verified.facts.log_index


def _slot_order(entry: tuple[Found[Clearance], int]) -> tuple[int, int]:
    result, sequence = entry
    return sequence, result.verified.facts.log_index


def _record_of(entry: Any) -> RecordId:
    """Which record an entry of an index came from: a move, a record, or a clearance with its sequence."""
    verified: VerifiedRecord = entry.verified if hasattr(entry, "verified") else entry[0].verified
    return verified.id


class Journeys:
    """Verified records by shipment. `add` takes them in any order; the same record again changes nothing."""

    def __init__(self, records: Iterable[VerifiedRecord] = (), *, late_corrections: bool = False) -> None:
        """`late_corrections`: a time that both sides of a handoff correct counts whenever they do. Not in what anybody
        owes or is scored by: afterwards they know at whose cost. But who is about to lose access may be heard.
        """
        self.late_corrections = late_corrections
        self.terms: dict[bytes, Found[ShipmentTerms]] = {}
        self.origins: dict[bytes, Origin] = {}
        self._moves: dict[bytes, list[Move]] = {}
        self._statements: dict[bytes, list[Found[Statement]]] = {}
        self._clearances: dict[bytes, list[tuple[Found[Clearance], int]]] = {}
        self._splits: dict[bytes, Found[Split]] = {}
        self._onward: dict[bytes, list[Found[ShipmentTerms]]] = {}
        self._endorsements: dict[bytes, list[Found[Endorsement]]] = {}
        self._amendments: dict[bytes, list[Found[Amendment]]] = {}
        self.attestations: dict[str, list[Found[Attestation]]] = {}
        self.revocations: dict[bytes, list[Found[Revocation]]] = {}
        self.authorisations: list[Found[Attestation]] = []
        """Attestations by which a brand lets others speak for it."""
        self.brand_changes: list[VerifiedRecord] = []
        """Grants and revocations of a brand's role."""
        self.recalls: list[Found[Recall]] = []
        self._seen: set[bytes] = set()
        self.version = 0
        """Grows with every record that is added or replaced."""
        self.latest = 0
        """The latest known time among the records."""
        for record in records:
            self.add(record)

    def add(self, verified: VerifiedRecord) -> None:
        """Index one record, where it counts: applied items, and log-only records."""
        if verified.id in self._seen:
            return
        self._seen.add(verified.id)
        self.version += 1
        known = verified.known
        if known > self.latest:
            self.latest = known
        record = verified.record
        match record:
            case Handoff():
                by, to = record.releaser, record.receiver
                for i, item in enumerate(record.items):
                    if verified.applied(i):
                        name, step, count, bits = item.shipment, item.sequence, item.packages, item.exceptions
                        breach = verified.outcomes[i] is _IN_BREACH
                        self._add_move(Move(name, step, by, to, count, bits, verified, record, breach))
            case ShipmentTerms() if verified.applied():
                result = Found(verified, record)
                self.terms[verified.id] = result
                if record.purpose != Purpose.REPLACEMENT:
                    for parent in record.parents:
                        self._onward.setdefault(parent.shipment, []).append(result)
            case Clearance():
                for i, ref in enumerate(record.items):
                    if verified.applied(i):
                        entry = Found(verified, record), ref.sequence
                        self._clearances.setdefault(ref.shipment, []).append(entry)
            case Statement() if verified.applied():
                self._statements.setdefault(record.shipment, []).append(Found(verified, record))
            case Split() if verified.applied():
                self._splits[record.shipment] = Found(verified, record)
                for i in range(len(record.children)):
                    origin = Origin(record.shipment, record.sequence, i, verified, record.occurredAt, record.by)
                    self.origins[child_id(record.shipment, record.sequence, i)] = origin
            case Override() if verified.applied():
                by, to, count, bits = record.releaser, record.receiver, record.packages, record.exceptions
                self._add_move(Move(record.shipment, record.sequence, by, to, count, bits, verified, None))
            case Endorsement():
                self._endorsements.setdefault(record.target, []).append(Found(verified, record))
            case Attestation() if verified.applied():
                insort(self.attestations.setdefault(record.subject, []), Found(verified, record), key=_log_order)
                if record.schema == BRAND_AUTHORISATION:
                    insort(self.authorisations, Found(verified, record), key=_log_order)
            case Revocation() if verified.applied():
                self.revocations.setdefault(record.target, []).append(Found(verified, record))
            case RegistryChange() if verified.applied() and is_brand_change(record):
                self.brand_changes.append(verified)
            case Recall() if verified.applied():
                insort(self.recalls, Found(verified, record), key=_log_order)
            case Amendment():
                self._amendments.setdefault(record.target, []).append(Found(verified, record))
            case _:
                pass

    def _add_move(self, move: Move) -> None:
        moves = self._moves.get(move.shipment)
        if moves is None:
            self._moves[move.shipment] = [move]
        else:
            moves.append(move)
        if move.exceptions & _SHORT and move.packages:
            child = remainder_id(move.shipment, move.sequence)
            self.origins[child] = left_behind(move)

    def replace(self, verified: VerifiedRecord) -> None:
        """Take in `verified` in the place of what was taken in of the same record before."""
        record = verified.record
        keys: set[Any] = {*shipments_of(record), getattr(record, "target", None), getattr(record, "subject", None)}
        keys |= {parent.shipment for parent in getattr(record, "parents", ())}
        indexes: tuple[dict[Any, list[Any]], ...] = (
            self._moves,
            self._statements,
            self._clearances,
            self._onward,
            self._endorsements,
            self._amendments,
            self.attestations,
            self.revocations,
        )
        for index in indexes:
            for key in keys & index.keys():
                index[key] = [entry for entry in index[key] if _record_of(entry) != verified.id]
        if isinstance(record, Attestation | RegistryChange | Recall):
            self.authorisations = [entry for entry in self.authorisations if entry.verified.id != verified.id]
            self.brand_changes = [entry for entry in self.brand_changes if entry.id != verified.id]
            self.recalls = [entry for entry in self.recalls if entry.verified.id != verified.id]
        self._seen.discard(verified.id)
        self.add(verified)

    def is_revoked(self, found: Found[Attestation | Recall], at: int) -> bool:
        """Whether its author had taken it back by `at`, with effect then: whoever relied on it could know of no other
        revocation, and a later one that is dated back takes nothing from him.
        """
        said = self.revocations.get(found.verified.id, ())
        return any(max(r.effectiveFrom, v.known) <= at and r.by == found.record.by for v, r in said)

    # --- reading -----------------------------------------------------------------------------------------------------

    def openings(self) -> list[bytes]:
        """Every shipment opened by terms, in the chain's order: what counts once does so with the first, in any log."""
        return sorted(self.terms, key=lambda shipment: self.terms[shipment].verified.place)

    def shipments(self) -> Iterator[bytes]:
        """Every shipment: opened by terms, in the chain's order, then those split or left behind from one, likewise."""
        yield from self.openings()
        children = [(origin.place, child) for child, origin in self.origins.items()]
        for _, child in sorted(children):
            yield child

    def own_shipment(self, shipment: bytes) -> bytes:
        """`shipment`, or for a remainder the shipment whose goods it was short of."""
        while (origin := self.origins.get(shipment)) is not None and origin.remainder:
            shipment = origin.parent
        return shipment

    def lineage(self, shipment: bytes) -> Iterator[bytes]:
        """`shipment` and what it was split or left behind from, up to what its terms opened."""
        yield shipment
        while (origin := self.origins.get(shipment)) is not None:
            yield (shipment := origin.parent)

    def terms_of(self, shipment: bytes) -> Found[ShipmentTerms]:
        """The terms under which `shipment` goes; raises `NotFound` when they are not among the records."""
        wanted = shipment
        while (terms := self.terms.get(shipment)) is None:
            origin = self.origins.get(shipment)
            if origin is None:
                raise NotFound("no applied terms of this shipment are known", where="shipment", found=to_hex(wanted))
            shipment = origin.parent
        return terms

    def moves(self, shipment: bytes) -> list[Move]:
        """Applied moves of exactly this shipment id, by sequence."""
        moves = self._moves.get(shipment)
        if moves is None:
            return []
        if len(moves) > 1:
            moves.sort(key=attrgetter("sequence"))
        return moves

    def plain_moves(self, shipment: bytes) -> list[Move] | None:
        """The moves of a shipment by sequence when nothing but handoffs of all its packages, and whatever customs did,
        ever happened to it; else None. Endorsements do not matter, nor exceptions that leave the count.
        """
        terms = self.terms.get(shipment)
        moves = self._moves.get(shipment)
        if (
            terms is None
            or moves is None
            or shipment in self._statements
            or shipment in self._splits
            or shipment in self._onward
            or shipment in self.origins
            or shipment in self._amendments
        ):
            return None
        packages, amendments, last = terms.record.packages, self._amendments, -1
        for move in moves:
            if (
                move.packages != packages
                or move.exceptions & _NOT_WHOLE
                or move.handoff is None
                or move.sequence <= last
                or (amendments and move.verified.id in amendments)
            ):
                return None
            last = move.sequence
        return moves

    def holder_at(self, shipment: bytes, sequence: int) -> int | None:
        """Who held the goods under exactly this id when its sequence stood at `sequence`; None: not known."""
        if shipment in self.terms:
            holder = self.terms[shipment].record.holder
        elif shipment in self.origins:
            holder = self.origins[shipment].holder
        else:
            return None
        for move in self.moves(shipment):
            if move.sequence < sequence and not move.refused:
                holder = move.receiver
        return holder

    def stated(self, kind: StatementKind) -> Iterator[bytes]:
        """Every shipment about which a statement of this kind was made, in order of arrival."""
        for shipment, statements in self._statements.items():
            if any(match.record.kind == kind for match in statements):
                yield shipment

    def statements(self, shipment: bytes) -> list[Found[Statement]]:
        return sorted(self._statements.get(shipment, ()), key=_log_order)

    def clearances(self, shipment: bytes) -> list[Found[Clearance]]:
        """Applied clearances of exactly this shipment id, by sequence within each jurisdiction and regime."""
        result = self._clearances.get(shipment)
        return [entry for entry, _ in sorted(result, key=_slot_order)] if result else []

    def onward(self, shipment: bytes) -> list[Found[ShipmentTerms]]:
        """Later terms that took this shipment over as a parent (replacements do not)."""
        return sorted(self._onward.get(shipment, ()), key=_log_order)

    def split_of(self, shipment: bytes) -> Found[Split] | None:
        """The split that closed `shipment` into children; None where none did."""
        return self._splits.get(shipment)

    def children(self, shipment: bytes) -> tuple[bytes, ...]:
        """The children that a split made of `shipment`, in order."""
        split = self._splits.get(shipment)
        if split is None:
            return ()
        record = split.record
        return tuple(child_id(shipment, record.sequence, i) for i in range(len(record.children)))

    def endorsements(self, target: bytes) -> list[Found[Endorsement]]:
        return self._endorsements.get(target, [])

    def amendments(self, target: bytes) -> list[Found[Amendment]]:
        """The amendments of a record that stand, oldest first.

        Each names the one before it in `previous` (0: none); of two that name the same, the first logged stands.
        """
        result = self._amendments.get(target)
        if not result:
            return []
        chain: list[Found[Amendment]] = []
        newest = bytes(32)
        for amendment in sorted(result, key=_log_order):
            if amendment.record.previous == newest:
                chain.append(amendment)
                newest = amendment.verified.id
        return chain

    def portions(self, shipment: bytes) -> tuple[Portion, ...]:
        """`shipment` (one that stands for itself) and, recursively, the remainders that short items left of it."""
        if shipment in self.terms:
            packages = self.terms[shipment].record.packages
            return tuple(self._walk(shipment, packages, WHOLE, (), ()))
        origin = self.origins.get(shipment)
        split = self._splits.get(origin.parent) if origin else None
        if origin is None or split is None or origin.remainder:
            raise NotFound("no shipment that stands for itself", where="shipment", found=to_hex(shipment))
        parent = self.portion(origin.parent)
        total = sum(child.packages for child in split.record.children)
        packages = split.record.children[origin.index].packages
        before = tuple(m for m in parent.moves if m.shipment != origin.parent or m.sequence < origin.sequence)
        path = (*parent.path[:-1], (origin.parent, origin))
        return tuple(self._walk(shipment, packages, parent.share * Fraction(packages, total), path, before))

    def children_of(self, portion: Portion) -> Iterator[Portion]:
        """What a split made of these goods: each child, and what short items left of it."""
        if portion.split is None:
            return
        split = portion.split.record
        total = sum(child.packages for child in split.children)
        before = tuple(m for m in portion.moves if m.shipment != portion.shipment or m.sequence < split.sequence)
        for i, child in enumerate(split.children):
            name = child_id(portion.shipment, split.sequence, i)
            path = (*portion.path[:-1], (portion.shipment, self.origins[name]))
            yield from self._walk(name, child.packages, portion.share * Fraction(child.packages, total), path, before)

    def under(self, portion: Portion, terms: Found[ShipmentTerms]) -> Iterator[Portion]:
        """These goods as they went on under later terms, spread evenly over all packages of those."""
        yield from self._walk(terms.verified.id, terms.record.packages, portion.share, portion.path, portion.moves)

    def share(self, shipment: bytes) -> Fraction:
        """The part of the root terms that `shipment` was opened with."""
        origin = self.origins.get(shipment)
        if shipment in self.terms or origin is None:
            return WHOLE
        if origin.remainder:
            whole = self.portions(self.own_shipment(shipment))
            return sum((p.share for p in whole if any(name == shipment for name, _ in p.path)), Fraction(0))
        split = self._splits[origin.parent].record
        total = sum(child.packages for child in split.children)
        return self.portion(origin.parent).share * Fraction(split.children[origin.index].packages, total)

    def portion(self, shipment: bytes) -> Portion:
        """The portion that goes under exactly this id."""
        for portion in self.portions(self.own_shipment(shipment)):
            if portion.shipment == shipment:
                return portion
        raise NotFound("this part of the shipment is not known", where="shipment", found=to_hex(shipment))

    def _walk(
        self,
        shipment: bytes,
        packages: int,
        share: Fraction,
        path: tuple[tuple[bytes, Origin | None], ...],
        before: tuple[Move, ...],
    ) -> Iterator[Portion]:
        own, started = self.moves(shipment), packages
        remainders: list[tuple[Origin, int, Fraction, int]] = []
        for i, move in enumerate(own):
            if 0 < move.packages < packages:
                missing = packages - move.packages
                remainders.append((left_behind(move), missing, share * Fraction(missing, packages), i))
                share *= Fraction(move.packages, packages)
            if move.packages:
                packages = move.packages
        moves = (*before, *own)
        yield Portion(shipment, share, packages, (*path, (shipment, None)), moves, self._splits.get(shipment), started)
        for origin, missing, part, i in remainders:
            child = remainder_id(shipment, origin.sequence)
            yield from self._walk(child, missing, part, (*path, (shipment, origin)), moves[: len(before) + i])
