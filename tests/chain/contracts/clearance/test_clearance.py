"""ClearanceLedger: the status graph, who may sign what, each outcome, and what reaches custody.

Every submission also goes through the pure rules, and both must agree (see `clearance_world`).
"""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from ledger.codes import Assurance, Gate, HoldCause, Outcome, Regime, ShipmentState
from ledger.codes import ClearanceStatus as S
from ledger.custody.clearance import FOLLOWERS, NO_STATUS, ClearanceSlot
from ledger.records.types import Clearance, KeyGrant, Require, ShipmentRef
from tests.chain.contracts.clearance_world import (
    FRENCH_CUSTOMS,
    IDLE_BROKER,
    IDLE_CUSTOMS,
    TRADING_BROKER,
    TRADING_CUSTOMS,
    World,
    hidden,
    require,
    world,
)
from tests.chain.contracts.consortium import BROKER, CARRIER, CUSTOMS, DOMAIN, MAKER, RETAILER, key_of, sign
from tests.chain.contracts.harness import Reverted, error_names

APPLIED, FORBIDDEN = (Outcome.APPLIED,), (Outcome.FORBIDDEN,)
WAY_TO: dict[int, tuple[S, ...]] = {
    NO_STATUS: (),
    S.RECALLED: (S.RELEASED, S.RECALLED),
    **{status: (status,) for status in S if status not in (S.LODGED, S.RECALLED)},
}
"""Statuses that lead from nothing to each standing; none to lodged, which only an older contract wrote into a slot."""


@pytest.fixture
def w() -> World:
    return world()


# --- the status graph ----------------------------------------------------------------------------------------------

GRAPH = """
        nothing: presented held inspected released conditions refused amended seized destroyed
         lodged: presented held inspected released conditions refused amended seized destroyed
      presented: presented held inspected released conditions refused amended seized destroyed
           held: presented held inspected released conditions refused amended seized destroyed
      inspected: presented held inspected released conditions refused amended seized destroyed
       released: held released conditions amended seized destroyed recalled
     conditions: held released conditions amended seized destroyed recalled
        refused: presented held inspected released conditions refused amended seized destroyed
        amended: presented held inspected released conditions refused amended seized destroyed
         seized: destroyed
      destroyed:
       recalled: held released conditions amended seized destroyed recalled
"""
NAMES = {"nothing": NO_STATUS, "conditions": S.RELEASED_WITH_CONDITIONS} | {
    s.name.lower(): s for s in S if s != S.RELEASED_WITH_CONDITIONS
}


def graph() -> dict[int, set[int]]:
    """RECORDS' sentence about statuses, written out: what may follow what."""
    lines = (line.split(":") for line in GRAPH.strip().splitlines())
    return {NAMES[name.strip()]: {NAMES[after] for after in followers.split()} for name, followers in lines}


def test_the_pure_graph_is_the_one_written_out() -> None:
    assert {before: set(after) for before, after in FOLLOWERS.items()} == graph()


@pytest.mark.parametrize("before", sorted(WAY_TO), ids=lambda s: S(s).name.lower() if s else "nothing")
def test_what_may_follow_each_status(w: World, before: int) -> None:
    shipments = {after: w.open(require()) for after in S if after != S.LODGED}
    for status in WAY_TO[before]:
        assert set(w.clears(*shipments.values(), status=status)) == {Outcome.APPLIED}
    for after, shipment in shipments.items():
        expected = APPLIED if after in graph()[before] else FORBIDDEN
        assert w.clears(shipment, status=after) == expected, after.name
        steps = len(WAY_TO[before])
        stands = ClearanceSlot(steps + 1, after) if expected == APPLIED else ClearanceSlot(steps, before)
        assert w.standing_of(shipment) == stands


