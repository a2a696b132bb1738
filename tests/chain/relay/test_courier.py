"""Many records in one transaction: each is recorded, refused or left as if it had gone alone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.abi import decode
from ledger.chain.client import ChainClient, SendResult, Sent
from ledger.chain.contracts import COURIER, artifact, encode_call, encode_function
from ledger.chain.deploy import Deployment
from ledger.chain.embedded import EmbeddedChain
from ledger.chain.transactions import call_of, least_gas, sign_transaction
from ledger.codes import ContractKind
from ledger.codes import Outcome as Code
from ledger.common.ids import RecordId
from ledger.errors import ChainUnavailable
from ledger.records.signing import SignedRecord
from ledger.records.types import Outcome
from ledger.services.home.clock import ManualClock
from ledger.services.relay import loading, parcels
from ledger.store import outbox, records, transactions
from ledger.store.transactions import StoredTransaction
from tests.chain.conftest import CHAIN_ID, GENESIS, Founded, OpenChain
from tests.chain.operator import CARRIER, MAKER, SHOP, Operator, key_of


@pytest.fixture
def operator(founded: Founded, open_embedded: OpenChain, tmp_path: Path) -> Iterator[Operator]:
    shutil.copytree(founded.home, tmp_path, dirs_exist_ok=True)
    clock = ManualClock(founded.now)
    made = Operator(tmp_path / "one", open_embedded(clock.now), founded.deployment, clock)
    made.changes = len(made.founding())
    yield made
    made.close()


def sent(operator: Operator, *record_ids: RecordId) -> list[StoredTransaction]:
    """The transactions that carried these, each once, in the order in which they were made."""
    with operator.db.read() as connection:
        found = {one.id: one for i in record_ids for one in transactions.of_record(connection, i)}
    return [found[number] for number in sorted(found)]


def carried(operator: Operator, one: StoredTransaction) -> tuple[RecordId, ...]:
    with operator.db.read() as connection:
        return transactions.records_of(connection, [one])[one.hash]


def some_terms(operator: Operator, count: int) -> list[RecordId]:
    return operator.accept(*(operator.terms() for _ in range(count)))


def forged(operator: Operator, *, submit_by: int = 0) -> SignedRecord:
    """Terms that the shop signed for the maker."""
    return operator.sign(operator.terms(submit_by=submit_by).record, SHOP)


# --- what it is for --------------------------------------------------------------------------------------------------


def test_records_of_all_kinds_share_a_transaction_in_their_order(operator: Operator) -> None:
    shipments = some_terms(operator, 3)
    (manifest,) = operator.accept(operator.handoff([(s, 0) for s in shipments], MAKER, CARRIER))
    operator.settle()
    assert [operator.outcomes(s) for s in shipments] == [[Code.APPLIED]] * 3
    assert operator.outcomes(manifest) == [Code.APPLIED] * 3
    (one,) = sent(operator, *shipments, manifest)
    assert carried(operator, one) == (*shipments, manifest)
    (row, *_) = operator.outcome_rows(manifest)
    assert row.transaction == one.hash


def test_one_record_goes_alone(operator: Operator) -> None:
    (shipment,) = some_terms(operator, 1)
    operator.settle()
    (one,) = sent(operator, shipment)
    target, _ = call_in_block(operator, one)
    assert (one.record_id, target) == (shipment, operator.deployment.contracts[ContractKind.CUSTODY])


def test_gas_of_many_records(operator: Operator) -> None:
    """Whole transactions, as the network bills them; alone an opening costs 81,300 and a handoff 72,000."""
    shipments = some_terms(operator, 100)
    operator.settle()
    handoffs = operator.accept(*(operator.handoff([(s, 0)], MAKER, CARRIER) for s in shipments))
    operator.settle()
    for ids, most in ((shipments, 57_500), (handoffs, 46_500)):
        used = sum(receipt.gas_used for one in sent(operator, *ids) if (receipt := operator.chain.receipt(one.hash)))
        assert len(sent(operator, *ids)) == 1
        assert used / len(ids) <= most


def test_what_a_record_uses_stays_below_what_is_set_aside_for_it(operator: Operator) -> None:
    """Nothing was refused for want of gas, and no more than twice the gas was asked for than was used."""
    shipments = some_terms(operator, 40)
    single = operator.accept(*(operator.handoff([(s, 0)], MAKER, CARRIER) for s in shipments[:20]))
    (many,) = operator.accept(operator.handoff([(s, 0) for s in shipments[20:]], MAKER, CARRIER))
    operator.settle()
    for one in sent(operator, *shipments, *single, many):
        receipt = operator.chain.receipt(one.hash)
        assert receipt is not None
        assert receipt.gas_used < one_limit(operator, one) < 2 * receipt.gas_used
    assert all(operator.row(i).attempts == 0 for i in (*shipments, *single, many))


def call_in_block(operator: Operator, one: StoredTransaction) -> tuple[bytes | None, bytes]:
    return call_of(operator.chain.signed(one.hash) or b"")


def one_limit(operator: Operator, one: StoredTransaction) -> int:
    (found,) = decode(artifact(COURIER).function("carry")[1], call_in_block(operator, one)[1][4:])
    return sum(parcel["gas"] for parcel in found)


def test_a_stranger_s_transaction_with_the_courier_is_followed_like_any_other(operator: Operator) -> None:
    """Its records are appended with outcomes; what the courier refuses there is nothing to us."""
    ours = operator.terms()
    (record_id,) = operator.accept(ours)
    strange = operator.terms()
    calls = [
        {"kind": 1, "gas": 200_000, "data": encode_call(strange)},
        {"kind": 1, "gas": 1_000, "data": encode_call(ours)},
    ]
    courier, key = operator.deployment.courier, key_of("stranger")
    assert courier is not None
    data = encode_function(COURIER, "carry", calls)
    transaction = sign_transaction(
        key, chain_id=operator.chain.chain_id, nonce=0, to=courier, data=data, gas_limit=2_000_000, gas_price=0
    )
    operator.chain.send(transaction.raw)
    operator.chain.seal(operator.clock.now())
    operator.settle()
    assert operator.outcomes(operator.domain.record_id(strange.record)) == [Code.APPLIED]
    assert (operator.outcomes(record_id), operator.row(record_id).attempts) == ([Code.APPLIED], 0)


# --- refused, unjudged, left -----------------------------------------------------------------------------------------


def test_one_that_is_refused_stops_no_other_and_its_reason_is_kept(operator: Operator) -> None:
    good = operator.accept(operator.terms())
    (bad,) = operator.accept(forged(operator))
    good += operator.accept(operator.terms())
    operator.settle()
    assert [operator.outcomes(i) for i in good] == [[Code.APPLIED]] * 2
    row = operator.row(bad)
    assert (row.state, row.attempts, operator.outcomes(bad)) == (outbox.PENDING, 1, [])
    assert row.problem.startswith("CustodyNotItsKey")
    assert row.next_try > operator.clock.now()
    assert len(sent(operator, *good, bad)) == 1


def test_a_refusal_after_submit_by_is_final_and_names_the_transaction(operator: Operator) -> None:
    soon = operator.clock.now() + 3_600
    late = operator.accept(*(operator.terms(submit_by=soon) for _ in range(3)))
    in_time = operator.accept(operator.terms())
    operator.clock.move_to(soon + 2)
    operator.settle()
    assert [operator.outcomes(i) for i in late] == [[Code.REJECTED]] * 3
    assert operator.outcomes(in_time[0]) == [Code.APPLIED]
    (one,) = sent(operator, *late, *in_time)
    for record_id in late:
        (row,) = operator.outcome_rows(record_id)
        assert row.transaction == one.hash
        assert row.block_time > soon


def test_a_refusal_before_submit_by_may_still_come_right(operator: Operator) -> None:
    """Twice the same terms: the second is refused, and what the chain said of the first stands for both."""
    terms = operator.terms()
    (shipment,) = operator.accept(terms)
    operator.submit_directly(terms, key_of("stranger"))
    some = some_terms(operator, 2)
    operator.settle()
    assert [operator.outcomes(i) for i in (shipment, *some)] == [[Code.APPLIED]] * 3
    assert operator.row(shipment).state == outbox.FINAL


def test_what_nobody_judged_is_sent_alone(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A contract of a later version may use more than is set aside."""
    monkeypatch.setattr(loading, "gas_bound", lambda _: 20_000)
    shipments = some_terms(operator, 3)
    operator.settle()
    assert [operator.outcomes(i) for i in shipments] == [[Code.APPLIED]] * 3
    together, *alone = sent(operator, *shipments)
    assert carried(operator, together) == tuple(shipments)
    assert [carried(operator, one) for one in alone] == [(i,) for i in shipments]


