"""The embedded chain: one block for many transactions, and the same chain after any restart."""

import os
import signal
import sqlite3
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import pytest
import rlp
from eth.db.schema import SchemaV1
from eth.exceptions import VMError
from hexbytes import HexBytes
from web3 import EthereumTesterProvider, Web3

from ledger.chain import embedded
from ledger.chain.client import MAX_TRANSACTION_GAS, Sent
from ledger.chain.deploy import deploy
from ledger.chain.embedded import EmbeddedChain, EmbeddedReader
from ledger.chain.transactions import created_address, sign_transaction
from ledger.errors import ChainUnavailable, DiskFailed, Misconfigured, StorageFailed
from ledger.records.signing import SigningKey
from tests.chain.conftest import CHAIN_ID, GENESIS, OpenChain, Rig
from tests.chain.operator import genesis, key_of
from tests.chain.probe import DEPLOY, READ, RUNTIME, Sender, count, fail
from tests.forks import Fork
from tests.lost_commits import LostCommits


def rig_on(chain: EmbeddedChain, nonce: int = 0) -> Rig:
    sender = Sender(SigningKey(b"\x09" * 32), CHAIN_ID)
    sender.nonce = nonce
    return Rig(chain, sender)


def test_many_transactions_make_one_block_in_the_order_they_were_sent(open_embedded: OpenChain) -> None:
    rig = rig_on(open_embedded())
    address = rig.deploy()
    sent = [rig.sender.sign(address, count(bytes([number]))) for number in range(60)]
    receipts = rig.run(*sent)
    assert {receipt.block for receipt in receipts} == {2}
    logs = rig.client.events(2, 2, [address]).logs
    assert [log.transaction for log in logs] == [transaction.hash for transaction in sent]
    assert [log.index for log in logs] == list(range(60))
    assert len({receipt.gas_used for receipt in receipts[1:]}) == 1


def test_what_does_not_fit_waits_for_the_next_block(open_embedded: OpenChain) -> None:
    rig = rig_on(open_embedded())
    address = rig.deploy()
    # A megabyte of call data costs 16 million gas: three of them, and the fourth's limit does not fit any more.
    heavy = [rig.sender.sign(address, fail(b"\xff" * 1_000_000), gas_limit=MAX_TRANSACTION_GAS) for _ in range(4)]
    light = [rig.sender.sign(address, count(b"x")) for _ in range(3)]
    for transaction in (*heavy, *light):
        rig.client.send(transaction.raw)
    while rig.seal():
        pass
    assert [rig.wait(transaction.hash).block for transaction in heavy] == [2, 2, 2, 3]
    assert [rig.wait(transaction.hash).block for transaction in light] == [3, 3, 3]
    assert int.from_bytes(rig.client.call(address, READ).output) == 3


def test_blocks_that_come_faster_than_seconds_do_not_run_away_from_the_clock(
    open_embedded: OpenChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "MOST_AHEAD", 5)
    rig = rig_on(open_embedded())
    address = rig.deploy()
    now = GENESIS + 1000
    made = []
    for _ in range(9):
        rig.client.send(rig.sender.sign(address, count(b"x")).raw)
        made.append(rig.client.seal(now))
    assert [block and block.timestamp - now for block in made] == [0, 1, 2, 3, 4, 5, None, None, None]
    assert rig.client.seal(now - 20 * 86_400) is None, "nor is one made after the clock went back"
    last = rig.client.seal(now + 1)
    assert last is not None
    assert last.timestamp == now + 6
    assert int.from_bytes(rig.client.call(address, READ).output) == 9, "what waited is in it"


def test_nothing_waiting_makes_no_block(open_embedded: OpenChain) -> None:
    rig = rig_on(open_embedded())
    assert rig.seal() is None
    assert rig.client.head() == 0


def test_block_times_follow_the_clock_and_always_grow(open_embedded: OpenChain) -> None:
    chain = open_embedded()
    rig = rig_on(chain)
    times = []
    for moment in (GENESIS + 1_000, GENESIS + 1_000, GENESIS + 995, GENESIS + 90_000):
        chain.send(rig.sender.sign(None, DEPLOY).raw)
        block = chain.seal(moment)
        assert block is not None
        times.append(block.timestamp - GENESIS)
    assert times == [1_000, 1_001, 1_002, 90_000]