@pytest.mark.parametrize("before", sorted(WAY_TO), ids=lambda s: S(s).name.lower() if s else "nothing")
def test_lodged_is_recorded_at_any_sequence_and_changes_no_slot(w: World, before: int) -> None:
    shipment = w.open(require())
    for status in WAY_TO[before]:
        assert w.clears(shipment, status=status) == APPLIED
    custody, standing = w.slot(shipment), w.standing_of(shipment)
    for sequence in (0, 1, 7, 0xFFFF):
        for fields in ({}, {"by": BROKER, "assurance": 1}, {"by": MAKER, "assurance": 2}):
            assert w.clears(ShipmentRef(shipment, sequence), status=S.LODGED, **fields) == APPLIED
    assert (w.slot(shipment), w.standing_of(shipment)) == (custody, standing)
    assert w.clears(ShipmentRef(b"\x42" * 32, 3), status=S.LODGED) == (Outcome.UNKNOWN,)


def test_what_lodging_refuses_is_refused_item_by_item(w: World) -> None:
    mine, others, unknown = w.open(), w.open(consignor=TRADING_CUSTOMS), b"\x42" * 32
    expected = {mine: Outcome.APPLIED, others: Outcome.FORBIDDEN, unknown: Outcome.UNKNOWN}
    outcomes = w.clears(mine, others, unknown, by=BROKER, assurance=1, status=S.LODGED)
    assert outcomes == tuple(expected[shipment] for shipment in sorted(expected))
    for order in ((unknown, unknown), (unknown, b"\x41" * 32)):
        items = tuple(ShipmentRef(shipment, 0) for shipment in order)
        assert w.refused(replace(w.clear(status=S.LODGED), items=items)) == "ClearanceNotAscending"


# --- gates ---------------------------------------------------------------------------------------------------------


def test_a_release_opens_the_gate_of_its_own_requirement_only(w: World) -> None:
    shipment = w.open(require("US", Regime.EXPORT), require("DE"), require("DE", Regime.WAREHOUSING))
    assert w.clears(shipment) == APPLIED
    assert w.released(shipment) == [False, True, False]
    assert w.clears(shipment, jurisdiction=b"US", regime=Regime.EXPORT) == APPLIED
    assert w.released(shipment) == [True, True, False]


@pytest.mark.parametrize("opening", [S.RELEASED, S.RELEASED_WITH_CONDITIONS])
@pytest.mark.parametrize("closing", [S.HELD, S.RECALLED])
def test_a_hold_or_recall_after_release_closes_the_gate_again(w: World, opening: S, closing: S) -> None:
    shipment = w.open(require(gate=Gate.DELIVERY))
    assert w.clears(shipment, status=opening) == APPLIED
    assert w.released(shipment) == [True]
    assert w.clears(shipment, status=closing) == APPLIED
    assert w.released(shipment) == [False]
    assert w.hand(shipment, MAKER, RETAILER) == Outcome.APPLIED_IN_BREACH


def test_a_refusal_after_an_amended_release_closes_the_gate(w: World) -> None:
    shipment = w.open(require())
    for status, open_after in ((S.RELEASED, True), (S.AMENDED, True), (S.REFUSED, False)):
        assert w.clears(shipment, status=status) == APPLIED
        assert w.released(shipment) == [open_after]


def test_amended_keeps_the_gate_as_it_is(w: World) -> None:
    open_, shut = w.open(require()), w.open(require())
    assert w.clears(open_) == APPLIED
    assert w.clears(shut, status=S.HELD) == APPLIED
    assert w.clears(open_, shut, status=S.AMENDED) == (Outcome.APPLIED, Outcome.APPLIED)
    assert (w.released(open_), w.released(shut)) == ([True], [False])


@pytest.mark.parametrize("paper", [S.LODGED, S.PRESENTED, S.INSPECTED])
def test_papers_after_an_amended_release_leave_the_gate_open(w: World, paper: S) -> None:
    """Otherwise any broker could shut a gate that customs opened, by lodging something."""
    shipment = w.open(require())
    for status in (S.RELEASED, S.AMENDED, paper):
        assert w.clears(shipment, status=status) == APPLIED
    assert w.released(shipment) == [True]


def test_without_a_requirement_custody_is_left_alone(w: World) -> None:
    shipment = w.open(require("US"))
    before = w.slot(shipment)
    assert w.clears(shipment) == APPLIED
    assert w.slot(shipment) == before
    assert w.standing_of(shipment) == ClearanceSlot(1, S.RELEASED)


