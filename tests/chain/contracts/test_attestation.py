"""AttestationRegistry: who may attest, revoke and recall what, and every reason to refuse."""

from dataclasses import replace

import pytest

from ledger.codes import ContractKind, RegistryAction, RevocationReason, Role
from ledger.common.keccak import keccak256
from ledger.common.scopes import scope_bytes
from tests.chain.contracts.attestation_desk import (
    FOOD_AUTHORITY,
    FOREIGN,
    FUNCTIONS,
    GTIN,
    IDLE_ISSUER,
    LABORATORY,
    LOT,
    MAKER_OF_MILK,
    ORGANIC,
    ORIGIN,
    OTHER_BRAND,
    RIVAL,
    Desk,
    new_desk,
)
from tests.chain.contracts.consortium import DOMAIN, ZERO, key_of
from tests.chain.contracts.harness import Reverted, error_names


@pytest.fixture
def desk() -> Desk:
    return new_desk()


# --- attest --------------------------------------------------------------------------------------------------------


def test_an_issuer_attests_under_its_schema(desk: Desk) -> None:
    record = desk.attestation()
    desk.submit(record)
    assert desk.entry(record) == (10, MAKER_OF_MILK, desk.now - 1, 0, 0)
    assert desk.contract.read("lastSchema", MAKER_OF_MILK, keccak256(LOT.encode())) == ORIGIN


def test_the_role_is_for_a_schema(desk: Desk) -> None:
    assert desk.refused(desk.attestation(LABORATORY)) == "AttestationNotIssuer"
    desk.submit(desk.attestation(LABORATORY, schema=ORGANIC))
    assert desk.refused(desk.attestation(schema=ORGANIC)) == "AttestationNotIssuer"
    assert desk.refused(desk.attestation(FOOD_AUTHORITY)) == "AttestationNotIssuer"
    assert desk.refused(desk.attestation(OTHER_BRAND)) == "AttestationNotIssuer"


def test_an_issuer_attests_anybodys_goods_and_verdicts_weigh_it(desk: Desk) -> None:
    desk.submit(desk.attestation(RIVAL))


@pytest.mark.parametrize(
    "subject", [GTIN, LOT, LOT + "/21/7", "partner/7", "shipment/0x" + "ab" * 32, "00/106141412345678908"]
)
def test_subjects(desk: Desk, subject: str) -> None:
    desk.submit(desk.attestation(subject=subject))


@pytest.mark.parametrize(
    "subject",
    ["01/", "01/0950600013435", "01/09506000134352X", "01/0950600013435a/10/A", "01/0950600013435/10/A", "with space",
     "caf\u00e9", "line\nend", "\x7f"],
)  # fmt: skip
def test_malformed_subjects(desk: Desk, subject: str) -> None:
    assert desk.refused(desk.attestation(subject=subject)) == "AttestationMalformedSubject"
    assert desk.refused(desk.recalling(FOOD_AUTHORITY, subject=subject)) == "AttestationMalformedSubject"


def test_texts_are_bounded(desk: Desk) -> None:
    for record in (desk.attestation(subject=""), desk.recalling(subject="")):
        assert desk.refused(record) == "AttestationNoSubject"
    for record in (
        desk.attestation(subject="x" * 513),
        desk.recalling(subject="x" * 513),
        desk.recalling(lots="x" * 4097),
        desk.recalling(contact="x" * 513),
    ):
        assert desk.refused(record) == "AttestationTextTooLong"
    desk.submit(desk.attestation(subject="x" * 512))
    desk.submit(desk.recalling(lots="x" * 4096, contact="é" * 256))


def test_no_schema_no_attestation(desk: Desk) -> None:
    assert desk.refused(desk.attestation(schema=ZERO)) == "AttestationNoSchema"


@pytest.mark.parametrize("until", [1, 999, 1000])
def test_a_period_ends_after_it_begins(desk: Desk, until: int) -> None:
    assert desk.refused(desk.attestation(validFrom=1000, validUntil=until)) == "AttestationPeriod"


