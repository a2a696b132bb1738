"""Two ways of delivery by parties that know nothing of each other, but for the shop that gets both."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.api.app import create_app
from ledger.cli.demo.scribe import Deal, details, salt
from ledger.codes import ClearanceStatus, Fulfilment, Mode, Purpose, Regime
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.records.types import Duty, ShipmentRef, TaxLine
from tests.api.world import UNLIMITED, World
from tests.e2e.stage import CARRIER, CN, LOT, MAKER, SECOND, SHOP, WAREHOUSE, Stage, staged

EXPRESS_FREIGHT, MAIL_FREIGHT, RETURN_FREIGHT = 7_654_31, 1_234_57, 321_09
OWN_DUTY, SHARED_DUTY = 888_13, 555_77


@pytest.fixture(scope="package")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with staged(founded, tmp_path_factory.mktemp("modes") / "home") as stage:
        ids = play(stage)
        client = TestClient(create_app(stage.node, UNLIMITED), base_url="http://127.0.0.1:8000", follow_redirects=False)
        yield World(stage, client, ids)


def play(stage: Stage) -> dict[str, RecordId]:
    express = opened(stage, MAKER, CARRIER, EXPRESS_FREIGHT, Fulfilment.EXPRESS)
    mail = opened(stage, WAREHOUSE, SECOND, MAIL_FREIGHT, Fulfilment.DIRECT_MAIL)
    stage.pass_time(DAY)
    stage.hand(MAKER, CARRIER, (express, 0, 10), due_at=stage.now + 5 * DAY)
    stage.hand(WAREHOUSE, SECOND, (mail, 0, 10))
    stage.pass_time(DAY)
    both: list[tuple[bytes, int]] = sorted([(express, 0), (mail, 0)])
    cleared(stage, ((express, 0),), OWN_DUTY, Regime.IMPORT)
    cleared(stage, both, SHARED_DUTY, Regime.TRANSIT)
    stage.hand(CARRIER, SHOP, (express, 1, 10))
    stage.hand(SECOND, SHOP, (mail, 1, 10))
    stage.pass_time(DAY)
    back = opened(
        stage, SHOP, SECOND, RETURN_FREIGHT, Fulfilment.OWN_WAREHOUSE, consignee=MAKER, purpose=Purpose.RETURN,
        parents=(ShipmentRef(express, 2),), said='{"reason":"defective"}',
    )  # fmt: skip
    stage.settle()
    stage.node.settle()
    return {"express": express, "mail": mail, "back": back}


def opened(
    stage: Stage, consignor: int, liable: int, freight: int, fulfilment: Fulfilment, *, consignee: int = SHOP,
    said: str = "", **more: Any,
) -> RecordId:  # fmt: skip
    deal = Deal("PO-9", 100_000_00, freight, stage.now + 10 * DAY, 100, 10_000, liable, consignee)
    terms = stage.scribe.terms(
        deal, LOT, consignor=consignor, consignee=consignee, packages=10, mode=Mode.ROAD, fulfilment=fulfilment, **more
    )
    shipment = stage.sign(replace(terms, details=details(said)), consignor)
    stage.endorse(shipment, liable, consignee)
    return shipment


def cleared(stage: Stage, items: Sequence[tuple[bytes, int]], paid: int, regime: Regime) -> None:
    duty = Duty(salt(), "", "", "", "EUR", (TaxLine("duty", paid, 0, paid, paid),))
    stage.clear(CN, ClearanceStatus.RELEASED, *items, jurisdiction="CN", regime=regime, duty=duty)
