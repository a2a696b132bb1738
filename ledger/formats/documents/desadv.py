"""EDIFACT DESADV (D.96A, D.01B and EANCOM), read: consignment packing sequences, packages, lines."""

from collections.abc import Sequence
from dataclasses import replace

from pydifact.segments import Segment

from ledger.errors import MalformedRecord
from ledger.formats.documents.advice import (
    Advice,
    AdvisedLine,
    Format,
    Moment,
    Site,
    checked,
    day_of,
    gln_of,
    gtin_of,
    time_of,
    unit_of,
    whole,
)  # fmt: skip
from ledger.formats.documents.edifact import Elements, read_message

_GLN = "9"
_MODES = {
    "10": "maritime",
    "20": "rail",
    "30": "road",
    "40": "air",
    "50": "mail",
    "60": "multimodal",
    "80": "inland water",
}
"""UN/ECE Recommendation 19 as TDT has it, in two digits."""
_ISSUED, _SHIPPED, _EXPECTED = "137", ("11", "171"), ("17", "2", "69", "63")


def read_desadv(data: bytes) -> Advice:
    """What the one message DESADV of the interchange says; raises `MalformedRecord` naming the segment."""
    return checked(_Message(read_message(data, "DESADV")).advice(), "DESADV")


class _Message:
    """The message, segment by segment."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._number = ""
        self._order = ""
        self._load = ""
        self._mode = ""
        self._packages = 0
        self._units: list[str] = []
        self._sites: dict[str, Site] = {}
        self._times: dict[str, Moment] = {}
        self._lines: list[AdvisedLine] = []
        self._packing = 0
        for segment in segments:
            self._take(segment)

    def advice(self) -> Advice:
        issued = self._times.get(_ISSUED)
        if issued is None:
            raise MalformedRecord("no date of the message", where="DTM", expected="DTM+137")
        return Advice(
            kind="DESADV",
            number=self._number,
            issued=issued,
            supplier=self._any("SU", "CZ", "SE", "SF"),
            customer=self._any("DP", "CN", "BY", "UC"),
            lines=tuple(self._lines),
            carrier=self._sites.get("CA", Site()),
            origin=self._sites.get("SF", Site()),
            destination=self._sites.get("DP", Site()),
            order=self._order,
            packages=self._packages or len(self._units),
            units=tuple(dict.fromkeys(self._units)),
            load=self._load,
            mode=self._mode,
            despatched=next((self._times[code] for code in _SHIPPED if code in self._times), None),
            expected=next((self._times[code] for code in _EXPECTED if code in self._times), None),
        )

    def _any(self, *names: str) -> Site:
        for name in names:
            if name in self._sites:
                return self._sites[name]
        raise MalformedRecord("a party is missing", where="NAD", expected=f"NAD+{names[0]}")

    def _take(self, segment: Segment) -> None:
        at = Elements(segment)
        match segment.tag:
            case "BGM":
                if at(2) in ("1", "3", "4", "5"):
                    raise MalformedRecord("the message cancels or changes another", where="BGM", found=at(2))
                self._number = at(1)
            case "DTM":
                self._times.setdefault(at(0, 0), _moment(at(0, 1), at(0, 2)))
            case "RFF" if at(0, 0) == "ON" and not self._order:
                self._order = at(0, 1)
            case "RFF" if at(0, 0) in ("BM", "CN", "AAS") and not self._load:
                self._load = at(0, 1)
            case "NAD":
                gln = gln_of(at(1, 0), f"NAD+{at(0)}") if at(1, 2) == _GLN else ""
                name = " ".join(part for part in at.all(3) if part) or " ".join(part for part in at.all(2) if part)
                self._sites[at(0)] = Site(name, gln, at(8))
            case "TDT" if at(0) == "20":
                self._mode = _MODES.get(at(2), "")
            case "CPS":
                self._packing += 1
            case "PAC" if self._packing <= 1 and at(0):
                self._packages += whole(at(0), "PAC")
            case "GIN" if at(0) == "BJ":
                named = [part for place in range(1, len(segment.elements)) for part in at.all(place) if part]
                self._units += [unit_of(one, "GIN+BJ") for one in named]
            case "LIN":
                gtin = gtin_of(at(2, 0), f"LIN {at(0)}") if at(2, 1) in ("EN", "SRV", "UP") and at(2, 0) else ""
                self._lines.append(AdvisedLine(at(0) or str(len(self._lines) + 1), gtin, order=self._order))
            case "PIA" | "IMD" | "QTY" | "PCI" | "GIN" | "RFF" if self._lines:
                self._lines[-1] = _with(self._lines[-1], segment.tag, at)
            case _:
                pass


def _with(line: AdvisedLine, tag: str, at: "Elements") -> AdvisedLine:
    """The line with what one of its segments adds: its lot, name or quantity."""
    if tag == "QTY" and at(0, 0) == "12":
        return replace(line, quantity=whole(at(0, 1), f"QTY of line {line.number}"), unit=at(0, 2) or "PCE")
    if tag == "PIA":
        return replace(line, lot=next((at(n, 0) for n in range(1, 6) if at(n, 1) == "NB"), line.lot))
    if tag == "GIN" and at(0) == "BX":
        return replace(line, lot=at(1, 0))
    if tag == "IMD" and not line.description:
        return replace(line, description=" ".join(part for part in at.all(2)[3:] if part))
    return line


def _moment(text: str, form: str) -> Moment:
    """DTM: 102 is a date, 203 a date and time, 303 with its zone in letters, which tells no offset."""
    if form not in ("102", "203", "204", "303", ""):
        raise MalformedRecord("a form of date that is not read", where="DTM", expected="102, 203 or 204", found=form)
    return Moment(day_of(text[:8], "DTM"), time_of(text[8:14] if form == "204" else text[8:12], "DTM"))


FORMAT = Format("EDIFACT DESADV", read_desadv, begins=(b"UNA", b"UNB"))
