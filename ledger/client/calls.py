"""What a client asks and how it takes the answer, without asking: a flow is a generator of calls.

A driver, of whatever kind, sends each call, waits where a flow says so, and hands the answer back. What a method does
is written once, for programs that wait and for those that do not.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from ledger.client.problems import error_of
from ledger.common.canonical import parse_json
from ledger.errors import InvalidInput, LadingError, MalformedRecord, Misconfigured, Unavailable

T = TypeVar("T")
PATIENCE = 60
"""Seconds to wait for an answer, and until one may ask again."""
LONGEST = 600
"""Seconds that an answer may take from first to last byte: a service that drips is left."""
LOST = (1, 3)
"""Seconds after which what got no answer is sent again, the first time and the second."""
TOO_MANY = 429
LATER = (TOO_MANY, 503)
"""Statuses that may name a time to come again."""
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
    again: bool = False
    """Whether a POST means the same when it comes twice, as a signed record does."""

    def __post_init__(self) -> None:
        """Behind the service's address anything but a path would name another host, which would get the token."""
        if not self.path.startswith("/"):
            raise MalformedRecord("not a path", where="path", expected="/v1/…", found=self.path[:80])

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again when nobody knows whether it arrived."""
        return self.again or self.method != "POST"

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
    """`lost`: the call was sent, and no answer came back, or not all of it."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    lost: Unavailable | None = None

    @property
    def retry_after(self) -> int | None:
        """Seconds that the service asks for; None where it says none."""
        seconds = self.headers.get("retry-after", "")
        return int(seconds) if seconds.isdecimal() and seconds.isascii() and len(seconds) < 10 else None


NOTHING = Answer(0, b"", {})
"""What a flow is handed after a pause."""
Flow = Generator[Call | Pause, Answer, T]


def check_size(body: bytes | bytearray, most: int) -> None:
    """Raises `Unavailable` for a body that nobody waits for the end of."""
    if len(body) > most:
        raise Unavailable("an answer that is too large", where="answer", expected=f"at most {most:,} bytes")


def base_url(url: str) -> str:
    """A service's address; raises `MalformedRecord` for what is no http(s) address."""
    if not url.startswith(("http://", "https://")) or len(url) > MOST_URL or "?" in url or "#" in url:
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

    Who is told to come again later does so when it may, as long as that is soon. What may be sent twice is, where its
    answer was lost.
    """
    return parsed((yield from fetch(call)), call.path)


def fetch(call: Call) -> Flow[bytes]:
    """The answer as `ask` gets it, whatever it is."""
    waited = losses = 0
    while True:
        answer = yield call
        if answer.lost is not None:
            if not call.repeatable or losses == len(LOST):
                raise answer.lost
            losses += 1
            yield Pause(LOST[losses - 1])
            continue
        if 200 <= answer.status < 300:
            return answer.body
        seconds = answer.retry_after
        if answer.status not in LATER or seconds is None or waited + seconds > PATIENCE:
            raise refusal(answer, call.path)
        waited += max(1, seconds)
        yield Pause(max(1, seconds))


def refusal(answer: Answer, path: str) -> LadingError:
    """The error that an answer names. No redirect is followed: it may lead to a host that gets token and records."""
    if 300 <= answer.status < 400:
        return Misconfigured(
            "the service sends elsewhere",
            where=path,
            found=answer.headers.get("location", "")[:200],
            mend="If you trust that address, name it to the client.",
        )
    return error_of(answer.body, answer.status)


def as_(kind: type[T], answer: Mapping[str, Any], *needed: str) -> T:
    """The answer as what the API's description calls it; raises `Unavailable` where it lacks what the client needs."""
    if not all(name in answer for name in needed):
        raise no_answer(kind.__name__)
    return cast(T, answer)


def no_answer(where: str) -> Unavailable:
    return Unavailable("that is no answer of a ledger", where=where[:200])


def parsed(text: bytes, where: str) -> dict[str, Any]:
    try:
        answer = parse_json(text, max_size=MOST_ANSWER, where=where)
    except InvalidInput:
        answer = None
    if not isinstance(answer, dict):
        raise no_answer(where)
    return answer
