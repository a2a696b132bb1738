"""What records cost: whole transactions on cold storage, at 200 optimizer runs, everything included.

One function a contract; custody's budgets are in `test_custody_gas`. A budget is promised; a ceiling is two to three
per cent above what was measured at the time.
"""

from functools import cache

import pytest

from ledger import merkle
from ledger.codes import ClearanceStatus, ContractKind, Regime, RegistryAction, Role
from ledger.common.keccak import keccak256
from ledger.records.types import Checkpoint, Require, ShipmentRef
from scripts.compile_contracts import ARTIFACTS
from tests.chain.contracts import clearance_world
from tests.chain.contracts.attestation_desk import new_desk
from tests.chain.contracts.consortium import DELAY, DOMAIN, key_of, sign
from tests.chain.contracts.harness import artifact_of
from tests.chain.contracts.twin import Twin, master

LOG = b"\x11" * 32
LEAF = merkle.leaf_hash(b"")
ANCHOR_BUDGET = 98_000
"""For a proof of 20 hashes, whatever the sizes."""
REGISTRY_CEILINGS = {
    RegistryAction.ADMIT: 105_000,
    RegistryAction.SUSPEND: 64_000,
    RegistryAction.REINSTATE: 64_500,
    RegistryAction.ADD_KEY: 85_000,
    RegistryAction.REVOKE_KEY: 64_000,
    RegistryAction.GRANT_ROLE: 90_000,
    RegistryAction.REVOKE_ROLE: 65_500,
}


@cache
def uniform(size: int) -> bytes:
    """Root of `size` equal leaves, so that trees of a million leaves are made in no time."""
    if size == 1:
        return LEAF
    half = merkle.split_point(size)
    return merkle.node_hash(uniform(half), uniform(size - half))


def test_anchor() -> None:
    anchor_key, twin = key_of("anchor"), Twin()
    twin.admit(1)
    twin.change(RegistryAction.REGISTER_LOG, partner=1, key=anchor_key.address, scope=LOG)
    contract = twin.evm.deploy("CheckpointAnchor", twin.registry.address, bytes(20))
    twin.change(RegistryAction.OPEN_CONTRACT, key=contract.address, number=ContractKind.ANCHOR)
    twin.wait(DELAY)

    def anchor(previous: int, size: int) -> tuple[int, int]:
        """Hashes of the proof, and gas, from the anchored size to the next."""
        evm = twin.evm.fork()
        fork = contract.on(evm)
        first = Checkpoint(LOG, 0, previous, uniform(previous))
        fork.record("anchor", first, [], anchor_key.sign(DOMAIN, first))
        following = Checkpoint(LOG, previous, size, uniform(size))
        proof = merkle.consistency_path(previous, size, lambda start, stop: uniform(stop - start))
        return len(proof), fork.record("anchor", following, proof, anchor_key.sign(DOMAIN, following)).gas

    # The old tree one leaf short of full: nearly every hash counts for the old root and for the new.
    worst = anchor(2**19 - 1, 2**19)
    assert worst[0] == 20
    assert worst[1] <= ANCHOR_BUDGET
    for previous, size in ((2**20 - 1, 2**20), (699_050, 2**20 - 1), (333_333, 999_999), (2**19 + 1, 2**19 + 3)):
        hashes, gas = anchor(previous, size)
        if hashes <= 20:
            assert gas <= worst[1]
    empty = Checkpoint(LOG, 0, 1, LEAF)
    assert contract.record("anchor", empty, [], anchor_key.sign(DOMAIN, empty)).gas <= ANCHOR_BUDGET


