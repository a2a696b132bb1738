"""The registry's history looked back upon: order in a block, order in the log, and what no contract can be asked."""

from typing import Any

import pytest

from ledger.codes import ContractKind, RegistryAction, Role
from ledger.common.ids import ConsortiumId, KeyAddress, LogId
from ledger.errors import NotPermitted, RuleBroken, VerificationFailed
from ledger.records.eip712 import Withheld
from ledger.records.types import KeyGrant, KeyRevoke, RegistryChange
from ledger.records.verification import Facts
from ledger.registry.history import Genesis, RecordedAt, RegistryHistory

A = RegistryAction
COUNCIL = tuple(KeyAddress(bytes([i]) * 20) for i in (1, 2, 3))
MASTER, SECOND, DEVICE, ANCHOR = (KeyAddress(bytes([i]) * 20) for i in (11, 12, 13, 14))
LOG = LogId(b"\x77" * 32)
NO_DETAILS = Withheld(bytes(32))
DELAY = 100
HANDOFF = 5


def history() -> RegistryHistory:
    return RegistryHistory(Genesis(ConsortiumId(b"\x01" * 32), 2, DELAY, COUNCIL))


def make(book: RegistryHistory, action: A, **fields: Any) -> RegistryChange:
    values: dict[str, Any] = {
        "notBefore": 0, "partner": 0, "key": bytes(20), "role": 0, "scope": bytes(32), "number": 0,
        "document": bytes(32),
    } | fields  # fmt: skip
    return RegistryChange(sequence=book.next_sequence, action=action, **values)


def change(book: RegistryHistory, at: RecordedAt, action: A, **fields: Any) -> None:
    book.apply(make(book, action, **fields), COUNCIL[:2], at)


def admitted(*, log_index: int | None = 1) -> RegistryHistory:
    """Partner 1 admitted in block 10 at time 1000, in force from 1100."""
    book = history()
    change(book, RecordedAt(10, 1000, 0, log_index), A.ADMIT, partner=1, key=MASTER, document=b"\x05" * 32)
    return book


def test_inside_a_block_the_order_of_events_decides() -> None:
    book = admitted()
    change(book, RecordedAt(20, 2000, 5, 7), A.REVOKE_KEY, partner=1, key=MASTER)
    assert book.at_block(20, 2000, 5).signer(MASTER, HANDOFF) is not None
    assert book.at_block(20, 2000, 6).signer(MASTER, HANDOFF) is None
    assert book.at_block(20, 2000).signer(MASTER, HANDOFF) is None
    assert book.at_block(19, 1999).signer(MASTER, HANDOFF) is not None


def test_blocks_of_the_same_second_are_told_apart() -> None:
    book = admitted()
    change(book, RecordedAt(20, 2000, 5, 7), A.REVOKE_KEY, partner=1, key=MASTER)
    assert book.at_block(19, 2000).signer(MASTER, HANDOFF) is not None
    assert book.at_block(21, 2000, 0).signer(MASTER, HANDOFF) is None


def test_the_log_judges_by_the_outcomes_that_it_had() -> None:
    book = admitted(log_index=4)
    change(book, RecordedAt(20, 2000, 0, 9), A.REVOKE_KEY, partner=1, key=MASTER)
    assert book.at_log(4, 3000).signer(MASTER, HANDOFF) is None
    assert book.at_log(5, 1099).signer(MASTER, HANDOFF) is None, "recorded, not in force"
    assert book.at_log(5, 1100).signer(MASTER, HANDOFF) is not None
    assert book.at_log(9, 5000).signer(MASTER, HANDOFF) is not None, "the log did not know of the revocation"
    assert book.at_log(10, 5000).signer(MASTER, HANDOFF) is None


def test_a_later_outcome_waits_for_those_before_it() -> None:
    """Outcomes may reach the log out of chain order; what builds on a change never comes before it."""
    book = admitted(log_index=30)
    change(book, RecordedAt(11, 1010, 0, 20), A.GRANT_ROLE, partner=1, role=Role.CARRIER)
    assert book.at_log(25, 9000).signer(MASTER, HANDOFF) is None
    standing = book.at_log(31, 9000).signer(MASTER, HANDOFF)
    assert standing is not None
    assert standing.roles == 1 << Role.CARRIER


def test_records_without_an_outcome_in_the_log_do_not_count_for_it() -> None:
    book = admitted(log_index=None)
    change(book, RecordedAt(11, 1010, 0, 20), A.GRANT_ROLE, partner=1, role=Role.CARRIER)
    assert book.at_log(10**6, 9000).signer(MASTER, HANDOFF) is None
    assert book.now(9000).signer(MASTER, HANDOFF) is not None


