"""An advice of despatch in whichever format it comes: another one is a module that reads it, and a line here."""

from collections.abc import Callable
from typing import NamedTuple

from ledger.errors import MalformedRecord
from ledger.formats.documents.advice import Advice
from ledger.formats.documents.desadv import read_desadv
from ledger.formats.documents.despatch_advice import read_despatch_advice
from ledger.formats.documents.ship_notice import read_ship_notice

_BOM = b"\xef\xbb\xbf"


class Format(NamedTuple):
    """`begins`: how its documents begin, after spaces and a byte order mark."""

    name: str
    begins: tuple[bytes, ...]
    read: Callable[[bytes], Advice]


FORMATS = (
    Format("UBL DespatchAdvice", (b"<",), read_despatch_advice),
    Format("X12 856", (b"ISA",), read_ship_notice),
    Format("EDIFACT DESADV", (b"UNA", b"UNB"), read_desadv),
)


def read_advice(data: bytes) -> Advice:
    """What the document says; raises `MalformedRecord`, for one of no format that is known here too."""
    document = data.removeprefix(_BOM).lstrip()
    for form in FORMATS:
        if document.startswith(form.begins):
            return form.read(document)
    expected = ", ".join(form.name for form in FORMATS)
    raise MalformedRecord("no format that is known here", where="document", expected=expected)
