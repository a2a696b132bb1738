"""A world of its own: its tests put goods, attestations and holds into it that others do not expect."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.common.scopes import schema_hash
from ledger.records.types import Attestation, Claims
from tests.api.strangers.desk import Desk
from tests.api.world import GTIN, LOT, World, running_world
from tests.e2e.stage import MAKER, SCHEMA


@pytest.fixture(scope="package")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(founded, tmp_path_factory.mktemp("strangers") / "home") as running:
        yield running


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Desk:
    """With an attestation that never ends, beside those of the world."""
    if "lasting" not in world.ids:
        stage = world.stage
        attested = Attestation(
            MAKER, schema_hash(SCHEMA), f"01/{GTIN}/10/{LOT}", NO_HASH, stage.now, 0, NO_HASH,
            Claims(salt(), '{"made":"in a test"}'), NO_HASH, details(),
        )  # fmt: skip
        world.ids["lasting"] = stage.sign(attested, MAKER)
        stage.node.settle()
    return Desk(world, tmp_path)
