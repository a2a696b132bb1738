"""EIP-5267: every contract that checks signatures says under which domain, and `ledger` signs under that very one."""

from typing import Any

import pytest
from eth_abi.abi import encode

from ledger.common.ids import to_hex
from ledger.common.keccak import keccak256
from ledger.records.types import Checkpoint, Record
from tests.chain.contracts.consortium import DOMAIN, consortium
from tests.chain.contracts.harness import CHAIN_ID, Contract
from tests.chain.contracts.pool import bonus_pool

FIELDS = (
    ("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"),
    ("salt", "bytes32"),
)  # fmt: skip
"""In the order of EIP-712, which is that of the bits of `fields`, the lowest first."""
EVIDENCE, MONEY = 0x13, 0x1F


def domain_of(contract: Contract) -> tuple[int, list[dict[str, str]], dict[str, Any]]:
    """The bits of `fields`, the type `EIP712Domain` that they mean, and its values as a wallet takes them."""
    bits, *values, extensions = contract.read("eip712Domain")
    assert extensions == ()
    kinds, domain = [], {}
    for place, ((name, kind), value) in enumerate(zip(FIELDS, values, strict=True)):
        if bits[0] >> place & 1:
            kinds.append({"name": name, "type": kind})
            domain[name] = to_hex(value) if isinstance(value, bytes) else value
        else:
            assert not value or value == to_hex(bytes(20))
    return bits[0], kinds, domain


def separator(kinds: list[dict[str, str]], domain: dict[str, Any]) -> bytes:
    """The domain separator, computed from nothing but what the contract said."""
    heading = "EIP712Domain(" + ",".join(f"{k['type']} {k['name']}" for k in kinds) + ")"
    types, words = ["bytes32"], [keccak256(heading.encode())]
    for kind in kinds:
        value = domain[kind["name"]]
        if kind["type"] == "string":
            types, words = [*types, "bytes32"], [*words, keccak256(value.encode())]
        else:
            raw = bytes.fromhex(value[2:]) if kind["type"] == "bytes32" else value
            types, words = [*types, kind["type"]], [*words, raw]
    return keccak256(encode(types, words))


def agrees_with(record: Record, payload: dict[str, Any], contract: Contract) -> None:
    """The contract's domain is that of the payload with which a wallet signs `record`."""
    _, kinds, domain = domain_of(contract)
    assert kinds == payload["types"]["EIP712Domain"], type(record).__name__
    assert domain == payload["domain"]


@pytest.mark.parametrize(
    "name", ["PartnerRegistry", "CustodyLedger", "ClearanceLedger", "AttestationRegistry", "CheckpointAnchor"]
)
def test_evidence_binds_the_consortium_only(name: str) -> None:
    members = consortium()
    contracts = {"PartnerRegistry": members.registry, **members.contracts}
    contract = contracts.get(name) or members.evm.deploy(name, members.registry.address, bytes(20))
    bits, kinds, domain = domain_of(contract)
    assert bits == EVIDENCE
    assert domain == {"name": "Lading", "version": "1", "salt": to_hex(DOMAIN.consortium_id)}
    assert separator(kinds, domain) == DOMAIN.evidence_separator
    record = Checkpoint(b"\x11" * 32, 0, 1, b"\x22" * 32)
    agrees_with(record, DOMAIN.typed_data(record), contract)


def test_money_binds_chain_and_contract_too() -> None:
    pool = bonus_pool()
    bits, kinds, domain = domain_of(pool.contract)
    assert bits == MONEY
    assert domain["chainId"] == CHAIN_ID
    assert domain["verifyingContract"] == to_hex(pool.contract.address)
    assert separator(kinds, domain) == pool.domain.money_separator == pool.contract.read("domainSeparator")
    record = pool.claim_record(b"\x33" * 32, 1, 5)
    agrees_with(record, pool.domain.typed_data(record), pool.contract)
