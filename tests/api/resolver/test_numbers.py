"""Loads by their SSCC, places and parties by their GLN: links for everybody, behind them what each may see."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.demo.scribe import salt
from ledger.cli.sandbox import Party
from ledger.codes import Role
from ledger.records.types import Load, Place
from ledger.registry.enrolment import RoleRequest
from tests.api.world import World, bearer, running_world
from tests.e2e.stage import AUDITOR, CARRIER, DELAY, MAKER, OCEAN, SECOND, SHOP, key_of

ROOT = "http://127.0.0.1:8000"
SSCC, UNKNOWN_SSCC = "106141412345678908", "106141411234567897"
GLN, PLACE, UNKNOWN_GLN = "9506000111117", "9506000140445", "9506000111124"
NEWCOMER = 14


@pytest.fixture(scope="module")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One of its own, with a load in it and a partner that has a GLN."""
    with running_world(founded, tmp_path_factory.mktemp("numbers") / "home") as running:
        stage = running.stage
        shipment = stage.open(lot="LOT 5")
        leg = stage.scribe_handoff(MAKER, CARRIER, (shipment, 0, 10))
        where = Place(salt(), "NZ", "NZAKL", PLACE, "Quay 7")
        running.ids["carried"] = stage.sign(replace(leg, load=Load(salt(), f"(00){SSCC}"), place=where), MAKER, CARRIER)
        newcomer = Party(NEWCOMER, "Newcomer Freight", key_of("newcomer"))
        stage.trial.admit([(newcomer, GLN, (RoleRequest(Role.CARRIER),))])
        stage.pass_time(DELAY + 600)
        stage.node.settle()
        yield running


def behind(world: World, path: str, kind: str = "", token: str = "") -> Any:
    """What a reader gets who follows the link of a type."""
    answer = world.client.get(path, params={"linkType": kind} if kind else None)
    assert answer.status_code == 307, answer.text
    return world.client.get(answer.headers["location"].removeprefix(ROOT), headers={"Accept": "*/*", **bearer(token)})


@pytest.mark.parametrize("spelling", ["/00/{}", "/sscc/{}/"])
def test_who_may_read_the_handoff_finds_it_by_the_load_and_nobody_else(world: World, spelling: str) -> None:
    carried = world.id("carried")
    for reader in (MAKER, CARRIER, SHOP, AUDITOR):
        found = behind(world, spelling.format(SSCC), "gs1:verificationService", world.token(reader)).json()
        assert [(one["kind"], one["id"]) for one in found["matches"]] == [("load", carried)], reader
    for token in ("", world.token(SECOND), world.token(OCEAN)):
        known = behind(world, spelling.format(SSCC), "gs1:verificationService", token).json()
        unknown = behind(world, spelling.format(UNKNOWN_SSCC), "gs1:verificationService", token).json()
        assert known == {**unknown, "asked": SSCC}, "as if there were none"


def test_the_events_of_a_load_are_told_to_those_alone_who_may_see_them(world: World) -> None:
    def events(sscc: str, token: str) -> list[Any]:
        answer = behind(world, f"/00/{sscc}", "gs1:epcis", token)
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        return found

    assert events(SSCC, world.token(CARRIER))
    for token in ("", world.token(SECOND)):
        assert events(SSCC, token) == events(UNKNOWN_SSCC, token) == []


def test_the_links_of_a_load_are_those_of_every_load(world: World) -> None:
    """A linkset that knew more of one than of another would tell who recorded what."""
    asked = {"Accept": "application/linkset+json"}
    for token in ("", world.token(MAKER), world.token(SECOND)):
        for path, number, other in (
            ("/00/", SSCC, UNKNOWN_SSCC),
            ("/414/", PLACE, UNKNOWN_GLN),
            ("/417/", GLN, UNKNOWN_GLN),
        ):
            known = world.client.get(f"{path}{number}", headers={**asked, **bearer(token)})
            unknown = world.client.get(f"{path}{other}", headers={**asked, **bearer(token)})
            assert known.text.replace(number, "#") == unknown.text.replace(other, "#")
            assert dict(known.headers)["link"].replace(number, "#") == dict(unknown.headers)["link"].replace(other, "#")


def test_a_page_says_what_a_reader_may_see_of_a_load(world: World) -> None:
    public = behind(world, f"/00/{SSCC}")
    assert public.status_code == 200
    assert "Nothing that you may see" in public.text
    assert world.id("carried")[2:10] not in public.text
    seen = behind(world, f"/00/{SSCC}", token=world.token(CARRIER))
    assert (seen.status_code, seen.headers["location"]) == (303, f"/records/{world.id('carried')}")
    german = world.client.get(f"/00/{SSCC}?lang=de").headers["location"].removeprefix(ROOT)
    assert "Nichts" in world.client.get(german).text
    led = world.client.get(german, headers=bearer(world.token(CARRIER)))
    assert led.headers["location"] == f"/records/{world.id('carried')}?lang=de"


@pytest.mark.parametrize("path", [f"/417/{GLN}", f"/414/{GLN}", f"/414/{GLN}/254/7", f"/party/{GLN}"])
def test_a_partner_is_found_by_its_gln_by_everybody(world: World, path: str) -> None:
    led = behind(world, path)
    assert (led.status_code, led.headers["location"]) == (303, f"/partners/{NEWCOMER}")
    (match,) = behind(world, path, "gs1:verificationService").json()["matches"]
    assert (match["kind"], match["id"], match["name"]) == ("partner", str(NEWCOMER), "Newcomer Freight")


def test_a_place_in_private_parts_is_found_by_nobody(world: World) -> None:
    for token in ("", world.token(MAKER)):
        assert behind(world, f"/414/{PLACE}", "gs1:verificationService", token).json()["matches"] == []
    found = behind(world, f"/414/{PLACE}", "gs1:epcis").json()
    assert found["epcisBody"]["queryResults"]["resultsBody"]["eventList"] == []
    found = behind(world, f"/414/{PLACE}", "gs1:epcis", world.token(MAKER)).json()
    assert len(found["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 1


@pytest.mark.parametrize(
    "code",
    ["(00){}", "]C100{}", "00/{}", "https://id.gs1.org/00/{}", "00 {}", "{}", "^00{}", "https://a.example/x/sscc/{}"],
)
def test_the_search_takes_a_load_in_every_spelling(world: World, code: str) -> None:
    token = world.token(CARRIER)
    found = world.get("/v1/search", token, params={"q": code.format(SSCC)})
    assert [(one["kind"], one["id"]) for one in found["matches"]] == [("load", world.id("carried"))]


def test_an_orders_number_is_not_taken_for_a_code(world: World) -> None:
    asked = world.get("/v1/search", params={"q": f"417{GLN}"})
    assert (asked["asked"], asked["matches"]) == (f"417{GLN}", []), "digits alone stay what they are"


def test_what_the_query_says_does_not_go_to_what_has_no_such_parameters(world: World) -> None:
    for kind in ("gs1:verificationService", "gs1:epcis"):
        answer = behind(world, f"/00/{SSCC}?02=09520123456788&37=25&x=1&linkType={kind}")
        assert answer.status_code == 200, answer.text