def test_after_delivery_statuses_are_recorded_and_custody_is_left_alone(w: World) -> None:
    shipment = w.open(require())
    assert w.clears(shipment) == APPLIED
    assert w.hand(shipment, MAKER, RETAILER) == Outcome.APPLIED
    delivered = w.slot(shipment)
    for status in (S.HELD, S.RELEASED, S.RECALLED, S.SEIZED, S.DESTROYED):
        assert w.clears(shipment, status=status) == APPLIED
        assert w.slot(shipment) == delivered
    assert w.standing_of(shipment) == ClearanceSlot(6, S.DESTROYED)


def test_children_of_a_split_start_without_clearance(w: World) -> None:
    shipment = w.open(require())
    assert w.clears(shipment) == APPLIED
    w.split(shipment, 4, 6)
    children = [i for i in w.holdings if i != shipment]
    assert [w.released(child) for child in children] == [[False], [False]]
    assert w.clears(*children) == (Outcome.APPLIED, Outcome.APPLIED)
    assert [w.released(child) for child in children] == [[True], [True]]
    assert w.clears(shipment, status=S.HELD) == APPLIED, "of the closed parent: a fact, recorded"
    assert w.slot(shipment).state == ShipmentState.CLOSED_INTO_CHILDREN


# --- seizure and destruction ---------------------------------------------------------------------------------------


def test_seizure_ends_the_shipment(w: World) -> None:
    shipment = w.open(require())
    assert w.clears(shipment) == APPLIED
    assert w.clears(shipment, status=S.SEIZED) == APPLIED
    assert w.slot(shipment).state == ShipmentState.SEIZED
    assert w.released(shipment) == [False]
    assert w.slot(shipment).sequence == 0, "the custody sequence is custody's"
    assert w.hand(shipment, MAKER, CARRIER) == Outcome.ENDED


def test_what_was_seized_can_be_destroyed_and_nothing_else(w: World) -> None:
    shipment = w.open(require())
    assert w.clears(shipment, status=S.SEIZED) == APPLIED
    assert w.clears(shipment, status=S.RELEASED) == FORBIDDEN
    assert w.slot(shipment).state == ShipmentState.SEIZED
    assert w.clears(shipment, status=S.DESTROYED) == APPLIED
    assert w.slot(shipment).state == ShipmentState.DESTROYED


def test_destruction_ends_the_shipment(w: World) -> None:
    shipment = w.open(require(regime=Regime.DESTRUCTION))
    assert w.clears(shipment, status=S.DESTROYED, regime=Regime.DESTRUCTION) == APPLIED
    assert w.slot(shipment).state == ShipmentState.DESTROYED


@pytest.mark.parametrize("status", [S.SEIZED, S.DESTROYED])
@pytest.mark.parametrize("requires", [(), (require("US"), require("DE", Regime.TRANSIT))])
def test_customs_ends_nothing_under_a_pair_that_the_terms_do_not_require(
    w: World, status: S, requires: tuple[Require, ...]
) -> None:
    shipment = w.open(*requires)
    before = w.slot(shipment)
    assert w.clears(shipment, status=status) == APPLIED, "a fact, recorded"
    assert w.slot(shipment) == before
    assert w.hand(shipment, MAKER, CARRIER) == Outcome.APPLIED


@pytest.mark.parametrize("assurance", [Assurance.BROKER_WORD, Assurance.CUSTOMS_MESSAGE])
@pytest.mark.parametrize("status", [S.SEIZED, S.DESTROYED])
def test_a_brokers_seizure_ends_nothing(w: World, status: S, assurance: Assurance) -> None:
    shipment = w.open(require(relay=True))
    assert w.clears(shipment) == APPLIED
    assert w.clears(shipment, by=BROKER, status=status, assurance=assurance) == APPLIED, "said, recorded"
    assert w.slot(shipment).state == ShipmentState.OPEN
    assert w.released(shipment) == [False], "a broker may close the gate that it may relay for"
    assert w.hand(shipment, MAKER, CARRIER) == Outcome.APPLIED


