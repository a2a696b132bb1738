"""Blocks, receipts and states are those of plain py-evm, whatever the code: random programs, and the real contracts."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import rlp
from eth.chains.base import MiningChain
from eth.db.atomic import AtomicDB
from eth.vm import opcode_values as op
from eth.vm.code_stream import CodeStream
from eth.vm.forks.cancun import CancunState
from eth.vm.forks.cancun.computation import CancunComputation
from eth.vm.forks.cancun.opcodes import CANCUN_OPCODES

from ledger.chain.evm.vm import BLOCK_GAS_LIMIT, FreeGasVM, chain_class, revert_output
from ledger.chain.transactions import sign_transaction
from ledger.codes import Outcome, StatementKind
from ledger.records.shipment_ids import child_id
from ledger.records.signing import SigningKey
from ledger.records.types import HandoffItem
from tests.chain.contracts.consortium import MAIN_CARRIER, MAKER, RETAILER, WAREHOUSE, consortium
from tests.chain.contracts.custody_world import World, require
from tests.chain.contracts.harness import CHAIN_ID, GENESIS_TIME
from tests.chain.evm.programs import ORDINARY, TWO_WORDS, WORDS, address, program
from tests.drills import SEED, amount

KEY = SigningKey(b"\x0b" * 32)
PROGRAMS = 240
PUSH0 = op.PUSH1 - 1
executed: Counter[int] = Counter()


class _CountingStream(CodeStream):
    def __iter__(self) -> Iterator[int]:
        for opcode in super().__iter__():
            executed[opcode] += 1
            yield opcode


class _PlainComputation(CancunComputation):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.code = _CountingStream(self.msg.code)


class _PlainState(CancunState):
    computation_class = _PlainComputation


class _PlainVM(FreeGasVM):
    _state_class: type[CancunState] = _PlainState


def plain_chain() -> type[Any]:
    return type("PlainChain", (MiningChain,), {"chain_id": CHAIN_ID, "vm_configuration": ((0, _PlainVM),)})


def begun(kind: type[Any], codes: Sequence[bytes] = ()) -> Any:
    """A chain whose genesis has the contracts at addresses 0x1000 and following."""
    genesis = {
        "coinbase": bytes(20), "difficulty": 0, "extra_data": b"", "gas_limit": BLOCK_GAS_LIMIT,
        "mix_hash": bytes(32), "nonce": bytes(8), "timestamp": GENESIS_TIME,
    }  # fmt: skip
    accounts = {
        address(number): {"balance": 10**6, "nonce": 1, "code": code, "storage": {0: 7, 1: 2**255, 32: 1}}
        for number, code in enumerate(codes)
    }
    return kind.from_genesis(AtomicDB(), genesis, accounts)


def run(chain: Any, raws: Sequence[bytes]) -> tuple[bytes, list[bytes], list[tuple[str, bytes]]]:
    """One block: the hash of its header (of state, receipts, gas and bloom), its receipts, how each call ended."""
    header = chain.create_header_from_parent(chain.get_canonical_head(), timestamp=GENESIS_TIME + 12)
    vm = chain.get_vm(header)
    empty = vm.get_block()
    header, included, receipts, ends = empty.header, [], [], []
    for raw in raws:
        transaction = vm.get_transaction_builder().decode(raw)
        receipt, computation = vm.apply_transaction(header, transaction)
        header = vm.add_receipt_to_header(header, receipt)
        included.append(transaction)
        receipts.append(receipt)
        error = computation.error if computation.is_error else None
        ends.append(
            ("ended", computation.output)
            if error is None
            else ("failed" if computation.should_burn_gas else "reverted", revert_output(computation))
        )
    filled = vm.set_block_transactions_and_withdrawals(empty, header, tuple(included), tuple(receipts))
    block = vm.mine_block(filled).block
    chain.persist_block(block)
    return block.header.hash, [rlp.encode(receipt) for receipt in receipts], ends


# --- random programs -------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:SELFDESTRUCT:DeprecationWarning")
def test_random_programs() -> None:
    _compare_random_programs(0)


@pytest.mark.drill
@pytest.mark.filterwarnings("ignore:SELFDESTRUCT:DeprecationWarning")
@pytest.mark.parametrize("seed", range(SEED, SEED + amount("PROGRAM_SETS", 20)))
def test_more_random_programs(seed: int) -> None:
    _compare_random_programs(seed)


def _compare_random_programs(seed: int) -> None:
    draw = random.Random(seed)
    codes = [program(draw, PROGRAMS) for _ in range(PROGRAMS)]
    raws = [
        sign_transaction(
            KEY, chain_id=CHAIN_ID, nonce=nonce, to=address(draw.randrange(PROGRAMS)),
            data=draw.randbytes(draw.randrange(70)), gas_price=0,
            gas_limit=draw.choice((22_500, 30_000, 60_000, 100_000)),
        ).raw
        for nonce in range(2 * PROGRAMS)
    ]  # fmt: skip
    executed.clear()
    expected = run(begun(plain_chain(), codes), raws)
    found = run(begun(chain_class(CHAIN_ID), codes), raws)
    assert found == expected
    # And these programs do something.
    ends = Counter(end for end, _ in expected[2])
    assert min(ends["ended"], ends["failed"]) > PROGRAMS / 8, ends
    assert sum(executed.values()) > 40_000
    unseen = {CANCUN_OPCODES[opcode].mnemonic for opcode in ORDINARY if not executed[opcode]}
    assert len(unseen) < 4, unseen


CHAINED = bytes([op.PUSH1, 0x20, op.MSTORE, op.PUSH1, 0x40, PUSH0, op.SHA3, PUSH0, op.MSTORE])
"""The word at 0 in memory becomes keccak256(itself ‖ the word on the stack)."""


def test_words_at_their_limits() -> None:
    """Each plain instruction of two words on all pairs of words at which something may carry, wrap or overflow."""
    codes = []
    for opcode in (*TWO_WORDS[:21], op.MSTORE8):
        code = bytearray()
        for first in WORDS:
            for second in WORDS:
                code += bytes([op.PUSH32]) + first.to_bytes(32) + bytes([op.PUSH32]) + second.to_bytes(32)
                if opcode == op.MSTORE8:
                    code += bytes([op.PUSH1, 0x3F, op.AND, opcode, op.PUSH1, 0x60, PUSH0, op.SHA3])
                else:
                    code.append(opcode)
                # result of all so far: keccak256(result so far ‖ this result)
                code += bytes([op.PUSH1, 0x20, op.MSTORE, op.PUSH1, 0x40, PUSH0, op.SHA3, PUSH0, op.MSTORE])
        code += bytes([op.PUSH1, 0x20, PUSH0, op.RETURN])
        codes.append(bytes(code))
    raws = [
        sign_transaction(KEY, chain_id=CHAIN_ID, nonce=n, to=address(n), data=b"", gas_limit=10**6, gas_price=0).raw
        for n in range(len(codes))
    ]
    expected = run(begun(plain_chain(), codes), raws)
    assert {end for end, _ in expected[2]} == {"ended"}
    assert run(begun(chain_class(CHAIN_ID), codes), raws) == expected


PUT = bytes([op.MSIZE, op.MSTORE])
"""The word on the stack goes behind what memory holds."""
ANSWER = bytes([op.MSIZE, PUSH0, op.RETURN])
PARTICULAR = {
    "full stack": (bytes([PUSH0]) * 1023 + bytes([op.CALLDATASIZE]), "ended"),
    "full stack, copied": (bytes([op.PUSH1, 1]) + bytes([op.DUP1]) * 1023, "ended"),
    "one word too many": (bytes([op.PUSH1, 1]) + bytes([op.DUP1]) * 1024, "failed"),
    "one word too many, for a moment": (bytes([PUSH0]) * 1024 + bytes([op.CALLDATASIZE, op.POP, op.STOP]), "failed"),
    "into the bytes of a push": (bytes([op.PUSH1, 4, op.JUMP, op.PUSH1, op.JUMPDEST, op.STOP]), "failed"),
    "into a push, if": (bytes([op.PUSH1, 1, op.PUSH1, 6, op.JUMPI, op.PUSH1, op.JUMPDEST, op.STOP]), "failed"),
    "into a push, computed": (bytes([op.PUSH1, 1, op.PUSH1, 6, op.ADD, op.JUMP, op.PUSH1, op.JUMPDEST]), "failed"),
    "to a sum, whose last part is a target too": (
        bytes([op.PUSH1, 5, op.PUSH1, 7, op.ADD, op.JUMP, op.STOP, op.JUMPDEST, op.PUSH1, 9, *PUT, op.JUMPDEST])
        + ANSWER,
        "ended",
    ),
    "where one is": (bytes([op.PC, *PUT, op.PUSH1, 0, op.PC, *PUT, op.JUMPDEST, op.PC, *PUT]) + ANSWER, "ended"),
    "the gas that is left": (bytes([op.GAS, *PUT, op.PUSH1, 1, op.PUSH1, 2, op.ADD, op.GAS, *PUT]) + ANSWER, "ended"),
}


@pytest.mark.parametrize("name", PARTICULAR)
def test_particular_programs(name: str) -> None:
    code, end = PARTICULAR[name]
    assert ends_alike([code])[0][0] == end


def ends_alike(codes: Sequence[bytes], gas_limits: Sequence[int] = (10**5,)) -> list[tuple[str, bytes]]:
    """How each code ended with each gas limit, on both."""
    raws = [
        sign_transaction(
            KEY, chain_id=CHAIN_ID, nonce=n, to=address(i), data=b"\xaa" * 40, gas_limit=gas, gas_price=0
        ).raw
        for n, (i, gas) in enumerate((i, gas) for i in range(len(codes)) for gas in gas_limits)
    ]
    expected = run(begun(plain_chain(), codes), raws)
    assert run(begun(chain_class(CHAIN_ID), codes), raws) == expected
    return expected[2]


def test_memory_around_its_end() -> None:
    """Reading and writing at every place near the end of 64 bytes: what it gives, and how long memory is after."""
    begin = bytes([op.PUSH1, 7, op.PUSH1, 32, op.MSTORE])
    codes = [begin + bytes([op.PUSH1, place, op.MLOAD, *PUT]) + ANSWER for place in range(24, 70)]
    codes += [begin + bytes([op.PUSH1, 9, op.PUSH1, place, op.MSTORE]) + ANSWER for place in range(24, 70)]
    codes += [begin + bytes([op.PUSH1, 9, op.PUSH1, place, op.MSTORE8]) + ANSWER for place in range(24, 70)]
    codes += [bytes([op.PUSH1, place, op.CALLDATALOAD, *PUT]) + ANSWER for place in range(50)]
    assert {end for end, _ in ends_alike(codes)} == {"ended"}


def test_every_amount_of_gas() -> None:
    code = bytes([op.PUSH1, 3, op.DUP1, op.MUL, *PUT, op.PUSH1, 10, op.JUMP, op.STOP, op.JUMPDEST, op.MSIZE, PUSH0])
    ends = Counter(end for end, _ in ends_alike([code + bytes([op.SHA3, *PUT]) + ANSWER], range(21_640, 21_760)))
    assert min(ends["failed"], ends["ended"]) > 20, ends


# --- the contracts ---------------------------------------------------------------------------------------------------


def test_the_contracts_chain_is_the_same_on_plain_py_evm() -> None:
    """Deployment, registry, openings, a split, manifests with and without gates, what is skipped, what reverts."""
    w = World(consortium())
    load = w.open(packages=120, requires=(require("DE", 1), require("US", 2), require("FR", 1), require("NL", 3)))
    w.submit(w.splitting(load, MAKER, [3] * 40), MAKER)
    parts = [child_id(load, 0, index) for index in range(40)]
    first = w.manifest(MAKER, MAIN_CARRIER, *(w.item(part) for part in parts))
    assert set(w.submit(first, MAKER, MAIN_CARRIER)) == {Outcome.APPLIED_IN_BREACH}
    assert set(w.submit(first, MAKER, MAIN_CARRIER)) == {Outcome.STALE}
    w.submit(w.manifest(MAIN_CARRIER, WAREHOUSE, *(HandoffItem(p, 1, 2, 1) for p in parts)), MAIN_CARRIER, WAREHOUSE)
    w.submit(w.statement(StatementKind.LOST, parts[0], WAREHOUSE), WAREHOUSE)
    assert w.refused(first, MAKER, RETAILER) == "CustodyNotItsKey"
    plain, blocks = begun(plain_chain()), w.members.evm.blocks()
    for block in blocks:
        assert plain.import_block(block).imported_block.hash == block.hash
    assert len(blocks) > 20
