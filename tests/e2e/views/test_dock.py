"""What a device takes along, over the API; and that by it the dock judges as acceptance does, on handoffs at random."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.api.app import create_app
from ledger.cli.demo.scribe import details
from ledger.codes import ClearanceStatus, ExceptionBit, Gate, Regime
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import key_scopes
from ledger.errors import LadingError
from ledger.records.types import Handoff, KeyGrant, Require
from tests.api.world import UNLIMITED, World
from tests.e2e.stage import CARRIER, CONSUMER, MAKER, NZ, OCEAN, SECOND, SHOP, WAREHOUSE, key_of, staged
from tests.unit.api.pages.node import in_node

PHONE = key_of("phone at the dock")
EXPORT = (Require(b"NZ", int(Regime.EXPORT), int(Gate.HANDOVER | Gate.DELIVERY), False),)


@pytest.fixture(scope="module")
def docked(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with staged(founded, tmp_path_factory.mktemp("dock") / "home") as stage:
        grant = KeyGrant(CARRIER, PHONE.address, 0, key_scopes((5,)), stage.now, stage.now + 30 * DAY, details())
        stage.sign(grant, CARRIER, PHONE)
        ids = {"waits": stage.open(10, requires=EXPORT), "cleared": stage.open(10, requires=EXPORT)}
        stage.clear(NZ, ClearanceStatus.PRESENTED, (ids["cleared"], 0))
        stage.clear(NZ, ClearanceStatus.RELEASED, (ids["cleared"], 1))
        ids |= {name: stage.open(10) for name in ("first", "second", "gone", "short", "here")}
        stage.hand(MAKER, CARRIER, (ids["first"], 0, 10))
        stage.hand(MAKER, CARRIER, (ids["second"], 0, 10))
        stage.hand(MAKER, CARRIER, (ids["short"], 0, 7, ExceptionBit.SHORT))
        stage.hand(MAKER, SECOND, (ids["gone"], 0, 10))
        stage.hand(CARRIER, SHOP, (ids["second"], 1, 10))
        # Accepted, and not on the chain yet.
        stage.submit(stage.scribe_handoff(MAKER, CARRIER, (ids["here"], 0, 10)), MAKER, CARRIER)
        yield World(stage, TestClient(create_app(stage.node, UNLIMITED), base_url="http://127.0.0.1:8000"), ids)


def dock(world: World, who: Any, query: str = "") -> dict[str, Any]:
    return dict(world.get(f"/v1/dock{query}", world.token(who)))


def test_it_says_what_a_partner_holds_and_awaits_as_acceptance_expects_it(docked: World) -> None:
    carrier, maker = dock(docked, CARRIER), dock(docked, MAKER)
    held = {one["shipment"]: one for one in carrier["shipments"]}
    assert set(held) == {docked.id("first"), docked.id("short")}
    assert (held[docked.id("short")]["packages"], held[docked.id("short")]["sequence"]) == (7, 1)
    mine = {one["shipment"]: one for one in maker["shipments"]}
    assert mine[docked.id("here")]["custodian"] == CARRIER, "what is accepted counts before the chain has it"
    (rest,) = [one for one in maker["shipments"] if one["remainder"]]
    assert rest["packages"] == 3
    gates = {name: mine[docked.id(name)]["requires"][0]["released"] for name in ("waits", "cleared")}
    assert gates == {"waits": False, "cleared": True}
    coming = {one["shipment"] for one in dock(docked, SHOP)["coming"]}
    assert docked.id("first") in coming
    assert docked.id("second") not in coming, "delivered already"


def test_terms_are_for_those_who_may_read_them(docked: World) -> None:
    by_master = {one["shipment"]: one["terms"] for one in dock(docked, CARRIER)["shipments"]}
    assert by_master[docked.id("first")]["commercial"]["orderRef"] == "PO-1"
    assert all(one["terms"] is None for one in dock(docked, PHONE)["shipments"]), "its key does not sign terms"
    assert dock(docked, SECOND)["shipments"][0]["terms"] is None, "no party of the terms"


def test_whose_keys_and_roles_count(docked: World) -> None:
    partners = {one["id"]: one for one in dock(docked, PHONE)["partners"]}
    keys = {key["address"]: key for key in partners[CARRIER]["keys"]}
    phone, master = keys[to_hex(PHONE.address)], keys[to_hex(docked.stage.parties[CARRIER].key.address)]
    assert (phone["types"], phone["until"] - phone["since"] <= 30 * DAY) == (1 << 4, True)
    assert master["until"] is None
    assert partners[OCEAN]["roles"] == 1 << 3


def test_it_comes_in_pages_and_to_partners_alone(docked: World) -> None:
    whole, page = dock(docked, MAKER)["shipments"], dock(docked, MAKER, "?limit=1")
    seen = list(page["shipments"])
    while page["next"] is not None:
        page = dock(docked, MAKER, f"?limit=1&before={page['next']}")
        assert (page["partners"], page["coming"]) == ([], [])
        seen += page["shipments"]
    assert [one["shipment"] for one in seen] == [one["shipment"] for one in whole]
    assert docked.client.get("/v1/dock").status_code == 401
    stranger = docked.client.get("/v1/dock", headers={"Authorization": f"Bearer {docked.token(CONSUMER)}"})
    assert (stranger.status_code, stranger.json()["title"] != "") == (403, True)


def some_handoff(world: World, rng: random.Random) -> Handoff:
    """By the maker or the carrier, to whomever; often right, sometimes not."""
    stage = world.stage
    chosen = sorted(rng.sample(sorted(world.ids.values()), rng.choice((1, 1, 2))))
    items = []
    for shipment in chosen:
        _, packages, sequence = stage.held_by(shipment)
        count = max(0, packages + rng.choice((0, 0, 0, -2, 1, -10)))
        said = ExceptionBit(0)
        if rng.random() < 0.9 and count != packages:
            said = ExceptionBit.REFUSED if count == 0 else ExceptionBit.SHORT if count < packages else ExceptionBit.OVER
        items.append((shipment, max(0, sequence + rng.choice((0, 0, 0, 0, -1, 1))), count, said))
    giver = rng.choice((MAKER, CARRIER, CARRIER))
    taker = rng.choice((CARRIER, SECOND, OCEAN, WAREHOUSE, SHOP, MAKER))
    record = stage.scribe_handoff(giver, taker, *items)
    late = rng.choice((0, 0, 0, 0, 0, 0, 1000, -40 * DAY))
    return replace(record, occurredAt=record.occurredAt + late)


def test_by_what_it_took_along_the_dock_judges_as_acceptance_does(docked: World) -> None:
    rng, cases, expected = random.Random(7), list[dict[str, Any]](), list[bool]()
    docks = {partner: dock(docked, partner) for partner in (MAKER, CARRIER, SHOP, SECOND)}
    everything = {one["shipment"]: one for one in (s for d in docks.values() for s in (*d["coming"], *d["shipments"]))}
    known = docks[MAKER] | {"shipments": list(everything.values()), "coming": []}
    for _ in range(350):
        record = some_handoff(docked, rng)
        if any(to_hex(item.shipment) not in everything for item in record.items):
            continue  # delivered: nobody takes it along
        try:
            signable = docked.stage.node.submission.check_signable(record)
            refused = bool(
                signable.closed
            )  # what is not released is told before anybody signs, and no proposal passes it
        except LadingError:
            refused = True
        keys = {"releaser": None, "receiver": None}
        now = docked.stage.now
        cases.append({"task": "judged", "message": record.to_json(), "keys": keys, "dock": known, "now": now})
        expected.append(refused)
    assert 20 < sum(expected) < len(expected) - 20
    answers = in_node(cases)
    for case, answer, refused in zip(cases, answers, expected, strict=True):
        assert (answer["refused"] != []) == refused, (json.dumps(case["message"]), answer)


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_is_the_same_for_everybody_and_as_strict_as_the_others(docked: World) -> None:
    html = {"Accept": "text/html"}
    public = docked.client.get("/dock", headers=html)
    carrier = docked.client.get("/dock", headers=html | {"Authorization": f"Bearer {docked.token(CARRIER)}"})
    assert public.text == carrier.text
    usual = docked.client.get("/", headers=html).headers["content-security-policy"]
    assert public.headers["content-security-policy"] == f"{usual}; manifest-src 'self'"
    assert "'unsafe" not in usual


def test_the_worker_keeps_every_file_that_the_page_asks_for(docked: World) -> None:
    worker = docked.client.get("/dock/worker.js")
    assert worker.headers["service-worker-allowed"] == "/dock"
    version, files = (json.loads(line.partition(" = ")[2].rstrip(";")) for line in worker.text.split("\n")[:2])
    assert docked.client.get("/dock").headers["lading-dock"] == version
    assert {"/static/dock.js", "/static/dock/rules.js", "/static/lib/qr.js", "/static/languages/de.js"} <= set(files)
    for path in files:
        assert docked.client.get(path).status_code == 200, path
    manifest = docked.client.get("/dock/app.webmanifest", headers={"Accept-Language": "fr"})
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    assert (manifest.json()["scope"], manifest.json()["lang"]) == ("/dock", "fr")
