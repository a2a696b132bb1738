"""Costs to compare with, which nobody signs: an answer carries them, and the audit lets them stand."""

import json

from ledger.services.answers.verify import inputs_of
from ledger.services.home.benchmarks import forget_benchmark, keep_benchmark
from tests.api.answers.conftest import Asked
from tests.unit.network.test_benchmark import COST, HEAD


def test_an_answer_carries_the_costs_that_it_compares_with(asked: Asked) -> None:
    database, text = asked.world.stage.node.home.database, HEAD + COST
    with database.write() as connection:
        keep_benchmark(connection, text.encode())
    try:
        answer = asked.answer("/v1/network?by=fulfilment")
        asked.world.stage.audited()
    finally:
        with database.write() as connection:
            forget_benchmark(connection)
    assert inputs_of(json.loads(answer)).asked["benchmark"] == text
    steps = asked.verify(answer)
    assert all(step.ok for step in steps), steps[-1]
