"""EDIFACT DESADV (D.96A, D.01B and EANCOM), read: consignment packing sequences, packages, lines.

Codes by the directories (UNTDED): 1225 function 9 original; 2005 date 137 document, 11 despatch, 17 estimated, 69
promised, 63 latest and 2 requested delivery; 3035 party; 3055 agency 9 EAN (GS1); 6063 quantity 12 despatched; 7143
item EN, SRV and UP, NB a batch; 7405 identity BJ an SSCC, BX a batch; 1153 reference ON order, BM bill of lading, CN
carrier's, AAS transport document; 8067 mode by UN/ECE Recommendation 19; 8051 stage 20 main carriage.
"""

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
    counted,
    day_of,
    gln_of,
    gtin_of,
    once,
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
_ISSUED, _SHIPPED, _EXPECTED = "137", "11", ("17", "69", "63", "2")


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
        self._counts: list[int] = []
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
            packages=counted(self._counts, tuple(dict.fromkeys(self._units))),
            units=tuple(dict.fromkeys(self._units)),
            load=self._load,
            mode=self._mode,
            despatched=self._times.get(_SHIPPED),
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
                if at(2) not in ("", "9"):
                    raise MalformedRecord(
                        "the message cancels or changes another", where="BGM", expected="9, an original", found=at(2)
                    )
                self._number = once(at(1), self._number or None, "BGM")
            case "DTM" if not self._packing and at(0, 0) in (_ISSUED, _SHIPPED, *_EXPECTED):
                name = at(0, 0)
                self._times[name] = once(_moment(at(0, 1), at(0, 2)), self._times.get(name), f"DTM+{name}")
            case "RFF" if at(0, 0) == "ON" and not self._order:
                self._order = at(0, 1)
            case "RFF" if at(0, 0) in ("BM", "CN", "AAS") and not self._load:
                self._load = at(0, 1)
            case "NAD":
                gln = gln_of(at(1, 0), f"NAD+{at(0)}") if at(1, 2) == _GLN else ""
                name = " ".join(part for part in at.all(3) if part) or " ".join(part for part in at.all(2) if part)
                self._sites[at(0)] = once(Site(name, gln, at(8)), self._sites.get(at(0)), f"NAD+{at(0)}")
            case "TDT" if at(0) == "20":
                self._mode = _MODES.get(at(2), "")
            case "CPS":
                self._packing += 1
            case "PAC" if self._packing <= 1 and at(0):
                self._counts.append(whole(at(0), "PAC"))
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
        where = f"QTY of line {line.number}"
        before = (line.quantity, line.unit) if line.quantity >= 0 else None
        quantity, unit = once((whole(at(0, 1).replace(",", "."), where), at(0, 2) or "PCE"), before, where)
        return replace(line, quantity=quantity, unit=unit)
    if tag == "PIA":
        lot = next((at(n, 0) for n in range(1, 6) if at(n, 1) == "NB"), line.lot)
        return replace(line, lot=once(lot, line.lot or None, f"lot of line {line.number}"))
    if tag == "GIN" and at(0) == "BX":
        return replace(line, lot=once(at(1, 0), line.lot or None, f"lot of line {line.number}"))
    if tag == "IMD" and not line.description:
        return replace(line, description=" ".join(part for part in at.all(2)[3:] if part))
    return line


def _moment(text: str, form: str) -> Moment:
    """DTM: 102 is a date, 203 a date and time, 303 with its zone in letters, which tells no offset."""
    if form not in ("102", "203", "204", "303", ""):
        raise MalformedRecord("a form of date that is not read", where="DTM", expected="102, 203 or 204", found=form)
    return Moment(day_of(text[:8], "DTM"), time_of(text[8:14] if form == "204" else text[8:12], "DTM"))


FORMAT = Format("EDIFACT DESADV", read_desadv, begins=(b"UNA", b"UNB"))
