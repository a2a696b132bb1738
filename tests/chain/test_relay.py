"""Outbox to chain and back, with everything that can go wrong in between."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.client import ChainClient, SendResult, Sent
from ledger.chain.deploy import deploy_successor
from ledger.chain.rpc import RpcChain
from ledger.chain.transactions import sign_transaction
from ledger.codes import ContractKind, RegistryAction
from ledger.codes import Outcome as Code
from ledger.common.keccak import keccak256
from ledger.errors import ChainUnavailable
from ledger.records.eip712 import Withheld
from ledger.records.types import Handoff, Outcome, Override, RegistryChange, ShipmentTerms
from ledger.services.home.clock import ManualClock, SystemClock
from ledger.services.relay.follower import rebuild_from_events
from ledger.store import checkpoints, outbox, pending, records, transactions
from ledger.store.pending import Slot
from tests.chain.conftest import CHAIN_ID, Founded, OpenChain
from tests.chain.operator import CARRIER, COUNCIL, DELAY, MAKER, SHOP, Operator, key_of, launch

EVENTS_OF = (RegistryChange.NUMBER, ShipmentTerms.NUMBER, Handoff.NUMBER)


@pytest.fixture(params=["with a courier", "each alone"])
def operator(
    request: pytest.FixtureRequest, founded: Founded, open_embedded: OpenChain, tmp_path: Path
) -> Iterator[Operator]:
    deployment = founded.deployment
    if request.param == "each alone":
        deployment = replace(deployment, courier=None)
    shutil.copytree(founded.home, tmp_path, dirs_exist_ok=True)
    clock = ManualClock(founded.now)
    made = Operator(tmp_path / "one", open_embedded(clock.now), deployment, clock)
    made.changes = len(made.founding())
    yield made
    made.close()


EACH_ALONE = pytest.mark.parametrize("operator", ["each alone"], indirect=True)
"""For tests that count the transactions of records; `test_courier` has those of many in one."""


class Flaky:
    """A chain whose line breaks: `before` and `after` say at which `send` the question or the answer is lost."""

    def __init__(self, chain: ChainClient, *, before: Sequence[int] = (), after: Sequence[int] = ()) -> None:
        self._chain = chain
        self._before, self._after = set(before), set(after)
        self.sent = 0

    def send(self, raw: bytes) -> SendResult:
        self.sent += 1
        if self.sent in self._before:
            raise ChainUnavailable("the connection broke before the question")
        result = self._chain.send(raw)
        if self.sent in self._after:
            raise ChainUnavailable("the connection broke before the answer")
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)


def three_shipments(operator: Operator) -> list[Any]:
    return operator.accept(*(operator.terms() for _ in range(3)))


def test_records_become_final_outcomes_with_block_and_transaction(operator: Operator) -> None:
    shipments = three_shipments(operator)
    (manifest,) = operator.accept(operator.handoff([(s, 0) for s in shipments], MAKER, CARRIER))
    operator.settle()
    assert [operator.outcomes(s) for s in shipments] == [[Code.APPLIED]] * 3
    assert operator.outcomes(manifest) == [Code.APPLIED] * 3
    assert {operator.row(r).state for r in (*shipments, manifest)} == {outbox.FINAL}
    (row, *_) = operator.outcome_rows(manifest)
    receipt = operator.chain.receipt(row.transaction)
    assert receipt is not None
    assert (row.block_number, receipt.succeeded) == (receipt.block, True)
    block = operator.chain.block(row.block_number)
    assert block is not None
    assert row.block_time == block.timestamp


def test_the_bytes_of_what_is_in_a_block_stand_in_the_chain_alone(operator: Operator) -> None:
    ids = three_shipments(operator)
    operator.begin()
    with operator.db.read() as connection:
        before = {sent.hash: sent for record in ids for sent in transactions.of_record(connection, record)}
    assert all(keccak256(sent.raw) == sent.hash for sent in before.values())
    assert all(operator.chain.signed(key) is None for key in before), "nothing was sent yet"
    operator.settle()
    with operator.db.read() as connection:
        after = {sent.hash: sent for record in ids for sent in transactions.of_record(connection, record)}
    assert {sent.state for sent in after.values()} == {transactions.MINED}
    assert {sent.raw for sent in after.values()} == {b""}
    assert {key: operator.chain.signed(key) for key in before} == {key: sent.raw for key, sent in before.items()}


def test_a_row_that_was_edited_back_is_not_sent_again(operator: Operator) -> None:
    (first, *_) = three_shipments(operator)
    operator.settle()
    with operator.db.write() as connection:
        (sent, *_) = transactions.of_record(connection, first)
        transactions.update_state(connection, [sent.hash], transactions.SENT)
    assert [one.hash for one in operator.sender.unfinished()] == [sent.hash]
    operator.accept(operator.terms())
    operator.settle()
    assert operator.sender.unfinished() == []
    with operator.db.read() as connection:
        assert transactions.of_record(connection, first)[0].state == transactions.MINED


def test_many_records_share_a_block(operator: Operator) -> None:
    before = operator.chain.head()
    ids = operator.accept(*(operator.terms() for _ in range(50)))
    operator.settle()
    assert operator.chain.head() == before + 1
    assert all(operator.outcomes(i) == [Code.APPLIED] for i in ids)


def test_a_manifest_with_a_stale_item_applies_the_others(operator: Operator) -> None:
    first, second, third = three_shipments(operator)
    operator.accept(operator.handoff([(second, 0)], MAKER, CARRIER))
    (manifest,) = operator.accept(operator.handoff([(s, 0) for s in (first, second, third)], MAKER, CARRIER))
    operator.settle()
    found = dict(zip(sorted((first, second, third)), operator.outcomes(manifest), strict=True))
    assert found == {first: Code.APPLIED, second: Code.STALE, third: Code.APPLIED}


@EACH_ALONE
def test_a_crash_after_storing_sends_the_same_bytes_once(operator: Operator) -> None:
    shipments = three_shipments(operator)
    assert operator.begin() == 3  # signed and stored, and then the process dies
    stored = operator.sender.unfinished()
    operator.crash()
    operator.settle()
    assert [operator.outcomes(s) for s in shipments] == [[Code.APPLIED]] * 3
    with operator.db.read() as connection:
        for one in stored:
            assert one.record_id is not None
            assert [t.hash for t in transactions.of_record(connection, one.record_id)] == [one.hash]
    assert operator.chain.nonce(operator.relay_key.address) == stored[-1].nonce + 1


def test_a_crash_after_the_block_finds_the_receipts(operator: Operator) -> None:
    shipments = three_shipments(operator)
    operator.begin()
    operator.sender.push()  # the block is made, and then the process dies
    nonce = operator.chain.nonce(operator.relay_key.address)
    operator.crash()
    operator.settle()
    assert [operator.outcomes(s) for s in shipments] == [[Code.APPLIED]] * 3
    assert operator.chain.nonce(operator.relay_key.address) == nonce


def test_the_chain_forgets_what_waits_when_its_process_dies(operator: Operator, open_embedded: OpenChain) -> None:
    shipments = three_shipments(operator)
    operator.begin()
    for one in operator.sender.unfinished():
        assert operator.chain.send(one.raw).sent is Sent.ACCEPTED
    operator.chain.close()
    operator.crash(open_embedded(operator.clock.now))
    operator.settle()
    assert [operator.outcomes(s) for s in shipments] == [[Code.APPLIED]] * 3


@EACH_ALONE
@pytest.mark.parametrize("lost", ["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_lost_question_or_answer_changes_nothing(operator: Operator, lost: str, at: int) -> None:
    chain = operator.chain
    operator.crash(Flaky(chain, **{lost: [at]}))
    shipments = three_shipments(operator)
    nonce = chain.nonce(operator.relay_key.address)
    with pytest.raises(ChainUnavailable):
        operator.relayer.step()
    operator.settle()
    assert [operator.outcomes(s) for s in shipments] == [[Code.APPLIED]] * 3
    assert chain.nonce(operator.relay_key.address) == nonce + 3
    assert not operator.sender.unfinished()


@EACH_ALONE
def test_a_nonce_taken_by_somebody_else_is_given_up_only_then(operator: Operator) -> None:
    shipments = three_shipments(operator)
    operator.begin()
    first = operator.sender.unfinished()[0]
    foreign = sign_transaction(
        operator.relay_key,
        chain_id=CHAIN_ID,
        nonce=first.nonce,
        to=b"\x01" * 20,
        data=b"",
        gas_limit=21_000,
        gas_price=0,
    )
    operator.chain.send(foreign.raw)
    operator.chain.seal(operator.clock.now())
    operator.settle()
    assert [operator.outcomes(s) for s in shipments] == [[Code.APPLIED]] * 3
    with operator.db.read() as connection:
        assert first.record_id is not None
        states = [t.state for t in transactions.of_record(connection, first.record_id)]
    assert states == [transactions.DROPPED, transactions.MINED]


def test_a_revert_is_explained_and_final_only_after_submit_by(operator: Operator) -> None:
    (shipment,) = operator.accept(operator.terms())
    soon = operator.clock.now() + 3_600
    forged = operator.handoff([(shipment, 0)], MAKER, CARRIER, submit_by=soon)
    forged = operator.sign(forged.record, MAKER, SHOP)  # the shop signs for the carrier
    (record_id,) = operator.accept(forged)
    operator.settle()
    row = operator.row(record_id)
    assert (row.state, row.attempts > 0) == (outbox.PENDING, True)
    assert "Custody" in row.problem
    assert operator.outcomes(record_id) == []

    head = operator.chain.head()
    operator.clock.advance(600)
    operator.settle()
    assert operator.chain.head() == head, "a call told that it would revert again, so no block was made for it"
    assert operator.row(record_id).attempts > row.attempts

    operator.clock.move_to(soon + 2)
    operator.settle()
    assert operator.row(record_id).state == outbox.FINAL
    assert operator.outcomes(record_id) == [Code.REJECTED]
    (outcome,) = operator.outcome_rows(record_id)
    receipt = operator.chain.receipt(outcome.transaction)
    assert receipt is not None
    assert not receipt.succeeded
    assert outcome.block_time > soon


def test_a_revert_before_submit_by_may_still_come_right(operator: Operator) -> None:
    (shipment,) = operator.accept(operator.terms())
    operator.accept(operator.change(RegistryAction.REVOKE_ROLE, partner=CARRIER, role=2))
    (record_id,) = operator.accept(operator.handoff([(shipment, 0)], MAKER, CARRIER))
    operator.settle()
    assert operator.outcomes(record_id) == []
    operator.accept(operator.change(RegistryAction.GRANT_ROLE, partner=CARRIER, role=2))
    operator.settle()
    operator.clock.advance(2 * DELAY)
    operator.settle()
    assert operator.outcomes(record_id) == [Code.APPLIED]


def test_what_comes_ahead_waits_for_its_predecessor(operator: Operator) -> None:
    shipments = three_shipments(operator)
    operator.settle()
    second = operator.handoff([(s, 1) for s in shipments], CARRIER, SHOP)
    first = [operator.handoff([(s, 0)], MAKER, CARRIER) for s in shipments]
    (ahead,) = operator.accept(second)
    operator.settle()
    assert operator.outcomes(ahead) == []
    assert "predecessor" in operator.row(ahead).problem
    for handoff in first:
        operator.accept(handoff)
        operator.settle()
    assert operator.outcomes(ahead) == [Code.APPLIED] * 3
    assert operator.row(ahead).state == outbox.FINAL


def test_what_waits_in_vain_is_rejected_after_submit_by(operator: Operator) -> None:
    first, second = operator.accept(operator.terms(), operator.terms())
    soon = operator.clock.now() + 3_600
    (mixed,) = operator.accept(operator.handoff([(first, 0), (second, 5)], MAKER, CARRIER, submit_by=soon))
    operator.settle()
    assert len(operator.outcomes(mixed)) == 1
    operator.clock.move_to(soon + 2)
    operator.settle()
    expected = {first: Code.APPLIED, second: Code.REJECTED}
    assert operator.outcomes(mixed) == [expected[s] for s in sorted((first, second))]
    assert operator.row(mixed).state == outbox.FINAL


def test_pending_slots_are_free_once_the_outcome_is_final(operator: Operator) -> None:
    (shipment,) = operator.accept(operator.terms())
    handoff = operator.handoff([(shipment, 0)], MAKER, CARRIER)
    slot = Slot(shipment, 0)
    operator.sequencer.append([operator.entry(handoff, slots=[slot])])
    with operator.db.read() as connection:
        assert pending.holders(connection, [slot])
    operator.settle()
    with operator.db.read() as connection:
        assert not pending.holders(connection, [slot])


def test_only_the_holder_of_the_lease_submits(operator: Operator) -> None:
    operator.relayer.step()
    other = Operator(operator.home, operator.chain, operator.deployment, operator.clock, lease_seconds=60)
    three_shipments(operator)
    assert not other.relayer.step().held
    assert other.sender.unfinished() == []
    operator.lease.release()
    assert other.relayer.step().submitted == 3
    other.close()


# --- the follower ----------------------------------------------------------------------------------------------------


def test_a_record_submitted_past_the_operator_is_appended_with_its_outcome(operator: Operator) -> None:
    terms = operator.terms()
    shipment = operator.domain.record_id(terms.record)
    operator.submit_directly(terms, key_of("stranger"))
    report = operator.follower.step()
    assert (report.appended, report.outcomes) == (1, 1)
    assert operator.outcomes(shipment) == [Code.APPLIED]
    assert [number for number, _ in operator.logged()[-2:]] == [ShipmentTerms.NUMBER, Outcome.NUMBER]
    assert operator.logged()[-2][1] == shipment


def test_ours_submitted_by_a_stranger_first_keeps_one_leaf_and_the_first_outcome(operator: Operator) -> None:
    (shipment,) = operator.accept(operator.terms())
    operator.settle()
    handoff = operator.handoff([(shipment, 0)], MAKER, CARRIER)
    (record_id,) = operator.accept(handoff)
    operator.submit_directly(handoff, key_of("stranger"))
    operator.settle()
    assert operator.outcomes(record_id) == [Code.APPLIED]
    found = [i for _, i in operator.logged()]
    assert found.count(record_id) == 1
    assert len(found) == len(set(found))


def test_a_direct_record_that_must_wait_is_taken_over(operator: Operator) -> None:
    (shipment,) = operator.accept(operator.terms())
    operator.settle()
    second = operator.handoff([(shipment, 1)], CARRIER, SHOP)
    operator.submit_directly(second, key_of("stranger"))
    operator.settle()
    record_id = operator.domain.record_id(second.record)
    assert operator.outcomes(record_id) == []
    operator.accept(operator.handoff([(shipment, 0)], MAKER, CARRIER))
    operator.settle()
    assert operator.outcomes(record_id) == [Code.APPLIED]


def test_following_again_adds_nothing(operator: Operator) -> None:
    three_shipments(operator)
    operator.settle()
    before = operator.logged()
    operator.crash()
    report = operator.follower.step()
    assert (report.events, operator.logged()) == (0, before)


def test_a_crash_between_block_and_log_repeats_nothing(operator: Operator) -> None:
    shipments = three_shipments(operator)

    def fails(_: object) -> None:
        raise RuntimeError("the power is gone")

    operator.follower._project = fails
    with pytest.raises(RuntimeError):
        operator.relayer.step()
    assert [operator.outcomes(s) for s in shipments] == [[]] * 3
    operator.crash()
    operator.settle()
    assert [operator.outcomes(s) for s in shipments] == [[Code.APPLIED]] * 3
    found = [i for _, i in operator.logged()]
    assert len(found) == len(set(found))


def test_two_operators_end_with_the_same_outcomes(operator: Operator, tmp_path: Path) -> None:
    other = Operator(tmp_path / "two", operator.chain, operator.deployment, operator.clock, name="two")
    other.settle()
    (shipment,) = operator.accept(operator.terms())
    operator.settle()
    other.settle()
    mine = operator.handoff([(shipment, 0)], MAKER, CARRIER)
    theirs = other.handoff([(shipment, 0)], MAKER, CARRIER)
    (a,), (b,) = operator.accept(mine), other.accept(theirs)
    for one in (other, operator, other, operator):
        one.settle()
    for one in (operator, other):
        assert (one.outcomes(a), one.outcomes(b)) == ([Code.STALE], [Code.APPLIED])
    assert {i for _, i in operator.logged()} == {i for _, i in other.logged()}
    other.close()


def test_a_record_that_another_operator_had_recorded_in_time_is_never_called_rejected(
    operator: Operator, tmp_path: Path
) -> None:
    """Given to two operators; one is down until `submitBy` is over. Its own attempt reverts, and that is no outcome."""
    other = Operator(tmp_path / "two", operator.chain, operator.deployment, operator.clock, name="two")
    (shipment,) = operator.accept(operator.terms())
    operator.settle()
    other.settle()
    handoff = operator.handoff([(shipment, 0)], MAKER, CARRIER)
    (record_id,) = operator.accept(handoff)
    other.accept(handoff)
    operator.settle()
    assert isinstance(handoff.record, Handoff)
    operator.clock.advance(handoff.record.submitBy - operator.clock.now() + 3_600)
    other.settle()
    assert operator.outcomes(record_id) == other.outcomes(record_id) == [Code.APPLIED]
    assert {i for _, i in operator.logged()} == {i for _, i in other.logged()}
    other.close()


def test_the_log_is_rebuilt_from_events(operator: Operator, tmp_path: Path) -> None:
    shipments = three_shipments(operator)
    operator.accept(operator.handoff([(s, 0) for s in shipments], MAKER, CARRIER))
    operator.settle()
    again = Operator(tmp_path / "again", operator.chain, operator.deployment, operator.clock)
    report = rebuild_from_events(again.follower)
    assert report.undecodable == 0
    kept = [i for i in operator.logged() if i[0] in EVENTS_OF or i[0] == Outcome.NUMBER]
    assert sorted(again.logged()) == sorted(kept)
    assert all(again.outcomes(s) == operator.outcomes(s) for s in shipments)
    again.close()


def test_signatures_in_flight_survive_a_closed_contract_and_its_successor(operator: Operator) -> None:
    shipments = three_shipments(operator)
    operator.settle()
    old = operator.deployment.contracts[ContractKind.CUSTODY]
    operator.accept(operator.change(RegistryAction.CLOSE_CONTRACT, key=old, number=int(ContractKind.CUSTODY)))
    operator.settle()
    operator.clock.advance(2 * DELAY)
    (record_id,) = operator.accept(operator.handoff([(shipments[0], 0)], MAKER, CARRIER))
    operator.settle()
    assert operator.row(record_id).problem == "no contract of its kind is in force"
    assert operator.outcomes(record_id) == []

    registry, deployer = operator.deployment.registry, key_of("deployer consortium")
    nonce = operator.chain.nonce(deployer.address)
    new = deploy_successor(operator.chain, deployer, nonce, ContractKind.CUSTODY, registry, old, operator.clock.now)
    again = deploy_successor(operator.chain, deployer, nonce, ContractKind.CUSTODY, registry, old, operator.clock.now)
    assert new == again != old
    operator.accept(operator.change(RegistryAction.OPEN_CONTRACT, key=new, number=int(ContractKind.CUSTODY)))
    operator.settle()
    operator.clock.advance(2 * DELAY + 3_600)
    operator.settle()
    assert operator.outcomes(record_id) == [Code.APPLIED]
    (row,) = operator.outcome_rows(record_id)
    with operator.db.read() as connection:
        stored = records.get(connection, row.outcome_record)
    assert stored is not None
    assert isinstance(stored.record, Outcome)
    assert stored.record.target == new


def test_a_successor_opened_in_the_range_that_is_read_is_followed_at_once(operator: Operator, tmp_path: Path) -> None:
    test_signatures_in_flight_survive_a_closed_contract_and_its_successor(operator)
    again = Operator(tmp_path / "again", operator.chain, operator.deployment, operator.clock)
    rebuild_from_events(again.follower)
    with operator.db.read() as mine, again.db.read() as theirs:
        ours = {row.record_id for row in records.stream(mine, types=[Outcome.NUMBER])}
        assert ours == {row.record_id for row in records.stream(theirs, types=[Outcome.NUMBER])}
    again.close()


def test_an_override_is_announced_and_moves_after_the_delay(operator: Operator) -> None:
    (shipment,) = operator.accept(operator.terms())
    operator.settle()
    hidden = Withheld(b"\x05" * 32)
    override = Override(shipment, 0, MAKER, CARRIER, 10, 0, hidden)
    (record_id,) = operator.accept(operator.sign(override, *COUNCIL[:2], CARRIER))
    operator.settle()
    assert operator.outcomes(record_id) == []
    row = operator.row(record_id)
    assert "announced" in row.problem
    assert row.next_try >= operator.clock.now() + DELAY - 5
    operator.clock.move_to(row.next_try + 5)
    operator.settle()
    assert operator.outcomes(record_id) == [Code.APPLIED]


# --- anchoring -------------------------------------------------------------------------------------------------------


def test_the_newest_checkpoint_is_anchored_again_and_again(operator: Operator) -> None:
    sizes = []
    for _ in range(3):
        three_shipments(operator)
        operator.settle()
        published = operator.publisher.publish(operator.clock.now())
        report = operator.anchorer.step()
        assert (report.problem, report.anchored) == ("", published.head.size)
        sizes.append(report.anchored)
        operator.follower.step()
        assert operator.anchorer.step().submitted is None, "nothing new, nothing sent"
    assert sizes == sorted(set(sizes))
    with operator.db.read() as connection:
        latest = checkpoints.latest_anchored(connection)
    assert latest is not None
    assert latest.size == sizes[-1]


def test_an_anchor_whose_answer_was_lost_is_looked_up(operator: Operator) -> None:
    operator.publisher.publish(operator.clock.now())
    operator.crash(Flaky(operator.chain, after=[1]))
    with pytest.raises(ChainUnavailable):
        operator.anchorer.step()
    assert operator.anchorer.step().problem == ""
    report = operator.anchorer.step()
    current = operator.publisher.current()
    assert current is not None
    assert (report.anchored, report.submitted) == (current.head.size, None)


# --- a network -------------------------------------------------------------------------------------------------------


def test_the_same_on_a_network(anvil_url: str, tmp_path: Path) -> None:
    chain = RpcChain(anvil_url, finality_depth=0)
    clock = ManualClock(SystemClock().now())
    deployment = launch(chain, clock, "network")
    assert launch(chain, clock, "network").contracts == deployment.contracts, "a second run finds everything there"
    assert type(deployment).from_json(deployment.to_json()) == deployment
    operator = Operator(tmp_path / "net", chain, deployment, clock, name="network")
    operator.accept(*operator.founding())
    operator.settle()
    newest = chain.block(chain.head())  # on a busy machine the founding takes the node's clock further than ours
    assert newest is not None
    later = newest.timestamp + DELAY + 5
    chain._ask("anvil_setTime", later)
    chain._ask("evm_mine")
    clock.move_to(later)
    shipments = three_shipments(operator)
    (manifest,) = operator.accept(operator.handoff([(s, 0) for s in shipments], MAKER, CARRIER))
    operator.settle()
    assert operator.outcomes(manifest) == [Code.APPLIED] * 3
    forged = operator.sign(operator.handoff([(shipments[0], 1)], CARRIER, SHOP).record, CARRIER, MAKER)
    (record_id,) = operator.accept(forged)
    operator.settle()
    assert "Custody" in operator.row(record_id).problem
    published = operator.publisher.publish(clock.now())
    operator.anchorer.step()
    assert operator.anchorer.step().anchored == published.head.size
    with operator.db.read() as connection:
        kept = [sent for record in (*shipments, manifest) for sent in transactions.of_record(connection, record)]
    assert {sent.state for sent in kept} == {transactions.MINED}
    assert all(keccak256(sent.raw) == sent.hash for sent in kept), "a network's nodes may forget them"
    operator.close()
    chain.close()
