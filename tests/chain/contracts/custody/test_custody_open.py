"""Opening a shipment: who may, over which parents, and every way in which terms are refused."""

from collections.abc import Sequence

import pytest

from ledger.codes import Gate, Outcome, Purpose, ShipmentState, StatementKind
from ledger.custody.rules import Requirement
from ledger.records.signing import SigningKey
from ledger.records.types import Handoff, KeyGrant, Recall, Record, Require, ShipmentRef
from tests.chain.contracts.consortium import (
    AUDITOR,
    BRAND,
    BROKER,
    CARRIER,
    COUNCIL,
    CUSTOMS,
    DOMAIN,
    IDLE_CARRIER,
    LOCKER,
    MAIN_CARRIER,
    MAKER,
    PLATFORM,
    RETAILER,
    WAREHOUSE,
    key_of,
    partner_key,
    sign,
)
from tests.chain.contracts.custody_world import World, hidden, require, world
from tests.chain.contracts.harness import Reverted

CONSUMER: SigningKey = key_of("a consumer")


@pytest.fixture
def w() -> World:
    return world()


def consumer_has(w: World) -> bytes:
    """A shipment delivered to the consumer, at sequence 2."""
    shipment = w.on_the_road(consignee=0, recipientKey=CONSUMER.address)
    assert w.submit(w.manifest(CARRIER, 0, w.item(shipment)), CARRIER, CONSUMER) == (Outcome.APPLIED,)
    return shipment


def test_opens_with_holder_consignee_and_requirements(w: World) -> None:
    shipment = w.open(
        packages=7,
        requires=(require("DE", 1, 6), require("US", 2, 1, relay=True), require("FR", 9, 7)),
        holder=WAREHOUSE,
    )
    slot = w.slot(shipment)
    assert (slot.custodian, slot.consignee, slot.consignor) == (WAREHOUSE, RETAILER, MAKER)
    assert (slot.packages, slot.sequence, slot.state) == (7, 0, ShipmentState.OPEN)
    assert slot.requirements == (
        Requirement(b"DE", 1, Gate.DELIVERY | Gate.SALE, relay=False),
        Requirement(b"US", 2, Gate.HANDOVER, relay=True),
        Requirement(b"FR", 9, Gate.HANDOVER | Gate.DELIVERY | Gate.SALE, relay=False),
    )
    assert slot.requirement_mask(b"US", 2) == 2
    assert slot.requirement_mask(b"US", 1) == 0


@pytest.mark.parametrize("consignor", [MAKER, BRAND, WAREHOUSE, PLATFORM, RETAILER])
def test_roles_that_consign(w: World, consignor: int) -> None:
    w.open(consignor=consignor, consignee=PLATFORM)


@pytest.mark.parametrize("consignor", [CARRIER, MAIN_CARRIER, LOCKER, CUSTOMS, BROKER, AUDITOR])
def test_roles_that_do_not_consign(w: World, consignor: int) -> None:
    terms = w.terms(consignor=consignor)
    assert w.refused(terms, consignor) == "CustodyMayNotConsign"


def test_one_shipment_for_one_digest(w: World) -> None:
    terms = w.terms()
    w.submit(terms, MAKER)
    assert w.refused(terms, MAKER) == "CustodyAlreadyOpen"


def test_refuses_after_submit_by(w: World) -> None:
    assert w.refused(w.terms(submitBy=w.now - 1), MAKER) == "EvidenceTooLate"
    assert w.submit(w.terms(submitBy=w.now), MAKER) == (Outcome.APPLIED,)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"packages": 0}, "CustodyNoPackages"),
        ({"consignor": 0, "holder": MAKER}, "CustodyNoConsignor"),
        ({"purpose": 0}, "CustodyUnknownPurpose"),
        ({"purpose": 8}, "CustodyUnknownPurpose"),
        ({"purpose": Purpose.ORIGINAL, "parents": (ShipmentRef(bytes(32), 0),)}, "CustodyParentCount"),
        ({"purpose": Purpose.ONWARD}, "CustodyParentCount"),
        ({"purpose": Purpose.MERGE}, "CustodyParentCount"),
        ({"purpose": Purpose.REPLACEMENT}, "CustodyParentCount"),
        ({"holder": 0, "recipientKey": CONSUMER.address}, "CustodyNoHolder"),
        ({"consignee": 0}, "CustodyRecipientKey"),
        ({"recipientKey": CONSUMER.address}, "CustodyRecipientKey"),
        ({"requires": (require("DE", gate=0),)}, "CustodyUnknownGate"),
        ({"requires": (require("DE", gate=8),)}, "CustodyUnknownGate"),
        ({"requires": (require("DE", regime=0),)}, "CustodyUnknownPair"),
        ({"requires": (require("DE", regime=10),)}, "CustodyUnknownPair"),
        ({"requires": (Require(b"de", 1, 1, False),)}, "CustodyUnknownPair"),
        ({"requires": (Require(b"D\0", 1, 1, False),)}, "CustodyUnknownPair"),
        ({"requires": (require("DE"), require("US"), require("DE", gate=1))}, "CustodyRequiredTwice"),
        ({"requires": tuple(require("DE", regime) for regime in range(1, 6))}, "CustodyListLength"),
        ({"purpose": Purpose.ONWARD, "parents": (ShipmentRef(bytes(32), 0),) * 201}, "CustodyListLength"),
    ],
)
def test_refuses_what_makes_no_sense(w: World, fields: dict[str, object], error: str) -> None:
    terms = w.terms(**fields)
    assert w.refused(terms, *((MAKER, MAKER) if terms.holder != terms.consignor else (MAKER,))) == error