def test_periods(desk: Desk) -> None:
    desk.submit(desk.attestation(validFrom=1000, validUntil=1001))
    desk.submit(desk.attestation(validFrom=2**40 - 1, validUntil=0))


def test_attesting_twice_is_refused(desk: Desk) -> None:
    record = desk.attestation()
    desk.submit(record)
    assert desk.refused(record) == "AttestationAlreadyRecorded"
    desk.submit(replace(record, document=keccak256(b"another")))


# --- revoke --------------------------------------------------------------------------------------------------------


def test_the_author_revokes_its_attestation(desk: Desk) -> None:
    record = desk.attestation()
    desk.submit(record)
    desk.submit(desk.revocation(DOMAIN.record_id(record), effectiveFrom=5000, reason=RevocationReason.WITHDRAWN))
    assert desk.entry(record)[3:] == (5000, RevocationReason.WITHDRAWN)


def test_nobody_else_revokes_it(desk: Desk) -> None:
    record = desk.attestation()
    desk.submit(record)
    for by in (RIVAL, FOOD_AUTHORITY, LABORATORY):
        assert desk.refused(desk.revocation(DOMAIN.record_id(record), by)) == "AttestationNotAuthor"
    assert desk.entry(record)[4] == 0


def test_what_is_not_here_cannot_be_revoked(desk: Desk) -> None:
    record = desk.attestation()
    assert desk.refused(desk.revocation(DOMAIN.record_id(record))) == "AttestationUnknownTarget"
    assert desk.refused(desk.revocation(ZERO)) == "AttestationUnknownTarget"


def test_a_second_revocation_only_moves_it_earlier(desk: Desk) -> None:
    record = desk.attestation()
    desk.submit(record)
    target = DOMAIN.record_id(record)
    desk.submit(desk.revocation(target, effectiveFrom=5000))
    for time in (5000, 5001):
        assert desk.refused(desk.revocation(target, effectiveFrom=time, reason=2)) == "AttestationAlreadyRevoked"
    desk.submit(desk.revocation(target, effectiveFrom=4999, reason=RevocationReason.RECALLED))
    assert desk.entry(record)[3:] == (4999, RevocationReason.RECALLED)


def test_a_recall_is_revoked_by_its_author(desk: Desk) -> None:
    record = desk.recalling()
    desk.submit(record)
    assert desk.refused(desk.revocation(DOMAIN.record_id(record), FOOD_AUTHORITY)) == "AttestationNotAuthor"
    desk.submit(desk.revocation(DOMAIN.record_id(record), effectiveFrom=1))
    assert desk.entry(record) == (12, MAKER_OF_MILK, desk.now - 3, 1, RevocationReason.ERROR)


def test_a_revocation_is_no_target(desk: Desk) -> None:
    record = desk.attestation()
    desk.submit(record)
    revocation = desk.revocation(DOMAIN.record_id(record))
    desk.submit(revocation)
    assert desk.refused(desk.revocation(DOMAIN.record_id(revocation))) == "AttestationUnknownTarget"


def test_an_issuer_without_its_role_still_revokes(desk: Desk) -> None:
    """Taking a claim back protects buyers: neither suspension nor a lost role stops it."""
    record = desk.attestation()
    desk.submit(record)
    desk.members.suspend(MAKER_OF_MILK)
    assert desk.refused(desk.attestation(document=keccak256(b"new"))) == "AttestationNotIssuer"
    desk.submit(desk.revocation(DOMAIN.record_id(record)))


# --- recall --------------------------------------------------------------------------------------------------------


def test_the_brand_of_the_prefix_recalls(desk: Desk) -> None:
    for subject in (GTIN, LOT, LOT + "/21/7", "01/19506000134359"):
        desk.submit(desk.recalling(subject=subject))
    desk.submit(desk.recalling(OTHER_BRAND))
    assert desk.refused(desk.recalling(subject=FOREIGN)) == "AttestationRecallNotPermitted"
    assert desk.refused(desk.recalling(RIVAL)) == "AttestationRecallNotPermitted"


