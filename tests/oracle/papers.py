"""What is signed about the goods of a random journey beside their moves: endorsements, amendments, clearances."""

import json

from ledger.codes import (
    AmendmentKind,
    Assurance,
    ClearanceStatus,
    HoldCause,
)
from ledger.records.types import (
    Amendment,
    Clearance,
    Commercial,
    Details,
    Duty,
    Endorsement,
    ShipmentRef,
)
from tests.oracle.chain import Pair, Slot, record_id
from tests.oracle.facts import DAY, HOUR
from tests.oracle.story import (
    AUDITOR,
    AUTHORITY,
    BROKER,
    CUSTOMS,
    FAR_LOCKER,
    OPEN,
    PLATFORM,
    RETAILER,
    THIRD,
    WAREHOUSE,
    Story,
    commercial_of,
    pick,
)
from tests.oracle.travels import terms_of

# --- endorsements and amendments ---


def _endorse(story: Story, by: int, target: bytes) -> None:
    endorsement = Endorsement(by, target)
    if all(seen.id != record_id(endorsement) for seen in story.chain.seen):  # once said, it is the same record
        story.chain.take(endorsement, (by,))


def endorse_offer(story: Story) -> None:
    """A third, or somebody who is none, under a tender or a contest."""
    if story.tenders:
        target = story.rng.choice(story.tenders[-2:])
        by = story.rng.choice((THIRD, THIRD, AUDITOR, AUTHORITY, FAR_LOCKER, WAREHOUSE, BROKER, PLATFORM))
        story.mark("third endorsed an offer" if by in (THIRD, AUDITOR, AUTHORITY) else "no third endorsed an offer")
        _endorse(story, by, target.id)


def endorse(story: Story) -> None:
    """One of the sides under terms or a clearance."""
    targets = [s for s in story.chain.seen if isinstance(s.record, Clearance)] * 2 + [
        story.chain.slots[root].terms for root in story.roots
    ]
    first = terms_of(story.chain.slots[story.roots[0]].terms)
    assert isinstance(first.commercial, Commercial)
    commercial = first.commercial
    by = story.rng.choice((commercial.liable, commercial.beneficiary, RETAILER, THIRD))
    target = story.rng.choice(targets)
    story.mark("clearance endorsed" if isinstance(target.record, Clearance) else "terms endorsed")
    if by == commercial.liable and target.id == story.roots[0]:
        story.mark("liable endorsed the terms")
    _endorse(story, by, target.id)


def amend(story: Story) -> None:
    """Terms or relief, of the whole or of one child, signed by all or (without effect) by some."""
    root = story.chain.slots[story.roots[0]].terms
    terms, rng = terms_of(root), story.rng
    commercial = terms.commercial
    assert isinstance(commercial, Commercial)
    kind = rng.choice((AmendmentKind.TERMS, AmendmentKind.RELIEF))
    children = [s for s in story.chain.slots.values() if s.terms.id == root.id and s.id != root.id]
    child = rng.choice(children) if children and story.chance(0.5) else None
    if kind == AmendmentKind.RELIEF:
        changes: dict[str, int | str] = {"seconds": rng.randrange(HOUR, 4 * DAY)}
        story.mark("relief of a child" if child else "relief")
    elif child:
        changes = {"alpha": commercial.alpha * rng.choice((1, 2, 3)) + 7, "penaltyCap": commercial.penaltyCap + 11}
        story.mark("amended child")
        if story.chance(0.4):
            changes["currency"] = "USD"
            story.mark("child in another currency")
    else:
        choices: list[dict[str, int | str]] = [
            {"promisedAt": commercial.promisedAt + rng.randrange(-DAY, 5 * DAY)},
            {"reportLag": rng.choice((0, DAY, 3 * DAY))},
            {"tenderWindow": rng.choice((HOUR, 6 * DAY))},
            {"alpha": commercial.alpha * 2, "penaltyCap": commercial.penaltyCap * 3},
        ]
        changes = rng.choice(choices)
        story.mark("amended terms")
    if child:
        changes["shipment"] = "0x" + child.id.hex()
    signers = dict.fromkeys((*root.signers, commercial.liable, commercial.beneficiary))
    missing = story.chance(0.2)
    if missing:
        signers.pop(rng.choice((commercial.liable, commercial.beneficiary)))
        story.mark("amendment without one side")
    previous = story.last_amendment.get(root.id, bytes(32))
    text = json.dumps(changes, separators=(",", ":"), sort_keys=True)
    seen = story.chain.take(Amendment(root.id, previous, kind, Details(story.salt(), text)), tuple(signers))
    if not missing:
        story.last_amendment[root.id] = seen.id


