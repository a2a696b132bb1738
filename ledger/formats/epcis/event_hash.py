"""Event hash ids: a name that an event gets from its content alone (CBV 2.0, section 8.9).

The pre-hash string lists the event's members in the standard's order, each by its name and value, values in one
spelling. `eventID`, `recordTime` and the whole `errorDeclaration` are not in it, by the standard.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ledger.formats.epcis.context import STANDARD, full_name
from ledger.formats.epcis.identifiers import canonical
from ledger.formats.epcis.vocabulary import AT

_Order = tuple[tuple[str, "_Order"], ...]
_QUANTITIES: _Order = (("quantityElement", (("epcClass", ()), ("quantity", ()), ("uom", ()))),)
_EPCS: _Order = (("epc", ()),)
_ID: _Order = (("id", ()),)


def _flat(names: str) -> _Order:
    return tuple((name, ()) for name in names.split())


_DEVICE = "deviceID deviceMetadata rawData dataProcessingMethod"
ORDER: _Order = (
    *_flat("eventTime eventTimeZoneOffset certificationInfo parentID"),
    ("epcList", _EPCS),
    ("inputEPCList", _EPCS),
    ("childEPCs", _EPCS),
    ("quantityList", _QUANTITIES),
    ("childQuantityList", _QUANTITIES),
    ("inputQuantityList", _QUANTITIES),
    ("outputEPCList", _EPCS),
    ("outputQuantityList", _QUANTITIES),
    *_flat("action transformationID bizStep disposition"),
    ("persistentDisposition", _flat("set unset")),
    ("readPoint", _ID),
    ("bizLocation", _ID),
    (
        "sensorElementList",
        (
            (
                "sensorElement",
                (
                    ("sensorMetadata", _flat(f"time startTime endTime {_DEVICE} bizRules")),
                    (
                        "sensorReport",
                        _flat(
                            f"type exception {_DEVICE} time microorganism chemicalSubstance value "
                            "component stringValue booleanValue hexBinaryValue uriValue minValue maxValue meanValue "
                            "sDev percRank percValue uom coordinateReferenceSystem"
                        ),
                    ),
                ),
            ),
        ),
    ),
)
LEFT_OUT = frozenset({"recordTime", "eventID", "type", "errorDeclaration", "@context"})
_COMMENTS = frozenset({"rdfs:comment", "comment"})
_CHILD = {
    "epcList": "epc", "inputEPCList": "epc", "outputEPCList": "epc", "childEPCs": "epc",
    "quantityList": "quantityElement", "childQuantityList": "quantityElement",
    "inputQuantityList": "quantityElement", "outputQuantityList": "quantityElement",
    "sensorElementList": "sensorElement", "bizTransactionList": "bizTransaction",
    "sourceList": "source", "destinationList": "destination",
}  # fmt: skip
"""What one entry of a list is called in the standard's own model."""
_PAIRS = frozenset({"bizTransactionList", "sourceList", "destinationList"})
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_FRACTION = re.compile(r"([.,]\d{6})\d+")
WHOLE = "lading/epcis/v1"
"""Begins what an observation names where the event hash does not tell everything."""
NAME = re.compile(r"ni:///sha-256;([0-9a-f]{64})\?ver=CBV2\.0")


@dataclass(slots=True)
class _Node:
    """A member of an event: its name, the text of its value, what lies in it."""

    name: str
    text: str = ""
    inner: list["_Node"] = field(default_factory=list)


def event_hash(event: Mapping[str, Any], declared: Mapping[str, str], ignored: Collection[str] = ()) -> bytes:
    """SHA-256 of the pre-hash string."""
    return hashlib.sha256(prehash(event, declared, ignored).encode()).digest()


def hash_id(event: Mapping[str, Any], declared: Mapping[str, str], ignored: Collection[str] = ()) -> str:
    """The event's id as an RFC 6920 name."""
    return name_of(event_hash(event, declared, ignored))


def name_of(digest: bytes) -> str:
    return f"ni:///sha-256;{digest.hex()}?ver=CBV2.0"


def prehash(event: Mapping[str, Any], declared: Mapping[str, str], ignored: Collection[str] = ()) -> str:
    """The text that is hashed. `declared`: prefixes of the event's context; `ignored`: members that are no part of it,
    as a document may name them in `ignoreFields`."""
    kept = {k: v for k, v in event.items() if k not in LEFT_OUT and k not in ignored}
    nodes = _nodes(kept, declared, "")
    text, left = _ordered(nodes, ORDER, top=True)
    return f"eventType={full_name(str(event.get('type', '')), declared)}{text}{_others(left)}"


# --- the standard's model of the event ------------------------------------------------------------------------------


def _nodes(members: Mapping[str, Any], declared: Mapping[str, str], holder: str) -> list[_Node]:
    result = []
    for name, value in members.items():
        if name in _COMMENTS:
            continue
        if child := _CHILD.get(name) if holder == "" and isinstance(value, list) else None:
            entries = [_entry(child, item, declared, name) for item in value]
            result.append(_Node(name, inner=entries))
        else:
            key = _bracketed(name, declared)
            items = value if isinstance(value, list) else [value]
            result += [_entry(key, item, declared, holder, name) for item in items]
    return result