def test_what_was_seized_customs_destroys_under_any_pair_and_a_broker_under_none(w: World) -> None:
    shipment = w.open(require(), require("US", relay=True))
    assert w.clears(shipment, status=S.SEIZED) == APPLIED
    assert w.clears(shipment, by=BROKER, jurisdiction=b"US", assurance=1, status=S.DESTROYED) == APPLIED
    assert w.slot(shipment).state == ShipmentState.SEIZED
    assert w.clears(shipment, regime=Regime.DESTRUCTION, status=S.SEIZED) == APPLIED
    assert w.slot(shipment).state == ShipmentState.SEIZED
    assert w.clears(shipment, regime=Regime.DESTRUCTION, status=S.DESTROYED) == APPLIED
    assert w.slot(shipment).state == ShipmentState.DESTROYED


def test_what_one_jurisdiction_seized_another_cannot_release(w: World) -> None:
    shipment = w.open(require("DE"), require("US"))
    assert w.clears(shipment, status=S.SEIZED) == APPLIED
    assert w.clears(shipment, jurisdiction=b"US") == APPLIED, "a fact, recorded"
    assert w.slot(shipment).state == ShipmentState.SEIZED
    assert w.released(shipment) == [False, False]


# --- outcomes of items ---------------------------------------------------------------------------------------------


def test_one_record_with_every_outcome(w: World) -> None:
    fresh, cleared, seized, ahead, party = (
        w.open(require()), w.open(require()), w.open(require()), w.open(require()),
        w.open(require(), consignor=TRADING_CUSTOMS),
    )  # fmt: skip
    assert w.clears(cleared) == APPLIED
    assert w.clears(seized, status=S.SEIZED) == APPLIED
    unknown = b"\x42" * 32
    expected = {
        fresh: Outcome.APPLIED, cleared: Outcome.STALE, seized: Outcome.FORBIDDEN, ahead: Outcome.AHEAD,
        party: Outcome.FORBIDDEN, unknown: Outcome.UNKNOWN,
    }  # fmt: skip
    sequences = {fresh: 0, cleared: 0, seized: 1, ahead: 3, party: 0, unknown: 0}
    items = [ShipmentRef(shipment, sequence) for shipment, sequence in sequences.items()]
    outcomes = w.clears(*items, by=TRADING_CUSTOMS)
    assert outcomes == tuple(expected[shipment] for shipment in sorted(expected))
    assert w.released(fresh) == [True]
    assert w.released(ahead) == w.released(party) == [False]
    assert w.standing_of(party) == ClearanceSlot(), "taken back to nothing"


def test_unknown_comes_before_every_other_reason(w: World) -> None:
    unknown = b"\x42" * 32
    assert w.clears(ShipmentRef(unknown, 7)) == (Outcome.UNKNOWN,)
    assert w.clears(ShipmentRef(unknown, 0), status=S.RECALLED) == (Outcome.UNKNOWN,)
    assert w.clears(ShipmentRef(unknown, 0)) == (Outcome.UNKNOWN,)


def test_a_record_that_was_unknown_applies_once_the_shipment_is_there(w: World) -> None:
    terms = w.terms(require())
    record = w.clear(DOMAIN.record_id(terms))
    assert w.submit(record, CUSTOMS) == (Outcome.UNKNOWN,)
    assert w.submit(terms, MAKER) == APPLIED
    assert w.submit(record, CUSTOMS) == APPLIED


def test_the_same_record_again_is_stale_and_changes_nothing(w: World) -> None:
    shipment = w.open(require())
    record = w.clear(shipment)
    assert w.submit(record, CUSTOMS) == APPLIED
    assert w.clears(shipment, status=S.HELD) == APPLIED
    assert w.submit(record, CUSTOMS) == (Outcome.STALE,)
    assert w.released(shipment) == [False]


def test_a_refused_item_returns_to_the_status_before(w: World) -> None:
    shipment = w.open(require(), consignor=TRADING_CUSTOMS)
    assert w.clears(shipment, status=S.HELD) == APPLIED
    assert w.clears(shipment, by=TRADING_CUSTOMS) == FORBIDDEN
    assert w.standing_of(shipment) == ClearanceSlot(1, S.HELD)
    assert w.clears(shipment) == APPLIED
    assert w.standing_of(shipment) == ClearanceSlot(2, S.RELEASED)


