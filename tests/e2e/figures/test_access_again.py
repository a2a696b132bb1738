"""Where a carrier on probation stands, made again from the ledger by an auditor."""

import json
from typing import Any

from ledger.bundle.format import parse_trust
from ledger.common.canonical import canonical_json
from ledger.services.answers.answered import answered
from ledger.services.answers.asked import asked_json
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.standings import StandingsAsked
from ledger.services.answers.verify import verify_answer
from ledger.services.exports.bundle import Exporter
from ledger.services.views.records import Reader
from tests.e2e.figures.test_access import on_probation, probation
from tests.e2e.stage import AUDITOR, CARRIER, Stage

__all__ = ["on_probation", "probation"]


def test_probation_follows_from_the_records_and_nothing_worse_does(probation: Stage) -> None:
    reader = probation.node.reader
    trust = parse_trust(canonical_json(reader.home.consortium.trust_file()))
    bundle = Exporter(reader).ledger()
    told = answered(reader, Reader(AUDITOR, auditor=True), Kind.ACCESS, asked_json(StandingsAsked()))
    answer: dict[str, Any] = json.loads(json.dumps(told))
    mine = next(one for one in answer["standings"] if one["partner"] == CARRIER)
    assert mine["course"]["stage"] == "probation"
    steps = verify_answer(json.dumps(answer).encode(), bundle, trust)
    assert all(step.ok for step in steps), steps[-1]
    mine["course"]["stage"] = "due"
    steps = verify_answer(json.dumps(answer).encode(), bundle, trust)
    assert (steps[-1].name, steps[-1].ok) == ("made again", False)
    assert ".course.stage" in steps[-1].why
