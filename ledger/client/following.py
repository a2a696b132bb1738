"""A follower's side of a stream of events: where it stands, and when it comes again after a loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.client import answers
from ledger.client.calls import TOO_MANY, Answer, Call, as_, no_answer, parsed, refusal, with_query
from ledger.errors import VerificationFailed

PAUSES = (1, 2, 5, 10, 30)
"""Seconds after the first, second … loss in a row; then the last again and again."""
SILENCE = 60
"""Seconds without a sign of life after which a stream is lost: there is one every 15."""
MOST_EVENT = 4 * 1024 * 1024
MOST_PROBLEM = 64 * 1024
_MOST_DIGITS = 17


@dataclass(frozen=True, slots=True)
class Which:
    """Which events: of these types (none: all), about this shipment and this partner, if named."""

    types: Sequence[str] = ()
    shipment: str = ""
    partner: int = 0

    def query(self, path: str, **more: object) -> str:
        about = {"shipment": self.shipment, "partner": self.partner or None}
        return with_query(path, type=list(self.types), **about, **more)

    def to_json(self) -> dict[str, Any]:
        return {"types": list(self.types), "shipment": self.shipment, "partner": self.partner}


EVERY = Which()


class Following:
    """`after`: the cursor of the last event that was taken in; None to begin with the first. Cursors are of one log:
    whatever goes on as another is an error, and not what follows."""

    def __init__(self, which: Which, after: int | None) -> None:
        self._which = which
        self.after = after
        self._losses = 0
        self._log = ""

    def call(self) -> Call:
        more = {"Accept": "text/event-stream"}
        if self.after is not None:
            more["Last-Event-ID"] = str(self.after)
        return Call("GET", self._which.query("/v1/events/stream", log=self._log or None), more=more)

    def refused(self, answer: Answer) -> None:
        """Raise what a service says that will not let it follow; nothing where it may come again."""
        if answer.status < 500 and answer.status != TOO_MANY:
            raise refusal(answer, "/v1/events/stream")

    def take(self, kind: str, name: str, data: str) -> answers.Event | None:
        """The event in what the stream told, if there is one; the cursor moves with it.

        Raises `VerificationFailed` for an event that is not behind the cursor, as each comes once in the log's order,
        and for one of another log than those before.
        """
        self._losses = 0
        event = as_(answers.Event, parsed(data.encode(), "event")) if kind == "record" else None
        if event is not None:
            self._check(event)
        if name.isascii() and name.isdecimal() and len(name) < _MOST_DIGITS:
            self.after = int(name)
        return event

    def _check(self, event: answers.Event) -> None:
        at, log = event.get("index"), str(event.get("logId", ""))
        if not isinstance(at, int):
            raise no_answer("event")
        if self.after is not None and at <= self.after:
            raise VerificationFailed(
                "an event out of the log's order", where="event", expected=f"beyond {self.after}", found=at
            )
        if self._log not in ("", log):
            raise VerificationFailed("an event of another log", where="logId", expected=self._log, found=log[:80])
        self._log = log

    def pause(self) -> float:
        """For how long to wait after a loss."""
        self._losses += 1
        return PAUSES[min(self._losses, len(PAUSES)) - 1]
