"""Random journeys: consistent histories of one consortium, with every record that a penalty may hang on."""

from dataclasses import dataclass
from random import Random

from tests.oracle.acts import ACTS
from tests.oracle.chain import Chain
from tests.oracle.facts import DAY, HOUR, Seen
from tests.oracle.story import EPOCH, ROLES, Story


@dataclass(frozen=True)
class Journey:
    """`roots`: the terms whose penalty may be asked, the first the journey's own; `at`: the time it is judged at."""

    seen: list[Seen]
    roots: list[bytes]
    at: int
    roles: dict[int, int]
    features: frozenset[str]


def random_journey(rng: Random) -> Journey:
    """One consistent history of 8 to 30 acts over a few weeks, judged at its end or up to 45 days later."""
    own_clock = rng.random() < 0.2
    story = Story(rng, Chain(rng, ROLES, EPOCH, own_clock=own_clock))
    if own_clock:
        story.mark("own clock")
    story.open_first()
    if rng.random() < 0.25:
        story.chain.now += rng.randrange(60, HOUR)
        story.open_first()
    acts, weights = zip(*ACTS, strict=True)
    for _ in range(rng.randrange(8, 30)):
        story.chain.now += rng.choice((rng.randrange(60, 6 * HOUR), rng.randrange(HOUR, 3 * DAY)))
        rng.choices(acts, weights)[0](story)
    at = story.chain.latest + rng.choice((rng.randrange(1, DAY), rng.randrange(DAY, 45 * DAY)))
    return Journey(story.chain.seen, story.roots, at, ROLES, frozenset(story.features))
