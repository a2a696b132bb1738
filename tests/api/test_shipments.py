"""Shipments: their story in order, and the penalty for those who may see prices."""

from ledger.ids import to_hex
from tests.api.world import World
from tests.e2e.stage import AUDITOR, CARRIER, CONSUMER, MAKER, OCEAN, SECOND, SHOP


def test_a_shipment_tells_its_story_in_order(world: World) -> None:
    view = world.get(f"/v1/shipments/{world.id('late')}")
    kinds = [step["kind"] for step in view["steps"]]
    assert kinds == [
        "opened", "handoff", "handoff", "handoff", "clearance", "clearance", "clearance", "handoff",
    ]  # fmt: skip
    outcomes = [step["outcome"] for step in view["steps"]]
    assert outcomes.count("stale") == 1
    stale = view["steps"][outcomes.index("stale")]
    assert stale["note"].startswith("Skipped:")
    damaged = next(step for step in view["steps"] if step["exceptions"])
    assert damaged["exceptions"] == ["damaged"]
    assert [signer["id"] for signer in damaged["signers"]] == [CARRIER, OCEAN]
    held = next(step for step in view["steps"] if "held" in step["text"])
    assert f"caused by Partner {CARRIER}" in held["text"]
    assert view["clearances"] == [
        {
            "jurisdiction": "CN", "regime": "import", "status": "released", "sequence": 3, "required_at": ["delivery"],
            "released": True, "assurance": "authority signed",
        }
    ]  # fmt: skip


def test_a_breach_is_marked_and_explained(world: World) -> None:
    view = world.get(f"/v1/shipments/{world.id('breach')}")
    last = view["steps"][-1]
    assert last["outcome"] == "applied in breach"
    assert "clearance was not released" in last["note"]
    assert view["clearances"][0]["status"] == "none yet"


def test_a_tender_shows_as_tendered_not_delivered(world: World) -> None:
    view = world.get(f"/v1/shipments/{world.id('parcel')}")
    assert view["summary"]["status"] == "tendered"
    assert view["steps"][-1]["text"] == f"Partner {CARRIER} says: offered to the recipient, nobody signed"


def test_shipments_are_listed_newest_first_by_key(world: World) -> None:
    found, before = [], None
    while True:
        page = world.get(f"/v1/shipments?limit=1{'' if before is None else f'&before={before}'}")
        found += [shipment["id"] for shipment in page["shipments"]]
        before = page["next"]
        if before is None:
            break
    wanted = [world.id(name) for name in ("parcel", "breach", "late", "open")]
    assert [shipment for shipment in found if shipment in wanted] == wanted
    assert len(found) == len(set(found))
    mine = world.get(f"/v1/shipments?partner={SECOND}")["shipments"]
    assert mine == []


def test_prices_and_penalties_are_for_parties_and_auditors(world: World) -> None:
    path = f"/v1/shipments/{world.id('late')}/penalty"
    assert world.client.get(path).status_code == 403
    assert world.client.get(path).json()["mend"]
    stranger = world.client.get(path, headers={"Authorization": f"Bearer {world.token(SECOND)}"})
    assert stranger.status_code == 403
    for party in (MAKER, SHOP, CARRIER, AUDITOR):
        statement = world.get(path, world.token(party))
        assert statement["liable"] == CARRIER
        assert statement["amount"] > 0
        assert statement["explanation"]
    assert world.client.get(f"/v1/shipments/{world.id('parcel')}/penalty").status_code == 403
    # The consumer's one-time key signs in like any other.
    assert world.get(f"/v1/shipments/{world.id('parcel')}/penalty", world.token(CONSUMER))["currency"] == "EUR"


def test_a_clock_that_runs_is_read_at_a_moment(world: World) -> None:
    path, token = f"/v1/shipments/{world.id('open')}/penalty", world.token(SHOP)
    assert world.get(path, token)["amount"] == 0
    late = world.get(path, token)["promised_at"] + 2 * 86400
    assert world.get(f"{path}?at={late}", token)["late_seconds"] == 2 * 86400
    assert world.client.get(f"{path}?at=x").status_code == 400
    assert world.client.get(f"{path}?at={2**70}").status_code == 400


def test_an_unknown_shipment_is_not_found(world: World) -> None:
    for path in ("", "/penalty"):
        assert world.client.get(f"/v1/shipments/{to_hex(bytes(32))}{path}").status_code == 404
    assert world.client.get("/v1/shipments/0x1").status_code == 400
