"""What log and chain say of a record, from the `Outcome` records about it."""

from collections.abc import Sequence

from ledger.codes import NOT_FINAL
from ledger.codes import Outcome as Code
from ledger.errors import MalformedRecord
from ledger.records.evidence import Evidence
from ledger.records.types import Outcome
from ledger.records.verification import Facts


def facts_of(index: int, log_time: int, events: Sequence[tuple[int, Outcome]], evidence: Evidence) -> Facts:
    """The facts of the record at leaf `index`, whose `Outcome` records are `events` (leaf index, record), in any order.

    `evidence` is what bears out the times of the log.

    The first final outcome of an item stands; an item without one stands as AHEAD. A record that the chain rejected as
    a whole was never judged there: it stands at its place in the log. Raises `MalformedRecord` for an unknown outcome.
    """
    codes: dict[int, Code] = {}
    first: Outcome | None = None
    last = 0
    for place, event in sorted(events, key=lambda e: e[0]):
        new = {i: code for i, code in enumerate(map(_code, event.outcomes)) if code not in NOT_FINAL and i not in codes}
        if new:
            codes |= new
            first = first or event
            last = place
    covered, counts = evidence.times.covering(index), evidence.block_time_counts
    if first is None:
        return Facts(index, log_time, covered=covered, block_time_counts=counts)
    outcomes = tuple(codes.get(i, Code.AHEAD) for i in range(max(codes) + 1))
    if all(code is Code.REJECTED for code in outcomes):
        return Facts(index, log_time, outcomes=outcomes, outcome_index=last, covered=covered, block_time_counts=counts)
    return Facts(
        log_index=index,
        logged_at=log_time,
        block_number=first.blockNumber,
        block_time=first.blockTime,
        event_index=first.eventIndex,
        outcomes=outcomes,
        outcome_index=last,
        covered=covered,
        block_time_counts=counts,
    )


def _code(value: int) -> Code:
    try:
        return Code(value)
    except ValueError:
        raise MalformedRecord("unknown outcome", where="Outcome.outcomes", found=value) from None
