"""EDIFACT interchanges (ISO 9735), read by pydifact: the envelope is held to its counts and numbers here."""

import warnings
from collections.abc import Iterator, Sequence

from pydifact.exceptions import EDISyntaxError, ValidationError
from pydifact.segmentcollection import Interchange
from pydifact.segments import Segment

from ledger.errors import MalformedRecord
from ledger.formats.documents.advice import MAX_DOCUMENT

_FAULTS = (EDISyntaxError, ValidationError, AssertionError, LookupError, TypeError, ValueError, StopIteration)
"""What pydifact raises of what is no interchange."""


def read_message(data: bytes, kind: str) -> Sequence[Segment]:
    """The segments of the one message of this kind, such as DESADV; raises `MalformedRecord`."""
    if len(data) > MAX_DOCUMENT:
        raise MalformedRecord("too large", where="document", expected=f"at most {MAX_DOCUMENT} bytes", found=len(data))
    text = _text(data)
    _check_envelope(text)
    try:
        with warnings.catch_warnings():  # that it has no directory to check segments by, or finds one empty
            warnings.simplefilter("ignore")
            found = Interchange.from_str(text)
            messages = [one for one in found.get_messages() if one.type == kind]
    except _FAULTS as error:
        raise MalformedRecord("not an EDIFACT interchange", where="document", found=str(error)[:160]) from None
    if len(messages) != 1:
        raise MalformedRecord(f"not one message {kind}", where="UNH", expected=kind, found=len(messages))
    _check_count(found.segments)
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
    """UNOA and UNOB are ASCII, UNOC is Latin-1, UNOY and UNOW are UTF-8."""
    head = data[:40].decode("latin-1")
    text = data.decode("utf-8" if "UNOY" in head or "UNOW" in head else "latin-1", "replace")
    return text.replace("\r", "").replace("\n", "")


def _check_envelope(text: str) -> None:
    """It begins with UNB, after the characters that separate it where these are told, and ends with UNZ of the same."""
    element, terminator = (text[4], text[8]) if text.startswith("UNA") and len(text) > 8 else ("+", "'")
    body = text[9:].lstrip() if text.startswith("UNA") else text
    header = body.partition(terminator)[0].split(element)
    footer = body.rstrip().removesuffix(terminator).rpartition(terminator)[2].split(element)
    if header[0] != "UNB" or len(header) < 6 or footer[:1] + footer[2:] != ["UNZ", header[5]]:
        found = element.join(footer)[:40]
        raise MalformedRecord("the interchange is cut", where="UNZ", expected="UNB, and UNZ of its number", found=found)


def _check_count(segments: Sequence[Segment]) -> None:
    """Each message has as many segments as its last one says."""
    count = 0
    for segment in segments:
        count = 1 if segment.tag == "UNH" else count + 1
        told = Elements(segment)(0)
        if segment.tag == "UNT" and told != str(count):
            raise MalformedRecord("a message is cut", where="UNT", expected=count, found=told[:20])
