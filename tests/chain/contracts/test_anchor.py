"""Checkpoints on the chain: a compare-and-swap for each log, with the consistency proof checked by the contract."""

import random
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ledger import merkle
from ledger.chain.transactions import created_address
from ledger.codes import ContractKind, RegistryAction, Role
from ledger.errors import VerificationFailed
from ledger.records.signing import SigningKey
from ledger.records.types import Checkpoint
from tests.chain.contracts.consortium import DELAY, DOMAIN, key_of
from tests.chain.contracts.harness import SENDER, Contract, Recorded, Reverted, error_names
from tests.chain.contracts.twin import Twin

LOG, LOG_2 = b"\x11" * 32, b"\x22" * 32
ANCHOR_KEY, ANCHOR_KEY_2 = key_of("anchor"), key_of("anchor 2")
LEAVES = [merkle.leaf_hash(i.to_bytes(4, "big")) for i in range(80)]
OTHER = [merkle.leaf_hash(b"other" + i.to_bytes(4, "big")) for i in range(80)]


@dataclass
class Rig:
    twin: Twin
    anchor: Contract

    def checkpoint(self, previous: int, size: int, log_id: bytes = LOG, leaves: list[bytes] = LEAVES) -> Checkpoint:
        return Checkpoint(log_id, previous, size, merkle.root(leaves[:size]))

    def send(self, checkpoint: Checkpoint, *, key: SigningKey = ANCHOR_KEY, proof: list[bytes] | None = None) -> Any:
        if proof is None:
            proof = merkle.consistency_proof(LEAVES[: checkpoint.size], checkpoint.previousSize)
        return self.anchor.send("anchor", checkpoint, proof, key.sign(DOMAIN, checkpoint))

    def record(self, previous: int, size: int, **options: Any) -> Recorded:
        checkpoint = self.checkpoint(previous, size, **options)
        proof = merkle.consistency_proof(LEAVES[:size], previous)
        key = ANCHOR_KEY if checkpoint.logId == LOG else ANCHOR_KEY_2
        return self.anchor.record("anchor", checkpoint, proof, key.sign(DOMAIN, checkpoint))

    def head(self, log_id: bytes = LOG) -> tuple[int, bytes]:
        size, root, _ = self.anchor.read("anchored", log_id)
        return size, root


@pytest.fixture
def rig() -> Rig:
    twin = Twin()
    twin.admit(1)
    twin.grant_role(1, Role.OPERATOR)
    twin.change(RegistryAction.REGISTER_LOG, partner=1, key=ANCHOR_KEY.address, scope=LOG)
    twin.change(RegistryAction.REGISTER_LOG, partner=1, key=ANCHOR_KEY_2.address, scope=LOG_2)
    anchor = twin.evm.deploy("CheckpointAnchor", twin.registry.address, bytes(20))
    twin.change(RegistryAction.OPEN_CONTRACT, key=anchor.address, number=ContractKind.ANCHOR)
    twin.wait(DELAY)
    return Rig(twin, anchor)


def refused(name: str) -> Any:
    return pytest.raises(Reverted, match=rf"{name}\(")


def test_a_log_grows_by_proven_steps(rig: Rig) -> None:
    assert rig.head() == (0, bytes(32))
    previous = 0
    for size in (1, 2, 3, 8, 13, 64, 80):
        recorded = rig.record(previous, size)
        assert recorded.outcomes == b"\x01"
        assert recorded.id == DOMAIN.record_id(rig.checkpoint(previous, size))
        assert rig.head() == (size, merkle.root(LEAVES[:size]))
        previous = size
    *_, anchored_at = rig.anchor.read("anchored", LOG)
    assert anchored_at == rig.twin.now - 1


def test_every_step_between_small_sizes(rig: Rig) -> None:
    """All pairs of sizes to 9, each on a fork of the log anchored at the first."""
    for first in range(1, 9):
        twin = rig.twin
        evm = twin.evm.fork()
        fork = Rig(twin, rig.anchor.on(evm))
        fork.record(0, first)
        for second in range(first + 1, 10):
            onward = Rig(twin, rig.anchor.on(evm.fork()))
            onward.record(first, second)
            assert onward.head() == (second, merkle.root(LEAVES[:second]))


def test_the_newest_again_succeeds_quietly(rig: Rig) -> None:
    rig.record(0, 5)
    events, _ = rig.send(rig.checkpoint(0, 5), proof=[])
    assert events == ()
    # Whoever carries it and whatever else it says: nothing changes.
    events, _ = rig.send(rig.checkpoint(3, 5), proof=[])
    assert events == ()
    assert rig.head() == (5, merkle.root(LEAVES[:5]))


