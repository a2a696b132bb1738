"""Who must sign, in which order, and that nothing else becomes a verified record."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from ledger.codes import AmendmentKind, Outcome, Purpose, RegistryAction, Role, StatementKind
from ledger.common.ids import KeyAddress, LogId, PartnerId, RecordId
from ledger.errors import BadSignature, MalformedRecord, NotFound, VerificationFailed
from ledger.records.eip712 import Withheld
from ledger.records.evidence import CheckpointTimes
from ledger.records.signers import (
    AnchorSigner,
    CouncilSigners,
    MasterSigner,
    PartnerSigner,
    RecipientSigner,
    expected_signers,
)
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import (
    NOBODY,
    Amendment,
    Checkpoint,
    Handoff,
    HandoffItem,
    KeyGrant,
    KeyRevoke,
    Load,
    Override,
    Record,
    RegistryChange,
    ShipmentRef,
    ShipmentTerms,
    Statement,
)
from ledger.records.verification import Facts, VerifiedRecord, already_verified, as_known_at, verify_record
from ledger.registry.history import Genesis, RecordedAt, RegistryHistory
from tests.unit.history import CARRIER, DOMAIN, MAKER, NO_DETAILS, NO_PLACE, SALT, SHOP, UNLIMITED, commercial

COUNCIL = sorted((SigningKey(bytes([9, i]) * 16) for i in range(1, 4)), key=lambda key: key.address)
KEYS = {partner: SigningKey(bytes([1, partner]) * 16) for partner in (MAKER, CARRIER, SHOP)}
DEVICE = SigningKey(b"\x02" * 32)
RECIPIENT = SigningKey(b"\x03" * 32)
STRANGER = SigningKey(b"\x04" * 32)
NONE = bytes(32)


@dataclass
class Context:
    terms: dict[bytes, ShipmentTerms] = field(default_factory=dict)
    records: dict[bytes, Record] = field(default_factory=dict)

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:
        return self.terms.get(shipment)

    def record(self, record_id: bytes) -> Record | None:
        return self.records.get(record_id)


@pytest.fixture(scope="module")
def registry() -> RegistryHistory:
    """Blocks 1 to 3 admit the maker, the carrier and the shop; block 4 gives the carrier a device; 5 revokes it."""
    council = tuple(KeyAddress(key.address) for key in COUNCIL)
    history = RegistryHistory(Genesis(DOMAIN.consortium_id, 2, 0, council))
    for number, partner in enumerate(KEYS, 1):
        change = RegistryChange(
            number, 0, RegistryAction.ADMIT, partner, KEYS[partner].address, 0, NONE, 0, b"\x01" * 32
        )
        history.apply(change, council[:2], RecordedAt(number, 1000 + number, 0, number))
    grant = KeyGrant(CARRIER, DEVICE.address, CARRIER, 1 << (Handoff.NUMBER - 1), 0, 5000, NO_DETAILS)
    history.apply(grant, [KEYS[CARRIER].address, DEVICE.address], RecordedAt(4, 1004, 0, 4))
    history.apply(KeyRevoke(CARRIER, DEVICE.address, NO_DETAILS), [KEYS[CARRIER].address], RecordedAt(5, 1005, 0, 5))
    return history


def at_block(number: int, *outcomes: Outcome) -> Facts:
    return Facts(50, 2000, number, 1000 + number, 7, outcomes, 51)


def terms(**fields: object) -> ShipmentTerms:
    record = ShipmentTerms(
        SALT, MAKER, SHOP, MAKER, bytes(20), Purpose.ORIGINAL, (), 10, 3, 0, NO_PLACE, NO_PLACE, (),
        commercial(), (), UNLIMITED, NO_DETAILS,
    )  # fmt: skip
    return replace(record, **fields)  # type: ignore[arg-type]


def handoff(releaser: int = MAKER, receiver: int = CARRIER, shipments: Sequence[bytes] = (b"\x05" * 32,)) -> Handoff:
    items = tuple(HandoffItem(shipment, 0, 10, 0) for shipment in shipments)
    return Handoff(items, releaser, receiver, NO_PLACE, Load(SALT, ""), 1000, 0, UNLIMITED, NO_DETAILS)


def signed(record: Record, *keys: SigningKey) -> SignedRecord:
    return SignedRecord(record, tuple(key.sign(DOMAIN, record) for key in keys))


def named(record: Record, context: Context | None = None) -> list[int | str]:
    """The expected signers: partners by number, others by what they are."""
    return [
        signer.partner if isinstance(signer, PartnerSigner | MasterSigner) else type(signer).__name__
        for signer in expected_signers(record, context or Context())
    ]


# --- who signs ---


def test_partners_sign_in_the_order_of_their_fields_each_once() -> None:
    assert named(terms()) == [MAKER]
    assert named(terms(holder=CARRIER)) == [MAKER, CARRIER]
    assert named(handoff()) == [MAKER, CARRIER]
    assert named(handoff(CARRIER, MAKER)) == [CARRIER, MAKER]


def test_the_recipient_key_signs_last_on_whichever_side_it_stands() -> None:
    shipment = b"\x05" * 32
    assert named(handoff(CARRIER, NOBODY)) == [CARRIER, "RecipientSigner"]
    assert named(handoff(NOBODY, CARRIER)) == [CARRIER, "RecipientSigner"]
    parents = (ShipmentRef(shipment, 3),)
    back = terms(holder=NOBODY, purpose=Purpose.RETURN, parents=parents)
    assert expected_signers(back, Context())[1] == RecipientSigner((shipment,), "holder")


def test_only_witnessed_statements_have_two_signers() -> None:
    for kind in StatementKind:
        record = Statement(CARRIER, SHOP, kind, NONE, 0, 0, NO_PLACE, NO_DETAILS)
        both = kind in (StatementKind.DESTROYED, StatementKind.ABANDONED)
        assert named(record) == ([CARRIER, SHOP] if both else [CARRIER])


def test_the_council_signs_before_the_receiver_of_an_override() -> None:
    assert named(Override(NONE, 0, MAKER, CARRIER, 1, 0, NO_DETAILS)) == ["CouncilSigners", CARRIER]


def test_terms_and_relief_are_amended_by_the_targets_signers_liable_and_beneficiary() -> None:
    """A correction needs the signers of the target only; the liable is the carrier, the beneficiary the shop."""
    target = terms()
    context = Context(records={NONE: target})
    by_kind = {kind: named(Amendment(NONE, NONE, kind, NO_DETAILS), context) for kind in AmendmentKind}
    assert by_kind == {
        AmendmentKind.CORRECTION: [MAKER],
        AmendmentKind.TERMS: [MAKER, CARRIER, SHOP],
        AmendmentKind.RELIEF: [MAKER, CARRIER, SHOP],
    }


def test_an_amendment_of_something_unknown_or_of_an_amendment_is_no_amendment() -> None:
    amendment = Amendment(NONE, NONE, AmendmentKind.TERMS, NO_DETAILS)
    with pytest.raises(NotFound):
        expected_signers(amendment, Context())
    with pytest.raises(MalformedRecord):
        expected_signers(amendment, Context(records={NONE: amendment}))
    with pytest.raises(NotFound, match="withheld"):
        expected_signers(amendment, Context(records={NONE: terms(commercial=Withheld(NONE))}))


def test_log_and_registry_records_name_their_signers() -> None:
    assert expected_signers(Checkpoint(NONE, 0, 1, NONE), Context()) == (AnchorSigner(LogId(NONE)),)
    change = RegistryChange(1, 0, 1, 1, bytes(20), 0, NONE, 0, NONE)
    assert expected_signers(change, Context()) == (CouncilSigners(),)
    key = KeyAddress(bytes(20))
    revoke = KeyRevoke(CARRIER, key, NO_DETAILS)
    assert expected_signers(revoke, Context()) == (MasterSigner(PartnerId(CARRIER), key),)


# --- verification ---


def test_a_record_signed_by_all_becomes_verified(registry: RegistryHistory) -> None:
    record = handoff()
    facts = at_block(3, Outcome.APPLIED)
    verified = verify_record(signed(record, KEYS[MAKER], KEYS[CARRIER]), DOMAIN, facts, registry, Context())
    assert verified.id == DOMAIN.record_id(record)
    assert verified.signers == (MAKER, CARRIER)
    assert verified.keys == (KEYS[MAKER].address, KEYS[CARRIER].address)
    assert verified.known == 1003
    assert verified.applied()
    assert not verified.applied(1)


@pytest.mark.parametrize(
    "keys",
    [
        (KEYS[MAKER],),
        (KEYS[CARRIER], KEYS[MAKER]),
        (KEYS[MAKER], KEYS[MAKER]),
        (KEYS[MAKER], STRANGER),
        (KEYS[MAKER], KEYS[SHOP]),
        (KEYS[MAKER], KEYS[CARRIER], KEYS[SHOP]),
        (),
    ],
    ids=["one side only", "wrong order", "one key twice", "a stranger", "another partner", "one too many", "nobody"],
)
def test_any_other_signatures_are_refused(registry: RegistryHistory, keys: Sequence[SigningKey]) -> None:
    with pytest.raises(VerificationFailed):
        verify_record(signed(handoff(), *keys), DOMAIN, at_block(3), registry, Context())


def test_a_signature_under_another_record_is_refused(registry: RegistryHistory) -> None:
    other = signed(handoff(shipments=(b"\x06" * 32,)), KEYS[MAKER], KEYS[CARRIER])
    with pytest.raises(VerificationFailed):
        verify_record(SignedRecord(handoff(), other.signatures), DOMAIN, at_block(3), registry, Context())
    broken = (other.signatures[0][:64] + b"\x00", other.signatures[1])
    with pytest.raises(BadSignature):
        verify_record(SignedRecord(handoff(), broken), DOMAIN, at_block(3), registry, Context())


def test_keys_are_judged_at_the_recording_block(registry: RegistryHistory) -> None:
    """The device was granted in block 4 and revoked in block 5: what it signed in between stays valid for ever."""
    record = signed(handoff(), KEYS[MAKER], DEVICE)
    assert verify_record(record, DOMAIN, at_block(4), registry, Context()).signers == (MAKER, CARRIER)
    for block in (3, 6):
        with pytest.raises(VerificationFailed, match="receiver"):
            verify_record(record, DOMAIN, at_block(block), registry, Context())


def test_until_the_chain_judges_it_a_key_may_come_into_force_after_the_record_but_not_have_ended_before(
    registry: RegistryHistory,
) -> None:
    record = signed(handoff(), KEYS[MAKER], DEVICE)
    before_the_grant, after_the_revocation = Facts(4, 1003), Facts(6, 1009)
    assert verify_record(record, DOMAIN, before_the_grant, registry, Context()).roles == (0, 0)
    with pytest.raises(VerificationFailed, match="receiver"):
        verify_record(record, DOMAIN, after_the_revocation, registry, Context())


def test_a_device_signs_only_what_its_scopes_allow(registry: RegistryHistory) -> None:
    statement = Statement(CARRIER, SHOP, StatementKind.TENDER, NONE, 0, 0, NO_PLACE, NO_DETAILS)
    by_master = verify_record(signed(statement, KEYS[CARRIER]), DOMAIN, at_block(4), registry, Context())
    assert by_master.signers == (CARRIER,)
    with pytest.raises(VerificationFailed):
        verify_record(signed(statement, DEVICE), DOMAIN, at_block(4), registry, Context())


def test_the_recipient_key_is_that_of_every_shipment_applied(registry: RegistryHistory) -> None:
    ours, others = b"\x05" * 32, b"\x06" * 32
    context = Context({ours: terms(consignee=0, recipientKey=RECIPIENT.address), others: terms()})
    record = signed(handoff(CARRIER, NOBODY, (ours, others)), KEYS[CARRIER], RECIPIENT)
    skipped = at_block(3, Outcome.APPLIED, Outcome.WRONG_KEY)
    assert verify_record(record, DOMAIN, skipped, registry, context).signers == (CARRIER, NOBODY)
    with pytest.raises(VerificationFailed, match="recipient"):
        verify_record(record, DOMAIN, at_block(3, Outcome.APPLIED, Outcome.APPLIED), registry, context)
    stranger = signed(handoff(CARRIER, NOBODY, (ours, others)), KEYS[CARRIER], STRANGER)
    wrong = at_block(3, Outcome.WRONG_KEY, Outcome.WRONG_KEY)
    assert verify_record(stranger, DOMAIN, wrong, registry, context).signers == (CARRIER, NOBODY), "nothing was applied"
    with pytest.raises(VerificationFailed, match="recipient"):
        verify_record(stranger, DOMAIN, at_block(3, Outcome.APPLIED, Outcome.WRONG_KEY), registry, context)
    undecided = verify_record(stranger, DOMAIN, at_block(3), registry, context)
    assert undecided.signers == (CARRIER, NOBODY), "the terms may be on their way"


@pytest.mark.parametrize("chosen", [(0,), (1, 0), (0, 0), ()], ids=["too few", "not ascending", "twice", "none"])
def test_the_council_signs_with_its_threshold_ascending_and_distinct(
    registry: RegistryHistory, chosen: Sequence[int]
) -> None:
    record = Override(NONE, 0, MAKER, CARRIER, 1, 0, NO_DETAILS)
    good = signed(record, COUNCIL[0], COUNCIL[2], KEYS[CARRIER])
    assert verify_record(good, DOMAIN, at_block(3), registry, Context()).signers == (0, 0, CARRIER)
    bad = signed(record, *(COUNCIL[i] for i in chosen), KEYS[CARRIER])
    with pytest.raises(VerificationFailed):
        verify_record(bad, DOMAIN, at_block(3), registry, Context())


def test_only_a_master_key_grants_keys_and_only_to_a_key_that_signs_too(registry: RegistryHistory) -> None:
    grant = KeyGrant(CARRIER, STRANGER.address, CARRIER, 1 << (KeyGrant.NUMBER - 1), 0, 5000, NO_DETAILS)
    by_master = verify_record(signed(grant, KEYS[CARRIER], STRANGER), DOMAIN, at_block(4), registry, Context())
    assert by_master.signers == (CARRIER, NOBODY)
    for keys in ((DEVICE, STRANGER), (KEYS[MAKER], STRANGER), (KEYS[CARRIER],), (KEYS[CARRIER], DEVICE)):
        with pytest.raises(VerificationFailed):
            verify_record(signed(grant, *keys), DOMAIN, at_block(4), registry, Context())


# --- what the log knew ---


def test_nobody_makes_a_verified_record_by_hand() -> None:
    with pytest.raises(VerificationFailed, match=r"ledger\.records\.verification only"):
        VerifiedRecord(RecordId(NONE), handoff(), (), (), (), Facts(0, 0), object())


def test_known_is_the_earlier_of_what_there_is() -> None:
    record = handoff()
    for facts, known in ((Facts(0, 50), 50), (Facts(0, 50, 1, 40), 40), (Facts(0, 50, 1, 60), 50)):
        assert already_verified(DOMAIN.record_id(record), record, (MAKER, CARRIER), facts).known == known


def test_at_a_smaller_size_later_records_are_gone_and_later_outcomes_unknown() -> None:
    record = handoff()
    facts = Facts(3, 50, 1, 40, 0, (Outcome.APPLIED,), 7)
    verified = already_verified(DOMAIN.record_id(record), record, (MAKER, CARRIER), facts)
    assert list(as_known_at([verified], 3, CheckpointTimes())) == []
    (pending,) = as_known_at([verified], 7, CheckpointTimes())
    assert (pending.applied(), pending.known, pending.block_number) == (False, 50, None)
    assert list(as_known_at([verified], 8, CheckpointTimes())) == [verified]


def test_roles_are_those_of_the_signer() -> None:
    record = handoff()
    verified = already_verified(
        DOMAIN.record_id(record), record, (MAKER, CARRIER), Facts(0, 0), roles=(0, 1 << Role.LOCKER)
    )
    assert verified.roles_of(CARRIER) == 1 << Role.LOCKER
    assert verified.roles_of(MAKER) == verified.roles_of(SHOP) == verified.roles_of(NOBODY) == 0
