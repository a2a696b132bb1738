"""What the API answers about rules of markets, typed."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from ledger.api.schemas.answers import Answer
from ledger.api.schemas.inputs import FromInputs
from ledger.common.figure import json_schema
from ledger.markets.changes import CaseChange
from ledger.markets.judging import DutyCheck, ShipmentJudgement
from ledger.markets.needs import Lack, Need

NeedView = Annotated[dict[str, Any], WithJsonSchema(json_schema(Need))]
LackView = Annotated[dict[str, Any], WithJsonSchema(json_schema(Lack))]


def _with_sentences(kind: type) -> dict[str, Any]:
    """The schema of a figure, with the sentences that stand beside it."""
    schema = json_schema(kind)
    schema["properties"] |= {"explanation": {"type": "array", "items": {"type": "string"}}}
    return schema | {"required": list(schema["properties"])}


def _judgement() -> dict[str, Any]:
    schema = _with_sentences(ShipmentJudgement)
    schema["properties"] |= {"inputs": {"anyOf": [{"type": "object"}, {"type": "null"}]}}
    return schema | {"required": list(schema["properties"])}


JudgementView = Annotated[dict[str, Any], WithJsonSchema(_judgement())]
"""A shipment beside the rules of its lane, see `ledger.markets.judging.ShipmentJudgement`."""
DutyView = Annotated[dict[str, Any], WithJsonSchema(_with_sentences(DutyCheck))]
CaseView = Annotated[dict[str, Any], WithJsonSchema(_with_sentences(CaseChange))]


class SourceView(Answer):
    id: str
    title: str
    date: str = Field(description="Of the text, or of its reading where it has none; ISO 8601")
    url: str


class MarketView(Answer):
    """An adopted file. `state`: `in force`, `coming` or `replaced`."""

    market: str = Field(description="SHA-256 of the file")
    jurisdiction: str
    title: str
    version: int
    currency: str
    since: int = Field(description="From when on it is in force, UTC seconds")
    state: str
    rules: int
    sources: list[SourceView]


class MarketList(Answer):
    markets: list[MarketView]


class NeedsView(Answer):
    """`requires`: the clearances that would do, as terms state them; `refused`: the rule that refuses the goods."""

    at: int
    needs: list[NeedView]
    lacks: list[LackView]
    requires: list[dict[str, Any]]
    refused: str | None
    explanation: list[str]


class DutyList(FromInputs):
    clearances: list[DutyView]


class ChangesView(Answer):
    """What one version changes for a partner; `open`: shipments under way, which stay as they are."""

    partner: int
    market: str
    jurisdiction: str
    version: int
    since: int
    replaces: str | None
    open: int
    cases: list[CaseView]


class ChangesList(FromInputs):
    changes: list[ChangesView]
