"""What the API answers about access by score, and about leagues."""

from typing import Annotated, Any

from pydantic import WithJsonSchema

from ledger.api.schemas.answers import Answer
from ledger.api.schemas.figures import PeriodView
from ledger.api.schemas.inputs import FromInputs, PageFromInputs
from ledger.common.figure import json_schema
from ledger.network.league import League
from ledger.services.figures.access import Standing


def _standing() -> dict[str, Any]:
    schema = json_schema(Standing)
    schema["properties"] |= {
        "title": {"type": "string"},
        "explanation": {"type": "array", "items": {"type": "string"}},
    }
    return schema | {"required": list(schema["properties"])}


def _league() -> dict[str, Any]:
    """The schema of a league, the records null where the reader did not ask for them."""
    schema = json_schema(League)
    properties = schema["properties"]["entries"]["items"]["properties"]
    properties["evidence"] = {"anyOf": [properties["evidence"], {"type": "null"}]}
    return schema


StandingView = Annotated[dict[str, Any], WithJsonSchema(_standing())]
"""A partner at one gate; `explanation` says in sentences what its stage means."""
LeagueFigures = Annotated[dict[str, Any], WithJsonSchema(_league())]


class StandingPage(PageFromInputs):
    standings: list[StandingView]


class LaneView(Answer):
    """Countries, or names of places; `mode` null where terms name none."""

    origin: str
    destination: str
    mode: str | None


class LaneCount(LaneView):
    shipments: int


class LeagueView(FromInputs):
    """`league` null where no lane was named; `lanes`: those of the reader's shipments, the busiest first."""

    role: str
    by: str
    period: PeriodView
    lane: LaneView | None
    league: LeagueFigures | None
    explanation: list[str]
    lanes: list[LaneCount]
