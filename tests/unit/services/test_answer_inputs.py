"""What an answer names as its inputs: read as strictly as it is written, and with all evidence that was there."""

from dataclasses import replace

import pytest

from ledger.common.periods import HOUR
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.records.evidence import Basis, CheckpointTime, CheckpointTimes
from ledger.services.answers.inputs import Counted, Inputs, Kind
from ledger.services.answers.verify import check_evidence
from ledger.services.views.records import Reader

AT = 1_000_000
FIRST, SECOND = (CheckpointTime(size, AT - ago, Basis.WITNESSES) for size, ago in ((10, 3 * HOUR), (20, 2 * HOUR)))
LATE = CheckpointTime(30, AT - 60, Basis.CHAIN)
TIMES = CheckpointTimes([FIRST, SECOND, LATE, CheckpointTime(99, AT - 30, Basis.WITNESSES)])
INPUTS = Inputs(Kind.STOCK, {"at": AT}, Reader(7), AT, Counted("log", 40, (30, bytes(32))), LATE, (bytes(32),))


def test_they_are_read_as_they_are_written() -> None:
    assert Inputs.from_json(INPUTS.to_json()) == INPUTS
    bare = replace(INPUTS, reader=None, evidence=None, log=Counted("log", 40, None), rules=())
    assert Inputs.from_json(bare.to_json()) == bare
    assert "key" not in INPUTS.to_json()["reader"]
    for name, value in (
        ("lading", "answer/2"),
        ("kind", "lottery"),
        ("asked", []),
        ("reader", {"partner": 7, "auditor": 1, "scopes": 1}),
        ("at", -1),
        ("log", {"origin": "log", "size": 40}),
        ("evidence", {"size": 1, "time": 1, "basis": "hearsay"}),
        ("rules", ["0x12"]),
        ("more", 1),
    ):
        with pytest.raises(MalformedRecord):
            Inputs.from_json(INPUTS.to_json() | {name: value})


@pytest.mark.parametrize("newest", [SECOND, LATE])
def test_evidence_of_the_last_hour_may_not_have_come_yet(newest: CheckpointTime) -> None:
    check_evidence(replace(INPUTS, evidence=newest), TIMES)


@pytest.mark.parametrize("newest", [None, FIRST])
def test_evidence_that_was_there_is_not_left_out(newest: CheckpointTime | None) -> None:
    with pytest.raises(VerificationFailed, match="left out"):
        check_evidence(replace(INPUTS, evidence=newest), TIMES)


def test_evidence_that_nobody_gave_is_none() -> None:
    with pytest.raises(VerificationFailed, match="no checkpoint stood then"):
        check_evidence(replace(INPUTS, evidence=replace(LATE, size=31)), TIMES)
