"""`/v1/league`: those who work on a lane side by side."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ledger.api.deps import Moment, NodeOf, ReaderOf, Rolling
from ledger.api.schemas import examples
from ledger.api.schemas.access import LeagueView
from ledger.common.periods import full_hour, period_of
from ledger.network.league import LeagueBy
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.figures import LeagueAsked

router = APIRouter(prefix="/v1/league", tags=["network"])
RoleName = Annotated[
    str, Query(max_length=40, description="Who is compared: carrier, supplier, warehouse, broker or customs")
]
Place = Annotated[str, Query(max_length=80, description="Country code; a place's name where terms state no code")]


@router.get("", operation_id="getLeague", response_model=LeagueView, responses=examples.READ_RESPONSES)
def league(
    node: NodeOf,
    reader: ReaderOf,
    origin: Place = "",
    destination: Place = "",
    mode: Annotated[str, Query(max_length=40, description="As in `lanes`; empty: terms that name none")] = "",
    role: RoleName = "carrier",
    by: Annotated[LeagueBy, Query(description="What they are in order of")] = LeagueBy.TIME,
    start: Moment = None,
    end: Moment = None,
    rolling: Rolling = None,
    evidence: Annotated[bool, Query(description="Name the records")] = False,
) -> dict[str, Any]:
    """The carriers of a lane by verified delivery time, freight per package and penalties, each with its interval; from
    the shipments whose terms the reader may read. Or its suppliers, warehouses and brokers by time and faults, or
    customs by time. Without a lane: which there are, the busiest first.

    A rank is one more than there are others that are certainly better; `tied` says with how many one cannot be told
    apart. Under thirty delivery events there is no rank, under ten no figure.
    """
    period = period_of(full_hour(node.home.clock.now()), start, end, rolling)
    asked = LeagueAsked(origin, destination, mode, role, by, period.start, period.end, period.at, evidence)
    return answered(node.reader, reader, Kind.LEAGUE, asked_json(asked))
