"""The HTTP service: routes, pages and error documents around a node."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import metadata

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

from api import pages, problems
from api.routers import bonuses, log, partners, products, records, sessions, shipments, system
from api.sessions import Sessions
from ledger.services.node import Node

SECURITY = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
OPEN_DOCS = {"/docs", "/redoc"}
"""The API's description loads its viewer from elsewhere; everything else is served from here alone."""


def create_app(node: Node) -> FastAPI:
    """The application for `node`; the caller starts and stops the node."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        node.start()
        try:
            yield
        finally:
            node.stop()

    app = FastAPI(
        title="Lading",
        version=metadata.version("lading"),
        summary="A permissioned ledger for supply chain traceability.",
        description="Writes are authenticated by the record's own signatures; nobody trusts the operator.",
        lifespan=lifespan,
    )
    app.state.node = node
    app.state.sessions = Sessions(node.keys.session_secret, node.settings.public_url, node.domain.chain_id, node.clock)
    problems.install(app)

    @app.middleware("http")
    async def headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        if request.url.path not in OPEN_DOCS:
            for name, value in SECURITY.items():
                response.headers.setdefault(name, value)
        return response

    for router in (records, shipments, products, partners, bonuses, log, sessions, system):
        app.include_router(router.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(packages=[("api.pages", "static")]), name="static")
    return app
