"""The pages of plans: ways on a map, what is cheaper together, demand to come."""

import re

from ledger.api.pages.plans.route_map import route_map
from ledger.planning.distances import Position
from tests.api.world import GTIN, World
from tests.e2e.stage import AUDITOR

ASKED = "origin=CNSHA&destination=NZAKL&packages=10&currency=EUR"
STATED = "time=CN-NZ%3Amaritime%3A480%3A600&time=CN-NZ%3Aair%3A72%3A96"
EMPTY = "&between=&customs=&within="
EMPTY += "&value=&depart=&promised=&alpha=&cap=&holding=&shipment=&without=&without_mode=&distance="


def shown(world: World, path: str, status: int = 200) -> str:
    world.client.cookies.set("lading", world.token(AUDITOR))
    answer = world.client.get(path, headers={"Accept": "text/html", "Authorization": f"Bearer {world.token(AUDITOR)}"})
    assert answer.status_code == status, answer.text[:500]
    return re.sub(r"\s+", " ", answer.text)


def test_the_ways_are_drawn_and_told(world: World, cards: dict[int, str]) -> None:
    text = shown(world, f"/plans?{ASKED}&{STATED}{EMPTY}")
    assert text.count("<polyline") == 2
    assert "Way 1:" in text
    assert cards[5] in text
    assert text.count("If this fails") > 2, "of each way"
    assert "stated, not verified" in text
    assert "exact" not in text


def test_an_empty_form_is_shown_and_a_wrong_one_again(world: World, cards: dict[int, str]) -> None:
    assert "<form" in shown(world, "/plans")
    wrong = shown(world, f"/plans?{ASKED}&time=soon", 400)
    assert "not a time" in wrong
    assert 'value="CNSHA"' in wrong


def test_the_public_is_told_to_sign_in(world: World) -> None:
    for path in ("/plans", "/plans/consolidation", "/plans/forecast"):
        world.client.cookies.clear()
        answer = world.client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 403
        assert "sign-in" in answer.text


def test_what_is_cheaper_together_is_told(world: World, waiting: tuple[str, str]) -> None:
    text = shown(world, "/plans/consolidation?currency=EUR&collector=6:1000:5")
    assert waiting[0] in text
    assert "brings them together" in text
    assert "not attested" in text
    assert 'role="alert"' in shown(world, "/plans/consolidation?currency=EUR&collector=nobody", 400)
    assert "instead of" in text
    assert "<form" in shown(world, "/plans/consolidation")


def test_the_demand_is_told(world: World) -> None:
    assert "nothing is forecast" in shown(world, f"/plans/forecast?gtin={GTIN}")
    assert "<form" in shown(world, "/plans/forecast")
    assert 'role="alert"' in shown(world, "/plans/forecast?gtin=12", 400)


def test_there_is_no_map_without_places() -> None:
    assert route_map((), {False: {"CNSHA": Position(312, 1214)}, True: {}}) is None
