"""What a claims handler reads on the pages of shipments and records: what stands, what stood, who signed it and why."""

import re

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from ledger.canonical import canonical_json
from ledger.codes import AmendmentKind
from ledger.ids import RecordId, to_hex
from ledger.records import Amendment
from ledger.signing import SigningKey
from scripts.demo.scribe import NO_HASH, details
from tests.api.world import World
from tests.e2e.stage import CARRIER, HOUR, MAKER, SECOND, SHOP, Stage
from tests.e2e.test_pages import Page, sign_in


@pytest.fixture
def world(stage: Stage) -> World:
    """The stage, empty of goods, behind the pages."""
    client = TestClient(create_app(stage.node), base_url="http://127.0.0.1:8000", follow_redirects=False)
    return World(stage, client, {})


def read(world: World, path: str, *, reader: int = 0) -> str:
    """The words of a page, for a partner's eyes or for the public's."""
    world.client.cookies.clear()
    if reader:
        sign_in(world, reader)
    return re.sub(r" ([,.:;)])", r"\1", Page(world.page(path)).text)


def amend(
    stage: Stage, target: RecordId, kind: AmendmentKind, changes: dict[str, object], *signers: int | SigningKey
) -> RecordId:
    text = canonical_json(changes).decode()
    return stage.sign(Amendment(target, NO_HASH, int(kind), details(text)), *signers)


def test_a_records_page_tells_what_was_signed_about_it_later(world: World) -> None:
    stage = world.stage
    goods = stage.open(10)
    leg = stage.hand(MAKER, CARRIER, (goods, 0, 10))
    happened = stage.now
    stage.pass_time(HOUR)
    change = amend(stage, leg, AmendmentKind.CORRECTION, {"occurredAt": happened - HOUR}, MAKER, CARRIER)
    stage.endorse(leg, SHOP)
    public = read(world, f"/records/{to_hex(leg)}")
    assert f"Amended by Partner {MAKER}, Partner {CARRIER}" in public
    assert f"Endorsed by Partner {SHOP}" in public
    assert "becomes" not in public
    for reader in (MAKER, CARRIER, SHOP):
        own = read(world, f"/records/{to_hex(leg)}", reader=reader)
        assert "Correction" in own
        assert "Was" in own
        assert "Becomes" in own
    assert "becomes" not in read(world, f"/records/{to_hex(leg)}", reader=SECOND).lower()
    assert "Becomes" in read(world, f"/records/{to_hex(change)}", reader=CARRIER)
