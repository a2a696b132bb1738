"""Records that must be refused, each as the API answers it and as the contract reverts it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ledger.cli.demo.scribe import NO_HASH, Deal, details, no_duty, place, salt
from ledger.codes import Assurance, ClearanceStatus, HoldCause, Regime, RegistryAction, RevocationReason
from ledger.common.ids import ConsortiumId, RecordId
from ledger.errors import BadSignature, Conflict, LadingError, MalformedRecord, NotPermitted, RuleBroken
from ledger.records.signing import Domain, SignedRecord, SigningKey
from ledger.records.types import (
    Attestation,
    BonusAgreement,
    Claims,
    Clearance,
    Handoff,
    HandoffItem,
    KeyGrant,
    KeyRevoke,
    Outcome,
    Recall,
    Record,
    RegistryChange,
    Revocation,
    Share,
    ShipmentRef,
    ShipmentTerms,
    Statement,
)
from ledger.registry.changes import admission, change
from ledger.registry.enrolment import Enrolment
from tests.e2e.stage import (
    ALPHA,
    AUDITOR,
    BROKER,
    CAP,
    CARRIER,
    MAKER,
    NZ,
    PROMISED,
    SECOND,
    SHOP,
    Stage,
    key_of,
)

STRANGER = key_of("stranger")
ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


@dataclass
class Scene:
    """Shipments of ten packages: `held` by its maker, `moved` on to the carrier, `ended` with the shop."""

    stage: Stage
    held: RecordId
    moved: RecordId
    ended: RecordId
    last: RecordId
    """The manifest that moved `moved` to the carrier."""

    @classmethod
    def set(cls, stage: Stage) -> "Scene":
        held, moved, ended = (stage.open(10, endorsed=False) for _ in range(3))
        last = stage.hand(MAKER, CARRIER, (moved, 0, 10), (ended, 0, 10))
        stage.hand(CARRIER, SHOP, (ended, 1, 10))
        stage.trial.node.settle()
        return cls(stage, held, moved, ended, last)

    def sign(self, record: Record, *signers: int | SigningKey, domain: Domain | None = None) -> SignedRecord:
        bound = domain or self.stage.trial.node.home.domain
        return SignedRecord(record, tuple(key.sign(bound, record) for key in self.stage.keys(signers)))

    def handoff(self, *items: HandoffItem, releaser: int = MAKER, receiver: int = CARRIER, **changes: Any) -> Handoff:
        """A manifest that would be taken: the held shipment from maker to carrier."""
        record = self.stage.scribe.handoff([], releaser, receiver, place("NZ", "NZAKL", "Auckland"))
        return replace(record, items=items or (HandoffItem(self.held, 0, 10, 0),), **changes)

    def terms(self, **changes: Any) -> ShipmentTerms:
        deal = Deal("PO-9", 10_000_00, CAP, self.stage.now + PROMISED, ALPHA, CAP, CARRIER, SHOP)
        record = self.stage.scribe.terms(deal, "L9", consignor=MAKER, consignee=SHOP, packages=10)
        return replace(record, **changes)

    def clearance(self, **changes: Any) -> Clearance:
        record = Clearance(
            by=NZ, declarant=BROKER, items=(ShipmentRef(self.held, 0),), jurisdiction=b"NZ", regime=int(Regime.EXPORT),
            status=int(ClearanceStatus.RELEASED), holdCause=0, causedBy=0, assurance=int(Assurance.AUTHORITY_SIGNED),
            occurredAt=self.stage.now, duty=no_duty(), details=details(),
        )  # fmt: skip
        return replace(record, **changes)

    def attestation(self, by: int, **changes: Any) -> Attestation:
        record = Attestation(
            by, b"\x07" * 32, "01/09421900000012/10/L1", NO_HASH, self.stage.now, self.stage.now + 99, NO_HASH,
            Claims(salt(), ""), NO_HASH, details(),
        )  # fmt: skip
        return replace(record, **changes)

    def agreement(self) -> BonusAgreement:
        now, token = self.stage.now, self.stage.trial.node.home.consortium.deployment.token
        return BonusAgreement(
            salt(), (Share(CARRIER, 5000),), SHOP, SHOP, token or bytes(20), "EUR", NO_HASH, now, now + 900, 5, NZ, 5,
            now + 901, now + 999, details(),
        )  # fmt: skip

    def change(self, action: RegistryAction, **fields: Any) -> RegistryChange:
        return change(self.stage.trial.next_sequence(), action, **fields)

    def council(self, *members: int) -> tuple[SigningKey, ...]:
        return tuple(self.stage.trial.council[i] for i in members)


Make = Callable[[Scene], SignedRecord]


@dataclass(frozen=True)
class Attack:
    """`make` gives the record; `answer` is what the API must say, `revert` the contract's error (None: not sent)."""

    name: str
    make: Make
    answer: tuple[type[LadingError], str]
    revert: str | None