@pytest.mark.parametrize("digits", range(4, 13))
def test_prefixes_of_every_length_are_compared_after_the_indicator_digit(desk: Desk, digits: int) -> None:
    partner = 50 + digits
    desk.members.admit(partner, ((Role.BRAND, scope_bytes(Role.BRAND, "9506000134352"[:digits])),))
    desk.members.wait()
    desk.submit(desk.recalling(partner))
    different = "01/" + "9" * (1 + digits) + "0" * (13 - digits)
    assert desk.refused(desk.recalling(partner, subject=different)) == "AttestationRecallNotPermitted"
    shifted = "01/" + ("9506000134352"[:digits]).ljust(14, "9")
    assert desk.refused(desk.recalling(partner, subject=shifted)) == "AttestationRecallNotPermitted"


def test_a_prefix_says_nothing_about_other_subjects(desk: Desk) -> None:
    for subject in ("partner/9506000", "00/095060001343520000", "shipment/0x" + "95" * 32):
        assert desk.refused(desk.recalling(subject=subject)) == "AttestationRecallNotPermitted"


def test_an_authority_recalls_anything(desk: Desk) -> None:
    for subject in (GTIN, FOREIGN, "partner/7", "shipment/0x" + "ab" * 32):
        desk.submit(desk.recalling(FOOD_AUTHORITY, subject=subject))


def test_an_issuer_recalls_what_it_attested(desk: Desk) -> None:
    record = desk.recalling(LABORATORY, subject=LOT)
    assert desk.refused(record) == "AttestationRecallNotPermitted"
    desk.submit(desk.attestation(LABORATORY, schema=ORGANIC))
    assert desk.refused(desk.recalling(LABORATORY, subject=GTIN)) == "AttestationRecallNotPermitted", (
        "this very subject"
    )
    desk.submit(record)


def test_an_issuer_who_lost_the_role_recalls_nothing(desk: Desk) -> None:
    desk.submit(desk.attestation(LABORATORY, schema=ORGANIC))
    desk.members.change(RegistryAction.REVOKE_ROLE, partner=LABORATORY, role=Role.ISSUER, scope=ORGANIC)
    assert desk.refused(desk.recalling(LABORATORY, subject=LOT)) == "AttestationRecallNotPermitted"


def test_recalling_twice_is_refused(desk: Desk) -> None:
    record = desk.recalling()
    desk.submit(record)
    assert desk.refused(record) == "AttestationAlreadyRecorded"


def test_a_recall_supersedes_one_of_the_same_author(desk: Desk) -> None:
    first = desk.recalling()
    desk.submit(first)
    narrower = desk.recalling(lots='[{"lot":"A1"}]', supersedes=DOMAIN.record_id(first))
    desk.submit(narrower)
    assert desk.refused(desk.recalling(OTHER_BRAND, supersedes=DOMAIN.record_id(first))) == "AttestationNotAuthor"
    desk.submit(desk.recalling(FOOD_AUTHORITY, supersedes=DOMAIN.record_id(narrower)))


def test_only_a_recall_can_be_superseded(desk: Desk) -> None:
    attestation = desk.attestation()
    desk.submit(attestation)
    for target in (DOMAIN.record_id(attestation), keccak256(b"nothing")):
        assert desk.refused(desk.recalling(supersedes=target)) == "AttestationNotARecall"


@pytest.mark.parametrize("fields", [{"hazard": 0}, {"hazard": 8}, {"action": 0}, {"action": 5}])
def test_codes_of_a_recall(desk: Desk, fields: dict[str, int]) -> None:
    assert desk.refused(desk.recalling(**fields)) == "AttestationUnknownCode"


@pytest.mark.parametrize("reason", [0, 6])
def test_codes_of_a_revocation(desk: Desk, reason: int) -> None:
    record = desk.attestation()
    desk.submit(record)
    assert desk.refused(desk.revocation(DOMAIN.record_id(record), reason=reason)) == "AttestationUnknownCode"


def test_a_recall_is_at_most_fifteen_minutes_ahead(desk: Desk) -> None:
    assert desk.refused(desk.recalling(occurredAt=desk.now + 902)) == "EvidenceFromTheFuture"
    desk.submit(desk.recalling(occurredAt=desk.now + 900))


