"""The HTTP service: routes, pages and error documents around a node."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache, partial
from importlib import metadata
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.staticfiles import StaticFiles
from starlette.routing import BaseRoute

from ledger.api import pages, problems
from ledger.api.batches import SINGLE, Places
from ledger.api.compression import PublicCompression
from ledger.api.deps import only_known_parameters
from ledger.api.live import LiveFeed
from ledger.api.middleware import Border
from ledger.api.quota import Budgets, LookQuota
from ledger.api.quota_exchange import QuotaExchange
from ledger.api.routers import (
    batches,
    bonuses,
    consents,
    credentials,
    dock,
    documents,
    epcis,
    events,
    log,
    markets,
    networks,
    partners,
    penalties,
    plans,
    records,
    scores,
    search,
    sessions,
    shipments,
    stock,
    system,
    worklist,
)
from ledger.api.routers.access import league, standings
from ledger.api.routers.epcis.protocol import HEADERS
from ledger.api.routers.goods import products, provenance, recalls
from ledger.api.routers.resolver import codes, resolver
from ledger.api.routers.scitt import receipts, scrapi
from ledger.api.schemas.description import DESCRIPTION, TAGS, describe
from ledger.api.shared import SharedLook
from ledger.api.together import Together
from ledger.services.epcis.schema import own_validator
from ledger.services.epcis.service import Epcis
from ledger.services.home.settings import EMBEDDED
from ledger.services.node.health import Readiness
from ledger.services.node.node import Node
from ledger.services.state.answers import Answers
from ledger.services.state.sessions import Sessions
from ledger.services.state.shared_quotas import SharedQuotas

BUNDLES = 32
"""Bundles of products that are kept: those that were asked for last. Each has the registry's whole history."""
ABOUT: dict[str, Any] = {
    "title": "Lading",
    "version": metadata.version("lading"),
    "summary": "A permissioned ledger for supply chain traceability.",
    "description": DESCRIPTION,
    "openapi_tags": TAGS,
    "docs_url": None,  # its viewer would come from another host; ours is a page
    "redoc_url": None,
    "redirect_slashes": False,
}


def openapi_document(server: str) -> dict[str, Any]:
    """The API's description, for a service at this address; no home is needed for it."""
    app = FastAPI(**ABOUT)
    app.router.routes.extend(_routes())
    describe(app, server)
    return app.openapi()


def create_app(node: Node, budgets: Budgets | None = None) -> FastAPI:
    """The application for `node`. Its lifespan starts and stops the node's worker; who opened the node closes it.

    `budgets`: what clients may ask for, by default as the settings say.
    """

    quotas = budgets or Budgets.of(node.home.settings)
    exchange = QuotaExchange(quotas.writes, SharedQuotas(node.home.database).spend)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        node.start()
        if node.home.settings.chain != EMBEDDED:  # else no other process can be at work
            exchange.start()
        try:
            yield
        finally:
            exchange.stop()
            node.stop()

    app = FastAPI(**ABOUT, lifespan=lifespan)
    app.state.node = node
    app.state.budgets = quotas
    app.state.batches = Places()
    app.state.together = Together(node)
    app.state.looks = LookQuota()
    app.state.live = LiveFeed(lambda: node.reader.feed)
    app.state.bundles = Answers(BUNDLES)
    app.state.readiness = SharedLook(partial(_readiness, node))
    app.state.measuring = SharedLook(partial(_measure, node))
    home = node.home
    app.state.epcis = cache(partial(_epcis, node))
    app.state.epcis_places = epcis.Places()
    app.state.epcis_validator = cache(own_validator)
    app.state.sessions = Sessions(
        node.reader.keys.session_secret, home.settings.public_url, home.domain.chain_id, home.clock, home.database
    )
    problems.install(app, pages.error_page)
    app.add_middleware(PublicCompression)
    app.add_middleware(
        Border,
        routes=app.routes,
        budgets=app.state.budgets,
        signed_now=partial(records.signed_now, node),
        page=pages.error_page,
        direct={SINGLE: records.submitting},
        told={"epcis": HEADERS},
    )
    app.router.routes.extend(_routes())
    app.mount("/static", Assets(packages=[("ledger.api.pages", "static")]), name="static")
    describe(app, home.settings.public_url)
    return app


@cache
def _routes() -> Sequence[BaseRoute]:
    """All routes but those of files. They know no node, and are the same ones in each application of a process: what
    each takes and answers is worked out when it is first asked, and that takes a quarter of a second.
    """
    together = APIRouter()
    strict = [Depends(only_known_parameters)]
    for router in (  # asked in this order which of them has a path: first what is asked most
        log,
        batches,
        records,
        receipts,
        shipments,
        penalties,
        documents,
        recalls,
        provenance,
        partners,
        scores,
        search,
        events,
        consents,
        credentials,
        networks,
        stock,
        league,
        standings,
        markets,
        plans,
        bonuses,
        worklist,
        sessions,
        dock,
        codes,
        scrapi,
        system,
    ):
        together.include_router(router.router, dependencies=strict)
    for under_epcis in epcis.ROUTERS:  # a query may have parameters that no list holds
        together.include_router(under_epcis)
    together.include_router(products.router)  # a scanned link may carry parameters of its own
    together.include_router(resolver.router)
    together.include_router(pages.router)
    together.include_router(resolver.anywhere)
    return together.routes


class Assets(StaticFiles):
    """Files of the pages: kept by browsers, and asked about by their ETag each time, for a new release changes them."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _epcis(node: Node) -> Epcis:
    reader = node.reader
    return Epcis.of(node.home, reader.registry, reader.views, reader.keys.session_secret)


def _readiness(node: Node) -> Readiness:
    return node.health.readiness()


def _measure(node: Node) -> None:
    node.health.measure()
