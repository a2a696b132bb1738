"""What the API answers about products and recalls, typed."""

from pydantic import Field

from ledger.api.schemas.answers import Answer, Page
from ledger.services.views.models import (
    MissingView,
    RecallSummary,
)


class ReasonView(Answer):
    code: str
    text: str
    records: list[str]
    at: int | None = Field(description="UTC seconds of the first look at a code, of a sale, of a loss")


class JourneyStep(Answer):
    at: int
    text: str
    outcome: str
    breach: bool = Field(description="the numbers count it as a breach")
    counts: bool = Field(description="false for what was skipped, and for a tender that stands nowhere")


class JourneyStop(Answer):
    at: int
    name: str


class Journey(Answer):
    shipment: str
    status: str
    consignor: str
    consignee: str
    stops: list[JourneyStop] = Field(description="who had the goods, one after another, and since when")
    steps: list[JourneyStep]


class ProductData(Answer):
    """What the brand signed about the product, in `record`; `document` is its SHA-256. Texts by language."""

    record: str
    document: str
    brand: str
    names: dict[str, str]
    descriptions: dict[str, str]
    picture: str | None = Field(description="SHA-256 of the picture, where it is kept here")


class ProductView(Answer):
    """`why` has the deciding reasons first; `toDo` is empty when there is nothing to do."""

    id: str
    verdict: str
    why: list[ReasonView]
    asks: list[str] = Field(description="`lot`, `serial`, `variant`: what the code leaves open; for `incomplete` alone")
    toDo: str
    journey: list[Journey]
    product: ProductData | None


class OpenView(Answer):
    partner: int
    open: list[MissingView]


class RecallPage(Page):
    recalls: list[RecallSummary]
