"""What a scanned code is answered with, and scans that are remembered."""

import base64
import hashlib
import secrets
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger import merkle
from ledger.api.app import create_app
from ledger.api.quota import LookQuota
from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.cli.home_client import HomeClient
from ledger.client import Client
from ledger.client.calls import Answer, Call
from ledger.codes import RegistryAction, Role
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import schema_hash, scope_bytes
from ledger.errors import RuleBroken
from ledger.explain.units import day
from ledger.products.description import PRODUCT_SCHEMA, Description, Picture, description_text
from ledger.records.types import Attestation, Claims
from ledger.store import meta
from ledger.store.visits import sightings
from tests.api.world import BAD_LOT, GTIN, LOT, OTHER_GTIN, World
from tests.e2e.stage import MAKER, SCHEMA


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        (f"01/{GTIN}/10/{LOT}/21/000001", "authentic"),
        (f"01/{GTIN}/10/{LOT}", "authentic"),
        (f"01/{GTIN[1:]}/10/{LOT}", "authentic"),  # a GTIN-13 as it stands on the goods
        (f"01/{GTIN}/10/{BAD_LOT}/21/000001", "recalled"),
        (f"01/{GTIN}", "incomplete"),  # some lots are recalled
        (f"01/{OTHER_GTIN}/10/L9", "unknown"),
    ],
)
def test_a_code_gets_a_verdict_with_reasons(world: World, path: str, verdict: str) -> None:
    answer = world.get(f"/v1/products/{path}")
    assert answer["verdict"] == verdict
    assert answer["why"]
    assert answer["id"].startswith(f"01/{path.split('/')[1].rjust(14, '0')}")


def test_authentic_always_comes_with_the_copy_caution(world: World) -> None:
    answer = world.get(f"/v1/products/01/{GTIN}/10/{LOT}/21/000001")
    assert [reason["code"] for reason in answer["why"]] == ["attested", "copy caution"]
    assert answer["why"][0]["records"] == [world.id("attested")]


def test_a_recalled_product_says_what_to_do(world: World) -> None:
    answer = world.get(f"/v1/products/01/{GTIN}/10/{BAD_LOT}")
    assert "bring it back" in answer["toDo"]
    assert "recall@maker.example" in answer["toDo"]
    assert answer["why"][0]["records"][0] == world.id("recall")


def test_the_journey_is_that_of_the_lot(world: World) -> None:
    answer = world.get(f"/v1/products/01/{GTIN}/10/{LOT}")
    assert [journey["shipment"] for journey in answer["journey"]] == [world.id("late")]
    assert answer["journey"][0]["status"] == "delivered"
    assert any("handed 10 packages" in step["text"] for step in answer["journey"][0]["steps"])


@pytest.mark.parametrize(
    "path",
    ["01/123", "01/09421900000013", "00/123456789012345675", "nothing", f"01/{GTIN}/10/{'L' * 21}", "01", "01/%00"],
)
def test_what_is_no_gs1_path_is_refused(world: World, path: str) -> None:
    answer = world.client.get(f"/v1/products/{path}")
    assert answer.status_code == 400
    assert answer.json()["expected"] or answer.json()["what"]


def test_a_slash_inside_a_lot_stays_part_of_it(world: World) -> None:
    attested(world, "A%2FB")
    assert world.get(f"/v1/products/01/{GTIN}/10/A%2FB")["verdict"] == "authentic"
    assert world.get(f"/v1/products/01/{GTIN}/10/A%2fB")["id"] == f"01/{GTIN}/10/A%2FB"
    assert world.client.get(f"/v1/products/01/{GTIN}/10/A/B").status_code == 400


def attested(world: World, lot: str, seconds: int = DAY) -> RecordId:
    attestation = Attestation(
        MAKER, schema_hash(SCHEMA), f"01/{GTIN}/10/{lot}", NO_HASH, world.stage.now, world.stage.now + seconds, NO_HASH,
        Claims(salt(), ""), NO_HASH, details(),
    )  # fmt: skip
    return world.stage.sign(attestation, MAKER)


