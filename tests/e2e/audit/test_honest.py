"""Honest homes are never accused, whatever honestly happens to them."""

import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.audit.honest import LIFE, audits

AUDITS = int(os.environ.get("AUDITS", "10000"))
"""How many audits the drill makes; each after one more step of some home."""


def test_no_honest_step_is_taken_for_a_difference(founded: Path, tmp_path: Path) -> None:
    assert audits(founded, tmp_path, seed=0, steps=50) == []


@pytest.mark.drill
def test_no_honest_step_of_many_homes_is_taken_for_a_difference(founded: Path, tmp_path: Path) -> None:
    found: list[str] = []
    for seed in range(1, AUDITS // LIFE + 2):
        found += audits(founded, tmp_path / str(seed), seed, LIFE)
        shutil.rmtree(tmp_path / str(seed))
    assert found == []
