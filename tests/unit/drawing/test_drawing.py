"""Charts as they are drawn: values as heights, words and tables beside them, nothing that a strict policy forbids."""

import random
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as Tree

import pytest

from ledger.api.pages.languages.language import LANGUAGES, language_of
from ledger.api.pages.render import environment
from ledger.charts.chart import Chart, Days, Series, Subject, Unit, Unnamed
from ledger.charts.trend import Reading, score_trend
from ledger.codes import HoldCause
from ledger.common.periods import HOUR
from ledger.drawing import words
from ledger.drawing.figure import figure, table
from ledger.drawing.scale import STEPS, ticks
from ledger.drawing.svg import WIDTH, svg
from ledger.network.customs import Office
from ledger.penalties.causes import LateCause

HOSTILE = '<script>alert("x")</script>&'


def late(**fields: object) -> Chart:
    values: dict[str, object] = {
        "subject": Subject.LATE,
        "unit": Unit.COUNT,
        "places": ("2026-01", "2026-02", "2026-03"),
        "series": (Series(LateCause.DELIVERED, (2, 0, 1)), Series(LateCause.CUSTOMS, (1, 0, 4))),
    }
    return Chart(**(values | fields))  # type: ignore[arg-type]


TREND = score_trend(
    [
        Reading("2026 Q1", 5_000, 2_500, 7_500),
        Reading("2026 Q2", None, None, None),
        Reading("2026 Q3", 10_000, 7_500, 10_000),
        Reading("2026 Q4", 0, 0, 2_500),
    ]
)
CUSTOMS = Chart(
    Subject.CUSTOMS_HOURS,
    Unit.SECONDS,
    (Office("CN", 1), Office("NZ", 2)),
    (Series(HoldCause.DOCUMENTS, (49 * HOUR, 0)), Series(Unnamed.OTHER_CAUSES, (0, 3 * HOUR))),
)
OWED = late(subject=Subject.OWES, unit=Unit.MONEY, currency="EUR", series=(Series(LateCause.UNDER_WAY, (1, 2**40, 3)),))
TIMES = late(
    subject=Subject.DELIVERY_TIMES,
    places=(Days(1, 2), Days(3, 4), Days(5, None)),
    series=(Series(Unnamed.IN_WINDOW, (1, 2, 3)), Series(Unnamed.NO_WINDOW, (0, 1, 0))),
)
EVERY = [late(), TREND, CUSTOMS, OWED, TIMES, late(subject=Subject.PROMISED), late(subject=Subject.LATE_DAYS)]


def drawn(chart: Chart) -> Tree.Element:
    return Tree.fromstring(svg(chart, str, "k"))  # noqa: S314 our own


def bars(root: Tree.Element) -> list[Tree.Element]:
    return [one for one in root.iter("rect") if "rect" in one.get("class", "").split()]


