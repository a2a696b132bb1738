"""The simple event query of EPCIS 2.0 (section 8.2.7): its parameters, read into conditions on an event's terms.

Parameters are joined by *and*, the values of one by *or*. Unknown parameters and unreadable values are refused.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ledger.errors import MalformedRecord
from ledger.formats.epcis.context import full_name, namespaces
from ledger.formats.epcis.identifiers import canonical
from ledger.formats.epcis.index import (
    EXISTS,
    LONGEST,
    SENSOR_NUMBERS,
    SENSOR_TEXTS,
    SENSOR_TIMES,
    WITHIN,
    Term,
    micros,
    number_text,
    sensor_text,
    time_text,
)
from ledger.formats.epcis.master_data import FIELD, field_and_attribute, has_kind, is_kind, vocabulary_of
from ledger.formats.epcis.vocabulary import ACTIONS, AT, EVENT_TYPES

MOST_VALUES = 200
MOST_PARAMETERS = 60
MOST_PER_PAGE = 100
DEFAULT_PER_PAGE = 30
MOST_EVENTS = 2**31 - 1


class Comparison(StrEnum):
    EQ = "="
    GT = ">"
    GE = ">="
    LT = "<"
    LE = "<="
    BEGINS = "begins"
    DESCRIBED = "described"
    """The value is one that master data tells something of; the values of the condition are kinds of its terms."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Some term of one of these kinds compares so with one of these values."""

    kinds: tuple[str, ...]
    comparison: Comparison
    values: tuple[str, ...]

    def holds(self, terms: Collection[Term]) -> bool:
        """`terms`: of an event, and of the master data that whoever asks may see."""
        mine = [value for kind, value in terms if kind in self.kinds]
        match self.comparison:
            case Comparison.EQ:
                return any(value in self.values for value in mine)
            case Comparison.BEGINS:
                return any(value.startswith(self.values) for value in mine)
            case Comparison.DESCRIBED:
                return any((kind, value) in terms for value in mine for kind in self.values)
            case Comparison.GT:
                return any(value > self.values[0] for value in mine)
            case Comparison.GE:
                return any(value >= self.values[0] for value in mine)
            case Comparison.LT:
                return any(value < self.values[0] for value in mine)
            case Comparison.LE:
                return any(value <= self.values[0] for value in mine)


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Times are microseconds of UTC, from inclusive to exclusive. `limit`: the first so many; `most`: more than these
    are an error; 0 for neither."""

    conditions: tuple[Condition, ...] = ()
    event_from: int | None = None
    event_until: int | None = None
    record_from: int | None = None
    record_until: int | None = None
    order_by: str = ""
    descending: bool = True
    limit: int = 0
    most: int = 0

    def holds(self, terms: Collection[Term], event_time: int, record_time: int) -> bool:
        """Whether an event of these terms and times is among the answers."""
        spans = ((self.event_from, self.event_until, event_time), (self.record_from, self.record_until, record_time))
        return all(
            (start is None or time >= start) and (end is None or time < end) for start, end, time in spans
        ) and all(condition.holds(terms) for condition in self.conditions)


_EPCS = ("epc", "parentID", "inputEPC", "outputEPC")
_CLASSES = ("epcClass", "inputEPCClass", "outputEPCClass")
_MATCHES: Mapping[str, tuple[str, ...]] = {
    "MATCH_epc": ("epc",),
    "MATCH_parentID": ("parentID",),
    "MATCH_inputEPC": ("inputEPC",),
    "MATCH_outputEPC": ("outputEPC",),
    "MATCH_anyEPC": _EPCS,
    "MATCH_epcClass": ("epcClass",),
    "MATCH_inputEPCClass": ("inputEPCClass",),
    "MATCH_outputEPCClass": ("outputEPCClass",),
    "MATCH_anyEPCClass": _CLASSES,
}
_WORDS: Mapping[str, tuple[str, str]] = {
    "bizStep": ("", "bizStep"),
    "disposition": ("", "disposition"),
    "persistentDisposition_set": ("", "disposition"),
    "persistentDisposition_unset": ("", "disposition"),
    "errorReason": ("errorDeclaration", "reason"),
}
_IDENTIFIERS = frozenset({"readPoint", "bizLocation", "transformationID", "eventID", "correctiveEventID"})
_SPANS = {
    "GE_eventTime": "event_from", "LT_eventTime": "event_until",
    "GE_recordTime": "record_from", "LT_recordTime": "record_until",
}  # fmt: skip
_COMPARES = re.compile(r"(EQ|GT|GE|LT|LE|EXISTS|WD|HASATTR|EQATTR)_(.+)")
_TYPED = re.compile(r"(bizTransaction|source|destination)_(.+)")
_WITH_UNIT = re.compile(r"(quantity|value|minValue|maxValue|meanValue|sDev|percValue)_([A-Z0-9]{2,4})")
_PLACED = re.compile(
    r"(INNER_)?(ILMD_|ERROR_DECLARATION_|SENSORELEMENT_|SENSORMETADATA_|SENSORREPORT_|readPoint_|bizLocation_)?(.+)"
)
_ORDERS = ("eventTime", "recordTime")


def parse_query(parameters: Mapping[str, Any]) -> EventQuery:
    """The query that these parameters ask: as JSON has them, lists as lists. Raises `MalformedRecord`."""
    if len(parameters) > MOST_PARAMETERS:
        raise MalformedRecord("too many parameters", where="query", expected=f"at most {MOST_PARAMETERS}")
    for name, value in parameters.items():
        if any(
            "\0" in text for text in (name, *(value if isinstance(value, list) else [value])) if isinstance(text, str)
        ):
            raise MalformedRecord("a text holds a NUL character", where=name.replace("\0", "")[:80])
    declared = namespaces(parameters.get("@context"))
    controls: dict[str, Any] = {}
    conditions = []
    for name, value in parameters.items():
        if name == "@context":
            continue
        if name in _SPANS:
            controls[_SPANS[name]] = _micros(name, value)
        elif name in _CONTROLS:
            controls |= _control(name, value, declared)
        else:
            conditions.append(_condition(name, value, declared))
    if controls.get("limit") and controls.get("most"):
        raise MalformedRecord(
            "only one of the two", where="eventCountLimit, maxEventCount", mend="Leave one of them out."
        )
    return EventQuery(conditions=tuple(conditions), **controls)


_CONTROLS = frozenset({"orderBy", "orderDirection", "eventCountLimit", "maxEventCount"})


def _control(name: str, value: Any, declared: Mapping[str, str]) -> dict[str, Any]:
    if name == "orderBy":
        text = _one(name, value)
        if text not in _ORDERS and ":" not in text:
            raise MalformedRecord("cannot be ordered by", where=name, expected=" or ".join(_ORDERS), found=text[:80])
        return {"order_by": text if text in _ORDERS else full_name(text, declared)}
    if name == "orderDirection":
        if value not in ("ASC", "DESC"):
            raise MalformedRecord("no direction", where=name, expected="ASC or DESC", found=str(value)[:80])
        return {"descending": value == "DESC"}
    return {"limit" if name == "eventCountLimit" else "most": _count(name, value)}


def _condition(name: str, value: Any, declared: Mapping[str, str]) -> Condition:
    if name == "eventType":
        return Condition(("eventType",), Comparison.EQ, _among(name, value, EVENT_TYPES))
    if name == "EQ_action":
        return Condition(("action",), Comparison.EQ, _among(name, value, ACTIONS))
    if name in _MATCHES:
        return _match(name, _many(name, value))
    matched = _COMPARES.fullmatch(name)
    if matched is None:
        raise _unknown(name)
    operator, field = matched.groups()
    if operator == "WD" and field in ("readPoint", "bizLocation"):
        places = tuple(canonical(text) for text in _many(name, value))
        return Condition((f"{field}{WITHIN}",), Comparison.EQ, places)
    if operator == "EXISTS":
        if field in ("errorDeclaration", "sensorElementList", "ilmd"):
            return Condition((EXISTS,), Comparison.EQ, (field,))
        return Condition((EXISTS,), Comparison.EQ, (_extension(name, field, declared),))
    if operator in ("HASATTR", "EQATTR"):
        return _described(name, operator, field, value, declared)
    if operator == "WD":
        raise _unknown(name)
    return _compared(name, Comparison[operator], field, value, declared)


def _described(name: str, operator: str, field: str, value: Any, declared: Mapping[str, str]) -> Condition:
    """Events in which a field's value has an attribute by master data, or an attribute of one of these values."""
    if operator == "HASATTR":
        if not re.fullmatch(FIELD, field):
            raise MalformedRecord("no field with master data", where=name[:120], expected="such as HASATTR_bizLocation")
        names = (full_name(text, declared) for text in _many(name, value))
        kinds = tuple(has_kind(vocabulary_of(field), attribute) for attribute in names)
    else:
        named = field_and_attribute(field, declared)
        if named is None:
            expected = "such as EQATTR_bizLocation_urn:epcglobal:cbv:mda:site"
            raise MalformedRecord("no field and attribute", where=name[:120], expected=expected)
        field, attribute = named
        kinds = tuple(is_kind(vocabulary_of(field), attribute, text) for text in _many(name, value))
    return Condition((field,), Comparison.DESCRIBED, kinds)


