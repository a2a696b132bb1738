"""Journeys of goods that have a name: what the scores of suppliers, carriers and brokers hang on."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final

from ledger.codes import ExceptionBit, Purpose
from ledger.records.types import Commercial, Goods, Handoff, HandoffItem, Load
from tests.oracle.acts import ACTS
from tests.oracle.chain import Chain
from tests.oracle.facts import DAY, HOUR
from tests.oracle.journeys import Journey
from tests.oracle.scores.brand_acts import GTINS, LADEN_ROLES, grant, recall, revoke, vouch
from tests.oracle.scores.broker_acts import procedure
from tests.oracle.story import CARRIER, EPOCH, HAMBURG, MAIN, OPEN, ROME, SECOND, SUPPLIER, WAREHOUSE, Story, pick
from tests.oracle.travels import terms_of

INCOTERMS = ("", "EXW", "FCA", "FOB", "CPT", "CIF", "DAP", "DDP", "DPU")
DAMAGES = (
    ExceptionBit.DAMAGED,
    ExceptionBit.WRONG_GOODS,
    ExceptionBit.SEAL_BROKEN,
    ExceptionBit.TEMPERATURE,
    ExceptionBit.UNCHECKED,
)


class LadenStory(Story):
    """Terms name goods and where the supplier's risk ends."""

    def commercial(self, promised: int, liable: int, beneficiary: int) -> Commercial:
        return replace(super().commercial(promised, liable, beneficiary), incoterm=self.rng.choice(INCOTERMS))

    def contents(self) -> tuple[Goods, ...]:
        kinds = self.rng.choice((0, 1, 1, 1, 2))
        gtins = self.rng.sample((*GTINS[:2], *GTINS), kinds) if self.chance(0.9) else [""] * kinds
        return tuple(
            Goods(self.salt(), gtin, self.rng.choice(("", "A", "B")), bytes(32), 10, "EA", "", "") for gtin in gtins
        )


def laden_journey(rng: Random) -> Journey:
    """One consistent history of 12 to 40 acts, with what the scores of suppliers, carriers and brokers hang on."""
    story = LadenStory(rng, Chain(rng, LADEN_ROLES, EPOCH, own_clock=rng.random() < 0.1))
    grant(story)
    for _ in range(rng.randrange(0, 4)):
        vouch(story)
    story.open_first()
    acts, weights = zip(*ACTS, *LADEN_ACTS, strict=True)
    for _ in range(rng.randrange(12, 40)):
        story.chain.now += rng.choice((rng.randrange(60, 6 * HOUR), rng.randrange(HOUR, 2 * DAY)))
        rng.choices(acts, weights)[0](story)
    at = story.chain.latest + rng.choice((rng.randrange(1, DAY), rng.randrange(DAY, 45 * DAY)))
    return Journey(story.chain.seen, story.roots, at, LADEN_ROLES, frozenset(story.features))


# --- goods ---


def _hand_damaged(story: Story) -> None:
    """To the next, who finds something wrong with the goods, or finds again what was found before."""
    slot = pick(story)
    if slot is None:
        return
    consignee = terms_of(slot.terms).consignee
    receivers = [p for p in (CARRIER, SECOND, MAIN, WAREHOUSE, consignee) if p != slot.holder]
    exceptions = story.rng.choice(DAMAGES) | (story.rng.choice(DAMAGES) if story.chance(0.3) else 0)
    count = slot.packages
    if count > 1 and story.chance(0.2):
        count, exceptions = story.rng.randrange(1, count), exceptions | ExceptionBit.SHORT
    elif story.chance(0.2):
        count, exceptions = 0, exceptions | ExceptionBit.REFUSED
    item = HandoffItem(slot.id, slot.sequence, count, exceptions)
    due = story.chain.now + story.rng.randrange(-DAY, 3 * DAY) if story.chance(0.7) else 0
    load, until = Load(story.salt(), ""), story.chain.now + 14 * DAY
    place, when = story.place(ROME), story.claimed()
    receiver = story.rng.choice(receivers)
    story.chain.handoff(Handoff((item,), slot.holder, receiver, place, load, when, due, until, OPEN))


def _send_off(story: Story) -> None:
    """The supplier hands its goods to the first carrier, whole and sound."""
    for slot in story.live():
        if slot.holder == SUPPLIER and slot.id not in story.resting:
            item = HandoffItem(slot.id, slot.sequence, slot.packages, 0)
            due = story.chain.now + story.rng.randrange(0, 4 * DAY) if story.chance(0.7) else 0
            load, until = Load(story.salt(), ""), story.chain.now + 14 * DAY
            place, when = story.place(ROME), story.claimed()
            story.chain.handoff(Handoff((item,), SUPPLIER, CARRIER, place, load, when, due, until, OPEN))
            return


def _arrive(story: Story) -> None:
    """All goods of one holder reach their consignee in one manifest, whole and sound."""
    slot = pick(story)
    if slot is None or slot.holder == terms_of(slot.terms).consignee:
        return
    receiver = terms_of(slot.terms).consignee
    same = [s for s in story.live() if s.holder == slot.holder and terms_of(s.terms).consignee == receiver]
    same = [s for s in same if receiver or s.terms.id == slot.terms.id]
    items = tuple(HandoffItem(s.id, s.sequence, s.packages, 0) for s in sorted(same, key=lambda s: s.id))
    load, until = Load(story.salt(), ""), story.chain.now + 14 * DAY
    place = story.place(HAMBURG)
    story.chain.handoff(Handoff(items, slot.holder, receiver, place, load, story.claimed(), 0, until, OPEN))


def _send_back(story: Story) -> None:
    """What arrived, or was refused, goes into a return; mostly somebody takes it."""
    slot = pick(story, "delivered", "delivered", "open")
    if slot is None:
        return
    back = story.open_later([slot], Purpose.RETURN)
    if back is not None and story.chance(0.7):
        below = story.chain.slots[back.id]
        story.chain.now += story.rng.randrange(HOUR, DAY)
        item = HandoffItem(below.id, 0, below.packages, 0)
        load, until = Load(story.salt(), ""), story.chain.now + 14 * DAY
        receiver = story.rng.choice([p for p in (CARRIER, SECOND, SUPPLIER) if p != below.holder])
        place, when = story.place(ROME), story.claimed()
        story.chain.handoff(Handoff((item,), below.holder, receiver, place, load, when, 0, until, OPEN))


LADEN_ACTS: Final[tuple[tuple[Callable[[Story], None], int], ...]] = (
    (_hand_damaged, 6),
    (_send_off, 20),
    (_arrive, 15),
    (_send_back, 4),
    (vouch, 14),
    (revoke, 5),
    (recall, 3),
    (procedure, 16),
)
