"""A bulk import in a bonded warehouse becomes 150 parcels, each for a consumer of its own, cleared by one record."""

import pytest

from ledger.cli.demo.scribe import Deal, place
from ledger.codes import ClearanceStatus, Fulfilment, Gate, Purpose, Regime
from ledger.common.periods import DAY
from ledger.errors import NotPermitted, RuleBroken
from ledger.records.types import Require, ShipmentRef
from tests.e2e.stage import BROKER, CARRIER, CN, LOT, MAKER, NONE, OCEAN, SHOP, WAREHOUSE, Stage, key_of

PARCELS = 150
IMPORT = Require(b"CN", int(Regime.IMPORT), int(Gate.DELIVERY), False)


def test_a_bulk_import_becomes_150_parcels_each_for_its_own_recipient(stage: Stage) -> None:
    bulk = stage.open(PARCELS, requires=(IMPORT,))
    stage.hand(MAKER, OCEAN, (bulk, 0, PARCELS))
    stage.hand(OCEAN, WAREHOUSE, (bulk, 1, PARCELS))
    children = stage.split(WAREHOUSE, bulk, 2, *[1] * PARCELS)
    assert len(stage.view(bulk).children) == PARCELS

    recipients = [key_of(f"order {i}") for i in range(PARCELS)]
    parcels = []
    for child, recipient in zip(children, recipients, strict=True):
        deal = Deal("ORDER", 50_00, 5_00, stage.now + 6 * DAY, 5, 5_00, SHOP, SHOP)
        terms = stage.scribe.terms(
            deal,
            LOT,
            consignor=SHOP,
            consignee=0,
            holder=WAREHOUSE,
            packages=1,
            requires=(IMPORT,),
            fulfilment=Fulfilment.BONDED_WAREHOUSE,
            purpose=Purpose.ONWARD,
            parents=(ShipmentRef(child, 0),),
            recipient_key=recipient.address,
        )
        parcels.append(stage.submit(terms, SHOP, WAREHOUSE))
    stage.settle()
    assert {stage.status(children[i]) for i in (0, 1, PARCELS - 1)} == {"closed into onward"}

    # Import clearance follows the handover: one declaration, one release for the whole list.
    stage.hand(WAREHOUSE, CARRIER, *((parcel, 0, 1) for parcel in parcels))
    door = stage.scribe.handoff([(parcels[0], 1, 1, NONE)], CARRIER, 0, place("CN", "CNNGB", "Ningbo"))
    with pytest.raises(RuleBroken, match="not released"):
        stage.trial.node.submission.submit(stage.trial.signed(door, stage.parties[CARRIER]))
    for by, status in ((BROKER, ClearanceStatus.LODGED), (CN, ClearanceStatus.RELEASED)):
        listed = [(parcel, 0) for parcel in parcels]
        record = stage.clear(by, status, *listed, jurisdiction="CN", regime=Regime.IMPORT, declarant=SHOP)
        assert stage.outcome(record) == ["applied"] * PARCELS
    for i in (0, PARCELS - 1):
        stage.hand(CARRIER, 0, (parcels[i], 1, 1), by=(CARRIER, recipients[i]))
        assert stage.status(parcels[i]) == "delivered"
        assert stage.view(parcels[i]).steps[-1].outcome == "applied"
    with pytest.raises(NotPermitted, match="recipient key"):
        stage.hand(CARRIER, 0, (parcels[1], 1, 1), by=(CARRIER, recipients[2]))

    # Back from the parcel to the bulk, and forward again.
    (origin,) = stage.view(parcels[0]).parents
    assert stage.view(bytes.fromhex(origin[2:])).parent == "0x" + bulk.hex()
    stage.audited()
