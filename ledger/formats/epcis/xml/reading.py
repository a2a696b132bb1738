"""One event of EPCIS XML as JSON has it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from lxml import etree

from ledger.errors import MalformedRecord
from ledger.formats.epcis.context import STANDARD
from ledger.formats.epcis.index import SENSOR_NUMBERS, number_text
from ledger.formats.epcis.vocabulary import AT
from ledger.formats.epcis.xml.names import EPCIS, FORMAL, MEMBER, MOST_NAMESPACES, XSI, in_scope

EPCS = frozenset({"epcList", "childEPCs", "inputEPCList", "outputEPCList"})
QUANTITIES = frozenset({"quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"})
PAIRS = frozenset({"bizTransactionList", "sourceList", "destinationList"})
_WRAPPERS = (("", "extension"), ("", "baseExtension"))
_OF_MEMBERS = ("name", "namespace")
_NUMBERS = frozenset({"integer", "int", "long", "short", "decimal", "double", "float"})


def name_of(element: etree._Element) -> tuple[str, str]:
    name = etree.QName(element)
    return name.namespace or "", name.localname


def elements(holder: etree._Element) -> Iterator[etree._Element]:
    """The elements of a holder; those that the schema of EPCIS 1 wrapped into an extension are taken out of it."""
    for element in holder:
        if name_of(element) in _WRAPPERS:
            yield from elements(element)
        else:
            yield element


class Reader:
    """Reads one event, or what else stands at `root`. `declared`: the prefixes of its extensions, those in scope there
    and those that names within it need."""

    def __init__(self, root: etree._Element) -> None:
        bound = root.nsmap
        self._count(len(bound))
        self.declared = in_scope(bound)
        self._prefixes = {space: prefix for prefix, space in reversed(self.declared.items())}

    def key(self, element: etree._Element) -> str:
        if element.tag == MEMBER and "name" in element.attrib:
            name = str(element.attrib["name"])
            prefix, _, local = name.partition(":")
            space = str(element.get("namespace", ""))
            return self._qualified(space, local, prefix) if space else name
        space, local = name_of(element)
        return self._qualified(space, local, element.prefix)

    def _qualified(self, space: str, local: str, prefix: str | None) -> str:
        if not space:
            return local
        if prefix and self.declared.get(prefix) == space:
            return f"{prefix}:{local}"
        if space not in self._prefixes:
            self._prefixes[space] = self._chosen(space, prefix or "ns")
        return f"{self._prefixes[space]}:{local}"

    def _chosen(self, space: str, wanted: str) -> str:
        """The prefix of a namespace that had none in scope where the reading began."""
        self._count(len(self._prefixes) + 1)
        if STANDARD.get(wanted) == space:
            return wanted
        number = 0
        while (chosen := wanted if not number else f"{wanted}{number}") in (*self.declared, *STANDARD):
            number += 1
        self.declared[chosen] = space
        return chosen

    def _count(self, number: int) -> None:
        if number > MOST_NAMESPACES:
            raise MalformedRecord("too many namespaces", where="body", expected=f"at most {MOST_NAMESPACES}")

    def event(self, element: etree._Element) -> dict[str, Any]:
        space, local = name_of(element)
        members: dict[str, Any] = {"type": local if space in EPCIS else self.key(element)}
        for child in elements(element):
            space, name = name_of(child)
            if space:
                _put(members, self.key(child), self._extension(child))
            elif name in EPCS:
                members[name] = [text_of(epc) for epc in elements(child)]
            elif name in QUANTITIES:
                members[name] = [self._quantity(entry) for entry in elements(child)]
            elif name in PAIRS:
                members[name] = [self._pair(name, entry) for entry in elements(child)]
            elif name == "sensorElementList":
                members[name] = [self._sensor(entry) for entry in elements(child)]
            elif name == "persistentDisposition":
                for entry in elements(child):
                    word = AT["", "disposition"].bare(text_of(entry))
                    members.setdefault(name, {}).setdefault(name_of(entry)[1], []).append(word)
            elif name == "errorDeclaration":
                members[name] = self._error(child)
            elif name == "certificationInfo":
                members.setdefault(name, []).append(text_of(child))
            elif name in ("readPoint", "bizLocation", "ilmd"):
                members[name] = self._holder(child)
            else:
                members[name] = _word("", name, text_of(child))
        return members

    def _holder(self, holder: etree._Element) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for child in elements(holder):
            _put(members, self.key(child), self._extension(child))
        return members

    def _quantity(self, entry: etree._Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for child in elements(entry):
            if not _is_nil(child):
                text = text_of(child)
                found[self.key(child)] = number_of(text) if name_of(child)[1] == "quantity" else text
        return found

    def _pair(self, holder: str, entry: etree._Element) -> dict[str, Any]:
        told = entry.get("type")
        kind = {"type": _word(holder, "type", told)} if told else {}
        return {**kind, name_of(entry)[1]: text_of(entry)}

    def _error(self, declared: etree._Element) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for child in elements(declared):
            name = self.key(child)
            if name == "correctiveEventIDs":
                members[name] = [text_of(one) for one in elements(child)]
            elif ":" in name or child.tag == MEMBER:
                _put(members, name, self._extension(child))
            else:
                members[name] = _word("errorDeclaration", name, text_of(child))
        return members

    def _sensor(self, element: etree._Element) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for child in elements(element):
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
        prefixes = {space: prefix for prefix, space in reversed(element.nsmap.items())}
        for attribute, value in element.attrib.items():
            name = etree.QName(attribute)
            key = self._qualified(name.namespace or "", name.localname, prefixes.get(name.namespace or ""))
            if key in SENSOR_NUMBERS:
                found[key] = number_of(str(value))
            elif key == "booleanValue":
                found[key] = str(value).strip() in ("true", "1")
            else:
                found[key] = _word(holder, key, str(value))
        for child in elements(element):
            _put(found, self.key(child), self._extension(child))
        return found

    def _extension(self, element: etree._Element) -> Any:
        if _is_nil(element):
            return None
        inner: dict[str, Any] = {}
        for attribute, value in element.attrib.items():
            name = etree.QName(attribute)
            if name.namespace not in FORMAL and not (element.tag == MEMBER and attribute in _OF_MEMBERS):
                inner[self._qualified(name.namespace or "", name.localname, None)] = str(value)
        for child in element:
            _put(inner, self.key(child), self._extension(child))
        if not inner:
            return _typed(element)
        return {**inner, "#text": text_of(element)} if text_of(element) else inner

    def attribute(self, element: etree._Element) -> Any:
        """What an attribute of master data tells; its `id` is no part of it."""
        if "id" in element.attrib:
            del element.attrib["id"]
        return self._extension(element)


def _put(members: dict[str, Any], name: str, value: Any) -> None:
    """Elements of one name become a list."""
    if name not in members:
        members[name] = value
    elif isinstance(members[name], list):
        members[name].append(value)
    else:
        members[name] = [members[name], value]


def text_of(element: etree._Element) -> str:
    return (element.text or "").strip()


def _is_nil(element: etree._Element) -> bool:
    return element.get(f"{{{XSI}}}nil", "").strip() in ("true", "1")


def _typed(element: etree._Element) -> Any:
    """A text, or the number or truth value that it is said to be."""
    text = text_of(element)
    kind = element.get(f"{{{XSI}}}type", "").rpartition(":")[2]
    if kind in _NUMBERS:
        return number_of(text)
    return text == "true" if kind == "boolean" and text in ("true", "false") else text


def number_of(text: str) -> Any:
    """A number where it is one: what is none is refused by the schema."""
    text = text.strip()
    if number_text(text) is None:
        return text
    return int(text) if text.lstrip("+-").isdigit() else Decimal(text)


def _word(holder: str, name: str, text: str) -> str:
    vocabulary = AT.get((holder, name))
    return text.strip() if vocabulary is None else vocabulary.bare(text.strip())
