"""The page of plans of warehouses: a plan is typed or pasted, and what it gives is shown beside it."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from ledger.api.deps import FROM_OWN_PAGES, NodeOf, ReaderOf
from ledger.api.pages.forms import form_of
from ledger.api.pages.plans.positions import positions
from ledger.api.pages.render import page
from ledger.common.json_fields import shown
from ledger.errors import InvalidInput, MalformedRecord, NotFound, Refused
from ledger.explain.plans import warehouses as words
from ledger.planning.balance import Balance
from ledger.planning.cover import Cover
from ledger.planning.plan_file import parse_plan
from ledger.planning.trigger import Triggered
from ledger.services.node.node import Node
from ledger.services.planning.inputs import require_planner
from ledger.services.planning.warehouses import Kind, WarehouseAnswer, plan_for
from ledger.services.views.records import Reader

router = APIRouter()
PATH = "/plans/warehouses"
MOST_SHOWN = 200
"""Rows of a table; the API gives them all."""
MENDED = 400
EXAMPLE = """lading = "plan/1"
currency = "EUR"
warehouses = [{partner = 4, place = "DEHAM"}, {partner = 7, place = "DE"}]
products = [{gtin = "09506000134352", value = 5000}]

[rules]
lead_days = 5
cover_days = 30
"""


@router.get(PATH)
def form(request: Request, reader: ReaderOf) -> Response:
    require_planner(reader)
    return _page(request, reader, Kind.TRIGGER, EXAMPLE)


@router.post(PATH, dependencies=[FROM_OWN_PAGES])
async def plan(request: Request, node: NodeOf, reader: ReaderOf) -> Response:
    values = await form_of(request)
    return await run_in_threadpool(_planned, request, node, reader, values)


def _planned(request: Request, node: Node, reader: Reader, values: dict[str, str]) -> Response:
    require_planner(reader)
    text = values.get("plan", "")
    kind = Kind.TRIGGER
    try:
        kind = _kind(values.get("kind", ""))
        asked = kind, parse_plan(text.encode())
        answer = plan_for(node.reader.numbers, reader, node.home.clock.now(), asked, positions())
    except (InvalidInput, NotFound, Refused) as error:
        response = _page(request, reader, kind, text, problem=str(error))
        response.status_code = MENDED
        return response
    return _page(request, reader, kind, text, answer=answer, names=node.reader.views.names(sorted(_partners(answer))))


def _kind(name: str) -> Kind:
    if name not in set(Kind):
        raise MalformedRecord("no such plan", where="kind", expected=", ".join(Kind), found=shown(name))
    return Kind(name)


def _partners(answer: WarehouseAnswer) -> set[int]:
    result = {*answer.asked.warehouses}
    result |= {partner for transfer in answer.transfers for partner in (transfer.origin, transfer.destination)}
    return result


def _page(request: Request, reader: Reader, kind: Kind, text: str, **more: object) -> Response:
    given = more.get("answer")
    answer = given if isinstance(given, WarehouseAnswer) else None
    found = answer.plan if answer else None
    transfers = answer.transfers if answer else ()
    return page(
        request,
        "plans/warehouses.html",
        reader,
        kind=str(kind),
        kinds=words.KINDS,
        text=text,
        words=words,
        most=MOST_SHOWN,
        transfers=transfers[:MOST_SHOWN],
        hidden=max(0, len(transfers) - MOST_SHOWN),
        watched=found.watched[:MOST_SHOWN] if isinstance(found, Triggered) else (),
        services=found.services[:MOST_SHOWN] if isinstance(found, Cover) else (),
        levels=found.levels[:MOST_SHOWN] if isinstance(found, Balance) else (),
        **{"problem": "", "answer": None, "names": {}, **more},
    )
