"""Consolidation and forecasts over HTTP."""

import pytest

from ledger.client.drafts import completed
from ledger.records.wallet_input import envelope_from_wallet
from tests.api.world import GTIN, World, bearer
from tests.e2e.stage import AUDITOR, BROKER, CARRIER, MAKER, SHOP, WAREHOUSE

CONSOLIDATION = "/v1/plans/consolidation?currency=EUR"


def test_two_partners_shipments_are_cheaper_together(world: World, waiting: tuple[str, str]) -> None:
    apart = world.get(CONSOLIDATION, world.token(AUDITOR))["plan"]["apart"]
    assert [(one["holders"], one["worth"]) for one in apart if waiting[1] in one["shipments"]] == [
        ([MAKER, SHOP], "5000"),
    ]  # fmt: skip
    plan = world.get(f"{CONSOLIDATION}&collector={WAREHOUSE}:1000:5", world.token(AUDITOR))["plan"]
    group = next(group for group in plan["groups"] if waiting[1] in group["manifests"][0]["shipments"])
    assert waiting[0] in group["manifests"][0]["shipments"]
    pays = {one["partner"]: one for one in group["contributions"]}
    assert pays.keys() == {MAKER, SHOP}
    assert sum(int(one["pays"]) for one in pays.values()) == int(group["cost"]) < int(group["alone"])
    assert all(int(one["pays"]) <= int(one["alone"]) for one in pays.values())
    assert [one["holder"] for one in group["collections"]] == [MAKER, SHOP]
    assert all(int(one["charge"]) == 1_000 + 5 * one["packages"] for one in group["collections"])
    assert (group["hub"], group["collector_stated"], group["saves"]) == (WAREHOUSE, True, group["bound"])


def test_goods_are_brought_together_and_go_on_one_manifest(world: World, waiting: tuple[str, str]) -> None:
    """The drafts are signed by whom they name, and the chain applies each in turn."""
    stage = world.stage
    outcomes: list[str] = []
    asked = f"{CONSOLIDATION}&collector={WAREHOUSE}:1000:5&drafts=true"
    drafts = world.get(asked, world.token(AUDITOR))["drafts"]
    assert [draft["signers"] for draft in drafts] == [[MAKER, WAREHOUSE], [SHOP, WAREHOUSE], [WAREHOUSE, CARRIER]]
    for draft in drafts:
        record = envelope_from_wallet(completed(draft["template"], stage.now)).record
        outcomes = stage.outcome(stage.sign(record, *draft["signers"]))
        assert outcomes == ["applied"] * len(draft["template"]["message"]["items"])
    assert len(outcomes) > 1
    assert stage.held_by(bytes.fromhex(waiting[0][2:]))[0] == CARRIER
    assert world.get(CONSOLIDATION, world.token(AUDITOR))["plan"]["groups"] == []


def test_a_partner_sees_only_its_own_shipments_in_it(world: World, waiting: tuple[str, str]) -> None:
    plan = world.get(CONSOLIDATION, world.token(BROKER))["plan"]
    assert plan["apart"] == []
    assert (plan["groups"], plan["single"], plan["unpriced"], plan["kept_out"]) == ([], 0, 0, {})
    assert world.client.get(CONSOLIDATION).status_code == 403


def test_a_product_of_few_months_is_not_forecast(world: World) -> None:
    answer = world.get(f"/v1/plans/forecast?gtin={GTIN}&evidence=true", world.token(AUDITOR))
    (made,) = answer["forecasts"]
    assert (made["used"], made["expected"], made["gtin"]) == (None, [], GTIN)
    assert made["records"]
    assert "nothing is forecast" in answer["explanation"][0]
    assert world.get(f"/v1/plans/forecast?gtin={GTIN}", world.token(AUDITOR))["forecasts"][0]["records"] is None
    assert world.get(f"/v1/plans/forecast?gtin={GTIN}", world.token(BROKER))["forecasts"] == []


@pytest.mark.parametrize("wrong", ["gtin=", "gtin=123", f"gtin={GTIN}&months=13", f"gtin={GTIN}&colour=red"])
def test_questions_that_make_no_sense_are_refused(world: World, wrong: str) -> None:
    answer = world.client.get(f"/v1/plans/forecast?{wrong}", headers=bearer(world.token(AUDITOR)))
    assert answer.status_code == 400
