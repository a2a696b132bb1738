"""`/v1/plans/{kind}`: plans of warehouses, by a plan that is sent along and by records that its sender may read."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ledger.api.deps import JsonBody, NodeOf, ReaderOf
from ledger.api.pages.plans.positions import positions
from ledger.api.schemas import examples
from ledger.api.schemas.plans import WarehousePlanAnswer
from ledger.common.canonical import canonical_json
from ledger.services.answers import inputs as answers
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.kinds.plans import WarehousesAsked
from ledger.services.planning.warehouses import Kind

router = APIRouter()
EXAMPLE: dict[str, Any] = {
    "lading": "plan/1",
    "currency": "EUR",
    "warehouses": [{"partner": 4, "place": "DEHAM", "space": 500}, {"partner": 7, "place": "DE"}],
    "products": [{"gtin": "09506000134352", "value": 5000}],
    "rules": {"lead_days": 5, "cover_days": 30},
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "required": ["lading", "currency", "warehouses"]},
                "example": EXAMPLE,
            }
        },
    }
}


@router.post(
    "/{kind}",
    operation_id="planWarehouses",
    response_model=WarehousePlanAnswer,
    responses=examples.write_responses({}),
    openapi_extra=BODY,
)
def plan(
    kind: Kind,
    data: JsonBody,
    node: NodeOf,
    reader: ReaderOf,
    evidence: Annotated[bool, Query(description="Name the records that the plan rests on")] = False,
    drafts: Annotated[bool, Query(description="Add the records that would open the transfers, as templates")] = False,
) -> dict[str, Any]:
    """Which warehouse passes what to which (`allocate`), what runs out and what prevents it (`trigger`), which one
    serves which area (`cover`), and what brings stock nearest to its targets (`balance`).

    The body is a plan file as JSON. Stock, demand and shares on time follow from the records that the reader may read,
    rates from attested cards, unless the plan states them. `plan.optimum` says what the plan reaches, exactly, what no
    plan exceeds, and what proves it. Nothing is signed, recorded or sent: `drafts` are templates for people to sign.
    """
    asked = WarehousesAsked(kind, canonical_json(data).decode(), evidence, drafts)
    return answered(node.reader, reader, answers.Kind.WAREHOUSES, asked_json(asked), places=positions())
