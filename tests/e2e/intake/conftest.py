"""A home with goods in every place, set once for all tests of a worker and staged anew for each."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.attacks import Scene
from tests.e2e.stage import living, staged


@pytest.fixture(scope="session")
def before(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scene]:
    """The home, and what is where in it; its stage has ended."""
    home = tmp_path_factory.mktemp("before") / "home"
    with living(founded, home) as stage:
        return home, Scene.set(stage)


@pytest.fixture
def scene(before: tuple[Path, Scene], tmp_path: Path) -> Iterator[Scene]:
    home, set_there = before
    with staged(home, tmp_path / "home") as stage:
        yield replace(set_there, stage=stage)
