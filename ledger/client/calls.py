"""What a client asks and how it takes the answer, without asking: a flow is a generator of calls.

A driver, of whatever kind, sends each call, waits where a flow says so, and hands the answer back. What a method does
is written once, for programs that wait and for those that do not.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from ledger.client.problems import error_of
from ledger.common.canonical import parse_json
from ledger.errors import InvalidInput, MalformedRecord, Unavailable

T = TypeVar("T")
PATIENCE = 60
"""Seconds to wait for an answer, and until one may ask again."""
TOO_MANY = 429
MOST_ANSWER = 16 * 1024 * 1024
MOST_URL = 2_000


@dataclass(frozen=True, slots=True)
class Call:
    """`path` with its query; `body` as JSON, or as it is where it is bytes, None for none."""

    method: str
    path: str
    body: object = None
    token: str = field(default="", repr=False)
    """Of a session, where one is to be used."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Further headers."""

    def __post_init__(self) -> None:
        """Behind the service's address anything but a path would name another host, which would get the token."""
        if not self.path.startswith("/"):
            raise MalformedRecord("not a path", where="path", expected="/v1/…", found=self.path[:80])

    def headers(self) -> dict[str, str]:
        headers = dict(self.more)
        if self.body is not None:
            is_file = isinstance(self.body, bytes)
            headers["Content-Type"] = "application/octet-stream" if is_file else "application/json"
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers

    def content(self) -> bytes | None:
        if self.body is None or isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body).encode()


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is asked for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def retry_after(self) -> int | None:
        """Seconds that the service asks for; None where it says none."""
        seconds = self.headers.get("retry-after", "")
        return int(seconds) if seconds.isdecimal() and seconds.isascii() and len(seconds) < 10 else None


NOTHING = Answer(0, b"", {})
"""What a flow is handed after a pause."""
Flow = Generator[Call | Pause, Answer, T]


def base_url(url: str) -> str:
    """A service's address; raises `MalformedRecord` for what is no http(s) address."""
    if not url.startswith(("http://", "https://")) or len(url) > MOST_URL:
        raise MalformedRecord("not a web address", where="--url", expected="http(s)://…", found=url[:80])
    return url.rstrip("/")


def with_query(path: str, **values: object) -> str:
    """`path` with those of the parameters that are given; a list or tuple stands for the same one several times."""
    given = [(name.rstrip("_"), value) for name, value in values.items() if value is not None and value != ""]
    pairs = [
        (name, str(one).lower() if isinstance(one, bool) else str(one))
        for name, value in given
        for one in (value if isinstance(value, list | tuple) else [value])
    ]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def ask(call: Call) -> Flow[dict[str, Any]]:
    """The answer, a JSON object. Raises the error that an answer names.

    Who is told that it asks for too much comes back when it may, as long as that is soon.
    """
    return parsed((yield from fetch(call)), call.path)


def fetch(call: Call) -> Flow[bytes]:
    """The answer as `ask` gets it, whatever it is."""
    waited = 0
    while True:
        answer = yield call
        if 200 <= answer.status < 300:
            return answer.body
        seconds = answer.retry_after
        if answer.status != TOO_MANY or seconds is None or waited + seconds > PATIENCE:
            raise error_of(answer.body, answer.status)
        waited += max(1, seconds)
        yield Pause(max(1, seconds))


def parsed(text: bytes, where: str) -> dict[str, Any]:
    try:
        answer = parse_json(text, max_size=MOST_ANSWER, where=where)
    except InvalidInput:
        answer = None
    if not isinstance(answer, dict):
        raise Unavailable("that is no answer of a ledger", where=where)
    return answer
