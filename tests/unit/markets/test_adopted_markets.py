"""Which version governs: by when it begins, not by when it was written, and never before it was adopted."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

from ledger.markets.adopted_markets import AdoptedMarket, adopted_markets, coming, in_force
from ledger.markets.market_file import parse_market
from ledger.registry.history import RegistryView
from tests.unit.history import DAY

HEAD = b"""format = "lading/market/1"
title = "T"
jurisdiction = "%s"
version = %d
currency = "EUR"
offsets = ["+01:00"]
"""


def file(version: int, jurisdiction: str = "DE") -> bytes:
    return HEAD % (jurisdiction.encode(), version)


def adopted(*files: tuple[bytes, int, int]) -> tuple[AdoptedMarket, ...]:
    """Files with the start that the council named and the block time that recorded it, in the order of adoption."""
    texts = {parse_market(text).hash: text for text, _, _ in files}

    def rules() -> Iterator[tuple[bytes, Any]]:
        for text, start, at in files:
            yield parse_market(text).hash, SimpleNamespace(start=start, adopted_at=at)

    return adopted_markets(cast(RegistryView, SimpleNamespace(adopted_rules=rules)), texts)


def versions(found: tuple[AdoptedMarket, ...], at: int) -> list[tuple[str, int]]:
    return [(one.market.jurisdiction, one.market.version) for one in in_force(found, at)]


def test_a_version_begins_with_the_second_that_the_council_named() -> None:
    found = adopted((file(1), 2 * DAY, DAY), (file(2), 5 * DAY, 3 * DAY))
    assert [versions(found, at) for at in (2 * DAY - 1, 2 * DAY, 5 * DAY - 1, 5 * DAY)] == [
        [], [("DE", 1)], [("DE", 1)], [("DE", 2)],
    ]  # fmt: skip
    assert [one.market.version for one in coming(found, 2 * DAY)] == [2]


def test_a_version_dated_back_governs_nothing_that_began_before_it_was_adopted() -> None:
    found = adopted((file(1), 2 * DAY, DAY), (file(2), 3 * DAY, 6 * DAY))
    assert [versions(found, at) for at in (4 * DAY, 6 * DAY, 6 * DAY + 1)] == [[("DE", 1)], [("DE", 1)], [("DE", 2)]]


def test_of_two_files_of_one_jurisdiction_the_one_that_begins_last_governs_and_of_one_second_the_one_adopted_last() -> (
    None
):
    late = adopted((file(7), 5 * DAY, DAY), (file(2), 3 * DAY, 2 * DAY))
    assert [versions(late, at) for at in (3 * DAY, 5 * DAY)] == [[("DE", 2)], [("DE", 7)]]
    together = adopted((file(7), 5 * DAY, DAY), (file(2), 5 * DAY, 2 * DAY), (file(1, "FR"), 5 * DAY, 3 * DAY))
    assert versions(together, 5 * DAY) == [("DE", 2), ("FR", 1)]


def test_a_tariff_of_ten_thousand_codes_governs() -> None:
    lines = "".join(f'"{i:05}" = {i}\n' for i in range(10_000))
    text = file(1) + f'[[tax]]\nid = "duty"\nlane = "import"\ntax = "duty"\n[tax.tariff]\n{lines}'.encode()
    (found,) = adopted((text, 2 * DAY, DAY))
    assert len(found.market.rules) == 10_000
