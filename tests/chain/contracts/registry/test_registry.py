"""The registry's rules, each asked of the contract and of the pure history together."""

from typing import Any

import pytest

from ledger.codes import ContractKind, RegistryAction, Role
from ledger.common.ids import ConsortiumId, KeyAddress
from ledger.errors import MalformedRecord
from ledger.records.signing import SigningKey
from ledger.records.types import Checkpoint, KeyGrant, KeyRevoke
from ledger.registry.history import Genesis
from ledger.registry.keys import DEVICE_SCOPES
from ledger.registry.state import NO_END
from tests.chain.contracts.consortium import CONSORTIUM, COUNCIL, DELAY, DOMAIN, ZERO, key_of
from tests.chain.contracts.harness import SENDER, Evm, Reverted, error_names
from tests.chain.contracts.twin import NO_DETAILS, USED, Twin, master

A = RegistryAction
LOG, LOG_2 = b"\x11" * 32, b"\x22" * 32
DE = b"DE".ljust(32, b"\0")
FR = b"FR".ljust(32, b"\0")
PREFIX = b"09506000".ljust(32, b"\0")
DAY = 86_400
CARRIER_BIT = 1 << Role.CARRIER


@pytest.fixture
def twin() -> Twin:
    return Twin()


@pytest.fixture
def one() -> Twin:
    """With partner 1, a carrier, in force."""
    twin = Twin()
    twin.admit(1, document=b"\x01" * 32)
    twin.grant_role(1, Role.CARRIER)
    twin.wait(DELAY)
    return twin


def refused(name: str) -> Any:
    return pytest.raises(Reverted, match=rf"PartnerRegistry{name}\(")


# --- admission and delay ---


def test_admission_comes_into_force_after_the_delay(twin: Twin) -> None:
    twin.admit(1)
    recorded = twin.now - 1
    twin.evm.now = recorded + DELAY - 1
    assert twin.signer(master(1)) == (0, 0, False)
    twin.evm.now = recorded + DELAY
    assert twin.signer(master(1)) == (1, 0, False)
    assert twin.registry.read("partnerInfo", 1) == (recorded + DELAY, 0)
    assert twin.registry.read("changes") == 1


def test_not_before_postpones_and_never_hastens(twin: Twin) -> None:
    later = twin.now + 10 * DAY
    twin.admit(1, notBefore=later)
    twin.admit(2, notBefore=1)
    twin.wait(DELAY)
    assert twin.signer(master(1))[0] == 0
    assert twin.signer(master(2))[0] == 2
    twin.evm.now = later
    assert twin.signer(master(1))[0] == 1


def test_keys_and_roles_never_precede_their_partner(twin: Twin) -> None:
    later = twin.now + 10 * DAY
    twin.admit(1, notBefore=later)
    twin.change(A.ADD_KEY, partner=1, key=key_of("second").address)
    twin.grant_role(1, Role.CARRIER)
    twin.evm.now = later - 1
    assert twin.signer(key_of("second"))[0] == 0
    assert not twin.has_role(1, Role.CARRIER)
    twin.evm.now = later
    assert twin.signer(key_of("second")) == (1, CARRIER_BIT, False)


def test_admission_is_refused(twin: Twin) -> None:
    with refused("PartnerZero"):
        twin.change(A.ADMIT, partner=0, key=master(1).address)
    with refused("NoAddress"):
        twin.change(A.ADMIT, partner=1)
    twin.admit(1)
    with refused("PartnerKnown"):
        twin.change(A.ADMIT, partner=1, key=master(2).address)
    with refused("AddressKnown"):
        twin.change(A.ADMIT, partner=2, key=master(1).address)
    with refused("TimeTooFar"):
        twin.admit(3, notBefore=NO_END)
    assert twin.registry.read("changes") == 1


# --- suspension ---


def test_suspension_is_immediate_and_reinstatement_waits(one: Twin) -> None:
    assert one.signer(master(1)) == (1, CARRIER_BIT, False)
    one.change(A.SUSPEND, partner=1)
    assert one.signer(master(1)) == (1, CARRIER_BIT, True)
    assert not one.has_role(1, Role.CARRIER)
    with refused("AlreadySuspended"):
        one.change(A.SUSPEND, partner=1)
    one.change(A.REINSTATE, partner=1)
    one.wait(DELAY - 2)
    assert one.signer(master(1))[2]
    one.wait(2)
    assert one.signer(master(1)) == (1, CARRIER_BIT, False)
    assert one.has_role(1, Role.CARRIER)


def test_a_suspension_voids_a_coming_reinstatement(one: Twin) -> None:
    one.change(A.SUSPEND, partner=1)
    one.change(A.REINSTATE, partner=1)
    with refused("NotSuspended"):
        one.change(A.REINSTATE, partner=1)
    one.change(A.SUSPEND, partner=1)
    one.wait(DELAY)
    assert one.signer(master(1))[2]
    with refused("UnknownPartner"):
        one.change(A.SUSPEND, partner=9)
    with refused("UnknownPartner"):
        one.change(A.REINSTATE, partner=9)


