"""Shipments: their story in order, and the penalty for those who may see prices."""

from ledger.common.ids import to_hex
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
            "jurisdiction": "CN", "regime": "import", "status": "released", "sequence": 2, "required_at": ["delivery"],
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
    assert view["steps"][-1]["text"] == f"Partner {CARRIER} offered delivery to the recipient, and nobody signed"


def test_shipments_are_listed_newest_first_by_key(world: World) -> None:
    found, before = [], None
    while True:
        page = world.get(f"/v1/shipments?limit=1{'' if before is None else f'&cursor={before}'}")
        found += [shipment["id"] for shipment in page["shipments"]]
        before = page["next"]
        if before is None:
            break
    wanted = [world.id(name) for name in ("parcel", "breach", "late", "open")]
    assert [shipment for shipment in found if shipment in wanted] == wanted
    assert len(found) == len(set(found))
    theirs = {shipment["id"] for shipment in world.get(f"/v1/shipments?partner={SECOND}")["shipments"]}
    assert not theirs & set(wanted)


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


def test_penalties_of_a_partner_are_for_those_who_may_see_each(world: World) -> None:
    late = world.id("late")
    assert world.client.get("/v1/penalties").status_code == 403
    everything = world.get("/v1/penalties", world.token(AUDITOR))
    assert late in [s["shipment"] for s in everything["penalties"]]
    for party in (MAKER, SHOP, CARRIER):
        mine = world.get(f"/v1/penalties?partner={CARRIER}", world.token(party))
        statement = next(s for s in mine["penalties"] if s["shipment"] == late)
        assert statement == world.get(f"/v1/shipments/{late}/penalty", world.token(party))
        assert next(t for t in mine["totals"] if t["currency"] == "EUR")["owes"] >= statement["amount"] > 0
    assert world.get("/v1/penalties", world.token(SECOND))["penalties"] == [], "it is party to nothing here"
    assert world.get("/v1/penalties?partner=77", world.token(AUDITOR))["penalties"] == []
    own = world.get("/v1/penalties", world.token(CONSUMER))["penalties"]
    assert [s["shipment"] for s in own] == [world.id("parcel")]


def test_penalties_have_a_period_and_a_time_at_which_they_are_judged(world: World) -> None:
    token, late = world.token(AUDITOR), world.id("late")
    promised = world.get(f"/v1/shipments/{late}/penalty", token)["promised_at"]

    def shipments(query: str) -> list[str]:
        return [s["shipment"] for s in world.get(f"/v1/penalties?limit=100&{query}", token)["penalties"]]

    assert late in shipments(f"start={promised}&end={promised + 1}")
    assert late not in shipments(f"start={promised + 1}")
    assert late not in shipments(f"end={promised}")
    waiting = world.get(f"/v1/penalties?at={promised + 3 * 86400}&limit=100", token)
    under_way = next(s for s in waiting["penalties"] if s["shipment"] == world.id("open"))
    assert under_way["late_seconds"] > 0
    assert not under_way["settled"]
    for query in ("at=-5", "start=9&end=3", "start=9&end=9", "end=x", f"start={2**41}", "format=xml", "after=0x12"):
        answer = world.client.get(f"/v1/penalties?{query}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 400, query
        assert answer.json()["where"], query


def test_penalties_come_as_csv_and_a_page_at_a_time(world: World) -> None:
    token = world.token(AUDITOR)
    bearer = {"Authorization": f"Bearer {token}"}
    everything = world.get("/v1/penalties?limit=100", token)["penalties"]
    for form, head in (("csv", "shipment,liable,"), ("lines", "shipment,line,goods,")):
        answer = world.client.get(f"/v1/penalties?format={form}", headers=bearer)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.text.startswith(head)
        assert {row.split(",")[0] for row in answer.text.splitlines()[1:]} == {s["shipment"] for s in everything}
    found, after = [], ""
    while True:
        page = world.get(f"/v1/penalties?limit=1{after}", token)
        found += page["penalties"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert found == everything


def test_an_unknown_shipment_is_not_found(world: World) -> None:
    for path in ("", "/penalty"):
        assert world.client.get(f"/v1/shipments/{to_hex(bytes(32))}{path}").status_code == 404
    assert world.client.get("/v1/shipments/0x1").status_code == 400