def _entry(key: str, item: Any, declared: Mapping[str, str], holder: str, name: str = "") -> _Node:
    if isinstance(item, Mapping):
        if holder in _PAIRS and not name:
            order = ("type", key)
            sorted_members = {k: item[k] for k in (*order, *(k for k in item if k not in order)) if k in item}
            return _Node("", inner=_nodes(sorted_members, declared, holder))
        text = _value(item["#text"], declared, "", "") if "#text" in item else ""
        rest = {k: v for k, v in item.items() if k != "#text"}
        return _Node(key, text, _nodes(rest, declared, name or key))
    if isinstance(item, list):
        return _Node(key, inner=[_entry(key, inner, declared, holder, name) for inner in item])
    return _Node(key, _value(item, declared, holder, name))


def _bracketed(name: str, declared: Mapping[str, str]) -> str:
    prefix, colon, local = name.partition(":")
    space = declared.get(prefix) or STANDARD.get(prefix)
    return f"{{{space}}}{local}" if colon and space else name


def _value(item: Any, declared: Mapping[str, str], holder: str, name: str) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, int | Decimal):
        return _plain_number(Decimal(item))
    text = str(item)
    if vocabulary := AT.get((holder, name)):
        text = vocabulary.expanded(text)
    prefix, colon, local = text.partition(":")
    if colon and prefix in declared and not local.startswith("//"):
        text = declared[prefix] + local
    return text


# --- printing -------------------------------------------------------------------------------------------------------


def _ordered(nodes: list[_Node], order: _Order, *, top: bool = False) -> tuple[str, list[_Node]]:
    """The members that have their place in `order`, printed, and what else there is."""
    text = ""
    appended = [] if top or len(nodes) < 2 else [n for n in nodes if n.name.startswith("{") and "/}" in n.name]
    left = [n for n in nodes if n not in appended]
    for name, inner in order:
        printed = []
        for node in [n for n in left if n.name == name]:
            line, rest = _ordered(node.inner, inner) if inner else ("", node.inner)
            value = _printed(node)
            if value or line:
                printed.append(f"{name}{'=' if value else ''}{value}{line}")
            node.text = ""
            node.inner = rest
            if not rest:
                left.remove(node)
        text += "".join(sorted(printed))
    return text + _others(appended), left


def _printed(node: _Node) -> str:
    if node.text and "time" in node.name.lower() and "offset" not in node.name.lower():
        return _moment(node.text.strip())
    return one_spelling(node.text)


def _others(nodes: list[_Node]) -> str:
    """Members without a place in the order, sorted by what they print."""
    printed = []
    for node in nodes:
        if not node.name:  # type and value of a transaction, source or destination keep their order
            printed.append("".join(_line(inner) for inner in node.inner))
        else:
            printed.append(_line(node))
    return "".join(sorted(printed))


def _line(node: _Node) -> str:
    value = one_spelling(node.text)
    return f"{node.name}{'=' if value else ''}{value}{_others(node.inner)}"


def one_spelling(text: str) -> str:
    """A value as it is compared: words of the CBV and GS1 identifiers in their web spelling, numbers without what
    changes nothing."""
    text = text.strip()
    for vocabulary in set(AT.values()):
        if vocabulary.urn and text.startswith(vocabulary.urn):
            text = vocabulary.web + text.removeprefix(vocabulary.urn)
    if _NUMBER.fullmatch(text):
        return _plain_number(Decimal(text))
    return canonical(text)


def _plain_number(value: Decimal) -> str:
    if value == 0:
        return "0"
    return format(value.normalize(), "f") if len(value.as_tuple().digits) <= 28 else format(value, "f")


def _moment(text: str) -> str:
    """A time in UTC with milliseconds; a text that is none stays as it is."""
    moment = moment_of(text)
    if moment is None:
        return text
    millis = round(moment.microsecond / 1000)
    moment = moment.replace(microsecond=0) + timedelta(milliseconds=millis)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def moment_of(text: str) -> datetime | None:
    """A date-time with an offset, in UTC; None for what is none."""
    if len(text) > 40 or not re.match(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d", text):
        return None
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def observed_hash(event: Mapping[str, Any], declared: Mapping[str, str], ignored: Collection[str] = ()) -> bytes:
    """What an `Observation` of the event names: the event hash, where it tells everything; else SHA-256 over the
    pre-hash string and what the standard leaves out of it, an id of its own and the declaration of an error."""
    text = prehash(event, declared, ignored)
    plain = hashlib.sha256(text.encode()).digest()
    own_id = str(event.get("eventID", ""))
    error = event.get("errorDeclaration")
    if own_id in ("", name_of(plain)) and error is None:
        return plain
    declaration = _others(_nodes({"errorDeclaration": error}, declared, "")) if error is not None else ""
    return hashlib.sha256(b"\x00".join(part.encode() for part in (WHOLE, text, own_id, declaration))).digest()
