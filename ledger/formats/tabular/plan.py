"""Rows into what is to be opened and handed over: one shipment a line, and lines of one manifest together.

Only what a line and the map say is taken over. A line without a delivery opens its shipment, which stays due.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from ledger.codes import Mode
from ledger.formats.tabular.cells import LONGEST, Cells, joined
from ledger.formats.tabular.import_map import ImportMap, PlaceSources
from ledger.formats.tabular.judge import Judgement, judge
from ledger.formats.tabular.read_file import place_of, read_table
from ledger.formats.tabular.table import Question, Table, Unreadable, Unusable, as_text, shown


class Where(NamedTuple):
    """A place as records hold it; each part may be empty."""

    country: str = ""
    locode: str = ""
    gln: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One usable line. Times in UTC seconds, amounts in minor units of the currency.

    `id` names it in its file; `manifest` what it travels by; `delivered_at` None: not yet. `liable` and `beneficiary`
    are `consignor` or `consignee`, each by name.
    """

    line: int
    id: str
    manifest: str
    consignor: str
    consignee: str
    liable: str
    beneficiary: str
    promised_at: int
    delivered_at: int | None
    packages: int
    value: int
    freight: int
    currency: str
    order: str = ""
    incoterm: str = ""
    mode: Mode = Mode.NOT_SPECIFIED
    description: str = ""
    gtin: str = ""
    lot: str = ""
    hs: str = ""
    origin: Where = Where()
    destination: Where = Where()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line that is no shipment, by the map's word."""

    line: int
    column: str
    text: str


Entry = Line | Unusable | LeftOut


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file comes to. While `questions` are open there are no entries."""

    entries: tuple[Entry, ...]
    questions: tuple[Question, ...]
    told: tuple[str, ...]
    heading: tuple[str, ...]

    @property
    def lines(self) -> list[Line]:
        return [entry for entry in self.entries if isinstance(entry, Line)]

    @property
    def unusable(self) -> list[Unusable]:
        return [entry for entry in self.entries if isinstance(entry, Unusable)]

    @property
    def left_out(self) -> list[LeftOut]:
        return [entry for entry in self.entries if isinstance(entry, LeftOut)]


def plan_of(content: bytes, of: ImportMap, now: int) -> Plan:
    """The plan for a whole file at time `now`, UTC seconds. Raises `MalformedRecord` for what cannot be read under this map at all."""
    table = read_table(content, of)
    judgement = judge(table, of)
    if judgement.questions:
        return Plan((), judgement.questions, judgement.told, table.heading)
    entries = [*_entries(table, of, judgement, now), *table.unusable]
    entries.sort(key=lambda entry: entry.line)
    return Plan(tuple(entries), (), judgement.told, table.heading)


def _entries(table: Table, of: ImportMap, judgement: Judgement, now: int) -> Iterator[Entry]:
    places = {source.key: place_of(table, source) for source in of.sources() if source.column}
    seen: dict[str, int] = {}
    for row in table.rows:
        cells = Cells(row, places, judgement)
        try:
            entry = _left_out(cells, of) or _line(cells, of, seen, now)
        except Unreadable as error:
            yield Unusable(row.line, error.column, str(error), row.cells)
            continue
        if isinstance(entry, Line):
            seen[entry.id] = entry.line
        yield entry


def _left_out(cells: Cells, of: ImportMap) -> LeftOut | None:
    for rule in of.leave_out:
        if (text := as_text(cells.raw(rule.source))) in rule.texts:
            return LeftOut(cells.row.line, rule.source.column, text)
    return None


def _line(cells: Cells, of: ImportMap, seen: Mapping[str, int], now: int) -> Line:
    identity = joined([cells.named(one) for one in of.identity])
    if identity in seen:
        names = joined([one.column for one in of.identity])
        raise Unreadable(f"{names} {identity!r} stands already in line {seen[identity]}")
    key = tuple(cells.named(one) for one in of.manifest) or (identity,)
    for text in (identity, joined(key)):
        if len(text) > LONGEST:
            raise Unreadable(f"longer than {LONGEST} characters: {shown(text)}")
    content, parties = of.content, of.parties
    consignor, consignee = cells.partner(parties.consignor), cells.partner(parties.consignee)
    if consignor == consignee:
        raise Unreadable(f"{consignor!r} is consignor and consignee")
    currency = cells.currency(content.currency)
    promised, delivered = cells.second(of.promised, of.zone), cells.second(of.delivered, of.zone)
    if promised is None:
        error = Unreadable("empty: nothing was promised")
        error.column = of.promised.source.column
        raise error
    if delivered is not None and delivered > now:
        error = Unreadable("lies in the future (a day lasts until it ends at the destination)")
        error.column = of.delivered.source.column
        raise error
    return Line(
        line=cells.row.line,
        id=identity,
        manifest=joined(key),
        consignor=consignor,
        consignee=consignee,
        liable=parties.liable,
        beneficiary=parties.beneficiary,
        promised_at=promised,
        delivered_at=delivered,
        packages=cells.packages(content.packages),
        value=cells.amount(content.value, currency),
        freight=cells.amount(content.freight, currency),
        currency=currency,
        order=cells.short(content.order),
        incoterm=cells.short(content.incoterm),
        mode=cells.mode(content.mode),
        description=cells.text(content.description)[:LONGEST],
        gtin=cells.gtin(content.gtin),
        lot=cells.short(content.lot),
        hs=cells.short(content.hs),
        origin=_where(cells, of.origin),
        destination=_where(cells, of.destination),
    )


def _where(cells: Cells, place: PlaceSources) -> Where:
    country = cells.country(place.country)
    return Where(country, cells.locode(place.locode, country), cells.gln(place.gln), cells.short(place.name))


def manifests_of(lines: Sequence[Line]) -> list[list[Line]]:
    """Delivered lines by manifest; those of one with other parties, destination or time are a manifest of their own."""

    def key(line: Line) -> tuple[str, str, str, Where, int]:
        return (line.manifest, line.consignor, line.consignee, line.destination, line.delivered_at or 0)

    delivered = sorted((line for line in lines if line.delivered_at is not None), key=key)
    return [list(group) for _, group in groupby(delivered, key)]
