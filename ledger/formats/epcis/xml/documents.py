"""Documents of EPCIS XML: read, they become the same in JSON, and are then checked and read as that; written, they come
from JSON, in the order of GS1's schema (EPCIS 2.0, section 9).

No entity, document type or external file is ever read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lxml import etree

from ledger.errors import MalformedRecord
from ledger.formats.epcis.context import EPCIS_CONTEXT, STANDARD, namespaces
from ledger.formats.epcis.document import SCHEMA_VERSION, SIMPLE_EVENT_QUERY, Event, listed_under
from ledger.formats.epcis.identity import NAMESPACE, PREFIX
from ledger.formats.epcis.vocabulary import EVENT_TYPES
from ledger.formats.epcis.xml.names import (
    EPCIS,
    MASTER_DATA,
    MEMBER,
    OWN,
    QUERY,
    XSD,
    XSI,
    carried,
    qualified,
    unfit,
)
from ledger.formats.epcis.xml.reading import Reader, elements, name_of, text_of
from ledger.formats.epcis.xml.writing import Words, Writer

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
OBSERVATIONS = f"{PREFIX}:observations"


def document_of_xml(body: bytes, *, most: int) -> dict[str, Any]:
    """The document, or the one event that stands alone, in JSON's form.

    Raises `MalformedRecord` for what is no XML, and neither document nor event of EPCIS.
    """
    if len(body) > most:
        raise MalformedRecord("too large", where="body", expected=f"at most {most} bytes", found=len(body))
    root = _parsed(body)
    space, kind = name_of(root)
    if space in ("", *EPCIS) and kind in EVENT_TYPES:
        return _event(root).whole()
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


# --- written ----------------------------------------------------------------------------------------------------------


def xml_of_document(document: Mapping[str, Any], words: Words = Words.URN) -> bytes:
    """A capture or query document, right by GS1's schema of JSON, as XML in UTF-8.

    Raises `MalformedRecord` for a text with a character that no XML holds.
    """
    if text := unfit(document):
        raise MalformedRecord("a character that XML cannot hold", where="document", found=ascii(text)[:80])
    declared = namespaces(document.get("@context"))
    root = _root(document, declared)
    _header(root, document, Writer(declared, words))
    body = etree.SubElement(root, "EPCISBody")
    listed: Any = document["epcisBody"]
    told = [document]
    if document.get("type") == "EPCISQueryDocument":
        results = listed["queryResults"]
        listed = results["resultsBody"]
        told += [results, listed]
        holder = etree.SubElement(body, f"{{{QUERY[0]}}}QueryResults")
        etree.SubElement(holder, "queryName").text = str(results.get("queryName") or SIMPLE_EVENT_QUERY)
        if "subscriptionID" in results:
            etree.SubElement(holder, "subscriptionID").text = str(results["subscriptionID"])
        body = etree.SubElement(holder, "resultsBody")
        _observations(holder, results.get(OBSERVATIONS, {}))
    kept = {*declared, *_write_events(body, listed["eventList"], declared, words)}
    for one in told:
        _write_ignored(root, one, declared)
    text = etree.tostring(root, encoding="unicode")
    kept |= {p for p in ("xs", *STANDARD) if f'"{p}:' in text or f">{p}:" in text}
    etree.cleanup_namespaces(root, keep_ns_prefixes=sorted(kept))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _root(document: Mapping[str, Any], declared: Mapping[str, str]) -> etree._Element:
    """The document's element, with the prefixes of all events; who needs none of them drops them at the end."""
    query = document.get("type") == "EPCISQueryDocument"
    prefix, space = ("epcisq", QUERY[0]) if query else ("epcis", EPCIS[0])
    known = {prefix: space for prefix, space in STANDARD.items() if prefix not in declared}
    bound = {prefix: space, "xsi": XSI, "xs": XSD, "lading-xml": OWN}
    root = etree.Element(f"{{{space}}}{document['type']}", nsmap={**known, **bound, **carried(declared)})
    root.set("schemaVersion", str(document.get("schemaVersion") or SCHEMA_VERSION))
    if created := document.get("creationDate"):
        root.set("creationDate", str(created))
    return root


def _write_events(
    holder: etree._Element, listed: Sequence[Mapping[str, Any]], declared: Mapping[str, str], words: Words
) -> set[str]:
    """Append the events; the prefixes that they declare for themselves."""
    events = etree.SubElement(holder, "EventList")
    own: set[str] = set()
    for members in listed:
        inner = namespaces(members.get("@context"))
        own |= inner.keys()
        Writer({**declared, **inner}, words).event(events, members)
    return own


def _header(root: etree._Element, document: Mapping[str, Any], writer: Writer) -> None:
    """The master data of a document."""
    data = document.get("epcisHeader", {}).get("epcisMasterData", {})
    if not data.get("vocabularyList"):
        return
    holder = etree.SubElement(etree.SubElement(root, "EPCISHeader"), "extension")
    listed = etree.SubElement(etree.SubElement(holder, "EPCISMasterData"), "VocabularyList")
    for vocabulary in data["vocabularyList"]:
        writer.vocabulary(listed, vocabulary)


def _observations(results: etree._Element, proofs: Mapping[str, Mapping[str, str]]) -> None:
    """Which records prove captured events."""
    if not proofs:
        return
    holder = etree.SubElement(results, f"{{{NAMESPACE}}}observations", nsmap={PREFIX: NAMESPACE})
    for event_id, proof in proofs.items():
        etree.SubElement(holder, f"{{{NAMESPACE}}}observation", {"eventID": event_id, **proof})


def _write_ignored(root: etree._Element, document: Mapping[str, Any], declared: Mapping[str, str]) -> None:
    """The names of members that are no part of the events' hashes."""
    for name, listed in document.items():
        if name.endswith(":ignoreFields") and isinstance(listed, list):
            holder = etree.SubElement(root, qualified(name, declared) or f"{{{OWN}}}ignoreFields")
            for one in listed:
                if written := qualified(str(one), declared):
                    etree.SubElement(holder, written)
                else:
                    etree.SubElement(holder, MEMBER, {"name": str(one)})