ATTACKS: list[Attack] = []


def attack(kind: type[LadingError], reason: str, revert: str | None) -> Callable[[Make], Make]:
    def keep(make: Make) -> Make:
        ATTACKS.append(Attack(make.__name__.replace("_", " "), make, (kind, reason), revert))
        return make

    return keep


def _high_s(signature: bytes) -> bytes:
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def _changed(scene: Scene, of: Callable[[bytes], bytes]) -> SignedRecord:
    """A good handoff whose second signature is altered."""
    good = scene.sign(scene.handoff(), MAKER, CARRIER)
    return SignedRecord(good.record, (good.signatures[0], of(good.signatures[1])))


def _admission(scene: Scene, partner: int) -> RegistryChange:
    consortium = scene.stage.trial.node.home.consortium.genesis.consortium_id
    enrolment = Enrolment(consortium, "Newcomer", "", key_of("newcomer").address, ())
    return admission(enrolment, partner, scene.stage.trial.next_sequence())[0]


def _suspend(scene: Scene) -> RegistryChange:
    return scene.change(RegistryAction.SUSPEND, partner=CARRIER)


NOT_ITS = "NotItsKey"


# --- signatures --------------------------------------------------------------------------------------------------


@attack(NotPermitted, "no known key", NOT_ITS)
def forged_by_a_stranger(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(), MAKER, STRANGER)


@attack(NotPermitted, "partner 4", NOT_ITS)
def forged_by_another_partner(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(), MAKER, SECOND)


@attack(NotPermitted, "no part in this record", NOT_ITS)
def signatures_of_another_record(s: Scene) -> SignedRecord:
    """Both partners' signatures, but under another manifest of theirs."""
    other = s.sign(s.handoff(), MAKER, CARRIER)
    return SignedRecord(s.handoff(), other.signatures)


@attack(NotPermitted, "no part in this record", NOT_ITS)
def signed_for_another_consortium(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(), MAKER, CARRIER, domain=Domain(ConsortiumId(b"\x11" * 32)))


@attack(BadSignature, "nobody", "SignatureLength")
def nobody_signed(s: Scene) -> SignedRecord:
    return SignedRecord(s.handoff(), ())


@attack(BadSignature, "wrong length", "SignatureLength")
def half_a_signature(s: Scene) -> SignedRecord:
    return _changed(s, lambda b: b[:64])


@attack(BadSignature, "low s", "ECDSAInvalidSignatureS")
def high_s(s: Scene) -> SignedRecord:
    return _changed(s, _high_s)


@attack(BadSignature, "27 or 28", "ECDSAInvalid")
def v_of_another_age(s: Scene) -> SignedRecord:
    return _changed(s, lambda b: b[:64] + bytes([b[64] - 27]))


