"""Signed transactions as bytes, made without asking anybody.

Legacy transactions with a chain id (EIP-155): every EVM network takes them, also where gas is free. The signature is
deterministic (RFC 6979), so the same intent with the same nonce always gives the same bytes and the same hash.
"""

from dataclasses import dataclass

import rlp

from ledger.keccak import keccak256
from ledger.signing import SigningKey


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """The bytes to send, and the hash to look them up by."""

    raw: bytes
    hash: bytes


def sign_transaction(
    key: SigningKey, *, chain_id: int, nonce: int, to: bytes | None, data: bytes, gas_limit: int, gas_price: int
) -> SignedTransaction:
    """A transaction without value from `key`; `to` None deploys `data`."""
    fields: list[int | bytes] = [nonce, gas_price, gas_limit, to or b"", 0, data]
    digest = keccak256(rlp.encode([*fields, chain_id, 0, 0]))
    signature = key.sign_digest(digest)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    raw = rlp.encode([*fields, signature[64] - 27 + 35 + 2 * chain_id, r, s])
    return SignedTransaction(raw, keccak256(raw))


def created_address(sender: bytes, nonce: int) -> bytes:
    """The address of the contract that `sender` deploys with `nonce`."""
    return keccak256(rlp.encode([sender, nonce]))[12:]
