"""Finding: the list of shipments with its filters, and the box for everything that has a number or a name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from ledger.api.deps import NodeOf, ReaderOf
from ledger.api.pages.languages.choice import PARAMETER
from ledger.api.pages.languages.language import LANGUAGES
from ledger.api.pages.render import page
from ledger.api.routers.search import Question
from ledger.api.shipment_query import ShipmentQueryOf, address_of
from ledger.explain.record import TITLES
from ledger.explain.text import Text, say, several, term
from ledger.explain.units import moment
from ledger.formats.gs1.scanned import sought
from ledger.services.state.partner_names import PartnerName
from ledger.services.views.lists.shipment_list import MODES, ROLES, STATUSES, Order, ShipmentQuery, Sort, reading_as
from ledger.services.views.search import MatchKind

router = APIRouter()
PAGE = 50
CHOICES = 200
"""Most partners that a form offers by name."""
_KINDS = {
    MatchKind.PRODUCT: say("Product"),
    MatchKind.PARTNER: say("Partner"),
    MatchKind.SHIPMENT: say("Shipment"),
    MatchKind.ORDER: say("Shipment of this order"),
    MatchKind.LOT: say("Shipment of this lot"),
    MatchKind.LOAD: say("Handoff with this container, SSCC or waybill"),
    MatchKind.DECLARATION: say("Clearance with this customs reference"),
    MatchKind.RECORD: say("Record"),
    MatchKind.LEAF: say("Leaf of the log"),
    MatchKind.BLOCK: say("Record in this block"),
}
_LABELS = {
    "partner": say("partner"),
    "role": say("role"),
    "status": say("status"),
    "late": say("late"),
    "lane": say("lane"),
    "mode": say("mode"),
    "start": say("opened from"),
    "end": say("opened before"),
    "held": say("held by customs"),
    "disputed": say("disputed"),
}
_CONTEXTS = {"role": "Part", "status": "status", "mode": "Mode"}
"""Of the words that a filter is one of."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One that narrows the list; `without` is the address of the list without it."""

    label: Text
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column by which the list can be sorted: `state` for `aria-sort`, `address` of the list sorted so, or, where it
    is sorted so already, the other way round."""

    state: str
    address: str


@router.get("/shipments")
def shipments(request: Request, node: NodeOf, reader: ReaderOf, query: ShipmentQueryOf) -> Response:
    result = node.reader.lists.page(query, reader, PAGE)
    first = replace(query, cursor="")
    partners = node.reader.views.partners(limit=CHOICES)
    named = {one.id: PartnerName(one.id, one.name) for one in partners if one.id == query.partner}
    if query.partner is not None and not named:
        named = node.reader.views.names([query.partner])
    party = named[query.partner] if query.partner is not None else None
    filters = list(_filters(first, party.name if party else ""))
    return page(
        request,
        "shipments.html",
        reader,
        shipments=result.shipments,
        party=party,
        query=query,
        said=request.query_params,
        filters=filters,
        wanted=several([say("{filter}: {value}", filter=one.label, value=one.value) for one in filters]),
        opened=_column(first, Sort.OPENED),
        due=_column(first, Sort.DUE),
        first=_address(first),
        next=_address(query, cursor=result.next) if result.next is not None else None,
        file=f"/v1/shipments?{address_of(first, format='csv')}",
        private=query.is_private and reading_as(reader) is None,
        statuses=_options("status", STATUSES),
        roles=_options("role", ROLES),
        modes=_options("mode", MODES),
        partners=partners,
    )


@router.get("/search")
def search(request: Request, node: NodeOf, reader: ReaderOf, q: Question = "") -> Response:
    """The one page that the text means, or all that it may mean; without a text, the box."""
    if not q.strip():
        return page(request, "find.html", reader, result=None, kinds=_KINDS, titles=TITLES, asked="")
    text, product = sought(q)
    result = node.reader.searching.find(text, reader, product)
    if result.only is not None:
        language = request.query_params.get(PARAMETER, "")
        where = result.only + (f"?{PARAMETER}={language}" if language in LANGUAGES else "")
        return RedirectResponse(where, status_code=303, headers={"Cache-Control": "private, no-cache"})
    return page(request, "find.html", reader, result=result, kinds=_KINDS, titles=TITLES, asked=result.asked)


def _filters(query: ShipmentQuery, partner: str) -> Iterator[Filter]:
    for name, value in query.filters.items():
        yield Filter(
            _LABELS[name], partner if name == "partner" else _shown(name, value), _address(query, **{name: None})
        )


def _shown(name: str, value: object) -> str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, int):
        return moment(value)
    return term(_CONTEXTS[name], str(value)) if name in _CONTEXTS else str(value)


def _options(name: str, words: Iterable[str]) -> list[tuple[str, Text]]:
    return [(word, term(_CONTEXTS[name], word)) for word in words]


def _column(query: ShipmentQuery, sort: Sort) -> Column:
    if query.sort is not sort:
        return Column("none", _address(query, sort=sort, order=None))
    other = Order.DESCENDING if query.ascending else Order.ASCENDING
    return Column("ascending" if query.ascending else "descending", _address(query, order=other))


def _address(query: ShipmentQuery, **changes: object) -> str:
    said = address_of(query, **changes)
    return f"/shipments?{said}" if said else "/shipments"