def test_sequences_of_pairs_are_independent(w: World) -> None:
    shipment = w.open(require("DE"), require("US"))
    for jurisdiction, regime in ((b"DE", Regime.IMPORT), (b"US", Regime.IMPORT), (b"DE", Regime.TRANSIT)):
        assert w.clears(ShipmentRef(shipment, 0), jurisdiction=jurisdiction, regime=regime) == APPLIED


# --- who may sign --------------------------------------------------------------------------------------------------


def test_customs_of_another_jurisdiction_is_refused(w: World) -> None:
    shipment = w.open(require("DE"), require("FR"))
    assert w.refused(w.clear(shipment, by=FRENCH_CUSTOMS)) == "ClearanceNotPermitted"
    assert w.clears(shipment, by=FRENCH_CUSTOMS, jurisdiction=b"FR") == APPLIED
    assert w.refused(w.clear(shipment, jurisdiction=b"FR")) == "ClearanceNotPermitted"


@pytest.mark.parametrize("by", [MAKER, CARRIER, RETAILER])
@pytest.mark.parametrize("status", [S.LODGED, S.RELEASED])
def test_neither_customs_nor_broker_is_refused(w: World, by: int, status: S) -> None:
    """Also who declares: it may lodge its own declaration, and decide nothing."""
    shipment = w.open(require(relay=True))
    other = RETAILER if by == MAKER else MAKER
    for declarant in (by, other) if status == S.RELEASED else (other,):
        record = w.clear(shipment, by=by, declarant=declarant, status=status, assurance=1)
        assert w.refused(record) == "ClearanceNotPermitted"


def test_a_broker_lodges_without_a_relay(w: World) -> None:
    shipment = w.open(require(relay=False))
    assert w.clears(shipment, by=BROKER, status=S.LODGED, assurance=Assurance.BROKER_WORD) == APPLIED
    assert w.clears(shipment, by=BROKER, status=S.LODGED, assurance=Assurance.CUSTOMS_MESSAGE) == APPLIED


def test_a_broker_decides_only_where_the_terms_let_him_relay(w: World) -> None:
    relayed, own, elsewhere = w.open(require(relay=True)), w.open(require()), w.open(require("US", relay=True))
    outcomes = dict(
        zip(
            sorted((relayed, own, elsewhere)),
            w.clears(relayed, own, elsewhere, by=BROKER, assurance=Assurance.CUSTOMS_MESSAGE),
            strict=True,
        )
    )
    assert outcomes == {relayed: Outcome.APPLIED, own: Outcome.FORBIDDEN, elsewhere: Outcome.FORBIDDEN}
    assert w.released(relayed) == [True]
    assert w.released(own) == [False]


@pytest.mark.parametrize("status", [S.LODGED, S.RELEASED])
def test_a_broker_never_signs_as_the_authority(w: World, status: S) -> None:
    record = w.clear(w.open(require(relay=True)), by=BROKER, status=status)
    assert w.refused(record) == "ClearanceNotPermitted"


def test_customs_signs_alone_and_at_its_own_assurance(w: World) -> None:
    """Whoever it names as declarant, party or not; at a lower one it would have to be a broker."""
    for declarant in (0, MAKER, BROKER, 999):
        assert w.clears(w.open(require()), declarant=declarant) == APPLIED
    for assurance in (Assurance.BROKER_WORD, Assurance.CUSTOMS_MESSAGE):
        assert w.refused(w.clear(w.open(require(relay=True)), assurance=assurance)) == "ClearanceNotPermitted"


