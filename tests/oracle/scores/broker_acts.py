"""Customs procedures of random journeys, from lodging to release, through brokers and by customs that name one."""

from ledger.codes import Assurance, ClearanceStatus, HoldCause
from ledger.records.types import Clearance, Duty, Endorsement, ShipmentRef
from tests.oracle.chain import Pair, Slot
from tests.oracle.facts import DAY, HOUR, Seen
from tests.oracle.story import BROKER, CUSTOMS, OPEN, RIVAL, SUPPLIER, Story, commercial_of, pick
from tests.oracle.travels import terms_of


def procedure(story: Story) -> None:
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
