"""What pages and answers cost in CPU and statements, and how that grows with the number of shipments.

    python -m scripts.bench.pages [SHIPMENTS ...]

Each is asked through the whole service but for the socket. *Fresh*: right after a record came in, so that no kept
answer holds; *kept*: asked again while nothing changed. Milliseconds are the least of several.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ledger.api.app import create_app
from ledger.api.quota import Budgets, Rate
from ledger.common.ids import to_hex
from ledger.registry.enrolment import personal_digest
from scripts.bench.grown_home import AUDITOR, CARRIERS, GTIN, MAKER, SHOPS, GrownHome, party

SHIPMENTS = (1_000, 10_000)
JOURNEYS = 14
FRESH, KEPT = 4, 8
"""So often each is asked."""
UNLIMITED = Budgets(Rate(0, 1), Rate(0, 1))


class Page(NamedTuple):
    path: str
    who: int = 0
    """The partner that is signed in; 0: the public."""
    target: int | None = None
    """CPU milliseconds, fresh."""


class Cost(NamedTuple):
    """CPU milliseconds and statements, fresh and kept; bytes uncompressed."""

    fresh: float
    kept: float
    statements: int
    kept_statements: int
    size: int


def pages(home: GrownHome) -> dict[str, Page]:
    """What is measured, by name."""
    late, straying = to_hex(home.shipments[1]), to_hex(home.shipments[0])
    return {
        "home": Page("/"),
        "product page": Page(f"/p/01/{GTIN}/10/SMALL", target=20),
        "product API": Page(f"/v1/products/01/{GTIN}/10/SMALL", target=20),
        "shipments": Page("/shipments"),
        "shipments API": Page("/v1/shipments"),
        "shipments of a partner": Page(f"/shipments?partner={CARRIERS[0]}"),
        "shipments, its own": Page(f"/shipments?partner={CARRIERS[0]}", CARRIERS[0]),
        "late, by due time": Page("/v1/shipments?late=true&sort=due", SHOPS[0]),
        "shipments it never had": Page(f"/v1/shipments?partner={CARRIERS[0]}&mode=air", CARRIERS[0]),
        "search, its order": Page("/v1/search?q=PO-1", SHOPS[0]),
        "shipment": Page(f"/shipments/{late}"),
        "shipment, its party": Page(f"/shipments/{late}", SHOPS[0]),
        "shipment API": Page(f"/v1/shipments/{straying}"),
        "partner": Page(f"/partners/{MAKER}", target=30),
        "partner, itself": Page(f"/partners/{MAKER}", MAKER, target=30),
        "partners": Page("/partners"),
        "score, published": Page(f"/partners/{CARRIERS[0]}/score", target=20),
        "score, itself": Page(f"/partners/{CARRIERS[0]}/score", CARRIERS[0], target=20),
        "score API, itself": Page(f"/v1/partners/{CARRIERS[0]}/score", CARRIERS[0], target=20),
        "penalties, its own": Page("/penalties", CARRIERS[0]),
        "network": Page("/network"),
        "network, an auditor": Page("/network", AUDITOR),
        "records": Page("/records"),
        "records API, its own": Page("/v1/records", MAKER),
        "recalls API": Page("/v1/recalls"),
        "log": Page("/log"),
        "log API": Page("/v1/log"),
    }


class Visits:
    """A service in this process that is asked without a socket."""

    def __init__(self, home: GrownHome) -> None:
        self.home = home
        self.app = create_app(home.node, UNLIMITED)
        self.statements = 0
        self._tokens: dict[int, str] = {}
        self._loop = asyncio.new_event_loop()
        self._dialect = home.node.home.database.engine.dialect
        self._execute = self._dialect.do_execute
        self._dialect.do_execute = self._counted

    def close(self) -> None:
        self._dialect.do_execute = self._execute
        self._loop.close()

    def _counted(self, cursor: Any, statement: str, *more: Any) -> Any:
        self.statements += not statement.startswith("BEGIN")
        return self._execute(cursor, statement, *more)

    def ask(self, page: Page) -> tuple[float, int, int]:
        """CPU milliseconds, statements and bytes of one answer, which has to be a good one."""
        headers = [(b"host", b"localhost"), (b"accept", b"text/html, application/json")]
        if page.who:
            headers.append((b"authorization", b"Bearer " + self._token(page.who).encode()))
        before, begun = self.statements, time.process_time()
        status, body = self._loop.run_until_complete(_get(self.app, page.path, headers))
        taken = (time.process_time() - begun) * 1000
        if status != 200:
            raise SystemExit(f"{page.path} was answered with {status}: {body[:300]!r}")
        return taken, self.statements - before, len(body)

    def change(self) -> None:
        """One more shipment of the maker goes on its way, which is on every list of it."""
        self.home.grow(1)

    def _token(self, who: int) -> str:
        if who not in self._tokens:
            key = party(who).key
            sessions = self.app.state.sessions
            message = sessions.challenge(to_hex(key.address))
            self._tokens[who] = sessions.sign_in(message, key.sign_digest(personal_digest(message.encode())))[1]
        return self._tokens[who]


async def _get(app: Any, path: str, headers: list[tuple[bytes, bytes]]) -> tuple[int, bytes]:
    path, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("localhost", 80), "state": {},
    }  # fmt: skip
    status, parts = [0], []
    waiting = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        status.append(message.get("status", status[-1]))
        parts.append(message.get("body", b""))

    await app(scope, receive, send)
    return status[-1], b"".join(parts)


def cost(visits: Visits, page: Page) -> Cost:
    visits.ask(page)  # what starts up
    kept = [visits.ask(page) for _ in range(KEPT)]
    fresh = []
    for _ in range(FRESH):
        visits.change()
        fresh.append(visits.ask(page))
    least, again = (min(one[0] for one in asked) for asked in (fresh, kept))
    return Cost(least, again, fresh[-1][1], kept[-1][1], fresh[-1][2])


def measure(sizes: tuple[int, ...] = SHIPMENTS, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Costs by page, one at each size of a home that grows."""
    result: dict[str, list[Cost]] = {}
    targets: dict[str, int | None] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = GrownHome(Path(folder))
        visits = Visits(home)
        try:
            home.grow(JOURNEYS, "SMALL")
            for size in sizes:
                home.grow(max(0, size - len(home.shipments)))
                for name, page in pages(home).items():
                    targets[name] = page.target
                    found = cost(visits, page)
                    result.setdefault(name, []).append(found)
                    tell(
                        f"{size:>7} {name:28} fresh {found.fresh:8.2f} ms, kept {found.kept:7.2f} ms,"
                        f" statements {found.statements:3} and {found.kept_statements:3}, {found.size:9,} bytes"
                    )
        finally:
            visits.close()
            home.close()
    return {"sizes": sizes, "costs": result, "targets": targets}


if __name__ == "__main__":
    measure(tuple(map(int, sys.argv[1:])) or SHIPMENTS, print)
