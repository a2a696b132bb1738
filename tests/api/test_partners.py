"""Partners, enrolments, the consortium, and signing in."""

import json
from itertools import pairwise
from typing import Any

import pytest

from ledger.api.quota import COOKIE
from ledger.codes import Role
from ledger.common.ids import to_hex
from ledger.registry.enrolment import Enrolment, RoleRequest, personal_digest, sign_enrolment
from tests.api.world import World, bearer
from tests.e2e.stage import AUDITOR, CARRIER, CONSUMER, MAKER, ROLES, SHOP, key_of


def document(world: World, name: str, gln: str = "") -> tuple[str, str]:
    key = key_of(name)
    consortium_id = world.stage.node.home.consortium.genesis.consortium_id
    enrolment = Enrolment(consortium_id, name, gln, key.address, (RoleRequest(Role.CARRIER),))
    return enrolment.document().decode(), to_hex(sign_enrolment(enrolment, key))


def test_partners_are_listed_by_id_a_page_at_a_time(world: World) -> None:
    found, after = [], 0
    while True:
        page = world.get(f"/v1/partners?limit=4&after={after}")
        found += [partner["id"] for partner in page["partners"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert found == list(range(1, len(ROLES) + 2))


def test_a_partner_has_its_roles_with_scope_and_its_keys(world: World) -> None:
    partner = world.get(f"/v1/partners/{MAKER}")
    roles = {(role["role"], role["scope"]) for role in partner["roles"]}
    assert ("brand", "9421900") in roles
    assert ("supplier", "") in roles
    assert partner["keys"] == [to_hex(world.stage.parties[MAKER].key.address)]
    assert world.client.get("/v1/partners/77").status_code == 404
    for number in ("0", "-1", "x", "1" * 40):
        assert world.client.get(f"/v1/partners/{number}").status_code == 400


def test_a_partner_and_auditors_see_its_scorecards_whole(world: World) -> None:
    path = f"/v1/partners/{CARRIER}/score"
    for who in (CARRIER, AUDITOR):
        (card,) = world.get(path, world.token(who))["scores"]
        assert (card["role"], card["score"]) == ("carrier", None), "too few deliveries"
        assert [entry["good"] is not None for entry in card["indicators"]].count(False) == 0
    for token in ("", world.token(SHOP), world.token(CONSUMER)):
        assert world.get(path, token)["scores"] == [], "no quarter has been published"
    assert world.client.get("/v1/partners/77/score").status_code == 404
    assert world.client.get("/v1/partners/77/score", headers=bearer(world.token(AUDITOR))).status_code == 404


def test_samples_of_a_score_by_page_for_those_who_may_see_them(world: World) -> None:
    path = f"/v1/partners/{CARRIER}/score"
    own = world.token(CARRIER)
    (card,) = world.get(path, own)["scores"]
    entry = next(one for one in card["indicators"] if one["raised_by"] > 1)
    where = f"{path}/samples?role=carrier&indicator={entry['name']}"
    for side in ("raised", "lowered"):
        whole = world.get(f"{where}&side={side}", own)
        assert whole["count"] == entry[f"{side}_by"] == len(whole["samples"])
        assert whole["samples"][:5] == entry[side]
        pages: list[dict[str, object]] = []
        after: str | None = ""
        while after is not None:
            part = world.get(f"{where}&side={side}&limit=1{after}", world.token(AUDITOR))
            pages += part["samples"]
            after = part["next"] and f"&after={part['next']}"
        assert pages == whole["samples"]
    for token in ("", world.token(SHOP), world.token(CONSUMER)):
        assert world.client.get(where, headers=bearer(token)).status_code == 403
    assert world.get(f"{where.replace('carrier', 'broker')}", own)["samples"] == []
    for wrong in ("&after=1", "&after=x.0x00", "&after=99999999999.0x" + "00" * 32, "&side=up"):
        assert world.client.get(where + wrong, headers=bearer(own)).status_code == 400, wrong
    for unknown in ("role=maker&indicator=legs-on-time", "role=carrier&indicator=luck", "role=carrier"):
        assert world.client.get(f"{path}/samples?{unknown}", headers=bearer(own)).status_code == 400, unknown
    auditor = bearer(world.token(AUDITOR))
    assert world.client.get(where.replace(f"/{CARRIER}/", "/77/"), headers=auditor).status_code == 404


def test_scores_are_asked_for_a_period_or_the_last_days(world: World) -> None:
    path, hour = f"/v1/partners/{CARRIER}/score", world.stage.now - world.stage.now % 3600
    own = world.token(CARRIER)
    everything = world.get(path, own)["scores"][0]
    assert everything["period"]["at"] == hour
    rolling = world.get(f"{path}?rolling=30", own)["scores"][0]
    assert rolling["period"] == {"start": hour - 30 * 86400, "end": hour, "at": hour}
    assert rolling["samples"] > 0
    assert world.get(f"{path}?start=1&end=2", own)["scores"] == [], "nothing was due in that second"
    same = world.get(f"{path}?start={everything['period']['start']}", own)["scores"][0]
    assert same | {"card": 0} == everything | {"card": 0}
    for query in ("start=2&end=1", "rolling=0", "rolling=30&start=1", "rolling=x", "start=-1", "period=90", "strat=1"):
        refused = world.client.get(f"{path}?{query}", headers=bearer(own))
        assert refused.status_code == 400, query
        assert refused.json()["where"], query
    assert world.client.get("/v1/partners?limt=3").json()["found"] == "limt"


def test_what_may_follow_from_a_score_by_a_threshold(world: World) -> None:
    """The interval decides: with few deliveries it is wide, and neither reward nor sanction follows."""
    path, own = f"/v1/partners/{CARRIER}/score", world.token(CARRIER)
    (share,) = (i for i in world.get(path, own)["scores"][0]["indicators"] if i["name"] == "in-full-undamaged")

    def judged(threshold: int, samples: int = 1) -> tuple[bool, bool]:
        query = f"indicator=in-full-undamaged&threshold={threshold}&samples={samples}"
        (found,) = world.get(f"{path}/judgement?{query}", own)["judgements"]
        assert (found["partner"], found["role"]) == (CARRIER, "carrier")
        return found["may_reward"], found["may_sanction"]

    low, high = share["low"], share["high"]
    assert low < high
    assert [judged(limit) for limit in (low - 1, low, high)] == [(True, False), (False, False), (False, False)]
    if high < 1_000_000:
        assert judged(high + 1) == (False, True)
    assert judged(low - 1, 30) == (False, False), "too few deliveries"
    (score,) = world.get(f"{path}/judgement?threshold=6000", own)["judgements"]
    assert score["value"] is None, "there is no score yet"
    for query in ("", "threshold=x", "threshold=1&indicator=shipments", "threshold=10001"):
        assert world.client.get(f"{path}/judgement?{query}", headers=bearer(own)).status_code == 400, query
    auditor = bearer(world.token(AUDITOR))
    assert world.client.get("/v1/partners/77/score/judgement?threshold=1", headers=auditor).status_code == 404
    assert world.client.get(f"{path}/judgement?threshold=1").status_code == 403


def test_a_score_has_a_trend(world: World) -> None:
    path, own = f"/v1/partners/{CARRIER}/score/trend", world.token(CARRIER)
    found = world.get(path, own)
    assert (found["by"], [role["role"] for role in found["roles"]]) == ("quarter", ["carrier"])
    points = found["roles"][0]["points"]
    assert len(points) == 8
    assert points[-1]["period"]["start"] <= world.stage.now < points[-1]["period"]["end"]
    assert all(a["period"]["end"] == b["period"]["start"] for a, b in pairwise(points))
    assert sum(point["samples"] for point in points) > 0
    assert all(point["score"] is None for point in points), "too few deliveries for a score"
    months = world.get(f"{path}?by=month&count=3", own)["roles"][0]["points"]
    assert len(months) == 3
    assert world.client.get("/v1/partners/77/score/trend").status_code == 404
    assert world.client.get(f"{path}?by=week").status_code == 400


def test_who_holds_a_key_may_ask_to_be_admitted(world: World) -> None:
    text, signature = document(world, "A new carrier")
    answer = world.post("/v1/enrolments", {"document": text, "signature": signature})
    assert answer.status_code == 201
    found = answer.json()
    assert world.post("/v1/enrolments", {"document": text, "signature": signature}).json() == found
    kept = world.get(f"/v1/enrolments/{found['document']}")
    assert (kept["text"], kept["signature"], kept["partner"]) == (text, signature, None)
    assert found["document"] in [entry["document"] for entry in world.get("/v1/enrolments")["enrolments"]]
    assert world.client.get(f"/v1/enrolments/0x{'00' * 32}").status_code == 404


def test_an_enrolment_needs_the_key_that_it_names(world: World) -> None:
    text, _ = document(world, "One")
    _, signature = document(world, "Another")
    refused = world.post("/v1/enrolments", {"document": text, "signature": signature})
    assert refused.status_code == 400
    assert refused.json()["type"] == "/problems#BadSignature"
    other = json.dumps(json.loads(text) | {"consortium": "0x" + "00" * 32}, separators=(",", ":"), sort_keys=True)
    assert world.post("/v1/enrolments", {"document": other, "signature": signature}).status_code == 400
    assert world.post("/v1/enrolments", {"document": 7, "signature": signature}).status_code == 400
    assert world.post("/v1/enrolments", {"document": text}).status_code == 400


def test_an_enrolment_with_a_gln_needs_its_check_digit(world: World) -> None:
    text, signature = document(world, "A located one", "9506000111117")
    assert world.post("/v1/enrolments", {"document": text, "signature": signature}).status_code == 201
    for gln in ("9506000111118", "950600011111", "gate 4"):
        text, signature = document(world, "A lost one", gln)
        refused = world.post("/v1/enrolments", {"document": text, "signature": signature})
        assert (refused.status_code, refused.json()["where"]) == (400, "document.gln")


def test_a_byte_order_mark_in_front_of_a_body_does_no_harm(world: World) -> None:
    text, signature = document(world, "An editor's")
    body = json.dumps({"document": text, "signature": signature}).encode()
    sent = {"Content-Type": "application/json"}
    assert world.client.post("/v1/enrolments", content=b"\xef\xbb\xbf" + body, headers=sent).status_code == 201
    twice = world.client.post("/v1/enrolments", content=b"\xef\xbb\xbf" * 2 + body, headers=sent)
    assert (twice.status_code, twice.json()["expected"]) == (400, "JSON")


def test_enrolments_page_by_key(world: World) -> None:
    for name in ("first", "second", "third"):
        text, signature = document(world, name)
        world.post("/v1/enrolments", {"document": text, "signature": signature})
    found, after = [], ""
    while True:
        page = world.get(f"/v1/enrolments?limit=2{after}")
        found += [entry["document"] for entry in page["enrolments"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert len(found) == len(set(found)) >= len(ROLES) + 4
    assert world.client.get("/v1/enrolments?after=x").status_code == 400


def test_the_consortium_says_what_it_stands_on(world: World) -> None:
    found = world.get("/v1/consortium")
    assert found["trust"] == world.stage.node.home.consortium.trust_file()
    assert len(found["council"]["members"]) == 3
    assert found["council"]["threshold"] == 2
    assert found["next_sequence"] == world.stage.trial.next_sequence()
    assert all(found["contracts"].values())


# --- signing in --------------------------------------------------------------------------------------------------


def test_signing_in_keeps_the_session_where_no_script_reads_it(world: World) -> None:
    key = world.stage.parties[SHOP].key
    message = world.get(f"/v1/session/challenge?address={to_hex(key.address)}")["message"]
    assert message.startswith("127.0.0.1:8000 wants you to sign in with your Ethereum account:")
    signature = to_hex(key.sign_digest(personal_digest(message.encode())))
    answer = world.post("/v1/session", {"message": message, "signature": signature})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert world.client.get("/v1/session").json() == {"partner": SHOP, "auditor": False}  # by the cookie
    gone = world.client.delete("/v1/session")
    assert gone.json() == {"status": "signed out"}
    assert world.client.get("/v1/session").json()["partner"] == 0
    again = world.post("/v1/session", {"message": message, "signature": signature})
    assert again.status_code == 400
    assert "used before" in again.json()["what"]


def sign_in(world: World, partner: int, origin: str | None = None) -> Any:
    key = world.stage.parties[partner].key
    message = world.get(f"/v1/session/challenge?address={to_hex(key.address)}")["message"]
    signature = to_hex(key.sign_digest(personal_digest(message.encode())))
    headers = {} if origin is None else {"Origin": origin}
    return world.post("/v1/session", {"message": message, "signature": signature}, headers=headers)


@pytest.mark.parametrize("way", ["DELETE /v1/session with the cookie", "DELETE with the token", "the page's button"])
def test_signing_out_ends_the_session_on_the_server_whoever_kept_its_token(world: World, way: str) -> None:
    token = sign_in(world, SHOP).json()["token"]
    stolen = bearer(token)
    if way == "DELETE with the token":
        world.client.cookies.clear()
        assert world.client.delete("/v1/session", headers=stolen).status_code == 200
    elif way == "the page's button":
        assert world.client.post("/sign-out").status_code == 303
    else:
        assert world.client.delete("/v1/session").status_code == 200
    world.client.cookies.clear()
    assert world.client.get("/v1/records/proposed", headers=stolen).status_code == 401
    assert world.client.get("/v1/session", headers=stolen).status_code == 401
    assert world.client.get("/v1/session", headers={"Cookie": f"{COOKIE}={token}"}).json()["partner"] == 0


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1:8001",
        "https://127.0.0.1:8000",
        "http://127.0.0.1:8000.evil.example",
        "",
        "http://[::1",
        "http://localhost:8000",
    ],
)
def test_no_other_site_signs_a_browser_in_or_out(world: World, origin: str) -> None:
    refused = sign_in(world, SHOP, origin)
    assert refused.status_code == 403
    assert (refused.json()["where"], refused.json()["expected"]) == ("Origin", "http://127.0.0.1:8000")
    assert "set-cookie" not in refused.headers
    token = sign_in(world, SHOP, "http://127.0.0.1:8000").json()["token"]
    for method, path in (("DELETE", "/v1/session"), ("POST", "/sign-out"), ("POST", "/sign-in")):
        answer = world.client.request(method, path, headers={"Origin": origin})
        assert answer.status_code == 403, path
    world.client.cookies.clear()
    assert world.get("/v1/session", token)["partner"] == SHOP


def test_the_public_is_asked_to_sign_in_where_there_is_nothing_for_it(world: World) -> None:
    for headers in ({}, {"Cookie": f"{COOKIE}=old"}):
        answer = world.client.get("/v1/records/proposed", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["where"] == "Authorization"


@pytest.mark.parametrize(
    "body", [{}, {"message": "x", "signature": "0x"}, {"message": 1, "signature": "0x" + "11" * 65}, [], "x"], ids=str
)
def test_a_malformed_sign_in_is_refused(world: World, body: object) -> None:
    assert world.post("/v1/session", body).status_code == 400


def test_a_challenge_needs_an_address(world: World) -> None:
    for address in ("", "0x12", "x" * 81, "0x" + "zz" * 20):
        assert world.client.get("/v1/session/challenge", params={"address": address}).status_code == 400
