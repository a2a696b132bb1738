"""The EVM's plain instructions, run a block of code at a time; py-evm runs all others.

Plain are those that touch nothing but stack, memory, call data and the place in the code: 99 of 100 that run. Code is
cut into blocks where it jumps, is jumped to, or has an instruction that is not plain. A block's gas is taken, and its
stack looked at, once and before it runs. That is the same as one by one: whatever fails in a block ends the call with
all its gas and takes back all it did, nothing inside looks at the gas that is left, and nothing in it is seen outside
before its end. What each costs is read from py-evm's own tables.

`tests/chain/evm/test_interpreter.py` holds receipts and states against plain py-evm's.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from eth.exceptions import FullStack, InsufficientStack, InvalidJumpDestination, OutOfGas
from eth.vm import opcode_values as op
from eth.vm.code_stream import CodeStream
from eth.vm.forks.cancun.opcodes import CANCUN_OPCODES

_TOP = 2**256 - 1
_SIGN = 2**255
_STACK_LIMIT = 1024
_ANALYSED_CODES = 64
_GAS: dict[int, int] = {number: getattr(opcode, "gas_cost", 0) for number, opcode in CANCUN_OPCODES.items()}
"""Before what depends on the operands; of plain instructions only `extend` takes more."""
_PUSHES = range(op.PUSH1 - 1, op.PUSH32 + 1)  # PUSH0 to PUSH32
_DUPS = range(op.DUP1, op.DUP16 + 1)
_SWAPS = range(op.SWAP1, op.SWAP16 + 1)

Stack = list[int]
"""Words as unsigned integers, and nothing else: what py-evm pushes as bytes is made one before it is used."""


class Frame(NamedTuple):
    """What a call works on besides its stack; `extend` makes memory long enough and takes gas for it."""

    memory: Any  # py-evm's; its bytes are read and written without its checks, which `extend` makes needless
    extend: Callable[[int, int], None]
    data: bytes


Step = Callable[[Stack, Frame], None]

# How a block ends.
_FALLS, _HANDED_ON, _JUMPS, _JUMPS_IF, _GOES, _GOES_IF = range(6)


class _Block(NamedTuple):
    """`gas` of all steps and of the jump; `needs`: how many words must be there; `grows`: by how many the stack is
    higher at its highest; `target`: where a jump to a fixed place goes; `after`: the place behind the block."""

    gas: int
    needs: int
    grows: int
    steps: tuple[Step, ...]
    end: int
    target: int
    after: int


class _Code:
    """A contract's code, cut into blocks where it was run so far."""

    def __init__(self, code: bytes) -> None:
        self.blocks: dict[int, _Block] = {}
        self.jump_targets = _jump_targets(code)
        self._code = code

    def block(self, start: int) -> _Block:
        """The block that begins at `start`."""
        code, place, steps = self._code, start, list[Step]()
        gas = needs = height = grows = 0
        end, target = _HANDED_ON, 0
        constant: int | None = None  # what the last step pushed
        while place < len(code):
            opcode = code[place]
            if opcode == op.JUMPDEST and place > start:
                end = _FALLS
                break
            taken, given, step = _plain(opcode, code, place)
            if step is None:
                break
            gas += _GAS[opcode]
            needs = max(needs, taken - height)
            height += given - taken
            grows = max(grows, height)
            place += 1
            if opcode in (op.JUMP, op.JUMPI):
                end = _JUMPS if opcode == op.JUMP else _JUMPS_IF
                if constant in self.jump_targets:
                    steps.pop()
                    end, target = (_GOES if opcode == op.JUMP else _GOES_IF), constant
                break
            constant = None
            if opcode in _PUSHES:
                width = opcode - _PUSHES.start
                constant = int.from_bytes(code[place : place + width].ljust(width, b"\0"))
                place += width
            if opcode != op.JUMPDEST:
                steps.append(step)
        made = self.blocks[start] = _Block(gas, needs, grows, tuple(steps), end, target, place)
        return made


def _jump_targets(code: bytes) -> frozenset[int]:
    """The places of all JUMPDEST that are not among the bytes of a PUSH."""
    found, place = [], 0
    while place < len(code):
        opcode = code[place]
        if opcode == op.JUMPDEST:
            found.append(place)
        elif opcode in _PUSHES:
            place += opcode - _PUSHES.start
        place += 1
    return frozenset(found)