# --- keys ---


def test_a_revoked_key_ends_at_once_and_never_returns(one: Twin) -> None:
    one.change(A.ADD_KEY, partner=1, key=key_of("new").address)
    one.change(A.REVOKE_KEY, partner=1, key=master(1).address)
    assert one.signer(master(1)) == (0, 0, False)
    with refused("AddressKnown"):
        one.change(A.ADD_KEY, partner=1, key=master(1).address)
    with refused("KeyEnded"):
        one.change(A.REVOKE_KEY, partner=1, key=master(1).address)
    one.wait(DELAY)
    assert one.signer(key_of("new"))[0] == 1
    one.compare_address(master(1).address)


def test_a_key_revoked_before_its_time_is_never_in_force(one: Twin) -> None:
    one.change(A.ADD_KEY, partner=1, key=key_of("new").address)
    one.change(A.REVOKE_KEY, partner=1, key=key_of("new").address)
    one.wait(DELAY)
    assert one.signer(key_of("new"))[0] == 0


def test_no_key_belongs_to_two(one: Twin) -> None:
    """An address enters once, as one thing, whatever action would enter it again."""
    one.admit(2)
    one.change(A.REGISTER_LOG, partner=1, key=key_of("anchor").address, scope=LOG)
    one.change(A.OPEN_CONTRACT, key=one.contract(1), number=1)
    for known in (master(1), COUNCIL[0], key_of("anchor")):
        for fields in (
            {"action": A.ADMIT, "partner": 3, "key": known.address},
            {"action": A.ADD_KEY, "partner": 2, "key": known.address},
            {"action": A.ADD_COUNCIL_MEMBER, "key": known.address},
            {"action": A.REGISTER_LOG, "partner": 2, "key": known.address, "scope": LOG_2},
            {"action": A.OPEN_CONTRACT, "key": known.address, "number": 2},
        ):
            with refused("AddressKnown"):
                one.change(**fields)  # type: ignore[arg-type]
        with refused("AddressKnown"):
            one.grant_key(1, known)
    with refused("NotItsKey"):
        one.change(A.REVOKE_KEY, partner=2, key=master(1).address)
    with refused("NotItsKey"):
        one.change(A.REVOKE_KEY, partner=0, key=COUNCIL[0].address)
    with refused("NotItsKey"):
        one.change(A.REVOKE_KEY, partner=1, key=key_of("anchor").address)
    with refused("UnknownPartner"):
        one.change(A.ADD_KEY, partner=7, key=key_of("new").address)
    with refused("NoAddress"):
        one.change(A.ADD_KEY, partner=1)


def test_council_anchor_and_contract_addresses_sign_for_no_partner(one: Twin) -> None:
    one.change(A.REGISTER_LOG, partner=1, key=key_of("anchor").address, scope=LOG)
    contract = one.contract(5)
    one.change(A.OPEN_CONTRACT, key=contract, number=5)
    one.wait(DELAY)
    for address in (key_of("anchor").address, contract, COUNCIL[0].address):
        one.compare_address(address)
    for address in (COUNCIL[0].address, key_of("anchor").address, contract, key_of("stranger").address):
        for type_number in range(33):
            assert one.registry.read("signer", address, type_number) == (0, 0, False)
    assert one.registry.read("signer", master(1).address, 0) == (0, 0, False)
    assert one.registry.read("signer", master(1).address, 255) == (0, 0, False)


# --- device keys ---


def test_a_device_key_signs_its_scopes_for_its_time(one: Twin) -> None:
    device, start = key_of("device"), one.now + 100
    scopes = (1 << 4) | (1 << 6)
    one.admit(2)
    one.grant_key(1, device, scopes=scopes, actor=2, validFrom=start, validUntil=start + 90 * DAY)
    assert one.signer(device, 5)[0] == 0
    one.evm.now = start
    assert one.signer(device, 5) == (1, CARRIER_BIT, False)
    assert one.signer(device, 7)[0] == 1
    for other in (1, 2, 3, 4, 6, 8, 17, 22):
        assert one.signer(device, other)[0] == 0
    one.compare_address(device.address)
    one.evm.now = start + 90 * DAY - 1
    assert one.signer(device, 5)[0] == 1
    one.evm.now = start + 90 * DAY
    assert one.signer(device, 5)[0] == 0
    with refused("AddressKnown"):
        one.grant_key(1, device)


def test_a_grant_reaches_back_to_its_block_only(one: Twin) -> None:
    one.grant_key(1, key_of("device"), validFrom=one.now - 10 * DAY, validUntil=one.now + DAY)
    one.compare_address(key_of("device").address)
    assert one.registry.read("addressInfo", key_of("device").address)[3] == one.now - 1


