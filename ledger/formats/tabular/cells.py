"""The cells of one row as the map means them: each reader gives the value or raises `Unreadable` with its column."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from ledger.codes import Fulfilment, Mode
from ledger.common.gs1_keys import check_gln, check_gtin
from ledger.common.iso_codes import COUNTRIES, CURRENCIES
from ledger.errors import MalformedRecord
from ledger.explain.units import digits_of
from ledger.formats.tabular.judging.judge import Judgement
from ledger.formats.tabular.mapping.import_map import DateSource, Source
from ledger.formats.tabular.table import Cell, Row, Unreadable, as_text, shown
from ledger.formats.tabular.values.amounts import minor_units, read_whole
from ledger.formats.tabular.values.dates import read_date
from ledger.formats.tabular.values.zones import second_of, zone_of

LONGEST = 120
"""Characters that the short texts of a record hold."""
MOST_PACKAGES = 2**32 - 1
_MOST_DAYS = 36_500
_LOCODE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
C = TypeVar("C", bound=IntEnum)


def _by_name(codes: type[C]) -> dict[str, C]:
    return {one.name.lower().replace("_", " "): one for one in codes} | {str(int(one)): one for one in codes}


_MODES, _FULFILMENTS = _by_name(Mode), _by_name(Fulfilment)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Cells:
    """One row, with where each source's column is and what was judged of the whole file."""

    row: Row
    places: Mapping[str, int]
    judgement: Judgement

    def raw(self, source: Source) -> Cell:
        return self.row.cells[self.places[source.key]] if source.column else source.value

    def text(self, source: Source | None) -> str:
        """What the cell stands for, without the map's prefix; empty for no source."""
        if source is None:
            return ""
        text = as_text(self.raw(source))
        if text in source.values:
            return source.values[text]
        if source.otherwise is not None and (source.values or not text):
            return source.otherwise
        if source.values and text:
            raise _at(source, Unreadable(f"not among {source.key}.values: {shown(text)}"))
        return text

    def short(self, source: Source | None) -> str:
        """A text that a record holds whole."""
        text = self.text(source)
        if source is not None and len(text) > LONGEST:
            raise _at(source, Unreadable(f"longer than {LONGEST} characters: {shown(text)}"))
        return text

    def named(self, source: Source) -> str:
        """A name: never empty, with its prefix."""
        if not (text := self.text(source)):
            raise _at(source, Unreadable(f"empty or longer than {LONGEST} characters"))
        return self._prefixed(source, text)

    def partner(self, source: Source, *, needed: bool = True) -> str:
        """A partner's name, as the map brings its spellings together; empty only where none is `needed`."""
        if not (text := self.text(source)):
            if not needed:
                return ""
            raise _at(source, Unreadable(f"empty or longer than {LONGEST} characters"))
        return self._prefixed(source, self.judgement.names.resolved(text))

    def _prefixed(self, source: Source, text: str) -> str:
        if len(source.prefix + text) > LONGEST:
            raise _at(source, Unreadable(f"empty or longer than {LONGEST} characters"))
        return source.prefix + text

    def packages(self, source: Source) -> int:
        signs = self.judgement.numbers[source.key]
        return self._read(source, lambda cell: read_whole(cell, signs, 1, MOST_PACKAGES))

    def amount(self, source: Source | None, currency: str) -> int:
        """Minor units; 0 where the map names no source, and what it says for cells that hold no amount."""
        if source is None:
            return 0
        signs, digits = self.judgement.numbers[source.key], digits_of(currency)
        try:
            return self._read(source, lambda cell: minor_units(cell, signs, digits))
        except Unreadable:
            if source.otherwise is None:
                raise
            return minor_units(source.otherwise, signs, digits)

    def second(self, of: DateSource, zone: Source | None) -> int | None:
        """The UTC second that a date tells, by `zone` where its column has none of its own; None for an empty cell."""
        source, reading = of.source, self.judgement.dates[of.source.key]
        cell = self.raw(source)
        if isinstance(cell, str) and (source.values or not cell):
            cell = self.text(source)
        if cell == "":
            return None
        days = self._days(of.plus_days)
        told = _reading(source, lambda: read_date(cell, reading))
        zone = of.zone or zone
        there = None
        if zone is not None and (told.clock is None or told.zone is None):
            name = self.text(zone)
            there = _reading(zone, lambda: zone_of(name))
        return _reading(source, lambda: second_of(told, there, days))

    def _days(self, source: Source | None) -> int:
        if source is None:
            return 0
        signs = self.judgement.numbers[source.key]
        return self._read(source, lambda cell: read_whole(cell, signs, 0, _MOST_DAYS))

    def _read(self, source: Source, reader: Callable[[Cell], Value]) -> Value:
        cell = self.raw(source)
        if isinstance(cell, str) and source.values:
            cell = self.text(source)
        return _reading(source, lambda: reader(cell))

    def currency(self, source: Source) -> str:
        return self._known(source, "a currency of ISO 4217", CURRENCIES.__contains__)

    def country(self, source: Source | None) -> str:
        return self._known(source, "a country of ISO 3166-1 in two letters", COUNTRIES.__contains__)

    def locode(self, source: Source | None, country: str) -> str:
        def fits(text: str) -> bool:
            return bool(_LOCODE.fullmatch(text)) and text[:2] in COUNTRIES and country in ("", text[:2])

        return self._known(source, "a UN/LOCODE of the country", fits)

    def gln(self, source: Source | None) -> str:
        return self._known(source, "a GLN", lambda text: _passes(check_gln, text))

    def gtin(self, source: Source | None) -> str:
        return self._known(source, "a GTIN", lambda text: _passes(check_gtin, _of_14(text))) and _of_14(
            self.text(source)
        )

    def mode(self, source: Source | None) -> Mode:
        return self._coded(source, _MODES, "mode of transport") or Mode.NOT_SPECIFIED

    def fulfilment(self, source: Source | None) -> Fulfilment | None:
        return self._coded(source, _FULFILMENTS, "fulfilment")

    def _coded(self, source: Source | None, codes: Mapping[str, C], what: str) -> C | None:
        """A code by its name or number; None where nothing is written."""
        text = self.text(source)
        if not text or source is None:
            return None
        code = codes.get(text.lower().replace("-", " ").replace("_", " "))
        if code is None:
            known = ", ".join(name for name in codes if not name.isdigit())
            raise _at(source, Unreadable(f"no {what} ({known}): {shown(text)}"))
        return code

    def _known(self, source: Source | None, what: str, known: Callable[[str], bool]) -> str:
        text = self.text(source)
        if source is not None and not known(text) and (text or source.key == "shipment.currency"):
            raise _at(source, Unreadable(f"not {what}: {shown(text)}"))
        return text


def _of_14(text: str) -> str:
    """A GTIN of 8, 12 or 13 digits, as records hold it."""
    return text.zfill(14) if len(text) in (8, 12, 13) else text


def joined(cells: Sequence[str]) -> str:
    return " / ".join(cells)


def _at(source: Source, error: Unreadable) -> Unreadable:
    error.column = error.column or source.column or source.key
    return error


def _reading(source: Source, read: Callable[[], Value]) -> Value:
    try:
        return read()
    except Unreadable as error:
        raise _at(source, error) from None


def _passes(check: Callable[[str, str], object], text: str) -> bool:
    try:
        check(text, "")
    except MalformedRecord:
        return False
    return True
