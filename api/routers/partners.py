"""`/v1/partners`: who takes part, with which roles and keys; and how to be enrolled."""

from typing import Any

from fastapi import APIRouter, status

from api import examples
from api.deps import JsonBody, NodeOf
from ledger.errors import MalformedRecord
from ledger.services.views import PartnerView
from ledger.signing import signature_from_hex

router = APIRouter(prefix="/v1", tags=["partners"])


@router.get("/partners")
def listing(node: NodeOf) -> dict[str, list[PartnerView]]:
    """Every partner that was ever admitted."""
    return {"partners": node.reading.partners()}


@router.get("/partners/{id}")
def read(id: int, node: NodeOf) -> PartnerView:
    """One partner: name and GLN as enrolled, roles with scope, keys."""
    return node.reading.partner(id)


@router.get("/partners/{id}/score")
def score(id: int, node: NodeOf) -> dict[str, Any]:
    """The partner's scorecards, one a role, with interval and evidence."""
    return node.numbers.score_of(id)


@router.post("/enrolments", status_code=status.HTTP_201_CREATED, openapi_extra=examples.body(examples.ENROLMENT))
def enrol(data: JsonBody, node: NodeOf) -> dict[str, Any]:
    """Ask to be admitted: `{document, signature}`, the document signed by the key it names (EIP-191).

    It proves possession of the key. The council decides with signed registry changes.
    """
    if not isinstance(data, dict) or set(data) != {"document", "signature"} or not isinstance(data["document"], str):
        raise MalformedRecord("not an enrolment", where="body", expected="an object with document and signature")
    return node.enrolment.ask(data["document"].encode(), signature_from_hex(data["signature"], "signature"))


@router.get("/enrolments")
def enrolments(node: NodeOf) -> dict[str, Any]:
    """Who has asked to be admitted, and whether the council has done so."""
    return {"enrolments": node.enrolment.listing()}
