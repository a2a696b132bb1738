"""Time that the operator cannot set: what its clock says counts for an hour at most, where others bear witness."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.bundle.format import parse_trust
from ledger.bundle.times import Times
from ledger.bundle.verify import verify_bundle
from ledger.cli.demo.witnesses import DemoWitnesses
from ledger.cli.sandbox import open_trial
from ledger.common.canonical import canonical_json
from ledger.common.figure import to_json
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.penalties.statement import penalty_of
from ledger.records.evidence import Basis
from ledger.records.signing import SignedRecord
from ledger.records.verification import VerifiedRecord
from ledger.services.audit.run import audit
from ledger.services.exports.bundle import Exporter
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import read_consortium
from ledger.services.lifecycle.rebuild import restore_from_chain
from ledger.services.publish.published_cosignatures import COSIGNATURES
from ledger.services.state.verified_records import VerifiedRecords
from ledger.services.views.records import Reader
from ledger.services.witness.folder import make_witness
from ledger.store import openings, records
from tests.e2e.journeys.test_recall import recall_of
from tests.e2e.stage import CARRIER, HOUR, MAKER, SHOP, Stage, staged

REPORT_LAG = DAY


@contextmanager
def witnessed(founded: Path, home: Path) -> Iterator[tuple[Stage, ManualClock]]:
    """A home whose witnesses have a clock of their own, which the operator cannot set, nor makes its own heed."""
    prepared = home.with_name("prepared")
    shutil.copytree(founded, prepared)
    true = ManualClock(int((founded / "now").read_text()))
    witnesses = DemoWitnesses(prepared, read_consortium(prepared).log, true)
    try:
        with staged(prepared, home, LADING_CLOCK_TOLERANCE=str(300 * DAY)) as stage:
            yield stage, true
    finally:
        witnesses.close()


@pytest.fixture
def both(founded: Path, tmp_path: Path) -> Iterator[tuple[Stage, ManualClock]]:
    with witnessed(founded, tmp_path / "home") as pair:
        yield pair


def verified_size(note: str) -> int:
    return int(note.split("\n")[1])


def record_of(stage: Stage, record_id: RecordId) -> VerifiedRecord:
    with stage.node.home.database.read() as connection:
        registry = stage.node.reader.registry.refreshed(connection)
        (verified,) = VerifiedRecords(connection, stage.node.home.consortium, registry).named([record_id])
    return verified


def test_a_recall_logged_back_is_not_known_before_its_evidence(both: tuple[Stage, ManualClock]) -> None:
    """Who handed the goods on before anybody else could know of it does not account for them."""
    stage, true = both
    shipment = stage.open(10, lot="L-BAD", endorsed=False)
    stage.node.settle()
    true.advance(5 * DAY)
    recall = recall_of(stage, [{"lot": "L-BAD"}])
    stage.pass_time(HOUR)
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.node.settle()
    verified = record_of(stage, recall)
    assert verified.known == true.now() - HOUR > stage.now > verified.logged_at
    view = stage.node.reader.recalls.recall(recall, Reader(99, auditor=True))
    assert view.trace is not None
    assert {holder.partner.id: holder.expected for holder in view.trace.holders} == {MAKER: 0, CARRIER: 10}


def pass_both(stage: Stage, true: ManualClock, seconds: int) -> None:
    true.advance(seconds)
    stage.pass_time(seconds)


def test_a_leaf_logged_days_back_counts_from_an_hour_before_its_evidence(both: tuple[Stage, ManualClock]) -> None:
    """The operator's clock stands still for nine and a half days, and then it logs what its friend brings it."""
    stage, true = both
    shipment = stage.open(10)
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.node.settle()
    stage.pass_time(9 * DAY)
    true.advance(18 * DAY + 12 * HOUR)
    delivery = stage.hand(CARRIER, SHOP, (shipment, 1, 10))
    stage.node.settle()
    verified = record_of(stage, delivery)
    assert verified.logged_at < true.now() - 9 * DAY
    assert (verified.evidenced, verified.basis) == (true.now(), Basis.WITNESSES)
    assert (verified.known, verified.visible) == (true.now() - HOUR, true.now())
    step, track = stage.view(shipment).steps[-1], stage.node.reader.views.record(delivery).log
    assert (step.known_at, step.known_by) == (track.known_at, track.known_by) == (true.now() - HOUR, "witnesses")
    assert "Reported 227 hours after it happened." in step.note, "by its claim, and not by the operator's clock"
    statement = stage.penalty(shipment)
    assert statement.delivered_at == true.now() - HOUR - REPORT_LAG
    assert statement.late_seconds > 6 * DAY
    assert statement.amount > 0
    report = audit(stage.node)
    assert report.ok, report.to_json()["findings"]
    assert any("back-dated" in note.what for note in report.notes)


