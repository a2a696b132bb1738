"""`/v1/access`: where partners stand at the council's gates, and the evidence of a change that is due."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from ledger.api.deps import Limit, NodeOf, PartnerPath, ReaderOf
from ledger.api.schemas import examples
from ledger.api.schemas.access import StandingPage
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds import standings as kind
from ledger.services.answers.kinds.standings import StandingsAsked, place_of, refused, sees
from ledger.services.figures.access import Standing
from ledger.services.node.node import Node
from ledger.services.views.records import Reader

__all__ = ["place_of", "router", "sees", "standings_for"]

router = APIRouter(prefix="/v1/access", tags=["partners"])
After = Annotated[str | None, Query(max_length=60, description="`next` of the page before")]


@router.get("", operation_id="listStandings", response_model=StandingPage, responses=examples.READ_RESPONSES)
def standings(node: NodeOf, reader: ReaderOf, after: After = None, limit: Limit = 50) -> dict[str, Any]:
    """Where the reader stands at the gates in force, and to auditors everybody: the stage, the closed periods that
    decide as they were read, and until when one may appeal.

    Empty while the council has adopted no gates. `prepared`: the evidence of a change waits for the council's
    signatures; without them nothing happens.
    """
    return answered(node.reader, reader, Kind.ACCESS, asked_json(StandingsAsked(None, after, limit)))


@router.get(
    "/{partner}/{gate}/evidence",
    operation_id="getAccessEvidence",
    response_class=Response,
    responses={**examples.READ_RESPONSES, 200: {"content": {"application/json": {"schema": {"type": "object"}}}}},
)
def evidence(
    partner: PartnerPath,
    gate: Annotated[str, Path(max_length=40, description="The gate's name")],
    node: NodeOf,
    reader: ReaderOf,
) -> Response:
    """The evidence of the change that is due, byte for byte as the council signs its SHA-256: gates, figures, records,
    log sizes. `lading access check` makes it again offline. For the partner itself and for auditors.
    """
    if not sees(reader, partner):
        raise refused()
    return Response(node.reader.access.evidence(partner, gate).text(), media_type="application/json")


def standings_for(node: Node, reader: Reader) -> list[Standing]:
    """What the reader may know, in order of partner and gate; raises `NotPermitted` for who may know of nobody."""
    return kind.standings_for(node.reader.access, reader)