def test_older_and_conflicting_checkpoints(rig: Rig) -> None:
    rig.record(0, 5)
    rig.record(5, 9)
    with refused("CheckpointAnchorStale"):
        rig.send(rig.checkpoint(0, 5))
    with refused("CheckpointAnchorStale"):
        rig.send(rig.checkpoint(5, 8))
    with refused("CheckpointAnchorConflict"):
        rig.send(rig.checkpoint(5, 9, leaves=OTHER))
    with refused("CheckpointAnchorPreviousSize"):
        rig.send(rig.checkpoint(5, 10))
    with refused("CheckpointAnchorPreviousSize"):
        rig.send(rig.checkpoint(0, 10))
    with refused("CheckpointAnchorEmpty"):
        rig.send(Checkpoint(LOG, 9, 0, merkle.EMPTY_ROOT), proof=[])
    assert rig.head() == (9, merkle.root(LEAVES[:9]))


def test_a_rewritten_log_cannot_be_anchored(rig: Rig) -> None:
    rig.record(0, 7)
    forged = [*OTHER[:1], *LEAVES[1:]]
    proof = merkle.consistency_proof(forged[:12], 7)
    with refused("Rfc9162(WrongOldRoot|WrongRoot)"):
        rig.send(rig.checkpoint(7, 12, leaves=forged), proof=proof)
    with refused("Rfc9162WrongRoot"):
        rig.send(rig.checkpoint(7, 12, leaves=[*LEAVES[:7], *OTHER[7:]]))


@pytest.mark.parametrize(("first", "second", "claimed"), [(1, 2, 3), (2, 4, 6), (4, 8, 9), (3, 4, 7)])
def test_a_size_that_the_root_does_not_have(rig: Rig, first: int, second: int, claimed: int) -> None:
    """Root and proof of one tree under another's size: the proof must reach the top of the size that is claimed."""
    rig.record(0, first)
    lie = replace(rig.checkpoint(first, second), size=claimed)
    with refused("Rfc9162(ProofLength|WrongRoot)"):
        rig.send(lie, proof=merkle.consistency_proof(LEAVES[:second], first))


@pytest.mark.parametrize(("first", "second"), [(1, 2), (3, 7), (4, 8), (7, 12), (8, 80), (79, 80)])
def test_proofs_are_used_up_and_exact(rig: Rig, first: int, second: int) -> None:
    rig.record(0, first)
    good = merkle.consistency_proof(LEAVES[:second], first)
    root1, root2 = merkle.root(LEAVES[:first]), merkle.root(LEAVES[:second])
    bad = [[*good, root2], [root1, *good], good[:-1], good[1:], []]
    bad += [[*good[:i], bytes([good[i][0] ^ 1]) + good[i][1:], *good[i + 1 :]] for i in range(len(good))]
    for proof in bad:
        if proof == good:
            continue
        with refused("Rfc9162(ProofLength|WrongOldRoot|WrongRoot)"):
            rig.send(rig.checkpoint(first, second), proof=proof)
        with pytest.raises(VerificationFailed):
            merkle.verify_consistency(first, second, proof, root1, root2)
    rig.send(rig.checkpoint(first, second), proof=good)


def test_the_first_checkpoint_takes_no_proof(rig: Rig) -> None:
    with refused("CheckpointAnchorUnexpectedProof"):
        rig.send(rig.checkpoint(0, 5), proof=[bytes(32)])
    with refused("CheckpointAnchorPreviousSize"):
        rig.send(rig.checkpoint(1, 5), proof=[])
    with refused("CheckpointAnchorEmpty"):
        rig.send(Checkpoint(LOG, 0, 0, merkle.EMPTY_ROOT), proof=[])


def test_only_the_logs_own_anchor_key_signs(rig: Rig) -> None:
    for key in (ANCHOR_KEY_2, key_of("stranger"), rig.twin.council[0]):
        with refused("CheckpointAnchorWrongKey"):
            rig.send(rig.checkpoint(0, 5), key=key, proof=[])
    with refused("CheckpointAnchorNoKey"):
        rig.send(rig.checkpoint(0, 5, log_id=b"\x33" * 32), proof=[])
    checkpoint = rig.checkpoint(0, 5)
    signature = ANCHOR_KEY.sign(DOMAIN, checkpoint)
    with refused("CheckpointAnchorWrongKey"):
        rig.anchor.send("anchor", replace(checkpoint, size=6), [], signature)
    for bad in (b"", signature[:-1], signature * 2):
        with refused("EvidenceSignatureLength"):
            rig.anchor.send("anchor", checkpoint, [], bad)
    assert rig.head() == (0, bytes(32))


def test_logs_do_not_touch_each_other(rig: Rig) -> None:
    rig.record(0, 5)
    rig.record(0, 3, log_id=LOG_2)
    assert rig.head() == (5, merkle.root(LEAVES[:5]))
    assert rig.head(LOG_2) == (3, merkle.root(LEAVES[:3]))


