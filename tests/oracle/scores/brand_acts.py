"""What brands do in random journeys, and who speaks for them: attestations, authorisations, revocations, recalls."""

import hashlib

from ledger.codes import Hazard, RecallAction, RegistryAction, RevocationReason, Role
from ledger.records.types import Attestation, Claims, Recall, RegistryChange, Revocation
from tests.oracle.facts import DAY, HOUR
from tests.oracle.story import AUTHORITY, OPEN, ROLES, Story

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


def grant(story: Story) -> None:
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


def vouch(story: Story) -> None:
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


def revoke(story: Story) -> None:
    revocable = [s for s in story.chain.seen if isinstance(s.record, Attestation | Recall)]
    if revocable:
        target = story.rng.choice(revocable)
        assert isinstance(target.record, Attestation | Recall)
        by, since = target.record.by, story.chain.now + story.rng.choice((-20 * DAY, 0, 0, 2 * DAY))
        revocation = Revocation(by, target.id, RevocationReason.WITHDRAWN, since, OPEN)
        story.chain.take(revocation, (by,), (1,))


def recall(story: Story) -> None:
    """By the brand, an authority, or somebody who attested these goods."""
    rng = story.rng
    attested = [s.record for s in story.chain.seen if isinstance(s.record, Attestation) and s.record.schema == QUALITY]
    by, subject = rng.choice((BRAND, AUTHORITY)), _subject(story)
    if attested and story.chance(0.4):
        vouched = rng.choice(attested)
        by, subject = vouched.by, vouched.subject
    elif by == BRAND and GTINS[2] in subject:
        subject = "01/" + GTINS[0]
    before = [s for s in story.chain.seen if isinstance(s.record, Recall) and s.record.by == by]
    superseded = rng.choice(before).id if before and story.chance(0.4) else bytes(32)
    lots = rng.choice(("", "", '[{"lot":"A"}]', '[{"lot":"B"}]'))
    recall = Recall(by, subject, lots, Hazard.ALLERGEN, RecallAction.STOP_SALE, "", superseded, story.claimed(), OPEN)
    story.chain.take(recall, (by,), (1,))
