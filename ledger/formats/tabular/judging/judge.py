"""What a file leaves open under a map: settled by what its own lines prove, else asked about. Never guessed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ledger.formats.tabular.judging.date_judge import judge_dates
from ledger.formats.tabular.judging.findings import Cells, Findings
from ledger.formats.tabular.judging.number_judge import judge_numbers
from ledger.formats.tabular.judging.spellings import Names, spellings_asked
from ledger.formats.tabular.mapping.import_map import ImportMap, Numbers, Source
from ledger.formats.tabular.reading.read_file import columns_asked, place_of
from ledger.formats.tabular.table import Question, Table, as_text
from ledger.formats.tabular.values.dates import Reading


@dataclass(frozen=True, slots=True)
class Judgement:
    """How each column of dates and numbers is read, by the key of its source; what was proved, and what is open.

    While `questions` are open, nothing may be made of the file.
    """

    dates: Mapping[str, Reading]
    numbers: Mapping[str, Numbers]
    names: Names
    questions: tuple[Question, ...]
    told: tuple[str, ...]


def judge(table: Table, of: ImportMap) -> Judgement:
    """Every question at once, so that a map is mended in one go."""
    names = Names(of.parties)
    if asked := columns_asked(table, of):
        return Judgement({}, {}, names, asked, table.told)
    left_out = _left_out(table, of)
    rows = [row for row in table.rows if row.line not in left_out]
    findings = Findings(told=list(table.told))

    def cells_of(source: Source) -> Cells:
        place = place_of(table, source)
        return [(row.line, cell) for row in rows if (cell := row.cells[place]) != ""]

    dates = {
        one.source.key: judge_dates(one, of.months, cells_of(one.source), findings)
        for one in (of.promised, of.delivered)
    }
    if findings.naive and of.zone is None:
        what = "dates and times without a zone: where the goods went, a day ends at another time than elsewhere"
        choices = 'a name such as "Africa/Nairobi", or { column = "…", values = { … } }'
        findings.ask("dates.zone", what, findings.naive, choices)
    numbers = {
        source.key: judge_numbers(source, of.numbers, cells_of(source), findings) if source.column else of.numbers
        for source in _number_sources(of)
    }
    if of.parties.spelling != "exact":
        findings.questions += spellings_asked(_names(cells_of, names, of), of.parties)
    unique = tuple(dict.fromkeys(findings.questions))
    return Judgement(dates, numbers, names, unique, tuple(dict.fromkeys(findings.told)))


def _left_out(table: Table, of: ImportMap) -> frozenset[int]:
    """Lines that the map leaves out: whatever else stands in them is no matter."""
    places = [(place_of(table, one.source), one.texts) for one in of.leave_out]
    return frozenset(row.line for row in table.rows for place, texts in places if as_text(row.cells[place]) in texts)


def _number_sources(of: ImportMap) -> Iterator[Source]:
    content = of.content
    for one in (content.packages, content.value, content.freight, of.promised.plus_days, of.delivered.plus_days):
        if one is not None:
            yield one


def _names(cells_of: Callable[[Source], Cells], names: Names, of: ImportMap) -> Iterator[tuple[int, str]]:
    for source in (of.parties.consignor, of.parties.consignee, of.parties.carrier):
        if source is not None and source.column:
            for line, cell in cells_of(source):
                text = as_text(cell)
                yield line, names.resolved(source.values.get(text, text))