class Read(HTMLParser):
    """Rows of the tables of a figure, and its ids and words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self._cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        self._cell = tag in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.rows[-1][-1] += data

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 as the parser calls it
        self._cell = False


# --- the picture -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chart", EVERY, ids=lambda chart: chart.subject)
def test_nothing_is_left_that_the_policy_of_pages_forbids_or_that_changes_by_itself(chart: Chart) -> None:
    text = svg(chart, str, "k")
    root = drawn(chart)
    tags = {one.tag for one in root.iter()}
    assert tags <= {"svg", "g", "rect", "path", "circle", "text", "title"}
    names = {name for one in root.iter() for name in one.attrib}
    assert not {name for name in names if name == "style" or name.startswith("on") or "href" in name}
    assert "<!--" not in text
    assert "http" not in text
    assert text == svg(chart, str, "k")
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert ids == [], "two charts of a page would have the same"


def test_heights_are_values_on_the_scale_that_stands_beside_them() -> None:
    chart = late()
    root = drawn(chart)
    scale = {
        int(one.text or ""): float(one.get("y", "")) for one in root.findall(".//g[@class='axis y always_show']//text")
    }
    assert list(scale) == ticks(chart)
    unit = (scale[0] - scale[5]) / 5
    heights = [float(one.get("height", "")) / unit for one in bars(root)]
    assert heights == pytest.approx([2, 1, 1, 4], abs=0.01)
    said = [one.findtext("title") for one in bars(root)]
    assert said == ["2026-01: 2", "2026-03: 1", "2026-01: 1", "2026-03: 4"]


def test_bars_stand_on_each_other_in_their_own_colours() -> None:
    root = drawn(late())
    january = [one for one in bars(root) if (one.findtext("title") or "").startswith("2026-01")]
    first, second = ((float(one.get("y", "")), float(one.get("height", ""))) for one in january)
    assert second[0] + second[1] == pytest.approx(first[0], abs=0.2)
    classes = [one.get("class") for one in root.iter("g") if "series" in (one.get("class") or "")]
    assert set(classes) == {"series color-1", "series color-2"}
    assert 'class="color-1"' in figure(late(), str, "k")


def test_a_trend_has_dots_intervals_and_gaps() -> None:
    root = drawn(TREND)
    dots = [float(one.get("cy", "")) for one in root.iter("circle")]
    low, high = max(dots), min(dots)
    assert dots == pytest.approx([(low + high) / 2, high, low], abs=0.2)
    assert [one.findtext("title") for one in root.iter("circle")] == [
        "2026 Q1: 50.00",
        "2026 Q3: 100.00",
        "2026 Q4: 0.00",
    ]
    whiskers = [re.findall(r"[-\d.]+", one.get("d", "")) for one in root.findall(".//g[@class='ci']/path")]
    ends = [(float(min(numbers[1::2], key=float)), float(max(numbers[1::2], key=float))) for numbers in whiskers]
    quarter = (low - high) / 4
    assert [abs(a - b) for a, b in ends] == pytest.approx([2 * quarter, quarter, quarter], abs=0.3)
    lines = [one.get("d", "") for one in root.iter("path") if (one.get("class") or "").startswith("line")]
    assert [one.count("L") for one in lines] == [1], "nothing is drawn across the quarter without a score"


def test_names_that_would_run_into_each_other_are_left_out() -> None:
    places = tuple(f"20{year:02}-{month:02}" for year in range(26, 28) for month in range(1, 13))
    chart = late(places=places, series=(Series(LateCause.DELIVERED, tuple(range(24))),))
    names = [one.text for one in drawn(chart).findall(".//g[@class='axis x']//text")]
    assert names[0] == places[0]
    assert set(names) < set(places)
    assert len(names) * 8 * 14 * 0.6 < WIDTH


def test_scales_are_round_and_reach_every_value() -> None:
    for seed in range(300):
        dice = random.Random(seed)
        unit, currency = dice.choice([(Unit.COUNT, ""), (Unit.MONEY, "EUR"), (Unit.MONEY, "JPY"), (Unit.SECONDS, "")])
        largest = dice.randrange(10 ** dice.randint(1, 30))
        chart = late(places=("2026",), unit=unit, currency=currency, series=(Series(LateCause.DELIVERED, (largest,)),))
        found = ticks(chart)
        step = found[1]
        assert found == [i * step for i in range(len(found))]
        assert found[-2] < max(largest, 1) <= found[-1]
        assert 2 <= len(found) <= STEPS + 2
        assert str(step // {"EUR": 100}.get(currency, HOUR if unit is Unit.SECONDS else 1)).rstrip("0") in (
            "1",
            "2",
            "5",
        )
    assert ticks(TREND) == [0, 2_500, 5_000, 7_500, 10_000]


def test_a_chart_without_places_is_no_picture() -> None:
    nothing = late(places=(), series=())
    assert nothing.empty
    assert figure(nothing, str, "k") == ""
    with pytest.raises(ValueError, match="without places"):
        svg(nothing, str, "k")


# --- words and tables ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("chart", EVERY, ids=lambda chart: chart.subject)
def test_the_table_has_every_value_of_the_picture_in_the_readers_language(chart: Chart, tag: str) -> None:
    show = language_of(tag).shown
    read = Read(str(environment(language_of(tag)).filters["chart"](chart, "k")))
    head, *rows = read.rows
    assert [row[0] for row in rows] == [str(show(words.place_name(place))) for place in chart.places]
    step = 2 if chart.subject is Subject.SCORE_TREND else 1
    for i, row in enumerate(rows):
        numbers = row[1 : 1 + step * len(chart.series) : step]
        assert numbers == [str(show(words.value(chart, one.values[i]))) for one in chart.series]
    if len(chart.series) > 1:
        sums = [sum(one.values[i] or 0 for one in chart.series) for i in range(len(chart.places))]
        assert [row[-1] for row in rows] == [str(show(words.value(chart, total))) for total in sums]
    assert {len(row) for row in rows} == {len(head)}
    titles = re.findall(r"<title>(.*?)</title>", svg(chart, show, "k"))
    assert {title.split(": ")[-1] for title in titles} <= {cell for row in rows for cell in row}


def test_a_reader_who_hears_it_is_told_what_it_is_and_how_to_read_it() -> None:
    text = figure(CUSTOMS, str, "one", "NZ → CN") + figure(CUSTOMS, str, "two", with_table=False)
    read = Read(text)
    named = re.findall(r'aria-(?:labelledby|describedby)="([^"]+)"', text)
    assert set(named) == set(read.ids) == {"one-title", "one-how", "two-title", "two-how"}
    assert read.ids.count("one-title") == 1
    assert read.tags.count("table") == 1
    assert text.count('role="img"') == 2
    assert "NZ → CN · Time held by customs, by office and cause" in text
    assert "The largest is 2 days 1 hour." in text
    assert "CN import" in text


def test_amounts_are_exact_however_large() -> None:
    """Pygal reckons with floating numbers; what is written comes from the integers."""
    chart = replace(OWED, series=(Series(LateCause.UNDER_WAY, (1, 2**90, 3)),))
    exact = f"{2**90 // 100:,}.{2**90 % 100:02} EUR"
    assert f"2026-02: {exact}" in svg(chart, str, "k")
    assert exact in table(chart, str, "k")


def test_what_people_wrote_is_escaped_in_words_picture_and_table() -> None:
    chart = late(places=(HOSTILE, "2026-02", "2026-03"), currency=HOSTILE, subject=Subject.OWED, unit=Unit.MONEY)
    text = figure(chart, str, "k", HOSTILE)
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 4
    Tree.fromstring(re.sub(r"<details.*", "</figure>", text))  # noqa: S314 our own


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_page_says_values_as_its_language_writes_them(tag: str) -> None:
    chart = late(
        subject=Subject.OWED, unit=Unit.MONEY, currency="EUR", series=(Series(LateCause.DELIVERED, (123_450, 0, 0)),)
    )
    text = str(environment(language_of(tag)).filters["chart"](chart, "k"))
    assert str(language_of(tag).shown(words.value(chart, 123_450))) in text
    assert "<time" not in text
