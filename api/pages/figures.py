"""Pages of figures: penalties of a partner and of a period."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.deps import NodeOf, PartnerPath, ReaderOf, record_id
from api.pages.render import page
from ledger import penalty_lists
from ledger.errors import MalformedRecord, NotPermitted
from ledger.ids import to_hex
from ledger.penalties import DAY, PenaltyStatement
from ledger.periods import FOREVER, period_of
from ledger.services.node import Node
from ledger.services.reading import Reader

router = APIRouter()
PAGE = 100
After = Annotated[str, Query(max_length=80)]
When = Annotated[str, Query(max_length=20, description="A day as YYYY-MM-DD (UTC), or UTC seconds")]


def second_of(text: str, where: str, *, through: bool = False) -> int | None:
    """UTC seconds of a day or of a number of seconds; None where nothing is said. `through`: the end of that day.

    Raises `MalformedRecord`.
    """
    if not text:
        return None
    if text.isascii() and text.isdigit() and int(text) <= FOREVER:
        return int(text)
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        return int(day.timestamp()) + (DAY if through else 0)
    except (ValueError, OverflowError):
        raise MalformedRecord("not a day", where=where, expected="YYYY-MM-DD, or UTC seconds", found=text) from None


@router.get("/penalties")
def penalties(
    request: Request, node: NodeOf, reader: ReaderOf, start: When = "", end: When = "", at: When = "", after: After = ""
) -> Response:
    return _penalties(request, node, reader, None, (start, end, at), after)


@router.get("/partners/{partner}/penalties")
def partner_penalties(
    request: Request,
    partner: PartnerPath,
    node: NodeOf,
    reader: ReaderOf,
    start: When = "",
    end: When = "",
    at: When = "",
    after: After = "",
) -> Response:
    return _penalties(request, node, reader, partner, (start, end, at), after)


def _penalties(
    request: Request, node: Node, reader: Reader, partner: int | None, said: tuple[str, str, str], after: str
) -> Response:
    start, end = second_of(said[0], "start"), second_of(said[1], "end", through=True)
    now = node.clock.now()
    at = second_of(said[2], "at", through=True)
    at = now if at is None else at
    period_of(now, start, end)
    view = node.reading.partner(partner) if partner is not None else None
    found: list[PenaltyStatement] = []
    hidden = False
    try:
        found = node.numbers.penalties(
            partner=partner, at=at, start=start or 0, end=FOREVER if end is None else end, reader=reader
        )
    except NotPermitted:
        hidden = True
    shown, following = penalty_lists.page_of(found, record_id(after, "after") if after else None, PAGE)
    bounds = {"start": start, "end": end}
    asked = {name: second for name, second in bounds.items() if second is not None}
    return page(
        request,
        "penalties.html",
        reader,
        partner=view,
        hidden=hidden,
        totals=penalty_lists.totals(found, partner),
        statements=shown,
        count=len(found),
        start=start,
        end=end,
        at=at,
        said={"start": said[0], "end": said[1], "at": said[2]},
        query=urlencode(({"partner": partner} if partner is not None else {}) | asked | {"at": at}),
        next="" if following is None else urlencode(asked | {"at": at, "after": to_hex(following)}),
    )
