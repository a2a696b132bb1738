"""Rows into what is to be opened and handed over: one shipment a line, and lines of one manifest together.

Only what a line and the map say is taken over. A line without a delivery opens its shipment, which stays due.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ledger.formats.tabular.cells import LONGEST, Cells, joined
from ledger.formats.tabular.judging.judge import Judgement, judge
from ledger.formats.tabular.lines import Entry, LeftOut, Line, Where
from ledger.formats.tabular.mapping.import_map import ImportMap, PlaceSources
from ledger.formats.tabular.reading.read_file import place_of, read_table
from ledger.formats.tabular.table import WHOLE_FILES, Limits, Question, Table, Unreadable, Unusable, as_text, shown


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


def plan_of(content: bytes, of: ImportMap, now: int, limits: Limits = WHOLE_FILES) -> Plan:
    """The plan for a whole file at time `now`, UTC seconds.

    Raises `MalformedRecord` for what cannot be read under this map at all.
    """
    table = read_table(content, of, limits)
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
    content, parties = of.content, of.parties
    consignor, consignee = cells.partner(parties.consignor), cells.partner(parties.consignee)
    carrier = cells.partner(parties.carrier, needed=parties.liable == "carrier") if parties.carrier else ""
    if consignee in (consignor, carrier):
        raise Unreadable(f"{consignee!r} is the consignee and has the goods already")
    named = {"consignor": consignor, "consignee": consignee, "carrier": carrier}
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
    manifest = _manifest(cells, of, identity, delivered=delivered is not None)
    for text in (identity, manifest):
        if len(text) > LONGEST:
            raise Unreadable(f"longer than {LONGEST} characters: {shown(text)}")
    return Line(
        line=cells.row.line,
        id=identity,
        manifest=manifest,
        consignor=consignor,
        consignee=consignee,
        liable=named[parties.liable],
        beneficiary=named[parties.beneficiary],
        promised_at=promised,
        delivered_at=delivered,
        packages=cells.packages(content.packages),
        value=cells.amount(content.value, currency),
        freight=cells.amount(content.freight, currency),
        currency=currency,
        order=cells.short(content.order),
        incoterm=cells.short(content.incoterm),
        mode=cells.mode(content.mode),
        fulfilment=cells.fulfilment(content.fulfilment),
        description=cells.text(content.description)[:LONGEST],
        gtin=cells.gtin(content.gtin),
        lot=cells.short(content.lot),
        hs=cells.short(content.hs),
        origin=_where(cells, of.origin),
        destination=_where(cells, of.destination),
        carrier=carrier,
    )


def _manifest(cells: Cells, of: ImportMap, identity: str, *, delivered: bool) -> str:
    """What a line travels by; by itself where the map names nothing, or nothing is written for goods still to come."""
    if not of.manifest or (not delivered and not any(cells.text(one) for one in of.manifest)):
        return identity
    return joined([cells.named(one) for one in of.manifest])


def _where(cells: Cells, place: PlaceSources) -> Where:
    country = cells.country(place.country)
    return Where(country, cells.locode(place.locode, country), cells.gln(place.gln), cells.short(place.name))
