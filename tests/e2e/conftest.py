"""A running copy of the founded consortium for each test, and the whole story."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stage import Stage, staged
from tests.e2e.story import Story, tell_story


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
