"""Provenance over the API and on pages: by right, in words, with a picture that is a table too."""

import re

import pytest

from ledger.common.ids import to_hex
from ledger.services.views.records import Reader
from tests.api.world import World, bearer
from tests.e2e.provenance.kitchen import BLEND, MADE_LOT, POWDER_LOT, Kitchen, blend, recall
from tests.e2e.stage import AUDITOR, AUTHORITY, BROKER, SHOP, WAREHOUSE


@pytest.fixture(scope="package")
def kitchen(world: World) -> Kitchen:
    return blend(world.stage)


def html(world: World, path: str, who: int | None = None, status: int = 200) -> str:
    headers = {"Accept": "text/html"}
    if who is not None:
        headers["Cookie"] = f"lading_session={world.token(who)}"
    answer = world.client.get(path, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.text


def test_an_auditor_gets_shares_and_balances(world: World, kitchen: Kitchen) -> None:
    told = world.get(f"/v1/provenance?subject={to_hex(kitchen.sold)}", world.token(AUDITOR))
    shares = {node["shipment"]: node["share"] for node in told["shipments"]}
    assert shares[to_hex(kitchen.sugar)] == {"exact": "1/4", "millionths": 250_000, "basis": "packages"}
    assert [one["verdict"] for one in told["balances"] if one["made"] == "transformation"] == ["even"]
    up = world.get(f"/v1/provenance?subject={to_hex(kitchen.made)}&way=up", world.token(AUDITOR))
    assert to_hex(kitchen.sold) not in {node["shipment"] for node in up["shipments"]}


def test_what_was_opened_is_noted(world: World, kitchen: Kitchen) -> None:
    subject = to_hex(kitchen.made)
    world.get(f"/v1/provenance?subject={subject}", world.token(AUDITOR))
    seen = world.stage.node.reader.views.openings(kitchen.made, Reader(WAREHOUSE, key=b"w" * 20))
    assert AUDITOR in {one.partner.id for one in seen}


def test_others_are_refused_in_words(world: World, kitchen: Kitchen) -> None:
    path = f"/v1/provenance?subject={to_hex(kitchen.made)}"
    for token in ("", world.token(BROKER)):
        refused = world.client.get(path, headers=bearer(token))
        assert refused.status_code == 403
        assert "authorities" in refused.text
    for subject, status in (
        ("nonsense", 400),
        ("0x12", 400),
        ("0x" + "07" * 32, 404),
        ("01/09421900000012/10/NONE", 404),
    ):
        bad = world.client.get(f"/v1/provenance?subject={subject}", headers=bearer(world.token(AUDITOR)))
        assert bad.status_code == status, bad.text


def test_the_page_has_a_picture_and_says_the_same_as_a_table(world: World, kitchen: Kitchen) -> None:
    shown = html(world, f"/provenance?subject={to_hex(kitchen.sold)}", AUDITOR)
    assert shown.count("<rect") == 5
    assert shown.count("<path") == 4
    assert len(re.findall(r"<td data-label=\"Share\">(?:75|25) % by packages</td>", shown)) == 3
    assert re.search(r"<text[^>]*>NZAKL, [0-9]{1,2} [A-Z][a-z]+ 20[0-9]{2}</text>", shown)
    assert "dust in the mixer" in shown
    assert "what went in came out" in shown
    assert "style=" not in shown
    html(world, f"/provenance?subject={to_hex(kitchen.sold)}", None, 403)
    assert 'name="subject"' in html(world, "/provenance")
    assert POWDER_LOT not in html(world, f"/provenance?subject={to_hex(kitchen.sold)}", SHOP)


def test_the_products_page_names_inputs_to_who_may_know_them(world: World, kitchen: Kitchen) -> None:
    page = f"/p/01/{BLEND}/10/{MADE_LOT}"
    own, public = html(world, page, WAREHOUSE), html(world, page)
    assert POWDER_LOT in own
    assert "75 %" in own
    for text in (public, html(world, page, SHOP)):
        assert to_hex(kitchen.sugar) in text
        assert POWDER_LOT not in text
        assert "75 %" not in text


def test_gaps_are_listed_by_right(world: World, kitchen: Kitchen) -> None:
    at = world.stage.now + 400 * 86_400
    every = world.get(f"/v1/provenance/gaps?at={at}&limit=1", world.token(AUDITOR))
    assert every["total"] > len(every["findings"]) == 1
    own = world.get(f"/v1/provenance/gaps?at={at}&code=never_received", world.token(SHOP))
    assert {one["code"] for one in own["findings"]} == {"never_received"}
    assert all(one["records"] and one["text"] for one in own["findings"])
    others = world.get(f"/v1/provenance/gaps?at={at}", world.token(BROKER))
    assert (others["total"], others["findings"]) == (0, [])
    assert world.client.get("/v1/provenance/gaps").status_code == 403
    assert "Where records do not add up" in html(world, "/gaps", SHOP)
    assert kitchen.stage is world.stage


def test_a_recall_page_tells_what_was_made_of_the_goods(world: World, kitchen: Kitchen) -> None:
    record = recall(kitchen, AUTHORITY)
    assert "made of them" in html(world, f"/recalls/{to_hex(record)}", SHOP)
    assert to_hex(record) in html(world, f"/shipments/{to_hex(kitchen.sold)}", SHOP)
