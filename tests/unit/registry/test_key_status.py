"""A key is coming, in force, run out or revoked."""

import pytest

from ledger.common.ids import PartnerId
from ledger.registry.key_status import KeyStatus, key_status
from ledger.registry.state import NO_END, Address, AddressKind


@pytest.mark.parametrize(
    ("since", "until", "granted_until", "status"),
    [
        (100, 200, 200, KeyStatus.IN_FORCE),
        (101, 200, 200, KeyStatus.COMING),
        (0, 100, 100, KeyStatus.EXPIRED),
        (0, 100, 200, KeyStatus.REVOKED),
        (0, 100, NO_END, KeyStatus.REVOKED),
        (0, NO_END, NO_END, KeyStatus.IN_FORCE),
        (150, 90, 200, KeyStatus.REVOKED),
    ],
)
def test_a_key_at_second_100(since: int, until: int, granted_until: int, status: KeyStatus) -> None:
    address = Address(AddressKind.DEVICE_KEY, PartnerId(3), since, until, 1 << 4, PartnerId(0))
    assert key_status(address, 100, granted_until) == status
