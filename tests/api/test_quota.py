"""What floods is sent away with a date to come back, and costs nobody else anything."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.api.app import create_app
from ledger.api.quota import REFUSED, Budgets, Rate
from ledger.cli.demo.scribe import place
from ledger.codes import ExceptionBit
from ledger.common.ids import to_hex
from ledger.records.signing import SigningKey
from ledger.records.types import Endorsement, Handoff
from ledger.registry.enrolment import personal_digest
from tests.api.test_products import attested
from tests.api.world import GTIN, LOT, World, bearer
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, SHOP

MANY = Rate(0, 1)
Serve = Callable[..., TestClient]


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def serve(world: World, clock: Seconds) -> Serve:
    """A service with budgets of its own beside the world's; `host`: from where it is asked."""
    apps: dict[tuple[Rate, Rate], Any] = {}

    def serve(reads: Rate = MANY, writes: Rate = MANY, host: str = "192.0.2.1") -> TestClient:
        if (reads, writes) not in apps:
            apps[reads, writes] = create_app(world.stage.node, Budgets(reads, writes, clock))
        return TestClient(apps[reads, writes], base_url="http://127.0.0.1:8000", client=(host, 50_000))

    return serve


def statuses(client: TestClient, path: str, times: int, token: str = "") -> list[int]:
    return [client.get(path, headers=bearer(token)).status_code for _ in range(times)]


def endorsement(world: World, by: int) -> dict[str, Any]:
    """A record that nobody has handed in before."""
    return world.signed(Endorsement(by, attested(world, secrets.token_hex(8))), by)


def handoff(world: World) -> Handoff:
    """The first step of a shipment that nobody else has anything to do with."""
    lines = [(world.stage.open(lot="L9"), 0, 10, ExceptionBit(0))]
    return world.stage.scribe.handoff(lines, MAKER, CARRIER, place("NZ", "NZAKL", "Auckland"))


# --- reading -------------------------------------------------------------------------------------------------------


def test_reads_are_paid_for_by_what_they_cost(serve: Serve) -> None:
    reads = Rate(1, 100)
    product = f"/v1/products/01/{GTIN}/10/{LOT}"
    assert statuses(serve(reads), product, 5) == [200] * 4 + [429]
    assert statuses(serve(reads, host="192.0.2.2"), "/static/lading.css", 101) == [200] * 100 + [429]
    assert statuses(serve(reads, host="192.0.2.3"), "/v1/network", 6) == [200] * 5 + [429]
    scans = [serve(reads, host="192.0.2.4").post("/v1/products/scans", json={}).status_code for _ in range(5)]
    assert scans == [400] * 4 + [429], "a scan is a look at a product, however it is sent"


