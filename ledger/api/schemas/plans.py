"""What the API answers about plans, typed."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from ledger.api.schemas.answers import Answer
from ledger.common.figure import json_schema
from ledger.planning.routes.plan import RoutePlan

RoutePlanView = Annotated[dict[str, Any], WithJsonSchema(json_schema(RoutePlan))]
"""See `ledger.planning.routes.plan.RoutePlan`: amounts in minor units as decimal strings, times in UTC seconds."""


class RouteView(Answer):
    at: int = Field(description="As of when records count, UTC seconds")
    shipment: str | None
    plan: RoutePlanView
    explanation: list[str]
