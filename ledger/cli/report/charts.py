"""Lists of names with bars of HTML beside them, so that long names fit a phone; `ledger.drawing` draws what has axes.

Colours are classes of the style sheet, which has them for light, dark and paper. What a list is about stands in the
caption of the figure around it; all its values are written out.
"""

from collections.abc import Sequence
from html import escape

from ledger.cli.report.words import cut

LONGEST_NAME = 38


def bars(rows: Sequence[tuple[str, int, str]], *, running: Sequence[int] = ()) -> str:
    """Horizontal bars: label, value, words at the end. `running` adds cumulative shares in parts per million."""
    most = max((value for _, value, _ in rows), default=0) or 1
    lines = []
    for i, (label, value, words) in enumerate(rows):
        together = f"<span class=sum>{running[i] / 10_000:.1f} %</span>" if running else ""
        lines.append(
            f"<li><span class=who title='{escape(label)}'>{escape(cut(label, LONGEST_NAME))}</span>"
            f"<span class=track><i style='width:{value / most * 100:.1f}%'></i></span>"
            f"<span class=val>{escape(words)}</span>{together}</li>"
        )
    head = "<li class=heads><span class=who></span><span class=track></span><span class=val></span>"
    heads = f"{head}<span class=sum>together</span></li>" if running else ""
    return f"<ul class='bars{' running' if running else ''}'>{heads}{''.join(lines)}</ul>"


def intervals(rows: Sequence[tuple[str, int, int, int, str]], *, axis: str) -> str:
    """Scores in hundredths of a point with the interval in which they lie: label, low, score, high, words."""
    lines = []
    for label, low, score, high, words in rows:
        lines.append(
            f"<li><span class=who title='{escape(label)}'>{escape(cut(label, LONGEST_NAME))}</span>"
            f"<span class='track ruled' title='{low / 100:.1f} to {high / 100:.1f}'>"
            f"<i class=band style='left:{low / 100:.1f}%;width:{(high - low) / 100:.1f}%'></i>"
            f"<b style='left:{score / 100:.1f}%'></b></span><span class=val>{escape(words)}</span></li>"
        )
    ticks = "".join(f"<em style='left:{tick}%'>{tick}</em>" for tick in (0, 25, 50, 75, 100))
    scale = f"<span class=who>{escape(axis)}</span><span class=track>{ticks}</span><span class=val></span>"
    foot = f"<li class=ticks>{scale}</li>"
    return f"<ul class=bars>{''.join(lines)}{foot}</ul>"