def look(world: World, code: str, device: str) -> dict[str, Any]:
    answer = world.post("/v1/products/scans", {"code": code, "device": device})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def list_codes(world: World, lot: str, codes: list[str]) -> str:
    """An attestation of the maker with these item codes, published."""
    attestation = Attestation(
        MAKER, schema_hash(SCHEMA), f"01/{GTIN}/10/{lot}", NO_HASH, world.stage.now, world.stage.now + 90 * DAY,
        NO_HASH, Claims(salt(), ""), merkle.sorted_root(code.encode() for code in codes), details(),
    )  # fmt: skip
    record_id = "0x" + world.stage.sign(attestation, MAKER).hex()
    assert world.client.put(f"/v1/products/codes/{record_id}", json={"codes": codes}).json() == {"kept": len(codes)}
    return record_id


def reasons(answer: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in answer["why"]]


def test_one_anonymous_request_turns_no_tin_into_a_suspect(world: World) -> None:
    code = f"01/{GTIN}/10/{LOT}/21/000777"
    for path, body in (
        ("/v1/products/scans", {"code": code, "device": "a-strangers-device"}),
        ("/p-scan", {"code": code}),
    ):
        assert world.post(path, body).status_code == 200
        world.client.cookies.clear()
    world.stage.pass_time(2 * DAY)
    assert world.get(f"/v1/products/{code}")["verdict"] == "authentic"
    assert look(world, code, "the-buyers-device")["verdict"] == "authentic"
    assert "Do not rely" not in world.page(f"/p/{code}")


def test_a_rival_that_looks_codes_up_by_the_thousand_spoils_none(world: World) -> None:
    code = f"01/{GTIN}/10/{LOT}/21/000778"
    answers = [look(world, code, f"rival-device-{number}") for number in range(8)]
    assert {answer["verdict"] for answer in answers} == {"authentic"}
    note = next(reason for reason in answers[-1]["why"] if reason["code"] == "seen before")
    assert note["at"] is not None
    assert "devices looked at this code" in note["text"]
    # Serials that nobody attested singly are as many as the rival likes; one client counts for a day's worth.
    app = create_app(world.stage.node)
    app.state.looks = LookQuota(a_day=3)
    rival = TestClient(app, base_url="http://127.0.0.1:8000")
    for number in range(9):
        body = {"code": f"01/{GTIN}/10/{LOT}/21/9{number:05}", "device": "rival-device-0"}
        assert rival.post("/v1/products/scans", json=body).json()["verdict"] == "authentic"
    with world.stage.node.home.database.read() as connection:
        counted = [sightings.first(connection, f"01/{GTIN}/10/{LOT}/21/9{n:05}") is not None for n in range(9)]
    assert counted == [True] * 3 + [False] * 6


def test_a_one_time_code_in_second_hands_a_day_later_is_a_risk(world: World) -> None:
    codes = [f"01/{GTIN}/10/L8/21/{secrets.token_hex(8)}" for _ in range(50)]
    attestation = list_codes(world, "L8", codes)
    code, household = codes[0], ("first-device", "second-device")
    first = world.stage.now
    for device in household:
        assert look(world, code, device)["verdict"] == "authentic"
    world.stage.pass_time(DAY + 1)
    for device in household:  # the same devices again, a day later
        assert look(world, code, device)["verdict"] == "authentic"
        again = world.client.get(f"/v1/products/{code}", headers={"Lading-Device": device})
        assert again.json()["verdict"] == "authentic"
    answer = look(world, code, "a-third-device")
    assert (answer["verdict"], reasons(answer)[0]) == ("risk", "one-time code seen before")
    assert answer["why"][0]["at"] == first
    assert answer["why"][0]["records"] == [attestation]
    assert day(first) in answer["why"][0]["text"]
    assert look(world, code, household[0])["verdict"] == "risk", "whoever had it first is told too"
    assert look(world, codes[1], "a-third-device")["verdict"] == "authentic"


def test_a_guessed_one_time_code_is_neither_known_nor_counted(world: World) -> None:
    codes = [f"01/{GTIN}/10/L6/21/{secrets.token_hex(8)}" for _ in range(5)]
    list_codes(world, "L6", codes)
    guess = f"01/{GTIN}/10/L6/21/{secrets.token_hex(8)}"
    for device in ("guesser-one", "guesser-two"):
        assert look(world, guess, device)["verdict"] == "unknown"
        world.stage.pass_time(DAY + 1)
    with world.stage.node.home.database.read() as connection:
        assert sightings.first(connection, guess) is None


