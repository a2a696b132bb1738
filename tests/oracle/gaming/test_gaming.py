"""Nobody gains by signing alone, but by what RECORDS.md grants or by a hole of it that is listed here."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from ledger.codes import StatementKind
from ledger.records.types import Statement
from tests.oracle.facts import Seen
from tests.oracle.gaming.search import GRANTED, HOLES, Engine, Gain, search
from tests.oracle.journeys import random_journey
from tests.oracle.penalty import statement
from tests.oracle.product import engine as product


def oracle(seen: Sequence[Seen], root: bytes, at: int) -> tuple[int, int]:
    answer = statement(root, seen, at)
    return answer.low, answer.high


def gullible(seen: Sequence[Seen], root: bytes, at: int) -> tuple[int, int]:
    """An engine that takes the holder's word for when it tendered."""
    return oracle([_as_claimed(one) for one in seen], root, at)


def _as_claimed(one: Seen) -> Seen:
    record = one.record
    if isinstance(record, Statement) and record.kind == StatementKind.TENDER:
        return replace(one, block_time=record.occurredAt)
    return one


def gains(numbers: range, engine: Engine = oracle) -> list[Gain]:
    return [gain for n in numbers for gain in search(random_journey(Random(n)), engine, Random(n))]


def _check(found: list[Gain]) -> None:
    assert found, "the search changes nothing: it cannot fail"
    ungranted = [gain for gain in found if gain.rule not in {**GRANTED, **HOLES}]
    assert not ungranted, Counter(gain.kind for gain in ungranted)


@pytest.mark.parametrize("engine", [oracle, product])
def test_no_single_signature_pays_but_where_the_rules_grant_it(engine: Engine) -> None:
    _check(gains(range(15), engine))


@pytest.mark.parametrize("engine", [oracle, product])
def test_a_beneficiary_that_declares_nothing_lends_a_brokers_hold_no_name(engine: Engine) -> None:
    """In this journey it is the declarant of a hold on a broker's word, which without its signature excuses nothing."""
    found = [gain for gain in gains(range(402, 403), engine) if gain.kind.startswith("beneficiary leave out held")]
    assert [gain.rule for gain in found] == ["brokers word"]
    assert all(gain.act.party in gain.act.record.signers for gain in found)


def test_the_search_finds_an_engine_that_trusts_the_holders_clock() -> None:
    kinds = {gain.kind for gain in gains(range(15), gullible) if not gain.rule}
    assert "other back-date tender falls" in kinds


def forgetting_families(seen: Sequence[Seen], root: bytes, at: int) -> tuple[int, int]:
    """An engine that rounds each part of a family down by itself, to coarse coins."""
    answer = statement(root, seen, at)
    low = sum(part.low // 50_000 * 50_000 for part in answer.parts.values())
    return low, max(low, answer.high)


def test_the_search_finds_an_engine_that_rounds_each_child_apart() -> None:
    assert any("Split" in gain.kind for gain in gains(range(60), forgetting_families) if not gain.rule)


@pytest.mark.drill
@pytest.mark.parametrize("engine", [oracle, product])
def test_no_single_signature_pays_over_many_journeys(engine: Engine) -> None:
    found = gains(range(15, 1_000), engine)
    _check(found)
    assert {gain.rule for gain in found} >= set(GRANTED)
