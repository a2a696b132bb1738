"""The custody contract among the others: clearances pushed in, closing, and a successor that goes on."""

import re
from pathlib import Path

import pytest

from ledger.codes import ContractKind, Gate, Outcome, RegistryAction, ShipmentState, StatementKind
from ledger.records.shipment_ids import child_id
from tests.chain.contracts.consortium import CARRIER, DELAY, MAKER, RETAILER, WAREHOUSE, key_of, sign
from tests.chain.contracts.custody_world import FUNCTIONS, World, require, world
from tests.chain.contracts.harness import Reverted, artifact_of, error_names

CONSUMER = key_of("a consumer")
RELEASE_DE = (0, 0, b"DE", 1, False, 1, 0)


@pytest.fixture
def w() -> World:
    return world()


# --- clearances ----------------------------------------------------------------------------------------------------


def test_only_the_clearance_contract_in_force_pushes(w: World) -> None:
    shipment = w.open(requires=(require("DE"),))
    stranger = key_of("a stranger")
    with pytest.raises(Reverted) as reverted:
        w.members.custody.send("applyClearance", RELEASE_DE, [shipment], sender=stranger)
    assert reverted.value.name == "CustodyNotClearance"
    w.release([shipment], [1])


def test_release_and_hold_until_delivery_then_custody_is_left_alone(w: World) -> None:
    shipment = w.on_the_road(requires=(require("DE", gate=Gate.SALE), require("FR", gate=Gate.SALE)))
    w.release([shipment], [0b01])
    w.release([shipment], [0b10])
    w.release([shipment], [0b01], released=False)
    assert [r.released for r in w.slot(shipment).requirements] == [False, True]
    assert w.hand(shipment, CARRIER, RETAILER) == Outcome.APPLIED
    w.release([shipment], [0b01])
    w.end([shipment], ShipmentState.SEIZED)
    assert w.slot(shipment).state == ShipmentState.DELIVERED
    assert [r.released for r in w.slot(shipment).requirements] == [False, True]


def test_a_clearance_that_is_not_required_moves_nothing(w: World) -> None:
    shipment = w.open(requires=(require("DE", 1),))
    before = w.slot(shipment).pack()
    for jurisdiction, regime in ((b"DE", 2), (b"FR", 1)):
        w.members.custody.send("applyClearance", (0, 0, jurisdiction, regime, False, 1, 0), [shipment])
    assert w.members.custody.read("slotOf", shipment) == before


def test_seizure_and_destruction_end_a_shipment(w: World) -> None:
    seized, destroyed, lost = (w.open(requires=(require("DE"),)) for _ in range(3))
    free = w.open()
    w.submit(w.statement(StatementKind.LOST, lost, MAKER), MAKER)
    w.end([seized, lost, free], ShipmentState.SEIZED)
    assert w.slot(free).state == ShipmentState.OPEN, "its terms require no clearance"
    w.end([destroyed, lost], ShipmentState.DESTROYED)
    states = [w.slot(s).state for s in (seized, destroyed, lost)]
    assert states == [ShipmentState.SEIZED, ShipmentState.DESTROYED, ShipmentState.LOST]
    assert w.sequence(seized) == 0
    assert w.hand(seized, MAKER, CARRIER) == Outcome.ENDED
    w.end([seized, destroyed], ShipmentState.SEIZED)
    w.end([seized, destroyed], ShipmentState.DESTROYED)
    assert w.slot(seized).state == w.slot(destroyed).state == ShipmentState.DESTROYED


# --- closing and succeeding ----------------------------------------------------------------------------------------


def close(w: World) -> None:
    w.members.change(RegistryAction.CLOSE_CONTRACT, key=w.members.custody.address, number=ContractKind.CUSTODY)
    w.wait(DELAY)


def succeed(w: World) -> None:
    """The council closes the contract and opens its successor."""
    old = w.members.custody
    close(w)
    w.members.contracts["CustodyLedger"] = w.members.deploy(ContractKind.CUSTODY, "CustodyLedger", old.address)
    w.wait(DELAY)