def test_the_right_partners_sign(w: World) -> None:
    alone, with_holder = w.terms(), w.terms(holder=WAREHOUSE)
    assert w.refused(alone, WAREHOUSE) == "CustodyNotItsKey"
    assert w.refused(alone, key_of("a stranger")) == "CustodyNotItsKey"
    assert w.refused(alone) == "EvidenceSignatureLength"
    assert w.refused(alone, MAKER, MAKER) == "EvidenceSignatureLength"
    assert w.refused(with_holder, MAKER) == "EvidenceSignatureLength"
    assert w.refused(with_holder, WAREHOUSE, MAKER) == "CustodyNotItsKey"
    assert w.refused(with_holder, MAKER, CARRIER) == "CustodyNotItsKey"
    assert w.refused(with_holder, MAKER, MAKER) == "CustodySameKey"
    assert w.submit(with_holder, MAKER, WAREHOUSE) == (Outcome.APPLIED,)


def test_a_signature_has_one_form(w: World) -> None:
    terms = w.terms()
    good = sign(terms, MAKER)
    order = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
    high_s = good[:32] + (order - int.from_bytes(good[32:64], "big")).to_bytes(32, "big") + bytes([55 - good[64]])
    assert w.refused(terms, signatures=high_s) == "ECDSAInvalidSignatureS"
    assert w.refused(terms, signatures=good[:64] + b"\x01") == "ECDSAInvalidSignature"
    assert w.refused(terms, signatures=bytes(64) + b"\x1b") == "ECDSAInvalidSignature"
    assert w.refused(terms, signatures=good[:-1]) == "EvidenceSignatureLength"


def test_suspension_stops_opening_and_taking_new_goods(w: World) -> None:
    held = w.on_the_road()
    w.members.suspend(MAKER)
    w.members.suspend(CARRIER)
    w.members.suspend(WAREHOUSE)
    assert w.refused(w.terms(), MAKER) == "CustodySuspended"
    assert w.refused(w.terms(consignor=RETAILER, holder=WAREHOUSE), RETAILER, WAREHOUSE) == "CustodySuspended"
    # What a suspended partner holds goes on under new terms, signed by it.
    w.open(consignor=RETAILER, holder=CARRIER, consignee=PLATFORM, parents=(w.reference(held),))


def test_onward_terms_close_their_parents(w: World) -> None:
    first, second = w.on_the_road(), w.on_the_road()
    merged = w.open(
        consignor=MAKER, holder=CARRIER, consignee=PLATFORM, purpose=Purpose.MERGE, packages=20,
        parents=(w.reference(first), w.reference(second)),
    )  # fmt: skip
    assert w.slot(first).state == w.slot(second).state == ShipmentState.CLOSED_INTO_ONWARD
    assert w.slot(first).sequence == 2
    assert (w.slot(merged).custodian, w.slot(merged).sequence) == (CARRIER, 0)
    assert w.submit(w.manifest(CARRIER, RETAILER, w.item(first)), CARRIER, RETAILER) == (Outcome.ENDED,)


def test_two_hundred_parents(w: World) -> None:
    children = w.open(packages=200)
    w.submit(w.splitting(children, MAKER, [1] * 200), MAKER)
    parts = [s for s, h in w.holdings.items() if h.slot.state == ShipmentState.OPEN]
    w.open(purpose=Purpose.MERGE, parents=tuple(map(w.reference, parts)), packages=200)
    assert {w.slot(part).state for part in parts} == {ShipmentState.CLOSED_INTO_ONWARD}


