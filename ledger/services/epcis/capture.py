"""Capturing: events that a partner's own system tells of are kept, found by queries, and made ready to be signed.

Nothing here moves custody. Each event gets an unsigned `Observation` that its partner signs and hands in like any
record: then the log proves when the partner knew of it.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ledger.common.ids import RecordId
from ledger.errors import MalformedRecord, NotFound
from ledger.formats.epcis import json_text
from ledger.formats.epcis.context import full_name
from ledger.formats.epcis.document import Event, event_of
from ledger.formats.epcis.event_hash import hash_id, observed_hash
from ledger.formats.epcis.identity import NAMESPACE
from ledger.formats.epcis.index import micros, terms_of
from ledger.formats.epcis.master_data import MasterData, start_of
from ledger.formats.epcis.reading import Read
from ledger.formats.epcis.validation import Problem
from ledger.records.types import Observation
from ledger.services.epcis.drafts import handoff_draft
from ledger.services.epcis.recorded import Recording
from ledger.services.home.home import Home
from ledger.store import records
from ledger.store.database import Connection
from ledger.store.epcis import captures, events
from ledger.store.epcis.captures import StoredCapture
from ledger.store.epcis.events import NewEvent, StoredEvent

MOST_EVENTS = 500
"""In one document."""
Job = StoredCapture
ROLLBACK, PROCEED = "rollback", "proceed"
MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Drafted:
    """What a partner may sign about one event that it captured. `record`: the id that the observation has, or will
    have; `signed`: it is in the log. `handoff`: a template where the event tells of a change of possession."""

    event_id: str
    record: RecordId
    message: Mapping[str, Any]
    signed: bool
    handoff: Mapping[str, Any] | None


class Capturing:
    def __init__(self, home: Home, recording: Recording) -> None:
        self._home = home
        self._db = home.database
        self._recording = recording

    def take(self, document: bytes, read: Read, partner: int, behaviour: str) -> Job:
        """Keep the events of a document, and the job that tells what became of it.

        With `rollback` all events are kept or none, with `proceed` those that are right. An event that the partner
        captured before is not kept twice. What the document tells of places and the like takes the place of what the
        partner told of the same ones before. Raises `MalformedRecord` for too many events.
        """
        if len(read.events) > MOST_EVENTS:
            raise MalformedRecord(
                "too many events", where="eventList", expected=f"at most {MOST_EVENTS}", found=len(read.events)
            )
        now = self._home.clock.now() * MICROS
        job = f"{now // MICROS:x}-{secrets.token_hex(12)}"
        problems = list(read.problems)
        with self._db.write() as connection:
            new, wrong = self._checked(connection, read.events, partner, job, now)
            problems += wrong
            success = not problems
            if success or behaviour == PROCEED:
                events.add(connection, new)
                if read.master_data is not None:
                    self._describe(connection, read.master_data, partner, job, now)
            told = [{"where": one.where, "what": one.what} for one in problems]
            capture = Job(
                job, partner, now, now, success, behaviour, hashlib.sha256(document).digest(), json.dumps(told)
            )
            captures.add(connection, capture)
        return capture

    def kept(self, event: Event, partner: int) -> Event:
        """The event as it is kept: it came with a job of this partner, now or before."""
        digest = observed_hash(event.members, event.declared, event.ignored)
        with self._db.read() as connection:
            row = events.captured_with(connection, [digest], partner)[digest]
        return event_of(json_text.parse(row.body.encode(), most=len(row.body) * 4 + 1))

    def job(self, capture_id: str, partner: int) -> Job:
        """Raises `NotFound`, also for the jobs of others."""
        with self._db.read() as connection:
            found = captures.get(connection, capture_id, partner) if capture_id.isprintable() else None
        if found is None:
            raise NotFound("no such capture job", where="captureID", found=capture_id[:80])
        return found

    def jobs(self, partner: int, before: tuple[int, str] | None, limit: int) -> list[Job]:
        with self._db.read() as connection:
            return captures.listing(connection, partner, before, limit)

    def drafts(self, capture: Job) -> list[Drafted]:
        """What can be signed about the events of a job."""
        self._recording.catch_up()
        with self._db.read() as connection:
            rows = events.known(connection, capture.capture_id)
            naming = self._recording.naming(connection)
            drafted = []
            for row in rows:
                observation = self._observation(row, capture.partner)
                record_id = self._home.domain.record_id(observation)
                signed = records.get(connection, record_id) is not None
                event = event_of(json_text.parse(row.body.encode(), most=len(row.body) * 4 + 1))
                handoff = handoff_draft(connection, event, naming, capture.partner, row.event_time // MICROS)
                drafted.append(Drafted(row.event_id, record_id, observation.to_json(), signed, handoff))
            return drafted

    def master_data(self, capture: Job) -> Mapping[str, Any] | None:
        """What came with a job in its document's header; None where nothing did."""
        with self._db.read() as connection:
            body = events.described(connection, capture.capture_id)
        told: dict[str, Any] | None = json_text.parse(body.encode(), most=len(body) * 4 + 1) if body else None
        return told

    def _describe(self, connection: Connection, data: MasterData, partner: int, job: str, now: int) -> None:
        body = json_text.dump(data.whole())
        told = NewEvent(
            event_id="",
            record_id=b"",
            record_type=events.MASTER_DATA,
            capture=job,
            hash=hashlib.sha256(body.encode()).digest(),
            event_time=now,
            record_time=now,
            parts="",
            body=body,
            terms=data.terms(),
            readers={partner},
        )
        events.describe(connection, told, {(start_of(vocabulary), name) for vocabulary, name in data.entries()})

    def _claims_a_record(self, event: Event) -> bool:
        """Whether it says of itself that it was made here: who reads it would take it for the ledger's word."""
        own = [value for name, value in event.members.items() if full_name(name, event.declared).startswith(NAMESPACE)]
        base = self._home.settings.public_url.rstrip("/")
        return any(isinstance(value, str) and value.startswith(base) for value in own)

    def _observation(self, row: StoredEvent, partner: int) -> Observation:
        """An event cannot have occurred after it came, whatever it says."""
        occurred = max(0, min(row.event_time, row.record_time) // MICROS)
        return Observation(partner, row.hash, occurred)

    def _checked(
        self, connection: Connection, given: Mapping[int, Event], partner: int, job: str, now: int
    ) -> tuple[list[NewEvent], list[Problem]]:
        new: list[NewEvent] = []
        problems: list[Problem] = []
        seen: set[bytes] = set()
        read = {number: _with_id(event, now) for number, event in given.items()}
        digests = {n: observed_hash(e.members, e.declared, e.ignored) for n, e in read.items()}
        before = events.captured_with(connection, digests.values(), partner)
        for number, event in read.items():
            digest = digests[number]
            if digest in before or digest in seen:
                continue
            seen.add(digest)
            event_id = str(event.members["eventID"])
            if self._claims_a_record(event):
                problems.append(Problem(f"event {number}", "only an event made from a record names one of this ledger"))
                continue
            if problem := _of_its_id(connection, event, event_id, partner, new):
                problems.append(Problem(f"event {number}/eventID", problem))
                continue
            new.append(
                NewEvent(
                    event_id=event_id,
                    record_id=b"",
                    record_type=0,
                    capture=job,
                    hash=digest,
                    event_time=micros(str(event.members["eventTime"])) or 0,
                    record_time=now,
                    parts="",
                    body=json_text.dump(event.whole()),
                    terms=terms_of(event),
                    readers={partner},
                )
            )
        return new, problems


def _with_id(event: Event, now: int) -> Event:
    """With the time at which it came, and its hash as its id where it has none."""
    members = dict(event.members)
    members.setdefault("eventID", hash_id(members, event.declared, event.ignored))
    members["recordTime"] = datetime.fromtimestamp(now // MICROS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Event(members, event.declared, event.ignored)


def _of_its_id(connection: Connection, event: Event, event_id: str, partner: int, new: Sequence[NewEvent]) -> str:
    """Why this event may not have its id; "" where it may. Only a declaration that it was wrong repeats an id."""
    if "errorDeclaration" in event.members:
        return ""
    if events.has_id(connection, event_id, partner) or any(one.event_id == event_id for one in new):
        return f"another event has the id {event_id[:120]}; only an error declaration repeats one"
    return ""
