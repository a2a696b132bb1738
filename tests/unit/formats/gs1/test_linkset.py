"""Links by type, and the choice among them for a request."""

import pytest

from ledger.formats.gs1.linkset import Level, Link, best, linkset, of_type, type_named, walk_up

PAGE = Link("pip", "https://a/p", "Page", "text/html")
GERMAN = Link("pip", "https://a/p?lang=de", "Seite", "text/html", "de")
CHINESE = Link("pip", "https://a/p?lang=zh-CN", "页面", "text/html", "zh-CN")
DATA = Link("pip", "https://a/p.json", "Data", "application/json")
LINKS = (PAGE, GERMAN, CHINESE, DATA)


@pytest.mark.parametrize(
    ("languages", "forms", "chosen"),
    [
        ("de", "text/html", (GERMAN,)),
        ("de-AT, en;q=0.5", "*/*", (GERMAN,)),
        ("zh;q=0.4, de;q=0.3", "", (CHINESE,)),
        ("zh-TW", "", (CHINESE,)),
        ("fr", "text/html", (PAGE,)),
        ("", "application/json", (DATA,)),
        ("", "text/*", (PAGE,)),
        ("", "", (PAGE, DATA)),
        ("de;q=0, fr", "text/html", (PAGE,)),
        ("*;;q, ;q=1,,de;q=9", "\x00,;", (PAGE, DATA)),
    ],
)
def test_the_best_of_a_type(languages: str, forms: str, chosen: tuple[Link, ...]) -> None:
    assert best(LINKS, languages, forms) == chosen


def test_of_nothing_nothing_is_best() -> None:
    assert best((), "de", "text/html") == ()


def test_the_finest_granularity_that_has_a_link_of_the_type_counts() -> None:
    fine = Level("https://a/01/1/10/L", "lot", (DATA,))
    coarse = Level("https://a/01/1", "item", (PAGE, Link("homepage", "https://a/", "Home")))
    assert of_type((fine, coarse), "pip") == (DATA,)
    assert [link.kind for link in of_type((fine, coarse), "homepage")] == ["homepage"]
    assert of_type((fine, coarse), "recallStatus") == ()
    assert list(walk_up("01/1/10/L/21/S")) == ["01/1/10/L/21/S", "01/1/10/L", "01/1"]


def test_a_linkset_is_written_as_rfc_9264_has_it() -> None:
    assert linkset([Level("https://a/01/1", "item", (GERMAN, DATA))]) == {
        "linkset": [
            {
                "anchor": "https://a/01/1",
                "itemDescription": "item",
                "https://ref.gs1.org/voc/pip": [
                    {"href": "https://a/p?lang=de", "title": "Seite", "type": "text/html", "hreflang": ["de"]},
                    {"href": "https://a/p.json", "title": "Data", "type": "application/json"},
                ],
            }
        ]
    }


def test_types_are_named_in_any_of_the_vocabularys_addresses() -> None:
    names = ("gs1:pip", "https://gs1.org/voc/pip", "https://www.gs1.org/voc/pip", "http://ref.gs1.org/voc/pip")
    assert {type_named(text) for text in names} == {"pip"}
    assert {type_named(text) for text in ("pip", "gs1:", "gs2:pip", "https://a/voc/pip", "gs1:pip/x")} == {""}
