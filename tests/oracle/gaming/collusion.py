"""What two partners could sign together of goods that one of them holds, at the cost of a third."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from random import Random
from typing import Final

from ledger.codes import (
    RELEASES,
    Assurance,
    ClearanceStatus,
    ExceptionBit,
    Gate,
    HoldCause,
    Outcome,
    Purpose,
    Role,
    StatementKind,
)
from ledger.records.types import (
    Clearance,
    Details,
    Duty,
    Handoff,
    HandoffItem,
    Load,
    Override,
    ShipmentRef,
    ShipmentTerms,
    Statement,
)
from tests.oracle.facts import DAY, HOUR, Seen
from tests.oracle.gaming.deeds import Deed, added, deed, shipments
from tests.oracle.gaming.goods import SALT, at_destination, closes, holders_of, packages_of
from tests.oracle.gaming.single_acts import depended_on
from tests.oracle.story import BROKER, BUYER, CUSTOMS, LOCKER, MAIN, RIVAL, ROLES, SECOND
from tests.oracle.travels import World, terms_of

OPEN: Final = Details(SALT, "")


def left_out(seen: list[Seen], root: bytes) -> Iterator[Deed]:
    """What two signed, never signed; where nothing that follows rests on it."""
    for one in seen:
        both = len(one.signers) > 1 and CUSTOMS not in one.signers and not isinstance(one.record, Override)
        if both and one.id != root and not depended_on(one, seen):
            yield deed(one.signers, "leave out", one.record, seen, [s for s in seen if s.id != one.id])


def pairs(seen: list[Seen], root: bytes, at: int, rng: Random) -> Iterator[Deed]:
    """Everything that two could add at the end, about any shipment of the family that is still on its way."""
    world = World(seen)
    terms = terms_of(world.opened[root])
    gone = {shipment for shipment, entries in world.consuming.items() if any(closes(e[1]) for e in entries)}
    for shipment in shipments(world, root):
        holders = holders_of(world, root, shipment)
        if holders is None or shipment in gone or world.gone(shipment, world.opened[root]):
            continue
        held, last, count = holders[-1], len(holders) - 1, packages_of(world, root, shipment)
        for record, by in _clearances(world, terms, shipment, held, at, rng):
            yield added(record, by, seen, len(seen) - 1, at - 1)
        if not held or held == terms.consignee:
            continue
        for handoff in _handoffs(terms, shipment, last, holders, count, at):
            outcome = Outcome.APPLIED_IN_BREACH if _breaks(world, terms, shipment, handoff) else Outcome.APPLIED
            yield added(handoff, (held, handoff.receiver), seen, len(seen) - 1, at - 1, outcome)
        for party in {terms.consignor, terms.consignee} - {0, held}:
            for kind in (StatementKind.DESTROYED, StatementKind.ABANDONED):
                said = Statement(held, party, kind, shipment, last, at - DAY, at_destination(terms), OPEN)
                yield added(said, (held, party), seen, len(seen) - 1, at - 1)
            for purpose in (Purpose.ONWARD, Purpose.RETURN, Purpose.RE_EXPORT, Purpose.TRANSFORMATION):
                later = _later(terms, shipment, last, party, held, purpose, count)
                yield added(later, (party, held), seen, len(seen) - 1, at - 1)


def _handoffs(
    terms: ShipmentTerms, shipment: bytes, sequence: int, holders: list[int], count: int, at: int
) -> Iterator[Handoff]:
    """To the consignee, a locker, a friend, or back; told at once or dated back; full, short, damaged or refused."""
    here = at_destination(terms)
    full = [(count, 0), (count, int(ExceptionBit.DAMAGED))]
    short = [(count - 1, int(ExceptionBit.SHORT))] if count > 1 else []
    for receiver in dict.fromkeys((terms.consignee, LOCKER, SECOND, MAIN, *holders[:-1])):
        if receiver in (0, holders[-1], terms.consignor) and receiver not in holders[:-1]:
            continue
        if receiver == holders[-1]:
            continue
        refused = [(0, int(ExceptionBit.REFUSED))] if receiver == terms.consignee else []
        for packages, exceptions in (*full, *short, *refused):
            for back, due in ((1, 0), (20 * DAY, 0), (1, at - 30 * DAY), (HOUR, at + DAY)):
                item = HandoffItem(shipment, sequence, packages, exceptions)
                when = at - 1 - back
                yield Handoff((item,), holders[-1], receiver, here, Load(SALT, ""), when, due, at + DAY, OPEN)


def _breaks(world: World, terms: ShipmentTerms, shipment: bytes, handoff: Handoff) -> bool:
    """Whether the chain would mark it: a gate that it passes is not released, by the last decision recorded."""
    gates = Gate.DELIVERY if handoff.receiver == terms.consignee else Gate(0)
    if ROLES.get(handoff.receiver, 0) >> Role.MAIN_CARRIER & 1:
        gates |= Gate.HANDOVER
    status: dict[tuple[bytes, int], int] = {}
    for seen in sorted(world.clearances[shipment], key=lambda s: s.order):
        record = seen.record
        if isinstance(record, Clearance) and record.status != ClearanceStatus.LODGED:
            status[record.jurisdiction, record.regime] = record.status
    return any(r.gate & gates and status.get((r.jurisdiction, r.regime), 0) not in RELEASES for r in terms.requires)


def _later(
    terms: ShipmentTerms, shipment: bytes, sequence: int, party: int, holder: int, purpose: Purpose, packages: int
) -> ShipmentTerms:
    return replace(
        terms,
        consignor=party,
        consignee=terms.consignor if purpose == Purpose.RETURN and terms.consignor != holder else BUYER,
        holder=holder,
        recipientKey=bytes(20),
        purpose=purpose,
        parents=(ShipmentRef(shipment, sequence),),
        packages=packages,
    )


def _clearances(
    world: World, terms: ShipmentTerms, shipment: bytes, holder: int, at: int, rng: Random
) -> Iterator[tuple[Clearance, tuple[int, ...]]]:
    """On a broker's word, with a party as declarant: of each pair that the terms let a broker relay."""
    said = [s.record for s in world.clearances[shipment]]
    for pair in ((r.jurisdiction, r.regime) for r in terms.requires if r.relay):
        of_pair = [c for c in said if isinstance(c, Clearance) and (c.jurisdiction, c.regime) == pair]
        sequence = sum(c.status != ClearanceStatus.LODGED for c in of_pair)
        for broker, declarant in product((BROKER, RIVAL), {terms.consignor, terms.consignee, holder} - {0}):
            for status in (
                ClearanceStatus.HELD,
                ClearanceStatus.PRESENTED,
                ClearanceStatus.RELEASED,
                ClearanceStatus.AMENDED,
            ):
                when = at - 1 - rng.choice((HOUR, 5 * DAY, 20 * DAY))
                held = status == ClearanceStatus.HELD
                blamed = rng.choice((0, terms.consignor, holder, BROKER)) if held else 0
                yield (
                    Clearance(
                        broker,
                        declarant,
                        (ShipmentRef(shipment, sequence),),
                        *pair,
                        status,
                        HoldCause.DOCUMENTS if held else 0,
                        blamed,
                        Assurance.BROKER_WORD,
                        when,
                        Duty(SALT, "", "", "", "", ()),
                        OPEN,
                    ),
                    (broker, declarant),
                )
