"""Splits and statements: what a holder says about goods that stay where they are."""

import pytest

from ledger.codes import ExceptionBit, Gate, Outcome, ShipmentState, StatementKind
from ledger.records.shipment_ids import child_id, remainder_id
from tests.chain.contracts.consortium import (
    AUDITOR,
    CARRIER,
    MAKER,
    PLATFORM,
    RETAILER,
    WAREHOUSE,
    key_of,
)
from tests.chain.contracts.custody_world import World, require, world

CONSUMER = key_of("a consumer")
S = StatementKind
TERMINAL = {
    S.LOST: ShipmentState.LOST,
    S.LEFT: ShipmentState.LEFT,
    S.SOLD: ShipmentState.SOLD,
    S.DESTROYED: ShipmentState.DESTROYED,
    S.ABANDONED: ShipmentState.ABANDONED,
}
WITNESSED = (S.DESTROYED, S.ABANDONED)


@pytest.fixture
def w() -> World:
    return world()


def say(
    w: World, kind: StatementKind, shipment: bytes, by: int, counterparty: int = 0, *, sequence: int | None = None
) -> Outcome:
    """The outcome of a statement that its signers sign."""
    at = w.sequence(shipment) if sequence is None else sequence
    statement = w.statement(kind, shipment, by, counterparty, sequence=at)
    (outcome,) = w.submit(statement, *((by, counterparty) if kind in WITNESSED else (by or CONSUMER,)))
    return outcome


# --- splits --------------------------------------------------------------------------------------------------------


def test_children_take_the_parents_place(w: World) -> None:
    parent = w.on_the_road(packages=10, requires=(require("DE", relay=True),))
    w.release([parent], [1])
    assert w.submit(w.splitting(parent, CARRIER, [1, 2, 7]), CARRIER) == (Outcome.APPLIED,)
    assert (w.slot(parent).state, w.slot(parent).sequence) == (ShipmentState.CLOSED_INTO_CHILDREN, 2)
    for index, packages in enumerate((1, 2, 7)):
        child = w.slot(child_id(parent, 1, index))
        assert (child.custodian, child.packages, child.sequence) == (CARRIER, packages, 0)
        assert child.state == ShipmentState.OPEN
        assert [(r.relay, r.released) for r in child.requirements] == [(True, False)]
    assert w.hand(child_id(parent, 1, 2), CARRIER, RETAILER) == Outcome.APPLIED_IN_BREACH
    assert w.hand(parent, CARRIER, WAREHOUSE) == Outcome.ENDED


def test_what_a_split_can_be_told(w: World) -> None:
    shipment, delivered = w.on_the_road(), w.on_the_road()
    w.hand(delivered, CARRIER, RETAILER)
    outcomes = {
        "unknown": w.submit(w.splitting(b"\7" * 32, CARRIER, [10]), CARRIER),
        "stale": w.submit(w.splitting(shipment, CARRIER, [10], sequence=0), CARRIER),
        "ahead": w.submit(w.splitting(shipment, CARRIER, [10], sequence=2), CARRIER),
        "not held": w.submit(w.splitting(shipment, MAKER, [10]), MAKER),
        "too few": w.submit(w.splitting(shipment, CARRIER, [9]), CARRIER),
        "too many": w.submit(w.splitting(shipment, CARRIER, [10, 1]), CARRIER),
        "delivered": w.submit(w.splitting(delivered, RETAILER, [5, 5]), RETAILER),
        "again": w.submit(w.splitting(delivered, RETAILER, [5, 5]), RETAILER),
    }
    assert {what: outcome for what, (outcome,) in outcomes.items()} == {
        "unknown": Outcome.UNKNOWN,
        "stale": Outcome.STALE,
        "ahead": Outcome.AHEAD,
        "not held": Outcome.NOT_HELD,
        "too few": Outcome.COUNT,
        "too many": Outcome.COUNT,
        "delivered": Outcome.APPLIED,
        "again": Outcome.ENDED,
    }
    assert w.slot(child_id(delivered, 2, 0)).state == ShipmentState.DELIVERED


