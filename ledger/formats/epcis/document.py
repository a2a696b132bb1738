"""EPCIS documents: which events lie in one, each with the context it was written in, and the document of an answer."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.errors import MalformedRecord
from ledger.formats.epcis.context import EPCIS_CONTEXT, EPCIS_CONTEXTS, namespaces

VERSION = "2.0.0"
"""Of EPCIS and CBV, as headers tell it."""
SCHEMA_VERSION = "2.0"
SIMPLE_EVENT_QUERY = "SimpleEventQuery"


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its members without the context, what the context declares, and members that its hash leaves out."""

    members: Mapping[str, Any]
    declared: Mapping[str, str]
    ignored: tuple[str, ...] = ()

    def whole(self) -> dict[str, Any]:
        """The event with a context of its own, to be read without its document."""
        context: list[Any] = [EPCIS_CONTEXT, *([dict(self.declared)] if self.declared else [])]
        return {"@context": context, **self.members}


def event_of(whole: Mapping[str, Any]) -> Event:
    """The event that `Event.whole` printed, or one that came alone."""
    return _event(whole, None, ())


def events_of(document: Mapping[str, Any]) -> list[Event]:
    """The events of a capture or query document, in its order, or the one event that the document is.

    Raises `MalformedRecord` for what has no list of events; what the events are like is checked elsewhere.
    """
    kind = document.get("type")
    if kind not in ("EPCISDocument", "EPCISQueryDocument"):
        return [event_of(document)]
    holder: Any = document.get("epcisBody")
    ignored = _ignored(document)
    for step in ("queryResults", "resultsBody") if kind == "EPCISQueryDocument" else ():
        holder = holder.get(step) if isinstance(holder, Mapping) else None
        ignored += _ignored(holder) if isinstance(holder, Mapping) else ()
    listed = holder.get("eventList") if isinstance(holder, Mapping) else None
    if not isinstance(listed, list) or not all(isinstance(entry, Mapping) for entry in listed):
        raise MalformedRecord("no list of events", where="epcisBody", expected="eventList")
    return [_event(entry, document.get("@context"), ignored) for entry in listed]


def _ignored(holder: Mapping[str, Any]) -> tuple[str, ...]:
    lists = [v for k, v in holder.items() if k.endswith(":ignoreFields") and isinstance(v, list)]
    return tuple(str(name) for entry in lists for name in entry)


def _event(entry: Mapping[str, Any], context: Any, ignored: tuple[str, ...]) -> Event:
    declared = namespaces(context, entry.get("@context"))
    return Event({k: v for k, v in entry.items() if k != "@context"}, declared, ignored)


def has_epcis_context(document: Mapping[str, Any]) -> bool:
    context = document.get("@context")
    entries = context if isinstance(context, list) else [context]
    return any(entry in EPCIS_CONTEXTS for entry in entries)


def query_document(
    events: Iterable[Event], *, created: str, name: str = SIMPLE_EVENT_QUERY, more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The answer to a query. `more`: members of the results in a namespace of ours."""
    declared, entries = listed_under(events)
    return {
        "@context": [EPCIS_CONTEXT, *([declared] if declared else [])],
        "type": "EPCISQueryDocument",
        "schemaVersion": SCHEMA_VERSION,
        "creationDate": created,
        "epcisBody": {"queryResults": {"queryName": name, **(more or {}), "resultsBody": {"eventList": entries}}},
    }


def capture_document(events: Iterable[Event], *, created: str) -> dict[str, Any]:
    declared, entries = listed_under(events)
    return {
        "@context": [EPCIS_CONTEXT, *([declared] if declared else [])],
        "type": "EPCISDocument",
        "schemaVersion": SCHEMA_VERSION,
        "creationDate": created,
        "epcisBody": {"eventList": entries},
    }


def listed_under(
    events: Iterable[Event], outer: Mapping[str, str] | None = None
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The prefixes that a document of these events declares, and its list of events. `outer`: what else it declares.

    A prefix that would mean something else in an event, or something where it means nothing, is not among them: the
    events that declare it do so themselves.
    """
    listed = list(events)
    declared = dict(outer or {})
    torn: set[str] = set()
    for event in listed:
        torn |= {p for p, space in event.declared.items() if declared.setdefault(p, space) != space}
    for event in listed:
        torn |= (declared.keys() - event.declared.keys()) & set(_heads(event.members))
    entries = [
        dict(event.members) if not set(event.declared) & torn else {"@context": dict(event.declared), **event.members}
        for event in listed
    ]
    return {prefix: space for prefix, space in declared.items() if prefix not in torn}, entries


def _heads(value: Any) -> Iterator[str]:
    """What stands before the first colon in the names and texts of `value`."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield name.partition(":")[0]
            yield from _heads(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _heads(inner)
    elif isinstance(value, str):
        yield value.partition(":")[0]
