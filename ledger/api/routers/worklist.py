"""`/v1/worklist`: what waits for whoever has signed in, sorted by what runs out first."""

from typing import Annotated

from fastapi import APIRouter, Query

from ledger.api.deps import Limit, NodeOf, SessionReader
from ledger.api.schemas import examples
from ledger.services.worklist.views import WorklistView
from ledger.worklist.items import Place

router = APIRouter(prefix="/v1/worklist", tags=["worklist"])
After = Annotated[str, Query(max_length=300, pattern=r"^[^\x00]*$", description="`next` of the page before")]


@router.get("", operation_id="getWorklist", responses=examples.READ_RESPONSES)
def worklist(node: NodeOf, reader: SessionReader, after: After = "", limit: Limit = 50) -> WorklistView:
    """What waits for the session's key, what runs out first at the top; 401 for the public.

    A partner: what lacks its signature, terms that make it liable and that it has not endorsed, what it holds, tenders
    and contests, clearances, recalls, attestations and device keys that expire, awards. Customs: undecided declarations
    of its jurisdictions. Brokers: what they lodged. Auditors: checkpoints that are not cosigned or anchored, and
    contradictions. A council member: enrolments, and changes to sign. A device is shown what it may sign.

    `draft` holds the fields that follow from what is known; whoever signs adds the others, as `lading sign` does of any
    template. Who was reached by a recall is up to a minute old.
    """
    return node.reader.worklists.view(reader, after=Place.parse(after) if after else None, limit=limit)
