"""`/v1/worklist` over HTTP: for whoever has signed in, a page at a time, and nothing for anybody else."""

from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from tests.api.world import World, bearer
from tests.e2e.stage import CARRIER, LOCKER, MAKER, key_of


def test_the_public_has_no_worklist(world: World) -> None:
    answer = world.client.get("/v1/worklist")
    assert answer.status_code == 401
    assert world.client.get("/v1/worklist", headers=bearer("nonsense")).status_code == 401


def test_a_partner_reads_what_waits_for_it_a_page_at_a_time(world: World) -> None:
    for _ in range(3):
        shipment = world.stage.open(lot="L9")
        world.stage.hand(MAKER, CARRIER, (shipment, 0, 10), due_at=world.stage.now + DAY // 2)
    token = world.token(CARRIER)
    whole = world.get("/v1/worklist?limit=100", token)
    assert whole["next"] is None
    assert sum(count["items"] for count in whole["counts"]) == len(whole["items"]) >= 3
    assert whole["urgent"] >= 3
    ids, after = [], ""
    while True:
        page = world.get(f"/v1/worklist?limit=2{after}", token)
        assert page["counts"] == whole["counts"]
        ids += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert ids == [item["id"] for item in whole["items"]]
    item = whole["items"][0]
    assert (item["kind"], item["action"], item["urgent"], item["overdue"]) == ("custody", "hand_on", True, False)
    assert item["page"] == f"/dock#{item['shipment']}"
    assert item["draft"]["message"]["items"][0]["shipment"] == item["shipment"]
    dates = [item["until"] for item in whole["items"]]
    assert dates == sorted(dates, key=lambda until: (until is None, until))


def test_who_holds_nothing_has_an_empty_worklist(world: World) -> None:
    for who in (LOCKER, key_of("nobody in particular")):
        found = world.get("/v1/worklist", world.token(who))
        assert (found["items"], found["counts"], found["urgent"], found["next"]) == ([], [], 0, None)


def test_what_is_no_cursor_is_refused(world: World) -> None:
    token = world.token(CARRIER)
    for after in ("x", "1~2~0x~custody", f"-1~0~{to_hex(bytes(32))}~custody~"):
        answer = world.client.get("/v1/worklist", params={"after": after}, headers=bearer(token))
        assert answer.status_code == 400, after
        assert answer.json()["where"] == "after"
    assert world.client.get("/v1/worklist?limit=0", headers=bearer(token)).status_code == 400
