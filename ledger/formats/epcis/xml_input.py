"""EPCIS XML becomes the same document in JSON, and is then checked and read as that.

No entity, document type or external file is ever read.
"""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from ledger.errors import MalformedRecord
from ledger.formats.epcis.context import EPCIS_CONTEXT
from ledger.formats.epcis.document import Event, listed_under
from ledger.formats.epcis.vocabulary import EVENT_TYPES
from ledger.formats.epcis.xml_names import EPCIS, MASTER_DATA, QUERY
from ledger.formats.epcis.xml_reading import Reader, elements, name_of, text_of

_DEEPEST = 16
_BARE_DOCTYPE = re.compile(rb"<!DOCTYPE\s+[A-Za-z_][A-Za-z0-9:._-]*\s*>")
"""It names an element, and declares nothing: GS1's own examples begin so."""
_KINDS = {
    "EPCISDocument": "EPCISDocument", "EPCISQueryDocument": "EPCISQueryDocument",
    "EPCISMasterDataDocument": "EPCISDocument",
}  # fmt: skip
"""What each is in JSON, where master data always stands in the header of a document."""
_HOLDERS = frozenset({"EPCISBody", "QueryResults", "resultsBody", "EPCISHeader", "EPCISMasterData"})
"""In which lists of events and vocabularies lie. An element of these names inside an event is somebody's extension."""


def document_of_xml(body: bytes, *, most: int) -> dict[str, Any]:
    """The document, or the one event that stands alone, in JSON's form.

    Raises `MalformedRecord` for what is no XML, and neither document nor event of EPCIS.
    """
    if len(body) > most:
        raise MalformedRecord("too large", where="body", expected=f"at most {most} bytes", found=len(body))
    root = _parsed(body)
    space, kind = name_of(root)
    if space in ("", *EPCIS) and kind in EVENT_TYPES:
        alone = _event(root)
        return Event({**alone.members, "type": kind}, alone.declared).whole()
    if space not in (*EPCIS, *QUERY, *MASTER_DATA) or kind not in _KINDS:
        raise MalformedRecord("no EPCIS document", where="body", expected="EPCISDocument", found=str(root.tag)[:80])
    kind = _KINDS[kind]
    reader = Reader(root)
    events = [_event(element) for holder in _within(root, "EventList") for element in elements(holder)]
    ignored = [reader.key(e) for holder in root if name_of(holder)[1] == "ignoreFields" for e in elements(holder)]
    vocabularies = [_vocabulary(reader, one) for holder in _within(root, "VocabularyList") for one in elements(holder)]
    context, entries = listed_under(events, reader.declared)
    listed: dict[str, Any] = {"eventList": entries}
    if kind == "EPCISQueryDocument":
        named = [text_of(one) for one in _within(root, "queryName")]
        name = named[0] if named and named[0] else "SimpleEventQuery"
        listed = {"queryResults": {"queryName": name, "resultsBody": listed}}
    told = {name: root.get(name) for name in ("schemaVersion", "creationDate") if name in root.attrib}
    extra = {"lading-xml:ignoreFields": ignored} if ignored else {}
    header = {"epcisHeader": {"epcisMasterData": {"vocabularyList": vocabularies}}} if vocabularies else {}
    return {
        "@context": [EPCIS_CONTEXT, *([context] if context else [])],
        "type": kind,
        **told,
        **extra,
        **header,
        "epcisBody": listed,
    }


def _parsed(body: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
                             remove_comments=True, remove_pis=True)  # fmt: skip
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedRecord(f"not XML: {str(error)[:200]}", where="body", expected="XML in UTF-8") from None
    declared = body.count(b"<!DOCTYPE") or root.getroottree().docinfo.internalDTD is not None
    if declared and not (declared == 1 and _BARE_DOCTYPE.search(body)):
        raise MalformedRecord("a document type declaration that declares is not read here", where="body")
    depth, element = 0, root
    for element in root.iter():
        depth = max(depth, sum(1 for _ in element.iterancestors()))
        if depth > _DEEPEST:
            raise MalformedRecord("nested too deeply", where="body", expected=f"at most {_DEEPEST} levels")
    return root


def _within(holder: etree._Element, name: str) -> Iterator[etree._Element]:
    """The elements of this name, in any namespace of the standard."""
    for element in elements(holder):
        space, local = name_of(element)
        if space in ("", *EPCIS, *QUERY) and local == name:
            yield element
        elif space in ("", *EPCIS, *QUERY) and local in _HOLDERS:
            yield from _within(element, name)


def _event(element: etree._Element) -> Event:
    reader = Reader(element)
    members = reader.event(element)
    return Event(members, reader.declared)


def _vocabulary(reader: Reader, vocabulary: etree._Element) -> dict[str, Any]:
    found = [one for holder in elements(vocabulary) for one in elements(holder)]
    return {"type": vocabulary.get("type", ""), "vocabularyElementList": [_described(reader, one) for one in found]}


def _described(reader: Reader, element: etree._Element) -> dict[str, Any]:
    """An entry of a vocabulary, with the attributes that are told of it and the entries below it."""
    attributes, children = [], []
    for child in elements(element):
        match name_of(child)[1]:
            case "attribute":
                told = {"id": child.get("id", "")}
                value = reader.attribute(child)
                attributes.append(told if value is None else {**told, "attribute": value})
            case "children":
                children += [text_of(one) for one in elements(child)]
    return {
        "id": element.get("id", ""),
        **({"attributes": attributes} if attributes else {}),
        **({"children": children} if children else {}),
    }
