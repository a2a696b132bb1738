"""Honest homes are never accused, whatever honestly happens to them."""

import shutil
from pathlib import Path

import pytest

from ledger.services.audit.run import audit
from tests.drills import SEED, amount
from tests.e2e.audit.honest import LIFE, audits
from tests.e2e.stage import CARRIER, MAKER, Stage
from tests.e2e.wandering import SCANNER, Wandering

AUDITS = amount("AUDITS", 10_000)
"""How many audits the drill makes; each after one more step of some home."""


def test_no_honest_step_is_taken_for_a_difference(founded: Path, tmp_path: Path) -> None:
    assert audits(founded, tmp_path, seed=0, steps=25) == []


@pytest.mark.drill
def test_no_honest_step_of_many_homes_is_taken_for_a_difference(founded: Path, tmp_path: Path) -> None:
    found: list[str] = []
    for seed in range(SEED, SEED + AUDITS // LIFE + 1):
        found += audits(founded, tmp_path / str(seed), seed, LIFE)
        shutil.rmtree(tmp_path / str(seed))
    assert found == []


def test_a_key_whose_grant_still_waits_for_the_chain_may_have_signed(stage: Stage) -> None:
    """Both are accepted, and neither is recorded yet: what waits is judged by what waits before it."""
    wandering = Wandering(stage, seed=1, steps=1)
    shipment = stage.open(10)
    stage.node.submission.submit(wandering.granted)
    stage.submit(stage.scribe_handoff(MAKER, CARRIER, (shipment, 0, 10)), MAKER, SCANNER)
    assert audit(stage.node.home.settings, patience=0).findings == ()
    stage.settle()
    stage.audited()
