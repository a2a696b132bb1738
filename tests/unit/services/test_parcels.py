"""Which records go into which transaction."""

import pytest

from ledger.chain.abi import decode
from ledger.chain.contracts import COURIER, artifact
from ledger.chain.transactions import least_gas
from ledger.common.ids import RecordId
from ledger.services.relay.parcels import Limits, Parcel, load_call, load_gas, loads

PLENTY = Limits(gas=10_000_000)


def parcel(number: int, *, gas: int | None = 100_000, size: int = 700) -> Parcel:
    return Parcel(RecordId(number.to_bytes(32, "big")), b"\1" * 20, 1, gas, number.to_bytes(2, "big") * (size // 2))


def sizes(parcels: list[Parcel], limits: Limits) -> list[int]:
    made = list(loads(parcels, limits))
    assert [one for load in made for one in load] == parcels, "each once, in their order"
    return [len(load) for load in made]


def test_as_many_as_the_limit_of_records_allows_go_together() -> None:
    parcels = [parcel(i) for i in range(25)]
    assert sizes(parcels, Limits(10_000_000, records=10)) == [10, 10, 5]
    assert sizes(parcels, Limits(10_000_000, records=1)) == [1] * 25
    assert sizes([], PLENTY) == []


def test_no_load_takes_more_gas_than_its_share() -> None:
    parcels = [parcel(i, gas=100_000 * (1 + i % 7)) for i in range(50)]
    limits = Limits(2_000_000)
    for load in loads(parcels, limits):
        assert load_gas(load) <= limits.gas
    assert len(sizes(parcels, limits)) < 20


def test_what_is_larger_than_a_share_goes_alone() -> None:
    parcels = [parcel(1), parcel(2, gas=9_000_000), parcel(3), parcel(4)]
    assert sizes(parcels, Limits(1_000_000)) == [1, 1, 2]


def test_call_data_stays_below_what_pools_take() -> None:
    parcels = [parcel(i, gas=1_000, size=1_000) for i in range(300)]
    for load in loads(parcels, Limits(10**9, records=1_000)):
        assert len(load_call(load)) < 131_072


def test_what_must_go_alone_parts_the_others() -> None:
    parcels = [parcel(1), parcel(2), parcel(3, gas=None), parcel(4), parcel(5, gas=None), parcel(6, gas=None)]
    assert sizes(parcels, PLENTY) == [2, 1, 1, 1, 1]


@pytest.mark.parametrize("count", [2, 20, 150])
def test_a_load_has_gas_for_each_parcel_after_what_the_transaction_itself_takes(count: int) -> None:
    load = [parcel(i) for i in range(count)]
    data = load_call(load)
    # Before the last call there must be left what it may use, a 63rd of it, and the courier's reserve.
    left = load_gas(load) - least_gas(b"", data) - (count - 1) * 100_000
    assert left >= 100_000 * 64 // 63 + 40_000 + 15 * (700 // 32 + 1)


def test_the_call_names_kind_gas_and_data_of_each() -> None:
    code, inputs, _ = artifact(COURIER).function("carry")
    data = load_call([parcel(1), parcel(2, gas=70_000)])
    assert data[:4] == code
    (found,) = decode(inputs, data[4:])
    assert [(one["kind"], one["gas"]) for one in found] == [(1, 100_000), (1, 70_000)]
    assert [one["data"][:2] for one in found] == [b"\0\1", b"\0\2"]
