"""py-evm's interpreter with the commonest instructions in line: the embedded chain takes less than half the time.

py-evm calls five functions for an instruction as small as PUSH1. Of the instructions that contracts execute, nine in
ten only shuffle the stack, add, compare or jump; these are done here on a list of integers. All others (storage, calls,
logs, hashes, growing memory) are py-evm's own functions, and so is the whole of contract creation. Costs come from
py-evm's table. Tests run random programs and our contracts through both and compare results, errors and gas.

Source: Ethereum Yellow Paper, appendix H (instruction set), as of Cancun.
"""

from typing import Any, cast

from eth.exceptions import (
    FullStack,
    Halt,
    InsufficientStack,
    InvalidJumpDestination,
    OutOfGas,
)
from eth.vm.forks.cancun.computation import CancunComputation
from eth.vm.logic.invalid import InvalidOpcode

_WORD_BITS = 256
_LARGEST = 2**_WORD_BITS - 1
_MOST_STACK = 1024
_ADD, _MUL, _SUB, _LT, _GT, _EQ, _ISZERO, _AND, _OR, _NOT = 0x01, 0x02, 0x03, 0x10, 0x11, 0x14, 0x15, 0x16, 0x17, 0x19
_SHL, _SHR, _CALLDATALOAD, _POP, _MLOAD, _MSTORE, _JUMP, _JUMPI, _JUMPDEST = (
    0x1B, 0x1C, 0x35, 0x50, 0x51, 0x52, 0x56, 0x57, 0x5B,
)  # fmt: skip
_PUSH0, _PUSH1, _PUSH32, _DUP1, _DUP16, _SWAP1, _SWAP16 = 0x5F, 0x60, 0x7F, 0x80, 0x8F, 0x90, 0x9F
_IN_LINE = (
    _ADD, _MUL, _SUB, _LT, _GT, _EQ, _ISZERO, _AND, _OR, _NOT, _SHL, _SHR, _CALLDATALOAD, _POP, _MLOAD, _MSTORE, _JUMP,
    _JUMPI, _JUMPDEST, *range(_PUSH0, _SWAP16 + 1),
)  # fmt: skip
_COSTS = [0] * 256
for _code in _IN_LINE:
    _COSTS[_code] = cast(Any, CancunComputation.opcodes[_code]).gas_cost
_KEPT_PROGRAMS = 64


class Program:
    """A contract's code, read once: what each PUSH pushes, and where jumps may go."""

    def __init__(self, code: bytes) -> None:
        # Beyond its end code is zeros, which stop; a PUSH may reach that far.
        self.code = code + bytes(33)
        self.pushes = [0] * len(self.code)
        self.targets: set[int] = set()
        at = 0
        while at < len(code):
            instruction = code[at]
            if _PUSH1 <= instruction <= _PUSH32:
                end = at + instruction - _PUSH0 + 1
                self.pushes[at] = int.from_bytes(self.code[at + 1 : end], "big")
                at = end
                continue
            if instruction == _JUMPDEST:
                self.targets.add(at)
            at += 1


_programs: dict[bytes, Program] = {}


def program_of(code: bytes) -> Program:
    found = _programs.get(code)
    if found is None:
        if len(_programs) >= _KEPT_PROGRAMS:
            _programs.clear()
        found = _programs[code] = Program(code)
    return found