_analysed: dict[bytes, _Code] = {}


def _analysis(code: bytes) -> _Code:
    known = _analysed.get(code)
    if known is None:
        if len(_analysed) >= _ANALYSED_CODES:
            _analysed.clear()
        known = _analysed[code] = _Code(code)
    return known


class FastStream(CodeStream):
    """Code for py-evm to iterate over: yields the instructions that are not plain, having run those before them."""

    def __init__(self, code: bytes, stack: list[Any], meter: Any, frame: Frame) -> None:
        super().__init__(code)
        self._stack = stack
        self._meter = meter
        self._frame = frame

    def __iter__(self) -> Iterator[int]:
        code, stack, meter, frame = self._raw_code_bytes, self._stack, self._meter, self._frame
        analysis = _analysis(code)
        blocks, targets = analysis.blocks, analysis.jump_targets
        place = 0
        while True:
            gas, needs, grows, steps, end, target, after = blocks.get(place) or analysis.block(place)
            if gas > meter.gas_remaining:
                raise OutOfGas(f"Out of gas: needed {gas}, remaining {meter.gas_remaining}")
            meter.gas_remaining -= gas
            height = len(stack)
            if height < needs:
                raise InsufficientStack(f"needed {needs} words, there are {height}")
            if height + grows > _STACK_LIMIT:
                raise FullStack(f"at most {_STACK_LIMIT} words")
            for step in steps:
                step(stack, frame)
            place = after
            if end == _GOES_IF:
                if stack.pop():
                    place = target
            elif end == _GOES:
                place = target
            elif end == _HANDED_ON:
                self.program_counter = after + 1
                yield code[after] if after < len(code) else op.STOP
                place = after + 1
                if stack and type(stack[-1]) is bytes:
                    stack[-1] = int.from_bytes(stack[-1])
            elif end != _FALLS:
                target = stack.pop()
                if end == _JUMPS or stack.pop():
                    if target not in targets:
                        raise InvalidJumpDestination(f"no JUMPDEST at {target}")
                    place = target


# --- the plain instructions ------------------------------------------------------------------------------------------


def _plain(opcode: int, code: bytes, place: int) -> tuple[int, int, Step | None]:
    """How many words the instruction takes and leaves, and what it does; nothing for one that is py-evm's."""
    if opcode in _PUSHES:
        width = opcode - _PUSHES.start
        return 0, 1, _push(int.from_bytes(code[place + 1 : place + 1 + width].ljust(width, b"\0")))
    if opcode in _DUPS:
        depth = opcode - _DUPS.start + 1
        return depth, depth + 1, _DUP[depth]
    if opcode in _SWAPS:
        depth = opcode - _SWAPS.start + 2
        return depth, depth, _SWAP[depth]
    return _STEPS.get(opcode, (0, 0, None))


def _push(value: int) -> Step:
    def push(stack: Stack, _: Frame) -> None:
        stack.append(value)

    return push


def _dup(depth: int) -> Step:
    def dup(stack: Stack, _: Frame) -> None:
        stack.append(stack[-depth])

    return dup


def _swap(depth: int) -> Step:
    def swap(stack: Stack, _: Frame) -> None:
        stack[-1], stack[-depth] = stack[-depth], stack[-1]

    return swap


_DUP = {depth: _dup(depth) for depth in range(1, 17)}
_SWAP = {depth: _swap(depth) for depth in range(2, 18)}


def _nothing(_stack: Stack, _frame: Frame) -> None:
    pass


def _pop(stack: Stack, _: Frame) -> None:
    stack.pop()


def _add(stack: Stack, _: Frame) -> None:
    stack[-1] = (stack.pop() + stack[-1]) & _TOP


def _mul(stack: Stack, _: Frame) -> None:
    stack[-1] = (stack.pop() * stack[-1]) & _TOP


def _sub(stack: Stack, _: Frame) -> None:
    stack[-1] = (stack.pop() - stack[-1]) & _TOP


def _div(stack: Stack, _: Frame) -> None:
    value = stack.pop()
    stack[-1] = value // stack[-1] if stack[-1] else 0


def _mod(stack: Stack, _: Frame) -> None:
    value = stack.pop()
    stack[-1] = value % stack[-1] if stack[-1] else 0