def test_a_grant_is_refused(one: Twin) -> None:
    device, now = key_of("device"), one.now
    with refused("PeriodTooLong"):
        one.grant_key(1, device, validFrom=now, validUntil=now + 90 * DAY + 1)
    with refused("EmptyPeriod"):
        one.grant_key(1, device, validFrom=now, validUntil=now)
    with refused("PeriodOver"):
        one.grant_key(1, device, validFrom=now - DAY, validUntil=now - 5)
    for scopes in (0, 1, 2, 4, 1 << 16, 1 << 22, (1 << 4) | 2, DEVICE_SCOPES | 1 << 31):
        with refused("BadScopes"):
            one.grant_key(1, device, scopes=scopes)
    with refused("NotMasterKey"):
        one.grant_key(1, device, by=key_of("stranger"))
    with refused("NotMasterKey"):
        one.grant_key(1, device, by=COUNCIL[0])
    with refused("NotMasterKey"):
        one.grant_key(2, device, by=master(1))
    with refused("UnknownPartner"):
        one.grant_key(1, device, actor=9)
    one.grant_key(1, device, scopes=DEVICE_SCOPES)
    with refused("NotMasterKey"):
        one.grant_key(1, key_of("another"), by=device)
    one.change(A.SUSPEND, partner=1)
    with refused("Suspended"):
        one.grant_key(1, key_of("another"))
    one.change(A.REVOKE_KEY, partner=1, key=master(1).address)
    with refused("NotMasterKey"):
        one.grant_key(1, key_of("another"))


def test_nobody_claims_an_address_whose_key_he_has_not(one: Twin) -> None:
    """The granted key signs too, second: no partner enters the next key of another, or of the council."""
    one.admit(2)
    wanted = key_of("the next key of 2")
    for consent in (master(1), key_of("stranger"), COUNCIL[0]):
        with refused("NotGrantedKey"):
            one.grant_key(1, wanted, consent=consent)
    grant = KeyGrant(1, wanted.address, 0, 16, one.now, one.now + DAY, NO_DETAILS)
    with refused("NotMasterKey"):
        one.submit(grant, wanted, master(1))
    one.compare_address(wanted.address)
    one.change(A.ADD_KEY, partner=2, key=wanted.address)


def test_a_grant_has_two_signatures_and_a_revocation_one(one: Twin) -> None:
    device = key_of("device")
    grant = KeyGrant(1, device.address, 0, 16, one.now, one.now + DAY, NO_DETAILS)
    for signers in ((), (master(1),), (master(1), device, device)):
        with refused("SignatureLength"):
            one.submit(grant, *signers)
    one.submit(grant, master(1), device)
    revoke = KeyRevoke(1, device.address, NO_DETAILS)
    with refused("SignatureLength"):
        one.submit(revoke)
    with refused("SignatureLength"):
        one.submit(revoke, master(1), device)


def test_a_key_is_revoked_by_a_master_key_or_by_itself(one: Twin) -> None:
    devices = [key_of(f"device {i}") for i in range(3)]
    for device in devices:
        one.grant_key(1, device)
    one.revoke_key(1, devices[0])
    one.revoke_key(1, devices[1], by=devices[1])
    with refused("NotMasterKey"):
        one.revoke_key(1, devices[2], by=key_of("stranger"))
    with refused("NotMasterKey"):
        one.revoke_key(1, devices[2], by=devices[0])
    assert [one.signer(device)[0] for device in devices] == [0, 0, 1]
    with refused("KeyEnded"):
        one.revoke_key(1, devices[0])
    with refused("NotItsKey"):
        one.revoke_key(2, devices[2], by=devices[2])
    with refused("NotItsKey"):
        one.revoke_key(1, key_of("stranger"))
    with refused("NotItsKey"):
        one.revoke_key(0, COUNCIL[0], by=COUNCIL[0])
    one.revoke_key(1, master(1))
    assert one.signer(master(1))[0] == 0
    assert one.signer(devices[2])[0] == 1, "what a key granted outlives it"
    one.change(A.REVOKE_KEY, partner=1, key=devices[2].address)
    assert one.signer(devices[2])[0] == 0


# --- roles ---


def test_every_role_by_itself(twin: Twin) -> None:
    scopes = {Role.CUSTOMS: DE, Role.ISSUER: b"\x07" * 32, Role.BRAND: PREFIX}
    for role in Role:
        twin.admit(role)
        twin.grant_role(role, role, scopes.get(role, ZERO))
    twin.wait(DELAY)
    for role in Role:
        assert twin.signer(master(role), 4) == (role, 1 << role, False)
        assert twin.has_role(role, role, scopes.get(role, ZERO))
        assert not twin.has_role(role, role % 14 + 1, scopes.get(role, ZERO))
        twin.change(A.REVOKE_ROLE, partner=role, role=role, scope=scopes.get(role, ZERO))
        assert twin.signer(master(role), 4) == (role, 0, False)
        assert not twin.has_role(role, role, scopes.get(role, ZERO))


