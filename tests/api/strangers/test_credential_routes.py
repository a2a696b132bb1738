"""`/v1/credentials`: what issuers publish of their own, as they signed it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.formats.credentials.jose import IssuingKey, open_credential, sign_credential
from ledger.formats.credentials.status import open_status_list
from ledger.services.products.credentials import MOST_BYTES
from tests.api.strangers.desk import Desk, conformity, handed
from tests.api.strangers.test_credential_status import attested, listed, revoked
from tests.api.world import bearer
from tests.e2e.stage import MAKER, SHOP

TYPE = {"Content-Type": "application/vc+jwt"}


@pytest.fixture(scope="module")
def lots() -> Iterator[str]:
    return (f"P{n}" for n in range(50, 100))


def publish(desk: Desk, token: bytes, who: int = MAKER, kind: str = TYPE["Content-Type"]) -> Any:
    headers = {"Content-Type": kind} | bearer(desk.world.token(who))
    return desk.world.client.post("/v1/credentials", content=token, headers=headers)


def issued(desk: Desk, lot: str) -> bytes:
    attested(desk, lot)
    desk.issue(*conformity(desk, lot))
    return (desk.folder / "credential.jwt").read_bytes()


def test_a_credential_is_found_by_its_record_and_read_as_it_was_signed(desk: Desk, lots: Iterator[str]) -> None:
    lot = next(lots)
    token = issued(desk, lot)
    path = f"/v1/records/{desk.world.id(lot)}/credentials"
    assert desk.world.get(path) == {"credentials": []}
    answer = publish(desk, token)
    assert answer.status_code == 201, answer.text
    (entry,) = desk.world.get(path)["credentials"]
    assert entry == answer.json()
    assert (entry["kind"], entry["issuer"], entry["revoked_from"]) == ("DigitalConformityCredential", MAKER, None)
    read = desk.world.client.get(answer.headers["Location"])
    assert (read.content, read.headers["Content-Type"]) == (token.strip(), "application/vc+jwt")
    assert desk.verified(read.text)[0]
    assert publish(desk, token).status_code == 201, "again changes nothing but the time"
    assert len(desk.world.get(path)["credentials"]) == 1


def test_who_accepts_no_tokens_gets_an_envelope(desk: Desk, lots: Iterator[str]) -> None:
    token = issued(desk, next(lots))
    location = publish(desk, token).headers["Location"]
    read = desk.world.client.get(location, headers={"Accept": "application/vc, */*;q=0.1"})
    assert read.headers["Content-Type"] == "application/vc"
    assert read.json() == {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": f"data:application/vc+jwt,{token.decode().strip()}",
        "type": "EnvelopedVerifiableCredential",
    }
    both = desk.world.client.get(location, headers={"Accept": "application/vc, application/vc+jwt"})
    assert both.headers["Content-Type"] == "application/vc+jwt"


def test_only_its_issuer_publishes_and_withdraws(desk: Desk, lots: Iterator[str]) -> None:
    token = issued(desk, next(lots))
    assert desk.world.client.post("/v1/credentials", content=token, headers=TYPE).status_code == 401
    assert publish(desk, token, SHOP).status_code == 403
    location = publish(desk, token).headers["Location"]
    client = desk.world.client
    assert client.delete(location).status_code == 401
    assert client.delete(location, headers=bearer(desk.world.token(SHOP))).status_code == 403
    assert client.get(location).status_code == 200
    assert client.delete(location, headers=bearer(desk.world.token(MAKER))).status_code == 204
    assert client.get(location).status_code == 404
    assert client.delete(location, headers=bearer(desk.world.token(MAKER))).status_code == 404


def test_what_does_not_verify_is_not_published(desk: Desk, lots: Iterator[str]) -> None:
    lot = next(lots)
    token = issued(desk, lot)
    claims = open_credential(token).claims
    subject = claims["credentialSubject"]
    forged = subject | {"issuedToParty": subject["issuedToParty"] | {"name": "Authority"}}
    wrong = (
        desk.resigned(MAKER, claims | {"credentialSubject": forged}).encode(),
        desk.resigned(MAKER, claims | {"vc": {}}).encode(),
        token[:-8] + b"AAAAAAA",
        b"praise",
        b"",
    )
    for one in wrong:
        assert publish(desk, one).status_code == 422, one[:40]
    assert publish(desk, token, kind="application/json").status_code == 415
    assert publish(desk, token + b" " * MOST_BYTES).status_code == 413
    assert desk.world.get(f"/v1/records/{desk.world.id(lot)}/credentials") == {"credentials": []}
    assert publish(desk, token).status_code == 201


def test_what_shows_a_private_part_is_not_kept_here(desk: Desk) -> None:
    claims = desk.issue(*handed(desk, SHOP))
    token = (desk.folder / "credential.jwt").read_bytes()
    assert desk.verified()[0]
    answer = publish(desk, token, SHOP)
    assert (answer.status_code, answer.json()["what"]) == (400, "not kept here")
    assert desk.world.client.get(f"/v1/credentials/{claims['id']}").status_code == 404


def test_what_was_revoked_is_not_published_and_what_was_published_is_marked(desk: Desk, lots: Iterator[str]) -> None:
    lot = next(lots)
    token = issued(desk, lot)
    assert publish(desk, token).status_code == 201
    path = f"/v1/records/{desk.world.id(lot)}/credentials"
    assert desk.world.get(path)["credentials"][0]["revoked_from"] is None
    revoked(desk, lot)
    assert desk.world.get(path)["credentials"][0]["revoked_from"] == desk.world.stage.now
    answer = publish(desk, token)
    assert (answer.status_code, answer.json()["what"]) == (422, "its record was revoked")


def put(desk: Desk, data: bytes, who: int = MAKER, of: int = MAKER, number: int = 0) -> Any:
    log = to_hex(desk.trust.logs[-1].log_id)
    return desk.world.client.put(
        f"/v1/partners/{of}/status-lists/{log}/{number}",
        content=data,
        headers=TYPE | bearer(desk.world.token(who)),
    )


def test_a_partner_publishes_its_status_list(desk: Desk) -> None:
    log = to_hex(desk.trust.logs[-1].log_id)
    path = f"/v1/partners/{MAKER}/status-lists/{log}/0"
    client = desk.world.client
    assert client.get(path).status_code == 404
    first = listed(desk, 3)
    assert client.put(path, content=first, headers=TYPE).status_code == 401
    assert put(desk, first, who=SHOP).status_code == 403
    assert put(desk, listed(desk, partner=SHOP), who=SHOP).status_code == 403
    assert put(desk, listed(desk, partner=SHOP), who=SHOP, of=SHOP).status_code == 400, "its URL is another's"
    assert put(desk, first, number=1).status_code == 400
    assert client.get(path).status_code == 404
    answer = put(desk, first)
    assert answer.status_code == 204, answer.text
    read = client.get(path)
    assert (read.content, read.headers["Content-Type"]) == (first, "application/vc+jwt")
    assert open_status_list(read.content).revoked(3)
    assert put(desk, first).status_code == 204, "the same again"
    desk.world.stage.pass_time(DAY)
    assert put(desk, listed(desk, 4)).status_code == 422, "what was revoked stays revoked"
    assert put(desk, listed(desk, 3, 4)).status_code == 204
    assert put(desk, first).status_code == 422, "an old list hides what was revoked since"
    assert open_status_list(client.get(path).content).revoked(4)


def test_a_list_that_is_over_or_of_records_to_come_is_not_published(desk: Desk) -> None:
    log = to_hex(desk.trust.logs[-1].log_id)
    url = f"https://ledger.example/v1/partners/{MAKER}/status-lists/{log}/7"
    assert put(desk, listed(desk, url=url), number=7).status_code == 404
    late = listed(desk, days=1)
    desk.world.stage.pass_time(2 * DAY)
    assert put(desk, late).status_code == 422
    claims = json.loads(json.dumps(open_status_list(listed(desk)).signed.claims))
    claims["issuer"]["name"] = "Somebody"
    assert put(desk, sign_credential(claims, IssuingKey.of(desk.key(MAKER))).encode()).status_code == 422