# --- customs ---


def clear(story: Story) -> None:
    """One step of a clearance of a required pair, or of one that nobody named; by customs or by a broker."""
    slot = pick(story, "open", "open", "open", "closed")
    if slot is None:
        return
    rng = story.rng
    required: dict[Pair, bool] = {(r.jurisdiction, r.regime): r.relay for r in slot.requires}
    pair = rng.choice([*required, *required, (b"CH", 3)])
    now = slot.status.get(pair, 0)
    likely = {0: "LHHPR", ClearanceStatus.HELD: "PRRRXS", ClearanceStatus.PRESENTED: "HRR"}.get(now, "HHRLSC")
    status = {
        "L": ClearanceStatus.LODGED,
        "H": ClearanceStatus.HELD,
        "P": ClearanceStatus.PRESENTED,
        "R": rng.choice((ClearanceStatus.RELEASED, ClearanceStatus.RELEASED_WITH_CONDITIONS)),
        "X": ClearanceStatus.REFUSED,
        "S": ClearanceStatus.SEIZED if story.chance(0.5) else ClearanceStatus.INSPECTED,
        "C": ClearanceStatus.RECALLED,
    }[rng.choice(likely)]
    if status != ClearanceStatus.LODGED and not slot.may_become(pair, status):
        return
    _decide(story, slot, pair, status, relay=required.get(pair))
    if status == ClearanceStatus.HELD and story.chance(0.6):
        story.chain.now += rng.randrange(6 * HOUR, 5 * DAY)
        if story.chance(0.3):
            _decide(story, slot, pair, ClearanceStatus.PRESENTED, relay=required.get(pair))
            story.chain.now += rng.randrange(HOUR, DAY)
        if story.chance(0.8):
            _decide(story, slot, pair, ClearanceStatus.RELEASED, relay=required.get(pair))


def _decide(story: Story, slot: Slot, pair: Pair, status: int, *, relay: bool | None) -> None:
    rng, terms = story.rng, terms_of(slot.terms)
    declarants = [p for p in (terms.consignor, terms.consignee, slot.holder) if p]
    declarant = rng.choice(declarants)
    lodged = status == ClearanceStatus.LODGED
    if (lodged or relay) and story.chance(0.5):
        by = rng.choice((BROKER, declarant)) if lodged else BROKER
        assurance = rng.choice((Assurance.BROKER_WORD, Assurance.CUSTOMS_MESSAGE))
        signers: tuple[int, ...] = (by, declarant)
        story.mark("lodged by a party" if lodged else "broker's word", f"assurance {int(assurance)}")
    else:
        by, assurance, signers = CUSTOMS, Assurance.AUTHORITY_SIGNED, (CUSTOMS,)
        story.mark("assurance 3")
    liable = commercial_of(slot).liable
    caused_by = rng.choice((0, 0, 0, 0, liable, BROKER)) if status == ClearanceStatus.HELD else 0
    if caused_by == liable and status == ClearanceStatus.HELD:
        story.mark("hold caused by liable")
    if relay is None:
        story.mark("pair that nobody required")
    if slot.id != slot.terms.id:
        story.mark("clearance of a child")
    story.mark(ClearanceStatus(status).name.lower())
    occurred = story.chain.now - rng.choice((rng.randrange(0, 6 * HOUR), rng.randrange(0, 4 * DAY)))
    cause = rng.choice(list(HoldCause)) if status == ClearanceStatus.HELD else 0
    ref = ShipmentRef(slot.id, slot.clearance_sequence.get(pair, 0))
    duty = Duty(story.salt(), "", "", "", "EUR", ())
    story.chain.clearance(
        Clearance(by, declarant, (ref,), pair[0], pair[1], status, cause, caused_by, assurance, occurred, duty, OPEN),
        signers,
    )
