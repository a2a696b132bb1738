"""What is said of the goods of a random journey: tenders, contests, and that they are no more."""

from ledger.codes import Outcome, StatementKind
from ledger.records.eip712 import Withheld
from ledger.records.types import Place, Statement
from tests.oracle.chain import Slot
from tests.oracle.facts import DAY, HOUR, Seen
from tests.oracle.papers import endorse_offer
from tests.oracle.story import HAMBURG, OPEN, ROME, SUPPLIER, THIRD, Story, commercial_of, pick
from tests.oracle.travels import terms_of


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
