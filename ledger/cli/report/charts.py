"""Charts without scripts: SVG where there are axes, HTML bars where there are names, so that both fit a phone.

Colours are classes of the style sheet, which has them for light, dark and paper. What a chart is about stands in the
caption of the figure around it; axes say their unit.
"""

from collections.abc import Iterable, Sequence
from html import escape

from ledger.cli.report.words import cut

LONGEST_NAME = 38


def stacked(
    labels: Sequence[str], good: Sequence[int], bad: Sequence[int], *, names: tuple[str, str], axes: tuple[str, str]
) -> str:
    """Bars of two parts on each other, and the share of the second as a line on a scale of its own.

    `axes`: what the left and the right scale count.
    """
    width, height, left, right, bottom, top = 720, 320, 54, 52, 46, 62
    inner = width - left - right
    ceiling = _ceiling(max((a + b for a, b in zip(good, bad, strict=True)), default=0) or 1)
    scale = (height - bottom - top) / ceiling
    slot = inner / max(1, len(labels))
    bar = min(64.0, max(2.0, slot * 0.72))
    base = height - bottom
    parts = [_axis(left, width - right, base, top, ceiling)]
    points = []
    for i, (label, one, other) in enumerate(zip(labels, good, bad, strict=True)):
        x = left + i * slot + (slot - bar) / 2
        parts.append(_rect(x, base - one * scale, bar, one * scale, "good", f"{label}: {one} {names[0]}"))
        parts.append(_rect(x, base - (one + other) * scale, bar, other * scale, "bad", f"{label}: {other} {names[1]}"))
        if one + other:
            points.append((x + bar / 2, base - other / (one + other) * (base - top)))
        if i % max(1, -(-len(labels) // 9)) == 0:
            parts.append(_text(x + bar / 2, base + 20, label, "middle"))
    parts.append(_line_through(points))
    heights = {share: base - share / 100 * (base - top) + 4 for share in (0, 50, 100)}
    parts += [_text(width - right + 8, y, f"{share} %", "start") for share, y in heights.items()]
    parts.append(_text(left - 46, top - 14, axes[0], "start"))
    parts.append(_text(width, top - 14, axes[1], "end"))
    parts.append(_legend(left - 46, 14, (("good", names[0]), ("bad", names[1]), ("line", f"share {names[1]}"))))
    return _svg(width, height, parts)


def columns(pairs: Sequence[tuple[str, int]], *, axis: str, first_is_good: bool = False) -> str:
    """One column a label, its value on top; `axis`: what the labels count."""
    width, height, bottom, top = 460, 270, 52, 24
    most = max((value for _, value in pairs), default=0) or 1
    slot = width / max(1, len(pairs))
    parts = []
    for i, (label, value) in enumerate(pairs):
        tall = value / most * (height - bottom - top)
        x, y = i * slot + slot * 0.14, height - bottom - tall
        kind = "good" if first_is_good and i == 0 else "bad"
        parts.append(_rect(x, y, slot * 0.72, tall, kind, f"{label}: {value}"))
        parts.append(_text(x + slot * 0.36, y - 6, f"{value:,}", "middle", "ink"))
        parts.append(_text(x + slot * 0.36, height - bottom + 18, label, "middle"))
    parts.append(f'<path class="grid" d="M0 {height - bottom}H{width}"/>')
    parts.append(_text(width, height - 8, axis, "end"))
    return _svg(width, height, parts)


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


def _svg(width: int, height: int, parts: Iterable[str]) -> str:
    return f'<div class=wide><svg viewBox="0 0 {width} {height}" role="img">{"".join(parts)}</svg></div>'


def _axis(left: float, right: float, base: float, top: float, most: int) -> str:
    lines = []
    for i in range(5):
        y = base - i / 4 * (base - top)
        lines.append(f'<path class="grid" d="M{left} {y:.1f}H{right}"/>')
        lines.append(_text(left - 6, y + 4, f"{most * i // 4:,}", "end"))
    return "".join(lines)


def _ceiling(value: int) -> int:
    """The next round number that four divides."""
    step = 4
    while step * 10 < value:
        step *= 10
    return -(-value // step) * step


def _rect(x: float, y: float, width: float, height: float, kind: str, words: str) -> str:
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{max(0.0, height):.1f}">'
        f"<title>{escape(words)}</title></rect>"
    )


def _line_through(points: Sequence[tuple[float, float]]) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle class="line" cx="{x:.1f}" cy="{y:.1f}" r="2.4"/>' for x, y in points)
    return f'<polyline class="line" points="{path}"/>{dots}'


def _legend(x: float, y: float, entries: Iterable[tuple[str, str]]) -> str:
    parts = []
    for kind, words in entries:
        parts.append(f'<rect class="{kind}" x="{x:.1f}" y="{y - 9}" width="11" height="11"/>')
        parts.append(_text(x + 17, y + 1, words, "start"))
        x += 44 + 7.4 * len(words)
    return "".join(parts)


def _text(x: float, y: float, words: str, anchor: str, kind: str = "quiet") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
