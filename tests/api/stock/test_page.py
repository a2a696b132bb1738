"""The page of stock: what its reader may know, in words, with the same as files."""

import re
from collections.abc import Iterator

import pytest

from tests.api.world import GTIN, World
from tests.e2e.stage import AUDITOR, SECOND, SHOP


@pytest.fixture
def signed_in(world: World) -> Iterator[World]:
    yield world
    world.client.cookies.clear()


def sign_in(world: World, who: int) -> None:
    answer = world.client.post("/sign-in", data={"token": world.token(who)}, headers={"Accept": "text/html"})
    assert answer.status_code == 303


def page_of(world: World, who: int, path: str) -> str:
    sign_in(world, who)
    return " ".join(re.sub(r"<[^>]+>", " ", world.page(path)).split())


def test_the_public_is_asked_to_sign_in(world: World) -> None:
    text = world.page("/stock")
    assert "Stock is shown to partners and to auditors." in " ".join(text.split())
    assert GTIN not in text


def test_it_shows_sums_and_their_age(signed_in: World) -> None:
    text = page_of(signed_in, AUDITOR, "/stock")
    assert GTIN in text
    assert "Who holds which goods at" in text
    assert "Up to 30 days" in text
    assert "EPCIS inventory snapshot" in text
    assert "There is no such stock." in page_of(signed_in, AUDITOR, "/stock?lot=NONE")
    assert "There is no such stock." in page_of(signed_in, AUDITOR, "/stock?at=2001-01-01")


def test_a_partner_sees_its_own(signed_in: World) -> None:
    assert GTIN in page_of(signed_in, SHOP, f"/stock?partner={SHOP}")
    assert "There is no such stock." in page_of(signed_in, SECOND, "/stock")


def test_what_is_no_gtin_is_told(signed_in: World) -> None:
    sign_in(signed_in, AUDITOR)
    answer = signed_in.client.get("/stock?gtin=12", headers={"Accept": "text/html"})
    assert (answer.status_code, "not a gtin" in answer.text.lower()) == (400, True)
