"""A follower's side of a stream of events: where it stands, and when it comes again after a loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.client.calls import TOO_MANY, Answer, Call, parsed, with_query
from ledger.client.problems import error_of
from ledger.errors import VerificationFailed

PAUSES = (1, 2, 5, 10, 30)
"""Seconds after the first, second … loss in a row; then the last again and again."""
SILENCE = 60
"""Seconds without a sign of life after which a stream is lost: there is one every 15."""
MOST_EVENT = 4 * 1024 * 1024


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
            raise error_of(answer.body, answer.status)

    def take(self, kind: str, name: str, data: str) -> dict[str, Any] | None:
        """The event in what the stream told, if there is one; the cursor moves with it. Raises `VerificationFailed` for
        one of another log than those before."""
        self._losses = 0
        event = parsed(data.encode(), "event") if kind == "record" else None
        if event is not None:
            log = str(event.get("logId", ""))
            if self._log not in ("", log):
                raise VerificationFailed("an event of another log", where="logId", expected=self._log, found=log[:80])
            self._log = log
        if name.isascii() and name.isdecimal():
            self.after = int(name)
        return event

    def pause(self) -> float:
        """For how long to wait after a loss."""
        self._losses += 1
        return PAUSES[min(self._losses, len(PAUSES)) - 1]
