"""Random EVM programs: code that mostly finds on the stack what it takes, with jumps that mostly land."""

import random

from eth.vm import opcode_values as op

WORDS = (0, 1, 2, 3, 8, 31, 32, 33, 63, 96, 255, 256, 257, 2**16, 2**40, 2**160 - 1, 2**255 - 1, 2**255, 2**256 - 1)
"""Where something may carry, wrap or overflow; the first ten are good places in memory too."""
_PUSH0 = op.PUSH1 - 1
_TAKEN = {
    op.POP: 1, op.NOT: 1, op.ISZERO: 1, op.MLOAD: 1, op.CALLDATALOAD: 1, op.SLOAD: 1, op.TLOAD: 1, op.EXTCODESIZE: 1,
    op.ADDMOD: 3, op.MULMOD: 3, op.CALLDATACOPY: 3, op.CODECOPY: 3, op.MCOPY: 3, op.RETURNDATACOPY: 3, op.LOG1: 3,
    op.STATICCALL: 6, op.DELEGATECALL: 6, op.CALL: 7, op.CREATE: 3, op.CREATE2: 4, op.EXTCODECOPY: 4, op.LOG0: 2,
    op.GAS: 0, op.MSIZE: 0, op.PC: 0, op.CALLDATASIZE: 0, op.RETURNDATASIZE: 0, op.CALLER: 0, op.ADDRESS: 0,
    op.TIMESTAMP: 0, op.CALLVALUE: 0, op.CODESIZE: 0, op.SELFBALANCE: 0,
}  # fmt: skip
_LEFT_NOTHING = (
    op.POP, op.MSTORE, op.MSTORE8, op.SSTORE, op.TSTORE, op.CALLDATACOPY, op.CODECOPY, op.MCOPY, op.RETURNDATACOPY,
    op.LOG0, op.LOG1, op.EXTCODECOPY,
)  # fmt: skip
TWO_WORDS = (
    op.ADD, op.MUL, op.SUB, op.DIV, op.MOD, op.SDIV, op.SMOD, op.EXP, op.SIGNEXTEND, op.LT, op.GT, op.SLT, op.SGT,
    op.EQ, op.AND, op.OR, op.XOR, op.BYTE, op.SHL, op.SHR, op.SAR, op.SHA3, op.MSTORE, op.MSTORE8, op.SSTORE, op.TSTORE,
)  # fmt: skip
_TAKEN |= dict.fromkeys(TWO_WORDS, 2)
ORDINARY = sorted(_TAKEN)


def address(number: int) -> bytes:
    """Where the program of this number is."""
    return (0x1000 + number).to_bytes(20)


def program(draw: random.Random, count: int) -> bytes:
    """Code of up to 300 instructions; it may call others of `count` programs."""
    code, height = bytearray(), 0
    targets: list[int] = []
    holes: list[int] = []
    for _ in range(draw.randrange(20, 300)):
        choice = draw.random()
        if choice < 0.4 or height < 3:
            word = draw.choice(
                (draw.choice(WORDS), draw.choice(WORDS[:10]), draw.getrandbits(8 * draw.randrange(1, 33)))
            )
            if draw.random() < 0.1:
                word = int.from_bytes(address(draw.randrange(count)))
            width = draw.randrange((word.bit_length() + 7) // 8, 33)
            code += bytes([_PUSH0 + width]) + word.to_bytes(width)
            height += 1
        elif choice < 0.5:
            depth = draw.randrange(1, min(height, 16) + 1)
            code.append(op.DUP1 - 1 + depth)
            height += 1
        elif choice < 0.58 and height > 1:
            code.append(op.SWAP1 - 1 + draw.randrange(1, min(height - 1, 16) + 1))
        elif choice < 0.64:
            targets.append(len(code))
            code.append(op.JUMPDEST)
        elif choice < 0.70:
            holes.append(len(code) + 1)
            conditional = draw.random() < 0.8
            # Now and then computed, so that the place is not what the instruction before pushed.
            code += bytes([op.PUSH1 + 1, 0, 0, *([op.PUSH1, 0, op.ADD] if draw.random() < 0.3 else [])])
            code.append(op.JUMPI if conditional else op.JUMP)
            height -= 1 if conditional else 0
        elif choice < 0.985:
            opcode = draw.choice(ORDINARY)
            if _TAKEN[opcode] > height:
                continue
            code.append(opcode)
            height += (0 if opcode in _LEFT_NOTHING else 1) - _TAKEN[opcode]
        else:
            code.append(draw.choice((op.RETURN, op.REVERT, op.STOP, op.SELFDESTRUCT, draw.randrange(256))))
    for hole in holes:
        target = draw.choice(targets) if targets and draw.random() < 0.95 else draw.randrange(len(code) + 3)
        code[hole : hole + 2] = target.to_bytes(2)
    if draw.random() < 0.2:
        del code[-draw.randrange(1, 20) :]  # within the bytes of a PUSH, perhaps
    return bytes(code)
