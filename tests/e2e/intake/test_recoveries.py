"""A signature is recovered once, from the moment it comes in until its record is final and its figures are read."""

from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from coincurve import PublicKey

from ledger.cli.demo.scribe import NO_HASH, details
from ledger.codes import AmendmentKind, RegistryAction
from ledger.common.canonical import canonical_json
from ledger.errors import BadSignature, NotPermitted, VerificationFailed
from ledger.log.leaf import Receipt
from ledger.records import signing
from ledger.records.recovered import RecoveredRecord, recover_record
from ledger.records.signing import SignedRecord
from ledger.records.types import Amendment, HandoffItem, KeyGrant, KeyRevoke
from ledger.services.intake.submission import Accepted, Proposed
from ledger.services.state import signer_keys
from ledger.services.state.signer_keys import SignerKeys
from ledger.services.views.records import Reader
from tests.e2e.attacks import Scene
from tests.e2e.stage import CARRIER, MAKER, SECOND, SHOP, WAREHOUSE, Stage, key_of

DAY = 86_400


class Recoveries:
    """How often the key under each digest was recovered."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.by_digest: Counter[bytes] = Counter()

    def count(self, signature: bytes, digest: bytes, hasher: None) -> PublicKey:
        self.by_digest[digest] += 1
        return PublicKey.from_signature_and_message(signature, digest, hasher=hasher)

    def of(self, *records: SignedRecord) -> list[int]:
        return [self.by_digest[self.stage.node.home.domain.record_id(signed.record)] for signed in records]


@pytest.fixture
def scene(stage: Stage) -> Scene:
    """Set by the process that is counted: what another one recovered, this one would once more."""
    return Scene.set(stage)


@pytest.fixture
def recoveries(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recoveries]:
    """Counted where all of Lading recovers; the contracts' own recoveries are the chain's."""
    counting = Recoveries(scene.stage)
    monkeypatch.setattr(signing, "PublicKey", SimpleNamespace(from_signature_and_message=counting.count))
    yield counting
    assert counting.by_digest, "nothing was counted: recovery goes another way"


def test_a_record_submitted_whole(scene: Scene, recoveries: Recoveries) -> None:
    submission = scene.stage.node.submission
    handoff = scene.sign(scene.handoff(), MAKER, CARRIER)
    assert isinstance(submission.submit(handoff), Accepted)
    assert recoveries.by_digest.total() == 2
    assert submission.submit(handoff).again
    assert recoveries.of(handoff) == [2]


def test_records_that_build_on_what_is_pending(scene: Scene, recoveries: Recoveries) -> None:
    terms = scene.sign(scene.terms(), MAKER)
    shipment = scene.stage.node.home.domain.record_id(terms.record)
    legs = [(MAKER, CARRIER), (CARRIER, WAREHOUSE), (WAREHOUSE, SHOP)]
    signed = [
        scene.sign(scene.handoff(HandoffItem(shipment, i, 10, 0), releaser=a, receiver=b), a, b)
        for i, (a, b) in enumerate(legs)
    ]
    for one in (terms, *signed):
        assert isinstance(scene.stage.node.submission.submit(one), Accepted)
    assert recoveries.of(terms, *signed) == [1, 2, 2, 2]


def test_a_batch(scene: Scene, recoveries: Recoveries) -> None:
    terms = scene.sign(scene.terms(), MAKER)
    shipment = scene.stage.node.home.domain.record_id(terms.record)
    first = scene.sign(scene.handoff(HandoffItem(shipment, 0, 10, 0)), MAKER, CARRIER)
    second = scene.sign(
        scene.handoff(HandoffItem(shipment, 1, 10, 0), releaser=CARRIER, receiver=SECOND), CARRIER, SECOND
    )
    results = scene.stage.node.submission.replay([terms, first, second])
    assert all(isinstance(result, Receipt) for result in results)
    assert recoveries.of(terms, first, second) == [1, 2, 2]
    assert recoveries.by_digest.total() == 5


@pytest.mark.parametrize("countersigned", [True, False], ids=["countersigned", "submitted by each side"])
def test_a_proposal_and_its_last_signature_together(
    scene: Scene, recoveries: Recoveries, *, countersigned: bool
) -> None:
    node, both = scene.stage.node, scene.sign(scene.handoff(), MAKER, CARRIER)
    record_id = node.home.domain.record_id(both.record)
    halves = [SignedRecord(both.record, (signature,)) for signature in both.signatures]
    assert isinstance(node.submission.submit(halves[0]), Proposed)
    assert recoveries.by_digest.total() == 1
    assert [view.id for view in node.reader.views.proposals_for(Reader(CARRIER), scene.stage.now)]
    if countersigned:
        done = node.submission.countersign(record_id, both.signatures[1:])
    else:
        done = node.submission.submit(halves[1])
    assert isinstance(done, Accepted)
    assert recoveries.by_digest.total() == 2


def test_an_amendment_that_comes_before_its_target(scene: Scene, recoveries: Recoveries) -> None:
    """Kept unchecked as a proposal, completed by the record it is about, logged: each signature is recovered once."""
    stage, node = scene.stage, scene.stage.node
    target = scene.sign(scene.handoff(), MAKER, CARRIER)
    target_id, changes = node.home.domain.record_id(target.record), canonical_json({"dueAt": stage.now}).decode()
    amendment = scene.sign(
        Amendment(target_id, NO_HASH, int(AmendmentKind.CORRECTION), details(changes)), MAKER, CARRIER
    )
    assert isinstance(node.submission.submit(amendment), Proposed)
    assert isinstance(node.submission.submit(target), Accepted)
    stage.settle()
    assert node.submission.submit(amendment).again
    assert recoveries.of(amendment, target) == [2, 2]


def test_keys_and_registry_changes(scene: Scene, recoveries: Recoveries) -> None:
    stage, device = scene.stage, key_of("device")
    grant = scene.sign(
        KeyGrant(MAKER, device.address, MAKER, 1 << 4, stage.now, stage.now + 30 * DAY, details()), MAKER, device
    )
    revoke = scene.sign(KeyRevoke(MAKER, device.address, details()), MAKER)
    suspension = scene.sign(scene.change(RegistryAction.SUSPEND, partner=SECOND), *scene.council(0, 1))
    for signed in (grant, suspension):
        assert isinstance(stage.node.submission.submit(signed), Accepted)
    by_device = scene.sign(scene.handoff(), MAKER, CARRIER)
    assert isinstance(stage.node.submission.submit(by_device), Accepted)  # judged by the registry to be expected
    stage.settle()
    assert isinstance(stage.node.submission.submit(revoke), Accepted)
    stage.settle()
    assert recoveries.of(grant, suspension, by_device, revoke) == [2, 2, 2, 1]


def test_until_it_is_final_and_its_figures_are_read(scene: Scene, recoveries: Recoveries) -> None:
    """Relayed, followed, projected, shown and counted: nothing recovers it again in this process."""
    stage, node = scene.stage, scene.stage.node
    handoff = scene.sign(scene.handoff(), MAKER, CARRIER)
    stage.node.submission.submit(handoff)
    stage.settle()
    assert stage.outcome(node.home.domain.record_id(handoff.record)) == ["applied"]
    stage.view(scene.held)
    stage.penalty(scene.held)
    list(node.reader.numbers.scorecards())
    assert recoveries.of(handoff) == [2]


def test_a_stranger_is_recovered_once_and_refused(scene: Scene, recoveries: Recoveries) -> None:
    with pytest.raises(NotPermitted, match="no part in this record"):
        scene.stage.node.submission.submit(scene.sign(scene.handoff(), MAKER, key_of("stranger")))
    assert recoveries.by_digest.total() == 2


# --- what is remembered ----------------------------------------------------------------------------------------------


def test_an_edited_proposal_does_not_reach_the_log(scene: Scene) -> None:
    """No key is taken from the database: a signature that was put there is judged for what it is."""
    node, both = scene.stage.node, scene.sign(scene.handoff(), MAKER, CARRIER)
    record_id = node.home.domain.record_id(both.record)
    node.submission.submit(SignedRecord(both.record, both.signatures[:1]))
    forged = scene.sign(both.record, key_of("stranger")).signatures[0]
    with node.home.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE proposals SET signatures = replace(signatures, ?, ?)", (both.signatures[0].hex(), forged.hex())
        )
    result = node.submission.countersign(record_id, both.signatures[1:])
    assert isinstance(result, Proposed)
    assert result.missing == ("partner 2 as releaser",)
    assert isinstance(node.submission.countersign(record_id, both.signatures[:1]), Accepted)
    with node.home.database.write() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM proposals").scalar() == 0


def test_memory_is_bounded_and_the_oldest_goes(
    scene: Scene, recoveries: Recoveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signer_keys, "MOST_REMEMBERED", 2)
    keys, domain = SignerKeys(), scene.stage.node.home.domain
    signed = [scene.sign(scene.handoff(), MAKER, CARRIER) for _ in range(2)]
    recovered = [keys.recovered(one, domain.record_id(one.record)) for one in signed]
    assert [one.keys for one in recovered] == [tuple(key.address for key in scene.stage.keys((MAKER, CARRIER)))] * 2
    keys.recovered(signed[1], domain.record_id(signed[1].record))
    assert recoveries.by_digest.total() == 4
    keys.recovered(signed[0], domain.record_id(signed[0].record))
    assert recoveries.by_digest.total() == 6


def test_a_recovered_record_is_made_by_recovering_only(scene: Scene) -> None:
    signed, other = (scene.sign(scene.handoff(), MAKER, CARRIER) for _ in range(2))
    record_id, other_id = (scene.stage.node.home.domain.record_id(one.record) for one in (signed, other))
    recovered = recover_record(signed, record_id)
    with pytest.raises(VerificationFailed, match="made by"):
        RecoveredRecord(record_id, signed.record, signed.signatures, recovered.keys, object())
    with pytest.raises(VerificationFailed, match="another record"):
        recovered.with_earlier(recover_record(other, other_id))
    with pytest.raises(BadSignature):
        recover_record(SignedRecord(signed.record, (bytes(65),)), record_id)
