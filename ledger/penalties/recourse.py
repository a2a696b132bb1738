"""The split of a penalty over the legs: who pays how much of it back to the liable partner.

In proportion to each leg's overrun of its `dueAt` (the receiver's deadline for passing on), net of customs; largest
remainder, ties to the earlier leg; without any overrun everything stays with the liable partner.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger.common.figure import Seconds, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.common.spans import measure
from ledger.penalties.lateness import PortionLine
from ledger.shipments.clock_stop import Moved, moved
from ledger.shipments.history import Journeys


@figure(
    "partner",
    "shipment",
    "handoff",
    ("in_at", "start"),
    "due_at",
    "out_at",
    "customs_seconds",
    "overrun_seconds",
    "amount",
)
@dataclass(frozen=True, slots=True)
class LegLine:
    """One partner's leg: goods in at `start`, due out at `due_at`, out at `out_at` (counted), in seconds UTC.

    `amount` is its part of the penalty by recourse. `shipment` is the portion of goods it belongs to.
    """

    shipment: bytes
    partner: PartnerId
    handoff: RecordId
    start: Seconds
    due_at: Seconds
    out_at: Seconds
    customs_seconds: Seconds
    overrun_seconds: Seconds
    amount: int


def legs_of(journeys: Journeys, line: PortionLine, consignee: int) -> tuple[list[LegLine], list[Moved]]:
    """The legs of these goods that had a deadline, amounts still 0; and all their moves in time."""
    portion, force = line.part.portion, line.force
    moves = [moved(journeys, move, force.commercial) for move in portion.moves if not move.refused]
    legs: list[LegLine] = []
    for i, came in enumerate(moves):
        partner = came.move.receiver
        if not came.due_at or partner == consignee or came.at > line.counted_until:
            continue
        out_at = min(moves[i + 1].at, line.counted_until) if i + 1 < len(moves) else line.counted_until
        out_at = max(came.at, out_at)
        # What a partner did not cause is not its delay; customs time that the penalty leaves out is nobody's recourse.
        # Relief is agreed without those whose legs these are: a period of it would move the rest onto the other legs.
        spans = [
            held.span
            for held in line.holds
            if held.taken_out or (held.hold.confirmed and partner != force.commercial.liable)
        ]
        customs = measure(spans, came.at, out_at)
        legs.append(
            LegLine(
                shipment=line.shipment,
                partner=PartnerId(partner),
                handoff=came.move.verified.id,
                start=came.at,
                due_at=came.due_at,
                out_at=out_at,
                customs_seconds=customs,
                overrun_seconds=max(0, out_at - came.due_at - customs),
                amount=0,
            )
        )
    return legs, moves


def shared_out(parts: Sequence[tuple[PortionLine, Sequence[LegLine]]]) -> tuple[LegLine, ...]:
    """The legs of all parts, earliest first, each with its part of what is owed for its goods at least.

    What no leg's overrun carries stays with the liable partner.
    """
    result: list[LegLine] = []
    for line, legs in parts:
        amounts = apportion(line.amount, [leg.overrun_seconds for leg in legs])
        result += [replace(leg, amount=amount) for leg, amount in zip(legs, amounts, strict=True)]
    return tuple(sorted(result, key=lambda leg: leg.start))


def apportion(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """`amount` in proportion to `weights` by largest remainder, ties to the earlier; all 0 when no weight is.

    The parts sum to `amount` exactly when a weight is positive.
    """
    total = sum(weights)
    if not total:
        return (0,) * len(weights)
    parts = [amount * weight // total for weight in weights]
    left = amount - sum(parts)
    order = sorted(range(len(parts)), key=lambda i: (-(amount * weights[i] - parts[i] * total), i))
    for i in order[:left]:
        parts[i] += 1
    return tuple(parts)
