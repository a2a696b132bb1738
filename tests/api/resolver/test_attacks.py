"""What an adversary tries on the resolver: to lead elsewhere, to write a header, to poison a cache, to take time."""

import asyncio
import re
import time
from typing import Any

import pytest

from tests.api.resolver.test_suite import PATHS
from tests.api.world import GTIN, World

ROOT = "http://127.0.0.1:8000"
LINKSET = {"Accept": "application/linkset+json"}


def raw(world: World, path: bytes, query: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None) -> Any:
    """The answer to a request as no honest client would send it: (status, headers, body)."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), path).decode("utf-8", "replace"),
        "raw_path": path, "query_string": query, "root_path": "", "client": ("203.0.113.9", 5), "server": ("a", 80),
        "headers": headers if headers is not None else [(b"host", b"127.0.0.1:8000")], "state": {},
    }  # fmt: skip
    asyncio.run(world.client.app(scope, receive, send))  # type: ignore[arg-type] # an ASGI application
    told = {name.decode(): value for name, value in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(one.get("body", b"") for one in sent[1:])


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1:8000.evil.example",
        "127.0.0.1",
        "",
        "a\tb",
        "127.0.0.1:8000@evil",
    ],
)
def test_no_host_is_ever_repeated(world: World, path: str, host: str) -> None:
    headers = {"Host": host, "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    there = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    status, told, _ = raw(world, path.encode(), headers=there)
    assert status == 307
    assert re.match(rb"/(p/|search\?)", told["location"]), "to a path: who came by another name stays there"
    status, told, body = raw(world, path.encode(), headers=[*there, (b"accept", b"application/linkset+json")])
    assert status == 200
    assert b"evil" not in body + told["link"]
    assert ROOT.encode() in told["link"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "query",
    [b"url=https://evil.example", b"//evil.example", b"@evil.example", b"x=\r\nSet-Cookie: a=b",
     b"x=%0d%0aSet-Cookie:a", b"x=\xc3\xa9\"<>\\^`{|}", b"\r\n\r\n<script>", b"#@evil.example",
     b"x=%E5%98%8A%E5%98%8DLocation:", b"linkType=//evil",
     b"linkType=gs1:pip%0d%0aX:", b"lang=%0d%0aX:1", b"mediaType=%0a", b"context=%0d%0a"],
)  # fmt: skip
def test_nothing_in_a_query_leads_elsewhere_or_writes_a_header(world: World, path: str, query: bytes) -> None:
    for sent in (path.encode(), path.encode() + b"/"):
        status, told, _ = raw(world, sent, query)
        assert status in (307, 404), told
        for name, value in told.items():
            assert re.fullmatch(rb"[\x20-\x7e]*", value), (name, value)
        assert "set-cookie" not in told
        if status == 307:
            assert re.match(rb"http://127\.0\.0\.1:8000/(p/01/|search\?q=|v1/|epcis/)", told["location"])


@pytest.mark.parametrize(
    "path",
    [
        f"/01/{GTIN}/10/%0d%0aSet-Cookie:%20a=b", f"/01/{GTIN}/10/a%00b", f"/01/{GTIN}/10/%E2%80%AE",
        f"/01/{GTIN}/10/%ff", "/01/%EF%BC%90" + GTIN[1:], "/01/" + "".join(f"%D9%A{c}" for c in GTIN[:10]),
        f"/01/{GTIN}/10/a^b", f"/01/{GTIN}//10/x", f"/01//{GTIN}",
        f"/01/{GTIN}/10/" + "x" * 4000, f"/01/{GTIN}" + "/10/x" * 300,
        f"/01/../01/{GTIN}/..", "/00/%D9%A1" + "0" * 17, "/414/%C2%B2506000111117", f"/01/{GTIN}/21/%2525%0A",
        f"/01/{GTIN}/%31%30/L%0A", f"/417/{'9' * 3000}",
    ],
)  # fmt: skip
def test_no_strange_value_is_read(world: World, path: str) -> None:
    began = time.process_time()
    for headers in ([], [(b"accept", b"application/linkset+json")]):
        status, told, _ = raw(world, path.encode(), headers=[(b"host", b"127.0.0.1:8000"), *headers])
        assert status in (400, 404), told
        for name, value in told.items():
            assert re.fullmatch(rb"[\x20-\x7e]*", value), (name, value)
    assert time.process_time() - began < 2


def test_bytes_that_are_no_text_are_refused(world: World) -> None:
    for path in (*PATHS, "/p", "/search", "/v1/search", "/nothing"):
        status, _, body = raw(world, path.encode(), b"x=\xff\xfe")
        assert (status, b"bytes that are no text" in body) == (400, True), path


def test_a_slash_within_a_value_stays_within_it(world: World) -> None:
    for value in ("..%2F..%2Fsign-in", "%2F%2Fevil.example", "%5C..%5C".replace("%5C", "%2f"), "a%252F..%252Fb"):
        status, told, _ = raw(world, f"/01/{GTIN}/10/{value}".encode())
        assert status == 307
        assert told["location"].startswith(f"{ROOT}/p/01/{GTIN}/10/".encode())
        assert told["location"].count(b"/") == f"{ROOT}/p/01/{GTIN}/10/x".count("/"), "one segment still"


def test_what_is_too_long_does_not_come_back_in_a_header(world: World) -> None:
    assert raw(world, f"/01/{GTIN}".encode(), b"x=" + b"a" * 2000)[0] == 307
    for query in (b"x=" + b"a" * 3000, b"a&" * 2000, b"17=261231&" * 400):
        assert raw(world, f"/01/{GTIN}".encode(), query)[0] == 400
    for name in (b"accept", b"accept-language"):
        for value in (b"a;" * 20_000, b" ;" * 20_000, b"a,;q=" * 10_000, b"de;q=0." + b"9" * 20_000, b"\xff" * 9000):
            began = time.process_time()
            asked = [(b"host", b"127.0.0.1:8000"), (name, value)]
            assert raw(world, f"/01/{GTIN}".encode(), b"linkType=gs1:pip", asked)[0] == 307
            assert time.process_time() - began < 1, "no pattern that takes its time"


def test_no_cache_gives_one_readers_answer_to_another(world: World) -> None:
    for path in PATHS:
        for headers in ({}, LINKSET, {"Accept-Language": "de"}):
            answer = world.client.get(path, headers=headers)
            assert {"Accept", "Accept-Language"} <= set(re.split(r",\s*", answer.headers["vary"]))
            assert answer.headers["cache-control"] == "private, no-cache"
            assert "set-cookie" not in answer.headers
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_page_of_an_error_repeats_nothing_as_markup(world: World) -> None:
    for path in (
        f"/01/{GTIN}/10/%3Cscript%3Ealert(1)%3C%2Fscript%3E%C3%A9",
        f"/01/{GTIN}?linkType=<script>alert(1)</script>",
    ):
        answer = world.client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code in (400, 404)
        assert "<script>alert" not in answer.text
