"""The contracts' own bytecode on a chain in memory: whole signed transactions, one a block, real gas.

A state can be forked cheaply, so a consortium is set up once and every test gets a copy of its own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from eth.db.atomic import AtomicDB
from eth.db.backends.memory import MemoryDB
from eth_abi.abi import decode, encode

from ledger.chain.evm.vm import BLOCK_GAS_LIMIT, chain_class, revert_output
from ledger.chain.transactions import created_address, sign_transaction
from ledger.common.keccak import keccak256
from ledger.records.eip712 import Member, Struct, list_hash, part_hash
from ledger.records.signing import SigningKey
from ledger.records.types import Record
from scripts.compile_contracts import ARTIFACTS

CHAIN_ID = 1337
GENESIS_TIME = 1_760_000_000
GAS = 16_777_216
"""The most that one transaction may use (EIP-7825)."""
SENDER = SigningKey(b"\x07" * 32)


class Reverted(Exception):
    """A transaction or call reverted: the error's name and its arguments by name."""

    def __init__(self, name: str, arguments: Mapping[str, Any], gas: int = 0) -> None:
        super().__init__(f"{name}({', '.join(f'{k}={v}' for k, v in arguments.items())})")
        self.name = name
        self.arguments = dict(arguments)
        self.gas = gas


@dataclass(frozen=True, slots=True)
class Event:
    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the one `Recorded` event of a call said, and what the whole transaction cost."""

    id: bytes
    type_number: int
    call: bytes
    outcomes: bytes
    gas: int


@dataclass
class Evm:
    """A chain in memory. `now` is the time of the next block; `run` advances it by one second a block."""

    now: int = GENESIS_TIME + 1
    nonces: dict[bytes, int] = field(default_factory=dict)
    _database: dict[bytes, bytes] | None = None
    _chain: Any = field(init=False, repr=False)
    _called: tuple[tuple[int, int], Any] | None = field(default=None, init=False, repr=False)
    """The header of the last call, by its parent's number and its time."""

    def __post_init__(self) -> None:
        kind = chain_class(CHAIN_ID)
        if self._database is not None:
            self._memory = MemoryDB(self._database)
            self._chain = kind(AtomicDB(self._memory))
            return
        self._memory = MemoryDB()
        genesis = {
            "coinbase": bytes(20), "difficulty": 0, "extra_data": b"", "gas_limit": BLOCK_GAS_LIMIT,
            "mix_hash": bytes(32), "nonce": bytes(8), "timestamp": GENESIS_TIME,
        }  # fmt: skip
        self._chain = kind.from_genesis(AtomicDB(self._memory), genesis, {})

    def fork(self) -> "Evm":
        """A chain of its own that starts where this one stands."""
        return Evm(self.now, dict(self.nonces), dict(self._memory.kv_store))

    def run(self, to: bytes | None, data: bytes, sender: SigningKey = SENDER) -> tuple[tuple[Event, ...], int, bytes]:
        """One transaction in one block: its events, the gas it used, the address it created. Raises `Reverted`."""
        nonce = self.nonces.get(sender.address, 0)
        raw = sign_transaction(sender, chain_id=CHAIN_ID, nonce=nonce, to=to, data=data, gas_limit=GAS, gas_price=0).raw
        parent = self._chain.get_canonical_head()
        header = self._chain.create_header_from_parent(
            parent, timestamp=max(self.now, parent.timestamp + 1), gas_limit=parent.gas_limit
        )
        vm = self._chain.get_vm(header)
        transaction = vm.get_transaction_builder().decode(raw)
        empty = vm.get_block()
        receipt, computation = vm.apply_transaction(empty.header, transaction)
        header = vm.add_receipt_to_header(empty.header, receipt)
        filled = vm.set_block_transactions_and_withdrawals(empty, header, (transaction,), (receipt,))
        self._chain.persist_block(vm.mine_block(filled).block)
        created = created_address(sender.address, nonce)
        self.nonces[sender.address] = nonce + 1
        self.now = int(header.timestamp) + 1
        gas = int(receipt.gas_used)
        if computation.is_error:
            raise reverted(revert_output(computation), gas)
        events = tuple(
            Event(log.address, tuple(t.to_bytes(32, "big") for t in log.topics), log.data) for log in receipt.logs
        )
        return events, gas, created

    def write(self, address: bytes, slot: int, word: int) -> None:
        """Write a storage slot of a contract in a block of its own: for states that no call can bring about."""
        parent = self._chain.get_canonical_head()
        header = self._chain.create_header_from_parent(
            parent, timestamp=max(self.now, parent.timestamp + 1), gas_limit=parent.gas_limit
        )
        vm = self._chain.get_vm(header)
        vm.state.set_storage(address, slot, word)
        self._chain.persist_block(vm.mine_block(vm.get_block()).block)
        self.now = int(header.timestamp) + 1

    def blocks(self) -> list[Any]:
        """All blocks after the genesis."""
        head = self._chain.get_canonical_head().block_number
        return [self._chain.get_canonical_block_by_number(number) for number in range(1, head + 1)]

    def call(self, to: bytes, data: bytes) -> bytes:
        """A call without a transaction, in a block at `now`. Raises `Reverted`."""
        parent = self._chain.get_canonical_head()
        when = int(parent.block_number), max(self.now, parent.timestamp + 1)
        if self._called is None or self._called[0] != when:
            self._called = when, self._chain.create_header_from_parent(parent, timestamp=when[1])
        vm = self._chain.get_vm(self._called[1])
        computation = vm.execute_bytecode(
            origin=SENDER.address, gas_price=0, gas=BLOCK_GAS_LIMIT, to=to, sender=SENDER.address, value=0, data=data,
            code=vm.state.get_code(to),
        )  # fmt: skip
        if computation.is_error:
            raise reverted(revert_output(computation), 0)
        return bytes(computation.output)

    def deploy(self, name: str, *arguments: Any) -> "Contract":
        """Deploy the contract of this artifact."""
        artifact = artifact_of(name)
        inputs: list[Any] = next((e["inputs"] for e in artifact["abi"] if e["type"] == "constructor"), [])
        data = bytes.fromhex(artifact["bytecode"][2:]) + encode([_type(i) for i in inputs], arguments)
        *_, address = self.run(None, data)
        return Contract(self, name, address)