# --- the declarant -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("assurance", [Assurance.BROKER_WORD, Assurance.CUSTOMS_MESSAGE])
@pytest.mark.parametrize("status", [s for s in S if s != S.RECALLED])
def test_a_broker_clears_nothing_without_its_declarant(w: World, status: S, assurance: Assurance) -> None:
    record = w.clear(w.open(require(relay=True)), by=BROKER, status=status, assurance=assurance)
    with pytest.raises(Reverted, match="EvidenceSignatureLength"):
        w.members.clearance.record("clear", record, sign(record, BROKER))
    for second in (BROKER, RETAILER, key_of("a stranger")):
        assert w.refused(record, BROKER, second) == "ClearanceNotSigner"
    assert w.refused(record, MAKER, BROKER) == "ClearanceNotSigner", "the order is by, then declarant"
    assert w.submit(record, BROKER, MAKER) == APPLIED


@pytest.mark.parametrize("status", [S.LODGED, S.HELD, S.RELEASED])
def test_a_declarant_that_is_no_party_is_forbidden_item_by_item(w: World, status: S) -> None:
    mine, sold, carried = w.open(require(relay=True)), w.open(require(relay=True)), w.open(require(relay=True))
    other = w.open(require(relay=True), consignor=TRADING_CUSTOMS)
    assert w.hand(sold, MAKER, RETAILER) == Outcome.APPLIED_IN_BREACH
    assert w.hand(carried, MAKER, CARRIER) == Outcome.APPLIED
    for declarant, allowed in (
        (MAKER, {mine, sold, carried}),
        (RETAILER, {mine, sold, carried, other}),
        (CARRIER, {carried}),
        (IDLE_CUSTOMS, set()),
    ):
        outcomes = w.clears(mine, sold, carried, other, by=BROKER, declarant=declarant, status=status, assurance=1)
        expected = [shipment in allowed for shipment in sorted((mine, sold, carried, other))]
        assert [outcome == Outcome.APPLIED for outcome in outcomes] == expected
        assert {Outcome.APPLIED, Outcome.FORBIDDEN} >= set(outcomes)


def test_a_declarant_counts_at_the_recording_block(w: World) -> None:
    shipment = w.open(require(relay=True))
    assert w.hand(shipment, MAKER, CARRIER) == Outcome.APPLIED
    assert w.clears(shipment, by=BROKER, declarant=CARRIER, assurance=1, status=S.PRESENTED) == APPLIED
    assert w.hand(shipment, CARRIER, TRADING_CUSTOMS) == Outcome.APPLIED
    assert w.clears(shipment, by=BROKER, declarant=CARRIER, assurance=1) == FORBIDDEN


def test_a_broker_may_declare_by_a_mandate_and_a_suspended_party_by_itself(w: World) -> None:
    """A mandate is a device key of the party whose bearer works for the broker."""
    mandate, shipment = key_of("the broker's key for the maker"), w.open(require(relay=True))
    scopes = 1 << (Clearance.NUMBER - 1)
    grant = KeyGrant(MAKER, mandate.address, BROKER, scopes, w.now, w.now + 90 * 86_400, hidden("details"))
    w.members.registry.record("grantKey", grant, sign(grant, MAKER, mandate))
    assert w.submit(w.clear(shipment, by=BROKER, assurance=1), BROKER, mandate) == APPLIED
    w.members.suspend(MAKER)
    held = w.clear(shipment, by=BROKER, assurance=1, status=S.HELD)
    assert w.submit(held, BROKER, MAKER) == APPLIED
    assert w.refused(w.clear(shipment, by=MAKER, assurance=1, status=S.LODGED)) == "ClearanceSuspended"


def test_nobody_declares_for_partner_zero_but_consignor_or_custodian(w: World) -> None:
    consumer = key_of("consumer")
    shipment = w.open(require(relay=True), consignee=0, recipientKey=consumer.address)
    record = w.clear(shipment, by=BROKER, declarant=0, assurance=1)
    for signers in ((BROKER, consumer), (BROKER,)):
        with pytest.raises(Reverted, match="ClearanceNoDeclarant"):
            w.members.clearance.record("clear", record, sign(record, *signers))
    assert w.clears(shipment, by=BROKER, declarant=MAKER, assurance=1) == APPLIED
    assert w.hand(shipment, MAKER, CARRIER) == Outcome.APPLIED
    assert w.clears(shipment, by=BROKER, declarant=CARRIER, assurance=1) == APPLIED