def test_a_spoilt_log_goes_on_under_a_new_id(rig: Rig) -> None:
    rig.record(0, 5)
    rig.twin.change(RegistryAction.RETIRE_LOG, scope=LOG)
    with refused("CheckpointAnchorNoKey"):
        rig.send(rig.checkpoint(5, 6))
    following, key = b"\x44" * 32, key_of("anchor of the new log")
    rig.twin.change(RegistryAction.REGISTER_LOG, partner=1, key=key.address, scope=following, document=LOG, number=5)
    rig.twin.wait(DELAY)
    rig.send(rig.checkpoint(0, 6, log_id=following), key=key, proof=[])
    assert rig.head(following) == (6, merkle.root(LEAVES[:6]))
    assert rig.twin.registry.read("logInfo", following)[2:] == (LOG, 5)


def closed(rig: Rig) -> bool:
    """What the registry, which alone knows, says of the contract: it was open, and is no more."""
    _, _, _, _, until, _ = rig.twin.registry.read("addressInfo", rig.anchor.address)
    is_open: bool = rig.twin.registry.read("isOpen", ContractKind.ANCHOR, rig.anchor.address)
    over: bool = 0 < until <= rig.twin.now
    assert not (over and is_open)
    return over


def test_close_and_successor(rig: Rig) -> None:
    """The successor goes on from its closed predecessor's heads."""
    twin, old = rig.twin, rig.anchor
    rig.record(0, 5)
    assert not closed(rig)
    successor = twin.evm.deploy("CheckpointAnchor", twin.registry.address, old.address)
    twin.change(RegistryAction.CLOSE_CONTRACT, key=old.address, number=ContractKind.ANCHOR)
    twin.change(RegistryAction.OPEN_CONTRACT, key=successor.address, number=ContractKind.ANCHOR)
    new = Rig(twin, successor)
    assert not closed(rig)
    with refused("PartnerRegistryNotOpen"):
        new.send(rig.checkpoint(5, 6))
    twin.wait(DELAY)
    with refused("PartnerRegistryNotOpen"):
        rig.send(rig.checkpoint(5, 6))
    assert closed(rig)
    assert not closed(new)
    with refused("PartnerRegistryEndRecorded"):
        twin.change(RegistryAction.CLOSE_CONTRACT, key=old.address, number=ContractKind.ANCHOR)
    with refused("PartnerRegistryAddressKnown"):
        twin.change(RegistryAction.OPEN_CONTRACT, key=old.address, number=ContractKind.BONUS)
    assert new.head() == (5, merkle.root(LEAVES[:5]))
    events, _ = new.send(rig.checkpoint(0, 5), proof=[])
    assert events == ()
    with refused("CheckpointAnchorConflict"):
        new.send(rig.checkpoint(0, 5, leaves=OTHER), proof=[])
    new.record(5, 11)
    assert new.head() == (11, merkle.root(LEAVES[:11]))
    assert rig.head() == (5, merkle.root(LEAVES[:5]))
    assert bytes.fromhex(successor.read("predecessor")[2:]) == old.address
    assert bytes.fromhex(successor.read("registry")[2:]) == twin.registry.address
    assert successor.read("kind") == ContractKind.ANCHOR


def test_a_contract_that_cannot_work_is_not_deployed(rig: Rig) -> None:
    evm = rig.twin.evm
    with refused("EvidenceNoRegistry"):
        evm.deploy("CheckpointAnchor", bytes(20), bytes(20))
    itself = created_address(SENDER.address, evm.nonces[SENDER.address])
    with refused("EvidenceOwnPredecessor"):
        evm.deploy("CheckpointAnchor", rig.twin.registry.address, itself)


def test_never_opened_is_neither_open_nor_closed(rig: Rig) -> None:
    stray = Rig(rig.twin, rig.twin.evm.deploy("CheckpointAnchor", rig.twin.registry.address, bytes(20)))
    assert not closed(stray)
    assert not rig.twin.registry.read("isOpen", ContractKind.ANCHOR, stray.anchor.address)
    with refused("PartnerRegistryNotOpen"):
        stray.send(rig.checkpoint(0, 1), proof=[])


def test_random_growth_and_random_lies(rig: Rig) -> None:
    rng = random.Random(5)
    size = 0
    while size < 70:
        following = size + rng.randint(1, 9)
        lie = replace(rig.checkpoint(size, following), root=rng.randbytes(32))
        if size:
            with refused("Rfc9162WrongRoot"):
                rig.send(lie)
        rig.record(size, following)
        size = following
    assert rig.head() == (size, merkle.root(LEAVES[:size]))


def test_every_error_of_the_anchor_is_tested(request: pytest.FixtureRequest) -> None:
    source = request.path.read_text(encoding="utf-8")
    own = {name for name in error_names("CheckpointAnchor") if name.startswith("CheckpointAnchor")}
    assert own
    assert not {name for name in own if f'"{name}"' not in source}
