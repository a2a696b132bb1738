"""A world of its own, with three partners that enrolled with a GLN: documents tell partners by it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.cli.sandbox import Party
from ledger.codes import Role
from ledger.registry.enrolment import RoleRequest
from tests.api.documents.desk import BUYER, HAULIER, SUPPLIER
from tests.api.world import World, running_world
from tests.e2e.stage import DELAY, key_of
from tests.unit.formats.documents import samples

MEMBERS = {
    SUPPLIER: (samples.SUPPLIER, "Kea Dairy", Role.SUPPLIER),
    HAULIER: (samples.CARRIER, "Road Nord", Role.CARRIER),
    BUYER: (samples.CUSTOMER, "Fjord Shop", Role.RETAILER),
}


@pytest.fixture(scope="package")
def world(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(founded, tmp_path_factory.mktemp("documents") / "home") as running:
        stage = running.stage
        for number, (gln, name, role) in MEMBERS.items():
            stage.parties[number] = Party(number, name, key_of(name))
            stage.trial.admit([(stage.parties[number], gln, (RoleRequest(role),))])
        stage.pass_time(DELAY + 600)
        stage.node.settle()
        yield running
