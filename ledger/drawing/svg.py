"""One chart as an SVG element: pygal lays it out, and what it adds for browsers with scripts is taken out again.

No style, script, link or date is left: colours are classes of the page's style sheet, so that the policy of pages
holds, dark mode and paper have their own, and the same chart gives the same bytes.
"""

import re
import sys
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as Tree

import pygal
from pygal.etree import etree
from pygal.style import Style

from ledger.charts.chart import Chart, Subject
from ledger.drawing import words
from ledger.drawing.colours import colours
from ledger.drawing.scale import ticks

WIDTH, HEIGHT, LETTER = 420, 270, 14
"""In the SVG's own units: on a phone's 320 pixels letters are still of 11."""
Show = Callable[[str], str]
"""A text in the reader's language, plain."""
_DROPPED = {"defs", "desc", "title"}
_SCRIPTED = {"plot text-overlay", "plot tooltip-overlay", "titles", "legends"}
_LATIN = 0x2E7F
"""Letters after this one are as wide as they are high."""
_DECIMALS = re.compile(r"-?\d+\.\d+")
_SERIES = re.compile(r"series serie-(\d+) color-\d+")
_LAYOUT = {
    "css": (), "js": (), "no_prefix": True, "disable_xml_declaration": True, "width": WIDTH, "height": HEIGHT,
    "show_legend": False, "margin": 6, "spacing": 6, "include_x_axis": True, "show_minor_x_labels": False,
    "no_data_text": "", "truncate_label": -1,
}  # fmt: skip

etree.to_etree()  # never lxml, even where it is installed: one library, one form
# For map plugins pygal hooks itself into every import, in a way that Python 3.11 warns of and 3.12 passes over.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]


def svg(chart: Chart, show: Show, key: str) -> str:
    """`key`: tells its ids apart from those of the page's other charts. Raises `ValueError` for a chart without places.

    Title and description are those of the figure around it: `KEY-title` and `KEY-how`.
    """
    if not chart.places:
        raise ValueError("a chart without places")
    root = _cleaned(_laid_out(chart, show).render_tree(), colours(chart))
    root.attrib.clear()
    root.attrib |= {
        "viewBox": f"0 0 {WIDTH} {HEIGHT}",
        "role": "img",
        "aria-labelledby": f"{key}-title",
        "aria-describedby": f"{key}-how",
    }
    return Tree.tostring(root, encoding="unicode")


def _laid_out(chart: Chart, show: Show) -> Any:
    scale, trend = ticks(chart), chart.subject is Subject.SCORE_TREND
    names = [show(words.place_name(place)) for place in chart.places]
    options = {
        **_LAYOUT,
        "style": Style(label_font_size=LETTER, major_label_font_size=LETTER),
        "range": (0, scale[-1]),
        # Dots stand on the edges of the plot, and half a name beyond it.
        "margin_right": max(map(_width, names)) // 2 if trend else 6,
    }
    graph = pygal.Line(allow_interruptions=True, dots_size=4, **options) if trend else pygal.StackedBar(**options)
    graph.x_labels = names
    graph.x_labels_major = names[:: _every(names)]
    graph.y_labels = [{"value": number, "label": show(words.tick(chart, number))} for number in scale]
    for one in chart.series:
        nothing = (None,) * len(one.values)
        ends = zip(one.values, one.low or nothing, one.high or nothing, strict=True)
        graph.add(
            show(words.series_name(one.code)), [_value(show(words.value(chart, each[0])), *each) for each in ends]
        )
    return graph


def _value(text: str, number: int | None, low: int | None, high: int | None) -> object:
    """With its own words: pygal reckons with floating numbers, which are exact enough for a picture alone."""
    if number is None:
        return None
    said = {"value": number, "formatter": lambda _: text}
    return said if low is None or high is None else {**said, "ci": {"low": low, "high": high}}


def _width(name: str) -> int:
    """About, and rather too much: letters of the Latin script are 0.6 of their height wide."""
    return sum(LETTER if ord(letter) > _LATIN else LETTER * 6 // 10 for letter in name)


def _every(names: list[str]) -> int:
    """Names that would run into each other are left out, at equal distances."""
    widest = max(map(_width, names)) + 8
    return max(1, -(-widest * len(names) // (WIDTH - 70)))


def _cleaned(root: Any, own: list[int]) -> Any:
    """Without what is for scripts; each series in its own colour, each bar and dot with what a pointer shows there."""
    for parent in reversed(list(root.iter())):  # children first, so that what is added here stays
        told = {one.get("class"): one.text for one in parent if one.tag == "desc"}
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag in _DROPPED or child.get("class", "") in _SCRIPTED:
                parent.remove(child)
            elif told and not float(child.get("height", 1)):
                parent.remove(child)  # nothing to see
            elif told:
                said = told.get("x_label"), told.get("value")
                Tree.SubElement(child, "title").text = ": ".join(filter(None, said))
        if series := _SERIES.fullmatch(parent.get("class", "")):
            parent.set("class", f"series color-{own[int(series[1])]}")
        for name, text in parent.attrib.items():
            parent.set(name, _DECIMALS.sub(_rounded, text))
    return root


def _rounded(number: re.Match[str]) -> str:
    """To a tenth of the SVG's units."""
    return f"{float(number[0]):.1f}".removesuffix(".0")
