"""What one party could do to a log by its own signature: add a record, leave one out, delay or back-date it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from ledger.codes import AmendmentKind, Assurance, ClearanceStatus, Outcome, Purpose, StatementKind
from ledger.records.types import (
    Amendment,
    Child,
    Clearance,
    Details,
    Duty,
    Endorsement,
    Handoff,
    Override,
    Record,
    ShipmentRef,
    ShipmentTerms,
    Split,
    Statement,
)
from tests.oracle.chain import record_id
from tests.oracle.facts import DAY, Seen
from tests.oracle.gaming.goods import SALT, at_destination, closes, existing, holders_of, packages_of
from tests.oracle.gaming.logs import filed, moved_to, ordered
from tests.oracle.stops import THIRD_ROLES
from tests.oracle.story import ROLES
from tests.oracle.travels import ENDS, World, terms_of, touched

OPEN = Details(SALT, "")


@dataclass(frozen=True)
class Act:
    """`party` did `what` ("add", "leave out", "delay", "back-date") with `record`; `seen` is the log after it."""

    party: int
    what: str
    record: Seen
    seen: list[Seen]


def acts(seen: list[Seen], root: bytes, at: int, rng: Random) -> Iterator[Act]:
    """Every single act of one party; additions at the end and at one random moment before."""
    world = World(seen)
    family = {shipment for shipment, _ in world.family(root)} & existing(world)
    for one in seen:
        if one.id == root or isinstance(one.record, Override):  # an override is the council's too
            continue
        alone = len(one.signers) == 1
        for party in one.signers:
            if (alone or isinstance(one.record, Clearance)) and not depended_on(one, seen):
                yield Act(party, "leave out", one, [s for s in seen if s.id != one.id])
            if not depended_on(one, seen) and one.outcomes != (Outcome.STALE,):
                yield Act(party, "delay", one, moved_to(seen, one, at - 1))
            if alone and not _endorsed(world, one):
                yield from _back_dated(seen, one, party)
    for party in sorted({p for s in seen for p in s.signers} | {p for p, bits in ROLES.items() if _may_be_third(bits)}):
        for record in _additions(world, root, family, party, rng):
            outcomes = () if isinstance(record, Endorsement | Amendment) else (Outcome.APPLIED,)
            for place in (len(seen) - 1, rng.randrange(_earliest(record, seen), len(seen))):
                added = filed(record, (party,), outcomes, seen[place], at - 1 if place == len(seen) - 1 else None)
                yield Act(party, "add", added, ordered([*seen, added]))


def _may_be_third(bits: int) -> bool:
    return any(bits >> role & 1 for role in THIRD_ROLES)


def depended_on(one: Seen, seen: Sequence[Seen]) -> bool:
    """Whether a later record would not have had its outcome without this one (endorsements do not ask)."""
    record = one.record
    later = [s for s in seen if s.order > one.order and s.block]
    match record:
        case ShipmentTerms() | Handoff() | Override() | Split():
            opens = {one.id} if isinstance(record, ShipmentTerms) else set()
            names = touched(record)
            return any(
                (touched(s.record) & names and not isinstance(s.record, Clearance))
                or touched(s.record) & opens
                or (isinstance(record, Split | Handoff) and _names_unknown(s, names, seen))
                for s in later
            )
        case Clearance(items=items, status=status) if status != ClearanceStatus.LODGED:
            refs = {ref.shipment for ref in items}
            return any(
                isinstance(s.record, Clearance)
                and (s.record.jurisdiction, s.record.regime) == (record.jurisdiction, record.regime)
                and s.record.status != ClearanceStatus.LODGED
                and touched(s.record) & refs
                for s in later
            )
        case Amendment():
            return any(isinstance(s.record, Amendment) and s.record.previous == one.id for s in seen)
        case _:
            return False


def _names_unknown(later: Seen, names: set[bytes], seen: Sequence[Seen]) -> bool:
    """Whether a later record names a child (whose id says nothing of its parent): taken for one of these goods."""
    terms = {s.id for s in seen if isinstance(s.record, ShipmentTerms)}
    return bool(touched(later.record) - terms - names)


def _endorsed(world: World, one: Seen) -> bool:
    return bool(world.endorsements[one.id])


def _back_dated(seen: list[Seen], one: Seen, party: int) -> Iterator[Act]:
    record = one.record
    if isinstance(record, Split | Statement | Clearance):
        for back in (DAY, 5 * DAY, 20 * DAY):
            changed = replace(record, occurredAt=record.occurredAt - back)
            other = replace(one, record=changed, id=record_id(changed))
            yield Act(party, "back-date", other, [other if s.id == one.id else s for s in seen])


def _earliest(record: Record, seen: Sequence[Seen]) -> int:
    """The first place in the log after all that the record names; the end for what needs the current sequence."""
    match record:
        case Endorsement(target=target) | Amendment(target=target):
            return next(i for i, s in enumerate(seen) if s.id == target)
        case Split() | ShipmentTerms():
            names = touched(record)
            moving = [
                i for i, s in enumerate(seen) if touched(s.record) & names and not isinstance(s.record, Clearance)
            ]
            return max(moving, default=0)
        case Statement(kind=kind) if kind in ENDS:
            names = touched(record)
            return max((i for i, s in enumerate(seen) if touched(s.record) & names), default=0)
        case Statement() | Clearance():
            names = touched(record)
            return min((i for i, s in enumerate(seen) if touched(s.record) & names), default=len(seen) - 1)
        case _:
            return len(seen) - 1


# --- additions ---


def _additions(world: World, root: bytes, family: set[bytes], party: int, rng: Random) -> Iterator[Record]:
    """What `party` could sign alone about the shipment."""
    terms = terms_of(world.opened[root])
    for one in world.all:
        if not isinstance(one.record, Endorsement | Amendment) and (touched(one.record) & family or one.id == root):
            yield Endorsement(party, one.id)
    for change in ('{"seconds":864000}',):
        yield Amendment(root, bytes(32), AmendmentKind.RELIEF, Details(SALT, change))
    closed = {shipment for shipment, entries in world.consuming.items() if any(closes(e[1]) for e in entries)}
    for shipment in sorted(family):
        holders = holders_of(world, root, shipment)
        if holders is None:
            continue
        when = rng.choice(world.all).logged_at
        place = at_destination(terms)
        for sequence in sorted({0, len(holders) - 1}):
            if holders[sequence] == party and party != terms.consignee:
                yield Statement(party, terms.consignee, StatementKind.TENDER, shipment, sequence, when, place, OPEN)
        for tender in world.statements[shipment]:
            record = tender.record
            assert isinstance(record, Statement)
            if record.kind == StatementKind.TENDER and party in (terms.consignor, terms.consignee):
                yield Statement(party, 0, StatementKind.CONTEST, shipment, record.sequence, when, place, OPEN)
        if party in (terms.consignor, terms.consignee, holders[-1]) and party:
            for pair in ((b"DE", 1), (b"IT", 2), (b"CH", 3)):
                yield _lodged(party, shipment, pair, when)
        if holders[-1] == party and shipment not in closed and not world.gone(shipment, world.opened[root]):
            yield from _of_the_holder(
                terms, shipment, len(holders) - 1, party, packages_of(world, root, shipment), when
            )


def _of_the_holder(
    terms: ShipmentTerms, shipment: bytes, sequence: int, party: int, packages: int, when: int
) -> Iterator[Record]:
    for kind in (StatementKind.LOST, StatementKind.LEFT, StatementKind.SOLD):
        yield Statement(party, 0, kind, shipment, sequence, when, at_destination(terms), OPEN)
    if packages > 1:
        for back in (0, 10 * DAY):
            halves = (Child(packages // 2, ()), Child(packages - packages // 2, ()))
            yield Split(party, shipment, sequence, halves, 1, when - back, OPEN)
    if party in (terms.consignor, terms.consignee):
        for purpose in (Purpose.ONWARD, Purpose.RETURN, Purpose.TRANSFORMATION):
            yield replace(
                terms,
                consignor=party,
                consignee=terms.consignor if purpose == Purpose.RETURN else 99,
                holder=party,
                recipientKey=bytes(20),
                purpose=purpose,
                parents=(ShipmentRef(shipment, sequence),),
                packages=packages,
            )


def _lodged(party: int, shipment: bytes, pair: tuple[bytes, int], when: int) -> Clearance:
    duty, ref = Duty(SALT, "", "", "", "", ()), ShipmentRef(shipment, 0)
    status, assurance = ClearanceStatus.LODGED, Assurance.BROKER_WORD
    return Clearance(party, party, (ref,), *pair, status, 0, 0, assurance, when, duty, OPEN)
