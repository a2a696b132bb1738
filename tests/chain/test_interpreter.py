"""Our interpreter loop against py-evm's own: random programs and real calls give the same result, error and gas."""

import random
from typing import Any

import pytest
from eth.chains.base import MiningChain
from eth.db.atomic import AtomicDB
from eth.vm.forks.cancun import CancunState, CancunVM
from eth.vm.forks.cancun.computation import CancunComputation
from eth.vm.message import Message
from eth_typing import Address

from ledger.chain import interpreter, vm

CONTRACT = Address(b"\xc0" * 20)
SENDER = Address(b"\x5e" * 20)
PUSHES = (0, 1, 2, 31, 32, 33, 255, 256, 2**128, 2**255, 2**256 - 1)
NOT_ALONE = {0x40, 0x49, 0xF0, 0xF1, 0xF2, 0xF4, 0xF5, 0xFA, 0xFF, *range(0x60, 0xA0)}
"""Calls, creations, block hashes and blobs need a world around them."""
ANY = [op for op in range(256) if op not in NOT_ALONE]
PLAIN = [op for op in CancunComputation.opcodes if op not in NOT_ALONE]


class _PlainVM(vm.FreeGasVM):
    """py-evm's own loop on the same chain."""

    _state_class = CancunState  # type: ignore[assignment]


def chain_of(kind: type[Any]) -> Any:
    chain: Any = type("C", (MiningChain,), {"chain_id": 1, "vm_configuration": ((0, kind),)})
    return chain.from_genesis(
        AtomicDB(),
        {"coinbase": bytes(20), "difficulty": 0, "extra_data": b"", "gas_limit": 10**8, "mix_hash": bytes(32),
         "nonce": bytes(8), "timestamp": 1},
    )  # fmt: skip


CHAINS = {kind: chain_of(kind) for kind in (vm.FreeGasVM, _PlainVM)}


def outcome(kind: type[CancunVM], code: bytes, data: bytes, gas: int) -> tuple[object, ...]:
    """All that a call leaves: output, kind of error, gas left, refunds, logs, storage."""
    chain = CHAINS[kind]  # type: ignore[index]
    state = chain.get_vm(chain.get_canonical_head()).state
    snapshot = state.snapshot()
    state.set_code(CONTRACT, code)
    context = state.get_transaction_context_class()(gas_price=0, origin=SENDER)
    message = Message(gas=gas, to=CONTRACT, sender=SENDER, value=0, data=data, code=code)
    computation = state.computation_class.apply_message(state, message, context)
    slots = [state.get_storage(CONTRACT, slot) for slot in range(4)]
    logs = computation.get_log_entries() if computation.is_success else ()
    found = (
        bytes(computation.output), type(computation.error).__mro__[-4:] if computation.is_error else None,
        computation.get_gas_remaining(), computation.get_gas_refund() if computation.is_success else 0, logs, slots,
    )  # fmt: skip
    state.revert(snapshot)
    return found


def program(chance: random.Random, length: int) -> bytes:
    """Mostly sensible instructions: enough on the stack, jumps that sometimes hit."""
    code = bytearray(b"".join(bytes([0x60, chance.randrange(64)]) for _ in range(chance.randrange(12))))
    for _ in range(length):
        pick = chance.random()
        if pick < 0.45:
            value = chance.choice((*PUSHES, chance.randrange(length * 3), chance.randrange(96)))
            width = max((value.bit_length() + 7) // 8, 0)
            width = chance.randrange(width, 33) if chance.random() < 0.2 else width
            code += bytes([0x5F + width]) + value.to_bytes(width, "big")
        elif pick < 0.55:
            code += bytes([0x80 + chance.randrange(6)])
        elif pick < 0.62:
            code += bytes([0x90 + chance.randrange(6)])
        elif pick < 0.70:
            code.append(0x5B)
        elif pick < 0.74:
            code += bytes([0x56 + chance.randrange(2)])
        elif pick < 0.99:
            code.append(chance.choice(PLAIN))
        else:
            code.append(chance.choice(ANY))
    return bytes(code)


@pytest.mark.parametrize("seed", range(8))
def test_random_programs(seed: int) -> None:
    chance = random.Random(seed)
    succeeded = 0
    for _ in range(150):
        code = program(chance, chance.randrange(1, 60))
        data = chance.randbytes(chance.randrange(80))
        gas = chance.choice((50, 200, 1_000, 100_000))
        plain = outcome(_PlainVM, code, data, gas)
        assert outcome(vm.FreeGasVM, code, data, gas) == plain, code.hex()
        succeeded += plain[1] is None
    assert succeeded > 8


@pytest.mark.parametrize(
    "code",
    [
        "", "00", "5b", "60", "61ff", "7f" + "ff" * 31, "5f5f", "50", "56", "57", "6000" + "56", "600356" + "5b",
        "60045600" + "5b00", "600456005b", "6005565b60" + "5b", "610456" + "5b" * 3, "5f600757" + "5b" * 5,
        "5f5b80600157", "60015b80600257", "5f" * 1024, "5f" * 1025, "5f" + "80" * 1023, "5f" + "80" * 1024,
        "90", "5f90", "80", "5f81", "16", "5f16", "6001600101", "60ff51", "5f51", "7f" + "ff" * 32 + "51",
        "600160005260005160205260405ff3", "60ff5f5360015ffd", "fe", "0c", "7f" + "ff" * 32 + "600101600155",
        "5f35602035015f55", "7f" + "ff" * 32 + "35", "600160ff1b60011c5f55", "60016101001b5f55", "6001610100" + "1c",
        "5a5a905f555f55", "58586001555f55", "60205f205f55", "5f5f5f5f5fa3", "5f5fa0", "36373d3e",
    ],
)  # fmt: skip
def test_edges(code: str) -> None:
    for gas in (0, 1, 2, 3, 5, 8, 21, 500, 5_000, 1_000_000):
        assert outcome(vm.FreeGasVM, bytes.fromhex(code), b"\x01" * 40, gas) == outcome(
            _PlainVM, bytes.fromhex(code), b"\x01" * 40, gas
        ), gas


def test_costs_are_py_evms() -> None:
    for instruction, cost in enumerate(interpreter._COSTS):
        if cost:
            assert cost == getattr(CancunComputation.opcodes[instruction], "gas_cost", None)
    assert interpreter._COSTS[0x54] == 0  # storage is py-evm's
