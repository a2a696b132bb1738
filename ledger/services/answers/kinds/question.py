"""What is asked of a ledger."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.planning.distances import Position
from ledger.services.node.reader import LedgerReader
from ledger.services.views.records import Reader

Places = Mapping[bool, Mapping[str, Position]]
NOWHERE: Places = {True: {}, False: {}}


@dataclass(frozen=True, slots=True)
class Question:
    """By whose rights (None: whoever runs the home), as of when (UTC seconds), and what. `places`: where they lie, True
    for goods by air; needed for plans alone.
    """

    ledger: LedgerReader
    reader: Reader | None
    at: int
    asked: Mapping[str, Any]
    places: Places
    told: Mapping[str, Any] | None = None
    """The answer that is checked: a solver's plan is confirmed in place of being looked for."""


Make = Callable[[Question], dict[str, Any]]
