"""An answer with its inputs beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.bundle.whole.answer import MEMBER
from ledger.records.evidence import CheckpointTime
from ledger.services.answers.inputs import Counted, Inputs, Kind
from ledger.services.answers.kinds.question import NOWHERE, Places, Question
from ledger.services.answers.kinds.registry import MAKE
from ledger.services.exports.adopted_texts import adopted_at_hand
from ledger.services.node.reader import LedgerReader
from ledger.services.state.extent import Extent, extent_of
from ledger.services.views.records import Reader

TRIES = 4
"""How often an answer is made again because records came in meanwhile. Then it names no inputs."""


@dataclass(frozen=True, slots=True)
class _Look:
    extent: Extent
    log: Counted
    evidence: CheckpointTime | None
    rules: tuple[bytes, ...]


def answered(
    ledger: LedgerReader,
    reader: Reader | None,
    kind: Kind,
    asked: Mapping[str, Any],
    at: int | None = None,
    places: Places = NOWHERE,
) -> dict[str, Any]:
    """The answer, and under `inputs` what it is made again from: null where the log grew at each try. `at`: as of when,
    by default now; `reader` None: whoever runs this home.

    Raises what the service raises.
    """
    made: dict[str, Any] = {}
    for _ in range(TRIES):
        look = _looked(ledger)
        now = ledger.home.clock.now() if at is None else at
        made = MAKE[kind](Question(ledger, reader, now, asked, places))
        if ledger.extent() == look.extent:
            inputs = Inputs(kind, asked, reader, now, look.log, look.evidence, look.rules)
            return {**made, MEMBER: inputs.to_json()}
    return {**made, MEMBER: None}


def _looked(ledger: LedgerReader) -> _Look:
    consortium = ledger.home.consortium
    published = ledger.publisher.current()
    point = None if published is None else (published.head.size, published.head.root)
    with ledger.home.database.read() as connection:
        extent = extent_of(connection)
        registry = ledger.registry.refreshed(connection)
        times = [*registry.evidence.of(connection, consortium).times]
        rules = adopted_at_hand(connection, registry.now())
    return _Look(extent, Counted(consortium.log.origin, extent.size, point), times[-1] if times else None, rules)