def test_listed_codes_that_count_up_are_printed_codes(world: World) -> None:
    codes = [f"01/{GTIN}/10/L5/21/{number:020}" for number in range(50)]
    list_codes(world, "L5", codes)
    for number in range(4):
        assert look(world, codes[7], f"shopper-{number}")["verdict"] == "authentic"
        world.stage.pass_time(2 * DAY)


def test_a_code_without_lot_is_asked_for_it(world: World) -> None:
    answer = world.get(f"/v1/products/01/{GTIN}")
    assert (answer["verdict"], answer["asks"]) == ("incomplete", ["lot"])
    assert "Tell the lot" in answer["toDo"]
    assert "not use" not in " ".join([answer["toDo"], *(reason["text"] for reason in answer["why"])])
    page = world.page(f"/p/01/{GTIN}")
    assert '<input name="lot"' in page
    asked = world.client.get(
        "/p", params={"code": answer["id"], "lot": f" {BAD_LOT} "}, headers={"Accept": "text/html"}
    )
    assert (asked.status_code, asked.headers["location"]) == (303, f"/p/01/{GTIN}/10/{BAD_LOT}")
    wrong = world.client.get("/p", params={"code": answer["id"], "lot": "ß" * 30}, headers={"Accept": "text/html"})
    assert wrong.status_code == 400
    assert world.get(f"/v1/products/01/{GTIN}/10/{LOT}")["asks"] == []


def test_scans_of_unknown_codes_are_not_kept(world: World) -> None:
    code = f"01/{OTHER_GTIN}/21/1"
    for device in ("device-one", "device-two"):
        assert world.post("/v1/products/scans", {"code": code, "device": device}).json()["verdict"] == "unknown"


@pytest.mark.parametrize(
    "body",
    [{"code": f"01/{GTIN}"}, {"code": f"01/{GTIN}", "device": "x"}, {"code": 1, "device": "12345678"}, [], "x"],
    ids=str,
)
def test_a_malformed_scan_is_refused(world: World, body: object) -> None:
    assert world.post("/v1/products/scans", body).status_code == 400


def test_item_codes_are_taken_only_with_the_signed_root(world: World) -> None:
    codes = [f"01/{GTIN}/10/L7/21/{number:06}" for number in range(5)]
    attestation = Attestation(
        MAKER, schema_hash(SCHEMA), f"01/{GTIN}/10/L7", NO_HASH, world.stage.now, world.stage.now + DAY, NO_HASH,
        Claims(salt(), ""), merkle.sorted_root(code.encode() for code in codes), details(),
    )  # fmt: skip
    record_id = "0x" + world.stage.sign(attestation, MAKER).hex()
    assert world.get(f"/v1/products/{codes[0]}")["verdict"] == "unknown"
    wrong = world.client.put(f"/v1/products/codes/{record_id}", json={"codes": codes[1:]})
    assert wrong.status_code == 422
    assert world.client.put(f"/v1/products/codes/{record_id}", json={"codes": codes}).json() == {"kept": 5}
    assert world.get(f"/v1/products/{codes[0]}")["verdict"] == "authentic"
    assert world.get(f"/v1/products/01/{GTIN}/10/L7/21/999999")["verdict"] == "unknown"
    assert world.client.put(f"/v1/products/codes/{record_id}", json={"codes": "x"}).status_code == 400
    assert world.client.put(f"/v1/products/codes/{record_id}", json={"codes": ["01/1"]}).status_code == 400
    assert world.client.put(f"/v1/products/codes/0x{'00' * 32}", json={"codes": []}).status_code == 404


# --- what a brand says of its product ------------------------------------------------------------------------------

PICTURE = b"any bytes"
SAYS = Description(GTIN, "Maker", {"en": "Formula"}, {}, Picture(hashlib.sha256(PICTURE).digest(), "image/webp"))


def describe(world: World, lot: str, text: bytes) -> str:
    """An attestation of the maker that commits to a text; its id."""
    stage = world.stage
    scope = scope_bytes(Role.ISSUER, "product")
    if all(role.scope != to_hex(PRODUCT_SCHEMA) for role in stage.node.reader.views.partner(MAKER).roles):
        stage.decide(RegistryAction.GRANT_ROLE, partner=MAKER, role=int(Role.ISSUER), scope=scope)
        stage.pass_time(DAY)
    made = Attestation(
        MAKER, PRODUCT_SCHEMA, f"01/{GTIN}/10/{lot}", NO_HASH, stage.now, 0, hashlib.sha256(text).digest(),
        Claims(salt(), ""), NO_HASH, details(),
    )  # fmt: skip
    return to_hex(stage.sign(made, MAKER))


