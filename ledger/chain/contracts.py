"""Lading's contracts as Python sees them: which function takes which record, and what their errors say.

Everything is read from the compiled ABIs, so a new record function or error needs no code here. A record's function is
one whose first argument is that record's struct and whose last is `bytes signatures`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from ledger.chain.abi import AbiType, decode, encode, parse_type, selector
from ledger.chain.answers import shown
from ledger.chain.client import ChainReader
from ledger.codes import ContractKind
from ledger.common.ids import to_hex
from ledger.common.keccak import keccak256
from ledger.errors import ChainUnavailable, LadingError, MalformedRecord, Misconfigured, NotFound
from ledger.records.eip712 import Member, Struct, list_hash, part_hash
from ledger.records.signing import SignedRecord
from ledger.records.types import RECORDS, Record

REGISTRY = "PartnerRegistry"
COURIER = "Courier"
TOKEN = "SettlementToken"  # noqa: S105  # a currency, not a secret
CONTRACT_OF_KIND: Mapping[ContractKind, str] = {
    ContractKind.CUSTODY: "CustodyLedger",
    ContractKind.CLEARANCE: "ClearanceLedger",
    ContractKind.ATTESTATION: "AttestationRegistry",
    ContractKind.BONUS: "BonusPool",
    ContractKind.ANCHOR: "CheckpointAnchor",
}
RELEASED = "released.json"
"""Codes that releases deployed, by release and contract; `make release-home` adds those of a release."""
_BY_STRUCT: Mapping[str, type[Record]] = {kind.__name__: kind for kind in RECORDS}
_PLAIN_REVERT = selector("Error(string)")
_PANIC = selector("Panic(uint256)")
_PANICS = {0x01: "assertion failed", 0x11: "arithmetic overflow", 0x12: "division by zero", 0x32: "index out of bounds"}


@dataclass(frozen=True, slots=True)
class RecordFunction:
    """`name(Record r, …extras, bytes signatures)` of `contract`."""

    contract: str
    name: str
    record: type[Record]
    selector: bytes
    inputs: tuple[AbiType, ...]

    @property
    def extras(self) -> tuple[AbiType, ...]:
        return self.inputs[1:-1]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract. `immutables` are (start, length) where deployed code differs from `deployed`."""

    name: str
    abi: tuple[Mapping[str, Any], ...]
    bytecode: bytes
    deployed: bytes
    immutables: tuple[tuple[int, int], ...]

    def function(self, name: str) -> tuple[bytes, tuple[AbiType, ...], tuple[AbiType, ...]]:
        """Selector, inputs and outputs of the function called `name`; raises `NotFound`."""
        for entry in self.abi:
            if entry["type"] == "function" and entry["name"] == name:
                inputs = tuple(parse_type(i) for i in entry["inputs"])
                signature = f"{name}({','.join(i.name for i in inputs)})"
                return selector(signature), inputs, tuple(parse_type(o) for o in entry["outputs"])
        raise NotFound("no such function", where=self.name, found=name)

    def constructor(self) -> tuple[tuple[str, AbiType], ...]:
        """Names and types of the constructor's arguments."""
        for entry in self.abi:
            if entry["type"] == "constructor":
                return tuple((str(i["name"]), parse_type(i)) for i in entry["inputs"])
        return ()

    def is_deployed_as(self, code: bytes) -> bool:
        """Whether `code`, read from the chain, is this contract's, whatever its immutable values are: as this release
        deploys it, or an earlier one did."""
        return any(known.is_that_of(code) for known in (self.code, *_released().get(self.name, ())))

    @property
    def code(self) -> "DeployedCode":
        return DeployedCode.of(self.deployed, self.immutables)


@dataclass(frozen=True, slots=True)
class DeployedCode:
    """A contract's code as it stands on a chain: its length, where immutable values are in it (start, length), and
    Keccak-256 of it with zeros there."""

    length: int
    immutables: tuple[tuple[int, int], ...]
    hash: bytes

    @classmethod
    def of(cls, code: bytes, immutables: tuple[tuple[int, int], ...]) -> "DeployedCode":
        blank = bytearray(code)
        for start, length in immutables:
            blank[start : start + length] = bytes(length)
        return cls(len(code), immutables, keccak256(bytes(blank)))

    def is_that_of(self, code: bytes) -> bool:
        return len(code) == self.length and DeployedCode.of(code, self.immutables) == self

    def to_json(self) -> dict[str, Any]:
        return {"length": self.length, "immutables": [list(i) for i in self.immutables], "keccak256": to_hex(self.hash)}


@cache
def _released() -> Mapping[str, tuple[DeployedCode, ...]]:
    """What earlier releases deployed, by contract; raises `Misconfigured` when the package's list is missing.

    Contracts that stand are not replaced by an upgrade, and remain Lading's.
    """
    try:
        text = (resources.files("ledger.chain") / RELEASED).read_text(encoding="utf-8")
        releases: dict[str, dict[str, Any]] = json.loads(text)
    except (OSError, ValueError) as error:
        raise Misconfigured("the list of released contracts is missing from the package", where=RELEASED) from error
    result: dict[str, tuple[DeployedCode, ...]] = {}
    for codes in releases.values():
        for name, code in codes.items():
            places = tuple((start, length) for start, length in code["immutables"])
            known = DeployedCode(code["length"], places, bytes.fromhex(code["keccak256"][2:]))
            result[name] = (*result.get(name, ()), known)
    return result