def test_a_split_that_is_refused(w: World) -> None:
    shipment = w.open(packages=200)
    assert w.refused(w.splitting(shipment, MAKER, []), MAKER) == "CustodyListLength"
    assert w.refused(w.splitting(shipment, MAKER, [1] * 201), MAKER) == "CustodyListLength"
    assert w.refused(w.splitting(shipment, MAKER, [200, 0]), MAKER) == "CustodyNoPackages"
    assert w.refused(w.splitting(shipment, MAKER, [200]), CARRIER) == "CustodyNotItsKey"
    assert w.refused(w.splitting(shipment, MAKER, [200]), MAKER, CARRIER) == "EvidenceSignatureLength"
    soon = w.splitting(shipment, MAKER, [200], occurredAt=w.now + 901)
    assert w.refused(soon, MAKER) == "EvidenceFromTheFuture"
    assert w.submit(w.splitting(shipment, MAKER, [1] * 200), MAKER) == (Outcome.APPLIED,)


def test_a_consumer_splits_what_it_returns_in_part(w: World) -> None:
    bought = w.on_the_road(consignee=0, recipientKey=CONSUMER.address)
    w.submit(w.manifest(CARRIER, 0, w.item(bought)), CARRIER, CONSUMER)
    split = w.splitting(bought, 0, [4, 6])
    assert w.submit(split, key_of("another")) == (Outcome.WRONG_KEY,)
    assert w.submit(split, CONSUMER) == (Outcome.APPLIED,)
    part = child_id(bought, 2, 0)
    assert w.holdings[part].recipient_key == CONSUMER.address
    assert w.submit(w.splitting(part, 0, [1, 3]), CONSUMER) == (Outcome.APPLIED,)


def test_children_of_an_order_keep_its_key(w: World) -> None:
    order = w.on_the_road(consignee=0, recipientKey=CONSUMER.address)
    w.submit(w.splitting(order, CARRIER, [3, 7]), CARRIER)
    part = child_id(order, 1, 1)
    assert w.submit(w.manifest(CARRIER, 0, w.item(part)), CARRIER, CONSUMER) == (Outcome.APPLIED,)


# --- statements that end -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TERMINAL)
@pytest.mark.parametrize("delivered", [False, True])
def test_the_holder_ends_a_shipment(w: World, kind: StatementKind, delivered: bool) -> None:
    shipment = w.on_the_road()
    if delivered:
        w.hand(shipment, CARRIER, RETAILER)
    holder = RETAILER if delivered else CARRIER
    before = w.sequence(shipment)
    assert say(w, kind, shipment, holder, MAKER) == Outcome.APPLIED
    assert w.slot(shipment).state == TERMINAL[kind]
    assert w.sequence(shipment) == before
    # What has ended stays ended.
    for other in TERMINAL:
        assert say(w, other, shipment, holder, MAKER) == Outcome.ENDED
    assert w.hand(shipment, holder, CARRIER if delivered else WAREHOUSE) == Outcome.ENDED
    assert w.submit(w.splitting(shipment, holder, [10]), holder) == (Outcome.ENDED,)


@pytest.mark.parametrize("kind", TERMINAL)
def test_only_the_present_holder_ends_it(w: World, kind: StatementKind) -> None:
    shipment = w.on_the_road()
    assert say(w, kind, b"\7" * 32, CARRIER, MAKER) == Outcome.UNKNOWN
    assert say(w, kind, shipment, CARRIER, MAKER, sequence=0) == Outcome.STALE
    assert say(w, kind, shipment, CARRIER, MAKER, sequence=2) == Outcome.AHEAD
    assert say(w, kind, shipment, WAREHOUSE, MAKER) == Outcome.NOT_HELD


@pytest.mark.parametrize("kind", WITNESSED)
def test_consignor_or_consignee_sign_a_destruction(w: World, kind: StatementKind) -> None:
    by_consignor, by_consignee, by_neither = w.on_the_road(), w.on_the_road(), w.on_the_road()
    assert say(w, kind, by_consignor, CARRIER, MAKER) == Outcome.APPLIED
    assert say(w, kind, by_consignee, CARRIER, RETAILER) == Outcome.APPLIED
    assert say(w, kind, by_neither, CARRIER, PLATFORM) == Outcome.FORBIDDEN
    alone = w.statement(kind, by_neither, CARRIER, MAKER)
    assert w.refused(alone, CARRIER) == "EvidenceSignatureLength"
    assert w.refused(alone, CARRIER, CARRIER) == "CustodySameKey"
    assert w.refused(alone, CARRIER, RETAILER) == "CustodyNotItsKey"
    assert w.refused(alone, MAKER, CARRIER) == "CustodyNotItsKey"
    itself = w.statement(kind, by_neither, CARRIER, CARRIER)
    assert w.refused(itself, CARRIER, CARRIER) == "CustodySamePartner"


