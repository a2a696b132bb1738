"""Journeys of goods that have a name: brands and who speaks for them, attestations, recalls, brokers' procedures."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final

from ledger.codes import (
    Assurance,
    ClearanceStatus,
    ExceptionBit,
    Hazard,
    HoldCause,
    Purpose,
    RecallAction,
    RegistryAction,
    RevocationReason,
    Role,
)
from ledger.records.types import (
    Attestation,
    Claims,
    Clearance,
    Commercial,
    Duty,
    Endorsement,
    Goods,
    Handoff,
    HandoffItem,
    Load,
    Recall,
    RegistryChange,
    Revocation,
    ShipmentRef,
)
from tests.oracle.acts import ACTS
from tests.oracle.chain import Chain, Pair, Slot
from tests.oracle.facts import DAY, HOUR, Seen
from tests.oracle.journeys import Journey
from tests.oracle.story import (
    AUTHORITY,
    BROKER,
    CARRIER,
    CUSTOMS,
    EPOCH,
    MAIN,
    OPEN,
    RIVAL,
    ROLES,
    ROME,
    SECOND,
    SUPPLIER,
    WAREHOUSE,
    Story,
    commercial_of,
    pick,
)
from tests.oracle.travels import terms_of

BRAND, MAKER, STRANGER = range(27, 30)
LADEN_ROLES = ROLES | {
    BRAND: 1 << Role.BRAND | 1 << Role.ISSUER,
    MAKER: 1 << Role.ISSUER,
    STRANGER: 1 << Role.ISSUER,
}
PREFIX = "9506000"
GTINS = ("09506000134352", "09506000134369", "04012345678901")
"""Two of the brand's, and one of which nobody is the brand."""
QUALITY, AUTHORISATION = (hashlib.sha256(name).digest() for name in (b"test report", b"brand authorisation"))
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
    _grant(story)
    for _ in range(rng.randrange(0, 4)):
        _vouch(story)
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
    place = story.place(("DE", "DEHAM", "4012345000009"))
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


# --- brands ---


def _grant(story: Story) -> None:
    """The council grants the brand's role for its prefix."""
    scope = PREFIX.encode().ljust(32, b"\0")
    change = RegistryChange(
        1, 0, RegistryAction.GRANT_ROLE, BRAND, bytes(20), Role.BRAND, scope, 0, story.rng.randbytes(32)
    )
    story.chain.take(change, (), (1,))


def _subject(story: Story) -> str:
    rng = story.rng
    lot = rng.choice(("", "", "/10/A", "/10/B", "/10/A/21/7"))
    return "01/" + rng.choice((*GTINS[:2], *GTINS[:2], GTINS[2])) + lot


def _vouch(story: Story) -> None:
    """An attestation about goods, or one that lets another speak for the brand."""
    rng, now = story.rng, story.chain.now
    since = now + rng.choice((-30 * DAY, -DAY, -HOUR, DAY))
    until = rng.choice((0, 0, since + rng.randrange(DAY, 20 * DAY)))
    if story.chance(0.3):
        by, schema = rng.choice(((BRAND, AUTHORISATION), (BRAND, AUTHORISATION), (MAKER, AUTHORISATION)))
        subject = f"partner/{MAKER if by == BRAND else STRANGER}"
    else:
        by, schema, subject = rng.choice((BRAND, BRAND, MAKER, MAKER, STRANGER)), QUALITY, _subject(story)
    claims = Claims(story.salt(), "")
    story.chain.take(
        Attestation(by, schema, subject, bytes(32), since, until, bytes(32), claims, bytes(32), OPEN), (by,), (1,)
    )


def _revoke(story: Story) -> None:
    revocable = [s for s in story.chain.seen if isinstance(s.record, Attestation | Recall)]
    if revocable:
        target = story.rng.choice(revocable)
        assert isinstance(target.record, Attestation | Recall)
        by, since = target.record.by, story.chain.now + story.rng.choice((-20 * DAY, 0, 0, 2 * DAY))
        revocation = Revocation(by, target.id, RevocationReason.WITHDRAWN, since, OPEN)
        story.chain.take(revocation, (by,), (1,))


