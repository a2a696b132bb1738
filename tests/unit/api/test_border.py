"""Nobody holds another up by being slow: neither while sending a request, nor while taking its answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.api.middleware import READS_AT_ONCE, WRITES_AT_ONCE, Border
from ledger.api.quota import Budgets, Rate
from ledger.errors import NotPermitted, StorageFailed

MANY = Rate(0, 1)
Answer = tuple[int, dict[str, str], str]
"""Status, headers and body."""
GET, POST = ("GET", "/v1/network"), ("POST", "/v1/records")


async def hello(_: Scope, receive: Receive, send: Send) -> None:
    """Takes the whole body, and answers in two pieces."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello", "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def border(writes: Rate = MANY, signed_now: Callable[[str, bytes], Any] = lambda _path, _body: set()) -> Border:
    return Border(hello, [], Budgets(MANY, writes), signed_now, as_page, {})


def as_page(request: Any, problem: dict[str, Any]) -> Any:
    raise AssertionError((request, problem))


async def whole() -> Message:
    return {"type": "http.request", "body": b"{}", "more_body": False}


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def ask(
    app: Border,
    what: tuple[str, str],
    receive: Callable[[], Awaitable[Message]] = whole,
    *,
    takes: bool = True,
    host: str = "192.0.2.1",
) -> int:
    """The answer's status; with `takes` false, its body is never taken."""
    statuses: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
        elif not takes:
            await asyncio.Event().wait()

    method, path = what
    headers = [(b"content-type", b"application/json")]
    await app({"type": "http", "method": method, "path": path, "client": (host, 1), "headers": headers}, receive, send)
    return statuses[0]


def beside(slow: Callable[[Border], Awaitable[int]], many: int, what: tuple[str, str]) -> int:
    """What an honest client is answered beside so many slow ones."""

    async def play() -> int:
        app = border()
        waiting = [asyncio.ensure_future(slow(app)) for _ in range(many)]
        await asyncio.sleep(0.01)
        try:
            return await asyncio.wait_for(ask(app, what, host="192.0.2.2"), 5)
        finally:
            assert not any(one.done() for one in waiting)
            for one in waiting:
                one.cancel()

    return asyncio.run(play())


def test_who_sends_slowly_holds_nobody_up() -> None:
    assert beside(lambda app: ask(app, POST, never), 2 * WRITES_AT_ONCE, POST) == 200
    assert beside(lambda app: ask(app, ("POST", "/v1/products/scans"), never), 2 * READS_AT_ONCE, GET) == 200


def test_who_takes_an_answer_slowly_holds_nobody_up() -> None:
    assert beside(lambda app: ask(app, POST, takes=False), 2 * WRITES_AT_ONCE, POST) == 200
    assert beside(lambda app: ask(app, GET, takes=False), 2 * READS_AT_ONCE, GET) == 200


def test_a_database_that_fails_while_a_signer_is_looked_up_is_a_503() -> None:
    def failing(_path: str, _body: bytes) -> set[int]:
        raise StorageFailed("the database refused")

    async def play() -> list[int]:
        app = border(Rate(0.001, 1), failing)
        return [await ask(app, POST) for _ in range(3)]

    assert asyncio.run(play()) == [200, 503, 503]


def test_what_is_handed_in_goes_straight_on_and_errors_are_answered_alike() -> None:
    async def refuses(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise NotPermitted("not signed by a partner", where="signatures[0]")

    async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ZeroDivisionError

    async def answered(direct: Mapping[str, ASGIApp], method: str, query: bytes = b"") -> Answer:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        app = Border(hello, [], Budgets(MANY, MANY), lambda _path, _body: set(), as_page, direct)
        scope = {"type": "http", "method": method, "path": POST[1], "client": ("192.0.2.1", 1), "query_string": query}
        await app({**scope, "headers": [(b"content-type", b"application/json")]}, whole, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], headers, b"".join(part["body"] for part in sent[1:]).decode()

    async def play(direct: ASGIApp, *asked: Any) -> Answer:
        return await answered({POST[1]: direct}, *asked)

    status, headers, body = asyncio.run(play(refuses, "POST"))
    assert status == 403
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["access-control-allow-origin"] == "*"
    assert "signatures[0]" in body
    assert asyncio.run(play(fails, "POST"))[0] == 503
    # What is asked otherwise goes the way of everything else, which knows what to say of it.
    for asked in (("GET",), ("POST", b"what=ever")):
        assert asyncio.run(play(fails, *asked))[0] == 200
