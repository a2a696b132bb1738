"""A bonus pool that the council signed for, and the chain never took, pays nobody: nothing of it is in a bundle."""

from dataclasses import replace

import pytest

from ledger.bundle.figures import award_figures
from ledger.bundle.format import parse_trust
from ledger.bundle.steps import Step
from ledger.bundle.verify import verify_bundle
from ledger.codes import ContractKind, RegistryAction
from ledger.codes import Outcome as Code
from ledger.common.ids import PartnerId, to_hex
from ledger.records.signing import SignedRecord
from ledger.records.types import Outcome, RegistryChange
from ledger.registry.changes import change
from scripts.vectors.keys import COUNCIL, DOMAIN, LOG, key
from scripts.vectors.paper import CARD, REGISTRY, RULE, SHOP, Played, play

SUCCESSOR = b"\x5c" * 20


def logged(played: Played, record: RegistryChange, *codes: Code) -> None:
    """The change with the council's signatures and, if there are `codes`, the outcome that the log tells of it."""
    log, record_id = played.log, DOMAIN.record_id(record)
    log._log(SignedRecord(record, tuple(key(name).sign_digest(record_id) for name in COUNCIL[:2])), record_id)
    if codes:
        told = Outcome(record_id, REGISTRY, len(log.entries), log.now() - 30, b"\7" * 32, 0, bytes(codes))
        log._log(SignedRecord(told, ()), DOMAIN.record_id(told))


def awarded_in_successor(monkeypatch: pytest.MonkeyPatch, *codes: Code) -> list[Step]:
    """The same award once more, as of a pool that a change opens of which the log tells `codes`; its bundle's steps."""
    played = play()
    log = played.log
    before, verified = len(log.entries), log.verified
    # What the figures rest on is all before: the paper log itself knows one pool.
    monkeypatch.setattr(log, "verified", lambda kept: verified([index for index in kept if index < before]))
    number = log.history.next_sequence
    kind = int(ContractKind.BONUS)
    pool = DOMAIN.bonus_pool
    logged(played, change(number, RegistryAction.CLOSE_CONTRACT, key=pool, number=kind), Code.APPLIED)
    logged(played, change(number + 1, RegistryAction.OPEN_CONTRACT, key=SUCCESSOR, number=kind), *codes)
    record = played.award.record(PartnerId(SHOP), LOG.identity.log_id, played.sizes[0])
    record_id = replace(DOMAIN, bonus_pool=SUCCESSOR).record_id(record)
    log._log(SignedRecord(record, (key(f"partner/{SHOP}").sign_digest(record_id),)), record_id)
    told = Outcome(record_id, SUCCESSOR, len(log.entries), log.now() - 30, b"\x08" * 32, 0, bytes([Code.APPLIED]))
    log._log(SignedRecord(told, ()), DOMAIN.record_id(told))
    bundle = log.bundle(
        f"award/{to_hex(record_id)}", [played.later],
        lambda _: award_figures(played.award, played.agreement, played.known(log), log.history.now(0)),
        [RULE.decode(), CARD.decode()], played.sizes,
    )  # fmt: skip
    return verify_bundle(bundle, parse_trust(log.trust()))


@pytest.mark.parametrize("codes", [(), (Code.REJECTED,), (Code.AHEAD,)], ids=["pending", "rejected", "ahead"])
def test_an_award_in_a_pool_that_was_never_opened_is_refused(
    monkeypatch: pytest.MonkeyPatch, codes: tuple[Code, ...]
) -> None:
    last = awarded_in_successor(monkeypatch, *codes)[-1]
    assert (last.ok, last.name) == (False, "inclusion")
    assert "BonusAward" in last.why


def test_an_award_in_a_pool_that_was_opened_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    last = awarded_in_successor(monkeypatch, Code.APPLIED)[-1]
    assert last.ok, last
