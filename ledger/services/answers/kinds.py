"""How each answer is made from a ledger, by what was asked: the one place, for the API, the command line and whoever
makes it again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.explain.access.standing import stated
from ledger.planning.distances import Position
from ledger.services.answers.asked import asked_of
from ledger.services.answers.inputs import Kind
from ledger.services.node.reader import LedgerReader
from ledger.services.planning.routes import RouteAsked, route_for
from ledger.services.views.records import Reader

Places = Mapping[bool, Mapping[str, Position]]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a ledger, by whose rights (None: whoever runs the home) and when. `places`: where they lie, True
    for goods by air; none where no plan is asked for."""

    ledger: LedgerReader
    reader: Reader | None
    at: int
    asked: Mapping[str, Any]
    places: Places


Make = Callable[[Question], dict[str, Any]]


def _route(question: Question) -> dict[str, Any]:
    asked, more = asked_of(RouteAsked, question.asked, {"evidence": bool})
    answer = route_for(question.ledger.numbers, question.reader, question.at, asked, question.places)
    return answer.to_json(evidence=more["evidence"])


MAKE: Mapping[Kind, Make] = {Kind.ROUTE: _route}
