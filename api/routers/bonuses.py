"""`/v1/bonuses`: agreements, their awards with a line a party, and claims."""

from typing import Any

from fastapi import APIRouter

from api import examples
from api.deps import JsonBody, NodeOf, record_id
from ledger.errors import MalformedRecord

router = APIRouter(prefix="/v1/bonuses", tags=["bonuses"])


@router.get("")
def listing(node: NodeOf) -> dict[str, Any]:
    """Every bonus agreement with its status now."""
    return {"agreements": node.bonuses.agreements()}


@router.get("/{id}")
def read(id: str, node: NodeOf) -> dict[str, Any]:
    """One agreement: parties, money, awards with their lines, disputes, rulings and claims."""
    return node.bonuses.agreement(record_id(id))


@router.put("/{id}/awards/{version}", openapi_extra=examples.body(examples.AWARD_FILE))
def keep_file(id: str, version: int, data: JsonBody, node: NodeOf) -> dict[str, Any]:
    """Publish the lines behind an award, so that parties can prove and claim their amounts.

    Anyone may: lines are taken only if they have the root that the recorded award carries.
    """
    if not isinstance(data, dict):
        raise MalformedRecord("not an award file", where="body", expected="a JSON object")
    node.bonuses.keep_file(record_id(id), version, data)
    return {"status": "kept"}
