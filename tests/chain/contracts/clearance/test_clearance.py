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
from ledger.records.types import ShipmentRef
from tests.chain.contracts.clearance_world import (
    FRENCH_CUSTOMS,
    IDLE_BROKER,
    IDLE_CUSTOMS,
    TRADING_BROKER,
    TRADING_CUSTOMS,
    World,
    require,
    world,
)
from tests.chain.contracts.consortium import BROKER, CARRIER, CUSTOMS, DOMAIN, MAKER, RETAILER, key_of, sign
from tests.chain.contracts.harness import Reverted, error_names

APPLIED, FORBIDDEN = (Outcome.APPLIED,), (Outcome.FORBIDDEN,)
WAY_TO: dict[int, tuple[S, ...]] = {
    NO_STATUS: (),
    S.RECALLED: (S.RELEASED, S.RECALLED),
    **{status: (status,) for status in S if status != S.RECALLED},
}
"""Statuses that lead from nothing to each standing."""


@pytest.fixture
def w() -> World:
    return world()


# --- the status graph ----------------------------------------------------------------------------------------------

GRAPH = """
        nothing: lodged presented held inspected released conditions refused amended seized destroyed
         lodged: lodged presented held inspected released conditions refused amended seized destroyed
      presented: lodged presented held inspected released conditions refused amended seized destroyed
           held: lodged presented held inspected released conditions refused amended seized destroyed
      inspected: lodged presented held inspected released conditions refused amended seized destroyed
       released: held released conditions amended seized destroyed recalled
     conditions: held released conditions amended seized destroyed recalled
        refused: lodged presented held inspected released conditions refused amended seized destroyed
        amended: lodged presented held inspected released conditions refused amended seized destroyed
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


@pytest.mark.parametrize("before", [NO_STATUS, *S], ids=lambda s: S(s).name.lower() if s else "nothing")
def test_what_may_follow_each_status(w: World, before: int) -> None:
    shipments = {after: w.open(require()) for after in S}
    for status in WAY_TO[before]:
        assert set(w.clears(*shipments.values(), status=status)) == {Outcome.APPLIED}
    for after, shipment in shipments.items():
        expected = APPLIED if after in graph()[before] else FORBIDDEN
        assert w.clears(shipment, status=after) == expected, after.name
        steps = len(WAY_TO[before])
        stands = ClearanceSlot(steps + 1, after) if expected == APPLIED else ClearanceSlot(steps, before)
        assert w.standing_of(shipment) == stands


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
    shipment = w.open()
    assert w.clears(shipment, status=S.DESTROYED, regime=Regime.DESTRUCTION) == APPLIED
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
    shipment = w.open(require(relay=True))
    assert w.refused(w.clear(shipment, by=by, status=status, assurance=1)) == "ClearanceNotPermitted"


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


@pytest.mark.parametrize("assurance", Assurance)
def test_customs_signs_at_any_assurance(w: World, assurance: Assurance) -> None:
    assert w.clears(w.open(), assurance=assurance) == APPLIED


@pytest.mark.parametrize("by", [TRADING_CUSTOMS, TRADING_BROKER])
@pytest.mark.parametrize("as_", ["consignor", "consignee", "custodian"])
def test_a_party_to_the_shipment_decides_nothing_but_may_lodge(w: World, by: int, as_: str) -> None:
    fields: dict[str, Any] = {} if as_ == "custodian" else {as_: by}
    shipment = w.open(require(relay=True), **fields)
    if as_ == "custodian":
        assert w.hand(shipment, MAKER, by) == Outcome.APPLIED
    for status in S:
        if status not in (S.LODGED, S.RECALLED):
            assert w.clears(shipment, by=by, status=status, assurance=1) == FORBIDDEN, status.name
    assert w.clears(shipment, by=by, status=S.LODGED, assurance=1) == APPLIED
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
        "ClearanceNotPermitted", "ClearanceNoCustody", "ClearanceUnknownHoldCause", "ClearanceCausedBy",
    }  # fmt: skip
    assert {name for name in error_names("ClearanceLedger") if name.startswith("Clearance")} == covered


def test_graph_ways_are_ways() -> None:
    for way in WAY_TO.values():
        for before, after in pairwise((NO_STATUS, *way)):
            assert after in graph()[before]
