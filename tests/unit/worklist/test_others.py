"""Signatures and keys, recalls, custody and the log: each kind at its boundaries."""

from dataclasses import replace

import pytest

from ledger.common.ids import KeyAddress, PartnerId
from ledger.common.periods import DAY, FOREVER
from ledger.records.types import (
    Amendment,
    BonusAgreement,
    Clearance,
    Handoff,
    KeyGrant,
    Override,
    RegistryChange,
    Share,
)
from ledger.registry.state import NO_END, Address, AddressKind
from ledger.worklist import custody, oversight, recalls, signatures
from ledger.worklist.items import Action, Kind
from ledger.worklist.oversight import ANCHOR_PATIENCE, LogStanding
from ledger.worklist.signatures import KEY_NOTICE
from tests.samples import changed, sample
from tests.store.entries import rng

ME, OTHER, THIRD = 3, 4, 5
NOW = 1_000 * DAY
KEY, MEMBER = KeyAddress(b"\1" * 20), KeyAddress(b"\2" * 20)


def test_a_record_waits_for_the_partners_that_have_to_sign_it_and_have_not() -> None:
    handoff = changed(sample(Handoff, rng(1)), releaser=ME, receiver=OTHER)
    assert signatures.waits_for_partner(handoff, ME, {OTHER})
    assert not signatures.waits_for_partner(handoff, ME, {ME})
    assert not signatures.waits_for_partner(handoff, THIRD, {OTHER})
    clearance = changed(sample(Clearance, rng(1)), by=OTHER, declarant=ME, causedBy=THIRD, assurance=3)
    assert not signatures.waits_for_partner(clearance, ME, {OTHER})  # customs signs alone
    assert signatures.waits_for_partner(changed(clearance, assurance=1), ME, {OTHER})
    shares = tuple(Share(party, 1) for party in (ME, OTHER))
    assert signatures.waits_for_partner(changed(sample(BonusAgreement, rng(1)), parties=shares), ME, ())
    assert signatures.waits_for_partner(sample(Amendment, rng(1)), ME, {OTHER})
    assert not signatures.waits_for_partner(sample(Amendment, rng(1)), ME, {ME})


def test_changes_and_overrides_wait_for_each_member_of_the_council_and_a_grant_for_its_key() -> None:
    for record in (sample(RegistryChange, rng(1)), sample(Override, rng(1))):
        assert signatures.waits_for_key(record, MEMBER, {KEY}, {MEMBER})
        assert not signatures.waits_for_key(record, MEMBER, {MEMBER}, {MEMBER})
        assert not signatures.waits_for_key(record, KEY, (), {MEMBER})
    grant = changed(sample(KeyGrant, rng(1)), key=KEY)
    assert signatures.waits_for_key(grant, KEY, (), {MEMBER})
    assert not signatures.waits_for_key(grant, MEMBER, (), {MEMBER})
    assert not signatures.waits_for_partner(grant, grant.partner, ()), "anybody may propose one"


def test_a_proposal_waits_until_it_expires_or_may_not_be_recorded_any_more() -> None:
    handoff = changed(sample(Handoff, rng(1)), submitBy=NOW + 5)
    assert signatures.proposal_item(b"\1", handoff, NOW, NOW + 6).until == NOW + 5
    assert signatures.proposal_item(b"\1", handoff, NOW, NOW + 5).until == NOW + 4
    change = signatures.proposal_item(b"\1", sample(RegistryChange, rng(1)), NOW, NOW + 6)
    assert (change.until, change.scope) == (NOW + 5, RegistryChange.NUMBER)


def device(until: int, *, since: int = 0, partner: int = ME, actor: int = 0) -> tuple[KeyAddress, Address]:
    return KEY, Address(AddressKind.DEVICE_KEY, PartnerId(partner), since, until, 1 << 4, PartnerId(actor))


def expiring(
    entry: tuple[KeyAddress, Address], *, partner: int = ME, own: bytes = b"", grants: bool = True
) -> list[Action]:
    return [i.action for i in signatures.expiring_keys([entry], partner, own, grants, NOW)]


