"""`/v1/markets`: rules by market, what terms need by them, and what a new version changes."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from ledger.api.deps import MOST_PARTNER, JsonBody, NodeOf, ReaderOf, RecordPath, fields, record_id
from ledger.api.schemas import examples
from ledger.api.schemas.markets import ChangesList, DutyList, JudgementView, MarketList, NeedsView
from ledger.errors import MalformedRecord
from ledger.records.types import ShipmentTerms
from ledger.records.wallet_input import record_from_wallet
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.markets import ChangesAsked, DeviationsAsked, ShipmentAsked
from ledger.services.markets.views import document_of

router = APIRouter(tags=["markets"])
Document = Annotated[str, Path(description="SHA-256 of the file as 0x and lower-case hex")]


@router.get("/v1/markets", operation_id="listMarkets", response_model=MarketList, responses=examples.READ_RESPONSES)
def listing(node: NodeOf) -> dict[str, Any]:
    """The files of markets that the council adopted, by when they come into force, with their public sources."""
    return {"markets": node.reader.markets.listing()}


@router.post(
    "/v1/markets/needs",
    operation_id="getMarketNeeds",
    response_model=NeedsView,
    responses=examples.write_responses({200: "What the terms need"}),
    openapi_extra=examples.unsigned_body(),
)
def needs(data: JsonBody, node: NodeOf) -> dict[str, Any]:
    """What terms that open now need on their lane by the rules in force: clearances with their gates, papers, taxes;
    what they lack, and the rule that refuses the goods, if one does. Nothing is kept.
    """
    name, message = fields(data, "type", "message")
    record = record_from_wallet(name, message)
    if not isinstance(record, ShipmentTerms):
        raise MalformedRecord("no terms", where="type", expected=ShipmentTerms.__name__, found=str(name)[:80])
    return node.reader.markets.needs(record)


@router.get(
    "/v1/markets/deviations",
    operation_id="listTaxDeviations",
    response_model=DutyList,
    responses=examples.READ_RESPONSES,
)
def deviations(node: NodeOf, reader: ReaderOf) -> dict[str, Any]:
    """The clearances whose assessed taxes deviate from the rates of their market, the newest first.

    A partner gets those of its own shipments, as far as it may open the duty; auditors get all.
    """
    return answered(node.reader, reader, Kind.DEVIATIONS, asked_json(DeviationsAsked()))


@router.get(
    "/v1/markets/changes",
    operation_id="listMarketChanges",
    response_model=ChangesList,
    responses=examples.READ_RESPONSES,
)
def changes(
    node: NodeOf,
    reader: ReaderOf,
    partner: Annotated[int | None, Query(ge=1, le=MOST_PARTNER, description="By default who asks")] = None,
) -> dict[str, Any]:
    """What each version that is adopted and not in force yet changes for a partner, by its lanes and goods so far.

    For the partner itself and for auditors. What is open is judged by the version in force when it opened.
    """
    return answered(node.reader, reader, Kind.CHANGES, asked_json(ChangesAsked(partner or reader.partner)))


@router.get(
    "/v1/markets/{document}",
    operation_id="getMarket",
    response_class=Response,
    responses={**examples.READ_RESPONSES, 200: {"content": {"application/toml": {}}, "description": "The file"}},
)
def file(document: Document, node: NodeOf) -> Response:
    """An adopted file, byte for byte: its SHA-256 is what the council signed."""
    return Response(node.reader.markets.text(document_of(document)), media_type="application/toml")


@router.get(
    "/v1/shipments/{shipment}/market",
    operation_id="getShipmentMarket",
    response_model=JudgementView,
    responses=examples.READ_RESPONSES,
)
def shipment(shipment: RecordPath, node: NodeOf, reader: ReaderOf) -> dict[str, Any]:
    """A shipment beside the rules that were in force when it opened: what its terms needed and lacked, which papers are
    attested, and how assessed taxes deviate from the rates. For its parties and auditors.
    """
    asked = ShipmentAsked(record_id(shipment, "shipment"))
    return answered(node.reader, reader, Kind.MARKET_SHIPMENT, asked_json(asked))
