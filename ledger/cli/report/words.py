"""How the report writes numbers, names and tables. Times are UTC, money names its currency."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape

from ledger.cli.imports.scms import PROGRAMME, VENDOR
from ledger.common.periods import DAY

FOREVER = 2**40 - 1
LAST_SECOND = 253_402_300_799
NOT_KNOWN, UNKNOWN_CELL = "not known", "–"


def section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def figure(title: str, body: str, *, note: str = "") -> str:
    """A chart or table under a title that is seen; `note`: its unit, and how to read it."""
    small = f"<small>{escape(note)}</small>" if note else ""
    return f"<figure><figcaption>{escape(title)}{small}</figcaption>{body}</figure>"


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


def day(seconds: int) -> str:
    if seconds >= FOREVER:
        return "the end"
    return datetime.fromtimestamp(min(seconds, LAST_SECOND), UTC).strftime("%-d %B %Y")


def days(seconds: int | None, unknown: str = NOT_KNOWN) -> str:
    if seconds is None:
        return unknown
    tenths = (seconds * 10 + DAY // 2) // DAY
    if tenths % 10 == 0:
        return f"{tenths // 10} day{'s' if tenths != 10 else ''}"
    return f"{tenths // 10}.{tenths % 10} days"


def percent(part: int, whole: int, unknown: str = NOT_KNOWN) -> str:
    return unknown if not whole else f"{100 * part / whole:.1f} %"


def ppm(value: int | None, unknown: str = NOT_KNOWN) -> str:
    return unknown if value is None else f"{value / 10_000:.1f} %"


def amount(minor: int) -> str:
    """Whole units, for columns and bars whose heading names the currency."""
    return f"{minor // 100:,}"


def money(minor: int, currency: str) -> str:
    """Whole units, millions from a hundred million minor units on: for people, beside the exact tables."""
    if minor >= 10**9:
        return f"{minor / 10**8:,.1f} million {currency}".strip()
    return f"{minor // 100:,} {currency}".strip()


def exact(minor: int, currency: str) -> str:
    return f"{minor // 100:,}.{minor % 100:02d} {currency}".strip()
