"""Logs for scores: many journeys as one, in the order of log and chain, and goods whose tender is contested."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from tests.oracle.acts import carry
from tests.oracle.chain import Chain
from tests.oracle.facts import DAY, HOUR, Seen
from tests.oracle.journeys import Journey
from tests.oracle.offers import contest, tender
from tests.oracle.story import EPOCH, ROLES, Story


def together(logs: Sequence[Sequence[Seen]]) -> list[Seen]:
    """All records of these logs as those of one, which share partners but no shipment."""
    tagged = [(number, one) for number, log in enumerate(logs) for one in log]
    on_chain = [(one.block_time or 0, number, *one.block) for number, one in tagged if one.block]
    blocks = {key: height for height, key in enumerate(sorted(on_chain), 1)}
    merged = sorted(tagged, key=lambda entry: (entry[1].logged_at, entry[0], entry[1].log_index))
    return [
        replace(
            one,
            log_index=index,
            block=(blocks[one.block_time or 0, number, *one.block], 0) if one.block else None,
        )
        for index, (number, one) in enumerate(merged)
    ]


def contested(rng: Random) -> Journey:
    """Goods on the way that are tendered about the promised day; a contest follows, and the dispute runs."""
    story = Story(rng, Chain(rng, ROLES, EPOCH, own_clock=False))
    story.open_first()
    for act in (carry, carry, carry, tender, contest):
        story.chain.now += rng.randrange(HOUR, 6 * HOUR)
        act(story)
    return Journey(story.chain.seen, story.roots, story.chain.latest + 20 * DAY, ROLES, frozenset(story.features))
