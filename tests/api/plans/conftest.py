"""A world of its own: rate cards are attested in it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.codes import RegistryAction, Role
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import schema_hash, scope_bytes
from ledger.records.types import Attestation, Claims
from tests.api.world import World, running_world
from tests.e2e.stage import CARRIER, MAKER, OCEAN, SECOND, SHOP


@pytest.fixture(scope="package")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(founded, tmp_path_factory.mktemp("plans") / "home") as running:
        yield running


def attested(world: World, by: int, rates: Sequence[dict[str, Any]], **more: Any) -> RecordId:
    """A rate card of `by` about itself."""
    accredited(world, by, "rate-card")
    return said(world, by, "rate-card", {"lading": "rate-card/1", "currency": "EUR", "rates": list(rates), **more})


def accredited(world: World, by: int, schema: str) -> None:
    """The council grants the role for the schema, and it is in force."""
    scope = scope_bytes(Role.ISSUER, schema)
    world.stage.decide(RegistryAction.GRANT_ROLE, partner=by, role=int(Role.ISSUER), scope=scope)
    world.stage.pass_time(2 * DAY)


def said(world: World, by: int, schema: str, table: dict[str, Any]) -> RecordId:
    """A table that `by` attests about itself."""
    text, now = canonical_json(table).decode(), world.stage.now
    record = Attestation(
        by, schema_hash(schema), f"partner/{by}", NO_HASH, now, now + 90 * DAY, NO_HASH, Claims(salt(), text), NO_HASH,
        details(),
    )  # fmt: skip
    record_id = world.stage.sign(record, by)
    world.stage.pass_time(2 * 3600)
    return record_id


@pytest.fixture(scope="package")
def cards(world: World) -> dict[int, str]:
    """Of a carrier by sea that shows its card to every partner, and of one by air that does not."""
    sea = {"mode": 1, "from": "CNSHA", "to": "NZAKL", "perConsignment": 10_000, "perPackage": 100}
    air = {"mode": 4, "from": "CN", "to": "NZ", "perKilometre": {"amount": 7, "per": 1}}
    return {
        OCEAN: to_hex(attested(world, OCEAN, [sea], **{"for": "partners"})),
        SECOND: to_hex(attested(world, SECOND, [air])),
    }


@pytest.fixture(scope="package")
def road(world: World, cards: dict[int, str]) -> RecordId:
    """The card of a carrier by road, for every partner."""
    rate = {"mode": 3, "from": "NZ", "to": "CN", "perConsignment": 5_000, "perPackage": 10}
    return attested(world, CARRIER, [rate], **{"for": "partners"})


@pytest.fixture
def waiting(world: World, road: RecordId) -> tuple[str, str]:
    """Two shipments of two consignors that wait for it, beside those that waited before."""
    return to_hex(world.stage.open()), to_hex(world.stage.open(30, consignor=SHOP, consignee=MAKER))
