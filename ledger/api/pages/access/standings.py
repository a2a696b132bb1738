"""The page of access: where the reader stands at the council's gates; to auditors, everybody."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ledger.access.course import Stage
from ledger.api.deps import NodeOf, ReaderOf
from ledger.api.pages.render import page
from ledger.api.routers.access.standings import place_of, standings_for
from ledger.errors import MalformedRecord
from ledger.explain.access import standing as words
from ledger.services.figures.access import Standing

router = APIRouter()
PAGE = 50
_ORDER = (Stage.DUE, Stage.PROBATION, Stage.RETURN, Stage.WATCHED, Stage.OUT, Stage.GOOD)


@router.get("/access")
def standings(
    request: Request, node: NodeOf, reader: ReaderOf, after: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """What asks for a look first: `after` is the stage's place, partner and gate of the last one shown."""
    every = sorted(standings_for(node, reader), key=_place)
    stage, _, rest = after.partition(".")
    if after and stage not in map(str, range(len(_ORDER))):
        raise MalformedRecord("not a cursor", where="after", expected="`next` of the page before", found=after)
    behind = [one for one in every if _place(one) > (int(stage), *place_of(rest))] if after else every
    shown = behind[:PAGE]
    last = shown[-1] if len(behind) > PAGE else None
    return page(
        request,
        "figures/access.html",
        reader,
        shown=shown,
        words=words,
        names=node.reader.views.names(sorted({int(one.partner) for one in shown})),
        own=reader.partner,
        next=last and f"{_place(last)[0]}.{last.partner}/{last.gate.name}",
    )


def _place(one: Standing) -> tuple[int, int, str]:
    return _ORDER.index(one.course.stage), one.partner, one.gate.name