def test_it_is_the_key_book_of_verification() -> None:
    book = admitted()
    change(book, RecordedAt(11, 1010, 0, 3), A.REGISTER_LOG, partner=1, key=ANCHOR, scope=LOG)
    change(book, RecordedAt(12, 1020, 0, 5), A.ADD_COUNCIL_MEMBER, key=SECOND)
    change(book, RecordedAt(13, 1020, 0, 6), A.SET_THRESHOLD, number=3)
    on_chain = Facts(log_index=2, logged_at=50, block_number=99, block_time=2000, event_index=0)
    log_only = Facts(log_index=4, logged_at=2000)
    for facts in (on_chain, log_only):
        standing = book.standing(MASTER, HANDOFF, facts)
        assert standing is not None
        assert (standing.partner, standing.roles, standing.master) == (1, 0, True)
        assert book.anchor_key(LOG, facts) == ANCHOR
        assert book.anchor_key(LogId(bytes(32)), facts) is None
    assert book.council(on_chain).members == {*COUNCIL, SECOND}
    assert book.council(on_chain).threshold == 3
    assert book.council(log_only).members == set(COUNCIL)
    assert book.council(log_only).threshold == 2
    early = Facts(log_index=4, logged_at=1109)
    assert book.anchor_key(LOG, early) is None


def test_records_come_in_chain_order() -> None:
    book = admitted()
    for at in (RecordedAt(10, 1000, 0, 2), RecordedAt(9, 1001, 0, 2), RecordedAt(11, 999, 0, 2)):
        with pytest.raises(VerificationFailed, match="not in chain order"):
            change(book, at, A.SUSPEND, partner=1)
    assert len(book) == 1


def test_a_refusal_changes_nothing_and_names_the_contracts_error() -> None:
    book = admitted()
    with pytest.raises(RuleBroken, match="PartnerRegistryPartnerKnown") as caught:
        change(book, RecordedAt(11, 1010, 0, 2), A.ADMIT, partner=1, key=SECOND)
    assert caught.value.where == "PartnerRegistryPartnerKnown"
    with pytest.raises(NotPermitted, match="PartnerRegistryTooFewSignatures"):
        book.apply(make(book, A.SUSPEND, partner=1), COUNCIL[:1], RecordedAt(11, 1010, 0, 2))
    assert (len(book), book.next_sequence) == (1, 2)
    book.check(make(book, A.SUSPEND, partner=1), COUNCIL[:2], 1010)
    assert len(book) == 1


def test_what_people_ask() -> None:
    book = admitted()
    change(book, RecordedAt(11, 1010, 0, 2), A.GRANT_ROLE, partner=1, role=Role.CUSTOMS, scope=b"DE" + bytes(30))
    change(book, RecordedAt(12, 1020, 0, 3), A.OPEN_CONTRACT, key=SECOND, number=ContractKind.CUSTODY)
    change(book, RecordedAt(13, 1030, 0, 4), A.ADOPT_RULES, document=b"\x09" * 32, number=5000)
    change(book, RecordedAt(14, 1040, 0, 5), A.REGISTER_LOG, partner=1, key=ANCHOR, scope=LOG)
    grant = KeyGrant(1, DEVICE, 0, 1 << 4, 0, 3000, NO_DETAILS)
    book.apply(grant, (MASTER, DEVICE), RecordedAt(15, 1500, 0, 6))
    view = book.now(2000)
    assert dict(view.partners())[view.signer(MASTER, 5).partner].document == b"\x05" * 32  # type: ignore[union-attr]
    assert view.roles(1) == {(Role.CUSTOMS, b"DE" + bytes(30)): 1110}
    assert view.roles(2) == {}
    assert view.has_role(1, Role.CUSTOMS, b"DE" + bytes(30))
    assert not view.has_role(1, 99)
    assert not view.has_role(2, Role.CUSTOMS)
    assert view.contract(ContractKind.CUSTODY) == SECOND
    assert view.contract(ContractKind.BONUS) is None
    assert [document for document, _ in view.adopted_rules()] == [b"\x09" * 32]
    assert [log_id for log_id, _ in view.logs()] == [LOG]
    assert [key for key, _ in view.keys_of(1)] == [MASTER, DEVICE]
    device = view.signer(DEVICE, HANDOFF)
    assert device is not None
    assert not device.master
    book.apply(KeyRevoke(1, DEVICE, NO_DETAILS), (DEVICE,), RecordedAt(16, 2000, 0, 7))
    assert book.now(2000).signer(DEVICE, HANDOFF) is None
    assert view.signer(DEVICE, HANDOFF) is not None, "a view is of its moment, whatever is recorded after"
    assert not view.suspended(1)
    assert not view.suspended(5)