def test_the_author_that_declares_itself_signs_once(w: World) -> None:
    shipment = w.open()
    record = w.clear(shipment, by=MAKER, assurance=1, status=S.LODGED)
    with pytest.raises(Reverted, match="EvidenceSignatureLength"):
        w.members.clearance.record("clear", record, sign(record, MAKER, MAKER))
    assert w.submit(record, MAKER) == APPLIED
    assert w.refused(w.clear(shipment, by=MAKER, status=S.LODGED)) == "ClearanceNotPermitted", "not as the authority"


@pytest.mark.parametrize("by", [TRADING_CUSTOMS, TRADING_BROKER])
@pytest.mark.parametrize("as_", ["consignor", "consignee", "custodian"])
def test_a_party_to_the_shipment_decides_nothing_but_may_lodge(w: World, by: int, as_: str) -> None:
    fields: dict[str, Any] = {} if as_ == "custodian" else {as_: by}
    shipment = w.open(require(relay=True), **fields)
    if as_ == "custodian":
        assert w.hand(shipment, MAKER, by) == Outcome.APPLIED
    assurance = Assurance.AUTHORITY_SIGNED if by == TRADING_CUSTOMS else Assurance.BROKER_WORD
    for declarant in (by, RETAILER):
        for status in S:
            fields = {"by": by, "declarant": declarant, "status": status, "assurance": assurance}
            if status == S.LODGED and by not in (RETAILER, declarant) and as_ == "consignee":
                assert w.clears(shipment, **fields) == FORBIDDEN if by == TRADING_BROKER else APPLIED
            elif status == S.LODGED:
                assert w.clears(shipment, **fields) == APPLIED
            elif status != S.RECALLED:
                assert w.clears(shipment, **fields) == FORBIDDEN, status.name
    assert w.slot(shipment).state == ShipmentState.OPEN


def test_a_former_custodian_may_decide(w: World) -> None:
    shipment = w.open(require())
    assert w.hand(shipment, MAKER, TRADING_CUSTOMS) == Outcome.APPLIED
    assert w.clears(shipment, by=TRADING_CUSTOMS) == FORBIDDEN
    assert w.hand(shipment, TRADING_CUSTOMS, CARRIER) == Outcome.APPLIED
    assert w.clears(shipment, by=TRADING_CUSTOMS) == APPLIED


def test_a_shipment_to_a_one_time_key_has_no_partner_zero_among_signers(w: World) -> None:
    """Partner 0 as consignee is the recipient key: nobody is mistaken for it, and lodging works."""
    shipment = w.open(require(relay=True), consignee=0, recipientKey=key_of("consumer").address)
    assert w.clears(shipment, by=BROKER, status=S.LODGED, assurance=1) == APPLIED
    assert w.clears(shipment, by=BROKER, assurance=1) == APPLIED
    assert w.released(shipment) == [True]
    assert w.refused(w.clear(shipment, by=0), key_of("consumer")) == "ClearanceNotSigner"


def test_a_key_that_is_not_the_authors_is_refused(w: World) -> None:
    record = w.clear(w.open())
    assert w.refused(record, FRENCH_CUSTOMS) == "ClearanceNotSigner"
    assert w.refused(record, key_of("a stranger")) == "ClearanceNotSigner"


def test_the_suspended_clear_nothing(w: World) -> None:
    shipment = w.open(require(relay=True))
    assert w.refused(w.clear(shipment, by=IDLE_CUSTOMS)) == "ClearanceSuspended"
    assert w.refused(w.clear(shipment, by=IDLE_BROKER, status=S.LODGED, assurance=1)) == "ClearanceSuspended"


@pytest.mark.parametrize("signatures", [b"", b"\x01" * 64, b"\x01" * 130])
def test_one_signature_and_nothing_else(w: World, signatures: bytes) -> None:
    with pytest.raises(Reverted, match="EvidenceSignatureLength"):
        w.members.clearance.record("clear", w.clear(w.open()), signatures)


def test_a_signature_is_for_one_record(w: World) -> None:
    shipment = w.open()
    signed = sign(w.clear(shipment), CUSTOMS)
    with pytest.raises(Reverted, match="ClearanceNotSigner"):
        w.members.clearance.record("clear", w.clear(shipment, status=S.HELD), signed)


