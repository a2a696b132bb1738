"""Signed transactions say who sent them, without asking anybody."""

import pytest

from ledger.chain.transactions import sender_and_nonce, sign_transaction
from ledger.errors import InvalidInput
from ledger.records.signing import SigningKey

KEY = SigningKey((7).to_bytes(32, "big"))


@pytest.mark.parametrize("chain_id", [1, 6865, 2**40])
@pytest.mark.parametrize("nonce", [0, 1, 255, 256, 2**40])
def test_sender_and_nonce_are_read_back(chain_id: int, nonce: int) -> None:
    signed = sign_transaction(
        KEY, chain_id=chain_id, nonce=nonce, to=bytes(20), data=b"call", gas_limit=21_000, gas_price=0
    )
    assert sender_and_nonce(signed.raw) == (KEY.address, nonce)


def test_other_bytes_are_refused() -> None:
    signed = sign_transaction(KEY, chain_id=1, nonce=5, to=None, data=b"", gas_limit=1, gas_price=0)
    for raw in (b"", b"\xc0", b"\x80", signed.raw[:-1], signed.raw + b"\x00", b"\xc3\x01\x02\x03"):
        with pytest.raises(InvalidInput):
            sender_and_nonce(raw)