def _compared(name: str, comparison: Comparison, field: str, value: Any, declared: Mapping[str, str]) -> Condition:
    equal = comparison is Comparison.EQ
    if equal and field in _WORDS:
        vocabulary = AT[_WORDS[field]]
        return Condition((field,), comparison, tuple(vocabulary.expanded(text) for text in _many(name, value)))
    if equal and field in _IDENTIFIERS:
        return Condition((field,), comparison, tuple(canonical(text) for text in _many(name, value)))
    if equal and (typed := _TYPED.fullmatch(field)):
        kind, of = typed.groups()
        told = AT[f"{kind}List", "type"].bare(of)
        return Condition((f"{kind}_{told}",), comparison, tuple(canonical(text) for text in _many(name, value)))
    if equal and field in SENSOR_TEXTS:
        return Condition((field,), comparison, tuple(sensor_text(field, text) for text in _many(name, value)))
    if field == "quantity" or field in SENSOR_NUMBERS or _WITH_UNIT.fullmatch(field):
        return Condition((field,), comparison, _numbers(name, value, several=equal))
    if not equal and field in ("errorDeclaration_Time", "errorDeclarationTime"):
        return Condition(("errorDeclaration_Time",), comparison, (_time(name, value),))
    if not equal and field in SENSOR_TIMES:
        return Condition((field,), comparison, (_time(name, value),))
    kind = _extension(name, field, declared)
    if equal:
        return Condition((f"text {kind}",), comparison, tuple(canonical(text)[:LONGEST] for text in _many(name, value)))
    text = _one(name, value)
    if (amount := number_text(text)) is not None:
        return Condition((f"number {kind}",), comparison, (amount,))
    return Condition((f"time {kind}",), comparison, (_time(name, text),))


