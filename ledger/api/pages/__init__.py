"""Server-rendered pages for people: plain HTML that works without scripts, on a phone as on a desk."""

from fastapi import APIRouter

from ledger.api.pages import (
    devices,
    dock,
    docs,
    explorer,
    figures,
    goods,
    ledger,
    network,
    products,
    recalls,
    samples,
    search,
    shipments,
    signing,
)
from ledger.api.pages.access import league, standings
from ledger.api.pages.errors import error_page
from ledger.api.pages.events import webhooks
from ledger.api.pages.files import documents, imports, markets
from ledger.api.pages.languages import choice
from ledger.api.pages.plans import page as plans
from ledger.api.pages.plans import warehouses
from ledger.api.pages.provenance import provenance
from ledger.api.pages.shipment import paper
from ledger.api.pages.stock import held
from ledger.api.pages.work import worklist

router = APIRouter(include_in_schema=False)
for part in (
    goods,
    shipments,
    search,
    figures,
    samples,
    products,
    recalls,
    provenance,
    ledger,
    explorer,
    signing,
    devices,
    dock,
    docs,
    network,
    held,
    league,
    standings,
    plans,
    warehouses,
    paper,
    choice,
    worklist,
    imports,
    documents,
    markets,
    webhooks,
):
    router.include_router(part.router)

__all__ = ["error_page", "router"]
