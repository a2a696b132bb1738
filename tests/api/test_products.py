"""What a scanned code is answered with, and scans that are remembered."""

import pytest

from ledger import merkle
from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.common.periods import DAY
from ledger.common.scopes import schema_hash
from ledger.records.types import Attestation, Claims
from tests.api.world import BAD_LOT, GTIN, LOT, OTHER_GTIN, World
from tests.e2e.stage import MAKER, SCHEMA


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        (f"01/{GTIN}/10/{LOT}/21/000001", "authentic"),
        (f"01/{GTIN}/10/{LOT}", "authentic"),
        (f"01/{GTIN[1:]}/10/{LOT}", "authentic"),  # a GTIN-13 as it stands on the goods
        (f"01/{GTIN}/10/{BAD_LOT}/21/000001", "recalled"),
        (f"01/{GTIN}", "risk"),  # some lots are recalled
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
    attestation = Attestation(
        MAKER, schema_hash(SCHEMA), f"01/{GTIN}/10/A%2FB", NO_HASH, world.stage.now, world.stage.now + DAY, NO_HASH,
        Claims(salt(), ""), NO_HASH, details(),
    )  # fmt: skip
    world.stage.sign(attestation, MAKER)
    assert world.get(f"/v1/products/01/{GTIN}/10/A%2FB")["verdict"] == "authentic"
    assert world.get(f"/v1/products/01/{GTIN}/10/A%2fB")["id"] == f"01/{GTIN}/10/A%2FB"
    assert world.client.get(f"/v1/products/01/{GTIN}/10/A/B").json()["id"] == f"01/{GTIN}/10/A"


def test_a_code_that_turns_up_in_other_hands_is_a_risk(world: World) -> None:
    code = f"01/{GTIN}/10/{LOT}/21/000777"
    mine, other = "device-of-mine", "another-device"
    assert world.post("/v1/products/scans", {"code": code, "device": mine}).json()["verdict"] == "authentic"
    assert world.post("/v1/products/scans", {"code": code, "device": mine}).json()["verdict"] == "authentic"
    # Looking without a device is no scan, but sees the others'.
    assert world.get(f"/v1/products/{code}")["verdict"] == "risk"
    assert world.client.get(f"/v1/products/{code}", headers={"Lading-Device": mine}).json()["verdict"] == "authentic"
    answer = world.post("/v1/products/scans", {"code": f"https://id.example/{code}?x=1", "device": other}).json()
    assert answer["verdict"] == "risk"
    assert answer["why"][0]["code"] == "seen before"


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
    assert world.client.put(f"/v1/products/codes/0x{'00' * 32}", json={"codes": []}).status_code == 404
