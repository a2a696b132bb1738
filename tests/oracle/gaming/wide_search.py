"""The wide search: every deed of one partner or of two who work together, and whom of the others it hurts, and how.

The figures are the product's own. A finding is a deed by which somebody who did not sign it is worse off, or by which
who signed it looks better in a score (which hurts whoever reads it). `accepted.py` lists those that the rules let
through, each with its reason; any other fails.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

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


def search(journey: Journey, rng: Random, report: Report, most: int | None = None) -> None:
    """Try all deeds upon the journey's first shipment; with `most` so many of each sort, drawn by `rng`."""
    seen, root, at = spaced(journey.seen), journey.roots[0], journey.at
    before = figures(seen, at)
    sorts = {
        "alone": alone(seen, root, at, rng),
        "together": pairs(seen, root, at, rng),
        "together, left out": left_out(seen, root),
        "corrections": corrections(seen, root, at, rng),
        "new terms": new_terms(seen, root, at, rng),
        "other times": other_times(seen),
    }
    for deeds in sorts.values():
        for deed in _drawn(deeds, rng, most):
            report.tried[deed.what] += 1
            report.findings += _judged(deed, before, figures(deed.seen, at))
    for honest, deed in _drawn(log_times(seen), rng, most):
        report.tried[deed.what] += 1
        report.findings += _judged(deed, figures(honest, at), figures(deed.seen, at))


def _drawn(deeds: Iterator[object], rng: Random, most: int | None) -> list:  # type: ignore[type-arg]
    found = list(deeds)
    return found if most is None or len(found) <= most else rng.sample(found, most)


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
