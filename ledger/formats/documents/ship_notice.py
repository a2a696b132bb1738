"""X12 856, Ship Notice/Manifest, read: its levels are shipment, order, pack (or tare) and item.

Codes by the X12 dictionary: 353 purpose 00 original; 235 product UP (UPC, 12 digits), EN and EO (EAN, 13 and 8) and UK
(14), each with its check digit, while UA, UI and UN have none and so name no GTIN; 66 identifier UL, a GLN; 88 marks GM
and AA, an SSCC with and without its application identifier, while W is the number of a pallet; 91 mode; 98 party; 128
reference BM bill of lading, CN carrier's; 374 date 011 shipped, 017 estimated, 067 scheduled, 002 requested delivery;
623 zone UT and GM.
"""

from collections.abc import Sequence
from dataclasses import replace

from ledger.errors import MalformedRecord
from ledger.formats.documents.advice import (
    Advice,
    AdvisedLine,
    Format,
    Moment,
    Site,
    checked,
    counted,
    day_of,
    gln_of,
    gtin_of,
    once,
    time_of,
    unit_of,
    whole,
)  # fmt: skip
from ledger.formats.documents.x12 import Segment, TransactionSet, read_x12

_GTINS = ("UK", "EN", "UP", "EO")
_GLN = {"UL"}
_SSCC = {"GM", "AA"}
_MODES = {"M": "road", "J": "road", "R": "rail", "A": "air", "AE": "air", "S": "maritime", "O": "maritime"}
_SHIPPED, _DELIVERED = "011", ("017", "067", "002")


def read_ship_notice(data: bytes) -> Advice:
    """What the notice says; raises `MalformedRecord` naming segment and level."""
    found = read_x12(data, "856")
    begin = _first(found.segments, "BSN")
    if begin is None:
        raise MalformedRecord("no BSN", where="856", expected="BSN, the beginning of a ship notice")
    if _at(begin, 1) not in ("", "00"):
        raise MalformedRecord(
            "the notice cancels or changes another", where="BSN01", expected="00, an original", found=_at(begin, 1),
            mend="Amend or close the shipment that the first one opened.",
        )  # fmt: skip
    return checked(_Levels(found, begin).advice(), "856")


class _Levels:
    """The notice, level by level."""

    def __init__(self, notice: TransactionSet, begin: Segment) -> None:
        self._begin = begin
        self._level = ""
        self._count = 0
        self._order = ""
        self._order_first = ""
        self._counts: list[int] = []
        self._units: list[str] = []
        self._load = ""
        self._mode = ""
        self._sites: dict[str, Site] = {}
        self._site = ""
        self._times: dict[str, Moment] = {}
        self._lines: list[AdvisedLine] = []
        self._carrier = Site()
        for segment in notice.segments:
            self._take(segment)

    def advice(self) -> Advice:
        first = Moment(day_of(_at(self._begin, 3), "BSN03"), time_of(_at(self._begin, 4), "BSN04"))
        supplier, customer = self._any("SF", "SU", "SE"), self._any("ST", "BY")
        return Advice(
            kind="856",
            number=_at(self._begin, 2),
            issued=first,
            supplier=supplier,
            customer=customer,
            lines=tuple(self._lines),
            carrier=self._sites.get("CA", self._carrier),
            order=self._order_first,
            packages=counted(self._counts, self._units),
            units=tuple(self._units),
            load=self._load,
            mode=self._mode,
            despatched=self._times.get(_SHIPPED),
            expected=next((self._times[code] for code in _DELIVERED if code in self._times), None),
        )

    def _any(self, *names: str) -> Site:
        for name in names:
            if name in self._sites:
                return self._sites[name]
        raise MalformedRecord("a party is missing", where="N1", expected=f"N1 with the qualifier {names[0]}")

    def _take(self, segment: Segment) -> None:
        match segment[0]:
            case "HL":
                self._level, self._count = _at(segment, 3), self._count + 1
            case "PRF":
                self._order = _at(segment, 1)
                self._order_first = self._order_first or self._order
            case "TD1" if self._level == "S" and _at(segment, 2):
                self._counts.append(whole(_at(segment, 2), "TD102"))
            case "TD5":
                self._mode = _MODES.get(_at(segment, 4), self._mode)
                self._carrier = Site(_at(segment, 5) or _at(segment, 3))
            case "REF" if _at(segment, 1) in ("BM", "CN") and not self._load:
                self._load = _at(segment, 2)
            case "DTM" if self._level in ("", "S") and _at(segment, 1) in (_SHIPPED, *_DELIVERED):
                name = _at(segment, 1)
                self._times[name] = once(_moment(segment), self._times.get(name), f"DTM*{name}")
            case "N1":
                self._site = _at(segment, 1)
                gln = gln_of(_at(segment, 4), "N104") if _at(segment, 3) in _GLN else ""
                site, before = Site(_at(segment, 2), gln), self._sites.get(self._site)
                once((site.name, site.gln), before and (before.name, before.gln), f"N1*{self._site}")
                self._sites[self._site] = before or site
            case "N4" if self._site in self._sites:
                site = self._sites[self._site]
                self._sites[self._site] = Site(site.name, site.gln, _at(segment, 4))
            case "MAN" if self._level in ("P", "T") and _at(segment, 1) in _SSCC:
                self._units.append(unit_of(_at(segment, 2), "MAN02"))
            case "LIN":
                self._lines.append(_line(segment, self._order, self._count))
            case "SN1" if self._lines:
                self._lines[-1] = _counted(self._lines[-1], segment, self._count)
            case "PID" if self._lines:
                self._lines[-1] = _named(self._lines[-1], _at(segment, 5))
            case _:
                pass


def _line(segment: Segment, order: str, level: int) -> AdvisedLine:
    """LIN: its number, then pairs of qualifier and number of the item."""
    pairs: dict[str, str] = {}
    where = f"LIN in level {level}"
    for name, value in zip(segment[2::2], segment[3::2], strict=False):
        pairs[name] = once(value, pairs.get(name), f"{where}, {name}")
    gtin = next((gtin_of(pairs[name], where) for name in _GTINS if name in pairs), "")
    return AdvisedLine(_at(segment, 1) or str(level), gtin, pairs.get("LT", ""), order=order)


def _counted(line: AdvisedLine, segment: Segment, level: int) -> AdvisedLine:
    where = f"SN1 in level {level}"
    before = (line.quantity, line.unit) if line.quantity >= 0 else None
    quantity, unit = once((whole(_at(segment, 2), where), _at(segment, 3)), before, where)
    return replace(line, quantity=quantity, unit=unit)


def _named(line: AdvisedLine, name: str) -> AdvisedLine:
    return replace(line, description=line.description or name)


def _moment(segment: Segment) -> Moment:
    """DTM: qualifier, date, time, and a code of its zone of which only UT (UTC) is taken at its word."""
    time = time_of(_at(segment, 3), "DTM03")
    return Moment(day_of(_at(segment, 2), "DTM02"), time, 0 if _at(segment, 4) in ("UT", "GM") else None)


def _first(segments: Sequence[Segment], tag: str) -> Segment | None:
    return next((segment for segment in segments if segment[0] == tag), None)


def _at(segment: Segment, place: int) -> str:
    return segment[place].strip() if len(segment) > place else ""


FORMAT = Format("X12 856", read_ship_notice, begins=(b"ISA",))