def test_roles_coming_later_do_not_hide_those_in_force(one: Twin) -> None:
    """While one grant is pending every role is looked up by itself."""
    one.grant_role(1, Role.WAREHOUSE, notBefore=one.now + 3 * DAY)
    one.grant_role(1, Role.CUSTOMS, DE, notBefore=one.now + 2 * DAY)
    one.grant_role(1, Role.CUSTOMS, FR, notBefore=one.now + DAY)
    assert one.signer(master(1))[1] == CARRIER_BIT
    one.wait(DAY)
    assert one.signer(master(1))[1] == CARRIER_BIT | 1 << Role.CUSTOMS
    one.change(A.REVOKE_ROLE, partner=1, role=Role.CUSTOMS, scope=FR)
    assert one.signer(master(1))[1] == CARRIER_BIT, "what is left is for a scope to come"
    one.wait(DAY)
    assert one.signer(master(1))[1] == CARRIER_BIT | 1 << Role.CUSTOMS
    one.wait(DAY)
    assert one.signer(master(1))[1] == CARRIER_BIT | 1 << Role.CUSTOMS | 1 << Role.WAREHOUSE


@pytest.mark.parametrize("order", [(DE, FR), (FR, DE)])
def test_a_scope_revoked_leaves_the_others_their_times(one: Twin, order: tuple[bytes, bytes]) -> None:
    times = {DE: one.now + DAY, FR: one.now + 3 * DAY}
    for scope in order:
        one.grant_role(1, Role.CUSTOMS, scope, notBefore=times[scope])
    one.wait(2 * DAY)
    assert one.signer(master(1))[1] & 1 << Role.CUSTOMS
    one.change(A.REVOKE_ROLE, partner=1, role=Role.CUSTOMS, scope=DE)
    assert not one.signer(master(1))[1] & 1 << Role.CUSTOMS
    one.evm.now = times[FR]
    assert one.signer(master(1))[1] & 1 << Role.CUSTOMS


def test_scoped_roles_hold_for_their_scope(one: Twin) -> None:
    one.grant_role(1, Role.CUSTOMS, DE)
    one.grant_role(1, Role.CUSTOMS, FR)
    one.wait(DELAY)
    assert one.has_role(1, Role.CUSTOMS, DE)
    assert not one.has_role(1, Role.CUSTOMS, b"US".ljust(32, b"\0"))
    assert not one.has_role(1, Role.CUSTOMS)
    assert not one.has_role(1, Role.CARRIER, DE)
    one.change(A.REVOKE_ROLE, partner=1, role=Role.CUSTOMS, scope=DE)
    assert one.signer(master(1))[1] & 1 << Role.CUSTOMS
    one.change(A.REVOKE_ROLE, partner=1, role=Role.CUSTOMS, scope=FR)
    assert not one.signer(master(1))[1] & 1 << Role.CUSTOMS
    one.grant_role(1, Role.CUSTOMS, DE)
    one.wait(DELAY)
    assert one.has_role(1, Role.CUSTOMS, DE)


def test_role_changes_are_refused(one: Twin) -> None:
    with refused("RoleHeld"):
        one.grant_role(1, Role.CARRIER)
    with refused("RoleNotHeld"):
        one.change(A.REVOKE_ROLE, partner=1, role=Role.BROKER)
    with refused("UnknownPartner"):
        one.grant_role(2, Role.CARRIER)
    with refused("UnknownPartner"):
        one.change(A.REVOKE_ROLE, partner=2, role=Role.CARRIER)
    for role in (0, 15, 255):
        with refused("UnknownRole"):
            one.grant_role(1, role)
    one.grant_role(1, Role.BRAND, PREFIX)
    with refused("RoleHeld"):
        one.grant_role(1, Role.BRAND, PREFIX)


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.CARRIER, b"DE"),
        (Role.CUSTOMS, b""),
        (Role.CUSTOMS, b"D"),
        (Role.CUSTOMS, b"de"),
        (Role.CUSTOMS, b"DEU"),
        (Role.CUSTOMS, b"D\0E"),
        (Role.CUSTOMS, b"D1"),
        (Role.CUSTOMS, b"DE" + bytes(29) + b"\1"),
        (Role.ISSUER, b""),
        (Role.BRAND, b""),
        (Role.BRAND, b"950"),
        (Role.BRAND, b"9506000134352"),
        (Role.BRAND, b"0950600A"),
        (Role.BRAND, b"09506\0001"),
        (Role.LOCKER, b"\0" * 31 + b"\1"),
    ],
)
def test_scopes_that_fit_no_role(one: Twin, role: Role, scope: bytes) -> None:
    with refused("BadScope"):
        one.grant_role(1, role, scope.ljust(32, b"\0"))
    with refused("BadScope"):
        one.change(A.REVOKE_ROLE, partner=1, role=role, scope=scope.ljust(32, b"\0"))


def test_scopes_of_one_role_are_bounded(one: Twin) -> None:
    for i in range(200):
        one.grant_role(1, Role.ISSUER, (i + 1).to_bytes(32, "big"))
    with refused("TooManyScopes"):
        one.grant_role(1, Role.ISSUER, b"\xff" * 32)
    one.signer(master(1), 10)


# --- council ---


