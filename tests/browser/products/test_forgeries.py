"""An operator that signs whatever it likes, and its witnesses with it: what nobody else signed is still a plain no."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.codes import RegistryAction, RevocationReason, Role
from ledger.common.periods import DAY, HOUR
from ledger.common.scopes import scope_bytes
from ledger.records.signing import SignedRecord
from ledger.records.types import Attestation, Endorsement, KeyGrant, KeyRevoke, Outcome, RegistryChange, Revocation
from ledger.registry.changes import change
from tests.browser.lies import Forgery, shown_by_the_log
from tests.browser.reading import Reader
from tests.browser.shelf import AUTHENTIC, DEVICE, FORMER, LICENSED, Shelf, attestation, recall
from tests.e2e.stage import MAKER, SCHEMA, SECOND, key_of

pytestmark = pytest.mark.browser
STRANGERS = sorted((key_of(f"stranger {n}") for n in range(3)), key=lambda key: key.address)
Forge = Callable[[Forgery, Shelf], Forgery]


def attested(by: int = MAKER, *signers: int, after: int = 0, keys: Any = None, **more: Any) -> Forge:
    """Instead of the maker's attestation one by `by`, taken so many seconds later."""

    def forge(forgery: Forgery, shelf: Shelf) -> Forgery:
        record = attestation(shelf.stage, AUTHENTIC, by)
        made = shelf.stage.keys(signers) if keys is None else keys
        return forgery.remove(Attestation).add(record, *made, at=shelf.stage.now + after, **more)

    return forge


def decided(shelf: Shelf, ahead: int, action: RegistryAction, **fields: Any) -> RegistryChange:
    return change(shelf.stage.trial.next_sequence() + ahead, action, **fields)


def issuer(shelf: Shelf, ahead: int = 0, partner: int = SECOND, **more: Any) -> RegistryChange:
    scope = scope_bytes(Role.ISSUER, SCHEMA)
    return decided(shelf, ahead, RegistryAction.GRANT_ROLE, partner=partner, role=int(Role.ISSUER), scope=scope, **more)


def council(shelf: Shelf) -> Any:
    return shelf.stage.trial.council


def _expired_device(forgery: Forgery, shelf: Shelf) -> Forgery:
    return attested(MAKER, keys=[DEVICE], after=40 * DAY)(forgery, shelf)


def _device_for_other_types(forgery: Forgery, shelf: Shelf) -> Forgery:
    key, now = key_of("another device"), shelf.stage.now
    grant = KeyGrant(MAKER, key.address, 0, 1 << 4, now, now + 9 * DAY, attestation(shelf.stage, AUTHENTIC).details)
    forgery.add(grant, *shelf.stage.keys([MAKER]), key)
    return attested(MAKER, keys=[key])(forgery, shelf)


def _device_that_did_not_agree(forgery: Forgery, shelf: Shelf) -> Forgery:
    """A grant for an address whose bearer signed nothing."""
    key, now = key_of("another device"), shelf.stage.now
    grant = KeyGrant(MAKER, key.address, 0, 1 << 9, now, now + 9 * DAY, attestation(shelf.stage, AUTHENTIC).details)
    return forgery.add(grant, *shelf.stage.keys([MAKER]))


def _device_granted_by_a_stranger(forgery: Forgery, shelf: Shelf) -> Forgery:
    key, now = key_of("another device"), shelf.stage.now
    grant = KeyGrant(MAKER, key.address, 0, 1 << 9, now, now + 9 * DAY, attestation(shelf.stage, AUTHENTIC).details)
    forgery.add(grant, STRANGERS[0], key)
    return attested(MAKER, keys=[key])(forgery, shelf)


def _revoked_device(forgery: Forgery, shelf: Shelf) -> Forgery:
    forgery.add(
        KeyRevoke(MAKER, DEVICE.address, attestation(shelf.stage, AUTHENTIC).details), *shelf.stage.keys([MAKER])
    )
    return attested(MAKER, keys=[DEVICE])(forgery, shelf)


def _role_by(signers: Callable[[Shelf], Any], **more: Any) -> Forge:
    def forge(forgery: Forgery, shelf: Shelf) -> Forgery:
        forgery.add(issuer(shelf, **more), *signers(shelf))
        return attested(SECOND, SECOND, after=2 * HOUR)(forgery, shelf)

    return forge


def _role_too_young(forgery: Forgery, shelf: Shelf) -> Forgery:
    """The council grants it; it is in force only after the registry's delay."""
    forgery.add(issuer(shelf), *council(shelf))
    return attested(SECOND, SECOND, after=60)(forgery, shelf)


def _of_another_registry(forgery: Forgery, shelf: Shelf) -> Forgery:
    return forgery.add(issuer(shelf), *council(shelf), target=bytes(20))


def _same_place_twice(forgery: Forgery, shelf: Shelf) -> Forgery:
    forgery.add(attestation(shelf.stage, AUTHENTIC), *shelf.stage.keys([MAKER]))
    signed, time = forgery.entries[-1]
    forgery.add(attestation(shelf.stage, AUTHENTIC), *shelf.stage.keys([MAKER]))
    last, _ = forgery.entries.pop()
    assert isinstance(signed.record, Outcome)
    assert isinstance(last.record, Outcome)
    there = replace(last.record, blockNumber=signed.record.blockNumber, blockTime=signed.record.blockTime)
    forgery.entries.append((SignedRecord(there, ()), time))
    return forgery


