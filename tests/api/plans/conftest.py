"""A world of its own: rate cards are attested in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.world import World, running_world


@pytest.fixture(scope="package")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(founded, tmp_path_factory.mktemp("plans") / "home") as running:
        yield running