def test_a_consumer_witnesses_with_its_key(w: World) -> None:
    first, second = (w.on_the_road(consignee=0, recipientKey=CONSUMER.address) for _ in range(2))
    statement = w.statement(S.DESTROYED, first, CARRIER, 0)
    assert w.submit(statement, CARRIER, key_of("another")) == (Outcome.WRONG_KEY,)
    assert w.submit(statement, CARRIER, CONSUMER) == (Outcome.APPLIED,)
    assert w.submit(w.statement(S.ABANDONED, second, CARRIER, 0), CARRIER, CONSUMER) == (Outcome.APPLIED,)
    to_partner = w.on_the_road()
    nobody = w.statement(S.DESTROYED, to_partner, CARRIER, 0)
    assert w.submit(nobody, CARRIER, CONSUMER) == (Outcome.WRONG_KEY,)


@pytest.mark.parametrize(
    ("gate", "outcome"),
    [
        (Gate.SALE, Outcome.APPLIED_IN_BREACH),
        (Gate.HANDOVER | Gate.DELIVERY, Outcome.APPLIED),
    ],
)
def test_the_sale_gate(w: World, gate: Gate, outcome: Outcome) -> None:
    held, released = (w.open(requires=(require("DE", gate=gate),)) for _ in range(2))
    w.release([released], [1])
    assert say(w, S.SOLD, held, MAKER) == outcome
    assert say(w, S.SOLD, released, MAKER) == Outcome.APPLIED


# --- statements that change nothing --------------------------------------------------------------------------------


def test_a_tender_is_the_holders_word_to_the_consignee(w: World) -> None:
    shipment = w.on_the_road()
    before = w.slot(shipment)
    assert say(w, S.TENDER, shipment, CARRIER, RETAILER) == Outcome.APPLIED
    assert say(w, S.TENDER, shipment, CARRIER, PLATFORM) == Outcome.FORBIDDEN
    assert say(w, S.TENDER, shipment, WAREHOUSE, RETAILER) == Outcome.NOT_HELD
    assert say(w, S.TENDER, shipment, CARRIER, RETAILER, sequence=2) == Outcome.AHEAD
    assert say(w, S.TENDER, b"\7" * 32, CARRIER, RETAILER) == Outcome.UNKNOWN
    assert w.slot(shipment) == before
    # It consumes nothing, so the delivery signed meanwhile still applies.
    assert w.hand(shipment, CARRIER, RETAILER) == Outcome.APPLIED
    # A tender that arrives late names the sequence at which it was made.
    assert say(w, S.TENDER, shipment, CARRIER, RETAILER, sequence=1) == Outcome.APPLIED
    assert say(w, S.TENDER, shipment, CARRIER, RETAILER) == Outcome.ENDED


def test_a_tender_to_a_consumer_names_nobody(w: World) -> None:
    order = w.on_the_road(consignee=0, recipientKey=CONSUMER.address)
    assert say(w, S.TENDER, order, CARRIER) == Outcome.APPLIED
    assert say(w, S.TENDER, order, CARRIER, RETAILER) == Outcome.FORBIDDEN


