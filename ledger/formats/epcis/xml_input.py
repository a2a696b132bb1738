"""EPCIS XML becomes the same document in JSON, and is then checked and read as that.

No entity, document type or external file is ever read.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from lxml import etree

from ledger.errors import MalformedRecord
from ledger.formats.epcis.context import EPCIS_CONTEXT, STANDARD
from ledger.formats.epcis.index import SENSOR_NUMBERS, number_text
from ledger.formats.epcis.vocabulary import AT

_EPCIS = ("urn:epcglobal:epcis:xsd:2", "urn:epcglobal:epcis:xsd:1")
_QUERY = ("urn:epcglobal:epcis-query:xsd:2", "urn:epcglobal:epcis-query:xsd:1")
_NOT_OURS = (*_EPCIS, *_QUERY, "urn:epcglobal:xsd:2", "urn:epcglobal:xsd:1", "http://www.w3.org/2001/XMLSchema-instance",
             "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader")  # fmt: skip
_EPCS = frozenset({"epcList", "childEPCs", "inputEPCList", "outputEPCList"})
_QUANTITIES = frozenset({"quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"})
_PAIRS = frozenset({"bizTransactionList", "sourceList", "destinationList"})
_WRAPPERS = frozenset({"extension", "baseExtension"})
_DEEPEST = 16
_MOST_NAMESPACES = 50


def document_of_xml(body: bytes, *, most: int) -> dict[str, Any]:
    """The document in JSON's form; raises `MalformedRecord` for what is no XML or no EPCIS document."""
    if len(body) > most:
        raise MalformedRecord("too large", where="body", expected=f"at most {most} bytes", found=len(body))
    root = _parsed(body)
    reader = _Reader()
    space, kind = _name(root)
    if space not in (*_EPCIS, *_QUERY) or kind not in ("EPCISDocument", "EPCISQueryDocument"):
        raise MalformedRecord("no EPCIS document", where="body", expected="EPCISDocument", found=str(root.tag)[:80])
    events = [reader.event(element) for element in _events(root)]
    ignored = [reader.key(e) for holder in root if _name(holder)[1] == "ignoreFields" for e in _elements(holder)]
    listed: dict[str, Any] = {"eventList": events}
    if kind == "EPCISQueryDocument":
        listed = {"queryResults": {"queryName": "SimpleEventQuery", "resultsBody": listed}}
    extra = {"lading-xml:ignoreFields": ignored} if ignored else {}
    return {
        "@context": [EPCIS_CONTEXT, *([reader.declared] if reader.declared else [])],
        "type": kind,
        "schemaVersion": root.get("schemaVersion", ""),
        "creationDate": root.get("creationDate", ""),
        **extra,
        "epcisBody": listed,
    }


def _parsed(body: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
                             remove_comments=True, remove_pis=True)  # fmt: skip
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedRecord(f"not XML: {str(error)[:200]}", where="body", expected="XML in UTF-8") from None
    if (b"<!DOCTYPE" in body) or root.getroottree().docinfo.internalDTD is not None:
        raise MalformedRecord("a document type declaration is not read here", where="body")
    depth, element = 0, root
    for element in root.iter():
        depth = max(depth, sum(1 for _ in element.iterancestors()))
        if depth > _DEEPEST:
            raise MalformedRecord("nested too deeply", where="body", expected=f"at most {_DEEPEST} levels")
    return root


def _name(element: etree._Element) -> tuple[str, str]:
    name = etree.QName(element)
    return name.namespace or "", name.localname


def _elements(holder: etree._Element) -> Iterator[etree._Element]:
    """The elements of a holder; those that the schema of EPCIS 1 wrapped into an extension are taken out of it."""
    for element in holder:
        if _name(element) in (("", "extension"), ("", "baseExtension")):
            yield from _elements(element)
        else:
            yield element


def _events(root: etree._Element) -> Iterator[etree._Element]:
    for holder in root.iter("EventList", *(f"{{{space}}}EventList" for space in _EPCIS)):
        yield from _elements(holder)