def _recall_by_a_suspended_issuer(forgery: Forgery, shelf: Shelf) -> Forgery:
    return forgery.add(recall(shelf.stage, AUTHENTIC, FORMER), *shelf.stage.keys([FORMER]))


def _recall_that_nobody_signed(forgery: Forgery, shelf: Shelf) -> Forgery:
    return forgery.add(recall(shelf.stage, AUTHENTIC))


def _revocation_in_the_makers_name(forgery: Forgery, shelf: Shelf) -> Forgery:
    reason = int(RevocationReason.ERROR)
    record = Revocation(MAKER, shelf.ids["L1"], reason, shelf.stage.now, recall(shelf.stage, AUTHENTIC).details)
    return forgery.add(record, *shelf.stage.keys([SECOND]))


def _another_product(forgery: Forgery, shelf: Shelf) -> Forgery:
    return forgery.add(attestation(shelf.stage, LICENSED), *shelf.stage.keys([MAKER]))


def _no_record_of_products(forgery: Forgery, shelf: Shelf) -> Forgery:
    return forgery.add(Endorsement(MAKER, shelf.ids["L1"]), *shelf.stage.keys([MAKER]))


FORGERIES: dict[str, tuple[str, Forge]] = {
    "an attestation that nobody signed": ("signatures", attested(MAKER)),
    "an attestation by a throw-away key": ("signatures", attested(MAKER, keys=[STRANGERS[0]])),
    "an attestation by another partner in the maker's name": ("signatures", attested(MAKER, SECOND)),
    "an attestation signed twice": ("signatures", attested(MAKER, MAKER, SECOND)),
    "an attestation by a partner that is no issuer": ("signatures", attested(SECOND, SECOND)),
    "an attestation by a suspended issuer": ("signatures", attested(FORMER, FORMER)),
    "an attestation by an expired key": ("signatures", _expired_device),
    "an attestation by a key for other records": ("signatures", _device_for_other_types),
    "an attestation by a revoked key": ("signatures", _revoked_device),
    "an attestation by a council member": ("signatures", lambda f, s: attested(MAKER, keys=council(s)[:1])(f, s)),
    "an attestation taken by another contract": ("signatures", attested(MAKER, MAKER, target=bytes(20))),
    "a key granted that did not agree": ("registry", _device_that_did_not_agree),
    "a key granted by a stranger": ("registry", _device_granted_by_a_stranger),
    "a role granted by strangers": ("registry", _role_by(lambda _: STRANGERS)),
    "a role granted by nobody": ("signatures", _role_by(lambda _: [])),
    "a role granted by one council member": ("registry", _role_by(lambda shelf: council(shelf)[:1])),
    "a role granted by a council out of order": ("registry", _role_by(lambda shelf: council(shelf)[::-1])),
    "a role granted with a change missing before": ("registry", _role_by(council, ahead=1)),
    "a role granted with a number used before": ("registry", _role_by(council, ahead=-1)),
    "a role granted twice": ("registry", _role_by(council, partner=MAKER)),
    "a role to a partner that was never admitted": ("registry", _role_by(council, partner=99)),
    "a role before it is in force": ("signatures", _role_too_young),
    "a change of another registry": ("registry", _of_another_registry),
    "two records in one place": ("registry", _same_place_twice),
    "a recall by a suspended issuer": ("signatures", _recall_by_a_suspended_issuer),
    "a recall that nobody signed": ("signatures", _recall_that_nobody_signed),
    "a revocation by another in the maker's name": ("signatures", _revocation_in_the_makers_name),
    "an attestation of another product": ("subject", _another_product),
    "a record that is not about products": ("signatures", _no_record_of_products),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_what_only_the_operator_says_is_a_no(reader: Reader, shelf: Shelf, name: str) -> None:
    step, forge = FORGERIES[name]
    honest = shelf.bundle(AUTHENTIC)
    forged = forge(Forgery.of(shelf, honest), shelf).bundle(AUTHENTIC, honest)
    shown = reader.open(AUTHENTIC, alter=shown_by_the_log(forged))
    assert (shown.verdict, shown.heading, shown.refused) == ("refused", "No", [step]), shown.text
    assert shown.errors == []


def test_the_forger_can_say_the_truth(reader: Reader, shelf: Shelf) -> None:
    """A log of its own with nothing but true records is believed: the forgeries fail for what is false in them."""
    honest = shelf.bundle(AUTHENTIC)
    forged = attested(MAKER, MAKER)(Forgery.of(shelf, honest), shelf).bundle(AUTHENTIC, honest)
    granted = Forgery.of(shelf, honest).add(issuer(shelf), *council(shelf)).bundle(AUTHENTIC, honest)
    for bundle in (forged, granted):
        reader.forget()
        shown = reader.open(AUTHENTIC, alter=shown_by_the_log(bundle))
        assert (shown.verdict, shown.refused) == ("authentic", []), shown.text
