"""Routes over HTTP: by cards that the reader may read, in the time that its deliveries took."""

from typing import Any

import pytest

from ledger.attested.fx import day_of, day_text
from ledger.common.ids import to_hex
from tests.api.plans.conftest import accredited, said
from tests.api.world import World, bearer
from tests.e2e.stage import AUDITOR, BROKER, CARRIER, CONSUMER, MAKER, OCEAN, SECOND, SHOP

DAY = 86_400
ASKED = "/v1/plans/route?origin=CNSHA&destination=NZAKL&packages=10&currency=EUR&holidays=false"
STATED = "&time=CN-NZ:maritime:480:600&time=CN-NZ:air:72:96"


def test_the_cheapest_way_rests_on_attested_cards(world: World, cards: dict[int, str]) -> None:
    answer = world.get(ASKED + STATED + "&distance=CNSHA-NZAKL:9400", world.token(AUDITOR))
    sea, air = answer["plan"]["ways"]
    assert (sea["charge"], sea["legs"][0]["card"], sea["legs"][0]["basis"]) == ("11000", cards[OCEAN], "stated")
    assert (air["charge"], air["legs"][0]["card"], air["legs"][0]["kilometres"]) == ("65800", cards[SECOND], 9400)
    assert answer["plan"]["cost"] == answer["plan"]["bound"] == "11000"
    failing = {(one["fails"], one["name"]): one["cost"] for one in sea["failures"]}
    assert failing == {("mode", "maritime"): "65800", ("partner", str(OCEAN)): "65800"}
    assert [(one["name"], one["cost"], one["more"]) for one in air["failures"]] == [
        ("air", "11000", "0"), (str(SECOND), "11000", "0"),
    ]  # fmt: skip
    assert any("cheapest way" in line for line in answer["explanation"])


def test_the_price_is_that_of_the_day_of_departure(world: World, cards: dict[int, str]) -> None:
    """The cards are valid for ninety days: of goods that leave later nobody knows the price."""
    for days, count in ((80, 2), (95, 0)):
        later = f"&depart={world.stage.now + days * DAY}&distance=CNSHA-NZAKL:9400"
        assert len(world.get(ASKED + STATED + later, world.token(AUDITOR))["plan"]["ways"]) == count


def test_a_penalty_may_pay_for_the_aeroplane(world: World, cards: dict[int, str]) -> None:
    late = f"&promised={world.stage.now + 5 * DAY}&alpha=1000&cap=1000000&distance=CNSHA-NZAKL:9400"
    answer = world.get(ASKED + STATED + late, world.token(AUDITOR))
    air, sea = answer["plan"]["ways"]
    assert air["legs"][0]["mode"] == "air"
    assert sea["p50"]["penalty"] == "225000", "20 - 5 days late, 1000 a day²"
    assert sea["p50"]["cost"] == "236000"


def test_a_distance_that_nobody_stated_is_that_on_the_globe_where_places_are_known(
    world: World, cards: dict[int, str]
) -> None:
    answer = world.get(ASKED + STATED, world.token(AUDITOR))
    (leg,) = next(way for way in answer["plan"]["ways"] if way["legs"][0]["mode"] == "air")["legs"]
    assert 9_000 < leg["kilometres"] < 9_800
    unknown = world.get(ASKED.replace("CNSHA", "CNQQQ") + STATED, world.token(AUDITOR))
    assert unknown["plan"]["left_out"] == {"distance": 1}
    assert unknown["plan"]["ways"] == []


def test_what_a_reader_may_not_read_is_in_no_plan(world: World, cards: dict[int, str]) -> None:
    def modes(who: int) -> set[str]:
        plan = world.get(ASKED + STATED + "&distance=CNSHA-NZAKL:9400", world.token(who))["plan"]
        return {leg["mode"] for way in plan["ways"] for leg in way["legs"]}

    assert modes(SECOND) == {"air", "maritime"}, "its own card, and one for all partners"
    assert modes(SHOP) == {"maritime"}
    assert world.client.get(ASKED).status_code == 403, "the public"


def test_a_route_of_a_shipment_goes_by_its_own_terms(world: World, cards: dict[int, str]) -> None:
    shipment = world.id("open")
    path = f"/v1/plans/route?shipment={shipment}&origin=CNSHA&destination=NZAKL{STATED}"
    plan = world.get(path, world.token(SHOP))["plan"]
    assert (plan["packages"], plan["currency"], plan["value"]) == (10, "EUR", "1000000")
    assert int(plan["ways"][0]["p50"]["penalty"]) > 0
    assert world.client.get(path, headers=bearer(world.token(CARRIER))).status_code == 200, "it is liable"
    assert world.client.get(path, headers=bearer(world.token(SECOND))).status_code == 403
    unknown = path.replace(shipment, "0x" + "77" * 32)
    assert world.client.get(unknown, headers=bearer(world.token(SHOP))).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        "&without=CNSHA",
        "&without_mode=balloon",
        "&time=CN-NZ:air:9:3",
        "&distance=far",
        "&alpha=3",
        "&destination=CNSHA",
        "&ways=11",
        "&packages=0",
        "&customs=-1",
        "&depart=yesterday",
        "&colour=red",
    ],
)
def test_a_question_that_makes_no_sense_is_refused(world: World, cards: dict[int, str], wrong: str) -> None:
    answer = world.client.get(ASKED + wrong, headers=bearer(world.token(MAKER)))
    assert answer.status_code == 400, answer.text


def test_recipients_keys_make_no_plans(world: World, cards: dict[int, str]) -> None:
    assert world.client.get(ASKED, headers=bearer(world.token(CONSUMER))).status_code == 403


def test_cards_in_another_currency_count_by_rates_that_the_reader_may_reckon_with(
    world: World, cards: dict[int, str]
) -> None:
    def plan(who: int, more: str = "") -> Any:
        return world.get(ASKED.replace("EUR", "USD") + STATED + more, world.token(who))["plan"]

    for issuer in (BROKER, MAKER):
        accredited(world, issuer, "fx")
    table: dict[str, Any] = {
        "lading": "fx/1", "base": "EUR", "source": "fixing", "day": day_text(day_of(world.stage.now)),
        "rates": {"USD": {"amount": 3, "per": 2}},
    }  # fmt: skip
    shown = said(world, BROKER, "fx", table | {"for": "partners"})
    said(world, MAKER, "fx", table)
    assert (plan(SHOP)["ways"], set(plan(SHOP)["left_out"])) == ([], {"currency"})
    (leg,) = plan(SHOP, f"&rates={BROKER}&older=1")["ways"][0]["legs"]
    assert (leg["charge"], leg["currency"], leg["card"]) == ("16500", "USD", cards[OCEAN])
    assert (leg["exchange"]["charge"], leg["exchange"]["rate"]) == ("11000", to_hex(shown))
    assert plan(SHOP, f"&rates={MAKER}&older=1")["ways"] == [], "kept from other partners"
    assert plan(AUDITOR, f"&rates={MAKER}&older=1")["ways"]
    assert plan(SHOP, f"&rates={CARRIER}&older=31")["ways"] == [], "who attested none"