def _recall(story: Story) -> None:
    """By the brand, an authority, or somebody who attested these goods."""
    rng = story.rng
    attested = [s.record for s in story.chain.seen if isinstance(s.record, Attestation) and s.record.schema == QUALITY]
    by, subject = rng.choice((BRAND, AUTHORITY)), _subject(story)
    if attested and story.chance(0.4):
        vouched = rng.choice(attested)
        by, subject = vouched.by, vouched.subject
    elif by == BRAND and GTINS[2] in subject:
        subject = "01/" + GTINS[0]
    before = [s for s in story.chain.seen if isinstance(s.record, Recall) and s.record.by in (by,)]
    superseded = rng.choice(before).id if before and story.chance(0.4) else bytes(32)
    lots = rng.choice(("", "", '[{"lot":"A"}]', '[{"lot":"B"}]'))
    recall = Recall(
        by, subject, lots, Hazard.ALLERGEN, RecallAction.STOP_SALE, "", superseded, story.claimed(), OPEN
    )
    story.chain.take(recall, (by,), (1,))


# --- customs ---


def _procedure(story: Story) -> None:
    """A pair from its lodging on, through a broker or by customs that name one, as far as the goods get."""
    slot = pick(story, "open", "open", "open", "closed")
    if slot is None:
        return
    rng = story.rng
    required: dict[Pair, bool] = {(r.jurisdiction, r.regime): r.relay for r in slot.requires}
    pair = rng.choice([*required, *required, (b"CH", 3)])
    broker = rng.choice((BROKER, BROKER, BROKER, RIVAL))
    held, amended = ClearanceStatus.HELD, ClearanceStatus.AMENDED
    script = [ClearanceStatus.LODGED, ClearanceStatus.PRESENTED]
    script += rng.choice(([], [], [], [], [held], [amended], [held, amended], [ClearanceStatus.INSPECTED]))
    script += rng.choice(([ClearanceStatus.RELEASED],) * 5 + ([], [ClearanceStatus.REFUSED]))
    if story.chance(0.2):
        del script[rng.randrange(len(script))]
    for status in script:
        if status == ClearanceStatus.LODGED or slot.may_become(pair, status):
            _decide(story, slot, pair, status, broker, relay=required.get(pair, False))
            story.chain.now += rng.randrange(HOUR, 12 * HOUR)


def _decide(story: Story, slot: Slot, pair: Pair, status: int, broker: int, *, relay: bool) -> None:
    rng, terms = story.rng, terms_of(slot.terms)
    party = rng.choice([p for p in (terms.consignor, terms.consignee, slot.holder) if p])
    if (relay or status == ClearanceStatus.LODGED) and story.chance(0.5):
        by, declarant, assurance = broker, party, rng.choice((Assurance.BROKER_WORD, Assurance.CUSTOMS_MESSAGE))
        signers: tuple[int, ...] = (broker, party)
    else:
        by, declarant, assurance = CUSTOMS, broker if story.chance(0.8) else party, Assurance.AUTHORITY_SIGNED
        signers = (CUSTOMS,)
    hold = status == ClearanceStatus.HELD
    caused_by = rng.choice((0, broker, broker, SUPPLIER, SUPPLIER, commercial_of(slot).liable)) if hold else 0
    cause = rng.choice(list(HoldCause)) if hold else 0
    occurred = story.chain.now - rng.choice((rng.randrange(0, HOUR), rng.randrange(0, 2 * DAY)))
    ref, duty = ShipmentRef(slot.id, slot.clearance_sequence.get(pair, 0)), Duty(story.salt(), "", "", "", "EUR", ())
    seen = story.chain.clearance(
        Clearance(by, declarant, (ref,), *pair, status, cause, caused_by, assurance, occurred, duty, OPEN), signers
    )
    if story.chance(0.1):
        _endorse(story, rng.choice((broker, SUPPLIER)), seen)


def _endorse(story: Story, by: int, target: Seen) -> None:
    if by not in target.signers:
        story.chain.take(Endorsement(by, target.id), (by,))


LADEN_ACTS: Final[tuple[tuple[Callable[[Story], None], int], ...]] = (
    (_hand_damaged, 6),
    (_send_off, 20),
    (_arrive, 15),
    (_send_back, 4),
    (_vouch, 14),
    (_revoke, 5),
    (_recall, 3),
    (_procedure, 16),
)
