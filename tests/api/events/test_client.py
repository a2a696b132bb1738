"""`ledger.client` against a service: both clients do the same, and believe nothing that the log has not signed."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from ledger.client import AsyncClient, Client, Which
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.errors import Misconfigured, NotFound, NotPermitted, Unavailable, VerificationFailed
from ledger.formats.standard_webhooks import secret_of
from ledger.log.leaf import LogIdentity
from ledger.records.signing import SignedRecord
from tests.api.events.serving import served
from tests.api.events.test_listing import followed
from tests.api.world import World
from tests.e2e.stage import CARRIER, MAKER, OCEAN, SHOP


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    world.stage.node.settle()
    with served(world.stage.node) as (url, _):
        yield url


@pytest.fixture(scope="module")
def trust(world: World) -> bytes:
    return canonical_json(world.stage.node.home.consortium.trust_file())


@pytest.fixture
def client(world: World, url: str, trust: bytes) -> Iterator[Client]:
    with Client(url, trust=trust, key=world.stage.parties[MAKER].key) as client:
        yield client


def terms(now: int) -> dict[str, Any]:
    commercial = {"orderRef": "PO-7", "value": "100000", "currency": "EUR", "promisedAt": now + 86400}
    return {
        "consignor": MAKER,
        "consignee": SHOP,
        "holder": MAKER,
        "purpose": "original",
        "packages": 3,
        "mode": "road",
        "commercial": commercial | {"liable": CARRIER, "beneficiary": SHOP},
    }


def test_a_record_is_drafted_signed_handed_in_and_proved(world: World, client: Client) -> None:
    signed = client.sign(client.draft("ShipmentTerms", terms(world.stage.now), now=world.stage.now))
    answer = client.submit(signed)
    assert (answer["status"], answer["id"]) == ("accepted", client.id_of(signed))
    receipt = client.check_receipt(answer["receipt"])
    with pytest.raises(NotFound):
        client.prove(answer["id"])
    world.stage.node.settle()
    found = client.prove(answer["id"])
    assert (found.id, found.index, found.logged_at) == (answer["id"], receipt.index, receipt.log_time)
    assert found.size == world.get("/v1/log")["published"]["size"]
    assert client.sign(signed) == signed, "the same signature is not added twice"


def test_what_both_sign_is_signed_by_both(world: World, client: Client) -> None:
    record = world.stage.scribe_handoff(MAKER, CARRIER, (world.stage.open(), 0, 10))
    mine = client.sign(SignedRecord(record, ()))
    answer = client.submit(mine)
    assert (answer["status"], len(answer["missing"])) == ("proposed", 1)
    both = client.sign(mine, world.stage.parties[CARRIER].key)
    assert client.submit(both)["status"] == "accepted"


def test_signing_in_opens_what_the_partner_may_read(world: World, client: Client) -> None:
    shipment = world.id("late")
    public = json.dumps(client.shipment(shipment))
    assert client.sign_in()["address"] == to_hex(world.stage.parties[MAKER].key.address)
    assert "PO-1" in json.dumps(client.shipment(shipment))
    assert "PO-1" not in public
    client.sign_out()
    assert json.dumps(client.shipment(shipment)) == public


def test_lists_are_read_to_their_end(world: World, client: Client) -> None:
    records = client.records(type_="Handoff")
    assert [one["id"] for one in records] == [e["id"] for e in followed(world, "&type=Handoff")]
    assert {one["id"] for one in client.shipments(partner=OCEAN)}
    assert client.record(world.id("late"))["type"] == "ShipmentTerms"
    assert len(client.partners()) > 5


def test_events_are_followed_and_a_lost_stream_is_taken_up(
    world: World, trust: bytes, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = followed(world)
    slept: list[float] = []
    with Client(url, slept.append, trust=trust) as client:
        with monkeypatch.context() as patched:
            patched.setattr("ledger.api.live.LONGEST_SECONDS", 0.001)  # streams end after a page
            patched.setattr("ledger.api.live.PAGE", 30)
            following = client.follow(3)
            assert list(islice(following, 80)) == events[4:84]
            following.close()
        assert slept == [1, 1]
        which = Which(types=["Handoff"], partner=CARRIER)
        wanted = [e for e in events if e["type"] == "Handoff" and CARRIER in e["partners"]]
        following = client.follow(which=which)
        assert list(islice(following, len(wanted))) == wanted
        following.close()
        assert client.events(which=which)["events"] == wanted


def test_a_follower_comes_again_while_the_service_is_away(world: World, trust: bytes) -> None:
    events = followed(world)
    with served(world.stage.node) as (url, _):
        pass
    slept: list[float] = []

    class Enough(Exception):
        pass

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 6:
            raise Enough

    with Client(url, sleep, trust=trust) as client, pytest.raises(Enough):
        next(client.follow(2))
    assert slept == [1, 2, 5, 10, 30, 30]
    assert events


def test_who_may_not_follow_is_told_so(url: str) -> None:
    with Client(url) as client, pytest.raises(Exception, match="no such record type") as told:
        next(client.follow(which=Which(types=["Nothing"])))
    assert not isinstance(told.value, Unavailable)


def test_webhooks_are_kept_through_it(client: Client) -> None:
    with pytest.raises(NotPermitted):
        client.webhooks()
    client.sign_in()
    made = client.register_webhook("https://erp.example.org/in", Which(types=["Outcome"], partner=OCEAN))
    name = made["webhook"]["id"]
    assert len(secret_of(made["secret"])) == 32
    assert [one["id"] for one in client.webhooks()] == [name]
    assert client.set_webhook(name, active=False)["state"] == "paused"
    assert client.set_webhook(name, active=True)["state"] == "active"
    assert client.dead_letters(name) == []
    assert client.resend(name) == 0
    client.remove_webhook(name)
    assert client.webhooks() == []


def test_another_log_is_not_believed(world: World, client: Client) -> None:
    strange = LogIdentity(client.trust.logs[0].origin, bytes(range(32)))
    doubting = Client(client._url, trust=replace(client.trust, logs=(strange,)))
    with pytest.raises(VerificationFailed, match="trust file does not name"):
        doubting.prove(world.id("late"))


def test_an_altered_answer_is_not_believed(world: World, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    record, other = world.id("late"), world.id("breach")
    answer = client._answer
    altered = {
        "/v1/records/": lambda told: told | {"message": client.record(other)["message"]},
        "/proof": lambda told: told | {"index": told["index"] + 1},
    }
    assert client.prove(record).id == record
    for path, alter in altered.items():

        def lying(call: Any, path: str = path, alter: Any = alter) -> Any:
            found = answer(call)
            if record in call.path and (
                call.path.endswith(path) or (path != "/proof" and not call.path.endswith("/proof"))
            ):
                return replace(found, body=json.dumps(alter(json.loads(found.body))).encode())
            return found

        with monkeypatch.context() as patched:
            patched.setattr(client, "_answer", lying)
            with pytest.raises(VerificationFailed):
                client.prove(record)


def test_without_a_trust_file_or_a_key_it_says_so(world: World, url: str, trust: bytes) -> None:
    with Client(url) as bare:
        with pytest.raises(Misconfigured, match="no key"):
            bare.sign_in()
        with pytest.raises(Misconfigured, match="no trust file"):
            bare.prove(world.id("late"))
    with Client(url, trust=trust) as keyless, pytest.raises(Misconfigured, match="no key"):
        keyless.sign(keyless.draft("Endorsement", {"by": MAKER, "target": world.id("late")}))


def test_the_asynchronous_client_does_the_same(world: World, url: str, trust: bytes) -> None:
    events = followed(world)

    async def all_of_it() -> None:
        async with AsyncClient(url, trust=trust, key=world.stage.parties[MAKER].key) as client:
            await client.sign_in()
            drafts = [client.draft("ShipmentTerms", terms(world.stage.now), now=world.stage.now) for _ in range(3)]
            answers = await client.submit_many([client.sign(one) for one in drafts])
            assert [one["status"] for one in answers] == ["accepted"] * 3
            several = await asyncio.gather(*(client.record(client.id_of(one)) for one in drafts))
            assert [one["id"] for one in several] == [one["id"] for one in answers]
            assert (await client.prove(world.id("late"))).id == world.id("late")
            found = []
            async for event in client.follow(3):
                found.append(event)
                if len(found) == 5:
                    break
            assert found == events[4:9]
            assert (await client.events(limit=5))["events"] == events[:5]
            await client.sign_out()

    asyncio.run(all_of_it())


def test_both_clients_have_the_same_methods() -> None:
    names = {name for name in vars(Client) if not name.startswith("_")}
    assert names == {name for name in vars(AsyncClient) if not name.startswith("_")}
    assert len(names) > 25
    for name in names:
        assert getattr(Client, name).__doc__
        assert "return" in getattr(Client, name).__annotations__ or isinstance(getattr(Client, name), property)
