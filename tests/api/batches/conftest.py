"""A home with goods that many tests of a worker stage again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.batches.deck import Living
from tests.e2e.attacks import Scene
from tests.e2e.stage import living, staged

GOODS = 12


@pytest.fixture(scope="session")
def before(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    home = tmp_path_factory.mktemp("before") / "home"
    with living(founded, home) as stage:
        scene = Scene.set(stage)
        goods = [stage.open(10, endorsed=False) for _ in range(GOODS)]
    with staged(home, tmp_path_factory.mktemp("drawing") / "home") as stage:
        yield Living(home, Scene(stage, scene.held, scene.moved, scene.ended, scene.last), goods)
