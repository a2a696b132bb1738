"""`/v1/plans/consolidation` and `/v1/plans/forecast`."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ledger.api.deps import NodeOf, ReaderOf
from ledger.api.pages.plans.positions import positions
from ledger.api.routers.plans.route_query import NO_TEXTS, Collectors, Stated
from ledger.api.schemas import examples
from ledger.api.schemas.plans import ConsolidationView, ForecastView
from ledger.planning.forecast import MOST_AHEAD
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.plans import ForecastAsked, TogetherAsked

router = APIRouter()


@router.get(
    "/consolidation", operation_id="planConsolidation", response_model=ConsolidationView,
    responses=examples.READ_RESPONSES,
)  # fmt: skip
def consolidation(
    node: NodeOf,
    reader: ReaderOf,
    currency: Annotated[str, Query(min_length=3, max_length=3, description="Of the rate cards, ISO 4217")],
    distance: Stated = NO_TEXTS,
    collector: Collectors = NO_TEXTS,
    drafts: Annotated[bool, Query(description="Add the handoffs of the plan, as templates")] = False,
) -> dict[str, Any]:
    """Shipments that wait and are cheaper on one manifest: of one lane, mode, week of promise and class of goods.

    What lies with several partners is brought together first, by whoever asks least for it (`collections`); what nobody
    known here asks a price for is told in `apart`. `contributions` says what each partner pays: in proportion to mass,
    where somebody but the consignor stands for all of it, else to packages, and never more than its own shipments cost
    alone. Goods of other classes, and those that are not known, are kept apart. Only shipments whose terms, and cards
    that the reader may read count. Nothing is signed: `drafts` are templates for people to sign, in this order.
    """
    asked = TogetherAsked(currency, distance, collector, drafts=drafts)
    return answered(node.reader, reader, Kind.CONSOLIDATION, asked_json(asked), places=positions())


@router.get("/forecast", operation_id="planForecast", response_model=ForecastView, responses=examples.READ_RESPONSES)
def forecast(
    node: NodeOf,
    reader: ReaderOf,
    gtin: Annotated[str, Query(max_length=14, description="8 to 14 digits")],
    months: Annotated[int, Query(ge=1, le=MOST_AHEAD, description="How many months to come")] = 3,
    evidence: Annotated[bool, Query(description="Name the records that show the demand")] = False,
) -> dict[str, Any]:
    """What deliveries of a product to come in each market, month by month, by those of the months before.

    Exponential smoothing is used only where it erred less than both naive forecasts in a back test; `errors` shows the
    sums of absolute errors of all. Demand that met an empty shelf is in no delivery. Only deliveries under terms that
    the reader may read count.
    """
    return answered(node.reader, reader, Kind.FORECAST, asked_json(ForecastAsked(gtin, months, evidence)))
