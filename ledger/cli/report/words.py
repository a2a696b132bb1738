"""How the report writes names, figures and tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from ledger.charts.chart import Chart
from ledger.codes import Role
from ledger.drawing.figure import figure as chart_figure
from ledger.explain.report import partner_text
from ledger.services.planning.overview import Overview

VENDOR, PROGRAMME = "Vendor: ", "Programme: "
"""What the map of the SCMS history puts before the names of partners."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands on the page beside the figures: its heading, the names of partners, the checkpoint, and notes.

    `trends`: scores by quarter, of partners in their roles.
    `plans`: what can be planned; None: nobody looked.
    `replay`: the records come from a history, entered and signed by the replay and not by those whom they name.
    """

    title: str
    names: Mapping[int, str]
    log_size: int
    root: str
    origin: str
    replay: bool = False
    notes: tuple[str, ...] = ()
    trends: Mapping[tuple[int, Role], Chart] = field(default_factory=dict)
    plans: Overview | None = None

    def name(self, partner: int) -> str:
        return name_of(partner_text(partner, self.names))


def section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def figure(title: str, body: str, *, note: str = "") -> str:
    """A chart or table under a title that is seen; `note`: its unit, and how to read it."""
    small = f"<small>{escape(note)}</small>" if note else ""
    return f"<figure><figcaption>{escape(title)}{small}</figcaption>{body}</figure>"


def pictures(charts: Iterable[tuple[str, Chart]], key: str) -> str:
    """Charts side by side where there is room, each with what it is about; `key` tells them apart from others."""
    shown = [(about, chart) for about, chart in charts if not chart.empty]
    drawn = "".join(chart_figure(chart, str, f"{key}-{i}", about) for i, (about, chart) in enumerate(shown))
    return f'<div class="charts">{drawn}</div>' if drawn else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, text: int) -> str:
    """`text`: how many of the first columns hold words; the others are numbers and stand to the right."""

    def cells(values: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{'' if i < text else ' class=n'}>{escape(value)}</{tag}>" for i, value in enumerate(values)
        )

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<div class='wide'><table><thead><tr>{cells(head, 'th')}</tr></thead><tbody>{body}</tbody></table></div>"


def name_of(name: str) -> str:
    """What a partner is called, without the word that a replay puts before it."""
    return name.removeprefix(VENDOR).removeprefix(PROGRAMME)


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip(" ,(") + "…"
