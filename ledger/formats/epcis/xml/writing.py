"""One event as EPCIS 2.0 XML, its elements in the order of GS1's schema, so that reading it gives the event again."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from lxml import etree

from ledger.formats.epcis.context import full_name, namespaces
from ledger.formats.epcis.vocabulary import AT, EVENT_TYPES
from ledger.formats.epcis.xml.names import MEMBER, XSD, XSI, carried, qualified
from ledger.formats.epcis.xml.reading import EPCS, PAIRS, QUANTITIES

_FIRST = ("eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "errorDeclaration", "certificationInfo")
_WHAT = ("action", "bizStep", "disposition", "readPoint", "bizLocation")
_LAST = ("sourceList", "destinationList", "sensorElementList", "persistentDisposition", "ilmd")
_ORDER: Mapping[str, tuple[str, ...]] = {
    "ObjectEvent": ("epcList", *_WHAT, "bizTransactionList", "quantityList"),
    "AggregationEvent": ("parentID", "childEPCs", *_WHAT, "bizTransactionList", "childQuantityList"),
    "TransactionEvent": ("bizTransactionList", "parentID", "epcList", *_WHAT, "quantityList"),
    "TransformationEvent": (
        "inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "transformationID", *_WHAT[1:],
        "bizTransactionList",
    ),
    "AssociationEvent": ("parentID", "childEPCs", "childQuantityList", *_WHAT, "bizTransactionList"),
}  # fmt: skip
"""By type, the elements between those that all events begin and end with (GS1's XSD of EPCIS 2.0)."""
_ENTRIES = {
    "quantityList": "quantityElement", "childQuantityList": "quantityElement", "inputQuantityList": "quantityElement",
    "outputQuantityList": "quantityElement",
    "bizTransactionList": "bizTransaction", "sourceList": "source", "destinationList": "destination",
}  # fmt: skip
_NIL, _TYPE = f"{{{XSI}}}nil", f"{{{XSI}}}type"


class Words(StrEnum):
    """How words of the CBV are spelled where they have both spellings."""

    URN = "Always_URN"
    WEB = "Always_Web_URI"


class Writer:
    """Writes one event. `declared`: the prefixes of its context."""

    def __init__(self, declared: Mapping[str, str], words: Words) -> None:
        self._declared = declared
        self._carried = carried(declared)
        times = Counter(self._carried.values())
        self._doubled = {space for space, number in times.items() if number > 1}
        """Namespaces of several prefixes: which one a name has is told where it stands."""
        self._typed = declared.get("xs", XSD) == XSD
        self._words = words

    def event(self, holder: etree._Element, members: Mapping[str, Any]) -> None:
        """Append the event to a list of events; one with a context of its own binds prefixes of its own."""
        kind = str(members.get("type", ""))
        if kind not in EVENT_TYPES:
            holder = etree.SubElement(holder, "extension")
        event = self._element(holder, kind, bound=carried(namespaces(members.get("@context"))))
        order = (*_FIRST, *_ORDER.get(kind, ()), *_LAST)
        own = [name for name in members if name not in order and name not in ("type", "@context")]
        standard = [name for name in own if ":" not in name]
        for name in (*(name for name in order if name in members), *standard):
            self._member(event, name, members[name])
        for name in own:
            if ":" in name:
                self._extensions(event, name, members[name])

    def vocabulary(self, holder: etree._Element, vocabulary: Mapping[str, Any]) -> None:
        """Append a vocabulary of master data."""
        entries = vocabulary.get("vocabularyElementList", ())
        holder = etree.SubElement(holder, "Vocabulary", {"type": str(vocabulary["type"])})
        listed = etree.SubElement(holder, "VocabularyElementList") if entries else holder
        for entry in entries:
            element = etree.SubElement(listed, "VocabularyElement", {"id": str(entry["id"])})
            for told in entry.get("attributes", ()):
                attribute = self._extension(element, "attribute", told.get("attribute"))
                attribute.set("id", full_name(str(told["id"]), self._declared))
            if children := entry.get("children"):
                below = etree.SubElement(element, "children")
                for child in children:
                    self._text(below, "id", child)

    def _member(self, event: etree._Element, name: str, value: Any) -> None:
        if name == "certificationInfo":
            for one in value if isinstance(value, list) else [value]:
                self._text(event, name, one)
        elif name == "persistentDisposition":
            holder = etree.SubElement(event, name)
            for word in ("unset", "set"):
                for one in value.get(word, ()):
                    self._text(holder, word, self._word("", "disposition", one))
        elif name == "errorDeclaration":
            self._error(event, value)
        elif name in ("readPoint", "bizLocation", "ilmd"):
            self._holder(etree.SubElement(event, name), value, ("id",) if name != "ilmd" else ())
        elif name == "sensorElementList":
            holder = etree.SubElement(event, name)
            for entry in value:
                self._sensor(etree.SubElement(holder, "sensorElement"), entry)
        elif name in EPCS or name in QUANTITIES or name in PAIRS:
            holder = etree.SubElement(event, name)
            for entry in value:
                self._entry(holder, name, entry)
        else:
            self._text(event, name, self._word("", name, value))

    def _entry(self, holder: etree._Element, name: str, entry: Any) -> None:
        if name in EPCS:
            self._text(holder, "epc", entry)
        elif name in PAIRS:
            kind = _ENTRIES[name]
            told = self._text(holder, kind, entry.get(kind, ""))
            if "type" in entry:
                told.set("type", self._value(self._word(name, "type", entry["type"])))
        else:
            inner = etree.SubElement(holder, _ENTRIES[name])
            for part in ("epcClass", "quantity", "uom"):
                if part in entry:
                    self._text(inner, part, entry[part])

    def _error(self, event: etree._Element, declared: Mapping[str, Any]) -> None:
        holder = etree.SubElement(event, "errorDeclaration")
        for name in ("declarationTime", "reason"):
            if name in declared:
                self._text(holder, name, self._word("errorDeclaration", name, declared[name]))
        if "correctiveEventIDs" in declared:
            listed = etree.SubElement(holder, "correctiveEventIDs")
            for one in declared["correctiveEventIDs"]:
                self._text(listed, "correctiveEventID", one)
        for name, value in declared.items():
            if name not in ("declarationTime", "reason", "correctiveEventIDs"):
                self._extensions(holder, name, value)

    def _holder(self, holder: etree._Element, members: Mapping[str, Any], first: tuple[str, ...]) -> None:
        for name in first:
            if name in members:
                self._text(holder, name, members[name])
        for name, value in members.items():
            if name not in first:
                self._extensions(holder, name, value, inside=False)

    def _sensor(self, element: etree._Element, entry: Mapping[str, Any]) -> None:
        if "sensorMetadata" in entry:
            self._attributes(etree.SubElement(element, "sensorMetadata"), "sensorMetadata", entry["sensorMetadata"])
        for report in entry.get("sensorReport", ()):
            self._attributes(etree.SubElement(element, "sensorReport"), "sensorReport", report)
        for name, value in entry.items():
            if name not in ("sensorMetadata", "sensorReport"):
                self._extensions(element, name, value, inside=False)

    def _attributes(self, element: etree._Element, holder: str, members: Mapping[str, Any]) -> None:
        """What is one value is an attribute; an extension that is more lies inside, where GS1's schema has no room, and
        so does one that is there already, named by another prefix for the same namespace."""
        for name, value in members.items():
            written = qualified(name, self._declared)
            single = value[0] if isinstance(value, list) and len(value) == 1 else value
            if written and written not in element.attrib and isinstance(single, str | int | Decimal):
                element.set(written, self._value(self._word(holder, name, single)))
            else:
                self._extensions(element, name, value)

    def _extensions(self, holder: etree._Element, name: str, value: Any, *, inside: bool = True) -> None:
        """A member in somebody's namespace, an element for each of its values. `inside`: it may be one without a
        namespace, as members inside another are."""
        written = qualified(name, self._declared) if inside or ":" in name else ""
        for item in value if isinstance(value, list) else [value]:
            self._extension(holder, name, item, written)

    def _extension(self, holder: etree._Element, name: str, item: Any, written: str | None = None) -> etree._Element:
        element = self._element(holder, name, written)
        if isinstance(item, list):
            self._extensions(element, name, item)
        elif isinstance(item, Mapping):
            self._inner(element, item)
        elif item is None:
            element.set(_NIL, "true")
        else:
            element.text = self._value(item)
            if self._typed and (kind := _kind(item)):
                element.set(_TYPE, f"xs:{kind}")
        return element

    def _inner(self, element: etree._Element, members: Mapping[str, Any]) -> None:
        for name, value in members.items():
            if name == "#text" and isinstance(value, str | int | Decimal):
                element.text = self._value(value)
            else:
                self._extensions(element, name, value)

    def _element(
        self, holder: etree._Element, name: str, written: str | None = None, *, bound: Mapping[str, str] | None = None
    ) -> etree._Element:
        made = qualified(name, self._declared) if written is None else written
        prefix = name.partition(":")[0]
        space = self._declared.get(prefix, "")
        if made:
            doubled = {prefix: space} if space in self._doubled and prefix in self._carried else {}
            return etree.SubElement(holder, made, nsmap={**doubled, **(bound or {})})
        told = {"name": name, **({"namespace": space} if space else {})}
        return etree.SubElement(holder, MEMBER, told, nsmap=dict(bound or {}))

    def _text(self, holder: etree._Element, name: str, value: Any) -> etree._Element:
        element = etree.SubElement(holder, name)
        element.text = self._value(value)
        return element

    def _word(self, holder: str, name: str, value: Any) -> Any:
        """A word of the CBV as a URI; what is no word of it as it is."""
        vocabulary = AT.get((holder, name))
        if vocabulary is None or not isinstance(value, str) or not vocabulary.knows(value):
            return value
        start = vocabulary.urn if vocabulary.urn and self._words is Words.URN else vocabulary.web
        return start + vocabulary.bare(value)

    def _value(self, value: Any) -> str:
        """A value as a text. A prefix that XML cannot declare is written out."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Decimal):
            return format(value, "f") if abs(value.adjusted()) <= 60 else str(value)
        text = str(value)
        prefix, colon, local = text.partition(":")
        if colon and prefix in self._declared and prefix not in self._carried and not local.startswith("//"):
            return self._declared[prefix] + local
        return text


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, int) else "decimal" if isinstance(value, Decimal) else ""
