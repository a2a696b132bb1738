"""A document in JSON becomes the same in XML (EPCIS 2.0, section 9): `xml_input.document_of_xml` reads it back."""

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from ledger.errors import MalformedRecord
from ledger.formats.epcis.context import STANDARD, namespaces
from ledger.formats.epcis.document import SCHEMA_VERSION, SIMPLE_EVENT_QUERY
from ledger.formats.epcis.identity import NAMESPACE, PREFIX
from ledger.formats.epcis.xml_names import EPCIS, MEMBER, OWN, QUERY, XSD, XSI, carried, qualified, unfit
from ledger.formats.epcis.xml_writing import Words, Writer

OBSERVATIONS = f"{PREFIX}:observations"


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
    kept = {*declared, *_events(body, listed["eventList"], declared, words)}
    for one in told:
        _ignored(root, one, declared)
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


def _events(
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


def _ignored(root: etree._Element, document: Mapping[str, Any], declared: Mapping[str, str]) -> None:
    """The names of members that are no part of the events' hashes."""
    for name, listed in document.items():
        if name.endswith(":ignoreFields") and isinstance(listed, list):
            holder = etree.SubElement(root, qualified(name, declared) or f"{{{OWN}}}ignoreFields")
            for one in listed:
                if written := qualified(str(one), declared):
                    etree.SubElement(holder, written)
                else:
                    etree.SubElement(holder, MEMBER, {"name": str(one)})
