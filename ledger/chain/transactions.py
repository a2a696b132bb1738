"""Signed transactions as bytes, made without asking anybody.

Legacy transactions with a chain id (EIP-155): every EVM network takes them, also where gas is free. The signature is
deterministic (RFC 6979), so the same intent with the same nonce always gives the same bytes and the same hash.
"""

from dataclasses import dataclass

import rlp

from ledger.common.keccak import keccak256
from ledger.errors import MalformedRecord
from ledger.records.signing import SigningKey, recover


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


def call_of(raw: bytes) -> tuple[bytes | None, bytes]:
    """Whom a transaction made by `sign_transaction` calls (None: it deploys), and with what data."""
    fields = rlp.decode(raw, strict=True)
    return fields[3] or None, fields[5]


def gas_limit_of(raw: bytes) -> int:
    """The gas limit of a transaction made by `sign_transaction`."""
    return int.from_bytes(rlp.decode(raw, strict=True)[2], "big")


def least_gas(to: bytes | None, data: bytes) -> int:
    """What a transaction takes before anything of it is executed; with less, no network puts it into a block.

    Source: the yellow paper, section 6.2; EIP-2028.
    """
    zeros = data.count(0)
    return (21_000 if to is not None else 53_000) + 4 * zeros + 16 * (len(data) - zeros)


def sender_and_nonce(raw: bytes) -> tuple[bytes, int]:
    """Who signed the transaction in `raw`, and its nonce; raises `InvalidInput` for other bytes."""
    try:
        *fields, v, r, s = rlp.decode(raw, strict=True)
        chain_id, odd = divmod(int.from_bytes(v, "big") - 35, 2)
        digest = keccak256(rlp.encode([*fields, chain_id, 0, 0]))
        signature = r.rjust(32, b"\0") + s.rjust(32, b"\0") + bytes([27 + odd])
        return recover(digest, signature), int.from_bytes(fields[0], "big")
    except (rlp.DecodingError, ValueError, TypeError, IndexError, OverflowError) as error:
        raise MalformedRecord("not a signed transaction", where="transaction", found=str(error)) from None


def created_address(sender: bytes, nonce: int) -> bytes:
    """The address of the contract that `sender` deploys with `nonce`."""
    return keccak256(rlp.encode([sender, nonce]))[12:]
