"""What the API answers about plans, typed."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from ledger.api.schemas.inputs import FromInputs
from ledger.common.figure import json_schema
from ledger.planning.allocate import Allocation
from ledger.planning.balance import Balance
from ledger.planning.consolidation.plan import ConsolidationPlan
from ledger.planning.cover import Cover
from ledger.planning.forecast import Forecast
from ledger.planning.routes.plan import RoutePlan
from ledger.planning.trigger import Triggered

RoutePlanView = Annotated[dict[str, Any], WithJsonSchema(json_schema(RoutePlan))]
"""See `ledger.planning.routes.plan.RoutePlan`: amounts in minor units as decimal strings, times in UTC seconds."""


WarehousePlanView = Annotated[
    dict[str, Any],
    WithJsonSchema({"anyOf": [json_schema(kind) for kind in (Allocation, Triggered, Cover, Balance)]}),
]
"""By the kind of plan: amounts in minor units, packages whole, shares exact fractions or millionths."""
DRAFT = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "signers": {"type": "array", "items": {"type": "integer"}},
        "template": {"type": "object"},
    },
    "required": ["name", "signers", "template"],
}


DraftViews = Annotated[
    list[dict[str, Any]] | None, WithJsonSchema({"anyOf": [{"type": "array", "items": DRAFT}, {"type": "null"}]})
]


class WarehousePlanAnswer(FromInputs):
    kind: Literal["allocate", "trigger", "cover", "balance"]
    at: int = Field(description="As of when records count, UTC seconds")
    file: str = Field(description="SHA-256 of the plan as canonical JSON: what it states rests on nothing else")
    stated: list[str] = Field(description="Inputs that the plan states in place of records")
    left_out: int = Field(description="Shipments whose goods no plan can move: of several products, or not told")
    unfit: int = Field(description="Packages that are recalled or past their expiry: no plan makes use of them")
    plan: WarehousePlanView
    prices: list[str] = Field(
        description="Of the limits of `allocate` and the areas of `cover`: the bound follows from them without a solver"
    )
    explanation: list[str]
    drafts: DraftViews = Field(default=None, description="Templates of records to read and sign, splits first")


class RouteView(FromInputs):
    at: int = Field(description="As of when records count, UTC seconds")
    shipment: str | None
    plan: RoutePlanView
    explanation: list[str]


ConsolidationPlanView = Annotated[dict[str, Any], WithJsonSchema(json_schema(ConsolidationPlan))]
"""See `ledger.planning.consolidation.plan.ConsolidationPlan`."""
ForecastOfOne = Annotated[dict[str, Any], WithJsonSchema(json_schema(Forecast))]
"""See `ledger.planning.forecast.Forecast`."""


class ConsolidationView(FromInputs):
    at: int = Field(description="As of when records count, UTC seconds")
    plan: ConsolidationPlanView
    explanation: list[str]
    drafts: DraftViews = Field(default=None, description="Templates of handoffs to read and sign, in this order")


class ForecastView(FromInputs):
    """By market and unit, at most twelve of them, those with the most demand first."""

    at: int = Field(description="As of when records count, UTC seconds")
    closed: int = Field(description="Deliveries whose goods are withheld here, so that demand may be higher")
    more: int = Field(description="Markets that are left out")
    forecasts: list[ForecastOfOne]
    explanation: list[str]
