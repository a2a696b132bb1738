"""Manifests: what moves, what is skipped and why, what is refused as a whole, and the gates."""

import pytest

from ledger.codes import ExceptionBit, Gate, Outcome, RegistryAction, ShipmentState, StatementKind
from ledger.custody.rules import Flag
from ledger.records.shipment_ids import remainder_id
from ledger.records.types import HandoffItem
from tests.chain.contracts.consortium import (
    AUDITOR,
    BRAND,
    BROKER,
    CARRIER,
    CUSTOMS,
    IDLE_CARRIER,
    LOCKER,
    MAIN_CARRIER,
    MAKER,
    PLATFORM,
    RETAILER,
    WAREHOUSE,
    key_of,
    partner_key,
)
from tests.chain.contracts.custody_world import HOUR, World, require, world

CONSUMER = key_of("a consumer")
SHORT, DAMAGED, REFUSED, OVER = ExceptionBit.SHORT, ExceptionBit.DAMAGED, ExceptionBit.REFUSED, ExceptionBit.OVER


@pytest.fixture
def w() -> World:
    return world()


def test_custody_moves_to_who_signed_and_at_last_to_the_consignee(w: World) -> None:
    shipment = w.open()
    assert w.hand(shipment, MAKER, CARRIER) == Outcome.APPLIED
    assert (w.slot(shipment).custodian, w.slot(shipment).sequence) == (CARRIER, 1)
    assert w.hand(shipment, CARRIER, WAREHOUSE) == Outcome.APPLIED
    assert w.hand(shipment, WAREHOUSE, RETAILER) == Outcome.APPLIED
    assert w.slot(shipment).state == ShipmentState.DELIVERED
    assert w.hand(shipment, RETAILER, CARRIER) == Outcome.ENDED


@pytest.mark.parametrize("receiver", [CARRIER, MAIN_CARRIER, WAREHOUSE, LOCKER])
def test_roles_that_handle(w: World, receiver: int) -> None:
    assert w.hand(w.open(), MAKER, receiver) == Outcome.APPLIED


@pytest.mark.parametrize("receiver", [BRAND, PLATFORM, CUSTOMS, BROKER, AUDITOR])
def test_others_receive_as_consignee_only(w: World, receiver: int) -> None:
    mine, other = w.open(consignee=receiver), w.open()
    both = w.manifest(MAKER, receiver, w.item(mine), w.item(other))
    assert w.refused(both, MAKER, receiver) == "CustodyMayNotReceive"
    assert w.hand(mine, MAKER, receiver) == Outcome.APPLIED
    assert w.slot(mine).state == ShipmentState.DELIVERED
    # Of a shipment that nobody has opened, nobody is the consignee yet: it is skipped, not refused.
    unknown = HandoffItem(b"\7" * 32, 0, 1, 0)
    assert w.submit(w.manifest(MAKER, receiver, unknown), MAKER, receiver) == (Outcome.UNKNOWN,)


def test_each_bit_of_a_count_counts(w: World) -> None:
    shipments = [w.open(packages=2**bit + 10) for bit in range(4, 32)]
    fewer = w.manifest(MAKER, CARRIER, *(w.item(shipment, 10) for shipment in shipments))
    assert set(w.submit(fewer, MAKER, CARRIER)) == {Outcome.COUNT}
    all_of_them = w.manifest(MAKER, CARRIER, *map(w.item, shipments))
    assert set(w.submit(all_of_them, MAKER, CARRIER)) == {Outcome.APPLIED}


def test_a_failed_item_is_skipped_and_the_others_apply(w: World) -> None:
    good, stale, ahead, lost, foreign = w.open(), w.open(), w.open(), w.open(), w.open(consignor=PLATFORM)
    miscounted = w.open()
    w.hand(stale, MAKER, WAREHOUSE)
    w.hand(stale, WAREHOUSE, CARRIER)
    w.submit(w.statement(StatementKind.LOST, lost, MAKER), MAKER)
    items = {
        w.item(good): Outcome.APPLIED,
        w.item(stale, sequence=1): Outcome.STALE,
        w.item(ahead, sequence=5): Outcome.AHEAD,
        w.item(lost): Outcome.ENDED,
        w.item(foreign): Outcome.NOT_HELD,
        w.item(miscounted, 9): Outcome.COUNT,
        HandoffItem(b"\xff" * 32, 0, 1, 0): Outcome.UNKNOWN,
    }
    manifest = w.manifest(MAKER, CARRIER, *items)
    assert w.submit(manifest, MAKER, CARRIER) == tuple(items[item] for item in manifest.items)
    # Submitted again, it applies what still applies: nothing.
    again = w.submit(manifest, MAKER, CARRIER)
    assert again == tuple(Outcome.STALE if items[i] == Outcome.APPLIED else items[i] for i in manifest.items)


