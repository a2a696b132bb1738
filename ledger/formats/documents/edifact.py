"""EDIFACT interchanges (ISO 9735), read by pydifact: the envelope is held to its counts and numbers here."""

import re
import warnings
from collections.abc import Iterator, Sequence

from pydifact.exceptions import EDISyntaxError, ValidationError
from pydifact.segmentcollection import Interchange
from pydifact.segments import Segment

from ledger.errors import MalformedRecord
from ledger.formats.documents.advice import MAX_DOCUMENT
from ledger.formats.documents.x12 import check_size

_ENCODINGS = {
    "UNOA": "latin-1", "UNOB": "latin-1", "UNOC": "latin-1", "UNOD": "iso8859-2", "UNOE": "iso8859-5",
    "UNOF": "iso8859-7", "UNOG": "iso8859-3", "UNOH": "iso8859-4", "UNOI": "iso8859-6", "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9", "UNOW": "utf-8", "UNOY": "utf-8",
}  # fmt: skip
"""UNOA and UNOB are within ASCII; what is beyond it, which senders let slip, is read as Latin-1."""
MOST_SEGMENTS = 5_000
"""What 200 lines and their packages take many times over; pydifact reads this many in a second."""
_FAULTS = (EDISyntaxError, ValidationError, AssertionError, LookupError, TypeError, ValueError, StopIteration)
"""What pydifact raises of what is no interchange."""


def read_message(data: bytes, kind: str) -> Sequence[Segment]:
    """The segments of the one message of this kind, such as DESADV; raises `MalformedRecord`."""
    if len(data) > MAX_DOCUMENT:
        raise MalformedRecord("too large", where="document", expected=f"at most {MAX_DOCUMENT} bytes", found=len(data))
    text = _text(data)
    told = _check_envelope(text)
    try:
        with warnings.catch_warnings():  # that it has no directory to check segments by, or finds one empty
            warnings.simplefilter("ignore")
            found = Interchange.from_str(text)
            messages = [one for one in found.get_messages() if one.type == kind]
    except _FAULTS as error:
        raise MalformedRecord("not an EDIFACT interchange", where="document", found=str(error)[:160]) from None
    if len(messages) != 1:
        raise MalformedRecord(f"not one message {kind}", where="UNH", expected=kind, found=len(messages))
    _check_count(found.segments, told)
    return messages[0].segments


class Elements:
    """A segment's elements and their components, empty where there is none."""

    def __init__(self, segment: Segment) -> None:
        self._elements = list(segment.elements)

    def __call__(self, place: int, component: int = 0) -> str:
        found = self.all(place)
        return found[component].strip() if component < len(found) else ""

    def all(self, place: int) -> list[str]:
        if place >= len(self._elements):
            return []
        element = self._elements[place]
        return [element] if isinstance(element, str) else list(_texts(element))


def _texts(element: Sequence[object]) -> Iterator[str]:
    for part in element:
        yield part if isinstance(part, str) else " ".join(_texts(part)) if isinstance(part, list) else str(part)


def _text(data: bytes) -> str:
    """The text, by the syntax identifier of its header (data element 0001, ISO 9735-1 annex)."""
    named = re.search(rb"UNB.(UNO[A-Z])", data[:60])
    name = named[1].decode() if named is not None else "UNOA"
    if name not in _ENCODINGS:
        raise MalformedRecord(
            "a character set that is not read", where="UNB", expected="UNOA to UNOK, W, Y", found=name
        )
    try:
        text = data.decode(_ENCODINGS[name])
    except UnicodeDecodeError as error:
        found = data[error.start : error.start + 4].hex()
        raise MalformedRecord(f"bytes that {name} does not have", where="document", found=found) from None
    return text.replace("\r", "").replace("\n", "")


def _check_envelope(text: str) -> str:
    """How many messages the interchange says it has. It begins with UNB, after the characters that separate it where
    these are told, and ends with UNZ of the same number; raises `MalformedRecord`.
    """
    element, terminator = (text[4], text[8]) if text.startswith("UNA") and len(text) > 8 else ("+", "'")
    body = text[9:].lstrip() if text.startswith("UNA") else text
    check_size(body, terminator, MOST_SEGMENTS)
    header = body.partition(terminator)[0].split(element)
    footer = body.rstrip().removesuffix(terminator).rpartition(terminator)[2].split(element)
    if header[0] != "UNB" or len(header) < 6 or footer[:1] + footer[2:] != ["UNZ", header[5]]:
        found = element.join(footer)[:40]
        raise MalformedRecord("the interchange is cut", where="UNZ", expected="UNB, and UNZ of its number", found=found)
    if sum(segment.startswith(f"UNB{element}") for segment in body.split(terminator)) > 1:
        raise MalformedRecord("several interchanges", where="UNB", expected="one of them")
    return footer[1]


def _check_count(segments: Sequence[Segment], messages: str) -> None:
    """Each message has as many segments as its last one says, and its number; the interchange as many messages, or
    groups of them.
    """
    count, opened = 0, ""
    tags = [segment.tag for segment in segments]
    for segment in segments:
        count = 1 if segment.tag == "UNH" else count + 1
        at = Elements(segment)
        if segment.tag == "UNH":
            opened = at(0)
        if segment.tag == "UNT" and (at(0), at(1)) != (str(count), opened):
            found = f"{at(0)} {at(1)}"[:40]
            raise MalformedRecord("a message is cut", where="UNT", expected=f"{count} {opened}", found=found)
    if messages != str(told := tags.count("UNG") or tags.count("UNH")):
        raise MalformedRecord("the interchange is cut", where="UNZ", expected=told, found=messages[:20])