def test_the_consignee_and_the_consignor_contest(w: World) -> None:
    shipment = w.on_the_road()
    say(w, S.TENDER, shipment, CARRIER, RETAILER)
    assert say(w, S.CONTEST, shipment, RETAILER, CARRIER) == Outcome.APPLIED
    assert say(w, S.CONTEST, shipment, MAKER, CARRIER) == Outcome.APPLIED
    assert say(w, S.CONTEST, shipment, PLATFORM, CARRIER) == Outcome.FORBIDDEN
    assert say(w, S.CONTEST, shipment, CARRIER, CARRIER) == Outcome.FORBIDDEN
    assert say(w, S.CONTEST, shipment, 0, CARRIER) == Outcome.WRONG_KEY
    assert say(w, S.CONTEST, shipment, RETAILER, CARRIER, sequence=2) == Outcome.AHEAD
    assert say(w, S.CONTEST, b"\7" * 32, RETAILER, CARRIER) == Outcome.UNKNOWN
    # Leaving the goods does not cut the contest off.
    say(w, S.LEFT, shipment, CARRIER)
    assert say(w, S.CONTEST, shipment, RETAILER, CARRIER) == Outcome.APPLIED
    for by in (RETAILER, MAKER):
        assert say(w, S.CONTEST, shipment, by, CARRIER, sequence=0) == Outcome.APPLIED


def test_a_consumer_contests_with_its_key_and_its_consignor_with_its_own(w: World) -> None:
    order = w.on_the_road(consignee=0, recipientKey=CONSUMER.address)
    contest = w.statement(S.CONTEST, order, 0, CARRIER)
    assert w.submit(contest, key_of("another")) == (Outcome.WRONG_KEY,)
    assert w.submit(contest, CONSUMER) == (Outcome.APPLIED,)
    assert w.submit(w.statement(S.CONTEST, order, MAKER, CARRIER), MAKER) == (Outcome.APPLIED,)
    assert w.submit(w.statement(S.CONTEST, order, RETAILER, CARRIER), RETAILER) == (Outcome.FORBIDDEN,)


def test_found_cannot_follow_lost(w: World) -> None:
    shipment = w.on_the_road()
    w.submit(w.manifest(CARRIER, WAREHOUSE, w.item(shipment, 8, ExceptionBit.SHORT)), CARRIER, WAREHOUSE)
    rest = remainder_id(shipment, 1)
    assert say(w, S.FOUND, rest, WAREHOUSE) == Outcome.NOT_HELD
    assert say(w, S.FOUND, rest, CARRIER) == Outcome.APPLIED
    assert say(w, S.FOUND, rest, CARRIER, sequence=1) == Outcome.AHEAD
    w.hand(rest, CARRIER, WAREHOUSE)
    assert say(w, S.FOUND, rest, CARRIER, sequence=0) == Outcome.APPLIED
    say(w, S.LOST, rest, WAREHOUSE)
    assert say(w, S.FOUND, rest, WAREHOUSE) == Outcome.ENDED
    assert say(w, S.FOUND, rest, CARRIER, sequence=0) == Outcome.ENDED
    assert say(w, S.FOUND, b"\7" * 32, CARRIER) == Outcome.UNKNOWN


def test_statements_that_are_refused(w: World) -> None:
    shipment = w.on_the_road()
    assert w.refused(w.statement(0, shipment, CARRIER), CARRIER) == "CustodyUnknownStatement"
    assert w.refused(w.statement(9, shipment, CARRIER), CARRIER) == "CustodyUnknownStatement"
    assert w.refused(w.statement(S.LOST, shipment, 0), CONSUMER) == "CustodyStatementByRecipientKey"
    assert w.refused(w.statement(S.TENDER, shipment, CARRIER, CARRIER), CARRIER) == "CustodySamePartner"
    assert w.refused(w.statement(S.LOST, shipment, CARRIER), MAKER) == "CustodyNotItsKey"
    assert w.refused(w.statement(S.LOST, shipment, CARRIER), CARRIER, MAKER) == "EvidenceSignatureLength"
    soon = w.statement(S.LOST, shipment, CARRIER, occurredAt=w.now + 901)
    assert w.refused(soon, CARRIER) == "EvidenceFromTheFuture"


def test_suspension_does_not_silence(w: World) -> None:
    shipment = w.on_the_road()
    w.members.suspend(CARRIER)
    assert say(w, S.TENDER, shipment, CARRIER, RETAILER) == Outcome.APPLIED
    assert w.submit(w.splitting(shipment, CARRIER, [5, 5]), CARRIER) == (Outcome.APPLIED,)


def test_a_role_is_no_condition_for_a_statement(w: World) -> None:
    shipment = w.open(consignee=AUDITOR)
    w.hand(shipment, MAKER, AUDITOR)
    assert say(w, S.SOLD, shipment, AUDITOR) == Outcome.APPLIED