def test_skip_reasons_come_in_order(w: World) -> None:
    """Ended before stale, stale before not held, not held before count."""
    shipment = w.on_the_road()
    assert w.submit(w.manifest(MAKER, CARRIER, w.item(shipment, 3, sequence=0)), MAKER, CARRIER) == (Outcome.STALE,)
    assert w.submit(w.manifest(MAKER, CARRIER, w.item(shipment, 3, sequence=2)), MAKER, CARRIER) == (Outcome.AHEAD,)
    assert w.submit(w.manifest(MAKER, CARRIER, w.item(shipment, 3)), MAKER, CARRIER) == (Outcome.NOT_HELD,)
    w.hand(shipment, CARRIER, RETAILER)
    for sequence in (0, 2, 9):
        item = w.item(shipment, 3, sequence=sequence)
        assert w.submit(w.manifest(MAKER, CARRIER, item), MAKER, CARRIER) == (Outcome.ENDED,)


@pytest.mark.parametrize(
    ("packages", "exceptions", "outcome"),
    [
        (10, 0, Outcome.APPLIED),
        (10, DAMAGED, Outcome.APPLIED),
        (10, ExceptionBit.UNCHECKED | ExceptionBit.TEMPERATURE | ExceptionBit.WRONG_GOODS, Outcome.APPLIED),
        (10, SHORT, Outcome.COUNT),
        (10, OVER, Outcome.COUNT),
        (10, REFUSED, Outcome.COUNT),
        (9, SHORT, Outcome.APPLIED),
        (9, SHORT | DAMAGED, Outcome.APPLIED),
        (9, 0, Outcome.COUNT),
        (9, OVER, Outcome.COUNT),
        (9, SHORT | OVER, Outcome.COUNT),
        (11, OVER, Outcome.APPLIED),
        (11, SHORT, Outcome.COUNT),
        (11, 0, Outcome.COUNT),
        (0, REFUSED, Outcome.APPLIED),
        (0, REFUSED | DAMAGED, Outcome.APPLIED),
        (0, SHORT, Outcome.COUNT),
        (0, REFUSED | SHORT, Outcome.COUNT),
        (0, 0, Outcome.COUNT),
        (10, 0xFF00, Outcome.APPLIED),
    ],
)
def test_exceptions_say_what_the_count_says(w: World, packages: int, exceptions: int, outcome: Outcome) -> None:
    shipment = w.open()
    manifest = w.manifest(MAKER, CARRIER, w.item(shipment, packages, exceptions))
    assert w.submit(manifest, MAKER, CARRIER) == (outcome,)


def test_a_short_item_leaves_a_remainder_with_the_releaser(w: World) -> None:
    shipment = w.open(packages=10, requires=(require("DE", gate=4),))
    w.release([shipment], [1])
    assert w.submit(w.manifest(MAKER, CARRIER, w.item(shipment, 7, SHORT)), MAKER, CARRIER) == (Outcome.APPLIED,)
    left = w.slot(remainder_id(shipment, 0))
    assert (left.custodian, left.packages, left.sequence, left.state) == (MAKER, 3, 0, ShipmentState.OPEN)
    assert left.flags == Flag.REMAINDER
    assert [r.released for r in left.requirements] == [False]
    assert [r.released for r in w.slot(shipment).requirements] == [True]
    # It is a shipment like others: found and handed on.
    remainder = remainder_id(shipment, 0)
    assert w.submit(w.statement(StatementKind.FOUND, remainder, MAKER), MAKER) == (Outcome.APPLIED,)
    assert w.hand(remainder, MAKER, CARRIER) == Outcome.APPLIED
    assert w.submit(w.statement(StatementKind.LOST, remainder, CARRIER), CARRIER) == (Outcome.APPLIED,)


def test_a_short_final_delivery_leaves_the_missing_open(w: World) -> None:
    shipment = w.on_the_road()
    assert w.submit(w.manifest(CARRIER, RETAILER, w.item(shipment, 4, SHORT)), CARRIER, RETAILER) == (Outcome.APPLIED,)
    assert w.slot(shipment).state == ShipmentState.DELIVERED
    left = w.slot(remainder_id(shipment, 1))
    assert (left.custodian, left.packages, left.state) == (CARRIER, 6, ShipmentState.OPEN)