# --- shape ---------------------------------------------------------------------------------------------------------

BAD_SHAPES: list[tuple[str, dict[str, Any]]] = [
    ("ClearanceUnknownPair", {"jurisdiction": b"de"}),
    ("ClearanceUnknownPair", {"jurisdiction": b"D\0"}),
    ("ClearanceUnknownPair", {"jurisdiction": b"\0\0"}),
    ("ClearanceUnknownPair", {"regime": 0}),
    ("ClearanceUnknownPair", {"regime": 10}),
    ("ClearanceUnknownStatus", {"status": 0}),
    ("ClearanceUnknownStatus", {"status": 12}),
    ("ClearanceUnknownAssurance", {"assurance": 0}),
    ("ClearanceUnknownAssurance", {"assurance": 4}),
    ("ClearanceNoDeclarant", {"assurance": 1, "declarant": 0}),
    ("ClearanceNoDeclarant", {"assurance": 2, "declarant": 0, "status": S.LODGED}),
    ("ClearanceHoldCause", {"status": S.HELD, "holdCause": 0}),
    ("ClearanceUnknownHoldCause", {"status": S.HELD, "holdCause": 12}),
    ("ClearanceHoldCause", {"status": S.RELEASED, "holdCause": HoldCause.RISK}),
    ("ClearanceCausedBy", {"status": S.RELEASED, "causedBy": MAKER}),
]


@pytest.mark.parametrize(("error", "fields"), BAD_SHAPES, ids=lambda v: v if isinstance(v, str) else str(v))
def test_a_malformed_record_reverts(w: World, error: str, fields: dict[str, Any]) -> None:
    record = w.clear(ShipmentRef(w.open(), 0), **fields)
    assert w.refused(record) == error


def test_a_hold_names_its_cause_and_may_name_who_caused_it(w: World) -> None:
    assert w.clears(w.open(), status=S.HELD, holdCause=HoldCause.DOCUMENTS, causedBy=MAKER) == APPLIED


def test_from_one_to_two_hundred_items(w: World) -> None:
    assert w.refused(w.clear()) == "ClearanceItemCount"
    items = [ShipmentRef(i.to_bytes(32, "big"), 0) for i in range(1, 202)]
    assert w.refused(w.clear(*items)) == "ClearanceItemCount"
    assert set(w.clears(*items[:200])) == {Outcome.UNKNOWN}


@pytest.mark.parametrize("order", [(0,), (1, 1), (2, 1), (1, 3, 2)])
def test_shipments_ascend_each_once_and_none_is_zero(w: World, order: tuple[int, ...]) -> None:
    record = replace(w.clear(), items=tuple(ShipmentRef(i.to_bytes(32, "big"), 0) for i in order))
    assert w.refused(record) == "ClearanceNotAscending"


def test_at_most_fifteen_minutes_ahead(w: World) -> None:
    shipment = w.open()
    assert w.refused(w.clear(shipment, occurredAt=w.now + 902)) == "EvidenceFromTheFuture"
    assert w.clears(shipment, occurredAt=w.now + 900) == APPLIED
    assert w.clears(shipment, status=S.HELD, occurredAt=0) == APPLIED, "late is late, not refused"


def test_every_error_of_the_contract_is_covered() -> None:
    """Each has a test here or in `test_clearance_successor`."""
    covered = {
        "ClearanceItemCount", "ClearanceNotAscending", "ClearanceUnknownPair", "ClearanceUnknownStatus",
        "ClearanceUnknownAssurance", "ClearanceHoldCause", "ClearanceNotSigner", "ClearanceSuspended",
        "ClearanceNotPermitted", "ClearanceNoCustody", "ClearanceNoDeclarant", "ClearanceUnknownHoldCause",
        "ClearanceCausedBy",
    }  # fmt: skip
    assert {name for name in error_names("ClearanceLedger") if name.startswith("Clearance")} == covered


def test_graph_ways_are_ways() -> None:
    for way in WAY_TO.values():
        for before, after in pairwise((NO_STATUS, *way)):
            assert after in graph()[before]
