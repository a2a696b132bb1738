"""The pages of plans: the cheapest way on a map, what is cheaper together, and the demand to come."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ledger.api.deps import NodeOf, ReaderOf
from ledger.api.pages.plans.positions import positions
from ledger.api.pages.plans.route_map import route_map
from ledger.api.pages.render import page
from ledger.api.routers.plans.route_query import NO_TEXTS, Collectors, RouteQueryOf
from ledger.errors import InvalidInput, NotFound, Refused
from ledger.explain.plans import consolidation as consolidation_text
from ledger.explain.plans import forecast as forecast_text
from ledger.explain.plans import route as route_text
from ledger.explain.words import name_of
from ledger.planning.consolidation.prices import collectors_of
from ledger.planning.distances import Distances
from ledger.planning.forecast import MOST_AHEAD
from ledger.planning.routes.plan import Judged
from ledger.planning.stated import MODES
from ledger.services.planning.goods import (
    ConsolidationAnswer,
    ConsolidationAsked,
    ForecastAnswer,
    consolidation_for,
    forecast_for,
    shipped_classes,
)
from ledger.services.planning.inputs import require_planner
from ledger.services.planning.routes import RouteAnswer, route_for

router = APIRouter()
UNDERSTOOD = 200
MENDED = 400
"""Something that was asked makes no sense: the form is shown again, and says what."""


@router.get("/plans")
def route(request: Request, node: NodeOf, reader: ReaderOf, asked: RouteQueryOf) -> Response:
    """The form, and the ways where it was filled in."""
    require_planner(reader)
    answer: RouteAnswer | None = None
    problem = ""
    if asked.shipment or asked.origin or asked.destination:
        try:
            answer = route_for(node.reader.numbers, reader, node.home.clock.now(), asked, positions())
        except (InvalidInput, NotFound, Refused) as error:
            problem = str(error)
    ways = answer.plan.ways if answer else ()
    partners = sorted({leg.partner for way in ways for leg in way.legs})
    response = page(
        request,
        "plans/route.html",
        reader,
        asked=asked,
        said=request.query_params,
        answer=answer,
        problem=problem,
        map=route_map(ways, positions()),
        names=node.reader.views.names(partners),
        modes={name: name_of(mode) for name, mode in MODES.items()},
        judged=[*Judged],
        words=route_text,
        mode_name=name_of,
    )
    response.status_code = MENDED if problem else UNDERSTOOD
    return response


@router.get("/plans/consolidation")
def consolidation(
    request: Request,
    node: NodeOf,
    reader: ReaderOf,
    currency: Annotated[str, Query(max_length=3)] = "",
    collector: Collectors = NO_TEXTS,
) -> Response:
    require_planner(reader)
    answer: ConsolidationAnswer | None = None
    problem = ""
    if currency:
        try:
            distances = Distances(positions()[False], positions()[True])
            asked = ConsolidationAsked(currency, shipped_classes(), distances, collectors_of(collector))
            answer = consolidation_for(node.reader.numbers, reader, node.home.clock.now(), asked)
        except InvalidInput as error:
            problem = str(error)
    groups = answer.plan.groups if answer else ()
    partners = {one.partner for group in groups for one in group.contributions}
    partners |= {one.partner for group in groups for one in group.manifests}
    partners |= {holder for group in groups for holder in (group.hub, *(one.holder for one in group.collections))}
    response = page(
        request,
        "plans/consolidation.html",
        reader,
        currency=currency,
        collector=request.query_params.get("collector", ""),
        answer=answer,
        problem=problem,
        names=node.reader.views.names(sorted(partners)),
        words=consolidation_text,
    )
    response.status_code = MENDED if problem else UNDERSTOOD
    return response


@router.get("/plans/forecast")
def forecast(
    request: Request,
    node: NodeOf,
    reader: ReaderOf,
    gtin: Annotated[str, Query(max_length=14)] = "",
    months: Annotated[int, Query(ge=1, le=MOST_AHEAD)] = 3,
) -> Response:
    require_planner(reader)
    answer: ForecastAnswer | None = None
    problem = ""
    if gtin:
        try:
            answer = forecast_for(node.reader.numbers, reader, node.home.clock.now(), gtin, months)
        except InvalidInput as error:
            problem = str(error)
    response = page(
        request,
        "plans/forecast.html",
        reader,
        gtin=gtin,
        months=months,
        most=MOST_AHEAD,
        answer=answer,
        problem=problem,
        words=forecast_text,
    )
    response.status_code = MENDED if problem else UNDERSTOOD
    return response