def test_a_remainder_can_follow_in_the_same_manifest(w: World) -> None:
    """Its id is known beforehand; it moves when it stands after its parent in the order of ids."""
    for _ in range(6):
        shipment = w.open()
        remainder = remainder_id(shipment, 0)
        manifest = w.manifest(MAKER, CARRIER, w.item(shipment, 6, SHORT), HandoffItem(remainder, 0, 4, 0))
        outcomes = w.submit(manifest, MAKER, CARRIER)
        follows = remainder > shipment
        assert outcomes == ((Outcome.APPLIED,) * 2 if follows else (Outcome.UNKNOWN, Outcome.APPLIED))


def test_refused_goods_stay_where_they_are(w: World) -> None:
    shipment = w.on_the_road()
    manifest = w.manifest(CARRIER, RETAILER, w.item(shipment, 0, REFUSED | DAMAGED))
    assert w.submit(manifest, CARRIER, RETAILER) == (Outcome.APPLIED,)
    slot = w.slot(shipment)
    assert (slot.custodian, slot.packages, slot.sequence, slot.state) == (CARRIER, 10, 2, ShipmentState.OPEN)


def test_a_consumer_signs_with_the_key_of_the_order(w: World) -> None:
    stranger = key_of("another consumer")
    shipment, other = (w.on_the_road(consignee=0, recipientKey=k.address) for k in (CONSUMER, stranger))
    manifest = w.manifest(CARRIER, 0, w.item(shipment), w.item(other))
    outcomes = w.submit(manifest, CARRIER, CONSUMER)
    assert dict(zip((i.shipment for i in manifest.items), outcomes, strict=True)) == {
        shipment: Outcome.APPLIED,
        other: Outcome.WRONG_KEY,
    }
    assert w.slot(shipment).state == ShipmentState.DELIVERED
    # Nobody is partner 0 for a shipment that goes to a partner.
    to_partner = w.on_the_road()
    assert w.refused(w.manifest(CARRIER, 0, w.item(to_partner)), CARRIER, CONSUMER) == "CustodyMayNotReceive"


def test_a_consumers_short_delivery_keeps_the_key(w: World) -> None:
    shipment = w.on_the_road(consignee=0, recipientKey=CONSUMER.address)
    assert w.submit(w.manifest(CARRIER, 0, w.item(shipment, 9, SHORT)), CARRIER, CONSUMER) == (Outcome.APPLIED,)
    rest = remainder_id(shipment, 1)
    assert w.submit(w.manifest(CARRIER, 0, w.item(rest)), CARRIER, CONSUMER) == (Outcome.APPLIED,)
    assert w.slot(rest).state == ShipmentState.DELIVERED


def test_two_sides_sign_with_two_keys(w: World) -> None:
    shipment = w.open(consignee=0, recipientKey=CONSUMER.address)
    manifest = w.manifest(MAKER, CARRIER, w.item(shipment))
    assert w.refused(manifest, MAKER) == "EvidenceSignatureLength"
    assert w.refused(manifest, MAKER, CARRIER, CARRIER) == "EvidenceSignatureLength"
    assert w.refused(manifest, MAKER, MAKER) == "CustodySameKey"
    assert w.refused(manifest, CARRIER, MAKER) == "CustodyNotItsKey"
    assert w.refused(manifest, MAKER, IDLE_CARRIER) == "CustodyNotItsKey"
    assert w.refused(manifest, key_of("a stranger"), CARRIER) == "CustodyNotItsKey"
    assert w.refused(w.manifest(MAKER, MAKER, w.item(shipment)), MAKER, MAKER) == "CustodySamePartner"
    assert w.refused(w.manifest(0, 0, w.item(shipment)), CONSUMER, key_of("x")) == "CustodySamePartner"
    # The recipient key is the releaser's own: it cannot deliver to itself.
    assert w.refused(w.manifest(MAKER, 0, w.item(shipment)), MAKER, MAKER) == "CustodySameKey"


def test_times(w: World) -> None:
    shipment = w.open()
    item = w.item(shipment)
    early = w.manifest(MAKER, CARRIER, item, occurredAt=w.now + 15 * 60 + 1)
    assert w.refused(early, MAKER, CARRIER) == "EvidenceFromTheFuture"
    late = w.manifest(MAKER, CARRIER, item, submitBy=w.now - 1)
    assert w.refused(late, MAKER, CARRIER) == "EvidenceTooLate"
    edge = w.manifest(MAKER, CARRIER, item, occurredAt=w.now + 15 * 60, submitBy=w.now)
    assert w.submit(edge, MAKER, CARRIER) == (Outcome.APPLIED,)