def test_who_is_sent_away_is_told_when_to_come_back_in_a_problem_document(serve: Serve, clock: Seconds) -> None:
    client = serve(Rate(2, 20))
    assert statuses(client, "/v1/network", 1) == [200]
    refused = client.get("/v1/network")
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert (refused.json()["type"], refused.json()["status"]) == ("/problems#Busy", 429)
    assert refused.headers["retry-after"] == "10"
    assert "Retry-After" in refused.headers["access-control-expose-headers"]
    clock.now += 10
    assert client.get("/v1/network").status_code == 200
    page = client.get("/network", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"].split(";")[0]) == (429, "text/html")


def test_a_flood_from_one_address_leaves_every_other_its_own(serve: Serve) -> None:
    reads = Rate(1, 100)
    assert statuses(serve(reads), "/v1/network", 50)[5:] == [429] * 45
    assert statuses(serve(reads, host="192.0.2.2"), "/v1/network", 5) == [200] * 5
    assert statuses(serve(reads, host="2001:db8::1"), "/v1/network", 5) == [200] * 5
    assert statuses(serve(reads, host="2001:db8::2"), "/v1/network", 1) == [429], "one customer of IPv6"


def test_health_and_readiness_are_never_limited(serve: Serve) -> None:
    client = serve(Rate(1, 10))
    assert 429 in statuses(client, "/v1/log", 10)
    for path in ("/healthz", "/readyz"):
        assert statuses(client, path, 50) == [200] * 50


def test_a_partner_with_a_session_is_served_beside_a_flood_from_its_own_address(world: World, serve: Serve) -> None:
    reads = Rate(1, 100)
    client, token = serve(reads), world.token(SHOP)
    assert statuses(client, "/v1/session", 1, token) == [200]
    assert 429 in statuses(client, "/v1/network", 50)
    assert statuses(client, "/v1/network", 5, token) == [200] * 5
    assert statuses(client, "/v1/network", 1, token) == [429], "its own budget ends too"
    assert statuses(serve(reads, host="192.0.2.9"), "/v1/network", 1, token) == [429], "wherever it asks from"


def test_a_partner_signs_in_and_is_served_beside_a_flood_from_its_own_address(world: World, serve: Serve) -> None:
    client, key = serve(Rate(1, 100)), world.stage.parties[SHOP].key
    assert 429 in statuses(client, "/v1/network", 50)
    message = client.get(f"/v1/session/challenge?address={to_hex(key.address)}").json()["message"]
    signature = to_hex(key.sign_digest(personal_digest(message.encode())))
    token = client.post("/v1/session", json={"message": message, "signature": signature}).json()["token"]
    client.cookies.clear()
    assert statuses(client, "/v1/network", 5, token) == [200] * 5
    assert 429 in statuses(client, "/v1/session/challenge?address=0x", 10), "signing in is limited too"


def test_a_session_that_has_ended_is_nobodys_to_spend(world: World, serve: Serve) -> None:
    client, token = serve(Rate(1, 100)), world.token(SHOP)
    assert statuses(client, "/v1/session", 1, token) == [200]
    world.client.delete("/v1/session", headers=bearer(token))  # in another process
    assert 429 in statuses(client, "/v1/network", 50, token), "the address pays from the first 401 on"
    assert statuses(serve(Rate(1, 100), host="192.0.2.2"), "/v1/network", 4, world.token(SHOP)) == [200] * 4


def test_asking_what_a_path_allows_is_cheap(serve: Serve) -> None:
    client = serve(Rate(1, 20))
    assert [client.options("/v1/records").status_code for _ in range(20)] == [204] * 20


def test_sessions_of_keys_that_anyone_can_make_bring_no_budget(world: World, serve: Serve) -> None:
    client = serve(Rate(1, 60))
    for i in range(3):
        assert statuses(client, "/v1/log", 4, world.token(SigningKey(bytes([9, i]) * 16))) == [200] * 4
    assert statuses(client, "/v1/log", 1, world.token(SigningKey(bytes([9, 9]) * 16))) == [429]
    assert statuses(client, "/v1/log", 1, "forged") == [429]
    token = world.token(AUDITOR)
    assert statuses(client, "/v1/log", 1, token) == [429], "a session is known here from its first use on"
    assert statuses(client, "/v1/session", 1, token) == [200], "which anybody has, for signing in"
    assert statuses(client, "/v1/log", 4, token) == [200] * 4


# --- writing -------------------------------------------------------------------------------------------------------


def test_a_record_is_paid_for_by_its_signers_and_not_by_who_sends_it(world: World, serve: Serve) -> None:
    client = serve(writes=Rate(1, 3))
    taken = [client.post("/v1/records", json=endorsement(world, SHOP)).status_code for _ in range(3)]
    assert taken == [201] * 3
    busy = client.post("/v1/records", json=endorsement(world, SHOP))
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "1")
    elsewhere = serve(writes=Rate(1, 3), host="192.0.2.2")
    assert elsewhere.post("/v1/records", json=endorsement(world, SHOP)).status_code == 429
    # A gateway that sends for many is not stopped by one of them.
    assert client.post("/v1/records", json=endorsement(world, CARRIER)).status_code == 201


def test_nobody_pays_for_what_another_sends_again(world: World, serve: Serve) -> None:
    writes = Rate(1, 3)
    known = endorsement(world, MAKER)
    assert serve(writes=writes).post("/v1/records", json=known).status_code == 201
    stranger = serve(writes=writes, host="192.0.2.2")
    assert [stranger.post("/v1/records", json=known).status_code for _ in range(4)] == [200] * 3 + [429]
    proposal = world.signed(handoff(world), MAKER)
    assert serve(writes=writes).post("/v1/records", json=proposal).status_code == 202
    other = serve(writes=writes, host="192.0.2.3")
    assert [other.post("/v1/records", json=proposal).status_code for _ in range(4)] == [202] * 3 + [429]
    # The maker has signed twice here, and has one left.
    assert serve(writes=writes).post("/v1/records", json=endorsement(world, MAKER)).status_code == 201
    assert serve(writes=writes).post("/v1/records", json=endorsement(world, MAKER)).status_code == 429


