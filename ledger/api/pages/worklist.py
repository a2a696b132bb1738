"""The page that who signs in sees first: what waits for it."""

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from ledger.api.deps import NodeOf, ReaderOf
from ledger.api.pages.render import page
from ledger.worklist.items import Place

router = APIRouter()
PAGE = 30


@router.get("/worklist")
def worklist(
    request: Request, node: NodeOf, reader: ReaderOf, after: Annotated[str, Query(max_length=300)] = ""
) -> Response:
    if not reader.key:
        return RedirectResponse("/sign-in?back=/worklist", status_code=303)
    view = node.reader.worklists.view(reader, after=Place.parse(after) if after else None, limit=PAGE)
    drafts = {item.id: json.dumps({"type": d.type, "message": d.message}) for item in view.items if (d := item.draft)}
    return page(request, "worklist.html", reader, work=view, drafts=drafts, first=not after, urgent_items=view.urgent)