@attack(BadSignature, "no key", "ECDSAInvalid")
def empty_signature(s: Scene) -> SignedRecord:
    return _changed(s, lambda _: bytes(64) + b"\x1b")


@attack(NotPermitted, "council member", NOT_ITS)
def a_council_member_signs_for_a_partner(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(), MAKER, *s.council(0))


@attack(NotPermitted, "no part", "SignatureLength")
def one_signature_too_many(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(), MAKER, CARRIER, SECOND)


# --- times -------------------------------------------------------------------------------------------------------


@attack(RuleBroken, "deadline", "TooLate")
def expired(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(submitBy=s.stage.now - 1), MAKER, CARRIER)


@attack(RuleBroken, "30 days", None)
def deadline_too_far(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(submitBy=s.stage.now + 31 * 86400), MAKER, CARRIER)


@attack(RuleBroken, "future", "FromTheFuture")
def from_the_future(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(occurredAt=s.stage.now + 1200), MAKER, CARRIER)


@attack(RuleBroken, "deadline", "TooLate")
def expired_terms(s: Scene) -> SignedRecord:
    return s.sign(s.terms(submitBy=s.stage.now - 1), MAKER)


# --- shape -------------------------------------------------------------------------------------------------------


@attack(MalformedRecord, "items", "ListLength")
def no_items(s: Scene) -> SignedRecord:
    return s.sign(replace(s.handoff(), items=()), MAKER, CARRIER)


@attack(MalformedRecord, "items", "ListLength")
def oversized(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(*(HandoffItem(i.to_bytes(32, "big"), 0, 1, 0) for i in range(1, 202))), MAKER, CARRIER)


@attack(MalformedRecord, "ascend", "NotAscending")
def reordered_items(s: Scene) -> SignedRecord:
    return s.sign(
        s.handoff(
            *sorted(
                (HandoffItem(s.held, 0, 10, 0), HandoffItem(s.moved, 1, 10, 0)),
                key=lambda i: i.shipment,
                reverse=True,
            )
        ),
        MAKER,
        CARRIER,
    )


@attack(MalformedRecord, "ascend", "NotAscending")
def the_same_shipment_twice(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(*[HandoffItem(s.held, 0, 10, 0)] * 2), MAKER, CARRIER)


@attack(MalformedRecord, "the same", "SamePartner|SignatureLength")
def to_itself(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(receiver=MAKER), MAKER)


@attack(MalformedRecord, "no such code", None)
def unknown_exception(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(HandoffItem(s.held, 0, 10, 1 << 15)), MAKER, CARRIER)


@attack(MalformedRecord, "dueAt", None)
def number_too_wide(s: Scene) -> SignedRecord:
    return SignedRecord(s.handoff(dueAt=2**40), (bytes(65),))


@attack(MalformedRecord, "nothing to ship", "NoPackages")
def terms_without_packages(s: Scene) -> SignedRecord:
    return s.sign(s.terms(packages=0), MAKER)


@attack(RuleBroken, "only the log", None)
def written_by_the_log_alone(s: Scene) -> SignedRecord:
    return SignedRecord(Outcome(s.held, bytes(20), 1, 1, s.held, 0, b"\x01"), ())


# --- custody -----------------------------------------------------------------------------------------------------


@attack(Conflict, "used this sequence", None)
def sequence_used_before(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(HandoffItem(s.moved, 0, 10, 0), receiver=SECOND), MAKER, SECOND)


@attack(RuleBroken, "does not hold", None)
def not_held(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(HandoffItem(s.moved, 1, 10, 0), receiver=SECOND), MAKER, SECOND)


@attack(RuleBroken, "has ended", None)
def delivered_already(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(HandoffItem(s.ended, 2, 10, 0), releaser=SHOP), SHOP, CARRIER)


@attack(RuleBroken, "do not add up", None)
def miscounted(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(HandoffItem(s.held, 0, 9, 0)), MAKER, CARRIER)