@cache
def artifact(name: str) -> Artifact:
    """The compiled contract called `name`, from the package's data; raises `Misconfigured` when it is missing."""
    try:
        text = (resources.files("ledger.chain") / "artifacts" / f"{name}.json").read_text(encoding="utf-8")
        data = json.loads(text)
    except (OSError, ValueError) as error:
        raise Misconfigured("a compiled contract is missing from the package", where=name) from error
    return Artifact(
        name,
        tuple(data["abi"]),
        bytes.fromhex(data["bytecode"][2:]),
        bytes.fromhex(data["deployedBytecode"][2:]),
        tuple((place["start"], place["length"]) for place in data["immutableReferences"]),
    )


@cache
def record_functions(contract: str) -> tuple[RecordFunction, ...]:
    """The functions of `contract` that take a record."""
    result = []
    for entry in artifact(contract).abi:
        if entry["type"] != "function" or len(entry["inputs"]) < 2:
            continue
        inputs = tuple(parse_type(i) for i in entry["inputs"])
        record = _BY_STRUCT.get(inputs[0].struct)
        if record is not None and inputs[-1].name == "bytes":
            signature = f"{entry['name']}({','.join(i.name for i in inputs)})"
            result.append(RecordFunction(contract, entry["name"], record, selector(signature), inputs))
    return tuple(result)


@cache
def _contract_by_record() -> Mapping[int, str]:
    names = (REGISTRY, *CONTRACT_OF_KIND.values())
    return {function.record.NUMBER: name for name in names for function in record_functions(name)}


def contract_of(record: type[Record]) -> str | None:
    """The contract that takes records of this type, None for those that only the log keeps."""
    return _contract_by_record().get(record.NUMBER)


def has_chain_track(record: type[Record]) -> bool:
    """Whether records of this type are submitted to a contract."""
    return contract_of(record) is not None


def kind_of(contract: str) -> ContractKind | None:
    """The registry's number for a contract, None for the registry itself."""
    return next((kind for kind, name in CONTRACT_OF_KIND.items() if name == contract), None)


def function_for(record: type[Record], extras: int = 0) -> RecordFunction:
    """The function that takes this record and so many extra arguments; raises `NotFound`."""
    name = contract_of(record)
    for function in record_functions(name) if name else ():
        if function.record is record and len(function.extras) == extras:
            return function
    raise NotFound("no contract takes this record", where=record.__name__, found=f"{extras} extra arguments")


def encode_call(signed: SignedRecord, *extras: Any) -> bytes:
    """The call data that submits `signed`. Private parts, opened or not, become their hashes."""
    function = function_for(type(signed.record), len(extras))
    values = [contract_values(signed.record), *extras, signed.signature_bytes()]
    return function.selector + encode(function.inputs, values)


def contract_values(value: Struct) -> dict[str, Any]:
    """A structure's fields as its contract receives them."""
    return {member.name: _contract_value(member, getattr(value, member.name)) for member in value.members()}


def _contract_value(member: Member, value: Any) -> Any:
    if member.private:
        return list_hash(value) if member.items else part_hash(value)
    if member.items:
        return [contract_values(item) if member.struct else item for item in value]
    return contract_values(value) if member.struct else value


def encode_function(contract: str, name: str, *arguments: Any) -> bytes:
    """Call data for any other function, such as the views."""
    code, inputs, _ = artifact(contract).function(name)
    return code + encode(inputs, arguments)


def decode_result(contract: str, name: str, output: bytes) -> tuple[Any, ...]:
    """What a call of the function returned."""
    return decode(artifact(contract).function(name)[2], output)


def view(
    chain: ChainReader, address: bytes, contract: str, name: str, *arguments: Any, block: int | None = None
) -> tuple[Any, ...]:
    """What a function of the contract at `address` answers on the state after `block`, or on the newest.

    Raises `ChainUnavailable` when it answers nothing, or what is no result of that function: the contract is there, so
    the node is at fault.
    """
    result = chain.call(address, encode_function(contract, name, *arguments), block=block)
    if not result.succeeded:
        raise ChainUnavailable(f"the contract does not answer ({revert_reason(result.output)})", where=name)
    try:
        return decode_result(contract, name, result.output)
    except MalformedRecord as error:
        raise ChainUnavailable(f"no answer of the contract ({error})", where=name) from None


# --- revert reasons --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RevertReason:
    """Why a call reverted: the error's name as declared in the contract, and its values by name."""

    name: str
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{k}: {_shown(v)}' for k, v in self.values.items())})"


@cache
def _errors() -> Mapping[bytes, tuple[str, tuple[tuple[str, AbiType], ...]]]:
    known = {}
    for contract in (REGISTRY, *CONTRACT_OF_KIND.values(), COURIER, TOKEN):
        for entry in artifact(contract).abi:
            if entry["type"] == "error":
                inputs = tuple((str(i["name"]) or f"value{n}", parse_type(i)) for n, i in enumerate(entry["inputs"]))
                signature = f"{entry['name']}({','.join(kind.name for _, kind in inputs)})"
                known[selector(signature)] = (str(entry["name"]), inputs)
    return known


def revert_reason(data: bytes) -> RevertReason:
    """What revert data says; never raises, whatever the data is."""
    code, body = data[:4], data[4:]
    if not data:
        return RevertReason("NoReason", {})
    try:
        if code == _PLAIN_REVERT:
            return RevertReason("Error", {"text": decode([AbiType("string")], body)[0]})
        if code == _PANIC:
            (number,) = decode([AbiType("uint256")], body)
            return RevertReason("Panic", {"text": _PANICS.get(number, hex(number))})
        if code in _errors():
            name, inputs = _errors()[code]
            values = decode([kind for _, kind in inputs], body)
            return RevertReason(name, {label: value for (label, _), value in zip(inputs, values, strict=True)})
    except LadingError:
        pass  # data that only looks like one of these errors
    return RevertReason("Unknown", {"data": data[:64]})


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return shown(value, 300)