class FastComputation(CancunComputation):
    """py-evm's computation with this loop for message calls; contracts are created on py-evm's own."""

    @classmethod
    def apply_computation(
        cls, state: Any, message: Any, transaction_context: Any, parent_computation: Any = None
    ) -> Any:
        if message.is_create or message.code_address in cls.get_precompiles():
            return super().apply_computation(state, message, transaction_context, parent_computation)
        computation: Any
        with cls(state, message, transaction_context) as computation:
            computation.contracts_created = [] if parent_computation is None else parent_computation.contracts_created
            computation._run()
        return computation

    def _run(self) -> None:
        """Run the message to its end; raises py-evm's `VMError`s."""
        program = program_of(self.msg.code)
        code, pushes, targets, costs = program.code, program.pushes, program.targets, _COSTS
        meter, stream, opcodes = self._gas_meter, self.code, self.opcodes
        data = self.msg.data_as_bytes
        stack: list[Any] = cast(Any, self._stack).values
        memory = cast(Any, self._memory)
        push, pop, from_bytes = stack.append, stack.pop, int.from_bytes
        gas: int = meter.gas_remaining
        at = instruction = 0
        try:
            while True:
                instruction = code[at]
                cost = costs[instruction]
                if cost > gas:
                    # The meter is left behind: after any error but a revert, which is not done here, all gas is gone.
                    raise OutOfGas(f"needed {cost}, remaining {gas}")
                gas -= cost
                if _PUSH0 <= instruction <= _SWAP16:
                    if instruction <= _DUP16:
                        if len(stack) >= _MOST_STACK:
                            raise FullStack("stack limit reached")
                        if instruction <= _PUSH32:
                            push(pushes[at])
                            at += instruction - _PUSH0
                        else:
                            push(stack[_DUP1 - 1 - instruction])
                    else:
                        other = _SWAP1 - 2 - instruction
                        stack[-1], stack[other] = stack[other], stack[-1]
                    at += 1
                    continue
                at += 1
                if instruction == _JUMPDEST:
                    continue
                if instruction == _POP:
                    pop()
                elif instruction in (_JUMP, _JUMPI):
                    target = pop()
                    if instruction == _JUMP or pop():
                        if target not in targets:
                            raise InvalidJumpDestination("invalid jump destination")
                        at = target
                elif instruction == _ADD:
                    push((pop() + pop()) & _LARGEST)
                elif instruction == _AND:
                    push(pop() & pop())
                elif instruction == _ISZERO:
                    push(0 if pop() else 1)
                elif instruction == _GT:
                    push(1 if pop() > pop() else 0)
                elif instruction == _LT:
                    push(1 if pop() < pop() else 0)
                elif instruction == _EQ:
                    push(1 if pop() == pop() else 0)
                elif instruction == _SUB:
                    push((pop() - pop()) & _LARGEST)
                elif instruction == _SHL:
                    shift, value = pop(), pop()
                    push((value << shift) & _LARGEST if shift < _WORD_BITS else 0)
                elif instruction == _SHR:
                    shift, value = pop(), pop()
                    push(value >> shift if shift < _WORD_BITS else 0)
                elif instruction == _OR:
                    push(pop() | pop())
                elif instruction == _NOT:
                    push(pop() ^ _LARGEST)
                elif instruction == _MUL:
                    push((pop() * pop()) & _LARGEST)
                elif instruction == _CALLDATALOAD:
                    start = pop()
                    push(from_bytes(data[start : start + 32].ljust(32, b"\0"), "big"))
                elif instruction in (_MLOAD, _MSTORE) and stack[-1] + 32 <= len(memory):
                    buffer, start = memory._bytes, pop()  # noqa: SLF001 - its accessors check what was just checked
                    if instruction == _MLOAD:
                        push(from_bytes(buffer[start : start + 32], "big"))
                    else:
                        buffer[start : start + 32] = pop().to_bytes(32, "big")
                else:
                    # py-evm takes the gas itself, and may push bytes.
                    meter.gas_remaining = gas + cost
                    stream.program_counter = at
                    function = opcodes.get(instruction) or InvalidOpcode(instruction)
                    function(computation=self)
                    gas = meter.gas_remaining
                    if stack and type(stack[-1]) is bytes:
                        stack[-1] = from_bytes(stack[-1], "big")
        except Halt:
            return
        except IndexError:
            if not costs[instruction]:
                raise  # not of our stack: py-evm's functions look at it themselves
            raise InsufficientStack("too few items on the stack") from None
