"""Charts as inline SVG: no scripts, nothing loaded, sharp on paper. Every chart has a title for screen readers."""

from collections.abc import Iterable, Sequence
from html import escape

INK, QUIET, GRID = "#1c2733", "#66727f", "#dfe5ea"
GOOD, BAD, ACCENT = "#7fa8c9", "#c8553d", "#1f4e79"
FONT = 'font-family="inherit"'


def stacked(
    labels: Sequence[str], good: Sequence[int], bad: Sequence[int], *, title: str, names: tuple[str, str]
) -> str:
    """Bars of two parts on each other, and the share of the second as a line on a scale of its own."""
    width, height, left, bottom, top = 960, 300, 46, 46, 30
    inner = width - left - 46
    most = max((a + b for a, b in zip(good, bad, strict=True)), default=0) or 1
    scale = (height - bottom - top) / _ceiling(most)
    slot = inner / max(1, len(labels))
    bar = min(64.0, max(2.0, slot * 0.72))
    parts = [_axis(left, width - 46, height - bottom, top, _ceiling(most))]
    points = []
    for i, (label, one, other) in enumerate(zip(labels, good, bad, strict=True)):
        x = left + i * slot + (slot - bar) / 2
        base = height - bottom
        parts.append(_rect(x, base - one * scale, bar, one * scale, GOOD, f"{label}: {one} {names[0]}"))
        parts.append(_rect(x, base - (one + other) * scale, bar, other * scale, BAD, f"{label}: {other} {names[1]}"))
        if one + other:
            share = other / (one + other)
            points.append((x + bar / 2, base - share * (height - bottom - top)))
        if i % max(1, len(labels) // 12) == 0:
            parts.append(_text(x + bar / 2, base + 18, label, "middle", QUIET, 11))
    parts.append(_line_through(points, INK))
    for percent in (0, 50, 100):
        y = height - bottom - percent / 100 * (height - bottom - top)
        parts.append(_text(width - 40, y + 4, f"{percent} %", "start", QUIET, 11))
    legend = ((GOOD, names[0]), (BAD, names[1]), (INK, f"share {names[1]} (right scale)"))
    parts.append(_legend(left, 12, legend))
    return _svg(width, height, title, parts)


def columns(pairs: Sequence[tuple[str, int]], *, title: str, first_is_good: bool = False) -> str:
    """One column a label, its value on top."""
    width, height, bottom, top = 460, 260, 36, 26
    most = max((value for _, value in pairs), default=0) or 1
    slot = width / max(1, len(pairs))
    parts = []
    for i, (label, value) in enumerate(pairs):
        tall = value / most * (height - bottom - top)
        x, y = i * slot + slot * 0.14, height - bottom - tall
        colour = GOOD if first_is_good and i == 0 else BAD
        parts.append(_rect(x, y, slot * 0.72, tall, colour, f"{label}: {value}"))
        parts.append(_text(x + slot * 0.36, y - 6, f"{value:,}", "middle", INK, 12))
        parts.append(_text(x + slot * 0.36, height - bottom + 18, label, "middle", QUIET, 11))
    parts.append(f'<line x1="0" y1="{height - bottom}" x2="{width}" y2="{height - bottom}" stroke="{QUIET}"/>')
    return _svg(width, height, title, parts)


def bars(rows: Sequence[tuple[str, int, str]], *, title: str, running: Sequence[int] = ()) -> str:
    """Horizontal bars: label, value, words at the end. `running` adds cumulative shares in parts per million."""
    width, row, left = 960, 26, 290
    height = row * len(rows) + 26
    most = max((value for _, value, _ in rows), default=0) or 1
    room = width - left - 170 - (60 if running else 0)
    parts = []
    for i, (label, value, words) in enumerate(rows):
        y = 8 + i * row
        parts.append(_text(left - 10, y + 15, _short(label, 34), "end", INK, 13))
        parts.append(_rect(left, y + 2, value / most * room, row - 9, ACCENT, f"{label}: {words}"))
        parts.append(_text(left + value / most * room + 8, y + 15, words, "start", INK, 12))
        if running:
            parts.append(_text(width - 4, y + 15, f"{running[i] / 10_000:.0f} %", "end", QUIET, 12))
    if running:
        parts.append(_text(width - 4, height - 4, "together", "end", QUIET, 11))
    return _svg(width, height, title, parts)


def intervals(rows: Sequence[tuple[str, int, int, int, str]], *, title: str) -> str:
    """Scores in hundredths of a point with the interval in which they lie: label, low, score, high, words."""
    width, row, left = 960, 26, 290
    height = row * len(rows) + 34
    room = width - left - 150
    parts = []
    for tick in range(0, 101, 20):
        x = left + tick / 100 * room
        parts.append(f'<line x1="{x:.1f}" y1="4" x2="{x:.1f}" y2="{height - 26}" stroke="{GRID}"/>')
        parts.append(_text(x, height - 10, str(tick), "middle", QUIET, 11))
    for i, (label, low, score, high, words) in enumerate(rows):
        y = 18 + i * row
        x1, x, x2 = (left + value / 10_000 * room for value in (low, score, high))
        parts.append(_text(left - 10, y + 4, _short(label, 34), "end", INK, 13))
        parts.append(
            f'<line x1="{x1:.1f}" y1="{y}" x2="{x2:.1f}" y2="{y}" stroke="{GOOD}" stroke-width="6" '
            f'stroke-linecap="round"><title>{escape(label)}: {low / 100:.1f} to {high / 100:.1f}</title></line>'
        )
        parts.append(f'<circle cx="{x:.1f}" cy="{y}" r="5.5" fill="{ACCENT}"/>')
        parts.append(_text(left + room + 14, y + 4, words, "start", INK, 12))
    return _svg(width, height, title, parts)


def _svg(width: int, height: int, title: str, parts: Iterable[str]) -> str:
    body = "".join(parts)
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}" {FONT}>'
        f"<title>{escape(title)}</title>{body}</svg>"
    )


def _axis(left: float, right: float, base: float, top: float, most: int) -> str:
    lines = []
    for i in range(5):
        y = base - i / 4 * (base - top)
        lines.append(f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{GRID}"/>')
        lines.append(_text(left - 6, y + 4, f"{most * i // 4:,}", "end", QUIET, 11))
    return "".join(lines)


def _ceiling(value: int) -> int:
    """The next round number that four divides."""
    step = 4
    while step * 10 < value:
        step *= 10
    return -(-value // step) * step


def _rect(x: float, y: float, width: float, height: float, colour: str, words: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{max(0.0, height):.1f}" fill="{colour}">'
        f"<title>{escape(words)}</title></rect>"
    )


def _line_through(points: Sequence[tuple[float, float]], colour: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{colour}"/>' for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>{dots}'


def _legend(x: float, y: float, entries: Iterable[tuple[str, str]]) -> str:
    parts = []
    for colour, words in entries:
        parts.append(f'<rect x="{x:.1f}" y="{y - 9}" width="11" height="11" fill="{colour}"/>')
        parts.append(_text(x + 17, y + 1, words, "start", QUIET, 12))
        x += 40 + 7.2 * len(words)
    return "".join(parts)


def _text(x: float, y: float, words: str, anchor: str, colour: str, size: int) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{colour}" font-size="{size}">{escape(words)}</text>'


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