def test_nobody_is_rejected_without_having_been_judged(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "gas_bound", lambda _: 2_000)
    soon = operator.clock.now() + 3_600
    late = operator.accept(*(operator.terms(submit_by=soon) for _ in range(2)))
    operator.clock.move_to(soon + 2)
    operator.settle()
    assert [operator.outcomes(i) for i in late] == [[Code.REJECTED]] * 2
    (row,) = operator.outcome_rows(late[0])
    together, alone = sent(operator, late[0])
    assert len(carried(operator, together)) == 2, "an empty reason is no answer"
    assert (carried(operator, alone), row.transaction) == ((late[0],), alone.hash)


def test_what_the_gas_does_not_suffice_for_is_carried_next_time(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    gas = parcels.load_gas
    monkeypatch.setattr(loading, "load_gas", lambda load: gas(load) // 2)
    shipments = some_terms(operator, 20)
    operator.settle()
    assert [operator.outcomes(i) for i in shipments] == [[Code.APPLIED]] * 20
    assert all(operator.row(i).attempts == 0 for i in shipments), "what was left was never tried"
    first, second, *_ = sent(operator, *shipments)
    assert carried(operator, first) == tuple(shipments)
    assert 1 < len(carried(operator, second)) < 19
    assert set(carried(operator, second)) == set(shipments[-len(carried(operator, second)) :])


def test_after_one_that_fails_as_a_whole_fewer_go_together(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often: in the end each goes alone."""
    monkeypatch.setattr(loading, "load_gas", lambda load: least_gas(b"", parcels.load_call(load)) + 3_000)
    shipments = some_terms(operator, 20)
    operator.settle()
    assert [operator.outcomes(i) for i in shipments] == [[Code.APPLIED]] * 20
    sizes = [len(carried(operator, one)) for one in sent(operator, *shipments)]
    assert sizes[:3] == [20, 10, 10]
    assert 1 in sizes


# --- crashes, and nodes that refuse ----------------------------------------------------------------------------------


def test_a_crash_after_storing_sends_the_same_bytes_once(operator: Operator) -> None:
    shipments = some_terms(operator, 3)
    assert operator.begin() == 3  # signed and stored, and then the process dies
    (stored,) = operator.sender.unfinished()
    operator.crash()
    operator.settle()
    assert [operator.outcomes(i) for i in shipments] == [[Code.APPLIED]] * 3
    assert [one.hash for one in sent(operator, *shipments)] == [stored.hash]
    assert operator.chain.nonce(operator.relay_key.address) == stored.nonce + 1


@pytest.mark.parametrize("bad", [False, True])
def test_a_crash_after_the_block_finds_what_became_of_each(operator: Operator, bad: bool) -> None:
    shipments = some_terms(operator, 3)
    refused = operator.accept(forged(operator)) if bad else []
    operator.begin()
    operator.sender.push()  # the block is made, and then the process dies
    nonce = operator.chain.nonce(operator.relay_key.address)
    operator.crash()
    operator.settle()
    assert [operator.outcomes(i) for i in shipments] == [[Code.APPLIED]] * 3
    assert [operator.row(i).problem.partition("(")[0] for i in refused] == ["CustodyNotItsKey"] * len(refused)
    assert operator.chain.nonce(operator.relay_key.address) == nonce


def test_a_nonce_taken_by_somebody_else_puts_all_of_them_back(operator: Operator) -> None:
    shipments = some_terms(operator, 3)
    operator.begin()
    (first,) = operator.sender.unfinished()
    foreign = sign_transaction(
        operator.relay_key,
        chain_id=operator.chain.chain_id,
        nonce=first.nonce,
        to=b"\x01" * 20,
        data=b"",
        gas_limit=21_000,
        gas_price=0,
    )
    operator.chain.send(foreign.raw)
    operator.chain.seal(operator.clock.now())
    operator.settle()
    assert [operator.outcomes(i) for i in shipments] == [[Code.APPLIED]] * 3
    assert [one.state for one in sent(operator, *shipments)] == [transactions.DROPPED, transactions.MINED]


class Narrow:
    """A chain that refuses transactions of more than `most` bytes for ever."""

    def __init__(self, chain: ChainClient, most: int) -> None:
        self._chain = chain
        self._most = most

    def send(self, raw: bytes) -> SendResult:
        if len(raw) > self._most:
            return SendResult(Sent.REFUSED, "oversized data")
        return self._chain.send(raw)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)


def test_what_a_node_refuses_for_its_size_goes_in_smaller_parts(operator: Operator) -> None:
    operator.crash(Narrow(operator.chain, 6_000))
    shipments = some_terms(operator, 20)
    operator.settle()
    assert [operator.outcomes(i) for i in shipments] == [[Code.APPLIED]] * 20
    assert all(operator.row(i).attempts == 0 for i in shipments)
    sizes = [len(carried(operator, one)) for one in sent(operator, *shipments)]
    assert sizes[0] == 20
    assert len(sizes) < 16, "most of them share a transaction all the same"


class Silent:
    """A chain that does not give the courier's events."""

    def __init__(self, chain: ChainClient, courier: bytes | None) -> None:
        self._chain = chain
        self.hidden = courier

    def events(self, first: int, last: int, addresses: Any) -> Any:
        found = self._chain.events(first, last, addresses)
        return replace(found, logs=tuple(log for log in found.logs if log.address != self.hidden))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)


def test_nothing_is_concluded_from_a_courier_that_says_nothing(operator: Operator) -> None:
    chain = Silent(operator.chain, operator.deployment.courier)
    operator.crash(chain)
    (bad,) = operator.accept(forged(operator))
    (good,) = operator.accept(operator.terms())
    with pytest.raises(ChainUnavailable, match="gives no events"):
        operator.relayer.step()
    operator.follower.step()
    assert operator.outcomes(good) == [Code.APPLIED]
    assert operator.row(bad).state == outbox.SENT
    chain.hidden = None
    operator.settle()
    assert "CustodyNotItsKey" in operator.row(bad).problem


def test_an_address_where_no_courier_stands_is_not_used(operator: Operator) -> None:
    operator.deployment = replace(operator.deployment, courier=operator.deployment.contracts[ContractKind.CUSTODY])
    operator.crash()
    shipments = some_terms(operator, 3)
    operator.settle()
    assert [operator.outcomes(i) for i in shipments] == [[Code.APPLIED]] * 3
    assert len(sent(operator, *shipments)) == 3


# --- the same as alone -----------------------------------------------------------------------------------------------


def test_a_log_says_the_same_with_a_courier_and_without(founded: Founded, tmp_path: Path) -> None:
    """The same records with the same outcomes; only blocks and transactions are others."""
    shutil.copytree(founded.home, tmp_path / "with")
    shutil.copytree(founded.home, tmp_path / "without")
    with _opened(tmp_path / "with", founded.deployment, founded.now) as operator:
        signed = _day(operator)
        with_courier = _settled(operator, signed)
    with _opened(tmp_path / "without", replace(founded.deployment, courier=None), founded.now) as operator:
        assert _settled(operator, signed) == with_courier
    assert {outcomes for _, outcomes in with_courier} >= {bytes([Code.APPLIED]), bytes([Code.REJECTED])}


@contextmanager
def _opened(folder: Path, deployment: Deployment, now: int) -> Iterator[Operator]:
    clock = ManualClock(now)
    chain = EmbeddedChain(folder / "chain.db", chain_id=CHAIN_ID, genesis_time=GENESIS, now=clock.now)
    operator = Operator(folder / "one", chain, deployment, clock)
    yield operator
    operator.close()
    chain.close()


def _day(operator: Operator) -> list[SignedRecord]:
    """Openings and moves, in and out of their turn, and one under a wrong signature."""
    soon = operator.clock.now() + 3_600
    signed = [operator.terms(submit_by=soon) for _ in range(8)] + [forged(operator, submit_by=soon)]
    for i, terms in enumerate(signed[:8]):
        shipment = operator.domain.record_id(terms.record)
        signed.append(operator.handoff([(shipment, i % 3)], MAKER, CARRIER, submit_by=soon))
        signed.append(operator.handoff([(shipment, 1)], CARRIER, SHOP, submit_by=soon))
    return signed


def _settled(operator: Operator, signed: list[SignedRecord]) -> list[tuple[bytes, bytes]]:
    operator.accept(*signed)
    operator.settle()
    operator.clock.advance(3_700)
    operator.settle()
    with operator.db.read() as connection:
        leaves = [row.record for row in records.stream(connection)]
    assert all(operator.row(operator.domain.record_id(one.record)).state == outbox.FINAL for one in signed)
    return sorted((bytes(leaf.record), leaf.outcomes) for leaf in leaves if isinstance(leaf, Outcome))