@pytest.mark.parametrize(
    ("purpose", "name"),
    [
        (Purpose.ONWARD, "onward"),
        (Purpose.RETURN, "return"),
        (Purpose.RE_EXPORT, "re-export"),
        (Purpose.MERGE, "merge"),
    ],
)
def test_every_purpose_over_an_undelivered_parent(w: World, purpose: Purpose, name: str) -> None:
    parent = w.on_the_road()
    w.open(consignor=RETAILER, holder=CARRIER, consignee=MAKER, purpose=purpose, parents=(w.reference(parent),))
    assert w.slot(parent).state == ShipmentState.CLOSED_INTO_ONWARD


def parent_error(w: World, *who: int | SigningKey, **fields: object) -> int:
    with pytest.raises(Reverted) as reverted:
        w.submit(w.terms(**fields), *who)
    assert reverted.value.name == "CustodyParent"
    return int(reverted.value.arguments["outcome"])


def test_parents_must_stand_as_named(w: World) -> None:
    road, done, gone = w.on_the_road(), w.open(), w.open()
    w.open(parents=(w.reference(done),))
    w.submit(w.statement(StatementKind.LOST, gone, MAKER), MAKER)
    by_carrier = {"holder": CARRIER, "consignee": PLATFORM}
    both = (MAKER, CARRIER)
    assert parent_error(w, *both, **by_carrier, parents=(ShipmentRef(b"\1" * 32, 0),)) == Outcome.UNKNOWN
    assert parent_error(w, *both, **by_carrier, parents=(ShipmentRef(road, 0),)) == Outcome.STALE
    assert parent_error(w, *both, **by_carrier, parents=(ShipmentRef(road, 2),)) == Outcome.AHEAD
    assert parent_error(w, *both, **by_carrier, parents=(w.reference(done),)) == Outcome.ENDED
    assert parent_error(w, *both, **by_carrier, parents=(w.reference(gone),)) == Outcome.ENDED
    assert parent_error(w, MAKER, parents=(w.reference(road),)) == Outcome.NOT_HELD
    assert parent_error(w, *both, **by_carrier, parents=(w.reference(road),) * 2) == Outcome.ENDED
    assert w.slot(road).state == ShipmentState.OPEN


def test_only_its_parties_divert_an_undelivered_shipment(w: World) -> None:
    road = w.on_the_road()
    fields = {"consignor": PLATFORM, "holder": CARRIER, "parents": (w.reference(road),)}
    assert parent_error(w, PLATFORM, CARRIER, **fields) == Outcome.FORBIDDEN
    assert w.hand(road, CARRIER, RETAILER) == Outcome.APPLIED
    # Delivered goods are the consignee's to send on, whoever consigns.
    w.open(consignor=PLATFORM, holder=RETAILER, consignee=MAKER, purpose=Purpose.RETURN, parents=(w.reference(road),))


def test_a_replacement_names_parents_that_have_ended(w: World) -> None:
    lost, delivered, road = w.open(), w.on_the_road(), w.on_the_road()
    w.submit(w.statement(StatementKind.LOST, lost, MAKER), MAKER)
    w.hand(delivered, CARRIER, RETAILER)
    before = w.slot(delivered)
    w.open(purpose=Purpose.REPLACEMENT, parents=(w.reference(lost), w.reference(delivered)))
    assert w.slot(delivered) == before
    replacement = {"purpose": Purpose.REPLACEMENT}
    assert parent_error(w, MAKER, **replacement, parents=(w.reference(road),)) == Outcome.FORBIDDEN
    assert parent_error(w, MAKER, **replacement, parents=(ShipmentRef(b"\1" * 32, 0),)) == Outcome.UNKNOWN
    assert parent_error(w, MAKER, **replacement, parents=(ShipmentRef(delivered, 1),)) == Outcome.STALE
    assert parent_error(w, MAKER, **replacement, parents=(ShipmentRef(delivered, 3),)) == Outcome.AHEAD


def test_a_consumer_returns_with_the_key_of_the_order(w: World) -> None:
    bought = consumer_has(w)
    fields = {
        "consignor": PLATFORM, "consignee": MAKER, "holder": 0, "purpose": Purpose.RETURN,
        "parents": (w.reference(bought),),
    }  # fmt: skip
    stranger = key_of("another consumer")
    keyed = fields | {"recipientKey": CONSUMER.address}
    assert parent_error(w, PLATFORM, stranger, **keyed) == Outcome.WRONG_KEY
    assert w.refused(w.terms(**fields), PLATFORM, CONSUMER) == "CustodyRecipientKey"
    assert w.refused(w.terms(**keyed), PLATFORM, PLATFORM) == "CustodySameKey"
    assert w.refused(w.terms(**keyed | {"consignee": 0}), PLATFORM, CONSUMER) == "CustodyNoHolder"
    assert w.refused(w.terms(**keyed | {"purpose": Purpose.ONWARD}), PLATFORM, CONSUMER) == "CustodyNoHolder"
    back = w.open(PLATFORM, CONSUMER, **keyed)
    assert w.slot(back).custodian == 0
    # The consumer releases with the same key; another key cannot.
    manifest = w.manifest(0, CARRIER, w.item(back))
    assert w.submit(manifest, CARRIER, stranger) == (Outcome.WRONG_KEY,)
    assert w.submit(manifest, CARRIER, CONSUMER) == (Outcome.APPLIED,)
    assert w.slot(back).custodian == CARRIER