@dataclass(frozen=True)
class Contract:
    """A deployed contract: functions by name, records as they are."""

    evm: Evm
    name: str
    address: bytes

    def on(self, evm: Evm) -> "Contract":
        """The same contract on a fork."""
        return Contract(evm, self.name, self.address)

    def data(self, function: str, *arguments: Any) -> bytes:
        """Call data; a record among the arguments is encoded with its private parts as hashes."""
        entry = self._entry(function)
        values = [to_abi(a) if isinstance(a, Struct) else a for a in arguments]
        return _selector(entry) + encode([_type(i) for i in entry["inputs"]], values)

    def read(self, function: str, *arguments: Any) -> Any:
        """What a view answers: one value, or a tuple."""
        output = self.evm.call(self.address, self.data(function, *arguments))
        values = decode([_type(o) for o in self._entry(function)["outputs"]], output)
        return values[0] if len(values) == 1 else values

    def send(self, function: str, *arguments: Any, sender: SigningKey = SENDER) -> tuple[tuple[Event, ...], int]:
        """A transaction; its events and its gas."""
        events, gas, _ = self.evm.run(self.address, self.data(function, *arguments), sender)
        return events, gas

    def record(self, function: str, record: Record, *arguments: Any) -> Recorded:
        """Submit a record; asserts that it emitted exactly one `Recorded` that carries the call."""
        data = self.data(function, record, *arguments)
        events, gas, _ = self.evm.run(self.address, data)
        mine = [e for e in events if e.topics[0] == RECORDED and e.address == self.address]
        assert len(mine) == 1, "a call emits exactly one Recorded"
        call, outcomes = decode(["bytes", "bytes"], mine[0].data)
        assert call == data, "the event carries the raw call"
        number = int.from_bytes(mine[0].topics[2], "big")
        assert number == record.NUMBER
        return Recorded(mine[0].topics[1], number, call, outcomes, gas)

    def _entry(self, function: str) -> Any:
        return next(e for e in artifact_of(self.name)["abi"] if e["type"] == "function" and e["name"] == function)


RECORDED = keccak256(b"Recorded(bytes32,uint8,bytes,bytes)")


@cache
def artifact_of(name: str) -> Any:
    return json.loads((ARTIFACTS / f"{name}.json").read_text(encoding="utf-8"))


@cache
def errors() -> dict[bytes, Any]:
    """Every custom error of every contract by its selector."""
    found = {}
    for path in sorted(ARTIFACTS.glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8"))["abi"]:
            if entry["type"] == "error":
                found[_selector(entry)] = entry
    return found


def error_names(contract: str) -> set[str]:
    return {e["name"] for e in artifact_of(contract)["abi"] if e["type"] == "error"}


def reverted(output: bytes, gas: int) -> Reverted:
    if not output:
        return Reverted("(no reason)", {}, gas)
    if output[:4] == bytes.fromhex("4e487b71"):
        return Reverted("Panic", {"code": int.from_bytes(output[4:], "big")}, gas)
    entry = errors().get(output[:4])
    if entry is None:
        return Reverted("0x" + output.hex(), {}, gas)
    values = decode([_type(i) for i in entry["inputs"]], output[4:])
    return Reverted(entry["name"], {i["name"]: v for i, v in zip(entry["inputs"], values, strict=True)}, gas)


def to_abi(value: Struct) -> tuple[Any, ...]:
    """A structure as the contracts receive it: private parts, and lists of them, are their hashes."""
    return tuple(_word(member, getattr(value, member.name)) for member in value.members())


def _word(member: Member, value: Any) -> Any:
    if member.private:
        return list_hash(value) if member.items else part_hash(value)
    if member.items:
        return [to_abi(item) for item in value]
    return to_abi(value) if isinstance(value, Struct) else value


def _type(parameter: Mapping[str, Any]) -> str:
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    inner: Sequence[Mapping[str, Any]] = parameter["components"]
    return f"({','.join(_type(p) for p in inner)}){kind[5:]}"


def _selector(entry: Mapping[str, Any]) -> bytes:
    return keccak256(f"{entry['name']}({','.join(_type(i) for i in entry['inputs'])})".encode())[:4]
