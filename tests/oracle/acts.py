"""What happens to the goods of a random journey, one function an act; each does nothing where it may not be done."""

from collections.abc import Callable
from typing import Final

from ledger.codes import (
    ExceptionBit,
    Outcome,
    Purpose,
    StatementKind,
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
    Statement,
)
from tests.oracle.chain import Slot
from tests.oracle.facts import DAY, HOUR, Seen
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
    SUPPLIER,
    THIRD,
    WAREHOUSE,
    Story,
    commercial_of,
    pick,
)
from tests.oracle.travels import terms_of

LOCKERS: Final = (LOCKER, FAR_LOCKER)


# --- custody ---


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


# --- statements ---


def _say(
    story: Story, kind: int, by: int, counterparty: int, slot: Slot, sequence: int, place: Place | Withheld
) -> Seen:
    statement = Statement(by, counterparty, kind, slot.id, sequence, story.claimed(), place, OPEN)
    signers = (by, counterparty) if kind in (StatementKind.DESTROYED, StatementKind.ABANDONED) else (by,)
    return story.chain.statement(statement, signers)


def tender(story: Story) -> None:
    """By the holder, or by the holder of a former sequence; mostly where the terms say, after the promise."""
    slot = pick(story)
    if slot is None:
        return
    sequence = slot.sequence
    if story.chance(0.15) and sequence:
        sequence -= 1
        story.mark("tender of a former holder")
    by, consignee = slot.holders[sequence], terms_of(slot.terms).consignee
    if by == consignee:
        return
    named = story.place(story.rng.choice((HAMBURG, HAMBURG, HAMBURG, HAMBURG, ROME)))
    place: Place | Withheld = named
    if story.chance(0.08):
        story.mark("tender at a closed place")
        place = Withheld(named.hash_struct())
    story.over = story.chance(0.3)
    if story.chance(0.5):
        story.resting.add(slot.id)
    addressee = consignee if story.chance(0.95) else THIRD
    if story.chance(0.7):
        story.chain.now = max(story.chain.now, commercial_of(slot).promisedAt + story.rng.randrange(-2 * DAY, 5 * DAY))
    seen = _say(story, StatementKind.TENDER, by, addressee, slot, sequence, place)
    story.tenders.append(seen)
    story.mark("tender")
    if slot.id != slot.terms.id:
        story.mark("tender of a child")
    if story.chance(0.4):
        story.chain.now += story.rng.randrange(HOUR, 2 * DAY)
        contest(story)
        story.over = story.over or story.chance(0.3)
    if story.chance(0.25):
        story.chain.now += story.rng.choice((4 * DAY, 33 * DAY))


def contest(story: Story) -> None:
    if not story.tenders:
        return
    target = story.rng.choice(story.tenders[-2:]).record
    assert isinstance(target, Statement)
    slot = story.chain.slots[target.shipment]
    terms = terms_of(slot.terms)
    by = story.rng.choice((terms.consignee, terms.consignee, terms.consignor))
    seen = _say(story, StatementKind.CONTEST, by, 0, slot, target.sequence, story.place(HAMBURG))
    story.tenders.append(seen)
    story.mark("contest")
    if story.chance(0.5):
        endorse_offer(story)


def end(story: Story) -> None:
    slot = pick(story, "open", "open", "open", "delivered")
    if slot is None:
        return
    kind = story.rng.choice(
        (
            StatementKind.LOST,
            StatementKind.LEFT,
            StatementKind.SOLD,
            StatementKind.DESTROYED,
            StatementKind.ABANDONED,
        )
    )
    story.mark(kind.name.lower())
    seen = _say(story, kind, slot.holder, SUPPLIER, slot, slot.sequence, story.place(HAMBURG))
    if Outcome.APPLIED_IN_BREACH in seen.outcomes:
        story.mark("sale in breach")


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
