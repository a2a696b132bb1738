"""The founded consortium of `stage`, and a running copy of it for each test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stage import Stage, found_stage, staged
from tests.e2e.story import Story, tell_story


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("founded")
    before = os.umask(0o077)  # as the command sets it
    try:
        (home / "now").write_text(str(found_stage(home)))
    finally:
        os.umask(before)
    return home


@pytest.fixture
def stage(founded: Path, tmp_path: Path) -> Iterator[Stage]:
    with staged(founded, tmp_path / "home") as running:
        yield running


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The whole story of `tests.e2e.story`, its node closed; copy its home before changing anything."""
    told = tell_story(tmp_path_factory.mktemp("story"))
    told.trial.node.close()
    return told
