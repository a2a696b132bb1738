"""The wide search: every deed of one partner or of two who work together, and whom of the others it hurts, and how.

The figures are the product's own. A finding is a deed by which somebody who did not sign it is worse off, or by which
who signed it looks better in a score (which hurts whoever reads it). `accepted.py` lists those that the rules let
through, each with its reason; any other fails.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.oracle.facts import Seen
from tests.oracle.gaming.collusion import left_out, pairs
from tests.oracle.gaming.corrections import corrections, new_terms
from tests.oracle.gaming.deeds import Deed, alone
from tests.oracle.gaming.figures import Figures, Interest, figures, hurt, moved_shares, served
from tests.oracle.gaming.logs import spaced
from tests.oracle.gaming.timing import log_times, other_times
from tests.oracle.journeys import Journey
from tests.oracle.story import CUSTOMS


@dataclass(frozen=True)
class Finding:
    """`deed` moved `figure`: it `hurts` somebody who did not sign, or serves (`hurts` is false) somebody who did."""

    deed: Deed
    figure: str
    partner: int
    hurts: bool

    @property
    def family(self) -> str:
        return f"{self.deed.kind}: {self.figure} {'hurts a stranger' if self.hurts else 'serves a signer'}"


@dataclass
class Report:
    """`tried`: how many deeds, by what was done; `findings`: what some of them moved."""

    tried: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


SORTS: Final = ("alone", "together", "left out", "corrections", "new terms", "other times", "log times")
"""Deeds of one partner; of two; what two leave out; corrections; amended terms; times that two sign; the operator's."""


def search(
    journey: Journey, rng: Random, report: Report, most: int | None = None, sorts: Collection[str] = SORTS
) -> None:
    """Try all deeds upon the journey's first shipment; with `most` so many of each sort, drawn by `rng`."""
    seen, at = spaced(journey.seen), journey.at
    before = figures(seen, at)
    for sort in sorts:
        found = list(_deeds(sort, seen, journey.roots[0], at, rng))
        for honest, deed in found if most is None or len(found) <= most else rng.sample(found, most):
            report.tried[deed.what] += 1
            report.findings += _judged(deed, before if honest is seen else figures(honest, at), figures(deed.seen, at))


def _deeds(sort: str, seen: list[Seen], root: bytes, at: int, rng: Random) -> Iterator[tuple[list[Seen], Deed]]:
    """Each deed with the log that it is compared with: as it is, but for the hour that is the operator's to set."""
    deeds: Iterator[Deed]
    match sort:
        case "alone":
            deeds = alone(seen, root, at, rng)
        case "together":
            deeds = pairs(seen, root, at, rng)
        case "left out":
            deeds = left_out(seen, root)
        case "corrections":
            deeds = corrections(seen, root, at, rng)
        case "new terms":
            deeds = new_terms(seen, root, at, rng)
        case "other times":
            deeds = other_times(seen)
        case _:
            yield from log_times(seen)
            return
    yield from ((seen, deed) for deed in deeds)


def _judged(deed: Deed, before: Figures, after: Figures) -> Iterator[Finding]:
    for interest in hurt(before, after):
        if interest.partner not in deed.by:
            yield Finding(deed, interest.figure, interest.partner, hurts=True)
    for interest in served(before, after):
        if interest.partner in deed.by and _is_public(interest):
            yield Finding(deed, interest.figure, interest.partner, hurts=False)
    for _ in moved_shares(before, after, deed.goods):
        yield Finding(deed, "another part's share", CUSTOMS, hurts=True)


def _is_public(interest: Interest) -> bool:
    """Whether somebody else reads it: breaches and scores; what one owes is a matter between two."""
    return interest.figure not in ("debt", "claim", "recourse")
