"""A world of its own: its tests blend goods and recall them that others do not expect."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.world import World, running_world


@pytest.fixture(scope="package")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(founded, tmp_path_factory.mktemp("provenance") / "home") as running:
        yield running