class _Reader:
    """Reads events, and collects the prefixes that extension fields need."""

    def __init__(self) -> None:
        self.declared: dict[str, str] = {}
        self._prefixes: dict[str, str] = {}

    def key(self, element: etree._Element) -> str:
        space, local = _name(element)
        return self._qualified(space, local, element.prefix)

    def _qualified(self, space: str, local: str, prefix: str | None) -> str:
        if not space:
            return local
        if space not in self._prefixes:
            if len(self._prefixes) >= _MOST_NAMESPACES:
                raise MalformedRecord("too many namespaces", where="body", expected=f"at most {_MOST_NAMESPACES}")
            wanted = prefix or "ns"
            if STANDARD.get(wanted) == space:
                self._prefixes[space] = wanted
                return f"{wanted}:{local}"
            number = 0
            while (chosen := wanted if not number else f"{wanted}{number}") in self.declared:
                number += 1
            self._prefixes[space] = chosen
            self.declared[chosen] = space
        return f"{self._prefixes[space]}:{local}"

    def event(self, element: etree._Element) -> dict[str, Any]:
        members: dict[str, Any] = {"type": self.key(element)}
        for child in _elements(element):
            space, name = _name(child)
            if space:
                _put(members, self.key(child), self._extension(child))
            elif name in _EPCS:
                members[name] = [_text(epc) for epc in _elements(child)]
            elif name in _QUANTITIES:
                members[name] = [self._quantity(entry) for entry in _elements(child)]
            elif name in _PAIRS:
                members[name] = [self._pair(name, entry) for entry in _elements(child)]
            elif name == "sensorElementList":
                members[name] = [self._sensor(entry) for entry in _elements(child)]
            elif name == "persistentDisposition":
                for entry in _elements(child):
                    word = AT["", "disposition"].bare(_text(entry))
                    members.setdefault(name, {}).setdefault(_name(entry)[1], []).append(word)
            elif name == "errorDeclaration":
                members[name] = self._error(child)
            elif name == "certificationInfo":
                members.setdefault(name, []).append(_text(child))
            elif name in ("readPoint", "bizLocation", "ilmd"):
                members[name] = self._holder(child)
            else:
                members[name] = _word("", name, _text(child))
        return members

    def _holder(self, holder: etree._Element) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for child in _elements(holder):
            _put(members, self.key(child), self._extension(child))
        return members

    def _quantity(self, entry: etree._Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for child in _elements(entry):
            found[self.key(child)] = _number(_text(child)) if _name(child)[1] == "quantity" else _text(child)
        return found

    def _pair(self, holder: str, entry: etree._Element) -> dict[str, Any]:
        told = entry.get("type")
        kind = {"type": _word(holder, "type", told)} if told else {}
        return {**kind, _name(entry)[1]: _text(entry)}

    def _error(self, declared: etree._Element) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for child in _elements(declared):
            name = self.key(child)
            if name == "correctiveEventIDs":
                members[name] = [_text(one) for one in _elements(child)]
            elif ":" in name:
                _put(members, name, self._extension(child))
            else:
                members[name] = _word("errorDeclaration", name, _text(child))
        return members

    def _sensor(self, element: etree._Element) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for child in _elements(element):
            name = self.key(child)
            if name == "sensorReport":
                members.setdefault(name, []).append(self._attributes(name, child))
            elif name == "sensorMetadata":
                members[name] = self._attributes(name, child)
            else:
                _put(members, name, self._extension(child))
        return members

    def _attributes(self, holder: str, element: etree._Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        prefixes = {space: prefix for prefix, space in element.nsmap.items()}
        for attribute, value in element.attrib.items():
            name = etree.QName(attribute)
            key = self._qualified(name.namespace or "", name.localname, prefixes.get(name.namespace or ""))
            if key in SENSOR_NUMBERS:
                found[key] = _number(str(value))
            elif key == "booleanValue":
                found[key] = str(value).strip() in ("true", "1")
            else:
                found[key] = _word(holder, key, str(value))
        for child in _elements(element):
            _put(found, self.key(child), self._extension(child))
        return found

    def _extension(self, element: etree._Element) -> Any:
        inner: dict[str, Any] = {}
        for attribute, value in element.attrib.items():
            name = etree.QName(attribute)
            if name.namespace not in _NOT_OURS:
                inner[self._qualified(name.namespace or "", name.localname, None)] = str(value)
        for child in element:
            _put(inner, self.key(child), self._extension(child))
        if not inner:
            return _text(element)
        return {**inner, "#text": _text(element)} if _text(element) else inner


def _put(members: dict[str, Any], name: str, value: Any) -> None:
    """Elements of one name become a list."""
    if name not in members:
        members[name] = value
    elif isinstance(members[name], list):
        members[name].append(value)
    else:
        members[name] = [members[name], value]


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()


def _number(text: str) -> Any:
    """A number where it is one: what is none is refused by the schema."""
    text = text.strip()
    if number_text(text) is None:
        return text
    return int(text) if text.lstrip("+-").isdigit() else Decimal(text)


def _word(holder: str, name: str, text: str) -> str:
    vocabulary = AT.get((holder, name))
    return text.strip() if vocabulary is None else vocabulary.bare(text.strip())
