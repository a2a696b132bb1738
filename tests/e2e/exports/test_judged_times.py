"""No question about a day to come makes goods late, or scores old: nothing is judged after its checkpoint stood."""

import json
from typing import Any

import pytest

from ledger.bundle.format import Trust, parse_trust
from ledger.bundle.steps import Step
from ledger.bundle.verify import verify_bundle
from ledger.common.canonical import canonical_json
from ledger.common.figure import to_json
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY, Period
from ledger.penalties.statement import penalty_of
from ledger.records.verification import VerifiedRecord, as_known_at
from ledger.services.exports.bundle import Exporter
from ledger.services.home.consortium import read_consortium
from ledger.services.state.verified_records import VerifiedRecords
from ledger.shipments.history import Journeys
from ledger.store import records
from tests.e2e.stage import CARRIER, HOUR, MAKER, Stage


class Promised:
    """Goods promised in ten days, that nobody has delivered: judged in sixty they would owe."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.shipment = stage.open(10)
        stage.hand(MAKER, CARRIER, (self.shipment, 0, 10))
        stage.node.settle()
        self.trust = trust_of(stage)
        self.last_logged = last_logged(stage)
        self.later = stage.now + 60 * DAY
        self.value: dict[str, Any] = json.loads(Exporter(stage.node.reader).shipment(self.shipment, self.later))

    def judged(self, at: int) -> dict[str, Any]:
        """The figures of somebody who asks for that day."""
        statement = penalty_of(self.shipment, known_to(self.stage, self.shipment), at)
        figures: dict[str, Any] = self.value["figures"]
        return figures | {"penalties": {"statements": [to_json(statement)]}}

    def refused(self, **edits: Any) -> Step:
        steps = verify_bundle(canonical_json(self.value | edits), self.trust)
        assert not steps[-1].ok, "accepted"
        return steps[-1]


def trust_of(stage: Stage) -> Trust:
    return parse_trust(canonical_json(read_consortium(stage.node.home.settings.home).trust_file()))


def last_logged(stage: Stage) -> int:
    with stage.node.home.database.read() as connection:
        published = stage.node.reader.publisher.current()
        assert published is not None
        row = records.at(connection, published.head.size - 1)
    assert row is not None
    return row.log_time


def known_to(stage: Stage, shipment: RecordId) -> Journeys:
    with stage.node.home.database.read() as connection:
        registry = stage.node.reader.registry.refreshed(connection)
        reader = VerifiedRecords(connection, stage.node.home.consortium, registry)
        found: list[VerifiedRecord] = list(as_known_at(reader.of_shipment(shipment), 10**9, reader.evidence.times))
    return Journeys(found)


@pytest.fixture
def promised(stage: Stage) -> Promised:
    return Promised(stage)


def test_without_witnesses_nothing_is_judged_later_than_the_last_leaf_was_logged(promised: Promised) -> None:
    """The operator asks for a day sixty days on: its own exporter asks for none, and a forged answer is refused."""
    assert promised.trust.witnesses is None
    (statement,) = promised.value["figures"]["penalties"]["statements"]
    assert (statement["judged_at"], int(statement["amount"])) == (promised.last_logged, 0)
    assert all(step.ok for step in verify_bundle(canonical_json(promised.value), promised.trust))
    owed = promised.judged(promised.later)
    assert int(owed["penalties"]["statements"][0]["amount"]) > 0
    step = promised.refused(figures=owed)
    assert (step.name, "when its last leaf was logged" in step.expected) == ("figures", True)
    assert promised.refused(figures=promised.judged(promised.last_logged + 1)).name == "figures"


def test_scores_are_judged_no_later_than_the_last_leaf_was_logged(promised: Promised) -> None:
    period = Period(0, 2**40 - 1, promised.later)
    value = json.loads(Exporter(promised.stage.node.reader).partner(CARRIER, period, promised.later))
    assert value["figures"]["scores"]["period"]["at"] == promised.last_logged
    assert all(step.ok for step in verify_bundle(canonical_json(value), promised.trust))
    value["figures"]["scores"]["period"]["at"] += 1
    step = verify_bundle(canonical_json(value), promised.trust)[-1]
    assert (step.name, step.ok, "after the checkpoint" in step.why) == ("figures", False, True)


def test_the_last_leaf_cannot_be_stripped(promised: Promised) -> None:
    without = {name: value for name, value in promised.value.items() if name != "last"}
    step = verify_bundle(canonical_json(without), promised.trust)[-1]
    assert (step.name, step.ok, "bundle.last" in step.why) == ("format", False, True)
    assert promised.refused(last=None).name == "format"


def shown_as_last(stage: Stage, index: int, size: int) -> dict[str, Any]:
    with stage.node.home.database.read() as connection:
        row = records.at(connection, index)
    assert row is not None
    proof = stage.node.reader.publisher.inclusion_proof(index, size)
    return {"leaf": to_hex(records.leaf_of(row).encode()), "proof": [to_hex(value) for value in proof]}


def test_no_other_leaf_is_shown_as_the_last(promised: Promised) -> None:
    """Neither an earlier one with its own proof, nor a later one, of a log that has grown since."""
    stage = promised.stage
    size = int(promised.value["checkpoint"].split("\n")[1])
    assert promised.refused(last=shown_as_last(stage, size - 2, size)).name == "inclusion"
    stage.pass_time(60 * DAY)
    stage.hand(MAKER, CARRIER, (stage.open(10), 0, 10))
    stage.node.settle()
    grown = json.loads(Exporter(stage.node.reader).shipment(promised.shipment))
    step = promised.refused(last=grown["last"], figures=promised.judged(promised.later))
    assert step.name == "inclusion"


def test_the_log_time_of_the_last_leaf_cannot_be_forged(promised: Promised) -> None:
    last, figures = promised.value["last"], promised.judged(promised.later)
    leaf = bytes.fromhex(last["leaf"][2:])
    for forged in (
        leaf[:66] + promised.later.to_bytes(8, "big"), leaf[:66] + bytes([127] * 8), b"\2" + leaf[1:], leaf[:-1],
    ):  # fmt: skip
        step = promised.refused(last=last | {"leaf": to_hex(forged)}, figures=figures)
        assert step.name in ("format", "inclusion"), step


def test_of_a_bundle_3_verify_says_in_words_that_it_must_be_exported_again(promised: Promised) -> None:
    old = {name: value for name, value in promised.value.items() if name != "last"} | {"lading": "bundle/3"}
    step = verify_bundle(canonical_json(old), promised.trust)[-1]
    assert step.name == "format"
    assert (step.expected, step.found) == ("bundle/4", "bundle/3")
    assert "another format. Have it exported again" in step.why


def test_where_blocks_count_the_export_shows_the_block_by_which_it_judges(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same chain, as if others ran it: its anchor over the whole checkpoint bears out more than the last leaf."""
    monkeypatch.setattr("ledger.records.evidence.EMBEDDED_CHAIN_ID", 1)
    promised = Promised(stage)
    stage.pass_time(HOUR)
    stage.open(10)  # known by the newest checkpoint, which tells of the promised goods nothing new
    stage.pass_time(HOUR)
    stage.node.settle()
    value = json.loads(Exporter(stage.node.reader).shipment(promised.shipment, promised.later))
    size = int(value["checkpoint"].split("\n")[1])
    (own,) = (entry for entry in value["times"]["checkpoints"] if int(entry["checkpoint"].split("\n")[1]) == size)
    (statement,) = value["figures"]["penalties"]["statements"]
    assert statement["judged_at"] == own["anchored"]["blockTime"]
    assert all(step.ok for step in verify_bundle(canonical_json(value), promised.trust))
    statement["judged_at"] += 1
    step = verify_bundle(canonical_json(value), promised.trust)[-1]
    assert (step.name, step.ok, "when the chain took it" in step.expected) == ("figures", False, True)
