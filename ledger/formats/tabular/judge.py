"""What a file leaves open under a map: settled by what its own lines prove, else asked about. Never guessed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from ledger.formats.tabular.amounts import number_of
from ledger.formats.tabular.choices import MOST_PROOF, Decision, Evidence, decide
from ledger.formats.tabular.dates import Reading, has_short_year, is_number, month_names, numeric_parts, read_date
from ledger.formats.tabular.import_map import DateSource, ImportMap, Numbers, Source
from ledger.formats.tabular.read_file import columns_asked, place_of
from ledger.formats.tabular.spellings import Names, spellings_asked
from ledger.formats.tabular.table import Cell, Question, Table, Unreadable, as_text

_ORDERS = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}
_SIGNS = {".": "a point before decimals", ",": "a comma before decimals"}
Cells = list[tuple[int, Cell]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """How each column of dates and numbers is read, by the key of its source; what was proved, and what is open.

    While `questions` are open, nothing may be made of the file.
    """

    dates: dict[str, Reading]
    numbers: dict[str, Numbers]
    names: Names
    questions: tuple[Question, ...]
    told: tuple[str, ...]


def judge(table: Table, of: ImportMap) -> Judgement:
    """Every question at once, so that a map is mended in one go."""
    if asked := columns_asked(table, of):
        return Judgement({}, {}, Names(of.parties), asked, table.told)
    questions: list[Question] = []
    told = list(table.told)
    left_out = _left_out(table, of)

    def cells_of(source: Source) -> Cells:
        place = place_of(table, source)
        return [(row.line, cell) for row in table.rows if row.line not in left_out and (cell := row.cells[place]) != ""]

    dates = {}
    naive: list[tuple[int, str]] = []
    for one in (of.promised, of.delivered):
        reading = _date_reading(one, of, cells_of(one.source), questions, told, naive)
        dates[one.source.key] = reading
    if naive and of.zone is None:
        what = "dates and times without a zone, and where the goods went the day ends at another time than elsewhere"
        choices = 'a name such as "Africa/Nairobi", or { column = "…", values = { … } }'
        questions.append(Question("dates.zone", what, tuple(naive[:MOST_PROOF]), choices))
    numbers = {}
    for source in _number_sources(of):
        if source.column:
            numbers[source.key] = _number_signs(source, of.numbers, cells_of(source), questions, told)
        else:
            numbers[source.key] = of.numbers
    names = Names(of.parties)
    if of.parties.spelling != "exact":
        questions += spellings_asked(_names(cells_of, names, of), of.parties)
    return Judgement(dates, numbers, names, tuple(dict.fromkeys(questions)), tuple(dict.fromkeys(told)))


def _left_out(table: Table, of: ImportMap) -> frozenset[int]:
    """Lines that the map leaves out: whatever stands in them is no matter."""
    places = [(place_of(table, one.source), one.texts) for one in of.leave_out]
    return frozenset(row.line for row in table.rows for place, texts in places if as_text(row.cells[place]) in texts)


def _number_sources(of: ImportMap) -> Iterator[Source]:
    content = of.content
    for one in (content.packages, content.value, content.freight, of.promised.plus_days, of.delivered.plus_days):
        if one is not None:
            yield one


def _names(
    cells_of: Callable[[Source], Cells], names: Names, of: ImportMap
) -> Iterator[tuple[int, str]]:
    for source in (of.parties.consignor, of.parties.consignee):
        if source.column:
            for line, cell in cells_of(source):
                text = source.values.get(str(cell), str(cell))
                yield line, names.resolved(text)


def _date_reading(
    one: DateSource, of: ImportMap, cells: Cells, questions: list[Question], told: list[str],
    naive: list[tuple[int, str]],
) -> Reading:  # fmt: skip
    key, column = one.source.key, one.source.column
    plain = Reading(one.order, one.two_digit_years, one.number, one.midnight, one.layout, month_names(of.months))
    texts = [(line, cell) for line, cell in cells if isinstance(cell, str)]
    if not one.layout:
        decision = decide(_orders(texts, one.two_digit_years), tuple(_ORDERS), one.order or "")
        plain = replace(plain, order=decision.chosen or None)  # type: ignore[arg-type]
        _ask_order(decision, key, column, one, questions, told)
    checks: tuple[tuple[bool, Callable[[Cell], bool], Callable[[list[tuple[int, str]]], Question]], ...] = (
        (
            one.two_digit_years is None and (not one.layout or "YYYY" not in one.layout),
            lambda cell: isinstance(cell, str) and (has_short_year(cell) or bool(one.layout)),
            lambda proof: Question(
                f"{key}.two_digit_years", f"years of two digits in {column!r}", tuple(proof),
                "the first year of the hundred that they name, such as 2000 for 2000 to 2099",
            ),
        ),
        (
            one.number is None and not one.layout,
            is_number,
            lambda proof: Question(
                f"{key}.number", f"bare numbers for dates in {column!r}", tuple(proof),
                "excel-1900, excel-1904, yyyymmdd, unix or unix-ms",
            ),
        ),
    )  # fmt: skip
    for needed, applies, made in checks:
        proof = [(line, str(cell)) for line, cell in cells if applies(cell)][:MOST_PROOF] if needed else []
        if proof:
            questions.append(made(proof))
    midnights = []
    for line, cell in cells:
        clock, timed = _clock_of(cell, plain)
        if timed and clock == time() and not (plain.number or "").startswith("unix"):
            midnights.append((line, str(cell)))
        if not timed or clock is not None:
            naive.append((line, str(cell)))
    if midnights and one.midnight is None:
        choices = "day (a day without a time, which ends at the destination) or moment (that very second)"
        what = f"midnight in {column!r}: a time, or a day without one?"
        questions.append(Question(f"{key}.midnight", what, tuple(midnights[:MOST_PROOF]), choices))
    return plain


def _clock_of(cell: Cell, reading: Reading) -> tuple[time | None, bool]:
    """The time of day in a cell that has no zone, and whether it has one at all; what cannot be read has a zone."""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return None, False
    try:
        # Midnights as they stand there, whatever they mean; years of two digits are asked about elsewhere.
        as_is = replace(reading, midnight="moment", two_digit_years=reading.two_digit_years or 2000)
        said = read_date(cell, as_is)
    except Unreadable:
        return None, True
    if said.clock is None:
        return None, False
    return (said.clock if said.zone is None else None), True


def _orders(texts: Iterable[tuple[int, Cell]], first_year: int | None) -> Iterator[Evidence]:
    """What each text with three numbers says in each order that can read it."""
    for line, cell in texts:
        parts = numeric_parts(str(cell))
        if parts is None or len(parts[0]) > 2:
            continue
        a, b, c = parts
        ways = {"dmy": (c, b, a), "mdy": (c, a, b)} | ({"ymd": (a, b, c)} if len(c) <= 2 else {})
        says = {}
        for order, (year, month, day) in ways.items():
            number = int(year) if len(year) > 2 else (first_year or 2000) + (int(year) - (first_year or 2000)) % 100
            try:
                says[order] = date(number, int(month), int(day))
            except ValueError:
                continue
        yield Evidence(line, str(cell), says)


def _ask_order(
    decision: Decision, key: str, column: str, one: DateSource, questions: list[Question], told: list[str]
) -> None:
    at = f"{key}.order"
    if decision.against:
        what = f"the map says {_ORDERS[one.order or 'dmy']} in {column!r}, and these lines cannot be read so"
        questions.append(Question(at, what, _dated(decision.against), "the order that is meant"))
    elif decision.open:
        mixed = any(len(cell.says) == 1 for cell in decision.open)
        what = f"dates in {column!r} are written in two orders" if mixed else f"dates in {column!r} can be read both ways"
        choices = "dmy (day first), mdy (month first) or ymd"
        questions.append(Question(at, what, _dated(decision.open), choices))
    elif decision.proof is not None:
        proof = decision.proof
        told.append(f"dates in {column!r}: {_ORDERS[decision.chosen]}, as line {proof.line} shows ({proof.text})")


def _dated(cells: Iterable[Evidence]) -> tuple[tuple[int, str], ...]:
    return tuple(
        (cell.line, f"{cell.text} is {' or '.join(dict.fromkeys(f'{day:%d %B %Y}' for day in cell.says.values()))}")
        for cell in cells
        if all(isinstance(day, date) for day in cell.says.values())
    )


def _number_signs(
    source: Source, given: Numbers, cells: Cells, questions: list[Question], told: list[str]
) -> Numbers:
    texts = [(line, cell) for line, cell in cells if isinstance(cell, str)]
    evidence = (
        Evidence(line, cell, {s: n for s in _SIGNS if (n := number_of(cell, s, None)) is not None})
        for line, cell in texts
    )
    decision = decide(evidence, tuple(_SIGNS), given.decimal)
    if not given.decimal and decision.chosen and decision.apart and not _groups(texts, decision.chosen):
        # `1,234` beside `1234.56`: that decimals have a point does not yet say that the comma is none of them.
        decision = Decision(open=(*decision.apart[:2], *([decision.proof] if decision.proof else [])))
    column = source.column
    if decision.against:
        what = f"the map says {_SIGNS[given.decimal]}, and in {column!r} these lines cannot be read so"
        proof = tuple((cell.line, cell.text) for cell in decision.against)
        questions.append(Question("numbers.decimal", what, proof, "the sign before decimals"))
    elif decision.open:
        mixed = any(len(cell.says) == 1 for cell in decision.open)
        what = f"numbers in {column!r} are written in two ways" if mixed else f"numbers in {column!r} can be read both ways"
        proof = tuple(
            (cell.line, f"{cell.text} is {' or '.join(dict.fromkeys(f'{number:f}' for number in cell.says.values()))}")
            for cell in decision.open
        )
        questions.append(Question("numbers.decimal", what, proof, '"." or ","; numbers.thousands for the other'))
    elif decision.proof is not None and not given.decimal:
        proof_line = decision.proof
        told.append(f"numbers in {column!r}: {_SIGNS[decision.chosen]}, as line {proof_line.line} shows ({proof_line.text})")
    return replace(given, decimal=decision.chosen or given.decimal)


def _groups(texts: Iterable[tuple[int, str]], decimal: str) -> bool:
    """Whether any number has the other sign between thousands beyond doubt: beside decimals, or twice."""
    other = "," if decimal == "." else "."
    return any(
        other in text and (decimal in text or text.count(other) > 1) and number_of(text, decimal, other) is not None
        for _, text in texts
    )
