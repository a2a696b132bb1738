"""Names for bytes, hashes, checksummed addresses, and the clocks that are passed in."""

import random
import time

import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from ledger.common.ids import bytes_from_hex, checksum_address, to_hex
from ledger.common.keccak import keccak256
from ledger.errors import MalformedRecord
from ledger.services.home.clock import ManualClock, SystemClock


def test_keccak_is_ethereums() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    rng = random.Random(1)
    for size in (*range(140), 1000, 100_000):
        data = rng.randbytes(size)
        assert keccak256(data) == keccak(data)


def test_addresses_are_shown_as_wallets_show_them() -> None:
    rng = random.Random(2)
    for _ in range(500):
        address = rng.randbytes(20)
        assert checksum_address(address) == to_checksum_address(address)


@pytest.mark.parametrize("text", ["0xAbCd", "abcd", "0xabcd", "ABCD"])
def test_people_may_write_hex_as_they_like(text: str) -> None:
    assert bytes_from_hex(text, 2, "key") == b"\xab\xcd"
    assert to_hex(b"\xab\xcd") == "0xabcd"


@pytest.mark.parametrize(
    "text", ["", "0x", "0xabc", "0xabcdef", "0xzzzz", "0Xabcd", " abcd", "ab cd", "٠٠٠٠", "0x" + "0" * 10_000]
)
def test_hex_of_another_length_or_none_is_refused(text: str) -> None:
    with pytest.raises(MalformedRecord) as caught:
        bytes_from_hex(text, 2, "key")
    assert caught.value.where == "key"
    assert len(str(caught.value)) < 300


def test_a_manual_clock_stands_still_and_never_goes_back() -> None:
    clock = ManualClock(100)
    assert clock.now() == clock.now() == 100
    clock.advance(5)
    clock.move_to(105)
    assert clock.now() == 105
    with pytest.raises(ValueError, match="does not go back"):
        clock.move_to(104)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)
    assert clock.now() == 105


def test_the_system_clock_gives_whole_seconds() -> None:
    before = int(time.time())
    now = SystemClock().now()
    assert isinstance(now, int)
    assert before <= now <= time.time()
