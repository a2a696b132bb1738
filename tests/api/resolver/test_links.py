"""The GS1 resolver over the real API: languages, labels, and what is no Digital Link."""

from typing import Any
from urllib.parse import urljoin

import pytest
from jsonschema import Draft7Validator

from ledger.formats.gs1 import compression, element_string
from tests.api.resolver.schemas import LINKSET as LINKSET_SCHEMA
from tests.api.resolver.schemas import VOCABULARY
from tests.api.world import GTIN, LOT, World

ROOT = "http://127.0.0.1:8000"
PATH = f"/01/{GTIN}/10/{LOT}/21/000001"
LINKSET = {"Accept": "application/linkset+json"}


def links_of(world: World, path: str, query: str = "?linkType=linkset") -> list[dict[str, Any]]:
    answer = world.client.get(path + query)
    assert answer.status_code == 200, answer.text
    Draft7Validator(LINKSET_SCHEMA).validate(answer.json())
    found: list[dict[str, Any]] = answer.json()["linkset"]
    return found


def location(world: World, path: str, **headers: str) -> str:
    answer = world.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert answer.status_code == 307, answer.text
    return urljoin(ROOT, answer.headers["location"])


def test_without_a_type_the_default_link_is_taken_and_the_query_goes_along(world: World) -> None:
    (default,) = links_of(world, PATH)[0][VOCABULARY + "defaultLink"]
    assert location(world, PATH) == default["href"]
    assert world.client.get(default["href"].removeprefix(ROOT)).status_code == 200
    assert location(world, f"{PATH}?foo=bar&17=261231") == f"{default['href']}?foo=bar&17=261231"
    assert location(world, f"{PATH}/") == location(world, PATH)
    assert location(world, f"{PATH}?lang=de&mediaType=text/html&x=%26") == f"{default['href']}?lang=de&x=%26"
    assert location(world, f"{PATH}?lang=xx") == default["href"]
    for spelling in ("gs1:", "https://gs1.org/voc/", "https://ref.gs1.org/voc/", "http://www.gs1.org/voc/"):
        assert location(world, f"{PATH}?linkType={spelling}defaultLink") == default["href"]


def test_the_page_is_led_to_in_the_language_that_is_asked_for(world: World) -> None:
    assert "lang=fr" in location(world, f"{PATH}?linkType=gs1:pip", accept_language="fr-CH, de;q=0.5")
    assert "lang=de" in location(world, f"{PATH}?linkType=gs1:pip", accept_language="xx, fr;q=0.4, de;q=0.5")
    assert "lang=" not in location(world, f"{PATH}?linkType=gs1:pip", accept_language="xx")
    assert "lang=zh-CN" in location(world, f"{PATH}?linkType=gs1:pip", accept_language="zh")
    assert "lang=" not in location(world, f"{PATH}?linkType=gs1:pip")


def test_no_link_of_a_type_is_not_found_and_says_which_there_are(world: World) -> None:
    for kind in ("gs1:nosuchlt", "nonsense", "https://example.org/voc/pip", "gs1:"):
        answer = world.client.get(f"{PATH}?linkType={kind}")
        assert answer.status_code == 404
        assert "gs1:pip" in answer.json()["expected"]


@pytest.mark.parametrize(
    "path",
    [f"{PATH}/foo", "/01/123", f"/01/{GTIN}/99/x", f"/01/{GTIN[:-1]}9", f"{PATH}?10=L", f"{PATH}?17=261399", "/01/",
     f"/01/{GTIN}/10/a%20b", f"/01/{GTIN}/10/%00", f"/01/{GTIN}/21/S/10/L", f"{PATH}?12345=1"],
)  # fmt: skip
def test_what_is_no_digital_link_is_refused(world: World, path: str) -> None:
    answer = world.client.get(path, headers=LINKSET)
    assert answer.status_code == 400, answer.text
    assert answer.json()["what"]


def test_a_compressed_link_says_what_it_stands_for(world: World) -> None:
    elements = element_string.parse(f"(01){GTIN}(10){LOT}(21)000001")
    segment = compression.compressed(elements, ROOT).removeprefix(ROOT)
    answer = world.client.get(f"{segment}?x=1")
    assert (answer.status_code, answer.headers["location"]) == (307, f"{ROOT}/p{PATH}?x=1")
    assert f'<{ROOT}{PATH}>; rel="owl:sameAs"' in answer.headers["link"]
    assert world.client.get(segment, headers=LINKSET).json()["linkset"] == links_of(world, PATH)
    assert links_of(world, segment) == links_of(world, PATH)
    assert world.client.get("/sign-out").status_code == 405, "a path of the pages is none"
    for path in ("/nothing", "/ARHKVAdpQh", "/favicon.ico", "/a.b", "/%00"):
        assert world.client.get(path).status_code == 404, path


@pytest.mark.parametrize(
    "code",
    [f"]d201{GTIN}10{LOT}\x1d21000001", f"(01){GTIN}(10){LOT}(21)000001", f"https://example.org{PATH}", PATH,
     compression.compressed(element_string.parse(f"(01){GTIN}(10){LOT}(21)000001"))],
)  # fmt: skip
def test_a_label_is_taken_apart(world: World, code: str) -> None:
    found = world.get("/v1/codes", params={"code": code})
    assert [(one["ai"], one["title"], one["value"]) for one in found["elements"]] == [
        ("01", "GTIN", GTIN), ("10", "BATCH/LOT", LOT), ("21", "SERIAL", "000001"),
    ]  # fmt: skip
    assert found["message"] == f"^01{GTIN}10{LOT}^21000001"
    assert found["link"] == f"https://id.gs1.org{PATH}"
    assert compression.decompressed(found["compressed"]) == found["link"]
    assert found["product"] == PATH.removeprefix("/")
    assert world.get(f"/v1/products/{found['product']}")["id"] == found["product"]
    assert world.get("/v1/search", params={"q": code.replace("\x1d", "^")})["matches"][0]["id"] == found["product"]


def test_a_label_without_a_product_or_a_key_says_what_it_can(world: World) -> None:
    found = world.get("/v1/codes", params={"code": "(00)106141412345678908"})
    assert (found["product"], found["link"]) == (None, "https://id.gs1.org/00/106141412345678908")
    found = world.get("/v1/codes", params={"code": "(10)L1(17)261231"})
    assert (found["product"], found["link"], found["compressed"]) == (None, None, None)
    refused = world.client.get("/v1/codes", params={"code": f"(01){GTIN}(10)A(1)B"})
    assert (refused.status_code, refused.json()["found"]) == (400, "(1)B")
