"""One world for all tests of a worker: they write records of their own and count on nobody else's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.world import World, running_world


@pytest.fixture(scope="session")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(founded, tmp_path_factory.mktemp("world") / "home") as running:
        yield running
