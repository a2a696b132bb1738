"""`/v1/webhooks`: for partners that have signed in, each its own, and never from another site's page."""

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.formats.standard_webhooks import secret_of
from ledger.services.events.webhooks import MOST_WEBHOOKS
from tests.api.world import World, bearer
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, OCEAN

URL = "https://erp.example.org/lading"


@pytest.fixture
def carrier(world: World) -> Iterator[dict[str, str]]:
    """A session of the carrier, which has no webhook before or after."""
    headers = bearer(world.token(CARRIER))
    yield headers
    for one in world.client.get("/v1/webhooks", headers=headers).json()["webhooks"]:
        assert world.client.delete(f"/v1/webhooks/{one['id']}", headers=headers).status_code == 200


def registered(world: World, headers: dict[str, str], **body: Any) -> dict[str, Any]:
    answer = world.post("/v1/webhooks", {"url": URL} | body, headers=headers)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert isinstance(found, dict)
    return found


def test_one_is_registered_with_a_secret_that_is_shown_once(world: World, carrier: dict[str, str]) -> None:
    made = registered(world, carrier, types=["Outcome", "Handoff"], shipment=world.id("late"), partner=OCEAN)
    hook = made["webhook"]
    assert len(secret_of(made["secret"])) == 32
    size = world.get("/v1/log")["size"]
    shown = {name: hook[name] for name in ("url", "types", "shipment", "partner", "state", "cursor")}
    assert shown == {
        "url": URL,
        "types": ["Handoff", "Outcome"],
        "shipment": world.id("late"),
        "partner": OCEAN,
        "state": "active",
        "cursor": size - 1,
    }
    listed = world.client.get("/v1/webhooks", headers=carrier)
    assert listed.json() == {"webhooks": [hook]}
    assert made["secret"] not in listed.text
    assert world.client.get(f"/v1/webhooks/{hook['id']}", headers=carrier).json() == hook
    renewed = world.post(f"/v1/webhooks/{hook['id']}/secret", {}, headers=carrier)
    assert renewed.json()["secret"] != made["secret"]


def test_its_state_is_set_and_it_is_removed(world: World, carrier: dict[str, str]) -> None:
    hook = registered(world, carrier, after=0)["webhook"]
    assert hook["cursor"] == 0
    path = f"/v1/webhooks/{hook['id']}"
    paused = world.client.put(f"{path}/state", json={"state": "paused"}, headers=carrier)
    assert paused.json()["state"] == "paused"
    active = world.client.put(f"{path}/state", json={"state": "active"}, headers=carrier)
    assert active.json()["state"] == "active"
    assert world.client.put(f"{path}/state", json={"state": "idle"}, headers=carrier).status_code == 400
    assert world.client.get(f"{path}/dead", headers=carrier).json() == {"dead": [], "next": None}
    assert world.post(f"{path}/dead", {"indexes": None}, headers=carrier).json() == {"resent": 0}
    assert world.client.delete(path, headers=carrier).json() == {"status": "removed"}
    assert world.client.get(path, headers=carrier).status_code == 404


def test_others_do_not_see_it_and_the_public_has_none(world: World, carrier: dict[str, str]) -> None:
    path = f"/v1/webhooks/{registered(world, carrier)['webhook']['id']}"
    for other in (MAKER, AUDITOR):
        token = bearer(world.token(other))
        assert world.client.get("/v1/webhooks", headers=token).json() == {"webhooks": []}
        for answer in (
            world.client.get(path, headers=token),
            world.client.delete(path, headers=token),
            world.client.get(f"{path}/dead", headers=token),
            world.post(f"{path}/secret", {}, headers=token),
            world.post(f"{path}/dead", {"indexes": [1]}, headers=token),
            world.client.put(f"{path}/state", json={"state": "paused"}, headers=token),
        ):
            assert answer.status_code == 404, answer.text
    for answer in (world.client.get("/v1/webhooks"), world.client.get(path), world.post("/v1/webhooks", {"url": URL})):
        assert answer.status_code == 401


def test_no_page_of_another_site_registers_one(world: World, carrier: dict[str, str]) -> None:
    foreign = carrier | {"Origin": "https://evil.example"}
    answer = world.post("/v1/webhooks", {"url": URL}, headers=foreign)
    assert (answer.status_code, answer.json()["where"]) == (403, "Origin")
    own = carrier | {"Origin": "http://127.0.0.1:8000"}
    assert world.post("/v1/webhooks", {"url": URL}, headers=own).status_code == 201


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body.url"),
        ({"url": 5}, "url"),
        ({"url": "http://example.org/"}, "url"),
        ({"url": "https://user@example.org/"}, "url"),
        ({"url": URL, "types": "Handoff"}, "types"),
        ({"url": URL, "types": ["Nothing"]}, "type"),
        ({"url": URL, "shipment": "0x12"}, "shipment"),
        ({"url": URL, "partner": -1}, "partner"),
        ({"url": URL, "after": "x"}, "after"),
        ({"url": URL, "secret": "mine"}, "body.secret"),
        ([], "body"),
    ],
)
def test_what_is_no_webhook_is_refused_and_told_why(
    world: World, carrier: dict[str, str], body: Any, where: str
) -> None:
    answer = world.post("/v1/webhooks", body, headers=carrier)
    assert answer.status_code == 400, answer.text
    assert where in answer.json()["where"]


def test_there_is_a_limit_for_a_partner(world: World, carrier: dict[str, str]) -> None:
    for _ in range(MOST_WEBHOOKS):
        registered(world, carrier)
    answer = world.post("/v1/webhooks", {"url": URL}, headers=carrier)
    assert (answer.status_code, answer.json()["what"]) == (422, "too many webhooks")
