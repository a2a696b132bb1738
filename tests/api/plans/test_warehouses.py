"""Plans of warehouses over HTTP: what the sender states, and what the records that it may read say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.client.drafts import completed
from ledger.codes import RegistryAction, Role
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import scope_bytes
from ledger.planning.capacity import CAPACITY
from ledger.records.types import Attestation, Claims
from ledger.records.wallet_input import envelope_from_wallet
from tests.api.world import GTIN, World, bearer, running_world
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, OCEAN, SHOP

A = "09506000134352"
STATED: dict[str, Any] = {
    "lading": "plan/1",
    "currency": "EUR",
    "warehouses": [
        {"partner": MAKER, "place": "CNSHA", "space": 900},
        {"partner": SHOP, "place": "NZAKL", "space": 60},
    ],
    "products": [{"gtin": A, "value": 100}],
    "ways": [{"from": MAKER, "to": SHOP, "per_package": 10, "per_consignment": 500}],
    "stock": [{"warehouse": MAKER, "gtin": A, "packages": 80}, {"warehouse": SHOP, "gtin": A, "packages": 10}],
    "demand": [{"warehouse": SHOP, "gtin": A, "packages": 270}],
    "areas": [{"area": "NZ", "packages": 4}],
    "shares": [{"warehouse": SHOP, "area": "NZ", "on_time": 3, "deliveries": 4}],
}


def asked(world: World, kind: str, plan: Any, partner: int | None = AUDITOR, query: str = "") -> Any:
    headers = bearer(world.token(partner)) if partner is not None else {}
    return world.client.post(f"/v1/plans/{kind}{query}", json=plan, headers=headers)


def test_each_plan_says_what_it_reaches_and_what_proves_it(world: World) -> None:
    answer = asked(world, "allocate", STATED).json()
    (transfer,) = answer["plan"]["transfers"]
    assert (transfer["origin"], transfer["destination"], transfer["packages"]) == (MAKER, SHOP, 50), "space for 50"
    assert answer["plan"]["optimum"]["answer"] == "optimal"
    assert answer["plan"]["optimum"]["objective"] == answer["plan"]["optimum"]["bound"] == 4_000
    assert {"stock", "demand", "ways", "space"} <= {*answer["stated"]}
    assert any("no plan is better" in line.lower() for line in answer["explanation"])
    served = asked(world, "cover", STATED).json()
    assert [(s["site"], s["share_ppm"]) for s in served["plan"]["services"]] == [(SHOP, 750_000)]
    assert [one["capacity"] for one in served["plan"]["open"]] == [60 * 90 // 30], "room for thirty days of demand"
    watched = asked(world, "trigger", STATED).json()["plan"]
    assert [(w["warehouse"], w["triggered"], w["per_day"]) for w in watched["watched"]] == [
        (MAKER, False, "0"), (SHOP, True, "3"),
    ]  # fmt: skip
    wanted = {"targets": [{"warehouse": SHOP, "gtin": A, "packages": 45}], "demand": []}
    spared = asked(world, "balance", STATED | wanted).json()["plan"]
    assert [(shift["origin"], shift["packages"]) for shift in spared["shifts"]] == [(MAKER, 35)], "it has no target"
    targets = {"targets": [{"warehouse": w, "gtin": A, "packages": 45} for w in (MAKER, SHOP)]}
    balanced = asked(world, "balance", STATED | targets).json()["plan"]
    assert [(shift["packages"], shift["cost"]) for shift in balanced["shifts"]] == [(35, 350)]
    assert balanced["after_ppm"] == 0


def test_stock_that_is_not_stated_is_what_custody_says(world: World) -> None:
    stated = {name: value for name, value in STATED.items() if name not in ("stock", "demand")}
    answer = asked(world, "trigger", stated, query="?evidence=true").json()
    assert "stock" not in answer["stated"]
    for watch in answer["plan"]["watched"]:
        assert watch["records"] or not watch["on_hand"]


@pytest.mark.parametrize("kind", ["allocate", "trigger", "balance"])
def test_drafts_are_templates_that_nobody_has_signed(world: World, kind: str) -> None:
    answer = asked(world, kind, STATED, query="?drafts=true").json()
    assert isinstance(answer["drafts"], list)
    assert all("signatures" not in draft["template"] for draft in answer["drafts"])


def test_the_public_plans_nothing_and_a_partner_by_what_it_may_read(world: World) -> None:
    assert asked(world, "allocate", STATED, None).status_code == 403
    assert asked(world, "allocate", STATED, CARRIER).status_code == 200
    assert asked(world, "nothing", STATED).status_code == 400


@pytest.mark.parametrize(
    ("plan", "where"),
    [
        ([], ""),
        ({}, "lading"),
        (STATED | {"stock": [{"warehouse": 999, "gtin": A, "packages": 1}]}, "stock[0].warehouse"),
        (STATED | {"window_days": -1}, "window_days"),
    ],
)
def test_what_is_no_plan_is_refused(world: World, plan: Any, where: str) -> None:
    refused = asked(world, "allocate", plan)
    assert refused.status_code in (400, 422)
    assert where in refused.text


def test_the_page_plans_what_is_pasted_and_tells_what_is_wrong(world: World) -> None:
    headers = {**bearer(world.token(AUDITOR)), "Accept": "text/html"}
    form = world.client.get("/plans/warehouses", headers=headers)
    assert form.status_code == 200
    assert "<textarea" in form.text
    for kind, told in {
        "allocate": "what is worth", "trigger": "run out before", "cover": "came on time", "balance": "distance to",
    }.items():  # fmt: skip
        sent = {"kind": kind, "plan": canonical_json(STATED).decode()}
        shown = world.client.post("/plans/warehouses", data=sent, headers=headers)
        assert shown.status_code == 200, shown.text
        assert told in shown.text
    wrong = world.client.post("/plans/warehouses", data={"kind": "cover", "plan": "lading = 3"}, headers=headers)
    assert wrong.status_code == 400
    assert 'role="alert"' in wrong.text
    assert "lading = 3" in wrong.text
    assert world.client.get("/plans/warehouses", headers={"Accept": "text/html"}).status_code == 403


@pytest.fixture
def untouched(founded: Path, tmp_path: Path) -> Iterator[World]:
    """A world in which no other test moved anything."""
    with running_world(founded, tmp_path / "home") as running:
        yield running


def test_a_transfer_planned_from_custody_is_signed_and_applied(untouched: World) -> None:
    """Two deliveries to a shop; the plan takes one and half of the other, and its drafts do what it says."""
    world = untouched
    stage = world.stage
    for _ in range(2):
        shipment = stage.open(10)
        stage.hand(stage.held_by(shipment)[0], SHOP, (shipment, 0, 10))
    stage.pass_time(2 * 3600)
    stated = {
        name: value for name, value in STATED.items() if name not in ("stock", "demand", "ways", "areas", "shares")
    }
    plan = stated | {
        "products": [{"gtin": GTIN, "value": 100}],
        "ways": [{"from": SHOP, "to": MAKER}],
        "demand": [{"warehouse": MAKER, "gtin": GTIN, "packages": 45}],
    }
    before = asked(world, "allocate", plan, query="?drafts=true&evidence=true").json()
    (transfer,) = before["plan"]["transfers"]
    assert transfer["packages"] == 15
    assert transfer["records"]
    assert "stock" not in before["stated"]
    for draft in before["drafts"]:
        record = envelope_from_wallet(completed(draft["template"], stage.now)).record
        record_id = stage.sign(record, *draft["signers"])
        assert stage.outcome(record_id) == ["applied"]
    after = asked(world, "allocate", plan).json()
    assert after["plan"]["transfers"] == [], "what goes is on its way, and is asked for no more"


def test_prices_and_space_that_are_not_stated_are_attested(world: World, cards: dict[int, str]) -> None:
    plan = STATED | {"warehouses": [{"partner": MAKER, "place": "CNSHA"}, {"partner": SHOP, "place": "NZAKL"}],
                     "products": [{"gtin": A, "value": 1000}]}  # fmt: skip
    del plan["ways"]
    free = asked(world, "allocate", plan, query="?evidence=true").json()
    (transfer,) = free["plan"]["transfers"]
    assert transfer["packages"] == 80
    assert cards[OCEAN] in transfer["records"]
    assert free["plan"]["moving"] == 80 * 100 + 10_000
    scope = scope_bytes(Role.ISSUER, "capacity")
    stage = world.stage
    stage.decide(RegistryAction.GRANT_ROLE, partner=SHOP, role=int(Role.ISSUER), scope=scope)
    stage.pass_time(2 * DAY)
    claims = canonical_json({"lading": "number/1", "value": 52, "unit": "package"}).decode()
    room = Attestation(
        SHOP, CAPACITY, f"partner/{SHOP}", NO_HASH, stage.now, stage.now + 9 * DAY, NO_HASH, Claims(salt(), claims),
        NO_HASH, details(),
    )  # fmt: skip
    record = stage.sign(room, SHOP)
    stage.pass_time(2 * 3600)
    tight = asked(world, "allocate", plan, query="?evidence=true").json()
    (transfer,) = tight["plan"]["transfers"]
    assert transfer["packages"] == 42, "room for 52, of which 10 are taken"
    assert to_hex(record) in transfer["records"]
    assert "space" not in tight["stated"]
    plan |= {"ways": STATED["ways"]}
    told = {who: asked(world, "allocate", plan, who).json()["plan"]["transfers"] for who in (SHOP, CARRIER)}
    assert [one["packages"] for one in told[SHOP]] == [42]
    assert [one["packages"] for one in told[CARRIER]] == [80], "who may not open the claims is not told what they say"
