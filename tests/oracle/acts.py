"""What happens to the goods of a random journey, one function an act; each does nothing where it may not be done."""

from collections.abc import Callable
from typing import Final

from ledger.codes import (
    ExceptionBit,
    Outcome,
    Purpose,
)
from ledger.records.eip712 import Withheld
from ledger.records.types import (
    Child,
    Handoff,
    HandoffItem,
    Load,
    Override,
    Place,
    Split,
)
from tests.oracle.chain import Slot
from tests.oracle.facts import DAY
from tests.oracle.offers import contest, end, tender
from tests.oracle.papers import amend, clear, endorse, endorse_offer
from tests.oracle.story import (
    BERLIN,
    CARRIER,
    FAR_LOCKER,
    HAMBURG,
    LOCKER,
    MAIN,
    OPEN,
    ROME,
    SECOND,
    THIRD,
    WAREHOUSE,
    Story,
    pick,
)
from tests.oracle.travels import terms_of

LOCKERS: Final = (LOCKER, FAR_LOCKER)


def _hand_over(story: Story, slots: list[Slot], receiver: int, place: Place | Withheld) -> None:
    rng, items = story.rng, []
    for slot in sorted(slots, key=lambda s: s.id):
        count, exceptions, sequence, draw = slot.packages, 0, slot.sequence, rng.random()
        if draw < 0.12 and slot.packages > 1:
            count, exceptions = rng.randrange(1, slot.packages), ExceptionBit.SHORT
            story.mark("short item")
        elif draw < 0.16:
            count, exceptions = slot.packages + rng.randrange(1, 3), ExceptionBit.OVER
            story.mark("over item")
        elif draw < 0.22:
            count, exceptions = 0, ExceptionBit.REFUSED
            story.mark(
                "refused by the consignee" if receiver == terms_of(slot.terms).consignee else "refused by another"
            )
        elif draw < 0.25 and slot.sequence:
            sequence -= 1
            story.mark("stale item")
        items.append(HandoffItem(slot.id, sequence, count, exceptions))
    due = story.chain.now + rng.randrange(-2 * DAY, 3 * DAY) if story.chance(0.6) else 0
    releaser = slots[0].holder
    handoff = Handoff(
        tuple(items),
        releaser,
        receiver,
        place,
        Load(story.salt(), ""),
        story.claimed(),
        due,
        story.chain.now + 14 * DAY,
        OPEN,
    )
    seen = story.chain.handoff(handoff)
    if due:
        story.mark("leg with a deadline")
    if Outcome.APPLIED_IN_BREACH in seen.outcomes:
        story.mark("breach of a gate")
    if len(items) > 1:
        story.mark("manifest of several")


def carry(story: Story) -> None:
    """To a carrier, a warehouse or back to one who had it before."""
    slot = pick(story)
    if slot is None:
        return
    receiver = story.rng.choice([p for p in (CARRIER, SECOND, MAIN, WAREHOUSE) if p != slot.holder])
    if receiver in slot.holders:
        story.mark("back to an earlier holder")
    together = [s for s in story.live() if s.holder == slot.holder] if story.chance(0.3) else [slot]
    _hand_over(story, together, receiver, story.place(story.rng.choice((ROME, HAMBURG))))


def to_locker(story: Story) -> None:
    slot = pick(story)
    if slot is None:
        return
    receiver = story.rng.choice([p for p in (LOCKER, LOCKER, FAR_LOCKER) if p != slot.holder])
    story.mark("locker")
    _hand_over(story, [slot], receiver, story.place(story.rng.choice((HAMBURG, HAMBURG, HAMBURG, BERLIN, ROME))))


def deliver(story: Story) -> None:
    if story.resting and story.chance(0.3):
        story.resting.clear()
    slot = pick(story)
    if slot is None or slot.holder == terms_of(slot.terms).consignee:
        return
    story.mark("delivered")
    if slot.holder in LOCKERS:
        story.mark("fetched from a locker")
    _hand_over(story, [slot], terms_of(slot.terms).consignee, story.place(HAMBURG))


def split(story: Story) -> None:
    slot = pick(story, "open", "open", "delivered")
    if slot is None or slot.packages < 2:
        return
    pieces = min(slot.packages, story.rng.choice((2, 2, 3, 5)))
    cuts = sorted(story.rng.sample(range(1, slot.packages), pieces - 1))
    counts = [b - a for a, b in zip([0, *cuts], [*cuts, slot.packages], strict=True)]
    if slot.id != slot.terms.id:
        story.mark("split of a child")
    story.mark("split", "split once delivered" if slot.state == "delivered" else "split on the way")
    children = tuple(Child(count, ()) for count in counts)
    story.chain.split(Split(slot.holder, slot.id, slot.sequence, children, 1, story.claimed(), OPEN))


def onward(story: Story) -> None:
    slot = pick(story, "open", "open", "open", "delivered")
    purposes = (Purpose.ONWARD, Purpose.ONWARD, Purpose.RETURN, Purpose.RE_EXPORT, Purpose.TRANSFORMATION)
    if slot is not None:
        story.open_later([slot], story.rng.choice(purposes))


def merge(story: Story) -> None:
    """What one partner holds goes on under one new shipment."""
    slot = pick(story)
    if slot is not None:
        together = [s for s in story.live() if s.holder == slot.holder]
        if len(together) > 1:
            together = story.rng.sample(together, 2)
            story.open_later(together, story.rng.choice((Purpose.MERGE, Purpose.MERGE, Purpose.TRANSFORMATION)))


def override(story: Story) -> None:
    slot = pick(story)
    if slot is None:
        return
    receivers = {CARRIER, SECOND, WAREHOUSE, LOCKER}
    if story.chance(0.2):
        receivers = {terms_of(slot.terms).consignee}
    receiver = story.rng.choice(sorted(receivers - {slot.holder}) or [THIRD])
    count = slot.packages if story.chance(0.8) else story.rng.randrange(1, slot.packages + 1)
    story.mark("override")
    story.chain.override(
        Override(slot.id, slot.sequence, slot.holder, receiver, count, 0 if count == slot.packages else 1, OPEN)
    )


ACTS: Final[tuple[tuple[Callable[[Story], None], int], ...]] = (
    (carry, 18),
    (to_locker, 5),
    (deliver, 6),
    (split, 6),
    (onward, 4),
    (merge, 4),
    (override, 1),
    (tender, 9),
    (contest, 2),
    (endorse_offer, 4),
    (end, 2),
    (endorse, 10),
    (amend, 6),
    (clear, 18),
)
