"""Keys of a partner over the API and on the page: what each may sign, until when, and who sees a device's name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.api.app import create_app
from ledger.api.pages import libraries
from ledger.cli.demo.scribe import details
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import key_scopes
from ledger.records.types import Details, KeyGrant, KeyRevoke
from ledger.registry.partner_book import PartnerBook
from tests.api.world import UNLIMITED, World
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, SHOP, key_of, staged

NAMED = '{"device":"Phone at gate 3"}'
PHONE, SCANNER, LATER = key_of("phone"), key_of("scanner"), key_of("later")


@pytest.fixture(scope="module")
def granted(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three devices of the carrier: one in force, one that is over, one that was revoked."""
    with staged(founded, tmp_path_factory.mktemp("keys") / "home") as stage:
        for key, days in ((SCANNER, 1), (PHONE, 90), (LATER, 60)):
            until = stage.now + days * DAY
            text = Details(bytes(16), NAMED) if key is PHONE else details()
            record = KeyGrant(CARRIER, key.address, 0, key_scopes((5, 7)), stage.now, until, text)
            stage.sign(record, CARRIER, key)
        stage.sign(KeyRevoke(CARRIER, LATER.address, details()), CARRIER)
        stage.pass_time(2 * DAY)
        yield World(stage, TestClient(create_app(stage.node, UNLIMITED), base_url="http://127.0.0.1:8000"), {})


def keys(world: World, token: str = "") -> list[dict[str, Any]]:
    answer = world.get(f"/v1/partners/{CARRIER}/keys", token)
    assert answer["partner"] == CARRIER
    return list(answer["keys"])


def test_each_key_says_what_it_is_and_how_it_stands(granted: World) -> None:
    found = {key["address"]: key for key in keys(granted)}
    master = found[to_hex(granted.stage.parties[CARRIER].key.address)]
    assert (master["kind"], master["status"], master["valid_until"]) == ("master", "in force", None)
    assert (master["may_sign"], master["granted_by"]) == ("everything", None)
    statuses = {PHONE: "in force", SCANNER: "expired", LATER: "revoked"}
    for key, status in statuses.items():
        device = found[to_hex(key.address)]
        assert (device["kind"], device["status"]) == ("device", status)
        assert (device["types"], device["may_sign"]) == (["Handoff", "Statement"], "Handoff, Statement")
        assert granted.get(f"/v1/records/{device['granted_by']}")["type"] == "KeyGrant"
    assert [key["status"] for key in keys(granted)] == ["in force", "in force", "revoked", "expired"]
    assert keys(granted)[0]["kind"] == "master"


@pytest.mark.parametrize(
    ("who", "name"),
    [(CARRIER, "Phone at gate 3"), (AUDITOR, "Phone at gate 3"), (SHOP, ""), (None, ""), (PHONE, "")],
    ids=["the partner", "an auditor", "another partner", "the public", "the device itself"],
)
def test_the_name_of_a_device_is_for_its_partner_and_auditors(granted: World, who: Any, name: str) -> None:
    token = "" if who is None else granted.token(who)
    device = next(key for key in keys(granted, token) if key["address"] == to_hex(PHONE.address))
    assert device["device"] == name


def test_only_partners_have_keys(granted: World) -> None:
    for path in ("/v1/partners/77/keys", "/v1/partners/0/keys", "/v1/partners/x/keys"):
        assert granted.client.get(path).status_code in (400, 404)


def test_the_partner_book_is_signed_by_the_log(granted: World) -> None:
    log = granted.stage.node.home.consortium.log
    book = PartnerBook.from_json(granted.get("/v1/partners/book"), [log])
    entry = book.owner(PHONE.address)
    assert entry is not None
    assert (entry.partner, entry.keys[PHONE.address]) == (CARRIER, key_scopes((5, 7)))
    assert book.owner(LATER.address) is book.owner(SCANNER.address) is None
    assert book.names[MAKER] == "Partner 2"


def test_the_page_lists_the_keys_of_who_has_signed_in_and_of_nobody_else(granted: World) -> None:
    assert "Keys of" not in granted.page("/devices")
    granted.client.cookies.set("lading_session", granted.token(CARRIER))
    text = granted.page("/devices")
    granted.client.cookies.clear()
    assert "Keys of Partner 3" in text
    assert "Phone at gate 3" in text
    assert text.count("data-revoke=") == 1, "what is over or revoked is not revoked again"
    assert f'data-revoke="{to_hex(PHONE.address)}"' in text
    assert 'value="5"' in text.partition("What it may sign")[2]


def test_the_page_says_in_words_that_its_scripts_were_not_built(
    granted: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(libraries, "FOLDER", tmp_path)
    text = granted.page("/devices")
    assert "lib/curves.js" in text
    assert "/static/devices.js" not in text