@attack(RuleBroken, "too far ahead", None)
def far_ahead(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(HandoffItem(s.held, 40, 10, 0)), MAKER, CARRIER)


@attack(NotPermitted, "receive", "MayNotReceive")
def no_role_to_receive(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(receiver=AUDITOR), MAKER, AUDITOR)


@attack(NotPermitted, "consign", "MayNotConsign")
def no_role_to_consign(s: Scene) -> SignedRecord:
    return s.sign(s.terms(consignor=AUDITOR, holder=AUDITOR), AUDITOR)


@attack(RuleBroken, "does not hold", None)
def lost_by_who_does_not_hold_it(s: Scene) -> SignedRecord:
    return s.sign(Statement(CARRIER, 0, 3, s.held, 0, s.stage.now, place("NZ", "", ""), details()), CARRIER)


@attack(NotPermitted, "no part", None)
def a_stranger_contests_goods_nobody_knows(s: Scene) -> SignedRecord:
    return s.sign(Statement(0, 0, 2, b"\x01" * 32, 0, s.stage.now, place("NZ", "", ""), details()), STRANGER)


@attack(NotPermitted, "no part", None)
def a_stranger_receives_goods_nobody_knows(s: Scene) -> SignedRecord:
    return s.sign(s.handoff(HandoffItem(b"\x01" * 32, 0, 1, 0), receiver=0), STRANGER)


# --- clearance ---------------------------------------------------------------------------------------------------


@attack(NotPermitted, "only the customs authority", "ClearanceNotPermitted")
def cleared_by_a_carrier(s: Scene) -> SignedRecord:
    return s.sign(s.clearance(by=CARRIER), CARRIER)


@attack(NotPermitted, "customs of CN", "ClearanceNotPermitted")
def cleared_for_another_country(s: Scene) -> SignedRecord:
    return s.sign(s.clearance(jurisdiction=b"CN"), NZ)


@attack(LadingError, "no broker relay", None)
def released_by_a_broker(s: Scene) -> SignedRecord:
    return s.sign(s.clearance(by=BROKER, declarant=MAKER, assurance=int(Assurance.BROKER_WORD)), BROKER, MAKER)


@attack(LadingError, "declarant is no party", None)
def released_on_the_word_of_a_declarant_that_is_no_party(s: Scene) -> SignedRecord:
    return s.sign(s.clearance(by=BROKER, declarant=AUDITOR, assurance=int(Assurance.BROKER_WORD)), BROKER, AUDITOR)


@attack(LadingError, "nobody declares it", "ClearanceNoDeclarant")
def lodged_for_nobody(s: Scene) -> SignedRecord:
    lodged = s.clearance(by=BROKER, declarant=0, status=int(ClearanceStatus.LODGED), assurance=1)
    return s.sign(lodged, BROKER)


@attack(LadingError, "names its cause", "ClearanceHoldCause")
def held_without_a_cause(s: Scene) -> SignedRecord:
    return s.sign(s.clearance(status=int(ClearanceStatus.HELD)), NZ)


@attack(LadingError, "names its cause", "ClearanceHoldCause")
def a_holds_cause_without_a_hold(s: Scene) -> SignedRecord:
    return s.sign(s.clearance(holdCause=int(HoldCause.RANDOM)), NZ)


# --- authenticity ------------------------------------------------------------------------------------------------


@attack(RuleBroken, "AttestationNotIssuer", "AttestationNotIssuer")
def attested_without_a_role(s: Scene) -> SignedRecord:
    return s.sign(s.attestation(CARRIER), CARRIER)


@attack(RuleBroken, "AttestationUnknownTarget", "AttestationUnknownTarget")
def revoked_by_another(s: Scene) -> SignedRecord:
    return s.sign(Revocation(CARRIER, s.held, int(RevocationReason.ERROR), s.stage.now, details()), CARRIER)


