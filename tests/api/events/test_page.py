"""The page of webhooks: a partner's own, by forms alone, from this site alone."""

import re
from collections.abc import Iterator

import pytest

from ledger.store.events import webhooks as store
from ledger.store.events.webhooks import DEAD, Delivery
from tests.api.world import World, bearer
from tests.e2e.stage import CARRIER

URL = "https://erp.example.org/page"


@pytest.fixture
def session(world: World) -> Iterator[dict[str, str]]:
    headers = bearer(world.token(CARRIER)) | {"Origin": "http://127.0.0.1:8000"}
    yield headers
    for one in world.client.get("/v1/webhooks", headers=headers).json()["webhooks"]:
        world.client.delete(f"/v1/webhooks/{one['id']}", headers=headers)


def sent(world: World, session: dict[str, str], **values: str) -> tuple[int, str]:
    answer = world.client.post("/webhooks", data=values, headers=session)
    return answer.status_code, answer.text


def test_one_is_added_with_its_secret_shown_and_kept_by_forms(world: World, session: dict[str, str]) -> None:
    status, text = sent(world, session, do="add", url=URL, type="Handoff")
    assert status == 200
    assert re.search(r"<pre[^>]*>whsec_[A-Za-z0-9+/=]{44}</pre>", text)
    (hook,) = world.client.get("/v1/webhooks", headers=session).json()["webhooks"]
    assert (hook["url"], hook["types"]) == (URL, ["Handoff"])
    assert "whsec_" not in world.client.get("/webhooks", headers=session).text
    assert sent(world, session, do="pause", webhook=hook["id"])[0] == 303
    assert "paused" in world.client.get("/webhooks", headers=session).text
    assert sent(world, session, do="resume", webhook=hook["id"])[0] == 303
    assert "whsec_" in sent(world, session, do="secret", webhook=hook["id"])[1]
    assert sent(world, session, do="remove", webhook=hook["id"])[0] == 303
    assert "You have no webhooks yet." in world.client.get("/webhooks", headers=session).text


def test_dead_letters_are_shown_and_sent_again(world: World, session: dict[str, str]) -> None:
    sent(world, session, do="add", url=URL)
    (hook,) = world.client.get("/v1/webhooks", headers=session).json()["webhooks"]
    with world.stage.node.home.database.write() as connection:
        row = store.get(connection, hook["id"])
        assert row is not None
        letters = [Delivery(row.id, index, bytes(8), DEAD, 0, 12, 0, 503, "status 503") for index in (3, 5)]
        store.plan(connection, row, row.planned, letters)
    page = world.client.get("/webhooks", headers=session)
    assert page.text.count("it answered with status 503") == 2
    german = world.client.get("/webhooks?lang=de", headers=session).text
    assert german.count("Antwort mit Status 503") == 2
    assert sent(world, session, do="resend", webhook=hook["id"], index="3")[0] == 303
    dead = world.client.get(f"/v1/webhooks/{hook['id']}/dead", headers=session).json()["dead"]
    assert [one["index"] for one in dead] == [5]
    assert sent(world, session, do="resend", webhook=hook["id"])[0] == 303
    assert world.client.get(f"/v1/webhooks/{hook['id']}/dead", headers=session).json()["dead"] == []


@pytest.mark.parametrize(
    "values",
    [{"do": "add", "url": "http://example.org/"}, {"do": "dance"}, {"do": "resend", "index": "x"}, {"do": "pause"}, {}],
)
def test_what_makes_no_sense_is_told_on_the_page(world: World, session: dict[str, str], values: dict[str, str]) -> None:
    status, text = sent(world, session, **values)
    assert status == 400
    assert 'role="alert"' in text


def test_it_is_for_partners_and_for_this_sites_forms(world: World, session: dict[str, str]) -> None:
    asked = world.client.get("/webhooks")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?back=/webhooks")
    foreign = world.client.post(
        "/webhooks", data={"do": "add", "url": URL}, headers=session | {"Origin": "https://evil.example"}
    )
    assert foreign.status_code == 403
    nobody = world.client.post("/webhooks", data={"do": "add", "url": URL})
    assert nobody.status_code == 403
    assert world.client.get("/v1/webhooks", headers=session).json() == {"webhooks": []}


def test_a_subscription_to_an_epcis_query_is_among_them(world: World, session: dict[str, str]) -> None:
    path = "/epcis/queries/SimpleEventQuery/subscriptions"
    made = world.client.post(path, json={"dest": URL, "stream": True}, headers=session)
    assert made.status_code == 201, made.text
    page = world.client.get("/webhooks", headers=session).text
    assert "EPCIS query" in page
    assert "SimpleEventQuery" in page
    assert "New secret" not in page
    status, text = sent(world, session, do="secret", webhook=made.json()["subscriptionID"])
    assert (status, "chosen by who subscribes" in text) == (400, True)
