"""Page by page, what an indicator of a partner's score was counted from."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, PartnerPath, ReaderOf, Rolling
from ledger.api.moments import When, second_of
from ledger.api.pages.figures import asked_for
from ledger.api.pages.render import page
from ledger.api.routers.scores import After, ScoredRole, Side, samples_for
from ledger.scores.card import Indicator

router = APIRouter()
PAGE = 100


@router.get("/partners/{partner}/score/samples")
def samples(
    request: Request,
    partner: PartnerPath,
    node: NodeOf,
    reader: ReaderOf,
    role: ScoredRole,
    indicator: Indicator,
    side: Side = Side.LOWERED,
    after: After = None,
    start: When = "",
    end: When = "",
    rolling: Rolling = None,
) -> Response:
    view = node.reader.views.partner(partner)
    period = second_of(start, "start"), second_of(end, "end", through=True), rolling
    result = samples_for(node, partner, reader, (role, indicator, side), after, PAGE, period)
    asked = asked_for(start, end, rolling)
    said = {"role": role, "indicator": indicator} | asked
    return page(
        request,
        "figures/samples.html",
        reader,
        partner=view,
        result=result,
        sides=[(one, urlencode({**said, "side": one})) for one in Side],
        query=urlencode(asked),
        next=result["next"] and urlencode({**said, "side": side, "after": result["next"]}),
    )
