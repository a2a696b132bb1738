"""Asked for a lot that was made of parts of others: the inputs are above it, each with its share."""

import pytest

from ledger.common.ids import to_hex
from tests.e2e.provenance.kitchen import BLEND, MADE_LOT, Kitchen, blend
from tests.e2e.stage import Stage


@pytest.fixture
def kitchen(stage: Stage) -> Kitchen:
    return blend(stage)


def test_what_went_in_is_above_the_lot_and_none_of_it(kitchen: Kitchen) -> None:
    told = kitchen.trace(f"01/{BLEND}/10/{MADE_LOT}")
    found = {node.shipment: (node.direction, node.share.exact) for node in told.shipments}
    expected = {"powder": ("up", "3/4"), "used": ("up", "3/4"), "sugar": ("up", "1/4"), "made": ("asked", "1")}
    assert {name: found[to_hex(getattr(kitchen, name))] for name in expected} == expected
    assert found[to_hex(kitchen.sold)][0] == "asked"
