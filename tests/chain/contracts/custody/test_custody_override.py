"""The council's override: announced, waited out, marked for ever, and voided by any movement in between."""

import pytest

from ledger.codes import ExceptionBit, Outcome, ShipmentState, StatementKind
from ledger.custody.rules import Flag
from ledger.records.shipment_ids import remainder_id
from ledger.records.signing import SigningKey
from tests.chain.contracts.consortium import (
    AUDITOR,
    CARRIER,
    COUNCIL,
    DELAY,
    MAIN_CARRIER,
    MAKER,
    RETAILER,
    WAREHOUSE,
    key_of,
    sign,
)
from tests.chain.contracts.custody_world import World, require, world

CONSUMER = key_of("a consumer")


@pytest.fixture
def w() -> World:
    return world()


def test_moves_after_the_delay_and_is_marked_for_ever(w: World) -> None:
    shipment = w.on_the_road()
    override = w.overriding(shipment, CARRIER, WAREHOUSE)
    assert w.submit(override, WAREHOUSE) == (Outcome.ANNOUNCED,)
    assert w.slot(shipment).custodian == CARRIER
    w.wait(DELAY - 60)
    assert w.submit(override, WAREHOUSE) == (Outcome.ANNOUNCED,)
    w.wait(60)
    assert w.submit(override, WAREHOUSE) == (Outcome.APPLIED,)
    slot = w.slot(shipment)
    assert (slot.custodian, slot.sequence, slot.flags) == (WAREHOUSE, 2, Flag.OVERRIDDEN)
    assert w.submit(override, WAREHOUSE) == (Outcome.STALE,)
    w.hand(shipment, WAREHOUSE, CARRIER)
    w.submit(w.splitting(shipment, CARRIER, [5, 5]), CARRIER)
    assert {h.slot.flags for h in w.holdings.values()} == {Flag.OVERRIDDEN}


@pytest.mark.parametrize("refused", [False, True])
def test_a_handoff_in_between_voids_it(w: World, refused: bool) -> None:
    shipment = w.on_the_road()
    override = w.overriding(shipment, CARRIER, WAREHOUSE)
    w.submit(override, WAREHOUSE)
    item = w.item(shipment, 0, ExceptionBit.REFUSED) if refused else w.item(shipment)
    assert w.submit(w.manifest(CARRIER, MAIN_CARRIER, item), CARRIER, MAIN_CARRIER) == (Outcome.APPLIED,)
    w.wait(DELAY)
    assert w.submit(override, WAREHOUSE) == (Outcome.STALE,)


def test_what_an_override_can_be_told(w: World) -> None:
    shipment, lost = w.on_the_road(), w.on_the_road()
    w.submit(w.statement(StatementKind.LOST, lost, CARRIER), CARRIER)
    assert w.submit(w.overriding(b"\7" * 32, CARRIER, WAREHOUSE), WAREHOUSE) == (Outcome.UNKNOWN,)
    assert w.submit(w.overriding(lost, CARRIER, WAREHOUSE), WAREHOUSE) == (Outcome.ENDED,)
    assert w.submit(w.overriding(shipment, CARRIER, WAREHOUSE, sequence=0), WAREHOUSE) == (Outcome.STALE,)
    early = w.overriding(shipment, CARRIER, WAREHOUSE, sequence=2)
    assert w.submit(early, WAREHOUSE) == (Outcome.AHEAD,)
    assert w.members.custody.read("overrideReadyAt", b"\7" * 32) == 0
    assert w.submit(w.overriding(shipment, MAKER, WAREHOUSE), WAREHOUSE) == (Outcome.NOT_HELD,)
    assert w.submit(w.overriding(shipment, CARRIER, WAREHOUSE, packages=9), WAREHOUSE) == (Outcome.COUNT,)
    # What is ahead is not announced: its delay begins when its predecessor is there.
    w.hand(shipment, CARRIER, MAIN_CARRIER)
    w.hand(shipment, MAIN_CARRIER, CARRIER)
    late = w.overriding(shipment, CARRIER, WAREHOUSE)
    w.wait(DELAY)
    assert w.submit(late, WAREHOUSE) == (Outcome.ANNOUNCED,)


