"""Digital Link URIs: the grammar, and GS1's own cases where they lie beside the checkout."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import MalformedRecord
from ledger.formats.gs1 import digital_link, element_string
from ledger.formats.gs1.application_identifiers import AI_LENGTHS, FIXED_LENGTHS, KEYS, described, is_path
from ledger.formats.gs1.elements import Elements
from ledger.formats.gs1.value_checks import check_pair

VECTORS = Path(__file__).resolve().parents[5] / "shared" / "vectors" / "gs1-digital-link.json"
GTIN = "09506000134352"
LINK = f"https://example.org/01/{GTIN}"


def cases() -> list[dict[str, Any]]:
    if not VECTORS.exists():
        return []
    found: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]
    return found


def asks_for_unknown(case: dict[str, Any]) -> bool:
    """The file holds one link twice, refused and taken: its engine was told in between to take unknown identifiers."""
    return any(one["uri"] == case["uri"] and one["accept"] is not case["accept"] for one in cases()) and case["accept"]


def read(case: dict[str, Any]) -> str | None:
    options = {name: case[name] for name in ("convenience_alphas", "zero_suppressed_gtin")}
    try:
        return str(digital_link.parse(case["uri"], unknown_ais=asks_for_unknown(case), **options))
    except MalformedRecord:
        return None


@pytest.mark.skipif(not VECTORS.exists(), reason="shared/vectors are not beside this checkout")
def test_the_syntax_engines_cases() -> None:
    wrong = [
        (case["uri"], found)
        for case in cases()
        if (found := read(case)) != (case["elements"] if case["accept"] else None)
    ]
    assert wrong == []
    assert len(cases()) > 50


@pytest.mark.parametrize(
    ("rest", "elements"),
    [
        ("/22/V/10/L/21/S", f"^01{GTIN}22V^10L^21S"),
        ("/10/L/21/S?17=261231&3103=000195", f"^01{GTIN}10L^21S^172612313103000195"),
        ("/235/T", f"^01{GTIN}235T"),
        ("/10/a%2Fb%2fc", f"^01{GTIN}10a/b/c"),
        ("?99=a%2Bb%2Bc", f"^01{GTIN}99a+b+c"),
        ("?utm=1&&x&99=A&=y", f"^01{GTIN}99A"),
        ("#10/L", f"^01{GTIN}"),
        ("/10/100%", f"^01{GTIN}10100%"),
    ],
)
def test_what_a_link_says(rest: str, elements: str) -> None:
    assert str(digital_link.parse(LINK + rest)) == elements


@pytest.mark.parametrize(
    "rest",
    [
        "/21/S/10/L", "/10/L/10/L", "/10/L/235/T", "/254/X", "/10/", "/10", "/foo", "/", "/10/%00", "/10/a%20b",
        "/10/" + "x" * 21, "/10/%C3%A9", "?10=L", "?21=S", "?01=" + GTIN, "?99=A&99=A", "?99=", "?12345=1", "?99=a+b",
        "?17=261331", "?17=260230", "?8020=R", "?89=X", "?30=" + "9" * 9, "?4300=%25zz", "?7003=2602302400",
    ],
)  # fmt: skip
def test_what_no_link_may_say(rest: str) -> None:
    with pytest.raises(MalformedRecord):
        digital_link.parse(LINK + rest)


@pytest.mark.parametrize(
    "uri",
    [
        "", "hello", f"ftp://a/01/{GTIN}", f"Https://a/01/{GTIN}", f"https:///01/{GTIN}", f"https://01/{GTIN}",
        f"https://a_b/01/{GTIN}", f"https://a/01/{GTIN[:-1]}3", f"https://a/01/{GTIN[1:]}", f"https://a/gtin/{GTIN}",
        f"https://a/?01={GTIN}", f'https://a/01/{GTIN}"', f"https://a/01/{GTIN}é", f"https://a/02/{GTIN}",
        f"https://a/01/{GTIN}\n", "https://a/8013/1987654Ad4X4bL5ttr2310c2L", "https://a/8004/ABCD1",
        "https://a/8003/1950600013435212",
        "https://a/01/" + "x" * 3000, "https://a/8006/095060001343520301", "https://a/254/X",
    ],
)  # fmt: skip
def test_what_is_no_link(uri: str) -> None:
    with pytest.raises(MalformedRecord):
        digital_link.parse(uri)


def test_a_stem_may_look_like_a_key() -> None:
    assert str(digital_link.parse(f"https://a/00/x/10/shop/01/{GTIN}/10/L")) == f"^01{GTIN}10L"


def test_the_three_liberties_are_taken_only_when_asked_for() -> None:
    alphas, short, unknown = f"https://a/gtin/{GTIN}/lot/L", f"https://a/01/{GTIN[1:]}/10/L", f"{LINK}/10/L?89=X"
    for uri in (alphas, short, unknown):
        with pytest.raises(MalformedRecord):
            digital_link.parse(uri)
    assert str(digital_link.parse(alphas, convenience_alphas=True)) == f"^01{GTIN}10L"
    assert str(digital_link.parse(short, zero_suppressed_gtin=True)) == f"^01{GTIN}10L"
    assert str(digital_link.parse(unknown, unknown_ais=True)) == f"^01{GTIN}10L^89X"


def test_unknown_identifiers_are_none_that_overlap_known_ones() -> None:
    for ai in ("1", "100", "3", "31", "02345", "410x"):
        with pytest.raises(MalformedRecord):
            assert digital_link.parse(f"{LINK}?{ai}=1&99=", unknown_ais=True)


@pytest.mark.parametrize(
    "text",
    [
        f"(01){GTIN}(22)V(10)L(21)S(17)261231(99)x+y", "(00)106141412345678908",
        "(414)9506000111117(254)a/b", "(8013)1987654Ad4X4bL5ttr2310c2K", "(253)9506000111117",
        "(8003)09506000111117XYZ", "(8010)9506000A#1(8011)7",
        "(8018)123456789012345675(8019)12", "(415)9506000111117(8020)R", "(401)9506000A", "(402)12345678901234560",
        f"(8006){GTIN}0102(10)L", "(8004)9506000A", "(255)9506000111117123",
    ],
)  # fmt: skip
def test_elements_and_their_link_say_the_same(text: str) -> None:
    elements = element_string.parse(text)
    assert digital_link.parse(digital_link.uri_of(elements)) == elements
    assert element_string.parse(elements.bracketed()) == elements
    assert element_string.parse("]d2" + elements.scanned()) == elements


def test_only_a_key_makes_a_link() -> None:
    for text in ("(10)L", "(10)L(17)261231"):
        with pytest.raises(MalformedRecord, match="no primary key"):
            digital_link.uri_of(element_string.parse(text))
    assert digital_link.uri_of(element_string.parse(f"(10)L(01){GTIN}"), "https://a/") == f"https://a/01/{GTIN}/10/L"
    with pytest.raises(MalformedRecord):
        digital_link.uri_of(Elements(()))


@pytest.mark.parametrize(
    "text",
    ["1987654Ad4X4bL5ttr2310c2K", "12345678901234567890123NT", "12345_ABCDEFGHIJKLMCP", "99999zzzzzzzzzzzzzzzzzzT2"],
)
def test_published_check_pairs(text: str) -> None:
    """Published beside GS1's syntax dictionary."""
    assert check_pair(text[:-2]) == text[-2:]


def test_the_tables_agree_with_the_library() -> None:
    """Lengths of identifiers and the need of a separator, for every identifier that there is."""
    found = [info for number in range(10_000) for info in (described(f"{number:04}"[:n]) for n in (2, 3, 4)) if info]
    assert len({info.ai for info in found}) > 500
    for info in found:
        assert AI_LENGTHS[info.ai[:2]] == len(info.ai)
        assert (info.ai[:2] in FIXED_LENGTHS) is not info.separator_required
    assert all(described(key) for key in KEYS)
    assert is_path(("01", "22", "21"))
    assert not is_path(())


def test_of_two_orders_the_one_that_leaves_only_attributes_is_written() -> None:
    link = "https://id.gs1.org/01/09520123456788/235/XYZ?10=ABC123"
    found = digital_link.parse(link)
    assert digital_link.uri_of(found) == link
    assert digital_link.path_and_query(found) == ("01/09520123456788/235/XYZ", "10=ABC123")
    with pytest.raises(MalformedRecord):
        digital_link.uri_of(element_string.parse("(01)09520123456788(235)X(10)L(21)S"))
