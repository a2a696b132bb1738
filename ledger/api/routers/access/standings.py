"""`/v1/access`: where partners stand at the council's gates, and the evidence of a change that is due."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from ledger.api.deps import Limit, NodeOf, PartnerPath, ReaderOf
from ledger.api.schemas import examples
from ledger.api.schemas.access import StandingPage
from ledger.common.scopes import ALL_SCOPES
from ledger.errors import MalformedRecord, NotPermitted
from ledger.explain.access.standing import stated
from ledger.services.figures.access import Standing
from ledger.services.node.node import Node
from ledger.services.views.records import Reader

router = APIRouter(prefix="/v1/access", tags=["partners"])
After = Annotated[str | None, Query(max_length=60, description="`next` of the page before")]


@router.get("", operation_id="listStandings", response_model=StandingPage, responses=examples.READ_RESPONSES)
def standings(node: NodeOf, reader: ReaderOf, after: After = None, limit: Limit = 50) -> dict[str, Any]:
    """Where the reader stands at the gates in force, and to auditors everybody: the stage, the closed periods that
    decide as they were read, and until when one may appeal.

    Empty while the council has adopted no gates. `prepared`: the evidence of a change waits for the council's
    signatures; without them nothing happens.
    """
    every = standings_for(node, reader)
    place = None if after is None else place_of(after)
    behind = [one for one in every if place is None or (one.partner, one.gate.name) > place]
    shown = behind[:limit]
    following = shown[-1] if len(behind) > limit else None
    return {
        "standings": [stated(one) for one in shown],
        "next": following and f"{following.partner}/{following.gate.name}",
    }


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
        raise _refused()
    return Response(node.reader.access.evidence(partner, gate).text(), media_type="application/json")


def standings_for(node: Node, reader: Reader) -> list[Standing]:
    """What the reader may know, in order of partner and gate; raises `NotPermitted` for who may know of nobody."""
    own = reader.partner
    if not (own or reader.auditor) or not sees(reader, own):
        raise _refused()
    found = node.reader.access.standings(None if reader.auditor else own)
    return sorted(found, key=lambda one: (one.partner, one.gate.name))


def sees(reader: Reader, partner: int) -> bool:
    """Whether the reader may know where a partner stands: the partner itself, and auditors, with a whole key."""
    return reader.scopes == ALL_SCOPES and (reader.auditor or (reader.partner == partner and partner > 0))


def _refused() -> NotPermitted:
    return NotPermitted(
        "where a partner stands is told to itself and to auditors",
        where="reader",
        mend="Sign in with a key of the partner, or of an auditor.",
    )


def place_of(after: str) -> tuple[int, str]:
    """Partner and gate after which a page begins; raises `MalformedRecord` for what is no cursor."""
    partner, slash, gate = after.partition("/")
    if not slash or not partner.isascii() or not partner.isdigit() or len(partner) > 13:
        raise MalformedRecord("not a cursor", where="after", expected="`next` of the page before", found=after)
    return int(partner), gate
