"""Whether a document is EPCIS 2.0: GS1's JSON schema, with three amendments, and what it does not say.

The schema is passed in. `docs/guides/epcis.md` lists where and why this differs from the schema as published.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from ledger.formats.epcis.document import events_of
from ledger.formats.epcis.event_hash import moment_of
from ledger.formats.epcis.vocabulary import AT, EVENT_TYPES
from ledger.formats.epcis.xml.names import unfit

MOST_PROBLEMS = 20
LONGEST_ID = 500
"""Characters of an event's id, which is an entry of an index."""
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_TO_SECONDS = re.compile(r"[^:]*:\d\d:\d\d")
_NEWER_MEASUREMENT = r"^[A-Z][A-Za-z]*(_[a-z]+)*$"
_SPECIFIC = {"additionalProperties": 3, "required": 3, "enum": 2, "pattern": 2, "type": 1, "format": 1}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it must be: where in the document, and what was expected there."""

    where: str
    what: str


class Validator:
    """`schema`: GS1's schema of documents and events, as its JSON reads."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = amended(schema)

    @cached_property
    def _validator(self) -> Draft7Validator:
        return Draft7Validator(self._schema, format_checker=_formats())

    def problems(self, document: Any) -> list[Problem]:
        """What is wrong with a document or a bare event, at most `MOST_PROBLEMS`; nothing for a right one."""
        if not isinstance(document, Mapping):
            return [Problem("", "not a JSON object")]
        found = []
        for error in self._validator.iter_errors(document):
            found.append(_problem(error))
            if len(found) == MOST_PROBLEMS:
                return found
        return found or list(_further(document))[:MOST_PROBLEMS]


def amended(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with what GS1 itself uses beyond it: measurement types that its vocabulary got later, business rules
    in a sensor report, and reports of an exception that measure nothing."""
    result = copy.deepcopy(dict(schema))
    definitions = result["definitions"]
    definitions["measurementType"]["anyOf"].append({"type": "string", "pattern": _NEWER_MEASUREMENT})
    report = definitions["sensorReport"]
    del report["required"]
    report["anyOf"] = [{"required": ["type"]}, {"required": ["exception"]}]
    report["properties"]["bizRules"] = {"$ref": "#/definitions/uri"}
    for names in report["propertyNames"]["anyOf"]:
        if "enum" in names:
            names["enum"].append("bizRules")
    return result


def _formats() -> FormatChecker:
    formats = FormatChecker(formats=())
    formats.checks("uri")(lambda value: not isinstance(value, str) or _URI.fullmatch(value) is not None)
    formats.checks("date-time")(lambda value: not isinstance(value, str) or _is_time(value))
    return formats


def _is_time(text: str) -> bool:
    """With its seconds, as RFC 3339 and GS1's XSD want it."""
    return moment_of(text) is not None and _TO_SECONDS.match(text) is not None


def _problem(error: ValidationError) -> Problem:
    """The reason that says most: of several ways to be right, what the nearest one lacks."""
    while error.context:
        error = max(error.context, key=lambda one: (len(one.absolute_path), _SPECIFIC.get(str(one.validator), 0)))
    return Problem("/".join(map(str, error.absolute_path)), error.message[:300])


def _further(document: Mapping[str, Any]) -> Iterator[Problem]:
    """What the schema lets pass: words in the CBV's own namespaces that the CBV does not have, types of events without
    a namespace, and characters that XML cannot hold: whoever reads events in XML would get none of an answer."""
    if text := unfit(document):
        yield Problem("document", f"a character that XML cannot hold: {ascii(text)[:80]}")
    for number, event in enumerate(events_of(document)):
        for path, holder, name, value in _values(event.members, ""):
            vocabulary = AT.get((holder, name))
            if vocabulary is None or not isinstance(value, str) or not vocabulary.urn:
                continue
            if vocabulary.claims(value) and not vocabulary.knows(value):
                yield Problem(f"event {number}{path}", f"{value!r} is no word of CBV 2.0")
        if len(str(event.members.get("eventID", ""))) > LONGEST_ID:
            yield Problem(f"event {number}/eventID", f"longer than {LONGEST_ID} characters")
        kind = event.members.get("type")
        if isinstance(kind, str) and kind not in EVENT_TYPES and ":" not in kind:
            yield Problem(f"event {number}/type", f"{kind!r} is no type of event")


def _values(holder: Any, path: str, held: str = "") -> Iterator[tuple[str, str, str, Any]]:
    for name, value in holder.items():
        for number, item in enumerate(value if isinstance(value, list) else [value]):
            here = f"{path}/{name}" + (f"/{number}" if isinstance(value, list) else "")
            if isinstance(item, Mapping):
                yield from _values(item, here, name)
            else:
                yield here, held, name, item
