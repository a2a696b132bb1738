"""Taking records in: proposals, the first receipt, races, keys that go, records that came another way."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger.cli.demo.scribe import details
from ledger.codes import ClearanceStatus, ExceptionBit, Gate, Regime, RegistryAction
from ledger.common.ids import RecordId, to_hex
from ledger.errors import BadSignature, Conflict, LadingError, NotFound, NotPermitted, RuleBroken
from ledger.records.disclosure import split
from ledger.records.eip712 import Withheld
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import Handoff, HandoffItem, KeyGrant, KeyRevoke, Record, Require, ShipmentTerms
from ledger.services.intake.submission import Accepted, Proposed
from ledger.store import log, migrate, outbox, proposals, records
from ledger.store.projections import outcomes, projected, shipments
from tests.e2e.attacks import Scene
from tests.e2e.intake.test_refusals import at_the_contract, dump
from tests.e2e.stage import CARRIER, MAKER, NZ, SECOND, SHOP, WAREHOUSE, key_of

DAY = 86_400


def submit(scene: Scene, record: Record, *signers: int | SigningKey) -> Accepted | Proposed:
    result: Accepted | Proposed = scene.stage.trial.node.submission.submit(scene.sign(record, *signers))
    return result


def size(scene: Scene) -> int:
    with scene.stage.trial.node.home.database.read() as connection:
        return log.head(connection).size


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Results or errors of calls that start together, each in a thread of its own."""
    barrier = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def work(i: int, call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results[i] = call()
        except LadingError as error:
            results[i] = error

    threads = [threading.Thread(target=work, args=(i, call)) for i, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# --- proposals -------------------------------------------------------------------------------------------------------


def test_one_side_alone_moves_nothing(scene: Scene) -> None:
    handoff = scene.handoff()
    before = size(scene)
    for signers in ((MAKER,), (MAKER, MAKER)):
        result = submit(scene, handoff, *signers)
        assert isinstance(result, Proposed)
        assert result.missing == ("partner 3 as receiver",)
    scene.stage.settle()
    assert size(scene) == before
    assert scene.stage.held_by(scene.held) == (MAKER, 10, 0)
    assert "SignatureLength" in at_the_contract(scene, scene.sign(handoff, MAKER))
    assert "CustodySameKey" in at_the_contract(scene, scene.sign(handoff, MAKER, MAKER))


def test_countersigned_in_any_order_it_stands_in_the_canonical_one(scene: Scene) -> None:
    node, handoff = scene.stage.trial.node, scene.handoff()
    both = scene.sign(handoff, MAKER, CARRIER)
    assert isinstance(submit(scene, handoff, CARRIER), Proposed)
    done = node.submission.countersign(node.home.domain.record_id(handoff), both.signatures[:1])
    assert isinstance(done, Accepted)
    with node.home.database.read() as connection:
        stored = records.get(connection, done.record_id)
        assert proposals.get(connection, done.record_id) is None
    assert stored is not None
    assert stored.signed.signatures == both.signatures
    other = scene.handoff(HandoffItem(scene.moved, 1, 10, 0), releaser=CARRIER, receiver=SECOND)
    signed = scene.sign(other, CARRIER, SECOND)
    again = node.submission.submit(SignedRecord(other, signed.signatures[::-1]))
    with node.home.database.read() as connection:
        stored = records.get(connection, again.record_id)
    assert stored is not None
    assert stored.signed.signatures == signed.signatures


def test_both_sides_signing_at_once_complete_the_proposal(scene: Scene) -> None:
    node = scene.stage.trial.node
    for shipment in [scene.held, *(scene.stage.open(10, endorsed=False) for _ in range(5))]:
        both = scene.sign(scene.handoff(HandoffItem(shipment, 0, 10, 0)), MAKER, CARRIER)
        halves = [SignedRecord(both.record, (signature,)) for signature in both.signatures]
        results = at_once(*[lambda half=half: node.submission.submit(half) for half in halves])
        assert any(isinstance(result, Accepted) for result in results), results
        with node.home.database.read() as connection:
            assert proposals.get(connection, node.home.domain.record_id(both.record)) is None


def test_a_proposal_nobody_made_is_not_countersigned(scene: Scene) -> None:
    with pytest.raises(NotFound):
        scene.stage.trial.node.submission.countersign(RecordId(b"\x05" * 32), [bytes(65)])


def test_a_stranger_adds_nothing_to_a_proposal(scene: Scene) -> None:
    handoff = scene.handoff()
    submit(scene, handoff, MAKER)
    before = dump(scene)
    for signer in (key_of("stranger"), SECOND):
        with pytest.raises(NotPermitted, match="no part in this record"):
            submit(scene, handoff, signer)
    assert dump(scene) == before


def test_a_proposals_signature_whose_key_was_revoked_must_be_given_again(scene: Scene) -> None:
    stage, handoff, fresh = scene.stage, scene.handoff(), key_of("the maker's second key")
    submit(scene, handoff, MAKER)
    stage.decide(RegistryAction.ADD_KEY, partner=MAKER, key=fresh.address)
    stage.decide(RegistryAction.REVOKE_KEY, partner=MAKER, key=stage.parties[MAKER].key.address)
    stage.pass_time(2 * 3600)
    later = submit(scene, handoff, CARRIER)
    assert isinstance(later, Proposed)
    assert later.missing == ("partner 2 as releaser",)
    assert isinstance(submit(scene, handoff, fresh), Accepted)
    stage.settle()
    assert stage.held_by(scene.held)[0] == CARRIER


def test_expired_proposals_go(scene: Scene) -> None:
    first = scene.handoff()
    submit(scene, first, MAKER)
    scene.stage.pass_time(15 * DAY)
    submit(scene, scene.handoff(), MAKER)
    node = scene.stage.trial.node
    with node.home.database.read() as connection:
        assert proposals.get(connection, node.home.domain.record_id(first)) is None


def test_a_closed_gate_is_not_proposed_but_recorded_in_breach(scene: Scene) -> None:
    stage = scene.stage
    gated = stage.open(10, requires=[Require(b"NZ", int(Regime.EXPORT), int(Gate.DELIVERY), False)], endorsed=False)
    stage.hand(MAKER, CARRIER, (gated, 0, 10))
    delivery = scene.handoff(HandoffItem(gated, 1, 10, 0), releaser=CARRIER, receiver=SHOP)
    before = dump(scene)
    with pytest.raises(RuleBroken, match="required clearance is not released"):
        submit(scene, delivery, CARRIER)
    assert dump(scene) == before
    done = submit(scene, delivery, CARRIER, SHOP)
    stage.settle()
    assert stage.outcome(done.record_id) == ["applied in breach"]


# --- signers ---------------------------------------------------------------------------------------------------------


def test_two_keys_for_one_partner(scene: Scene) -> None:
    stage, device = scene.stage, key_of("the maker's device")
    grant = KeyGrant(MAKER, device.address, MAKER, 1 << 4, stage.now, stage.now + 30 * DAY, details())
    stage.sign(grant, MAKER, device)
    handoff = scene.handoff()
    with pytest.raises(NotPermitted, match="two keys signed for one"):
        submit(scene, handoff, MAKER, device, CARRIER)
    with pytest.raises(NotPermitted, match="two keys signed for one"):
        submit(scene, handoff, MAKER, device)
    assert "CustodyNotItsKey" in at_the_contract(scene, scene.sign(handoff, MAKER, device))
    assert isinstance(submit(scene, handoff, device, CARRIER), Accepted)
    with pytest.raises(NotPermitted, match="no part in this record"):
        submit(scene, scene.terms(), device)  # granted for handoffs alone


def test_the_council_needs_its_threshold(scene: Scene) -> None:
    stage = scene.stage
    one, two, three = stage.trial.council
    suspension = scene.change(RegistryAction.SUSPEND, partner=SECOND)
    for signers in ((one,), (one, one)):
        result = submit(scene, suspension, *signers)
        assert isinstance(result, Proposed)
        assert result.missing == ("1 more of the council",)
    assert "TooFew" in at_the_contract(scene, scene.sign(suspension, one))
    assert "CouncilOrder" in at_the_contract(scene, scene.sign(suspension, one, one))
    assert "CouncilOrder" in at_the_contract(scene, scene.sign(suspension, three, one))
    done = submit(scene, suspension, three)
    assert isinstance(done, Accepted)
    stage.settle()
    assert stage.outcome(done.record_id) == ["applied"]
    with pytest.raises(LadingError, match="not the next change"):
        submit(scene, replace(suspension, partner=CARRIER), one, two)


def test_a_suspended_partner_releases_and_does_nothing_else(scene: Scene) -> None:
    stage = scene.stage
    stage.decide(RegistryAction.SUSPEND, partner=MAKER)
    with pytest.raises(NotPermitted, match="suspended partner opens nothing"):
        submit(scene, scene.terms(), MAKER)
    onward = scene.handoff(HandoffItem(scene.moved, 1, 10, 0), releaser=CARRIER, receiver=MAKER)
    with pytest.raises(NotPermitted, match="suspended partner receives nothing"):
        submit(scene, onward, CARRIER, MAKER)
    assert "CustodySuspended" in at_the_contract(scene, scene.sign(scene.terms(), MAKER))
    assert "CustodySuspended" in at_the_contract(scene, scene.sign(onward, CARRIER, MAKER))
    stage.hand(MAKER, CARRIER, (scene.held, 0, 10))
    assert stage.held_by(scene.held)[0] == CARRIER


def test_a_key_revoked_before_recording(scene: Scene) -> None:
    """It was accepted, the chain refuses it: final once its deadline has passed, and everything still adds up."""
    stage = scene.stage
    done = submit(scene, scene.handoff(), MAKER, CARRIER)
    assert isinstance(done, Accepted)
    revocation = scene.sign(KeyRevoke(CARRIER, stage.parties[CARRIER].key.address, details()), CARRIER)
    assert at_the_contract(scene, revocation) == ""  # overtakes the record, which waits in the outbox
    stage.settle()
    assert stage.track(done.record_id).status == "pending"
    assert stage.held_by(scene.held) == (MAKER, 10, 0)
    # Its place is free: the goods are not stuck with a record that cannot come true.
    stage.hand(MAKER, SECOND, (scene.held, 0, 10))
    assert stage.held_by(scene.held)[0] == SECOND
    stage.pass_time(15 * DAY)
    stage.pass_time(DAY)
    assert stage.track(done.record_id).status == "rejected"
    assert stage.outcome(done.record_id) == ["rejected"]
    assert stage.penalty(scene.held).liable == CARRIER
    stage.audited()


# --- the same again --------------------------------------------------------------------------------------------------


def test_the_same_record_has_one_leaf_and_one_receipt(scene: Scene) -> None:
    node, signed = scene.stage.trial.node, scene.sign(scene.handoff(), MAKER, CARRIER)
    before = size(scene)
    results = at_once(*[lambda: node.submission.submit(signed)] * 16)
    accepted = [result for result in results if isinstance(result, Accepted)]
    assert len(accepted) == 16
    assert {result.receipt for result in accepted} == {accepted[0].receipt}
    assert size(scene) == before + 1
    node.home.consortium.log.verify_receipt(accepted[0].receipt)
    scene.stage.settle()
    scene.stage.pass_time(60 * DAY)  # long after its deadline
    last = node.submission.submit(signed)
    assert isinstance(last, Accepted)
    assert (last.receipt, last.again) == (accepted[0].receipt, True)
    scene.stage.audited()


def test_of_two_that_race_one_is_accepted(scene: Scene) -> None:
    stage, node = scene.stage, scene.stage.trial.node
    shipments = [stage.open(10, endorsed=False) for _ in range(5)]
    for shipment in shipments:
        item = HandoffItem(shipment, 0, 10, 0)
        rivals = [scene.sign(scene.handoff(item, receiver=r), MAKER, r) for r in (CARRIER, SECOND, WAREHOUSE)]
        results = at_once(*[lambda signed=signed: node.submission.submit(signed) for signed in rivals])
        winners = [result for result in results if isinstance(result, Accepted)]
        losers = [result for result in results if isinstance(result, Conflict)]
        assert (len(winners), len(losers)) == (1, 2)
        ids = {to_hex(node.home.domain.record_id(signed.record)) for signed in rivals}
        assert {loser.first for loser in losers} == {to_hex(winners[0].record_id)}
        assert {loser.second for loser in losers} == ids - {to_hex(winners[0].record_id)}
        stage.settle()
        assert stage.outcome(winners[0].record_id) == ["applied"]
    stage.audited()


# --- what is expected ------------------------------------------------------------------------------------------------


def test_records_build_on_what_is_pending(scene: Scene) -> None:
    """Terms, three legs, all accepted before the chain has seen one; a rival of a pending one is refused by name."""
    stage, node = scene.stage, scene.stage.trial.node
    terms = scene.terms()
    shipment = node.home.domain.record_id(terms)
    legs = [(MAKER, CARRIER), (CARRIER, WAREHOUSE), (WAREHOUSE, SHOP)]
    done = [submit(scene, terms, MAKER)]
    for sequence, (releaser, receiver) in enumerate(legs):
        leg = scene.handoff(HandoffItem(shipment, sequence, 10, 0), releaser=releaser, receiver=receiver)
        done.append(submit(scene, leg, releaser, receiver))
    rival = scene.handoff(HandoffItem(shipment, 1, 10, 0), releaser=CARRIER, receiver=SECOND)
    with pytest.raises(Conflict) as caught:
        submit(scene, rival, CARRIER, SECOND)
    assert caught.value.first == to_hex(done[2].record_id)
    with pytest.raises(RuleBroken, match="has ended"):
        submit(scene, scene.handoff(HandoffItem(shipment, 3, 10, 0), releaser=SHOP), SHOP, CARRIER)
    assert not any(stage.settled(result.record_id) for result in done)
    stage.settle()
    assert [stage.outcome(result.record_id) for result in done] == [["applied"]] * 4
    assert stage.status(shipment) == "delivered"
    stage.audited()


def test_goods_before_their_terms_wait_for_them(scene: Scene) -> None:
    stage, node = scene.stage, scene.stage.trial.node
    terms = scene.terms()
    shipment = node.home.domain.record_id(terms)
    first = submit(scene, scene.handoff(HandoffItem(shipment, 0, 10, 0)), MAKER, CARRIER)
    second = submit(
        scene, scene.handoff(HandoffItem(shipment, 1, 10, 0), releaser=CARRIER, receiver=SHOP), CARRIER, SHOP
    )
    stage.settle()
    assert stage.track(first.record_id).status == "pending"
    submit(scene, terms, MAKER)
    stage.settle()
    assert [stage.outcome(first.record_id), stage.outcome(second.record_id)] == [["applied"], ["applied"]]
    with node.home.database.read() as connection:
        assert outbox.left(connection) == 0
    stage.audited()


def test_a_manifest_in_part_stale(scene: Scene) -> None:
    stage = scene.stage
    items = sorted((HandoffItem(scene.held, 0, 10, 0), HandoffItem(scene.moved, 0, 10, 0)), key=lambda i: i.shipment)
    done = submit(scene, scene.handoff(*items), MAKER, CARRIER)
    stage.settle()
    assert stage.outcome(done.record_id) == ["applied" if item.shipment == scene.held else "stale" for item in items]
    assert stage.held_by(scene.held) == (CARRIER, 10, 1)
    assert stage.held_by(scene.moved) == (CARRIER, 10, 1)
    stage.audited()


def test_a_short_count_leaves_a_remainder_and_projections_can_be_rebuilt(scene: Scene) -> None:
    stage, node = scene.stage, scene.stage.trial.node
    stage.hand(MAKER, CARRIER, (scene.held, 0, 7, ExceptionBit.SHORT))
    stage.clear(NZ, ClearanceStatus.INSPECTED, (scene.held, 0))
    tables = [table.name for table in projected.projections.sorted_tables]
    before = {name: rows for name, rows in dump(scene).items() if name in tables}
    with node.home.database.write() as connection:
        migrate.recreate_projections(connection)
        outcomes.rebuild(connection)
        node.projector.catch_up(connection)
    assert {name: rows for name, rows in dump(scene).items() if name in tables} == before
    stage.audited()


# --- what came another way -------------------------------------------------------------------------------------------


def test_a_record_straight_to_the_contract_is_followed(scene: Scene) -> None:
    stage, node = scene.stage, scene.stage.trial.node
    terms = scene.terms()
    shipment = stage.straight_to_the_contract(terms, MAKER)
    handoff = scene.handoff(HandoffItem(shipment, 0, 10, 0))
    moved = stage.straight_to_the_contract(handoff, MAKER, CARRIER)
    assert [stage.outcome(shipment), stage.outcome(moved)] == [["applied"], ["applied"]]
    assert stage.held_by(shipment)[0] == CARRIER
    with node.home.database.read() as connection:
        stored = records.get(connection, shipment)
    assert stored is not None
    assert split(stored.record)[1] == {}
    assert isinstance(stored.record, ShipmentTerms)
    assert isinstance(stored.record.commercial, Withheld)
    with pytest.raises(NotFound, match="withheld"):
        stage.penalty(shipment)
    # Handed in by a signer, the private parts are kept; by nobody else, and no other parts than those signed.
    before = dump(scene)
    for signed in (SignedRecord(terms, ()), scene.sign(terms, SECOND)):
        with pytest.raises((BadSignature, NotPermitted)):
            node.submission.submit(signed)
    assert dump(scene) == before
    again = submit(scene, terms, MAKER)
    assert isinstance(again, Accepted)
    assert (again.record_id, again.again) == (shipment, True)
    assert stage.penalty(shipment).liable == CARRIER
    gtin = next(part.gtin for part in terms.contents)  # type: ignore[union-attr]
    with node.home.database.read() as connection:
        assert shipment in shipments.shipments_with(connection, gtin, "L9", limit=1000)
    stage.audited()


def test_what_a_proposal_opened_stays_open_when_the_record_is_completed_elsewhere(scene: Scene) -> None:
    """The carrier takes the proposed terms past this operator: the chain tells hashes, the proposal told the rest."""
    stage = scene.stage
    terms = replace(scene.terms(), holder=CARRIER)
    assert isinstance(submit(scene, terms, MAKER), Proposed)
    shipment = stage.straight_to_the_contract(terms, MAKER, CARRIER)
    assert stage.outcome(shipment) == ["applied"]
    assert stage.penalty(shipment).liable == CARRIER
    gtin = next(part.gtin for part in terms.contents)  # type: ignore[union-attr]
    with stage.node.home.database.read() as connection:
        assert shipment in shipments.shipments_with(connection, gtin, "L9", limit=1000)
    stage.audited()


def test_rivals_straight_to_the_contract_and_through_the_service(scene: Scene) -> None:
    """The service accepted one, the chain has taken the other: the chain decides, the accepted one is skipped."""
    stage = scene.stage
    ours = submit(scene, scene.handoff(), MAKER, CARRIER)
    theirs = stage.trial.signed(scene.handoff(receiver=SECOND), *stage.keys((MAKER, SECOND)))
    assert at_the_contract(scene, theirs) == ""
    stage.settle()
    assert stage.outcome(ours.record_id) == ["stale"]
    assert stage.outcome(stage.trial.node.home.domain.record_id(theirs.record)) == ["applied"]
    assert stage.held_by(scene.held)[0] == SECOND
    stage.audited()


def test_submitted_twice_to_the_contract_it_has_one_outcome(scene: Scene) -> None:
    stage = scene.stage
    handoff = scene.handoff()
    signed = scene.sign(handoff, MAKER, CARRIER)
    assert [at_the_contract(scene, signed), at_the_contract(scene, signed)] == ["", ""]
    stage.settle()
    record_id = stage.trial.node.home.domain.record_id(handoff)
    assert stage.outcome(record_id) == ["applied"]
    assert isinstance(handoff, Handoff)
    stage.audited()
