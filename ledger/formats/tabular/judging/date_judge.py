"""How a column of dates is to be read: by the map, else by what its own lines prove; what neither says is asked."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time

from ledger.formats.tabular.judging.choices import Decision, Evidence, decide
from ledger.formats.tabular.judging.findings import Cells, Findings
from ledger.formats.tabular.mapping.import_map import DateSource, Order
from ledger.formats.tabular.table import Cell, Unreadable
from ledger.formats.tabular.values.date_texts import has_short_year, is_number, month_names, numeric_parts
from ledger.formats.tabular.values.dates import Reading, read_date

_ORDERS: dict[Order, str] = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}
_ANY_CENTURY = 2000
"""For whether a day is in the calendar at all, where nobody has said yet which century is meant."""


def judge_dates(one: DateSource, months: tuple[str, ...], cells: Cells, findings: Findings) -> Reading:
    """The reading of a column; while anything is asked about it, nothing may be read by it."""
    key, column = one.source.key, one.source.column
    reading = Reading(one.order, one.two_digit_years, one.number, one.midnight, one.layout, month_names(months))
    if not one.layout:
        reading = replace(reading, order=_judge_order(one, cells, findings))
    if one.two_digit_years is None and (not one.layout or "YYYY" not in one.layout):
        short = [(line, str(cell)) for line, cell in cells if isinstance(cell, str)]
        if proof := [(line, text) for line, text in short if one.layout or has_short_year(text)]:
            choices = "the first year of the hundred that they name, such as 2000 for 2000 to 2099"
            findings.ask(f"{key}.two_digit_years", f"years of two digits in {column!r}", proof, choices)
    bare = [(line, str(cell)) for line, cell in cells if is_number(cell)]
    if bare and one.number is None and not one.layout:
        choices = "excel-1900, excel-1904, yyyymmdd, unix or unix-ms"
        findings.ask(f"{key}.number", f"bare numbers for dates in {column!r}", bare, choices)
    _judge_times(one, reading, cells, findings)
    return reading


def _judge_order(one: DateSource, cells: Cells, findings: Findings) -> Order | None:
    column, key = one.source.column, f"{one.source.key}.order"
    decision = decide(_orders(cells, one.two_digit_years or _ANY_CENTURY), tuple(_ORDERS), one.order or "")
    if decision.against:
        what = f"the map says {_ORDERS[one.order or 'dmy']} in {column!r}, and these lines cannot be read so"
        choices = "the order that is meant; dates.order sets it for all columns"
        findings.ask(key, what, _dated(decision.against), choices)
    elif decision.open:
        mixed = any(len(cell.says) == 1 for cell in decision.open)
        how = "are written in two orders" if mixed else "can be read both ways"
        choices = "dmy (day first), mdy (month first) or ymd; dates.order sets it for all columns"
        findings.ask(key, f"dates in {column!r} {how}", _dated(decision.open), choices)
    elif (proof := decision.proof) is not None:
        order = _ORDERS[_order(decision) or "dmy"]
        findings.told.append(f"dates in {column!r}: {order}, as line {proof.line} shows ({proof.text})")
    return _order(decision)


def _order(decision: Decision) -> Order | None:
    return next((one for one in _ORDERS if one == decision.chosen), None)


def _orders(cells: Cells, first_year: int) -> Iterator[Evidence]:
    """What each text of three numbers says in each order that can read it."""
    for line, cell in cells:
        parts = numeric_parts(cell) if isinstance(cell, str) else None
        if parts is None or len(parts[0]) > 2:
            continue
        a, b, c = parts
        ways = {"dmy": (c, b, a), "mdy": (c, a, b)} | ({"ymd": (a, b, c)} if len(c) <= 2 else {})
        says = {}
        for order, (year, month, day) in ways.items():
            number = int(year) if len(year) > 2 else first_year + (int(year) - first_year) % 100
            try:
                says[order] = date(number, int(month), int(day))
            except ValueError:
                continue
        yield Evidence(line, str(cell), says)


def _dated(cells: Iterable[Evidence]) -> list[tuple[int, str]]:
    """Each line with the days that stand there, one or both."""
    return [
        (cell.line, f"{cell.text} is {' or '.join(dict.fromkeys(f'{day:%-d %B %Y}' for day in cell.says.values()))}")
        for cell in cells
    ]


def _judge_times(one: DateSource, reading: Reading, cells: Cells, findings: Findings) -> None:
    """Ask what midnight means, and note what needs the destination's zone."""
    midnights = []
    for line, cell in cells:
        clock, away = _clock_of(cell, reading)
        if clock == time() and not (is_number(cell) and (one.number or "").startswith("unix")):
            midnights.append((line, str(cell)))
        if not away and one.zone is None:
            findings.naive.append((line, str(cell)))
    if midnights and one.midnight is None:
        choices = "day (a day without a time, which ends at the destination) or moment (that very second)"
        what = f"midnight in {one.source.column!r}: a time, or a day without one?"
        findings.ask(f"{one.source.key}.midnight", what, midnights, choices)


def _clock_of(cell: Cell, reading: Reading) -> tuple[time | None, bool]:
    """The time of day in a cell, and whether it needs no zone of the destination; what cannot be read needs none."""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return None, False
    try:
        # Midnights as they stand there, whatever they mean; years of two digits are asked about by themselves.
        years = reading.two_digit_years or _ANY_CENTURY
        said = read_date(cell, replace(reading, midnight="moment", two_digit_years=years))
    except Unreadable:
        return None, True
    return said.clock, said.clock is not None and said.zone is not None and not _is_day(said.clock, reading)


def _is_day(clock: time, reading: Reading) -> bool:
    return clock == time() and reading.midnight == "day"
