"""What an event is found by: words of a kind and a value, so that a query asks an index and never reads events.

Identifiers are canonical, words of the CBV in their web spelling, times and numbers written so that their texts sort as
they do themselves.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ledger.formats.epcis.context import full_name
from ledger.formats.epcis.document import Event
from ledger.formats.epcis.event_hash import moment_of
from ledger.formats.epcis.identifiers import canonical
from ledger.formats.epcis.vocabulary import AT

Term = tuple[str, str]
"""Kind and value."""
EXISTS = "exists"
"""The kind that says which members there are."""
WITHIN = " within"
"""Behind a kind of place: the place itself, and the location that a part of it belongs to."""
LONGEST = 300
"""Characters of a kind, and of a value; longer ones are found by their beginning. Both together are an entry of an
index, of which PostgreSQL takes 2,700 bytes."""
_LISTS = {
    "epcList": "epc", "childEPCs": "epc", "inputEPCList": "inputEPC", "outputEPCList": "outputEPC",
}  # fmt: skip
_QUANTITIES = {
    "quantityList": "epcClass", "childQuantityList": "epcClass", "inputQuantityList": "inputEPCClass",
    "outputQuantityList": "outputEPCClass",
}  # fmt: skip
_PAIRS = {"bizTransactionList": "bizTransaction", "sourceList": "source", "destinationList": "destination"}
SENSOR_TEXTS = frozenset({
    "type", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules", "microorganism",
    "chemicalSubstance", "component", "stringValue", "booleanValue", "hexBinaryValue", "uriValue", "exception",
    "coordinateReferenceSystem",
})  # fmt: skip
SENSOR_TIMES = frozenset({"time", "startTime", "endTime"})
SENSOR_NUMBERS = frozenset(["value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"])
_PLACES = {
    "": "", "ilmd": "ILMD_", "errorDeclaration": "ERROR_DECLARATION_", "readPoint": "readPoint_",
    "bizLocation": "bizLocation_", "sensorElementList": "SENSORELEMENT_", "sensorMetadata": "SENSORMETADATA_",
    "sensorReport": "SENSORREPORT_",
}  # fmt: skip


def terms_of(event: Event) -> set[Term]:
    """Everything that an event is found by."""
    found = set(_standard(event.members))
    found |= set(_extensions(event.members, event.declared, "", 0))
    for name in ("ilmd", "errorDeclaration", "readPoint", "bizLocation"):
        inner = event.members.get(name)
        if isinstance(inner, Mapping):
            found |= set(_extensions(inner, event.declared, _PLACES[name], 0))
    for element in _items(event.members.get("sensorElementList")):
        found |= set(_extensions(element, event.declared, _PLACES["sensorElementList"], 0))
        for name in ("sensorMetadata", "sensorReport"):
            for part in _items(element.get(name)):
                found |= set(_extensions(part, event.declared, _PLACES[name], 0))
    return {(kind[:LONGEST], value[:LONGEST]) for kind, value in found}


def _standard(members: Mapping[str, Any]) -> Iterator[Term]:
    yield "eventType", str(members.get("type", ""))
    for name in ("action", "eventID"):
        if name in members:
            yield name, str(members[name])
    for name in ("bizStep", "disposition"):
        if name in members:
            yield name, AT["", name].expanded(str(members[name]))
    for name in ("parentID", "transformationID"):
        if name in members:
            yield name, canonical(str(members[name]))
    for name in ("readPoint", "bizLocation"):
        if isinstance(place := members.get(name), Mapping):
            where = canonical(str(place.get("id", "")))
            yield name, where
            yield from ((f"{name}{WITHIN}", above) for above in {where, where.partition("/254/")[0]})
    for name, word in (("set", "set"), ("unset", "unset")):
        for value in _texts((members.get("persistentDisposition") or {}).get(name)):
            yield f"persistentDisposition_{word}", AT["", "disposition"].expanded(value)
    for name, kind in _LISTS.items():
        yield from ((kind, canonical(value)) for value in _texts(members.get(name)))
    for name, kind in _QUANTITIES.items():
        for entry in _items(members.get(name)):
            yield kind, canonical(str(entry.get("epcClass", "")))
            if (amount := number_text(entry.get("quantity"))) is not None:
                yield "quantity", amount
                yield f"quantity_{entry.get('uom', '')}", amount
    for name, kind in _PAIRS.items():
        for entry in _items(members.get(name)):
            told = AT[name, "type"].bare(str(entry.get("type", "")))
            yield f"{kind}_{told}", canonical(str(entry.get(kind, "")))
    yield from _error(members.get("errorDeclaration"))
    yield from _sensors(members)
    for name in ("errorDeclaration", "sensorElementList", "ilmd"):
        if members.get(name):
            yield EXISTS, name


def _error(declared: Any) -> Iterator[Term]:
    if not isinstance(declared, Mapping):
        return
    if (time := time_text(declared.get("declarationTime"))) is not None:
        yield "errorDeclaration_Time", time
    if "reason" in declared:
        yield "errorReason", AT["errorDeclaration", "reason"].expanded(str(declared["reason"]))
    yield from (("correctiveEventID", value) for value in _texts(declared.get("correctiveEventIDs")))


def _sensors(members: Mapping[str, Any]) -> Iterator[Term]:
    for element in _items(members.get("sensorElementList")):
        parts = [*_items(element.get("sensorMetadata")), *_items(element.get("sensorReport"))]
        for part in parts:
            uom = str(part.get("uom", ""))
            for name, value in part.items():
                if name in SENSOR_TEXTS:
                    yield name, sensor_text(name, value)
                elif name in SENSOR_TIMES and (time := time_text(value)) is not None:
                    yield name, time
                elif name in SENSOR_NUMBERS and (amount := number_text(value)) is not None:
                    yield name, amount
                    yield f"{name}_{uom}", amount


def sensor_text(name: str, value: Any) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    vocabulary = AT.get(("sensorReport", name))
    return canonical(vocabulary.expanded(text) if vocabulary else text)


def _extensions(members: Mapping[str, Any], declared: Mapping[str, str], place: str, depth: int) -> Iterator[Term]:
    """Members in somebody's namespace: `place` says where they stand, `INNER_` that they stand in another one."""
    for name, value in members.items():
        if ":" not in name:
            continue
        kind = f"{'INNER_' if depth else ''}{place}{full_name(name, declared)}"
        yield EXISTS, kind
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Mapping):
                yield from _extensions(item, declared, place, depth + 1)
                continue
            yield f"text {kind}", ("true" if item else "false") if isinstance(item, bool) else canonical(str(item))
            if (amount := number_text(item)) is not None:
                yield f"number {kind}", amount
            if (time := time_text(item)) is not None:
                yield f"time {kind}", time


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _items(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, Mapping)]


# --- texts that sort ------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?")
_NINES = str.maketrans("0123456789", "9876543210")


def number_text(value: Any) -> str | None:
    """A number as a text that sorts as it does; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str) or not _NUMBER.fullmatch(str(value)):
        return None
    number = Decimal(str(value))
    if number == 0:
        return "o"
    digits = "".join(map(str, number.as_tuple().digits)).strip("0") or "0"
    size = number.adjusted()
    return f"p{500 + size}{digits}" if number > 0 else f"m{499 - size}{digits.translate(_NINES)}~"


def time_text(value: Any) -> str | None:
    """A time in UTC as a text that sorts as it does; None for what is none."""
    moment = moment_of(value) if isinstance(value, str) else None
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def micros(text: str) -> int | None:
    """A time in microseconds of UTC; None for what is none."""
    moment = moment_of(text)
    if moment is None:
        return None
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
