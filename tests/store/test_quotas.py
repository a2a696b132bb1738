"""What a signer spends in one process lacks in the others, a second later at most."""

from typing import Any

import pytest

from ledger.api.quota import Budget, Rate
from ledger.errors import Busy, StorageFailed
from ledger.services.state.shared_quotas import SharedQuotas
from ledger.store.database import Database
from ledger.store.processes import quotas

RATE = Rate(0.001, 10)
"""So slow that nothing comes back while a test runs."""
WHO = "partner 7"


@pytest.fixture
def spend(database: Database) -> Any:
    return SharedQuotas(database).spend


def left(budget: Budget, payer: str = WHO) -> int:
    return round((1 - budget.spent(payer)) * RATE.burst)


def test_two_processes_grant_together_what_one_would(spend: Any) -> None:
    one, two = Budget(RATE), Budget(RATE)
    one.take(WHO, 8)
    one.exchange(spend)
    two.take(WHO, 1)
    assert left(two) == 9  # it cannot know yet
    two.exchange(spend)
    assert left(two) == 1
    with pytest.raises(Busy):
        two.take(WHO, 2)
    one.charge(WHO, -4)
    one.exchange(spend)
    two.exchange(spend)  # it asked for what it had not got
    assert left(two) == 5
    assert left(one) == 5


def test_what_is_spent_while_others_are_told_counts(spend: Any) -> None:
    one = Budget(RATE)
    one.take(WHO, 3)

    def meanwhile(points: Any, per_second: float) -> Any:
        one.take(WHO, 2)
        return spend(points, per_second)

    one.exchange(meanwhile)
    assert left(one) == 5
    one.exchange(spend)
    assert left(one) == 5


def test_what_could_not_be_told_is_told_later(spend: Any) -> None:
    one, two = Budget(RATE), Budget(RATE)
    one.take(WHO, 6)

    def away(*_: Any) -> Any:
        raise StorageFailed("the database refused")

    with pytest.raises(StorageFailed):
        one.exchange(away)
    one.exchange(spend)
    two.take(WHO, 1)
    two.exchange(spend)
    assert left(two) == 3


def test_addresses_are_counted_by_each_process_alone(spend: Any) -> None:
    one, two = Budget(RATE), Budget(RATE)
    for budget in (one, two):
        budget.take("192.0.2.1", 8)
        budget.exchange(spend)
    assert left(two, "192.0.2.1") == 2


def test_a_bucket_fills_by_the_databases_clock(database: Database) -> None:
    with database.write() as connection:
        first = quotas.spend(connection, {WHO: 1_000_000, "partner 8": -5})
    assert 0 < first[WHO] <= 1_000_000
    assert first["partner 8"] <= 0
    with database.write() as connection:
        again = quotas.spend(connection, {WHO: 1_000_000})[WHO]
    assert 1_000_000 < again <= 2_000_000
