"""A contract of a few bytes for the chain's own tests, assembled here so that no compiler is needed.

Call data is one byte saying what to do, then its argument:

    00  count up, and emit one event: topic = the 32 bytes after the first, data = the new count
    01  revert with the rest as revert data
    02  return the count
"""

from ledger.chain.transactions import SignedTransaction, sign_transaction
from ledger.records.signing import SigningKey

_OPS = {
    "STOP": 0x00, "ADD": 0x01, "SUB": 0x03, "EQ": 0x14, "BYTE": 0x1A, "CALLDATALOAD": 0x35, "CALLDATASIZE": 0x36,
    "CALLDATACOPY": 0x37, "CODECOPY": 0x39, "MSTORE": 0x52, "SLOAD": 0x54, "SSTORE": 0x55, "JUMPI": 0x57,
    "JUMPDEST": 0x5B, "PUSH0": 0x5F, "DUP1": 0x80, "LOG1": 0xA1, "RETURN": 0xF3, "REVERT": 0xFD,
}  # fmt: skip

_RUNTIME = """
    PUSH0 CALLDATALOAD PUSH0 BYTE            ; what to do
    DUP1 1 EQ @revert JUMPI
    2 EQ @read JUMPI
    PUSH0 SLOAD 1 ADD                        ; count up
    DUP1 PUSH0 SSTORE PUSH0 MSTORE
    1 CALLDATALOAD 32 PUSH0 LOG1 STOP
  revert: JUMPDEST
    1 CALLDATASIZE SUB                       ; length of the rest
    DUP1 1 PUSH0 CALLDATACOPY
    PUSH0 REVERT
  read: JUMPDEST
    PUSH0 SLOAD PUSH0 MSTORE 32 PUSH0 RETURN
"""


def _assemble(source: str) -> bytes:
    words = [word for line in source.splitlines() for word in line.split(";")[0].split()]
    code, labels, holes = bytearray(), {}, {}
    for word in words:
        if word.endswith(":"):
            labels[word[:-1]] = len(code)
        elif word in _OPS:
            code.append(_OPS[word])
        else:  # a number or a label, pushed as one byte
            code.append(0x60)
            if word.startswith("@"):
                holes[len(code)] = word[1:]
            code.append(0 if word.startswith("@") else int(word))
    for place, label in holes.items():
        code[place] = labels[label]
    return bytes(code)


_CODE = _assemble(_RUNTIME)
DEPLOY = _assemble(f"{len(_CODE)} DUP1 11 PUSH0 CODECOPY PUSH0 RETURN").ljust(11, b"\0") + _CODE
RUNTIME = _CODE


def count(topic: bytes) -> bytes:
    return b"\x00" + topic.rjust(32, b"\0")


def fail(reason: bytes) -> bytes:
    return b"\x01" + reason


READ = b"\x02"


class Sender:
    """A key that counts its nonces itself."""

    def __init__(self, key: SigningKey, chain_id: int) -> None:
        self.key = key
        self.chain_id = chain_id
        self.nonce = 0

    def sign(self, to: bytes | None, data: bytes, *, gas_limit: int = 500_000) -> SignedTransaction:
        signed = sign_transaction(
            self.key, chain_id=self.chain_id, nonce=self.nonce, to=to, data=data, gas_limit=gas_limit, gas_price=0
        )
        self.nonce += 1
        return signed