def test_council_members_come_and_go(twin: Twin) -> None:
    new = key_of("new member")
    twin.change(A.ADD_COUNCIL_MEMBER, key=new.address)
    pair = sorted((COUNCIL[0], new), key=lambda k: k.address)
    with refused("NotCouncil"):
        twin.change(A.ADD_COUNCIL_MEMBER, *pair, key=key_of("another").address)
    twin.wait(DELAY)
    twin.change(A.REMOVE_COUNCIL_MEMBER, *pair, key=COUNCIL[1].address)
    twin.change(A.ADOPT_RULES, COUNCIL[0], COUNCIL[1], document=b"\x05" * 32)
    twin.wait(DELAY)
    with refused("NotCouncil"):
        twin.change(A.ADOPT_RULES, COUNCIL[0], COUNCIL[1], document=b"\x06" * 32)
    assert twin.history.now(twin.now).council().members == {k.address for k in (COUNCIL[0], COUNCIL[2], new)}
    with refused("EndRecorded"):
        twin.change(A.REMOVE_COUNCIL_MEMBER, *pair, key=COUNCIL[1].address)
    with refused("AddressKnown"):
        twin.change(A.ADD_COUNCIL_MEMBER, *pair, key=COUNCIL[1].address)
    with refused("NotAMember"):
        twin.change(A.REMOVE_COUNCIL_MEMBER, *pair, key=key_of("stranger").address)


def test_the_council_stays_able_to_reach_its_threshold(twin: Twin) -> None:
    twin.change(A.REMOVE_COUNCIL_MEMBER, key=COUNCIL[2].address)
    with refused("CouncilTooSmall"):
        twin.change(A.REMOVE_COUNCIL_MEMBER, key=COUNCIL[1].address)
    with refused("CouncilTooSmall"):
        twin.change(A.SET_THRESHOLD, number=3)
    with refused("NoThreshold"):
        twin.change(A.SET_THRESHOLD, number=0)
    twin.change(A.ADD_COUNCIL_MEMBER, key=key_of("new member").address)
    with refused("CouncilTooSmall"):
        twin.change(A.REMOVE_COUNCIL_MEMBER, key=COUNCIL[1].address)  # the new one is not in force
    twin.wait(DELAY)
    twin.change(A.REMOVE_COUNCIL_MEMBER, key=COUNCIL[1].address)


def test_a_higher_threshold_to_come_binds_at_once_and_a_lower_one_not_yet(twin: Twin) -> None:
    twin.change(A.SET_THRESHOLD, number=3)
    assert twin.needed() == 2
    with refused("CouncilTooSmall"):
        twin.change(A.REMOVE_COUNCIL_MEMBER, key=COUNCIL[2].address)
    twin.wait(DELAY)
    assert twin.needed() == 3
    with refused("TooFewSignatures"):
        twin.change(A.SET_THRESHOLD, number=1)
    twin.change(A.SET_THRESHOLD, *COUNCIL, number=1)
    assert twin.needed() == 3
    with refused("CouncilTooSmall"):
        twin.change(A.REMOVE_COUNCIL_MEMBER, *COUNCIL, key=COUNCIL[2].address)
    twin.wait(DELAY)
    assert twin.needed() == 1
    twin.change(A.REMOVE_COUNCIL_MEMBER, COUNCIL[0], key=COUNCIL[2].address)


def test_a_threshold_not_in_force_yet_is_replaced(twin: Twin) -> None:
    twin.change(A.SET_THRESHOLD, number=3)
    twin.change(A.SET_THRESHOLD, number=1)
    twin.wait(DELAY)
    assert twin.needed() == 1


def test_the_council_has_a_largest_size(twin: Twin) -> None:
    for i in range(29):
        twin.change(A.ADD_COUNCIL_MEMBER, key=key_of(f"member {i}").address)
    with refused("CouncilTooLarge"):
        twin.change(A.ADD_COUNCIL_MEMBER, key=key_of("one too many").address)


# --- signatures of the council ---


def test_council_signatures(twin: Twin) -> None:
    rules: dict[str, Any] = {"document": b"\x05" * 32}
    with refused("TooFewSignatures"):
        twin.change(A.ADOPT_RULES, COUNCIL[0], **rules)
    with refused("CouncilOrder"):
        twin.change(A.ADOPT_RULES, COUNCIL[1], COUNCIL[0], **rules)
    with refused("CouncilOrder"):
        twin.change(A.ADOPT_RULES, COUNCIL[0], COUNCIL[0], **rules)
    stranger = key_of("stranger")
    with refused("NotCouncil"):
        twin.change(A.ADOPT_RULES, *sorted((COUNCIL[0], stranger), key=lambda k: k.address), **rules)
    with refused("NotCouncil"):
        twin.change(A.ADOPT_RULES, *sorted((*COUNCIL, stranger), key=lambda k: k.address), **rules)
    with refused("SignatureLength"):
        twin.submit(twin.make(A.ADOPT_RULES, **rules))
    twin.change(A.ADOPT_RULES, *COUNCIL, **rules)


