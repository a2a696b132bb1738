"""What happened to goods, piece by piece: moves that the chain applied, how children came to be, and portions that
travelled as one.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, NamedTuple, TypeVar

from ledger.records.types import REMAINDER_INDEX, Handoff, Record, Split
from ledger.records.verification import VerifiedRecord

WHOLE = Fraction(1)
R_co = TypeVar("R_co", bound=Record, covariant=True)


class Found(NamedTuple, Generic[R_co]):
    """A verified record and its body by its own type."""

    verified: VerifiedRecord
    record: R_co


@dataclass(frozen=True, slots=True)
class Move:
    """A handoff item or an override that the chain applied to a shipment. `handoff` is None for an override."""

    shipment: bytes
    sequence: int
    releaser: int
    receiver: int
    packages: int
    exceptions: int
    verified: VerifiedRecord
    handoff: Handoff | None
    in_breach: bool = False
    """The chain marked it: a gate was passed before the release that it knew of."""

    @property
    def refused(self) -> bool:
        """Counter-signed with no package taken: custody stayed."""
        return self.packages == 0


@dataclass(frozen=True, slots=True)
class Origin:
    """How a child came to be: split from, or left behind of, `parent` at `sequence` by `record`."""

    parent: bytes
    sequence: int
    index: int
    verified: VerifiedRecord
    occurred_at: int
    holder: int

    @property
    def remainder(self) -> bool:
        return self.index == REMAINDER_INDEX

    @property
    def parted_at(self) -> int:
        """The second until which the parent's history is the child's too. A remainder's is signed by two; who splits
        signs alone, so that its claim moves nothing.
        """
        return self.occurred_at if self.remainder else self.verified.known

    @property
    def place(self) -> tuple[int, ...]:
        """Where the child stands among all children, in the chain's order."""
        return *self.verified.place, self.index


def part_of(amount: int, share: Fraction) -> int:
    """That share of an amount, rounded down."""
    return amount if share is WHOLE else int(amount * share)


def left_behind(move: Move) -> Origin:
    """How the remainder came to be that a short move left with its releaser."""
    occurred_at = move.handoff.occurredAt if move.handoff else move.verified.known
    return Origin(move.shipment, move.sequence, REMAINDER_INDEX, move.verified, occurred_at, move.releaser)


@dataclass(frozen=True, slots=True)
class Portion:
    """Goods that travelled as one: a shipment, or the remainder of a short item of it.

    `share` is the part of what the root terms promised; `started` packages were counted when this id began, `packages`
    last. `path` leads from the root to here: each shipment with the
    sequence up to which its history is this portion's too (None at the end: all of it). `moves` are those of the
    whole path in order. `split` closed it into children, each a shipment in its own right.
    """

    shipment: bytes
    share: Fraction
    packages: int
    path: tuple[tuple[bytes, Origin | None], ...]
    moves: tuple[Move, ...]
    split: Found[Split] | None
    started: int

    @property
    def counted(self) -> int:
        """The packages that this id stands for: those it began with, less what short items left behind; `over` adds
        none.
        """
        return min((self.started, *(m.packages for m in self.moves if m.shipment == self.shipment and m.packages)))
