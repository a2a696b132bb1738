"""Whoever has a bundle of the ledger makes every answer again, as far as its reader may read; another is told apart."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ledger.api.pages.plans.positions import positions
from ledger.errors import LadingError, VerificationFailed
from ledger.services.answers.inputs import Inputs, Kind
from ledger.services.answers.kinds.question import Question
from ledger.services.answers.kinds.registry import MAKE
from ledger.services.answers.made_again import made_again
from ledger.services.answers.verify import check_inputs, check_made, inputs_of
from tests.api.answers.conftest import READERS, Asked, changed
from tests.api.plans.test_warehouses import STATED
from tests.api.world import GTIN, LOT
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, SHOP

ROUTE = (
    "/v1/plans/route?origin=CNSHA&destination=NZAKL&packages=10&currency=EUR&evidence=true"
    "&time=CN-NZ:maritime:480:600&time=CN-NZ:air:72:96&distance=CNSHA-NZAKL:9400"
)
UNSTATED = {
    name: value for name, value in STATED.items() if name in ("lading", "currency", "warehouses", "products", "ways")
}
PATHS: dict[str, Any] = {
    "route": ROUTE,
    "consolidation": "/v1/plans/consolidation?currency=EUR",
    "allocate": ("/v1/plans/allocate?evidence=true", STATED),
    "trigger": ("/v1/plans/trigger?evidence=true", UNSTATED),
    "cover": ("/v1/plans/cover?evidence=true", STATED),
    "balance": ("/v1/plans/balance?evidence=true", STATED),
    "access": "/v1/access",
    "league": "/v1/league?origin=CN&destination=CN&evidence=true",
    "lanes": "/v1/league",
    "network": "/v1/network?by=carrier&evidence=true",
    "fulfilment": "/v1/network?by=fulfilment&evidence=true",
    "stock": "/v1/stock",
    "holdings": "/v1/stock/holdings",
    "gaps": "/v1/provenance/gaps",
    "trace": f"/v1/provenance?subject=01/{GTIN}/10/{LOT}",
    "deviations": "/v1/markets/deviations",
    "changes": f"/v1/markets/changes?partner={MAKER}",
}
FOR_AUDITORS = ("access", "trace", "changes")
"""What rests on more than one partner may read, or is not told to each."""


def ask(asked: Asked, name: str, who: int = AUDITOR) -> bytes:
    path = PATHS[name]
    return asked.answer(path, who) if isinstance(path, str) else asked.answer(path[0], who, path[1])


def test_every_kind_of_answer_is_made_again_by_an_auditor(asked: Asked) -> None:
    work, kinds = asked.examined(), set()
    for name in PATHS:
        answer = json.loads(ask(asked, name))
        inputs = inputs_of(answer)
        check_inputs(inputs, work)
        with made_again(work, inputs.log.size, inputs.evidence, inputs.at) as ledger:
            made = MAKE[inputs.kind](Question(ledger, inputs.reader, inputs.at, inputs.asked, positions()))
        assert "every member" in check_made(answer, inputs, made), name
        kinds.add(inputs.kind)
    assert kinds == set(Kind) - {Kind.MARKET_SHIPMENT, Kind.FORECAST}