@attack(RuleBroken, "RecallNotPermitted", "RecallNotPermitted")
def recalled_without_a_role(s: Scene) -> SignedRecord:
    return s.sign(Recall(CARRIER, "01/09421900000012", "[]", 1, 1, "", NO_HASH, s.stage.now, details()), CARRIER)


# --- registry ----------------------------------------------------------------------------------------------------


@attack(NotPermitted, "no known key", "NotCouncil|CouncilOrder")
def council_change_by_a_stranger(s: Scene) -> SignedRecord:
    return s.sign(_suspend(s), *s.council(0), STRANGER)


@attack(NotPermitted, "partner 2", "NotCouncil|CouncilOrder")
def council_change_by_a_partner(s: Scene) -> SignedRecord:
    return s.sign(_suspend(s), *s.council(0), MAKER)


@attack(RuleBroken, "not the next change", "Sequence")
def sequence_left_out(s: Scene) -> SignedRecord:
    return s.sign(replace(_suspend(s), sequence=s.stage.trial.next_sequence() + 1), *s.council(0, 1))


@attack(LadingError, "not the next change", "Sequence")
def an_old_change_again_under_a_new_signature_set(s: Scene) -> SignedRecord:
    return s.sign(replace(_suspend(s), sequence=1), *s.council(0, 1))


@attack(RuleBroken, "no such partner", "UnknownPartner")
def unknown_partner_suspended(s: Scene) -> SignedRecord:
    return s.sign(s.change(RegistryAction.SUSPEND, partner=99), *s.council(0, 1))


@attack(RuleBroken, "admitted already", "PartnerKnown")
def admitted_twice(s: Scene) -> SignedRecord:
    return s.sign(_admission(s, MAKER), *s.council(0, 1))


@attack(RuleBroken, "does not use", "UnusedField")
def fields_that_mean_nothing(s: Scene) -> SignedRecord:
    return s.sign(replace(_suspend(s), number=7), *s.council(0, 1))


@attack(NotPermitted, "master key of partner 2", "NotMasterKey|NotItsKey")
def a_key_granted_by_a_stranger(s: Scene) -> SignedRecord:
    grant = KeyGrant(MAKER, STRANGER.address, MAKER, 16, s.stage.now, s.stage.now + 99, details())
    return s.sign(grant, key_of("another stranger"), STRANGER)


@attack(NotPermitted, "partner 3", "NotMasterKey")
def a_key_granted_by_another_partner(s: Scene) -> SignedRecord:
    grant = KeyGrant(MAKER, STRANGER.address, MAKER, 16, s.stage.now, s.stage.now + 99, details())
    return s.sign(grant, CARRIER, STRANGER)


@attack(NotPermitted, "no part in this record", "NotGrantedKey")
def an_address_claimed_without_its_key(s: Scene) -> SignedRecord:
    wanted = key_of("somebody else's next key").address
    return s.sign(KeyGrant(MAKER, wanted, MAKER, 16, s.stage.now, s.stage.now + 99, details()), MAKER, STRANGER)


@attack(NotPermitted, "partner 3", "NotMasterKey")
def anothers_key_revoked(s: Scene) -> SignedRecord:
    return s.sign(KeyRevoke(MAKER, s.stage.parties[MAKER].key.address, details()), CARRIER)


# --- money -------------------------------------------------------------------------------------------------------


@attack(NotPermitted, "no part in this record", "NotItsKey")
def money_signed_for_another_chain(s: Scene) -> SignedRecord:
    ours = s.stage.trial.node.home.domain
    return s.sign(s.agreement(), CARRIER, domain=replace(ours, chain_id=ours.chain_id + 1))


@attack(NotPermitted, "no part in this record", "NotItsKey")
def money_signed_for_another_pool(s: Scene) -> SignedRecord:
    return s.sign(s.agreement(), CARRIER, domain=replace(s.stage.trial.node.home.domain, bonus_pool=b"\x22" * 20))