def test_evidence_is_part_of_the_bundle_and_nobody_alters_it(both: tuple[Stage, ManualClock], tmp_path: Path) -> None:
    stage, true = both
    shipment = stage.open(10)
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.node.settle()
    pass_both(stage, true, 12 * DAY)
    stage.hand(CARRIER, SHOP, (shipment, 1, 10))
    stage.node.settle()
    pass_both(stage, true, 9 * DAY)
    stage.node.settle()
    trust = parse_trust(canonical_json(read_consortium(stage.node.home.settings.home).trust_file()))
    data = Exporter(stage.node.reader).shipment(shipment)
    steps = verify_bundle(data, trust)
    assert all(step.ok for step in steps), steps[-1]
    value = json.loads(data)
    amount = value["figures"]["penalties"]["statements"][0]["amount"]
    assert int(amount) == stage.penalty(shipment).amount > 0
    listed = value["times"]["checkpoints"]
    assert len(listed) >= 2

    def answer(checkpoints: list[Any], witnesses: Any, *, signed: bool) -> str:
        """Where verification ends when times are altered: by a stranger, or `signed` by a log that lies."""
        times = value["times"] | {"checkpoints": checkpoints, "witnesses": witnesses}
        if signed:
            altered = Times.from_json(times, "times")
            size = verified_size(value["checkpoint"])
            times["signature"] = to_hex(stage.node.reader.keys.log.times(value["subject"], size, altered.digest))
        steps = verify_bundle(canonical_json(value | {"times": times}), trust)
        return "" if all(step.ok for step in steps) else steps[-1].name

    policy = value["times"]["witnesses"]
    assert answer(listed, policy, signed=False) == answer(listed, policy, signed=True) == ""
    # A stranger changes nothing: neither what is left out, nor by whose word.
    own = [make_witness(tmp_path / "own", "me.example/own", {}, "a passphrase of the test").verifier_key()]
    assert answer([], policy, signed=False) == "complete"
    assert answer(listed, {"threshold": 1, "keys": own}, signed=False) == "times"
    anchored = {"blockNumber": 1, "blockTime": 1, "transaction": to_hex(bytes(32))}
    assert answer([entry | {"anchored": anchored} for entry in listed], policy, signed=False) == "complete"
    # Nor does a log that signs what does not hold, or counts by other witnesses than the trust file's.
    assert answer(listed, {"threshold": 1, "keys": policy["keys"]}, signed=True) == "times"
    assert answer(listed, None, signed=True) == "times"
    assert answer(listed[::-1], policy, signed=True) == "times"
    assert answer([], policy, signed=True) == "figures"  # then all was known an hour before the bundle was made
    (statement,) = value["figures"]["penalties"]["statements"]
    counted = {int(time["size"]) for time in statement["times"]} - {verified_size(value["checkpoint"])}
    assert counted
    for i, entry in enumerate(listed):
        others = listed[:i], listed[i + 1 :]
        lines = entry["checkpoint"].split("\n")
        bare = entry | {"checkpoint": "\n".join(line for line in lines if "example/demo" not in line)}
        # On the embedded chain an anchor is no evidence of a time: it may stand there, and figures count without it.
        # The bundle's own checkpoint carries its cosignatures a second time, and they count wherever they stand.
        refused_at = "" if entry["anchored"] else "times"
        if verified_size(entry["checkpoint"]) in counted:
            refused_at = "figures"
        assert answer([*others[0], bare, *others[1]], policy, signed=True) == refused_at
        if proof := entry["consistency"]:
            flipped = entry | {"consistency": ["0x" + "00" * 32, *proof[1:]]}
            assert answer([*others[0], flipped, *others[1]], policy, signed=True) == "times"


