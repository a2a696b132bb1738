"""A chart as a figure of HTML: title, how to read it, legend, picture, and the same values as a table.

Whoever prints it has the style sheet `charts.css` in the page. Everything that comes from records is escaped here.
"""

from collections.abc import Iterator
from html import escape

from ledger.charts.chart import Chart, Subject
from ledger.drawing import words
from ledger.drawing.colours import colours
from ledger.drawing.svg import Show, svg


def figure(chart: Chart, show: Show, key: str, about: str = "", *, with_table: bool = True) -> str:
    """`key`: an id that no other figure of the page has. `about`: whom or what the chart is about, in words; it stands
    before the title. `with_table`: its values too, for whoever does not see it; a page that has them as a table of its
    own leaves them out. Without places there is nothing to show, and the result is empty.
    """
    if not chart.places:
        return ""
    title = escape(show(words.title(chart)))
    values = table(chart, show, key) if with_table else ""
    name = f"{escape(about)} · " if about else ""
    return (
        f'<figure class="chart"><figcaption><span id="{key}-title">{name}{title}</span> '
        f"<small>{escape(show(words.axis(chart)))}</small></figcaption>"
        f'<p class="how" id="{key}-how">{escape(show(words.how_to_read(chart)))}</p>'
        f"{_legend(chart, show)}{svg(chart, show, key)}{values}</figure>"
    )


def table(chart: Chart, show: Show, key: str) -> str:
    """A row a place, a column a series, and where there are several their sum; ends stand beside their value."""
    summed = len(chart.series) > 1
    head = [words.places_title(chart)]
    for one in chart.series:
        head += [words.series_name(one.code), *([words.BETWEEN] if one.low else [])]
    head += [words.TOGETHER] if summed else []
    titles = [escape(show(title)) for title in head]
    rows = "".join(
        "<tr>" + "".join(_cells(titles, [escape(show(text)) for text in _row(chart, i)])) + "</tr>"
        for i in range(len(chart.places))
    )
    heads = "".join(f'<th scope="col"{_number(i)}>{title}</th>' for i, title in enumerate(titles))
    return (
        f'<details><summary>{escape(show(words.AS_TABLE))}</summary><div class="scroll" tabindex="0">'
        f'<table aria-labelledby="{key}-title"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        "</div></details>"
    )


def _row(chart: Chart, place: int) -> Iterator[str]:
    yield words.place_name(chart.places[place])
    for one in chart.series:
        yield words.value(chart, one.values[place])
        if one.low:
            yield words.between(chart, one.low[place], one.high[place])
    if len(chart.series) > 1:
        yield words.value(chart, sum(one.values[place] or 0 for one in chart.series))


def _cells(titles: list[str], row: list[str]) -> Iterator[str]:
    for i, (title, text) in enumerate(zip(titles, row, strict=True)):
        yield f'<td data-label="{title}"{_number(i)}>{text}</td>'


def _number(column: int) -> str:
    return ' class="number"' if column else ""


def _legend(chart: Chart, show: Show) -> str:
    """What its colours mean. A series alone, without a name that codes give, is named by the title."""
    if chart.subject in (Subject.SCORE_TREND, Subject.LATE_DAYS):
        return ""
    square = '<svg viewBox="0 0 10 10" aria-hidden="true"><rect class="color-{}" width="10" height="10"/></svg>'
    entries = (
        f"<li>{square.format(colour)} {escape(show(words.series_name(one.code)))}</li>"
        for one, colour in zip(chart.series, colours(chart), strict=True)
    )
    return f'<ul class="legend">{"".join(entries)}</ul>'