def test_registry() -> None:
    twin = Twin()
    twin.admit(9)
    found = {
        RegistryAction.ADMIT: twin.admit(1),
        RegistryAction.ADD_KEY: twin.change(RegistryAction.ADD_KEY, partner=1, key=key_of("second").address),
        RegistryAction.GRANT_ROLE: twin.grant_role(1, Role.CARRIER),
        RegistryAction.REVOKE_ROLE: twin.change(RegistryAction.REVOKE_ROLE, partner=1, role=Role.CARRIER),
        RegistryAction.SUSPEND: twin.change(RegistryAction.SUSPEND, partner=1),
        RegistryAction.REINSTATE: twin.change(RegistryAction.REINSTATE, partner=1),
        RegistryAction.REVOKE_KEY: twin.change(RegistryAction.REVOKE_KEY, partner=1, key=master(1).address),
    }
    over = {a.name: r.gas for a, r in found.items() if r.gas > REGISTRY_CEILINGS[a]}
    assert not over


CLEARED = 150
FOUR_REQUIREMENTS = tuple(
    clearance_world.require(j, r) for j, r in (("US", Regime.EXPORT), ("FR", 1), ("NL", 3), ("DE", Regime.IMPORT))
)
FIRST_STATUS, LATER_STATUS = 30_000, 12_500
"""An item of a record of 150: for a shipment's first status, and for those after it; whether it moves a gate or not."""


@pytest.mark.parametrize("requires", [(), (clearance_world.require(),), FOUR_REQUIREMENTS])
def test_clearance(requires: tuple[Require, ...]) -> None:
    released, held, amended = _clearances(
        requires, (ClearanceStatus.RELEASED, ClearanceStatus.HELD, ClearanceStatus.AMENDED)
    )
    assert released <= FIRST_STATUS * CLEARED  # an item 26,800; where it opens a gate 29,600
    assert held <= LATER_STATUS * CLEARED  # 9,700; where it closes a gate 12,480
    assert amended <= LATER_STATUS * CLEARED  # 9,700


def test_skipped_clearances_cost_less_than_applied_ones() -> None:
    world = clearance_world.world()
    known = [world.open() for _ in range(CLEARED)]
    items = [ShipmentRef(shipment, 1) for shipment in known]
    ahead = world.clear(*items)
    unknown = world.clear(*(ShipmentRef(keccak256(bytes([i])), 0) for i in range(CLEARED)))
    for record in (ahead, unknown):
        signatures = sign(record, record.by)
        assert world.members.clearance.record("clear", record, signatures).gas <= 24_000 * CLEARED


def _clearances(requires: tuple[Require, ...], statuses: tuple[ClearanceStatus, ...]) -> list[int]:
    """Gas of one record after the other about the same shipments."""
    world = clearance_world.world()
    shipments = sorted(world.open(*requires) for _ in range(CLEARED))
    found = []
    for sequence, status in enumerate(statuses):
        record = world.clear(*(ShipmentRef(shipment, sequence) for shipment in shipments), status=status)
        recorded = world.members.clearance.record("clear", record, sign(record, record.by))
        assert set(recorded.outcomes) == {1}
        found.append(recorded.gas)
    return found


ATTESTATION_CEILINGS = {"attest": 116_500, "revoke": 56_000, "recall": 111_500}


def test_attestation() -> None:
    desk = new_desk()
    attestation = desk.attestation()
    found = {"attest": desk.submit(attestation).gas}
    found["revoke"] = desk.submit(desk.revocation(DOMAIN.record_id(attestation))).gas
    found["recall"] = desk.submit(desk.recalling()).gas
    over = {name: gas for name, gas in found.items() if gas > ATTESTATION_CEILINGS[name]}
    assert not over


def test_every_contract_fits_on_any_chain() -> None:
    """EIP-170: 24,576 bytes of deployed code; EIP-3860: twice as many to deploy it, arguments not counted."""
    names = sorted(path.stem for path in ARTIFACTS.glob("*.json"))
    assert len(names) == 8
    for name in names:
        artifact = artifact_of(name)
        assert len(bytes.fromhex(artifact["deployedBytecode"][2:])) <= 24_576, name
        assert len(bytes.fromhex(artifact["bytecode"][2:])) <= 2 * 24_576 - 2_048, name
