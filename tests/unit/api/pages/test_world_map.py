"""The map of a shipment: what its reader may see and nothing else, round the shorter side of the earth."""

import json
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.api.pages.libraries import FOLDER
from ledger.api.pages.shipment.airports import known_airports
from ledger.api.pages.shipment.world_map import (
    BOTTOM,
    LEAST_WIDTH,
    ROUND,
    TOP,
    Map,
    Point,
    known_places,
    map_of,
    worlds_in,
)
from ledger.services.views.course.private_parts import PlaceView, PrivateView, StopView

KNOWN = {"NZAKL": Point(1748, 368), "CNNGB": Point(1215, -299), "USLAX": Point(-1182, -341), "NLRTM": Point(45, -519)}
POINT = st.builds(Point, st.integers(-1800, 1800), st.integers(TOP, BOTTOM))


def place(locode: str, name: str = "") -> PlaceView:
    return PlaceView(locode[:2], locode, "", name)


def shown(*stops: str, origin: str = "", destination: str = "") -> PrivateView:
    return PrivateView(
        terms=bool(origin or destination),
        origin=place(origin) if origin else None,
        destination=place(destination) if destination else None,
        stops=tuple(StopView("handoff", "0x", i, place(code)) for i, code in enumerate(stops)),
    )


def drawn(private: PrivateView, *, arrived: bool = False) -> Map:
    found = map_of(private, arrived=arrived, known=KNOWN)
    assert found is not None
    return found


def test_a_way_is_numbered_from_its_origin_and_its_destination_is_a_plan_until_it_ends() -> None:
    under_way = drawn(shown("NZAKL", origin="NZAKL", destination="CNNGB"))
    assert [(p.number, p.place.locode, p.planned) for p in under_way.places] == [
        (1, "NZAKL", False),
        (2, "CNNGB", True),
    ]
    assert (under_way.gone, under_way.planned) == ((KNOWN["NZAKL"],), (KNOWN["NZAKL"], KNOWN["CNNGB"]))
    arrived = drawn(shown("NZAKL", "CNNGB", origin="NZAKL", destination="CNNGB"), arrived=True)
    assert (arrived.gone, arrived.planned) == ((KNOWN["NZAKL"], KNOWN["CNNGB"]), ())


def test_places_that_the_reader_may_not_see_are_in_nothing() -> None:
    assert map_of(None, arrived=False, known=KNOWN) is None
    assert map_of(PrivateView(terms=False), arrived=False, known=KNOWN) is None
    found = drawn(shown("CNNGB"))
    assert [(p.number, p.place.locode) for p in found.places] == [(1, "CNNGB")]
    assert [spot.point for spot in found.spots] == [KNOWN["CNNGB"]]


def test_a_place_without_coordinates_is_listed_and_not_drawn() -> None:
    found = drawn(shown(origin="DEXXX", destination="CNNGB"))
    assert [(p.place.locode, p.point) for p in found.places] == [("DEXXX", None), ("CNNGB", KNOWN["CNNGB"])]
    nowhere = drawn(shown(origin="DEXXX"))
    assert (nowhere.frame, nowhere.spots, len(nowhere.places)) == (None, (), 1)


def test_the_same_port_twice_is_one_spot_with_both_numbers() -> None:
    found = drawn(shown("CNNGB", "NZAKL", origin="NZAKL"))
    assert [(spot.point, spot.numbers) for spot in found.spots] == [(KNOWN["NZAKL"], (1, 3)), (KNOWN["CNNGB"], (2,))]


def test_a_way_over_the_pacific_crosses_the_antimeridian() -> None:
    found = drawn(shown(origin="NZAKL", destination="USLAX"))
    assert found.frame is not None
    assert found.planned == (KNOWN["NZAKL"], Point(-1182 + ROUND, -341))
    assert found.frame.width < ROUND // 2
    assert found.worlds == (0, ROUND)


@given(st.lists(POINT, min_size=1, max_size=6))
def test_every_spot_lies_in_the_frame_and_no_step_goes_the_long_way(points: list[Point]) -> None:
    codes = {f"ZZ{chr(65 + i)}AA": point for i, point in enumerate(points)}
    found = map_of(shown(*codes), arrived=False, known=codes)
    assert found is not None
    assert found.frame is not None
    x, y, width, height = found.frame
    assert width >= LEAST_WIDTH
    assert TOP <= y <= y + height <= BOTTOM
    for spot in found.spots:
        assert x <= spot.point.x <= x + width
        assert y <= spot.point.y <= y + height
    assert all(abs(one.x - other.x) <= ROUND // 2 for one, other in pairwise(found.gone))
    assert {(p.x - q.x) % ROUND for p, q in zip(found.gone, points, strict=True)} == {0}
    assert worlds_in(found.frame) == found.worlds
    assert found.worlds[0] - ROUND // 2 <= x
    assert x + width <= found.worlds[-1] + ROUND // 2


@pytest.mark.parametrize(
    ("code", "longitude", "latitude"),
    [("NZAKL", 174.8, -36.8), ("CNNGB", 121.5, 29.9), ("NLRTM", 4.5, 51.9), ("USLAX", -118.2, 34.1)],
)
def test_the_library_knows_where_ports_lie(code: str, longitude: float, latitude: float) -> None:
    assert (FOLDER / "world.json").is_file(), "not built: run `make web`"
    point = known_places()[code]
    assert abs(point.x / 10 - longitude) < 1
    assert abs(-point.y / 10 - latitude) < 1


@pytest.mark.parametrize(
    ("code", "longitude", "latitude"),
    [
        ("DEFRA", 8.6, 50.0),
        ("CNCTU", 103.9, 30.6),
        ("NZAKL", 174.8, -37.0),
        ("JPTYO", 140.0, 35.6),
        ("USIND", -86.3, 39.7),
    ],
)
def test_airports_and_their_cities_are_known_for_goods_that_fly(code: str, longitude: float, latitude: float) -> None:
    point = known_airports()[code]
    assert abs(point.x / 10 - longitude) < 0.5
    assert abs(-point.y / 10 - latitude) < 0.5


def test_airports_are_codes_on_the_plane() -> None:
    known = known_airports()
    assert len(known) > 7000
    assert all(re.fullmatch("[A-Z]{2}[A-Z0-9]{3}", code) for code in known)
    assert all(-1800 <= x <= 1800 and -900 <= y <= 900 for x, y in known.values())


def test_the_library_is_plain_and_small() -> None:
    places = json.loads((FOLDER / "world.json").read_bytes())
    assert len(places) > 1500
    assert all(-1800 <= x <= 1800 and -900 <= y <= 900 for x, y in places.values())
    outline = (FOLDER / "world.svg").read_text(encoding="utf-8")
    assert 'id="land"' in outline
    assert "<script" not in outline
    assert len(outline) < 40_000