def _lt(stack: Stack, _: Frame) -> None:
    stack[-1] = 1 if stack.pop() < stack[-1] else 0


def _gt(stack: Stack, _: Frame) -> None:
    stack[-1] = 1 if stack.pop() > stack[-1] else 0


# With the sign's bit turned over, unsigned order is signed order.
def _slt(stack: Stack, _: Frame) -> None:
    stack[-1] = 1 if stack.pop() ^ _SIGN < stack[-1] ^ _SIGN else 0


def _sgt(stack: Stack, _: Frame) -> None:
    stack[-1] = 1 if stack.pop() ^ _SIGN > stack[-1] ^ _SIGN else 0


def _eq(stack: Stack, _: Frame) -> None:
    stack[-1] = 1 if stack.pop() == stack[-1] else 0


def _iszero(stack: Stack, _: Frame) -> None:
    stack[-1] = 0 if stack[-1] else 1


def _and(stack: Stack, _: Frame) -> None:
    stack[-1] = stack.pop() & stack[-1]


def _or(stack: Stack, _: Frame) -> None:
    stack[-1] = stack.pop() | stack[-1]


def _xor(stack: Stack, _: Frame) -> None:
    stack[-1] = stack.pop() ^ stack[-1]


def _not(stack: Stack, _: Frame) -> None:
    stack[-1] ^= _TOP


def _byte(stack: Stack, _: Frame) -> None:
    position = stack.pop()
    stack[-1] = (stack[-1] >> 8 * (31 - position)) & 0xFF if position < 32 else 0


def _shl(stack: Stack, _: Frame) -> None:
    shift = stack.pop()
    stack[-1] = (stack[-1] << shift) & _TOP if shift < 256 else 0


def _shr(stack: Stack, _: Frame) -> None:
    shift = stack.pop()
    stack[-1] = stack[-1] >> shift if shift < 256 else 0


def _calldataload(stack: Stack, frame: Frame) -> None:
    word = frame.data[stack[-1] : stack[-1] + 32]
    stack[-1] = int.from_bytes(word) << 8 * (32 - len(word))


def _calldatasize(stack: Stack, frame: Frame) -> None:
    stack.append(len(frame.data))


def _mload(stack: Stack, frame: Frame) -> None:
    start = stack[-1]
    if start + 32 > len(frame.memory._bytes):
        frame.extend(start, 32)
    stack[-1] = int.from_bytes(frame.memory._bytes[start : start + 32])


def _mstore(stack: Stack, frame: Frame) -> None:
    start = stack.pop()
    if start + 32 > len(frame.memory._bytes):
        frame.extend(start, 32)
    frame.memory._bytes[start : start + 32] = stack.pop().to_bytes(32)


def _mstore8(stack: Stack, frame: Frame) -> None:
    start = stack.pop()
    if start >= len(frame.memory._bytes):
        frame.extend(start, 1)
    frame.memory._bytes[start] = stack.pop() & 0xFF


_STEPS: dict[int, tuple[int, int, Step]] = {
    op.POP: (1, 0, _pop),
    op.ADD: (2, 1, _add),
    op.MUL: (2, 1, _mul),
    op.SUB: (2, 1, _sub),
    op.DIV: (2, 1, _div),
    op.MOD: (2, 1, _mod),
    op.LT: (2, 1, _lt),
    op.GT: (2, 1, _gt),
    op.SLT: (2, 1, _slt),
    op.SGT: (2, 1, _sgt),
    op.EQ: (2, 1, _eq),
    op.ISZERO: (1, 1, _iszero),
    op.AND: (2, 1, _and),
    op.OR: (2, 1, _or),
    op.XOR: (2, 1, _xor),
    op.NOT: (1, 1, _not),
    op.BYTE: (2, 1, _byte),
    op.SHL: (2, 1, _shl),
    op.SHR: (2, 1, _shr),
    op.CALLDATALOAD: (1, 1, _calldataload),
    op.CALLDATASIZE: (0, 1, _calldatasize),
    op.MLOAD: (1, 1, _mload),
    op.MSTORE: (2, 0, _mstore),
    op.MSTORE8: (2, 0, _mstore8),
    op.JUMPDEST: (0, 0, _nothing),
    op.JUMP: (1, 0, _nothing),
    op.JUMPI: (2, 0, _nothing),
}
"""Jumps are done at the end of their block."""
