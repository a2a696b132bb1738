"""The page that who signs in sees first: what waits for it; and the form in which an item of it is done."""

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from ledger.api.deps import NodeOf, ReaderOf
from ledger.api.pages.render import page
from ledger.api.pages.work.asks import ASKS, Ask, asks_of
from ledger.services.worklist.views import WorkItemView
from ledger.worklist.items import Action, Place

router = APIRouter()
PAGE = 30
LIBRARIES = ("curves",)
Item = Annotated[str, Query(max_length=300, description="Id of an item")]


@router.get("/worklist")
def worklist(
    request: Request, node: NodeOf, reader: ReaderOf, after: Annotated[str, Query(max_length=300)] = ""
) -> Response:
    if not reader.key:
        return RedirectResponse("/sign-in?back=/worklist", status_code=303)
    view = node.reader.worklists.view(reader, after=Place.parse(after) if after else None, limit=PAGE)
    drafts = {item.id: text for item in view.items if (text := _draft(item))}
    return page(request, "worklist.html", reader, work=view, drafts=drafts, first=not after, urgent_items=view.urgent)


@router.get("/worklist/do")
def do(request: Request, node: NodeOf, reader: ReaderOf, item: Item) -> Response:
    """An item's record, put together in a form and signed in the browser; an item that waits no more says so."""
    place = Place.parse(item)
    if not reader.key:
        return RedirectResponse("/sign-in?back=/worklist", status_code=303)
    found = node.reader.worklists.find(reader, place)
    asks: tuple[Ask, ...] = ()
    draft = ""  # of nothing that waits
    if found is not None and found.draft is not None and Action(found.action) in ASKS:
        asks, draft = asks_of(Action(found.action), found.draft.message), _draft(found)
    values = {"item": found, "asks": asks, "draft": draft, "libraries": LIBRARIES}
    return page(request, "signing/do.html", reader, 200 if draft else 404, **values)


def _draft(item: WorkItemView) -> str:
    return "" if item.draft is None else json.dumps({"type": item.draft.type, "message": item.draft.message})