def test_bytes_that_are_no_signatures_revert(twin: Twin) -> None:
    change = twin.make(A.ADOPT_RULES, document=b"\x05" * 32)
    good = b"".join(key.sign(DOMAIN, change) for key in COUNCIL[:2])
    high_s = good[:97] + (2**256 - 2**32).to_bytes(32, "big") + good[129:]
    for bad, name in (
        (good[:-1], "PartnerRegistrySignatureLength"),
        (good + b"\0", "PartnerRegistrySignatureLength"),
        (good[:-1] + b"\x00", "ECDSAInvalidSignature"),
        (high_s, "ECDSAInvalidSignatureS"),
    ):
        with pytest.raises(Reverted, match=name):
            twin.registry.record("change", change, bad)
    other = twin.make(A.ADOPT_RULES, document=b"\x06" * 32)
    with pytest.raises(Reverted, match=r"PartnerRegistry(NotCouncil|CouncilOrder)"):
        twin.registry.record("change", other, good)
    twin.registry.record("change", change, good)


# --- form ---


def test_the_sequence_has_no_gap_and_no_repetition(twin: Twin) -> None:
    for wrong in (0, 2, 2**40 - 1):
        with refused("Sequence"):
            twin.change(A.ADOPT_RULES, sequence=wrong, document=b"\x05" * 32)
    first = twin.make(A.ADOPT_RULES, document=b"\x05" * 32)
    twin.submit(first, *COUNCIL)
    with refused("Sequence"):
        twin.submit(first, *COUNCIL)


@pytest.mark.parametrize("action", [0, 16, 255])
def test_actions_that_do_not_exist(twin: Twin, action: int) -> None:
    with refused("UnknownAction"):
        twin.change(action)


FIELDS: dict[str, Any] = {
    "notBefore": 1, "partner": 1, "key": b"\x01" * 20, "role": 1, "scope": LOG, "number": 1, "document": LOG,
}  # fmt: skip


@pytest.mark.parametrize("action", list(A))
def test_fields_that_an_action_does_not_use_are_zero(twin: Twin, action: A) -> None:
    """The record is signed as a whole: nothing in it may say what has no effect."""
    for name, value in FIELDS.items():
        if name in USED[action].split():
            continue
        with refused("UnusedField") as caught:
            twin.change(action, **{name: value})
        assert caught.value.arguments == {"action": action, "used": 1 << list(FIELDS).index(name)}


# --- logs ---


def test_a_log_its_anchor_key_and_its_end(one: Twin) -> None:
    anchor, second = key_of("anchor"), key_of("second anchor")
    one.change(A.REGISTER_LOG, partner=1, key=anchor.address, scope=LOG)
    assert one.anchor_key(LOG) is None
    one.wait(DELAY)
    assert one.anchor_key(LOG) == anchor.address
    one.change(A.RETIRE_LOG, scope=LOG)
    assert one.anchor_key(LOG) is None
    with refused("LogRetired"):
        one.change(A.RETIRE_LOG, scope=LOG)
    one.change(A.REGISTER_LOG, partner=1, key=second.address, scope=LOG_2, document=LOG, number=77)
    one.wait(DELAY)
    assert one.anchor_key(LOG_2) == second.address
    key, partner, predecessor, size = one.registry.read("logInfo", LOG_2)
    known = one.history.now(one.now).log(LOG_2)  # type: ignore[arg-type]
    assert known is not None
    assert (key, partner, predecessor, size) == ("0x" + known.key.hex(), 1, LOG, 77)
    assert (known.partner, known.predecessor, known.predecessor_size) == (1, LOG, 77)


def test_logs_are_refused(one: Twin) -> None:
    anchor: dict[str, Any] = {"partner": 1, "key": key_of("anchor").address}
    with refused("UnknownPartner"):
        one.change(A.REGISTER_LOG, **anchor | {"partner": 2}, scope=LOG)
    with refused("NoLogId"):
        one.change(A.REGISTER_LOG, **anchor)
    with refused("UnknownLog"):
        one.change(A.REGISTER_LOG, **anchor, scope=LOG, document=LOG_2, number=5)
    with refused("UnknownLog"):
        one.change(A.REGISTER_LOG, **anchor, scope=LOG, document=LOG)
    with refused("NoPredecessor"):
        one.change(A.REGISTER_LOG, **anchor, scope=LOG, number=5)
    with refused("NoAddress"):
        one.change(A.REGISTER_LOG, partner=1, scope=LOG)
    with refused("UnknownLog"):
        one.change(A.RETIRE_LOG, scope=LOG)
    one.change(A.REGISTER_LOG, **anchor, scope=LOG)
    with refused("LogKnown"):
        one.change(A.REGISTER_LOG, partner=1, key=key_of("other").address, scope=LOG)


# --- contracts ---