def _extension(name: str, field: str, declared: Mapping[str, str]) -> str:
    matched = _PLACED.fullmatch(field)
    if matched is None or ":" not in matched[3]:
        raise _unknown(name)
    inner, place, rest = matched.groups()
    return f"{inner or ''}{place or ''}{full_name(rest, declared)}"


def _match(name: str, values: tuple[str, ...]) -> Condition:
    exact: list[str] = []
    classes: list[str] = []
    for text in values:
        written = canonical(text)
        if "*" in written:
            raise MalformedRecord(
                "only a pattern that names one class is known here",
                where=name,
                expected="an identifier, or a class as urn:epc:idpat:sgtin:CompanyPrefix.ItemReference.*",
                found=text[:80],
            )
        (classes if text.startswith("urn:epc:idpat:") and not name.endswith("Class") else exact).append(written)
    if classes and exact:
        raise MalformedRecord("identifiers or patterns, not both in one parameter", where=name)
    if classes:
        return Condition(_MATCHES[name], Comparison.BEGINS, tuple(f"{text}/" for text in classes))
    return Condition(_MATCHES[name], Comparison.EQ, tuple(exact))


def _unknown(name: str) -> MalformedRecord:
    return MalformedRecord(
        "no such query parameter", where=name[:120], expected="a parameter of the simple event query of EPCIS 2.0"
    )


# --- values ---------------------------------------------------------------------------------------------------------


def _many(name: str, value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not listed or len(listed) > MOST_VALUES:
        raise MalformedRecord("no list of values", where=name, expected=f"1 to {MOST_VALUES}", found=len(listed))
    if not all(isinstance(item, str | int) for item in listed):
        raise MalformedRecord("no list of texts", where=name)
    return tuple(("true" if item else "false") if isinstance(item, bool) else str(item) for item in listed)


def _among(name: str, value: Any, allowed: Collection[str]) -> tuple[str, ...]:
    values = _many(name, value)
    if wrong := [text for text in values if text not in allowed and ":" not in text]:
        raise MalformedRecord("no such value", where=name, expected=", ".join(allowed), found=wrong[0][:80])
    return values


def _one(name: str, value: Any) -> str:
    if isinstance(value, list | dict | bool) or value is None:
        raise MalformedRecord("one value", where=name)
    return str(value)


def _numbers(name: str, value: Any, *, several: bool) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    found = [number_text(item) for item in listed]
    if None in found or not found or (len(found) > 1 and not several):
        raise MalformedRecord("not a number", where=name, found=str(value)[:80])
    return tuple(text for text in found if text is not None)


def _time(name: str, value: Any) -> str:
    text = time_text(value)
    if text is None:
        raise MalformedRecord(
            "not a time", where=name, expected="a date-time with an offset, as 2026-01-31T10:00:00Z",
            found=str(value)[:80],
        )  # fmt: skip
    return text


def _micros(name: str, value: Any) -> int:
    return micros(_time(name, value)) or 0


def _count(name: str, value: Any) -> int:
    text = _one(name, value)
    if not re.fullmatch(r"[0-9]{1,10}", text) or not 1 <= int(text) <= MOST_EVENTS:
        raise MalformedRecord("not a count", where=name, expected="1 or more", found=text[:40])
    return int(text)