def test_bad_signatures_cost_who_sends_them_and_no_partner(world: World, serve: Serve) -> None:
    writes = Rate(1, 4 * (1 + REFUSED))
    flood = serve(writes=writes)
    good = endorsement(world, SHOP)
    forged = good | {"signatures": [to_hex(world.stage.parties[SHOP].key.sign_digest(bytes(31) + b"1"))]}
    answers = [flood.post("/v1/records", json=forged).status_code for _ in range(8)]
    assert answers == [403] * 4 + [429] * 4
    assert serve(writes=writes, host="192.0.2.2").post("/v1/records", json=good).status_code == 201


def test_a_flood_of_bad_signatures_silences_nobody_who_shares_its_address(world: World, serve: Serve) -> None:
    writes = Rate(1, 2 * (1 + REFUSED))
    client = serve(writes=writes)
    good = [endorsement(world, SHOP) for _ in range(3)]
    proposal = world.signed(handoff(world), MAKER)
    assert client.post("/v1/records", json=proposal).status_code in (200, 202)
    forged = good[0] | {"signatures": [to_hex(world.stage.parties[SHOP].key.sign_digest(bytes(31) + b"1"))]}
    assert [client.post("/v1/records", json=forged).status_code for _ in range(6)][2:] == [429] * 4
    assert [client.post("/v1/records", json=one).status_code for one in good] == [201] * 3
    # What is known, or brings nothing new, has nobody to speak for it; nor has what no partner signed.
    stranger = world.signed(Endorsement(SHOP, bytes(32)), SigningKey(b"\x07" * 32))
    unspoken_for: list[Any] = [good[0], proposal, forged, stranger, {"type": "Endorsement"}, [], "x"]
    for sent in unspoken_for:
        assert client.post("/v1/records", json=sent).status_code == 429, sent
    missing = f"/v1/records/{to_hex(bytes(32))}/signatures"
    assert client.post(missing, json={"signatures": good[0]["signatures"]}).status_code == 429
    # Whoever signed what is refused pays for it as the address did: by itself, and there alone.
    stale = world.signed(Endorsement(SHOP, attested(world, secrets.token_hex(8))), SHOP, CARRIER)
    refused = [client.post("/v1/records", json=stale).status_code for _ in range(4)]
    assert refused[0] not in (200, 201, 202, 429)
    assert refused[-1] == 429


def test_a_countersignature_is_taken_from_an_address_that_has_nothing_left(world: World, serve: Serve) -> None:
    client = serve(writes=Rate(1, 1 + REFUSED))
    record = handoff(world)
    mine = world.signed(record, MAKER)
    assert client.post("/v1/records", json=mine).status_code == 202
    assert [client.post("/v1/records", json=[]).status_code for _ in range(2)][-1] == 429
    theirs = {"signatures": world.signed(record, CARRIER)["signatures"]}
    record_id = to_hex(world.stage.node.home.domain.record_id(record))
    assert (
        client.post(f"/v1/records/{record_id}/signatures", json={"signatures": mine["signatures"]}).status_code == 429
    )
    assert client.post(f"/v1/records/{record_id}/signatures", json=theirs).status_code in (201, 409)


def test_a_client_that_floods_gets_429_before_anything_is_read(serve: Serve) -> None:
    client = serve(writes=Rate(1, 3))
    answers = [client.post("/v1/records", content=b"x" * 100) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [415, 429, 429, 429]
    assert answers[-1].json()["type"] == "/problems#Busy"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert client.get("/v1/log").status_code == 200  # reading is not writing


def test_the_settings_say_how_much(world: World) -> None:
    settings = world.stage.node.home.settings
    assert (settings.quota_reads, settings.quota_read_burst) == (200, 2000)
    budgets = Budgets.of(settings)
    assert budgets.reads._rate == Rate(200, 2000)
    assert budgets.writes._rate == Rate(settings.quota_writes, settings.quota_write_burst)