def published(world: World, record_id: str, text: bytes, picture: bytes = b"") -> Any:
    body = {"document": text.decode(), "picture": base64.b64encode(picture).decode()}
    return world.client.put(f"/v1/products/data/{record_id}", json=body)


def test_a_description_is_taken_and_given_only_with_the_signed_hashes(world: World) -> None:
    text = description_text(SAYS)
    record_id = describe(world, "D1", text)
    path = f"/v1/products/01/{GTIN}/10/D1"
    assert world.get(path)["product"] is None
    assert published(world, record_id, text.replace(b"Formula", b"Formulb")).status_code == 422
    assert published(world, record_id, text, b"other bytes").status_code == 422
    assert published(world, f"0x{'00' * 32}", text).status_code == 404
    assert world.client.put(f"/v1/products/data/{record_id}", json={"document": "x", "picture": "?"}).status_code == 400
    assert published(world, record_id, text, PICTURE).json() == {"kept": 2}
    said = world.get(path)["product"]
    assert (said["names"], said["record"]) == ({"en": "Formula"}, record_id)
    assert world.client.get(f"/v1/products/data/{said['document']}").content == text
    drawn = world.client.get(f"/v1/products/pictures/{said['picture']}")
    assert (drawn.content, drawn.headers["content-type"]) == (PICTURE, "image/webp")
    assert "immutable" in drawn.headers["cache-control"]
    assert world.get(path)["verdict"] == "unknown"


def test_a_description_that_was_edited_here_is_not_given(world: World) -> None:
    text = description_text(replace(SAYS, brand="Other"))
    record_id = describe(world, "D2", text)
    published(world, record_id, text, PICTURE)
    document, picture = (to_hex(hashlib.sha256(one).digest()) for one in (text, PICTURE))
    with world.stage.node.home.database.write() as connection:
        meta.put(connection, f"described/{document}", text.decode().replace("Other", "Rival"))
        meta.put(connection, f"picture/{picture}", "image/webp " + base64.b64encode(b"a rival's").decode())
    assert world.client.get(f"/v1/products/data/{document}").status_code == 404
    assert world.client.get(f"/v1/products/pictures/{picture}").status_code == 404


def test_what_is_said_of_another_product_is_not_shown(world: World) -> None:
    """Neither by the service nor by the browser, which compares the number as well."""
    text = description_text(replace(SAYS, gtin=OTHER_GTIN))
    assert published(world, describe(world, "D4", text), text).status_code == 200
    assert world.get(f"/v1/products/01/{GTIN}/10/D4")["product"] is None


def test_one_text_under_two_attestations_is_told_with_the_one_in_question(world: World) -> None:
    text = description_text(replace(SAYS, brand="Both"))
    first, second = describe(world, "D5", text), describe(world, "D6", text)
    published(world, first, text)
    told = [world.get(f"/v1/products/01/{GTIN}/10/{lot}")["product"]["record"] for lot in ("D5", "D6")]
    assert told == [first, second]


def test_what_a_brand_signs_by_mistake_is_not_shown(world: World) -> None:
    record_id = describe(world, "D3", b"no description")
    assert published(world, record_id, b"no description").status_code == 400
    assert world.get(f"/v1/products/01/{GTIN}/10/D3")["product"] is None


def test_the_client_and_the_home_publish_what_a_brand_signed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    text = description_text(replace(SAYS, brand="Published"))
    record_id = describe(world, "D4", text)
    home = HomeClient(world.stage.node)
    with pytest.raises(RuleBroken):
        home.publish_product(record_id, text, b"other bytes")
    assert home.publish_product(record_id, text, b"") == {"kept": 1}
    assert world.get(f"/v1/products/01/{GTIN}/10/D4")["product"]["picture"] is None
    sent: list[Any] = []

    def ask(_: Client, call: Call) -> Answer:
        answer = world.client.request(call.method, call.path, content=call.content(), headers=call.headers())
        sent.append(answer.status_code)
        return Answer(answer.status_code, answer.content, answer.headers)

    monkeypatch.setattr(Client, "_answer", ask)
    assert Client("http://x").publish_product(record_id, text, PICTURE) == {"kept": 2}
    assert sent == [200]
    assert world.get(f"/v1/products/01/{GTIN}/10/D4")["product"]["picture"] is not None