def test_a_closed_contract_takes_nothing(w: World) -> None:
    shipment = w.open(requires=(require("DE"),))
    records = (
        (w.terms(submitBy=w.now + 10 * DELAY), (MAKER,)),
        (w.manifest(MAKER, CARRIER, w.item(shipment), submitBy=w.now + 10 * DELAY), (MAKER, CARRIER)),
        (w.splitting(shipment, MAKER, [4, 6]), (MAKER,)),
        (w.statement(StatementKind.LOST, shipment, MAKER), (MAKER,)),
        (w.overriding(shipment, MAKER, WAREHOUSE), (WAREHOUSE,)),
    )
    close(w)
    for record, who in records:
        with pytest.raises(Reverted) as reverted:
            w.members.custody.record(FUNCTIONS[type(record)], record, sign(record, *who))
        assert reverted.value.name == "PartnerRegistryNotOpen"
    with pytest.raises(Reverted, match="PartnerRegistryNotOpen"):
        w.members.custody.send("applyClearance", RELEASE_DE, [shipment])
    _, _, _, _, until, _ = w.members.registry.read("addressInfo", w.members.custody.address)
    assert 0 < until <= w.now


def test_a_successor_goes_on_where_its_predecessor_stood(w: World) -> None:
    road = w.on_the_road(requires=(require("DE", gate=Gate.DELIVERY),))
    order = w.on_the_road(consignee=0, recipientKey=CONSUMER.address)
    parent, splittable, sold, seized = w.open(), w.open(), w.open(), w.open(requires=(require("DE"),))
    terms = w.terms(submitBy=w.now + 100 * DELAY)
    w.submit(terms, MAKER)
    in_flight = w.manifest(CARRIER, RETAILER, w.item(road), submitBy=w.now + 100 * DELAY)
    override = w.overriding(parent, MAKER, WAREHOUSE)
    w.submit(override, WAREHOUSE)
    before = dict(w.holdings)

    succeed(w)

    for shipment, holding in before.items():
        w.agree(shipment, holding)
    # What was opened there cannot be opened again here.
    assert w.refused(terms, MAKER) == "CustodyAlreadyOpen"
    w.release([road], [1])
    # Signatures in flight survive, for they bind the consortium and no contract.
    assert w.submit(in_flight, CARRIER, RETAILER) == (Outcome.APPLIED,)
    assert w.submit(in_flight, CARRIER, RETAILER) == (Outcome.ENDED,)
    # An announced override waits no second time, and a recipient key is read where it lies.
    assert w.submit(override, WAREHOUSE) == (Outcome.APPLIED,)
    assert w.submit(w.splitting(order, CARRIER, [5, 5]), CARRIER) == (Outcome.APPLIED,)
    half = child_id(order, 1, 0)
    assert w.submit(w.manifest(CARRIER, 0, w.item(half)), CARRIER, CONSUMER) == (Outcome.APPLIED,)
    assert w.submit(w.splitting(splittable, MAKER, [5, 5]), MAKER) == (Outcome.APPLIED,)
    assert w.submit(w.statement(StatementKind.SOLD, sold, MAKER), MAKER) == (Outcome.APPLIED,)
    w.end([seized], ShipmentState.SEIZED)
    onward = w.open(consignor=MAKER, holder=WAREHOUSE, consignee=RETAILER, parents=(w.reference(parent),))

    succeed(w)

    # A second successor reads through both.
    for shipment, holding in w.holdings.items():
        w.agree(shipment, holding)
    assert w.hand(onward, WAREHOUSE, CARRIER) == Outcome.APPLIED
    assert w.submit(w.splitting(child_id(order, 1, 1), CARRIER, [2, 3]), CARRIER) == (Outcome.APPLIED,)


# --- the surface ---------------------------------------------------------------------------------------------------


def test_nothing_is_payable_and_nobody_is_owner() -> None:
    abi = artifact_of("CustodyLedger")["abi"]
    assert {e.get("stateMutability") for e in abi if e["type"] in ("function", "constructor")} <= {
        "nonpayable",
        "view",
    }
    writes = {e["name"] for e in abi if e["type"] == "function" and e["stateMutability"] == "nonpayable"}
    assert writes == {"open", "handoff", "split", "recordStatement", "overrideCustody", "applyClearance"}


def test_every_error_is_met_in_a_test() -> None:
    """Each custom error of custody is named in an assertion of these test files."""
    folder = Path(__file__).parent
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("test_custody_*.py"))
    named = set(re.findall(r'"((?:Custody|Evidence)\w+)"', text))
    errors = {name for name in error_names("CustodyLedger") if name.startswith("Custody")}
    assert errors <= named, f"never met: {sorted(errors - named)}"


def test_fits_a_contract() -> None:
    assert len(artifact_of("CustodyLedger")["deployedBytecode"]) // 2 - 1 <= 24_576