@pytest.mark.parametrize(
    ("until", "there"), [(NOW + KEY_NOTICE, True), (NOW + KEY_NOTICE + 1, False), (NOW + 1, True), (NOW, False)]
)
def test_a_device_key_is_told_of_two_weeks_before_it_expires(until: int, there: bool) -> None:
    assert bool(expiring(device(until))) is there


def test_keys_are_told_to_who_grants_who_bears_them_and_for_whom_they_work() -> None:
    soon = device(NOW + DAY)
    assert expiring(soon) == [Action.GRANT]
    assert expiring(soon, grants=False) == []
    assert expiring(soon, grants=False, own=KEY) == [Action.LOOK]
    assert expiring(soon, partner=OTHER) == []
    assert expiring(device(NOW + DAY, partner=OTHER, actor=ME)) == [Action.LOOK]
    assert expiring(device(NOW + DAY, since=NOW + 1)) == []
    key, entry = device(NO_END)
    assert expiring((key, replace(entry, kind=AddressKind.MASTER_KEY, until=NOW + DAY))) == []
    (item,) = signatures.expiring_keys([soon], ME, b"", True, NOW)
    assert (item.until, item.draft["validFrom"]) == (NOW + DAY - 1, NOW + DAY)


def test_an_enrolment_whose_admission_is_proposed_is_left_to_that() -> None:
    change = changed(sample(RegistryChange, rng(1)), action=1, document=b"\7" * 32)
    assert signatures.admitted_by([change, changed(change, action=2, document=b"\10" * 32)]) == {b"\7" * 32}


def test_goods_wait_for_who_holds_them_and_remainders_to_be_accounted_for() -> None:
    slot = {"custodian": ME, "packages": 4, "sequence": 2, "opened_at": 7}
    held = custody.item_of(b"\1" * 32, **slot, due_at=NOW, remainder=False)
    assert (held.kind, held.action, held.until, held.since) == (Kind.CUSTODY, Action.HAND_ON, NOW, 7)
    missing = custody.item_of(b"\1" * 32, **slot, due_at=FOREVER, remainder=True)
    assert (missing.kind, missing.action) == (Kind.MISSING, Action.ACCOUNT)


def recalled(reader: int, answered: set[int], by: int = OTHER) -> list[tuple[Kind, int | str]]:
    found = recalls.items_of(b"\1" * 32, by, 7, {ME: 4, THIRD: 2}, answered, reader)
    return [(i.kind, next(iter(i.facts.values()))) for i in found]


def test_a_recall_waits_for_whom_it_reached_and_for_its_author_while_anybody_is_silent() -> None:
    assert recalled(ME, set()) == [(Kind.RECALL, 4)]
    assert recalled(ME, {ME}) == recalled(99, set()) == []
    assert recalled(OTHER, set()) == [(Kind.ANSWERS, 2)]
    assert recalled(OTHER, {ME, THIRD}) == []
    assert recalled(ME, set(), by=ME) == [(Kind.RECALL, 4), (Kind.ANSWERS, 1)]


LOG = LogStanding(b"\1" * 32, b"\2" * 32, 10, NOW, 0, 10)


def kinds(standing: LogStanding, now: int = NOW) -> list[Kind]:
    return [item.kind for item in oversight.items_of(standing, now)]


def test_an_auditor_is_told_of_what_is_not_cosigned_not_anchored_or_contradicted() -> None:
    assert kinds(LOG, NOW + 2 * ANCHOR_PATIENCE) == []
    assert kinds(replace(LOG, missing=1)) == [Kind.COSIGNATURES]
    assert kinds(replace(LOG, anchored=9), NOW + ANCHOR_PATIENCE) == []
    assert kinds(replace(LOG, anchored=9), NOW + ANCHOR_PATIENCE + 1) == [Kind.UNANCHORED]
    (item,) = oversight.items_of(replace(LOG, halted="forked"), NOW)
    assert item.kind is Kind.CONTRADICTION
    assert item.urgent(NOW)