def test_a_successor_follows_without_overlap(twin: Twin) -> None:
    kind = ContractKind.CUSTODY
    old = twin.contract(kind)
    new, third = (twin.contract(kind, old) for _ in range(2))
    twin.change(A.OPEN_CONTRACT, key=old, number=kind)
    assert twin.contract_of(kind) is None
    twin.wait(DELAY)
    assert twin.contract_of(kind) == old
    assert not twin.registry.read("isOpen", ContractKind.CLEARANCE, old)
    with refused("KindOpen"):
        twin.change(A.OPEN_CONTRACT, key=new, number=kind)
    closes = twin.now + 2 * DAY
    twin.change(A.CLOSE_CONTRACT, key=old, number=kind, notBefore=closes)
    twin.change(A.OPEN_CONTRACT, key=new, number=kind)
    with refused("KindOpen"):
        twin.change(A.OPEN_CONTRACT, key=third, number=kind)
    twin.wait(DELAY)
    assert twin.contract_of(kind) == old
    assert not twin.registry.read("isOpen", kind, new)
    twin.evm.now = closes - 1
    assert twin.contract_of(kind) == old
    twin.evm.now = closes
    assert twin.contract_of(kind) == new
    assert not twin.registry.read("isOpen", kind, old)
    with refused("AddressKnown"):
        twin.change(A.OPEN_CONTRACT, key=old, number=ContractKind.BONUS)


def test_a_successor_withdrawn_before_its_time(twin: Twin) -> None:
    kind = ContractKind.ANCHOR
    old = twin.contract(kind)
    new = twin.contract(kind, old)
    third = twin.contract(kind, new)
    twin.change(A.OPEN_CONTRACT, key=old, number=kind)
    twin.wait(DELAY)
    closes = twin.now + 2 * DAY
    twin.change(A.CLOSE_CONTRACT, key=old, number=kind, notBefore=closes)
    twin.change(A.OPEN_CONTRACT, key=new, number=kind)
    twin.change(A.CLOSE_CONTRACT, key=new, number=kind)
    with refused("StillClosing") as caught:
        twin.change(A.OPEN_CONTRACT, key=third, number=kind)  # the old one would be forgotten while in force
    assert caught.value.arguments == {"kind": kind, "closing": "0x" + old.hex(), "until": closes}
    twin.evm.now = closes
    assert twin.contract_of(kind) is None
    twin.change(A.OPEN_CONTRACT, key=third, number=kind)
    twin.wait(DELAY)
    assert twin.contract_of(kind) == third


def test_contracts_are_refused(twin: Twin) -> None:
    address = twin.contract(1)
    for kind in (0, 6, 2**40 - 1):
        with refused("UnknownContractKind"):
            twin.change(A.OPEN_CONTRACT, key=address, number=kind)
        with refused("UnknownContractKind"):
            twin.change(A.CLOSE_CONTRACT, key=address, number=kind)
    with refused("UnknownContract"):
        twin.change(A.CLOSE_CONTRACT, key=address, number=1)
    twin.change(A.OPEN_CONTRACT, key=address, number=1)
    with refused("UnknownContract"):
        twin.change(A.CLOSE_CONTRACT, key=address, number=2)
    twin.change(A.CLOSE_CONTRACT, key=address, number=1)
    with refused("EndRecorded"):
        twin.change(A.CLOSE_CONTRACT, key=address, number=1)
    with refused("NoAddress"):
        twin.change(A.OPEN_CONTRACT, number=2)


@pytest.mark.parametrize("kind", ContractKind)
def test_a_wrong_contract_is_never_opened(twin: Twin, kind: ContractKind) -> None:
    """Neither first nor as a successor: code, kind, registry and predecessor are compared with what stands."""
    other_kind = next(k for k in ContractKind if k != kind)
    other = Twin(evm=twin.evm)
    first = twin.contract(kind)
    wrong = {
        "no code": key_of("nobody's").address,
        "no such views": twin.evm.deploy("SettlementToken", "T", "T", SENDER.address, 1).address,
        "another kind": twin.contract(other_kind),
        "another registry": other.contract(kind),
        "itself the registry": twin.registry.address,
        "a precompile": (2).to_bytes(20, "big"),
    }
    for address in (*wrong.values(), twin.contract(kind, first)):
        with refused("WrongContract") as caught:
            twin.change(A.OPEN_CONTRACT, key=address, number=kind)
        assert caught.value.arguments == {
            "kind": kind, "candidate": "0x" + address.hex(), "predecessor": "0x" + "00" * 20,
        }  # fmt: skip
    twin.change(A.OPEN_CONTRACT, key=first, number=kind)
    twin.wait(DELAY)
    twin.change(A.CLOSE_CONTRACT, key=first, number=kind)
    stranger = twin.contract(kind)
    for address in (*wrong.values(), stranger, twin.contract(kind, stranger)):
        with refused("WrongContract"):
            twin.change(A.OPEN_CONTRACT, key=address, number=kind)
    second = twin.contract(kind, first)
    twin.change(A.OPEN_CONTRACT, key=second, number=kind)
    twin.change(A.CLOSE_CONTRACT, key=second, number=kind)
    twin.wait(2 * DELAY)
    with refused("WrongContract"):
        twin.change(A.OPEN_CONTRACT, key=twin.contract(kind, first), number=kind)
    twin.change(A.OPEN_CONTRACT, key=twin.contract(kind, second), number=kind)