def test_same_chain_after_a_restart(open_embedded: OpenChain) -> None:
    rig = rig_on(open_embedded())
    address = rig.deploy()
    broken = rig.sender.sign(address, fail(b"kept"))
    counted = rig.sender.sign(address, count(b"x"))
    rig.client.send(broken.raw)  # signed first, so its nonce comes first
    (receipt,) = rig.run(counted)
    blocks = [rig.client.block(number) for number in range(1, rig.client.head() + 1)]
    logs = rig.client.events(1, rig.client.head(), [address]).logs
    rig.client.close()

    again = rig_on(open_embedded(), nonce=rig.sender.nonce)
    assert [again.client.block(number) for number in range(1, again.client.head() + 1)] == blocks
    assert again.client.events(1, again.client.head(), [address]).logs == logs
    assert again.client.code(address) == RUNTIME
    assert again.client.receipt(counted.hash) == receipt
    assert again.client.revert_data(broken.hash) == b"kept"
    assert again.client.nonce(again.sender.key.address) == 3
    again.run(again.sender.sign(address, count(b"y")))
    assert int.from_bytes(again.client.call(address, READ).output) == 2


def test_same_genesis_same_addresses_same_blocks(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        chain = EmbeddedChain(tmp_path / name, chain_id=CHAIN_ID, genesis_time=GENESIS, funded=[b"\x05" * 20])
        rig = rig_on(chain)
        address = rig.deploy()
        rig.run(rig.sender.sign(address, count(b"x")))
        found.append((address, chain.block(1), chain.block(2)))
        chain.close()
    assert found[0] == found[1]


def test_only_one_process_writes(open_embedded: OpenChain, tmp_path: Path) -> None:
    chain = open_embedded()
    with pytest.raises(Misconfigured, match="another process writes"):
        EmbeddedChain(tmp_path / "chain.db", chain_id=CHAIN_ID, genesis_time=GENESIS)
    chain.close()
    open_embedded()


def test_a_reader_sees_whole_blocks_while_the_writer_works(open_embedded: OpenChain, tmp_path: Path) -> None:
    chain = open_embedded()
    rig = rig_on(chain)
    reader = EmbeddedReader(tmp_path / "chain.db", chain_id=CHAIN_ID)
    assert reader.head() == 0
    address = rig.deploy()
    rig.client.send(rig.sender.sign(address, count(b"x")).raw)
    assert reader.head() == 1
    assert int.from_bytes(reader.call(address, READ).output) == 0
    rig.seal()
    assert reader.head() == 2
    assert int.from_bytes(reader.call(address, READ).output) == 1
    assert reader.events(1, 2, [address]).logs == chain.events(1, 2, [address]).logs
    reader.close()


def test_another_chain_id_is_not_taken_for_this_one(open_embedded: OpenChain, tmp_path: Path) -> None:
    open_embedded().close()
    with pytest.raises(Misconfigured, match="another chain"):
        EmbeddedChain(tmp_path / "chain.db", chain_id=1, genesis_time=GENESIS)
    with pytest.raises(Misconfigured, match="another chain"):
        EmbeddedReader(tmp_path / "chain.db", chain_id=1)
    with pytest.raises(Misconfigured, match="no chain here"):
        EmbeddedReader(tmp_path / "elsewhere.db", chain_id=CHAIN_ID)


@pytest.mark.parametrize("place", [[9, 0], [2, 7], [1, 0]], ids=["no block", "nothing there", "another"])
def test_signed_bytes_are_those_of_the_transaction_or_none(
    open_embedded: OpenChain, tmp_path: Path, place: list[int]
) -> None:
    rig = rig_on(open_embedded())
    transaction = rig.sender.sign(rig.deploy(), count(b"x"))
    rig.run(transaction)
    assert rig.client.signed(transaction.hash) == transaction.raw
    assert rig.client.signed(bytes(32)) is None
    with closing(sqlite3.connect(tmp_path / "chain.db")) as db:
        key = SchemaV1.make_transaction_hash_to_block_lookup_key(transaction.hash)  # type: ignore[arg-type]
        assert db.execute("UPDATE pairs SET value = ? WHERE key = ?", (rlp.encode(place), key)).rowcount == 1
        db.commit()
    assert rig.client.signed(transaction.hash) is None


def test_a_file_that_is_no_chain_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chain.db").write_bytes(b"something else entirely" * 100)
    with pytest.raises(StorageFailed):
        EmbeddedChain(tmp_path / "chain.db", chain_id=CHAIN_ID, genesis_time=GENESIS)


def test_transactions_of_another_chain_or_with_a_gap_are_not_taken(open_embedded: OpenChain) -> None:
    chain = open_embedded()
    key = SigningKey(b"\x09" * 32)
    foreign = sign_transaction(key, chain_id=1, nonce=0, to=None, data=DEPLOY, gas_limit=500_000, gas_price=0)
    assert chain.send(foreign.raw).sent is Sent.REFUSED
    gap = sign_transaction(key, chain_id=CHAIN_ID, nonce=1, to=None, data=DEPLOY, gas_limit=500_000, gas_price=0)
    assert chain.send(gap.raw).sent is Sent.NONCE_AHEAD
    thirsty = sign_transaction(key, chain_id=CHAIN_ID, nonce=0, to=None, data=DEPLOY, gas_limit=2**25, gas_price=0)
    assert chain.send(thirsty.raw).sent is Sent.REFUSED
    starved = sign_transaction(key, chain_id=CHAIN_ID, nonce=0, to=None, data=DEPLOY, gas_limit=21_000, gas_price=0)
    assert chain.send(starved.raw).sent is Sent.REFUSED
    assert chain.seal(GENESIS) is None


def test_a_full_disk_refuses_blocks_and_the_chain_goes_on_by_itself(open_embedded: OpenChain) -> None:
    rig = rig_on(open_embedded())
    address = rig.deploy()
    chain = rig.client
    assert isinstance(chain, EmbeddedChain)
    counted = [rig.sender.sign(address, count(os.urandom(32))) for _ in range(200)]

    def make_blocks() -> None:
        for transaction in counted[chain.nonce(rig.sender.key.address) - 1 :]:
            chain.send(transaction.raw)
            chain.seal(GENESIS)

    for _ in range(2):
        chain._backend.store._db.execute("PRAGMA max_page_count = 1")  # as SQLite sees a full disk
        with pytest.raises(StorageFailed, match="full"):
            make_blocks()
    chain._backend.store._db.execute("PRAGMA max_page_count = 1000000")
    make_blocks()
    head = chain.head()
    assert int.from_bytes(chain.call(address, READ).output) == 200
    chain.close()
    assert open_embedded().head() == head


def test_what_others_sent_outlives_a_full_disk_and_a_transaction_that_breaks_blocks(
    open_embedded: OpenChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They do not know of it: a sender sends again what it was told is taken only after half a minute."""
    rig = rig_on(open_embedded())
    address, other = rig.deploy(), Sender(SigningKey(b"\x0a" * 32), CHAIN_ID)
    chain, good = rig.client, other.sign(address, count(b"good"))
    assert isinstance(chain, EmbeddedChain)
    bad = [rig.sender.sign(address, count(word)) for word in (b"first", b"breaks", b"third")]
    for transaction in (bad[0], good, *bad[1:]):
        assert chain.send(transaction.raw).sent is Sent.ACCEPTED
    chain._backend.store._db.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StorageFailed, match="full"):
        rig.seal()
    chain._backend.store._db.execute("PRAGMA max_page_count = 1000000")
    assert [chain.send(transaction.raw).sent for transaction in (good, *bad)] == [Sent.KNOWN] * 4

    machine = type(chain._backend.chain.get_vm())
    execute = machine.apply_transaction

    def breaking(self: Any, header: Any, transaction: Any) -> Any:
        if transaction.hash == bad[1].hash:
            raise VMError("a fault of the machine")
        return execute(self, header, transaction)

    with monkeypatch.context() as broken:
        broken.setattr(machine, "apply_transaction", breaking)
        with pytest.raises(ChainUnavailable, match="a fault of the machine"):
            rig.seal()
        assert rig.seal() is not None, "without what broke it"
    assert rig.wait(good.hash).succeeded
    assert [chain.receipt(transaction.hash) for transaction in bad] == [None] * 3
    assert all(receipt.succeeded for receipt in rig.run(*bad)), "their sender sends them again, by the same nonces"


def test_a_failed_commit_stops_the_chain_and_loses_no_block(open_embedded: OpenChain) -> None:
    rig = rig_on(open_embedded())
    address = rig.deploy()
    chain = rig.client
    assert isinstance(chain, EmbeddedChain)
    head, store = chain.head(), chain._backend.store
    store._db, sound = LostCommits(store._db), store._db  # type: ignore[assignment]
    chain.send(rig.sender.sign(address, count(b"x")).raw)
    for _ in range(2):
        with pytest.raises(DiskFailed):
            chain.seal(GENESIS)
        store._db = sound
    assert chain.head() == head
    chain.close()
    assert open_embedded().head() == head


def test_eth_testers_front_and_web3_see_the_same_chain(open_embedded: OpenChain) -> None:
    chain = open_embedded()
    rig = rig_on(chain)
    address = rig.deploy()
    counted = rig.sender.sign(address, count(b"x"))
    rig.run(counted)
    web3 = Web3(EthereumTesterProvider(chain.tester()))
    newest = chain.block(chain.head())
    assert newest is not None
    assert web3.eth.block_number == chain.head()
    assert bytes(web3.eth.get_block("latest")["hash"]) == newest.hash
    assert bytes(web3.eth.get_code(Web3.to_checksum_address(address))) == RUNTIME
    receipt = web3.eth.get_transaction_receipt(HexBytes(counted.hash))
    assert receipt["status"] == 1
    web3.eth.send_raw_transaction(rig.sender.sign(address, count(b"y")).raw)
    assert int.from_bytes(chain.call(address, READ).output) == 2


def test_opening_does_not_grow_with_history(open_embedded: OpenChain) -> None:
    rig = rig_on(open_embedded())
    address = rig.deploy()

    def opening() -> float:
        rig.client.close()
        best = 1.0
        for _ in range(5):
            started = time.perf_counter()
            chain = open_embedded()
            chain.head()
            best = min(best, time.perf_counter() - started)
            chain.close()
        rig.client = open_embedded()
        return best

    short = opening()
    for _ in range(300):
        rig.client.send(rig.sender.sign(address, count(b"x")).raw)
        rig.seal()
    assert opening() < max(3 * short, 0.05)


def write_blocks(path: Path, told: TextIO) -> None:
    """Blocks of five calls each without end, and their numbers and hashes."""
    chain = EmbeddedChain(path, chain_id=CHAIN_ID, genesis_time=GENESIS)
    sender = Sender(SigningKey(b"\x09" * 32), CHAIN_ID)
    sender.nonce = chain.nonce(sender.key.address)
    if sender.nonce == 0:
        chain.send(sender.sign(None, DEPLOY).raw)
        chain.seal(GENESIS)
    address = created_address(sender.key.address, 0)
    while True:
        for _ in range(5):
            chain.send(sender.sign(address, count(b"x")).raw)
        block = chain.seal(GENESIS)
        assert block is not None
        told.write(f"{block.number} {block.hash.hex()}\n")


def test_kill_at_any_moment_leaves_whole_blocks(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    told: dict[int, str] = {}
    for turn in range(4):
        process = Fork(partial(write_blocks, path))
        for _ in range(3 + turn):
            number, block_hash = process.told.readline().split()
            told[int(number)] = block_hash
        time.sleep(0.007 * turn)  # somewhere within the next block
        os.kill(process.pid, signal.SIGKILL)
        for line in process.told.read().splitlines():
            if len(line.split()) == 2 and len(line.split()[1]) == 64:
                told[int(line.split()[0])] = line.split()[1]
        assert process.end() == -signal.SIGKILL

        chain = EmbeddedChain(path, chain_id=CHAIN_ID, genesis_time=GENESIS)
        head = chain.head()
        assert head >= max(told)
        blocks = {number: chain.block(number) for number in range(1, head + 1)}
        assert {number: block.hash.hex() for number, block in blocks.items() if block and number in told} == told
        address = created_address(SigningKey(b"\x09" * 32).address, 0)
        events = chain.events(1, head, [address]).logs
        assert int.from_bytes(chain.call(address, READ).output) == len(events) == 5 * (head - 1)
        chain.close()


def test_nothing_is_founded_where_the_chain_id_is_no_json_number(tmp_path: Path) -> None:
    chain = EmbeddedChain(tmp_path / "chain.db", chain_id=2**53, genesis_time=GENESIS, now=lambda: GENESIS + 1)
    key = key_of("deployer")
    with pytest.raises(Misconfigured, match="chain id is too large"):
        deploy(chain, key, genesis("anybody"), lambda: GENESIS + 1, patience=0)
    assert chain.nonce(key.address) == 0
    chain.close()
