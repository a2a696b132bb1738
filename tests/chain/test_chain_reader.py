"""The one reader of the chain's events: ranges, cursors, contracts that come and go, and what follows from an event."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from ledger.chain.abi import AbiType, encode
from ledger.chain.client import Block, ChainReader, Events, Log
from ledger.chain.contracts import CONTRACT_OF_KIND, REGISTRY, encode_call
from ledger.chain.deploy import Deployment
from ledger.chain.events import item_count
from ledger.codes import ContractKind, RegistryAction
from ledger.codes import Outcome as Code
from ledger.common.ids import ConsortiumId, KeyAddress
from ledger.errors import ChainUnavailable
from ledger.records.signing import SignedRecord
from ledger.records.types import BonusAgreement, Handoff, HandoffItem, Outcome, Record, RegistryChange
from ledger.registry.history import Genesis
from ledger.seals.recorded import RECORDED_TOPIC
from ledger.services.relay.chain_reader import OPEN, BlockRange, Settling, TimedEvent, read_ranges
from tests.samples import sample

REGISTRY_AT, SUCCESSOR, NEXT_POOL = b"\x01" * 20, b"\x51" * 20, b"\x52" * 20
CONTRACTS = {kind: bytes([0x10 + kind]) * 20 for kind in ContractKind}
CUSTODY = CONTRACTS[ContractKind.CUSTODY]
GENESIS = Genesis(ConsortiumId(b"\x07" * 32), 1, 60, (KeyAddress(b"\x09" * 20),))
TIME = 1_000_000


class Recorded:
    """A chain with one block a number, on which the test writes events; it notes which ranges were asked for."""

    def __init__(self, blocks: int) -> None:
        self.blocks = {
            number: Block(number, _hash(number), _hash(number - 1), TIME + number) for number in range(blocks)
        }
        self.logs: list[Log] = []
        self.asked: list[tuple[int, int]] = []

    def put(self, block: int, address: bytes, record: Record, *outcomes: Code, pool: bytes | None = None) -> bytes:
        """Have the contract at `address` record it; its id."""
        codes = bytes(outcomes or [Code.APPLIED] * item_count(record))
        signed = SignedRecord(record, (b"\x1b" * 65,))
        record_id = deployment().domain(pool).record_id(record)
        topics = (RECORDED_TOPIC, record_id, record.NUMBER.to_bytes(32, "big"))
        data = encode([AbiType("bytes"), AbiType("bytes")], [encode_call(signed), codes])
        index = sum(log.block == block for log in self.logs)
        self.logs.append(Log(address, topics, data, block, _hash(1000 * block + index), index))
        return record_id

    def events(self, first: int, last: int, addresses: Sequence[bytes]) -> Events:
        assert 0 < first <= last, "block 0 is not worth trusting"
        self.asked.append((first, last))
        here = [log for log in self.logs if first <= log.block <= last and log.address in addresses]
        blocks = tuple(self.blocks[number] for number in range(first, last + 1) if number in self.blocks)
        if len(blocks) != last - first + 1:
            raise ChainUnavailable("a final block is missing")
        return Events(blocks, tuple(sorted(here, key=lambda log: (log.block, log.index))), proved=True)


def _hash(number: int) -> bytes:
    return (number % 2**256).to_bytes(32, "big")


def deployment(block: int = 1) -> Deployment:
    return Deployment(31_337, GENESIS, REGISTRY_AT, CONTRACTS, None, block, _hash(block))


def read(chain: Recorded, final: int, **options: Any) -> Iterator[BlockRange]:
    start = options.pop("block", 1)
    return read_ranges(cast(ChainReader, chain), deployment(start), final, **options)


def events(ranges: Iterator[BlockRange]) -> list[TimedEvent]:
    return [timed for blocks in ranges for timed in blocks.events]


def places(found: Sequence[TimedEvent]) -> list[tuple[int, int]]:
    return [(timed.event.log.block, timed.event.log.index) for timed in found]


def handoff(number: int, items: int = 1) -> Handoff:
    record = sample(Handoff, random.Random(number), items=items)
    return replace(record, items=tuple(HandoffItem(_hash(number * 100 + i), i, 1, 0) for i in range(items)))


def opening(kind: int, address: bytes, sequence: int = 1) -> RegistryChange:
    change = sample(RegistryChange, random.Random(sequence))
    return replace(change, sequence=sequence, action=RegistryAction.OPEN_CONTRACT, key=address, number=kind)


# --- ranges ----------------------------------------------------------------------------------------------------------


def test_every_block_is_read_once_in_ranges_that_grow() -> None:
    chain = Recorded(6_001)
    written = [chain.put(block, CUSTODY, handoff(block)) for block in (1, 16, 17, 5_999, 6_000)]
    ranges = list(read(chain, 6_000))
    assert [first for first, _ in chain.asked] == [1, *(last + 1 for _, last in chain.asked[:-1])]
    assert [last for _, last in chain.asked] == [blocks.end.number for blocks in ranges]
    assert ranges[-1].end == chain.blocks[6_000]
    widths = [last - first + 1 for first, last in chain.asked]
    assert widths[:3] == [16, 32, 64]
    assert max(widths) == 2_000
    found = events(iter(ranges))
    assert [timed.event.record_id for timed in found] == written
    assert [timed.time for timed in found] == [TIME + timed.event.log.block for timed in found]


def test_ranges_shrink_where_much_happens() -> None:
    chain = Recorded(200)
    for number in range(401):
        chain.put(20, CUSTODY, handoff(number))
    list(read(chain, 199))
    assert [last - first + 1 for first, last in chain.asked[:4]] == [16, 32, 16, 32]


def test_block_0_is_never_asked_for() -> None:
    chain = Recorded(4)
    chain.put(1, CUSTODY, handoff(1))
    assert places(events(read(chain, 3, block=0))) == [(1, 0)]
    assert list(read(chain, 0, block=0)) == []


def test_reading_goes_on_behind_a_cursor() -> None:
    chain = Recorded(10)
    for block in (3, 4, 5):
        chain.put(block, CUSTODY, handoff(block))
    assert places(events(read(chain, 9, after=3))) == [(4, 0), (5, 0)]
    assert places(events(read(chain, 4, block=4))) == [(4, 0)], "and begins with the deployment's block"
    assert list(read(chain, 5, after=5)) == []


def test_a_range_that_does_not_go_on_from_the_block_read_before_is_not_taken() -> None:
    chain = Recorded(40)
    assert len(list(read(chain, 39, after=3, parent=_hash(3)))) == 2
    with pytest.raises(ChainUnavailable, match="does not follow"):
        list(read(chain, 39, after=3, parent=_hash(999)))
    chain.blocks[20] = replace(chain.blocks[20], parent=_hash(999))
    ranges = read(chain, 39, after=3, parent=_hash(3))
    assert next(ranges).end.number == 19
    with pytest.raises(ChainUnavailable, match="does not follow") as caught:
        next(ranges)
    assert caught.value.where == "block 20"


# --- contracts -------------------------------------------------------------------------------------------------------


def replaced_in_the_middle(chain: Recorded) -> None:
    """Custody is replaced in block 8, between events; its successor had recorded something before."""
    chain.put(7, SUCCESSOR, handoff(1))
    chain.put(8, CUSTODY, handoff(2))
    chain.put(8, SUCCESSOR, handoff(3))
    chain.put(8, REGISTRY_AT, opening(ContractKind.CUSTODY, SUCCESSOR))
    chain.put(8, SUCCESSOR, handoff(4))
    chain.put(9, CUSTODY, handoff(5))
    chain.put(9, SUCCESSOR, handoff(6))


COUNTED = [(8, 0), (8, 2), (8, 3), (9, 0), (9, 1)]


def test_a_contract_counts_from_the_event_that_opens_it() -> None:
    chain = Recorded(10)
    replaced_in_the_middle(chain)
    (blocks,) = read(chain, 9)
    assert places(blocks.events) == COUNTED, "the old contract goes on being read, and nothing comes twice"
    assert blocks.contracts == deployment().names() | {SUCCESSOR: "CustodyLedger"}
    assert [timed.event.contract for timed in blocks.events] == ["CustodyLedger", REGISTRY, *["CustodyLedger"] * 3]


@pytest.mark.parametrize("cut", range(1, 9))
def test_where_ranges_end_makes_no_difference(cut: int) -> None:
    chain = Recorded(10)
    replaced_in_the_middle(chain)
    before = list(read(chain, cut))
    known = before[-1].contracts
    after = list(read(chain, 9, after=cut, contracts=known))
    assert places(events(iter([*before, *after]))) == COUNTED
    assert SUCCESSOR in after[-1].contracts


def test_two_contracts_opened_in_the_same_range_are_read() -> None:
    chain = Recorded(10)
    chain.put(2, REGISTRY_AT, opening(ContractKind.CUSTODY, SUCCESSOR, 1))
    chain.put(3, REGISTRY_AT, opening(ContractKind.BONUS, NEXT_POOL, 2))
    agreement = sample(BonusAgreement, random.Random(1))
    record_id = chain.put(4, NEXT_POOL, agreement, pool=NEXT_POOL)
    chain.put(4, CONTRACTS[ContractKind.BONUS], agreement)
    found = events(read(chain, 9))
    assert places(found) == [(2, 0), (3, 0), (4, 0), (4, 1)]
    assert found[2].event.record_id == record_id != found[3].event.record_id, "each pool has its own domain"


def test_a_kind_of_contract_that_this_version_does_not_know_is_left_alone() -> None:
    chain = Recorded(10)
    chain.put(2, REGISTRY_AT, opening(99, SUCCESSOR))
    chain.put(3, SUCCESSOR, handoff(1))
    (blocks,) = read(chain, 9)
    assert places(blocks.events) == [(2, 0)]
    assert blocks.contracts == deployment().names()


def test_an_address_keeps_the_name_it_was_first_opened_with() -> None:
    chain = Recorded(10)
    chain.put(2, REGISTRY_AT, opening(ContractKind.CUSTODY, SUCCESSOR, 1))
    chain.put(3, REGISTRY_AT, opening(ContractKind.ANCHOR, SUCCESSOR, 2))
    (blocks,) = read(chain, 9)
    assert blocks.contracts[SUCCESSOR] == CONTRACT_OF_KIND[ContractKind.CUSTODY]


def test_what_holds_no_record_is_set_apart() -> None:
    chain = Recorded(10)
    chain.put(2, CUSTODY, handoff(1))
    chain.put(3, CUSTODY, handoff(2))
    chain.put(3, CUSTODY, handoff(3))
    broken, payment = replace(chain.logs[1], data=b"\x00"), replace(chain.logs[2], topics=(b"\x05" * 32,))
    chain.logs[1:] = [broken, payment]
    (blocks,) = read(chain, 9)
    assert places(blocks.events) == [(2, 0)]
    assert [one.log for one in blocks.undecodable] == [broken]


# --- what follows ----------------------------------------------------------------------------------------------------


def test_a_record_taken_again_settles_only_what_was_open() -> None:
    chain, domain = Recorded(10), deployment().domain()
    record = handoff(1, items=3)
    record_id = chain.put(2, CUSTODY, record, Code.APPLIED, Code.AHEAD, Code.ANNOUNCED)
    chain.put(3, CUSTODY, record, Code.STALE, Code.AHEAD, Code.UNKNOWN)
    chain.put(4, CUSTODY, record, Code.STALE, Code.APPLIED, Code.AHEAD)
    chain.put(5, CUSTODY, record, Code.STALE, Code.STALE, Code.ENDED)
    chain.put(6, CUSTODY, record, Code.APPLIED, Code.APPLIED, Code.APPLIED)
    settling = Settling(domain)
    told = []
    for timed in events(read(chain, 9)):
        told.append([signed.record for _, signed in settling.leaves(timed)])
        if timed.event.log.block == 4:
            assert settling.unfinished == {record_id: bytearray([Code.APPLIED, Code.APPLIED, OPEN])}
    assert [len(leaves) for leaves in told] == [2, 1, 2, 2, 1]
    (first,) = (leaf for leaf in told[0] if isinstance(leaf, Outcome))
    assert (first.record, first.target, first.blockNumber, first.blockTime) == (record_id, CUSTODY, 2, TIME + 2)
    assert first.outcomes == bytes([Code.APPLIED, Code.AHEAD, Code.ANNOUNCED])
    assert settling.finished == {record_id}
    assert settling.unfinished == {}


def test_what_was_settled_before_stays_settled() -> None:
    chain, domain = Recorded(10), deployment().domain()
    record = handoff(1, items=2)
    record_id = chain.put(2, CUSTODY, record, Code.STALE, Code.STALE)
    (timed,) = events(read(chain, 9))
    done = Settling(domain, {domain.record_id(record): {0: Code.APPLIED, 1: Code.ENDED}})
    assert done.outcome(timed) is None
    assert done.finished == {record_id}
    half = Settling(domain, {domain.record_id(record): {1: Code.APPLIED}})
    assert half.outcome(timed) is not None
    assert half.finished == {record_id}