# --- signatures ----------------------------------------------------------------------------------------------------


def test_only_the_authors_key_signs(desk: Desk) -> None:
    record = desk.attestation()
    desk.submit(record)
    target = DOMAIN.record_id(record)
    for other in (RIVAL, key_of("a stranger")):
        assert desk.refused(desk.attestation(document=keccak256(b"x")), other) == "AttestationNotSigner"
        assert desk.refused(desk.revocation(target), other) == "AttestationNotSigner"
        assert desk.refused(desk.recalling(), other) == "AttestationNotSigner"
    assert desk.refused(desk.attestation(0), key_of("a stranger")) == "AttestationNotSigner"


@pytest.mark.parametrize("signatures", [b"", b"\x01" * 64, b"\x01" * 130])
def test_one_signature_and_nothing_else(desk: Desk, signatures: bytes) -> None:
    for record in (desk.attestation(), desk.revocation(ZERO), desk.recalling()):
        with pytest.raises(Reverted, match="EvidenceSignatureLength"):
            desk.contract.record(FUNCTIONS[type(record)], record, signatures)


def test_the_suspended_neither_attest_nor_recall(desk: Desk) -> None:
    assert desk.refused(desk.attestation(IDLE_ISSUER)) == "AttestationNotIssuer"
    assert desk.refused(desk.recalling(IDLE_ISSUER)) == "AttestationRecallNotPermitted"


# --- closing and successor -----------------------------------------------------------------------------------------


def test_a_closed_registry_takes_nothing_and_its_successor_goes_on(desk: Desk) -> None:
    attestation, recall = desk.attestation(), desk.recalling()
    desk.submit(attestation)
    desk.submit(recall)
    old = desk.contract
    members = desk.members
    members.change(RegistryAction.CLOSE_CONTRACT, key=old.address, number=ContractKind.ATTESTATION)
    members.wait()
    waiting = desk.attestation(document=keccak256(b"in flight"))
    assert desk.refused(waiting) == "PartnerRegistryNotOpen"
    members.contracts["AttestationRegistry"] = members.deploy(
        ContractKind.ATTESTATION, "AttestationRegistry", old.address
    )
    members.wait()

    # Before it knows anything itself: what the closed one last knew, and so who may recall.
    assert desk.contract.read("lastSchema", MAKER_OF_MILK, keccak256(LOT.encode())) == ORIGIN
    assert desk.contract.read("lastSchema", MAKER_OF_MILK, keccak256(b"never attested")) == bytes(32)
    desk.submit(waiting)
    assert desk.entry(attestation) == old.read("entryOf", DOMAIN.record_id(attestation))
    assert desk.refused(attestation) == "AttestationAlreadyRecorded"
    assert desk.contract.read("lastSchema", MAKER_OF_MILK, keccak256(LOT.encode())) == ORIGIN
    desk.submit(desk.revocation(DOMAIN.record_id(attestation), effectiveFrom=9))
    assert desk.entry(attestation)[3:] == (9, RevocationReason.ERROR)
    assert old.read("entryOf", DOMAIN.record_id(attestation))[3:] == (0, 0)
    desk.submit(desk.recalling(lots='[{"lot":"B"}]', supersedes=DOMAIN.record_id(recall)))


def test_every_error_of_the_contract_is_covered() -> None:
    covered = {
        "AttestationNotSigner", "AttestationAlreadyRecorded", "AttestationTextTooLong", "AttestationMalformedSubject",
        "AttestationNoSchema", "AttestationPeriod", "AttestationNotIssuer", "AttestationUnknownTarget",
        "AttestationNotAuthor", "AttestationAlreadyRevoked", "AttestationUnknownCode", "AttestationRecallNotPermitted",
        "AttestationNoSubject", "AttestationNotARecall",
        "AttestationNotText",  # test_attacks
    }  # fmt: skip
    assert {name for name in error_names("AttestationRegistry") if name.startswith("Attestation")} == covered
