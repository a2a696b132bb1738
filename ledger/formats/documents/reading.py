"""An advice of despatch in whichever format it comes: another one is a module that reads it, and a name here."""

from collections.abc import Iterable

from ledger.errors import MalformedRecord
from ledger.formats.documents import desadv, despatch_advice, ship_notice
from ledger.formats.documents.advice import Advice, Format
from ledger.formats.documents.xml import read_xml

FORMATS = (despatch_advice.FORMAT, ship_notice.FORMAT, desadv.FORMAT)
_BOM = b"\xef\xbb\xbf"


def read_advice(data: bytes, more: Iterable[Format] = ()) -> Advice:
    """What the document says; raises `MalformedRecord`, for one of no format that is known here too.

    `more`: formats of others. They are asked last, so that none takes what is read here.
    """
    document = data.removeprefix(_BOM).lstrip()
    root = str(read_xml(document).tag) if document.startswith(b"<") else ""
    formats = (*FORMATS, *more)
    for form in formats:
        if (form.root and form.root == root) or (form.begins and document.startswith(form.begins)):
            return form.read(document)
    expected = ", ".join(form.name for form in formats)
    raise MalformedRecord("no format that is known here", where="document", expected=expected, found=root[:120])
