"""A home in which a little of everything has happened: all types of record; settled, waiting, rejected, proposed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger import merkle
from ledger.bonuses.amounts import Line, amounts_root
from ledger.bonuses.award_file import FORMAT
from ledger.chain.contracts import encode_call
from ledger.chain.deploy import TokenPlan
from ledger.cli.demo.cast import subject
from ledger.cli.demo.scribe import NO_HASH, Deal, Scribe, details, place, salt
from ledger.cli.sandbox import OPERATOR, Party, Trial, found_trial, open_for_business, open_trial
from ledger.codes import (
    AmendmentKind,
    Assurance,
    ClearanceStatus,
    ExceptionBit,
    Gate,
    Hazard,
    HoldCause,
    RecallAction,
    Regime,
    RegistryAction,
    RevocationReason,
    Role,
    SplitReason,
    StatementKind,
)
from ledger.common.ids import PartnerId, RecordId
from ledger.common.periods import DAY
from ledger.common.scopes import schema_hash
from ledger.records.signers import signing_partners
from ledger.records.signing import SigningKey
from ledger.records.types import (
    Amendment,
    Attestation,
    BonusAgreement,
    BonusAward,
    Child,
    Claim,
    Claims,
    Endorsement,
    KeyGrant,
    KeyRevoke,
    Observation,
    Override,
    Recall,
    RecallAnswer,
    Record,
    Require,
    Revocation,
    Share,
    ShipmentTerms,
    Split,
    Statement,
)
from ledger.registry.changes import change
from ledger.registry.enrolment import RoleRequest
from ledger.services.home.clock import ManualClock
from ledger.services.home.keystores import new_key
from ledger.services.home.settings import Settings, read_settings
from ledger.services.intake.submission import Accepted
from ledger.services.relay import pool_payments
from ledger.services.relay.sender import Intent, Sender
from ledger.services.state.award_sizes import first_award_size

START = 1_700_000_000
SCHEMA = "lading/authenticity/1"
PREFIX = "9421900"
MAKER, CARRIER, WAREHOUSE, SHOP, CUSTOMS, BROKER, VANISHED = range(2, 9)
ROLES: dict[int, Sequence[RoleRequest]] = {
    MAKER: (RoleRequest(Role.SUPPLIER), RoleRequest(Role.BRAND, PREFIX), RoleRequest(Role.ISSUER, SCHEMA)),
    CARRIER: (RoleRequest(Role.CARRIER),),
    WAREHOUSE: (RoleRequest(Role.WAREHOUSE),),
    SHOP: (RoleRequest(Role.RETAILER), RoleRequest(Role.PLATFORM)),
    CUSTOMS: (RoleRequest(Role.CUSTOMS, "NZ"),),
    BROKER: (RoleRequest(Role.BROKER),),
    VANISHED: (RoleRequest(Role.CARRIER),),
}
NONE = ExceptionBit(0)
POOL = 1_000_00
LOT = "L1"


@dataclass
class Story:
    """What happened, by name. The node is open until `close`."""

    settings: Settings
    clock: ManualClock
    trial: Trial
    parties: dict[int, Party]
    scribe: Scribe
    purse: SigningKey
    ids: dict[str, RecordId] = field(default_factory=dict)

    def sign(self, name: str, record: Record, *signers: int | SigningKey) -> RecordId:
        """Signed by each and submitted; carried to the chain at the next `pass_time`."""
        keys = [s if isinstance(s, SigningKey) else self.parties[s].key for s in signers]
        result = self.trial.node.submission.submit(self.trial.signed(record, *keys))
        assert isinstance(result, Accepted), result
        self.ids[name] = result.record_id
        return result.record_id

    def pass_time(self, seconds: int = 3600) -> None:
        self.clock.advance(seconds)
        self.trial.node.settle()

    def straight_to_the_contract(self, name: str, record: Record, *signers: int | SigningKey) -> RecordId:
        """As a stranger may submit it, before the outbox gets its turn; this operator hears of it from the chain."""
        node = self.trial.node
        keys = [s if isinstance(s, SigningKey) else self.parties[s].key for s in signers]
        signed = self.trial.signed(record, *keys)
        self.ids[name] = node.home.domain.record_id(record)
        with node.home.database.read() as connection:
            target = node.reader.book.target(connection, record, self.ids[name])
        assert target is not None
        sender = Sender(node.home, node.chain, new_key(), self.clock)
        sender.begin([Intent(f"direct:{name}", target, encode_call(signed))])
        sender.push()
        with node.home.database.write() as connection:
            sender.finish(connection, sender.settle())
        return self.ids[name]


def open_story(home: Path) -> Story:
    """A founded home with its partners admitted."""
    settings = read_settings({}, home=home)
    clock, purse = ManualClock(START), new_key()
    found_trial(settings, clock, delay=3600, token=TokenPlan("Trial Euro", "tEUR", purse.address, 10**10))
    trial = open_trial(settings, clock)
    parties = {number: Party(number, f"Partner {number}", new_key()) for number in (OPERATOR, *ROLES)}
    story = Story(settings, clock, trial, parties, Scribe(trial, parties), purse)
    open_for_business(trial, parties[OPERATOR])
    clock.advance(3600)
    trial.admit([(parties[number], "", roles) for number, roles in ROLES.items()])
    story.pass_time()
    return story


def tell_story(home: Path) -> Story:
    """The whole story. It ends with a settled log, one record that waits for the chain, and one proposal."""
    story = open_story(home)
    _keys(story)
    _goods(story)
    _journeys(story)
    _products(story)
    _bonus(story)
    _observe(story, 170)
    story.pass_time()
    _loose_ends(story)
    return story


def _terms(story: Story, packages: int, *, consignee: int = SHOP, requires: Sequence[Require] = ()) -> ShipmentTerms:
    deal = Deal("PO-1", 1_000_00, 100_00, story.clock.now() + 10 * DAY, 10_00, 100_00, CARRIER, SHOP)
    return story.scribe.terms(deal, LOT, consignor=MAKER, consignee=consignee, packages=packages, requires=requires)


def _keys(story: Story) -> None:
    """A device key that signs for the warehouse, and one that is revoked before it ever signs."""
    now = story.clock.now()
    device, lost = new_key(), new_key()
    for name, key in (("device key", device), ("lost key", lost)):
        grant = KeyGrant(WAREHOUSE, key.address, 0, 1 << 4, now, now + 80 * DAY, details())
        story.sign(name, grant, WAREHOUSE, key)
    story.pass_time()
    story.sign("key revoked", KeyRevoke(WAREHOUSE, lost.address, details()), WAREHOUSE)
    story.parties[100] = Party(WAREHOUSE, "the warehouse's device", device)


def _goods(story: Story) -> None:
    export = Require(b"NZ", int(Regime.EXPORT), int(Gate.DELIVERY), False)
    story.sign("terms", _terms(story, 40, requires=(export,)), MAKER)
    story.sign("split terms", _terms(story, 10), MAKER)
    story.sign("stuck terms", _terms(story, 5), MAKER)
    story.sign("lost terms", _terms(story, 3), MAKER)
    direct = _terms(story, 7)
    story.straight_to_the_contract("direct terms", direct, MAKER)
    story.pass_time()
    # The chain showed its goods as a hash; its consignor opens them later.
    story.sign("direct terms", direct, MAKER)
    for partner in (CARRIER, SHOP):
        story.sign(f"endorsed by {partner}", Endorsement(partner, story.ids["terms"]), partner)
    relief = Amendment(
        story.ids["terms"], NO_HASH, int(AmendmentKind.RELIEF), details('{"reason":"storm","seconds":3600}')
    )
    story.sign("amendment", relief, MAKER, CARRIER, SHOP)


def _journeys(story: Story) -> None:
    scribe, ids, here = story.scribe, story.ids, place("NZ", "NZAKL", "Auckland")
    everything = [(ids["terms"], 0, 40, NONE), (ids["split terms"], 0, 10, NONE), (ids["lost terms"], 0, 3, NONE)]
    story.sign("pick-up", scribe.handoff(everything, MAKER, CARRIER, here), MAKER, CARRIER)
    stuck = scribe.handoff([(ids["stuck terms"], 0, 5, NONE)], MAKER, VANISHED, here)
    story.sign("vanishes", stuck, MAKER, VANISHED)
    for sequence, status, by in (
        (0, ClearanceStatus.LODGED, BROKER),
        (0, ClearanceStatus.HELD, CUSTOMS),
        (1, ClearanceStatus.RELEASED, CUSTOMS),
    ):
        cause = HoldCause.RANDOM if status == ClearanceStatus.HELD else None
        assurance = Assurance.BROKER_WORD if by == BROKER else Assurance.AUTHORITY_SIGNED
        clearance = scribe.clearance(
            by, [(ids["terms"], sequence)], "NZ", Regime.EXPORT, status, declarant=MAKER, cause=cause,
            assurance=assurance,
        )  # fmt: skip
        story.sign(f"customs {status.name.lower()}", clearance, *signing_partners(clearance))
    story.pass_time()
    children = (Child(4, ()), Child(6, ()))
    split = Split(CARRIER, ids["split terms"], 1, children, int(SplitReason.PARCELS), story.clock.now(), details())
    story.sign("split", split, CARRIER)
    where, now = place("NZ", "", "at sea"), story.clock.now()
    lost = Statement(CARRIER, 0, int(StatementKind.LOST), ids["lost terms"], 1, now, where, details())
    story.sign("lost", lost, CARRIER)
    override = Override(ids["stuck terms"], 1, VANISHED, CARRIER, 5, 0, details())
    story.sign("override", override, *story.trial.council[:2], CARRIER)
    # The first item is stale and skipped; the short one leaves a remainder with the carrier.
    mixed = [(ids["terms"], 1, 38, ExceptionBit.SHORT), (ids["direct terms"], 0, 7, NONE)]
    story.sign("to the warehouse", scribe.handoff(mixed, CARRIER, WAREHOUSE, here), CARRIER, 100)
    story.pass_time(2 * 3600)
    story.pass_time()
    delivery = scribe.handoff([(ids["terms"], 2, 38, NONE)], WAREHOUSE, SHOP, here)
    story.sign("delivery", delivery, WAREHOUSE, SHOP)
    offered = Statement(CARRIER, SHOP, int(StatementKind.TENDER), ids["stuck terms"], 2, now, here, details())
    story.sign("tender", offered, CARRIER)
    story.pass_time()


def _products(story: Story) -> None:
    codes = [subject(LOT, f"{i:04d}") for i in range(5)]
    root = merkle.sorted_root(code.encode() for code in codes)
    now = story.clock.now()
    for name in ("attestation", "revoked attestation"):
        record = Attestation(
            MAKER, schema_hash(SCHEMA), subject(LOT), NO_HASH, now, now + 300 * DAY, NO_HASH, Claims(salt(), "{}"),
            root, details(),
        )  # fmt: skip
        story.sign(name, record, MAKER)
    story.trial.node.reader.products.keep_codes(story.ids["attestation"], codes)
    story.pass_time()
    revocation = Revocation(MAKER, story.ids["revoked attestation"], int(RevocationReason.ERROR), now, details())
    story.sign("revocation", revocation, MAKER)
    recall = Recall(
        MAKER, subject(LOT), '[{"lot":"L1"}]', int(Hazard.LABELLING), int(RecallAction.RETURN), "x@example", NO_HASH,
        story.clock.now(), details(),
    )  # fmt: skip
    story.sign("recall", recall, MAKER)
    answer = RecallAnswer(SHOP, story.ids["recall"], 38, 38, 0, story.clock.now(), details())
    story.sign("recall answer", answer, SHOP)


def _bonus(story: Story) -> None:
    node, now = story.trial.node, story.clock.now()
    token = node.home.deployment.token or b""
    shares = (Share(CARRIER, 6_000), Share(WAREHOUSE, 4_000))
    agreement = BonusAgreement(
        salt(), shares, SHOP, SHOP, token, "EUR", NO_HASH, now, now + DAY, DAY, BROKER, DAY, now + 10 * DAY,
        now + 100 * DAY, details(),
    )  # fmt: skip
    agreement_id = story.sign("agreement", agreement, CARRIER, WAREHOUSE)
    story.pass_time()
    pool_payments.fund(node.home, node.chain, story.purse, agreement_id, POOL)
    story.pass_time(2 * DAY)
    lines = [Line(PartnerId(CARRIER), 600_00), Line(PartnerId(WAREHOUSE), 300_00)]
    file = {"format": FORMAT, "lines": [{"partner": line.partner, "amount": str(line.amount)} for line in lines]}
    log_id, root = node.home.consortium.log.log_id, amounts_root(agreement_id, 1, lines)
    story.sign("after the period", Observation(CARRIER, NO_HASH, story.clock.now()), CARRIER)
    story.pass_time()
    with node.home.database.read() as connection:
        size = first_award_size(connection, agreement, 0)
    story.sign("award", BonusAward(SHOP, agreement_id, 1, log_id, size, POOL, root, NO_HASH), SHOP)
    story.pass_time()
    node.reader.bonuses.keep_file(agreement_id, 1, file)
    story.pass_time(2 * DAY)
    story.sign("claim", Claim(CARRIER, agreement_id, 1, 600_00, new_key().address), CARRIER)
    story.pass_time()


def _observe(story: Story, count: int) -> None:
    """Many small records of the log alone, so that the log has more than one tile."""
    now, key = story.clock.now(), story.parties[CARRIER]
    batch = [Observation(CARRIER, hashlib.sha256(b"%d" % i).digest(), now) for i in range(count)]
    receipts = story.trial.node.submission.replay([story.trial.signed(record, key) for record in batch])
    story.ids["observation"] = story.trial.node.home.domain.record_id(batch[0])
    assert len(receipts) == count


def _loose_ends(story: Story) -> None:
    """A record that the chain rejects for good, one that still waits, and one that lacks a signature."""
    scribe, ids, here = story.scribe, story.ids, place("NZ", "NZAKL", "Auckland")
    doomed = scribe.handoff([(ids["direct terms"], 0, 7, NONE)], MAKER, VANISHED, here)
    story.sign("rejected", doomed, MAKER, VANISHED)
    key = story.parties[VANISHED].key.address
    revoked = change(story.trial.next_sequence(), RegistryAction.REVOKE_KEY, partner=VANISHED, key=key)
    story.straight_to_the_contract("key revoked first", revoked, *story.trial.council[:2])
    story.pass_time()
    story.pass_time(15 * DAY)
    story.pass_time()
    story.sign("waiting terms", _terms(story, 9), MAKER)
    waiting = scribe.handoff([(ids["direct terms"], 0, 7, NONE)], MAKER, WAREHOUSE, here)
    story.sign("waiting", waiting, MAKER, WAREHOUSE)
    one_sided = scribe.handoff([(ids["waiting terms"], 0, 9, NONE)], MAKER, CARRIER, here)
    story.ids["proposal"] = story.trial.node.home.domain.record_id(one_sided)
    story.trial.node.submission.submit(story.trial.signed(one_sided, story.parties[MAKER]))
    story.trial.node.reader.publisher.publish(story.clock.now())
