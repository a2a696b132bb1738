"""What came in, read and checked: JSON or XML, a document or one event, whole or as far as it is right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.errors import MalformedRecord
from ledger.formats.epcis import json_text
from ledger.formats.epcis.document import Event, event_of, events_of, has_epcis_context
from ledger.formats.epcis.master_data import MasterData, master_data_of
from ledger.formats.epcis.validation import Problem, Validator
from ledger.formats.epcis.xml.documents import document_of_xml

DOCUMENTS = ("EPCISDocument", "EPCISQueryDocument")
MOST_DECLARED = 4_000
"""Characters of prefixes and namespaces: each event of a document is kept with all of them."""


@dataclass(frozen=True, slots=True)
class Read:
    """The right events by their place in the document, and what is wrong with the others (or with all of it)."""

    events: Mapping[int, Event]
    problems: Sequence[Problem]
    master_data: MasterData | None = None


def parse(body: bytes, *, xml: bool, most: int) -> dict[str, Any]:
    """The document as JSON has it; raises `MalformedRecord`."""
    value = document_of_xml(body, most=most) if xml else json_text.parse(body, most=most)
    if not isinstance(value, dict):
        raise MalformedRecord("not a JSON object", where="body", expected="an EPCIS document or event")
    return value


def read_document(document: Mapping[str, Any], validator: Validator, *, partly: bool = False) -> Read:
    """The events of a document of several; with `partly`, wrong events are left out and named.

    Raises `MalformedRecord` for what is no such document at all.
    """
    if document.get("type") not in DOCUMENTS:
        raise MalformedRecord(
            "no EPCIS document", where="type", expected=" or ".join(DOCUMENTS), found=str(document.get("type"))[:80]
        )
    problems = validator.problems(document)
    if not problems:
        problems = _contexts(document) or _declared(events_of(document))
    if not problems:
        return Read(dict(enumerate(events_of(document))), (), master_data_of(document))
    if not partly or not _right_without_events(document, validator):
        return Read({}, problems)
    right: dict[int, Event] = {}
    wrong: list[Problem] = []
    for number, event in enumerate(events_of(document)):
        whole = {"@context": document.get("@context"), **event.members}
        if found := validator.problems(whole) or _declared([event]):
            wrong += [Problem(f"event {number}: {one.where}", one.what) for one in found]
        else:
            right[number] = event
    return Read(right, wrong, master_data_of(document))


def read_event(event: Mapping[str, Any], validator: Validator) -> Read:
    """One event that came alone, with a context of its own."""
    problems = validator.problems(event) or _contexts(event) or _declared(events_of(event))
    return Read({} if problems else {0: event_of(event)}, problems)


def _contexts(document: Mapping[str, Any]) -> list[Problem]:
    if has_epcis_context(document):
        return []
    return [Problem("@context", "GS1's context of EPCIS 2.0 is not among the contexts")]


def _declared(events: Sequence[Event]) -> list[Problem]:
    long = max((sum(len(p) + len(space) for p, space in event.declared.items()) for event in events), default=0)
    if long <= MOST_DECLARED:
        return []
    return [Problem("@context", f"prefixes and namespaces of {long} characters; at most {MOST_DECLARED} are kept")]


def _right_without_events(document: Mapping[str, Any], validator: Validator) -> bool:
    bare = json_text.parse(json_text.dump(document).encode(), most=1 << 30)
    holder = bare.get("epcisBody", {})
    for step in ("queryResults", "resultsBody") if document["type"] == "EPCISQueryDocument" else ():
        holder = holder.get(step) if isinstance(holder, dict) else None
    if not isinstance(holder, dict) or not isinstance(holder.get("eventList"), list):
        return False
    holder["eventList"] = []
    return not validator.problems(bare) and not _contexts(document)