def test_shape_of_a_manifest(w: World) -> None:
    first, second = sorted((w.open(), w.open()))
    ordered = w.manifest(MAKER, CARRIER, w.item(first), w.item(second))
    swapped = w.manifest(MAKER, CARRIER)
    assert w.refused(swapped, MAKER, CARRIER) == "CustodyListLength"
    many = w.manifest(MAKER, CARRIER, *(HandoffItem(i.to_bytes(32, "big"), 0, 1, 0) for i in range(1, 202)))
    assert w.refused(many, MAKER, CARRIER) == "CustodyListLength"
    for items in ((w.item(second), w.item(first)), (w.item(first),) * 2, (w.item(bytes(32)),)):
        wrong = w.manifest(MAKER, CARRIER, items=items)
        assert w.refused(wrong, MAKER, CARRIER) == "CustodyNotAscending"
    assert w.submit(ordered, MAKER, CARRIER) == (Outcome.APPLIED,) * 2


def test_two_hundred_items(w: World) -> None:
    load = w.open(packages=200)
    w.submit(w.splitting(load, MAKER, [1] * 200), MAKER)
    parts = [s for s, h in w.holdings.items() if h.slot.state == ShipmentState.OPEN]
    outcomes = w.submit(w.manifest(MAKER, CARRIER, *map(w.item, parts)), MAKER, CARRIER)
    assert outcomes == (Outcome.APPLIED,) * 200


def test_suspension_stops_receiving_and_not_releasing(w: World) -> None:
    shipment = w.on_the_road()
    w.members.suspend(CARRIER)
    w.members.suspend(RETAILER)
    assert w.refused(w.manifest(CARRIER, RETAILER, w.item(shipment)), CARRIER, RETAILER) == "CustodySuspended"
    assert w.hand(shipment, CARRIER, WAREHOUSE) == Outcome.APPLIED


@pytest.mark.parametrize(
    ("gate", "receiver", "breach"),
    [
        (Gate.HANDOVER, MAIN_CARRIER, True),
        (Gate.HANDOVER, CARRIER, False),
        (Gate.HANDOVER, RETAILER, False),
        (Gate.DELIVERY, RETAILER, True),
        (Gate.DELIVERY, MAIN_CARRIER, False),
        (Gate.SALE, RETAILER, False),
        (Gate.SALE, MAIN_CARRIER, False),
        (Gate.HANDOVER | Gate.DELIVERY | Gate.SALE, WAREHOUSE, False),
    ],
)
@pytest.mark.parametrize("place", [0, 3])
def test_an_unreleased_clearance_at_its_gate_is_a_breach(
    w: World, gate: Gate, receiver: int, breach: bool, place: int
) -> None:
    others = [require("FR", regime) for regime in (1, 2, 3)]
    others.insert(place, require("DE", 1, gate))
    shipment = w.open(requires=tuple(others))
    w.release([shipment], [0xF & ~(1 << place)])
    outcome = w.hand(shipment, MAKER, receiver)
    assert outcome == (Outcome.APPLIED_IN_BREACH if breach else Outcome.APPLIED)
    # It happened all the same.
    assert w.slot(shipment).custodian == receiver


def test_released_and_closed_again(w: World) -> None:
    released, closed = (w.open(requires=(require("DE", gate=Gate.DELIVERY),)) for _ in range(2))
    w.release([released, closed], [1, 1])
    w.release([closed], [1], released=False)
    assert w.hand(released, MAKER, RETAILER) == Outcome.APPLIED
    assert w.hand(closed, MAKER, RETAILER) == Outcome.APPLIED_IN_BREACH


def test_a_refusal_passes_no_gate(w: World) -> None:
    shipment = w.open(requires=(require("DE", gate=7),))
    manifest = w.manifest(MAKER, MAIN_CARRIER, w.item(shipment, 0, REFUSED))
    assert w.submit(manifest, MAKER, MAIN_CARRIER) == (Outcome.APPLIED,)


def test_keys_are_judged_when_it_is_recorded(w: World) -> None:
    shipment = w.open()
    manifest = w.manifest(MAKER, CARRIER, w.item(shipment), submitBy=w.now + 10 * HOUR)
    fresh = key_of("another key of the maker")
    w.members.change(RegistryAction.ADD_KEY, partner=MAKER, key=fresh.address)
    assert w.refused(manifest, fresh, CARRIER) == "CustodyNotItsKey"
    w.wait(HOUR)
    w.members.change(RegistryAction.REVOKE_KEY, partner=MAKER, key=partner_key(MAKER).address)
    assert w.refused(manifest, MAKER, CARRIER) == "CustodyNotItsKey"
    # The record binds partners, not keys: signed anew it is the same record.
    assert w.submit(manifest, fresh, CARRIER) == (Outcome.APPLIED,)
