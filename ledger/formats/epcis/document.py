"""EPCIS documents: which events lie in one, each with the context it was written in, and the document of an answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.errors import MalformedRecord
from ledger.formats.epcis.context import EPCIS_CONTEXT, EPCIS_CONTEXTS, namespaces

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
    """The answer to a query. `more`: members of the results in a namespace of ours.

    A prefix that two events use for different namespaces is declared in these events, and not in the document.
    """
    head, entries = _together(events)
    results = {"queryName": name, **(more or {}), "resultsBody": {"eventList": entries}}
    return {
        **head,
        "type": "EPCISQueryDocument",
        "schemaVersion": SCHEMA_VERSION,
        "creationDate": created,
        "epcisBody": {"queryResults": results},
    }


def capture_document(events: Iterable[Event], *, created: str) -> dict[str, Any]:
    """Events as a document that a capture interface takes."""
    head, entries = _together(events)
    return {
        **head,
        "type": "EPCISDocument",
        "schemaVersion": SCHEMA_VERSION,
        "creationDate": created,
        "epcisBody": {"eventList": entries},
    }


def _together(events: Iterable[Event]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The context of a document, and its events."""
    listed = list(events)
    declared, torn = _merged([event.declared for event in listed])
    entries = [
        dict(event.members) if not set(event.declared) & torn else {"@context": dict(event.declared), **event.members}
        for event in listed
    ]
    return {"@context": [EPCIS_CONTEXT, *([declared] if declared else [])]}, entries


def _merged(each: Sequence[Mapping[str, str]]) -> tuple[dict[str, str], set[str]]:
    declared: dict[str, str] = {}
    torn: set[str] = set()
    for one in each:
        torn |= {prefix for prefix, space in one.items() if declared.setdefault(prefix, space) != space}
    return {prefix: space for prefix, space in declared.items() if prefix not in torn}, torn
