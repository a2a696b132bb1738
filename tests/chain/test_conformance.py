"""What Lading asks of a chain, asked of both: the embedded chain, and anvil over HTTP."""

import contextlib

import pytest

from ledger.chain.client import MAX_TRANSACTION_GAS, Sent
from ledger.chain.transactions import created_address
from ledger.common.keccak import keccak256
from ledger.errors import ChainUnavailable
from tests.chain.conftest import CHAIN_ID, Rig
from tests.chain.probe import DEPLOY, READ, RUNTIME, count, fail


def test_a_contract_is_deployed_where_its_sender_and_nonce_say(rig: Rig) -> None:
    address = rig.deploy()
    assert address == created_address(rig.sender.key.address, 0)
    assert rig.client.code(address) == RUNTIME
    assert rig.client.code(b"\x01" * 20) == b""
    assert rig.client.chain_id == CHAIN_ID


def test_an_unfunded_sender_is_served_where_gas_is_free(rig: Rig) -> None:
    assert rig.client.gas_price() == 0
    assert rig.client.nonce(rig.sender.key.address) == 0
    rig.deploy()
    assert rig.client.nonce(rig.sender.key.address) == 1


def test_events_come_once_each_in_order_with_their_transaction(rig: Rig) -> None:
    address = rig.deploy()
    sent = [rig.sender.sign(address, count(bytes([number]))) for number in range(1, 4)]
    receipts = [rig.run(transaction)[0] for transaction in sent]
    logs = rig.client.events(1, rig.client.final(), [address, b"\x02" * 20]).logs
    assert [log.transaction for log in logs] == [transaction.hash for transaction in sent]
    assert [log.topics for log in logs] == [(bytes([number]).rjust(32, b"\0"),) for number in range(1, 4)]
    assert [int.from_bytes(log.data) for log in logs] == [1, 2, 3]
    assert [log.block for log in logs] == [receipt.block for receipt in receipts]
    assert all(log.address == address and log.index == 0 for log in logs)
    assert rig.client.events(receipts[1].block, receipts[1].block, [address]).logs == logs[1:2]
    assert rig.client.events(1, rig.client.final(), [b"\x02" * 20]).logs == ()
    assert rig.client.events(1, rig.client.final(), []).logs == ()


def test_a_revert_is_in_a_block_with_its_reason(rig: Rig) -> None:
    address = rig.deploy()
    broken = rig.sender.sign(address, fail(b"because of this"))
    (receipt,) = rig.run(broken)
    assert not receipt.succeeded
    assert receipt.contract is None
    assert rig.client.revert_data(broken.hash) == b"because of this"
    assert rig.client.input(broken.hash) == fail(b"because of this")
    assert rig.client.nonce(rig.sender.key.address) == 2, "a reverted transaction uses its nonce up"


def test_storage_is_read_as_it_was_after_a_block(rig: Rig) -> None:
    """The probe counts in slot 0; a slot that was never written is zeros, and so is all of an account without code."""
    address = rig.deploy()
    blocks = [rig.run(rig.sender.sign(address, count(b"x")))[0].block for _ in range(2)]
    assert [int.from_bytes(rig.client.storage(address, 0, block=block)) for block in blocks] == [1, 2]
    assert rig.client.storage(address, 0) == (2).to_bytes(32)
    assert rig.client.storage(address, 7) == rig.client.storage(b"\x02" * 20, 0) == bytes(32)


def test_calls_return_or_revert_and_change_nothing(rig: Rig) -> None:
    address = rig.deploy()
    rig.run(rig.sender.sign(address, count(b"x")))
    block = rig.client.head()
    rig.run(rig.sender.sign(address, count(b"y")))
    read = rig.client.call(address, READ)
    assert read.succeeded
    assert int.from_bytes(read.output) == 2
    assert int.from_bytes(rig.client.call(address, READ, block=block).output) == 1
    assert rig.client.call(address, count(b"z")).succeeded
    assert rig.client.call(address, READ) == read
    refused = rig.client.call(address, fail(b"no"))
    assert not refused.succeeded
    assert refused.output == b"no"
    assert rig.client.call(b"\x03" * 20, b"\x01").output == b""


def test_the_same_bytes_again_do_nothing(rig: Rig) -> None:
    address = rig.deploy()
    transaction = rig.sender.sign(address, count(b"x"))
    assert rig.client.send(transaction.raw).sent is Sent.ACCEPTED
    rig.seal()
    rig.wait(transaction.hash)
    assert rig.client.send(transaction.raw).sent in (Sent.KNOWN, Sent.NONCE_USED)
    rig.seal()
    assert int.from_bytes(rig.client.call(address, READ).output) == 1


def test_another_transaction_with_a_used_nonce_is_not_taken(rig: Rig) -> None:
    address = rig.deploy()
    rig.run(rig.sender.sign(address, count(b"x")))
    rig.sender.nonce -= 1
    assert rig.client.send(rig.sender.sign(address, count(b"y")).raw).sent is Sent.NONCE_USED


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\xc0", b"nonsense", bytes(200)])
def test_bytes_that_are_no_transaction_are_refused_or_unknown_but_never_taken(rig: Rig, raw: bytes) -> None:
    with contextlib.suppress(ChainUnavailable):
        assert rig.client.send(raw).sent is Sent.REFUSED
    assert rig.client.receipt(keccak256(raw)) is None


def test_what_does_not_exist_is_none(rig: Rig) -> None:
    assert rig.client.block(rig.client.head() + 1_000) is None
    assert rig.client.receipt(bytes(32)) is None
    assert rig.client.input(bytes(32)) is None
    assert rig.client.revert_data(bytes(32)) == b""


def test_blocks_form_a_chain_with_growing_times(rig: Rig) -> None:
    address = rig.deploy()
    rig.run(rig.sender.sign(address, count(b"x")))
    head = rig.client.head()
    newest, before = rig.client.block(head), rig.client.block(head - 1)
    assert newest is not None
    assert before is not None
    assert newest.number == head
    assert newest.parent == before.hash
    assert newest.timestamp >= before.timestamp
    assert rig.client.final() == head


def test_a_gas_limit_suffices_and_has_a_ceiling(rig: Rig) -> None:
    address = rig.deploy()
    limit = rig.client.gas_limit(rig.sender.key.address, address, count(b"x"))
    assert 50_000 < limit <= MAX_TRANSACTION_GAS
    assert rig.client.gas_limit(rig.sender.key.address, address, fail(b"no")) == MAX_TRANSACTION_GAS
    assert rig.client.gas_limit(rig.sender.key.address, None, DEPLOY) > 50_000
    (receipt,) = rig.run(rig.sender.sign(address, count(b"x"), gas_limit=limit))
    assert receipt.succeeded
    assert 21_000 < receipt.gas_used <= limit