def test_a_consumers_key_is_no_partners_key(w: World) -> None:
    """Holder 0 says that the recipient key holds, so a parent held by a partner is not held by it."""
    road = w.on_the_road()
    fields = {"consignee": PLATFORM, "holder": 0, "purpose": Purpose.RETURN, "recipientKey": CONSUMER.address}
    assert parent_error(w, MAKER, CONSUMER, **fields, parents=(w.reference(road),)) == Outcome.NOT_HELD


def test_a_shipment_can_return_to_where_it_is(w: World) -> None:
    """Consignee and holder may be one partner: a transfer between its own sites is still open."""
    own = w.open(consignor=RETAILER, consignee=RETAILER)
    assert w.slot(own).state == ShipmentState.OPEN
    assert w.hand(own, RETAILER, IDLE_CARRIER) == Outcome.APPLIED
    assert w.hand(own, IDLE_CARRIER, RETAILER) == Outcome.APPLIED
    assert w.slot(own).state == ShipmentState.DELIVERED


def test_the_id_is_the_digest(w: World) -> None:
    terms = w.terms()
    w.submit(terms, MAKER)
    assert w.members.custody.read("slotOf", DOMAIN.record_id(terms)) == w.slot(DOMAIN.record_id(terms)).pack()


# --- whose key a recipient key is ----------------------------------------------------------------------------------


def device_of(w: World, partner: int, name: str, types: Sequence[type[Record]] = (Handoff,)) -> SigningKey:
    """A device key of the partner for these types of record."""
    device = key_of(name)
    scopes = sum(1 << (kind.NUMBER - 1) for kind in types)
    grant = KeyGrant(partner, device.address, 0, scopes, w.now, w.now + 86_400, hidden("details"))
    w.members.registry.record("grantKey", grant, sign(grant, partner, device))
    return device


def test_no_key_that_the_registry_knows_is_a_recipients(w: World) -> None:
    """A partner would deliver to itself: by its master key, a device's, or one that only signs something else."""
    device = device_of(w, CARRIER, "a scanner")
    log_key = COUNCIL[0]
    for key in (partner_key(MAKER), partner_key(CARRIER), device, log_key):
        assert w.refused(w.terms(consignee=0, recipientKey=key.address), MAKER) == "CustodyKnownKey"
    contract = w.terms(consignee=0, recipientKey=w.members.clearance.address)
    assert w.refused(contract, MAKER) == "CustodyKnownKey"


def test_a_recipient_key_that_a_partner_takes_later_signs_nothing(w: World) -> None:
    """Its terms were open when the carrier made the key its own device's: nothing is delivered, split or contested."""
    mine = key_of("a key that the carrier kept")
    shipment, delivered = (w.on_the_road(consignee=0, recipientKey=mine.address) for _ in range(2))
    assert w.submit(w.manifest(CARRIER, 0, w.item(delivered)), CARRIER, mine) == (Outcome.APPLIED,)
    assert device_of(w, CARRIER, "a key that the carrier kept", (Recall,)).address == mine.address
    assert w.refused(w.manifest(CARRIER, 0, w.item(shipment)), CARRIER, mine) == "CustodyKnownKey"
    assert w.refused(w.splitting(delivered, 0, [5, 5]), mine) == "CustodyKnownKey"
    contest = w.statement(StatementKind.CONTEST, shipment, 0, CARRIER)
    assert w.refused(contest, mine) == "CustodyKnownKey"
    destroyed = w.statement(StatementKind.DESTROYED, shipment, CARRIER, 0)
    assert w.refused(destroyed, CARRIER, mine) == "CustodyKnownKey"
    fields = {"consignor": PLATFORM, "consignee": PLATFORM, "holder": 0, "purpose": Purpose.RETURN}
    returned = w.terms(**fields, recipientKey=CONSUMER.address, parents=(w.reference(delivered),))
    assert w.refused(returned, PLATFORM, mine) == "CustodyKnownKey"
    override = w.overriding(shipment, CARRIER, 0)
    assert w.refused(override, signatures=sign(override, *COUNCIL[:2], mine)) == "CustodyKnownKey"
    assert w.slot(shipment).custodian == CARRIER