def test_council_and_receiver_sign(w: World) -> None:
    shipment = w.on_the_road()
    override = w.overriding(shipment, CARRIER, WAREHOUSE)

    def refused(*keys: SigningKey | int) -> str:
        return w.refused(override, signatures=sign(override, *keys))

    first, second, third = COUNCIL
    assert refused(first, WAREHOUSE) == "PartnerRegistryTooFewSignatures"
    assert refused(WAREHOUSE) == "PartnerRegistrySignatureLength"
    assert refused(second, first, WAREHOUSE) == "PartnerRegistryCouncilOrder"
    assert refused(first, first, WAREHOUSE) == "PartnerRegistryCouncilOrder"
    assert refused(first, second, third) == "CustodyNotItsKey"
    assert refused(first, second, CARRIER) == "CustodyNotItsKey"
    assert refused(first, second) == "PartnerRegistryTooFewSignatures"
    strangers = sorted((key_of("stranger 1"), key_of("stranger 2")), key=lambda k: k.address)
    assert refused(*strangers, WAREHOUSE) == "PartnerRegistryNotCouncil"
    whole = sign(override, first, second, WAREHOUSE)
    assert w.refused(override, signatures=whole + b"\0") == "EvidenceSignatureLength"
    all_three = sign(override, first, second, third, WAREHOUSE)
    assert w.submit(override, signatures=all_three) == (Outcome.ANNOUNCED,)


def test_overrides_that_are_refused(w: World) -> None:
    shipment = w.on_the_road()
    assert w.refused(w.overriding(shipment, CARRIER, CARRIER), CARRIER) == "CustodySamePartner"
    assert w.refused(w.overriding(shipment, CARRIER, WAREHOUSE, packages=0), WAREHOUSE) == "CustodyNoPackages"
    assert w.refused(w.overriding(shipment, CARRIER, AUDITOR), AUDITOR) == "CustodyMayNotReceive"
    w.members.suspend(WAREHOUSE)
    assert w.refused(w.overriding(shipment, CARRIER, WAREHOUSE), WAREHOUSE) == "CustodySuspended"


def test_to_the_consignee_it_is_a_delivery_past_the_gates(w: World) -> None:
    shipment = w.on_the_road(requires=(require("DE"),))
    override = w.overriding(shipment, CARRIER, RETAILER, packages=8, exceptions=ExceptionBit.SHORT)
    w.submit(override, RETAILER)
    w.wait(DELAY)
    assert w.submit(override, RETAILER) == (Outcome.APPLIED_IN_BREACH,)
    assert w.slot(shipment).state == ShipmentState.DELIVERED
    left = w.slot(remainder_id(shipment, 1))
    assert (left.custodian, left.packages, left.flags) == (CARRIER, 2, Flag.REMAINDER)


def test_to_and_from_a_consumer(w: World) -> None:
    order = w.on_the_road(consignee=0, recipientKey=CONSUMER.address)
    override = w.overriding(order, CARRIER, 0)
    assert w.submit(override, key_of("another")) == (Outcome.WRONG_KEY,)
    w.submit(override, CONSUMER)
    w.wait(DELAY)
    assert w.submit(override, CONSUMER) == (Outcome.APPLIED,)
    back = w.open(
        MAKER, CONSUMER, consignee=WAREHOUSE, holder=0, recipientKey=CONSUMER.address, purpose=3,
        parents=(w.reference(order),),
    )  # fmt: skip
    # The consumer has vanished with its key; the council answers for it.
    override = w.overriding(back, 0, CARRIER)
    w.submit(override, CARRIER)
    w.wait(DELAY)
    assert w.submit(override, CARRIER) == (Outcome.APPLIED,)
    assert w.slot(back).custodian == CARRIER