def test_require_open_asks_for_the_caller(twin: Twin) -> None:
    anchor = twin.evm.deploy("CheckpointAnchor", twin.registry.address, bytes(20))
    twin.change(A.OPEN_CONTRACT, key=anchor.address, number=5)
    checkpoint = Checkpoint(LOG, 0, 1, LOG)
    with refused("NotOpen"):
        anchor.record("anchor", checkpoint, [], b"")
    twin.wait(DELAY)
    with pytest.raises(Reverted, match="EvidenceSignatureLength"):
        anchor.record("anchor", checkpoint, [], b"")
    for kind in ContractKind:
        with refused("NotOpen"):
            twin.registry.read("requireOpen", kind)


# --- rules ---


def test_rules_are_adopted_once(twin: Twin) -> None:
    document = b"\x05" * 32
    with refused("UnknownRules"):
        twin.registry.read("rulesFrom", document)
    twin.change(A.ADOPT_RULES, document=document, number=twin.now + DAY)
    assert twin.registry.read("rulesFrom", document) == twin.now - 1 + DAY
    rules = twin.history.now(twin.now).rules(document)
    assert rules is not None
    assert (rules.start, rules.adopted_at) == (twin.now - 1 + DAY, twin.now - 1)
    with refused("RulesKnown"):
        twin.change(A.ADOPT_RULES, document=document)
    with refused("NoDocument"):
        twin.change(A.ADOPT_RULES, number=5)
    twin.change(A.ADOPT_RULES, document=b"\x06" * 32)
    assert twin.registry.read("rulesFrom", b"\x06" * 32) == 0


# --- genesis ---


def addresses(*keys: SigningKey) -> tuple[KeyAddress, ...]:
    return tuple(KeyAddress(key.address) for key in keys)


MANY = tuple(sorted((key_of(f"many {i}") for i in range(33)), key=lambda k: k.address))


@pytest.mark.parametrize(
    ("consortium", "threshold", "delay", "council", "error"),
    [
        (bytes(32), 1, 0, addresses(*COUNCIL), "NoConsortium"),
        (CONSORTIUM, 1, 366 * DAY, addresses(*COUNCIL), "DelayTooLong"),
        (CONSORTIUM, 0, 0, addresses(*COUNCIL), "NoThreshold"),
        (CONSORTIUM, 4, 0, addresses(*COUNCIL), "CouncilTooSmall"),
        (CONSORTIUM, 1, 0, (), "CouncilTooSmall"),
        (CONSORTIUM, 1, 0, addresses(*MANY), "CouncilTooLarge"),
        (CONSORTIUM, 1, 0, addresses(COUNCIL[1], COUNCIL[0]), "CouncilOrder"),
        (CONSORTIUM, 1, 0, addresses(COUNCIL[0], COUNCIL[0]), "CouncilOrder"),
        (CONSORTIUM, 1, 0, (KeyAddress(bytes(20)), *addresses(COUNCIL[0])), "CouncilOrder"),
    ],
)
def test_a_genesis_that_cannot_work(
    consortium: ConsortiumId, threshold: int, delay: int, council: tuple[KeyAddress, ...], error: str
) -> None:
    with refused(error):
        Evm().deploy("PartnerRegistry", consortium, threshold, delay, list(council))
    with pytest.raises(MalformedRecord) as caught:
        Genesis(consortium, threshold, delay, council)
    assert caught.value.where == f"PartnerRegistry{error}"


def test_the_deployer_has_no_power(twin: Twin) -> None:
    """The sender of the harness deployed the registry: it is in no list, and its signature opens nothing."""
    deployer = SENDER
    assert twin.registry.read("addressInfo", deployer.address) == (0, 0, 0, 0, 0, 0)
    for action in A:
        with refused("TooFewSignatures"):
            twin.change(action, deployer)
        with refused("(NotCouncil|CouncilOrder)"):
            twin.change(action, *sorted((COUNCIL[0], deployer), key=lambda k: k.address))
    with refused("NotMasterKey"):
        twin.grant_key(1, key_of("device"), by=deployer)
    with refused("NotMasterKey"):
        twin.revoke_key(1, key_of("device"), by=deployer)
    writing = {e["name"] for e in functions(twin) if e["stateMutability"] not in ("view", "pure")}
    assert writing == {"change", "grantKey", "revokeKey"}
    assert not any(e["stateMutability"] == "payable" for e in functions(twin))


def functions(twin: Twin) -> list[Any]:
    from tests.chain.contracts.harness import artifact_of

    return [e for e in artifact_of(twin.registry.name)["abi"] if e["type"] == "function"]


def test_views_say_what_the_constructor_was_given(twin: Twin) -> None:
    assert twin.registry.read("consortiumId") == CONSORTIUM
    assert twin.registry.read("delay") == DELAY
    assert twin.needed() == 2


def test_every_error_of_the_registry_is_tested(request: pytest.FixtureRequest) -> None:
    """An error that no test provokes is a rule that nobody checks."""
    source = request.path.read_text(encoding="utf-8")
    own = {name.removeprefix("PartnerRegistry") for name in error_names("PartnerRegistry")}
    missing = {name for name in own if not name.startswith("ECDSA") and f'"{name}"' not in source}
    assert not missing
