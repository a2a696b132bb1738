"""EDIFACT IFTSTA D.00B, International multimodal status report: one consignment, a status a group.

Codes by the directory D.00B (UNTDED): 1001 document name 23 status information; 1225 function 9 original; 9015 status
category 1 transport; 4405 status by UN/ECE Recommendation 24; 9013, a status' reason, is in no record and left out;
2005 date 137 document, 334 status change; 2379 form 203 CCYYMMDDHHMM; 3035 party MS issuer, MR recipient, CZ consignor,
CN consignee; 3055 agency 6 UN/ECE, 9 EAN (GS1); 3227 place 14 location of goods; 4451 text AAI general information;
1153 reference ON order number. In the interchange's header 0007 is 14, EAN.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from pydifact.segmentcollection import Interchange, Message
from pydifact.segments import Segment

from ledger.errors import MalformedRecord
from ledger.formats.documents.advice import Site
from ledger.formats.documents.status import WORDS, Status

STATUS_INFORMATION, ORIGINAL, TRANSPORT, LOCATION_OF_GOODS = "23", "9", "1", "14"
_LONGEST_REFERENCE = 35
"""Characters of a reference (data elements 1004 and 1154)."""


def iftsta(status: Status, parties: tuple[Site, Site], number: int, issued: int) -> bytes:
    """The interchange. `parties`: who sends it, and to whom, each with a GLN; `number`: of the interchange."""
    for site in parties:
        if not site.gln:
            raise MalformedRecord("a party without a GLN", where=site.name or "party", expected="a GLN")
    when = datetime.fromtimestamp(issued, UTC)
    sender, receiver = ([site.gln, "14"] for site in parties)
    interchange = Interchange(sender, receiver, str(number), ("UNOC", 3), when.replace(tzinfo=None))
    message = Message("1", ["IFTSTA", "D", "00B", "UN"])
    for segment in _segments(status, parties, number, when):
        message.add_segment(segment)
    interchange.add_message(message)
    text = interchange.serialize(break_lines=True)
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        found = text[error.start : error.start + 10]
        raise MalformedRecord(
            "a character that UNOC does not have", where="IFTSTA", expected="Latin-1 (ISO 8859-1)", found=found
        ) from None


def _segments(status: Status, parties: tuple[Site, Site], number: int, when: datetime) -> Iterator[Segment]:
    yield Segment("BGM", STATUS_INFORMATION, str(number), ORIGINAL)
    yield Segment("DTM", ["137", when.strftime("%Y%m%d%H%M"), "203"])
    roles = (("MS", parties[0]), ("MR", parties[1]), ("CZ", status.consignor), ("CN", status.consignee))
    for role, site in roles:
        if site.gln:
            yield Segment("NAD", role, [site.gln, "", "9"])
    reference = _plain(status.load or status.order or status.shipment)
    yield Segment("CNI", "1", reference)
    for event in status.events:
        yield Segment("STS", TRANSPORT, str(event.code))
        if status.order:
            yield Segment("RFF", ["ON", _plain(status.order)])
        at = datetime.fromtimestamp(event.at, UTC)
        yield Segment("DTM", ["334", at.strftime("%Y%m%d%H%M"), "203"])
        # A record's id is longer than a reference may be: as text it stands whole.
        yield Segment("FTX", "AAI", "", "", [WORDS[event.code], event.record])
        if event.place.locode or event.place.gln:
            code = [event.place.locode, "", "6"] if event.place.locode else [event.place.gln, "", "9"]
            yield Segment("LOC", LOCATION_OF_GOODS, code)


def _plain(text: str) -> str:
    """A reference without control characters, which no character set of ISO 9735 has, and as long as it may be."""
    return "".join(" " if ord(mark) < 32 or 127 <= ord(mark) < 160 else mark for mark in text)[:_LONGEST_REFERENCE]
