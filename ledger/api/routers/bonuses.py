"""`/v1/bonuses`: agreements, their awards with a line a party, and claims."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from ledger.api.deps import Cursor, JsonBody, Limit, NodeOf, ReaderOf, RecordPath, record_id
from ledger.api.schemas import examples
from ledger.api.schemas.bonuses import AgreementPage, AgreementView, AwardKept
from ledger.errors import MalformedRecord

router = APIRouter(prefix="/v1/bonuses", tags=["bonuses"])
Version = Annotated[int, Path(ge=1, le=2**16 - 1, description="Version of the award, from 1")]


@router.get("", operation_id="listBonuses", response_model=AgreementPage, responses=examples.READ_RESPONSES)
def listing(node: NodeOf, after: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Every bonus agreement with its status now, in log order: pass `next` as `after`."""
    result = node.reader.bonuses.agreements(after=-1 if after is None else after, limit=limit)
    return {"agreements": result, "next": result[-1]["cursor"] if len(result) == limit else None}


@router.get("/{agreement}", operation_id="getBonus", response_model=AgreementView, responses=examples.READ_RESPONSES)
def read(agreement: RecordPath, node: NodeOf, reader: ReaderOf) -> dict[str, Any]:
    """One agreement: parties, money, awards, disputes, rulings and claims.

    The award's `file`, with a line a party and the penalties taken off, is for its parties and auditors.
    """
    return node.reader.bonuses.agreement_for(record_id(agreement, "agreement"), reader)


@router.put(
    "/{agreement}/awards/{version}",
    operation_id="putAwardFile",
    response_model=AwardKept,
    responses=examples.write_responses({}),
    openapi_extra=examples.body(examples.AWARD_FILE),
)
def keep_file(agreement: RecordPath, version: Version, data: JsonBody, node: NodeOf) -> dict[str, Any]:
    """Publish the lines behind an award, so that parties can prove and claim their amounts.

    Anyone may: lines are taken only if they have the root that the recorded award carries, and only the lines: words
    and shares are shown where this service has computed them itself. What is kept is never replaced.
    """
    if not isinstance(data, dict):
        raise MalformedRecord("not an award file", where="body", expected="a JSON object")
    node.reader.bonuses.keep_file(record_id(agreement, "agreement"), version, data)
    return {"kept": version}
