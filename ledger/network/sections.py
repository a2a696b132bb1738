"""Sections of a way: the legs with a deadline, by where they lie between the first holder and the consignee."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ledger.common.figure import figure
from ledger.common.ids import RecordId
from ledger.shipments.portions import Move


class Section(StrEnum):
    """`first`: taken over from whoever had the goods at the opening. `last`: passed on to the consignee. `whole`: both,
    one partner all the way. `middle`: neither, or not known yet because the goods have not been passed on.
    """

    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"
    WHOLE = "whole"

    def with_others(self, other: "Section") -> "Section":
        """The section of a leg in which goods parted: it ends at the consignee where all of them did."""
        if self is other:
            return self
        begins = {self, other} & {Section.FIRST, Section.WHOLE}
        return Section.FIRST if begins else Section.MIDDLE


@figure("section", "due", "in_time", "in_time_ppm")
@dataclass(frozen=True, slots=True)
class SectionFigures:
    """Legs of one section whose deadline has passed, and those of them that were out in time."""

    section: Section
    due: int
    in_time: int

    @property
    def in_time_ppm(self) -> int | None:
        return self.in_time * 1_000_000 // self.due if self.due else None


def sections_of(moves: Sequence[Move], consignee: int) -> Mapping[RecordId, Section]:
    """The section that begins with each handoff, `moves` being all of one way in order."""
    way = [move for move in moves if not move.refused]
    result: dict[RecordId, Section] = {}
    for i, move in enumerate(way):
        following = way[i + 1] if i + 1 < len(way) else None
        last = following is not None and following.handoff is not None and following.receiver == consignee
        result[move.verified.id] = (
            (Section.WHOLE if last else Section.FIRST) if i == 0 else Section.LAST if last else Section.MIDDLE
        )
    return result
