"""The network over HTTP: who may know what of it, and two periods side by side."""

from typing import Any

from ledger.common.figure import to_json
from ledger.common.periods import Period
from ledger.network.performance import network
from tests.api.world import World, bearer
from tests.e2e.stage import AUDITOR, CARRIER, CONSUMER, SECOND, SHOP

DAY = 86_400


def only(answer: dict[str, Any]) -> dict[str, Any]:
    (group,) = answer["groups"]
    assert group["group"] == "all"
    return dict(group["figures"]) | {"explanation": group["explanation"]}


def test_the_figures_are_those_of_the_records(world: World) -> None:
    answer = world.get("/v1/network", world.token(AUDITOR))
    period = Period(**answer["period"])
    figures = network(world.stage.node.reader.numbers.journeys(), period)
    assert answer["groups"][0]["figures"] == to_json(figures["all"]) | {"evidence": None}
    found = only(answer)
    assert found["delivered"] >= 2
    assert found["customs_seconds"] == {"documents": DAY}
    assert {node["partner"] for node in found["nodes"]} >= {CARRIER}
    assert found["cost_per_shipment"]["EUR"] > 0
    named = only(world.get("/v1/network?evidence=true", world.token(AUDITOR)))
    assert len(named["evidence"]) == named["records"] > 0


def test_prices_and_places_are_for_parties_and_auditors(world: World) -> None:
    public = world.get("/v1/network")
    assert (public["of"], public["groups"]) == ("all shipments", []), "of the quarters before the log"
    for by, token, status in (
        ("mode", "", 200),
        ("carrier", "", 403),
        ("carrier", world.token(AUDITOR), 200),
        ("lane", "", 403),
        ("market", world.token(CONSUMER), 403),
        ("lane", world.token(SHOP), 200),
        ("lane", world.token(AUDITOR), 200),
        ("weather", world.token(AUDITOR), 400),
    ):
        assert world.client.get(f"/v1/network?by={by}", headers=bearer(token)).status_code == status, by


def test_a_partner_sees_the_network_of_its_own_shipments(world: World) -> None:
    everything = only(world.get("/v1/network", world.token(AUDITOR)))
    mine = world.get("/v1/network", world.token(SHOP))
    assert mine["of"] == "the shipments whose terms you may read"
    assert 0 < only(mine)["shipments"] <= everything["shipments"]
    assert only(mine)["cost_per_shipment"] is not None
    assert world.get("/v1/network", world.token(SECOND))["groups"] == [], "it is party to nothing here"


def test_two_periods_stand_side_by_side(world: World) -> None:
    now = world.stage.now
    middle = world.stage.now - DAY
    query = f"start={middle}&end={now + 100 * DAY}&against_start=0&against_end={middle}"
    auditor = world.token(AUDITOR)
    answer = world.get(f"/v1/network?{query}", auditor)
    assert answer["before_period"] == {"start": 0, "end": middle, "at": middle}
    assert answer["period"]["start"] == middle
    for group in answer["groups"]:
        for change in group["changes"]:
            before, after = change["before"], change["after"]
            assert change["difference"] == (None if before is None or after is None else after - before)
    for wrong in ("against_start=5", "start=1&end=9&against_start=1&against_end=9", "start=9&end=1", "rolling=5&end=9"):
        refused = world.client.get(f"/v1/network?{wrong}", headers=bearer(auditor))
        assert refused.status_code == 400, wrong
        assert refused.json()["where"], wrong