def test_an_outage_of_six_hours_changes_nothing_that_two_signed(founded: Path, tmp_path: Path) -> None:
    """Witnesses hear of the records six hours late; claims within `reportLag` count as ever."""
    amounts = []
    for name, away in (("fair", 0), ("outage", 6 * HOUR)):
        with witnessed(founded, tmp_path / name / "home") as (stage, true):
            shipment = stage.open(10)
            stage.hand(MAKER, CARRIER, (shipment, 0, 10))
            stage.node.settle()
            pass_both(stage, true, 14 * DAY)
            stage.hand(CARRIER, SHOP, (shipment, 1, 10))
            pass_both(stage, true, away)
            stage.node.settle()
            moved = record_of(stage, shipment)
            assert moved.basis is Basis.WITNESSES
            amounts.append(stage.penalty(shipment).amount)
    assert amounts[0] == amounts[1] > 0


def test_a_rebuilt_log_has_the_times_that_witnesses_bore_out(both: tuple[Stage, ManualClock], tmp_path: Path) -> None:
    """The database is lost weeks later: cosignatures of all sizes stand in the published files, as the entries do."""
    stage, true = both
    shipment = stage.open(10)
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.node.settle()
    pass_both(stage, true, 12 * DAY)
    told = stage.scribe_handoff(CARRIER, SHOP, (shipment, 1, 10), occurred_at=stage.now - 3 * DAY)
    delivery = stage.sign(told, CARRIER, SHOP)
    stage.node.settle()
    pass_both(stage, true, 30 * DAY)
    stage.open(1)
    stage.node.settle()
    before, facts, at = stage.penalty(shipment, stage.now), record_of(stage, delivery).facts, stage.now
    assert before.amount > 0
    with stage.node.home.database.read() as connection:
        copies = [
            SignedRecord(openings.richest(connection, row), row.signature_list)
            for row in list(records.stream(connection))
        ]
    settings = replace(
        stage.node.home.settings, home=tmp_path / "rebuilt", database_url=f"sqlite:///{tmp_path / 'rebuilt/ledger.db'}"
    )
    stage.node.close()
    shutil.copytree(stage.node.home.settings.home, settings.home)
    (settings.home / "ledger.db").unlink()
    file = settings.home / "log" / COSIGNATURES
    lines = file.read_text()
    forged = lines.replace(lines.split(" ")[2], str(int(lines.split(" ")[2]) - DAY))
    file.write_text(f"{lines[:40]}{lines}\n{forged}\nnothing at all")
    restored = restore_from_chain(settings, given=copies, clock=stage.clock)
    assert restored.done
    trial = open_trial(settings, stage.clock)
    with closing(trial.node):
        trial.node.settle()
        again = Stage(trial, stage.clock, stage.parties, stage.scribe)
        assert record_of(again, delivery).facts == facts
        assert again.penalty(shipment, at) == before
        findings = audit(trial.node).findings
        assert findings, "the forged lines still stand in the file, and nothing else is wrong"
        assert all("log/cosignatures" in one.field and "did not sign this" in one.what for one in findings)


def test_nothing_is_judged_later_than_its_checkpoint_was_cosigned(both: tuple[Stage, ManualClock]) -> None:
    """Goods that are promised in ten days are not late because somebody judges them in sixty."""
    stage, true = both
    shipment = stage.open(10)
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.node.settle()
    trust = parse_trust(canonical_json(read_consortium(stage.node.home.settings.home).trust_file()))
    data = Exporter(stage.node.reader).shipment(shipment, stage.now + 60 * DAY)
    value = json.loads(data)
    (statement,) = value["figures"]["penalties"]["statements"]
    assert (statement["judged_at"], int(statement["amount"])) == (true.now(), 0)
    assert all(step.ok for step in verify_bundle(data, trust))
    statement["judged_at"] += 60 * DAY
    step = verify_bundle(canonical_json(value), trust)[-1]
    assert (step.name, step.ok) == ("figures", False)
    later = penalty_of(shipment, known_to(stage, shipment), stage.now + 60 * DAY)
    assert later.amount > 0
    value["figures"]["penalties"]["statements"] = [to_json(later)]
    step = verify_bundle(canonical_json(value), trust)[-1]
    assert (step.name, step.ok) == ("figures", False)
    assert "after the checkpoint" in step.why


def known_to(stage: Stage, shipment: bytes) -> list[VerifiedRecord]:
    with stage.node.home.database.read() as connection:
        registry = stage.node.reader.registry.refreshed(connection)
        return list(VerifiedRecords(connection, stage.node.home.consortium, registry).of_shipment(shipment))
