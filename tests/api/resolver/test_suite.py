"""What GS1's own suite asks of a resolver, check by check, of every key that is answered here."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft7Validator

from ledger.common.gs1_keys import check_digit
from ledger.formats.gs1 import compression, digital_link
from tests.api.resolver.schemas import DESCRIPTION, LINK_TYPES, LINKSET, VOCABULARY
from tests.api.world import GTIN, LOT, World

ROOT = "http://127.0.0.1:8000"
SSCC, GLN = "106141412345678908", "950600011111" + check_digit("950600011111")
PATHS = [
    f"/01/{GTIN}", f"/01/{GTIN}/10/{LOT}", f"/01/{GTIN}/22/V/10/{LOT}/21/000001", f"/01/{GTIN}/21/A%2FB%25",
    f"/01/{GTIN}/235/third", f"/8006/{GTIN}0102/21/S", f"/00/{SSCC}", f"/414/{GLN}", f"/414/{GLN}/254/dock%2F7",
    f"/417/{GLN}", f"/417/{GLN}/7040/1AB-",
]  # fmt: skip
every_key = pytest.mark.parametrize("path", PATHS)


def linkset(world: World, path: str) -> list[dict[str, Any]]:
    answer = world.client.get(path, headers={"Accept": "application/linkset+json"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/linkset+json"), answer.text
    Draft7Validator(LINKSET).validate(answer.json())
    found: list[dict[str, Any]] = answer.json()["linkset"]
    return found


def walked_up(path: str) -> Iterator[str]:
    segments = path.split("/")
    for end in range(len(segments), 2, -2):
        yield ROOT + "/".join(segments[:end])


def redirect(world: World, address: str) -> str:
    answer = world.client.get(address)
    assert answer.status_code == 307, answer.text
    return str(answer.headers["location"])


def test_the_description_file_is_valid(world: World) -> None:
    answer = world.client.get("/.well-known/gs1resolver", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["access-control-allow-origin"] == "*"
    Draft7Validator(DESCRIPTION).validate(answer.json())
    assert answer.json()["resolverRoot"] == ROOT
    assert set(answer.json()["supportedPrimaryKeys"]) == {path.split("/")[1] for path in PATHS}
    assert set(answer.json()["activeLinkTypes"]["en"]) == {f"gs1:{name}" for name in LINK_TYPES}


@every_key
def test_get_head_and_options_may_be_asked_from_any_page(world: World, path: str) -> None:
    asked, seen = world.client.get(path), world.client.head(path)
    assert (asked.status_code, seen.status_code, seen.content) == (307, 307, b"")
    told = world.client.options(path)
    assert (told.status_code, told.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    for answer in (asked, seen, told):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert {"GET", "HEAD", "OPTIONS"} == set(answer.headers["access-control-allow-methods"].split(", "))
    for answer in (asked, seen):
        assert {"Link", "Location"} <= set(answer.headers["access-control-expose-headers"].split(", "))
        assert 'rel="linkset"' in answer.headers["link"]
        assert 'rel="gs1:' not in answer.headers["link"], "links stand in the linkset, not in the header"
        assert {"Accept", "Accept-Language"} <= set(answer.headers["vary"].split(", "))


@every_key
def test_what_is_no_digital_link_is_400_and_a_slash_behind_one_does_no_harm(world: World, path: str) -> None:
    assert world.client.get(f"{path}/foo").status_code == 400
    assert world.client.get(f"{path}/foo", headers={"Accept": "application/linkset+json"}).status_code == 400
    assert redirect(world, f"{path}/") == redirect(world, path)
    refused = world.client.get(path[:-3], headers={"Accept": "application/json"})
    if path.count("/") == 2:
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (400, "*")


@every_key
def test_compressed_and_not_it_leads_to_the_same_and_says_what_it_stands_for(world: World, path: str) -> None:
    for query in ("", "?99=internal", "?3103=000195&99=a%2Fb"):
        elements = digital_link.parse(f"{ROOT}{path}{query}")
        short = compression.compressed(elements, ROOT).removeprefix(ROOT)
        answer = world.client.get(short)
        assert (answer.status_code, answer.headers["location"]) == (307, redirect(world, path + query)), query
        assert f'<{ROOT}{path}{query}>; rel="owl:sameAs"' in answer.headers["link"]
        assert linkset(world, short) == linkset(world, path)
        told = world.client.options(short)
        assert (told.status_code, told.headers["access-control-allow-origin"]) == (204, "*")


@every_key
def test_what_the_query_says_goes_along_as_it_was_said(world: World, path: str) -> None:
    for query in ("foo=bar", "a=%41+b%20c&flag&x=%C3%A9&y=1&y=2&z=~!$'()*,;:@/?", "%6Cot=1"):
        target = redirect(world, path)
        assert redirect(world, f"{path}?{query}") == f"{target}{'&' if '?' in target else '?'}{query}"
    assert redirect(world, f"{path}?linkType=gs1:defaultLink&context=AT&&lang=xx") == redirect(world, path)


@every_key
def test_the_whole_linkset_is_given_three_ways_and_never_redirected(world: World, path: str) -> None:
    found = linkset(world, path)
    for kind in ("linkset", "all"):
        for accept in ("*/*", "application/json", "text/html"):
            answer = world.client.get(f"{path}?linkType={kind}", headers={"Accept": accept})
            assert (answer.status_code, answer.json()["linkset"]) == (200, found)
            assert 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"' in answer.headers["link"]
    assert [one["anchor"] for one in found] == list(walked_up(path)), "the finest first, down to the key"


@every_key
def test_one_default_link_and_it_is_what_an_unadorned_request_is_led_to(world: World, path: str) -> None:
    for level in linkset(world, path):
        (default,) = level[VOCABULARY + "defaultLink"]
        others = [link["href"] for kind, links in level.items() if kind.startswith(VOCABULARY) for link in links
                  if kind != VOCABULARY + "defaultLink"]  # fmt: skip
        assert default["href"] in others, "it is told by a type that says what it is, too"
    assert redirect(world, path) == linkset(world, path)[0][VOCABULARY + "defaultLink"][0]["href"]


@every_key
def test_every_link_of_the_finest_level_that_has_its_type_is_led_to(world: World, path: str) -> None:
    seen: set[str] = set()
    for level in linkset(world, path):
        for name in [one for one in level if one.startswith(VOCABULARY) and one not in seen]:
            seen.add(name)
            links, kind = level[name], name.replace(VOCABULARY, "gs1:")
            if len(links) == 1:
                assert redirect(world, f"{path}?linkType={kind}") == links[0]["href"]
                continue
            marks = {(link.get("type"), *link.get("hreflang", ())) for link in links}
            assert len(marks) == len(links), "nothing that only a 300 could tell apart"
            for link in links:
                lang = f"&lang={link['hreflang'][0]}" if "hreflang" in link else ""
                form = f"mediaType={link.get('type', '')}{lang}"
                assert redirect(world, f"{path}?linkType={kind}&{form}") == link["href"]
                assert redirect(world, f"{path}?{form}") == link["href"], "as the suite asks, without a type"
    missing = world.client.get(f"{path}?linkType=gs1:nosuchlt")
    assert (missing.status_code, missing.headers["access-control-allow-origin"]) == (404, "*")


@every_key
def test_what_the_links_lead_to_is_there_for_anybody(world: World, path: str) -> None:
    for level in linkset(world, path):
        for name, links in level.items():
            for link in links if name.startswith(VOCABULARY) else ():
                answer = world.client.get(link["href"].removeprefix(ROOT), headers={"Accept": link.get("type", "*/*")})
                assert answer.status_code == 200, (link, answer.text[:200])
                assert answer.headers["content-type"].startswith(link.get("type", "text/html")), link


def test_a_linkset_is_asked_for_by_its_weight(world: World) -> None:
    for accept, wanted in (
        ("application/linkset+json", 200),
        ("application/linkset+json;q=0.5, text/html;q=0.4", 200),
        ("text/html, application/linkset+json;q=0.9", 307),
        ("application/linkset+json;q=0", 307),
        ("text/html;q=0", 307),
        ("", 307),
    ):
        assert world.client.get(f"/01/{GTIN}", headers={"Accept": accept}).status_code == wanted, accept


def test_older_spellings_of_keys_are_read_and_answered_by_number(world: World) -> None:
    for old, path in (
        (f"/gtin/{GTIN[1:]}/lot/{LOT}/ser/1", f"/01/{GTIN}/10/{LOT}/21/1"),
        (f"/01/{GTIN[1:]}", f"/01/{GTIN}"),
        (f"/sscc/{SSCC}", f"/00/{SSCC}"),
        (f"/gln/{GLN}/glnx/7", f"/414/{GLN}/254/7"),
        (f"/party/{GLN}", f"/417/{GLN}"),
        (f"/itip/{GTIN}0102", f"/8006/{GTIN}0102"),
    ):
        assert redirect(world, old) == redirect(world, path)
        assert linkset(world, old) == linkset(world, path)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/8004/9520614141234567", 404), ("/8003/09506000111117X", 404), ("/253/9506000111117", 404),
        ("/8013/1987654Ad4X4bL5ttr2310c2K", 404), ("/401/12345678", 404), ("/8018/123456789012345675", 404),
        ("/8003/09506000111118X", 400), ("/8013/1987654Ad4X4bL5ttr2310c2J", 400), ("/401/x", 400), ("/00/", 400),
        (f"/00/{SSCC[:-1]}1", 400), (f"/414/{GLN[:-1]}0", 400), (f"/417/{GLN}/254/x", 400), (f"/00/{SSCC}/10/x", 400),
        (f"/01/{GTIN}/21/S/10/L", 400), (f"/01/{GTIN}/10/L/22/V", 400), (f"/01/{GTIN}/10/L/235/T", 400),
        (f"/01/{GTIN}/10/L/10/M", 400), (f"/01/{GTIN}?21=S", 400), (f"/01/{GTIN}/10", 400), ("/01/", 400),
        ("/410/" + GLN, 404), ("/02/" + GTIN, 404), ("/99/x", 404), ("/lot/x", 404), ("/stem/01/" + GTIN, 404),
    ],
)  # fmt: skip
def test_a_key_without_links_is_404_and_a_wrong_code_400(world: World, path: str, status: int) -> None:
    answer = world.client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_lot_beside_a_third_partys_serial_counts(world: World) -> None:
    assert redirect(world, f"/01/{GTIN}/235/T?10={quote('A/B', safe='')}") == f"{ROOT}/p/01/{GTIN}/10/A%2FB?10=A%2FB"
