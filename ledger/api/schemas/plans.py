"""What the API answers about plans, typed."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from ledger.api.schemas.answers import Answer
from ledger.common.figure import json_schema
from ledger.planning.consolidation.plan import ConsolidationPlan
from ledger.planning.forecast import Forecast
from ledger.planning.routes.plan import RoutePlan

RoutePlanView = Annotated[dict[str, Any], WithJsonSchema(json_schema(RoutePlan))]
"""See `ledger.planning.routes.plan.RoutePlan`: amounts in minor units as decimal strings, times in UTC seconds."""


class RouteView(Answer):
    at: int = Field(description="As of when records count, UTC seconds")
    shipment: str | None
    plan: RoutePlanView
    explanation: list[str]


ConsolidationPlanView = Annotated[dict[str, Any], WithJsonSchema(json_schema(ConsolidationPlan))]
"""See `ledger.planning.consolidation.plan.ConsolidationPlan`."""
ForecastOfOne = Annotated[dict[str, Any], WithJsonSchema(json_schema(Forecast))]
"""See `ledger.planning.forecast.Forecast`."""


class ConsolidationView(Answer):
    at: int = Field(description="As of when records count, UTC seconds")
    plan: ConsolidationPlanView
    explanation: list[str]


class ForecastView(Answer):
    """By market and unit, at most twelve of them, those with the most demand first."""

    at: int = Field(description="As of when records count, UTC seconds")
    closed: int = Field(description="Deliveries whose goods are withheld here, so that demand may be higher")
    more: int = Field(description="Markets that are left out")
    forecasts: list[ForecastOfOne]
    explanation: list[str]
