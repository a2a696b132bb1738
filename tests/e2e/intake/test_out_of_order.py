"""What waits: it tells so, holds nobody up, costs nothing, and comes through when what it waits for is there."""

from dataclasses import replace

import pytest

from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.codes import (
    AmendmentKind,
    Assurance,
    ClearanceStatus,
    Gate,
    Purpose,
    Regime,
    RegistryAction,
    RevocationReason,
    Role,
    StatementKind,
)
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import schema_hash
from ledger.errors import Busy, Conflict, LadingError, NotFound, NotPermitted, RuleBroken
from ledger.log.tiles import WIDTH
from ledger.records.signing import SigningKey
from ledger.records.types import (
    Amendment,
    Attestation,
    Claims,
    Endorsement,
    HandoffItem,
    KeyGrant,
    KeyRevoke,
    Observation,
    Override,
    RecallAnswer,
    Record,
    Require,
    Revocation,
)
from ledger.registry.changes import change
from ledger.services.audit.held_evidence import HeldCheckpoint
from ledger.services.audit.run import audit
from ledger.services.intake.submission import Accepted, Proposed, Submission
from ledger.store import outbox, pending, transactions
from tests.e2e.journeys.test_amendments import amend
from tests.e2e.journeys.test_recall import scribe_recall
from tests.e2e.stage import (
    AUDITOR,
    BROKER,
    CARRIER,
    CONSUMER,
    HOUR,
    MAKER,
    NZ,
    OCEAN,
    SCHEMA,
    SECOND,
    SHOP,
    WAREHOUSE,
    Stage,
    key_of,
)
from tests.e2e.wandering import Journey

EXPORT = Require(b"NZ", int(Regime.EXPORT), int(Gate.HANDOVER), True)
UNRELAYED = replace(EXPORT, relay=False)
HANDOFFS = 1 << 4
DEVICE = key_of("device")


def submitted(stage: Stage, record: Record, *signers: int | SigningKey) -> Accepted | Proposed:
    result: Accepted | Proposed = stage.trial.node.submission.submit(stage.trial.signed(record, *stage.keys(signers)))
    return result


def waits(stage: Stage) -> list[str]:
    return [view.id for view in stage.trial.node.reader.views.records(waiting=True)]


def sent(stage: Stage, record_id: RecordId) -> int:
    """How many transactions carried a record so far."""
    with stage.trial.node.home.database.read() as connection:
        return len(transactions.of_record(connection, record_id))


def slots_of(stage: Stage, scope: bytes) -> list[RecordId]:
    with stage.trial.node.home.database.read() as connection:
        return [record_id for _, record_id in pending.of_scope(connection, scope)]


# --- nobody is blocked -------------------------------------------------------------------------------------------


def test_a_consumers_delivery_may_come_before_the_terms_that_name_its_key(stage: Stage) -> None:
    way = Journey(stage)
    way.hand(MAKER, WAREHOUSE, (goods := way.terms(3), 0, 3, 0))
    onward = way.terms(3, (goods, 1), purpose=Purpose.ONWARD)
    way.hand(WAREHOUSE, 0, (onward, 0, 3, 0))
    delivery = way.signed[-1]
    for signed in reversed(way.signed):
        stage.trial.node.submission.submit(signed)
        stage.settle()
    assert stage.outcome(stage.trial.node.home.domain.record_id(delivery.record)) == ["applied"]
    assert stage.status(onward) == "delivered"
    stage.audited()


def test_a_recipient_key_alone_before_the_terms_is_told_that_these_are_missing(stage: Stage) -> None:
    unknown = b"\6" * 32
    stage.submit(stage.statement(StatementKind.TENDER, CARRIER, unknown, 1), CARRIER)  # this waits for the terms
    with pytest.raises(NotPermitted, match="no part") as refused:
        submitted(stage, stage.statement(StatementKind.CONTEST, 0, unknown, 1), CONSUMER)
    assert refused.value.mend == (
        "The terms that name the recipient key are not here yet: submit this again once they are."
    )
    known = stage.open(4, endorsed=False)
    with pytest.raises(NotPermitted, match="no part") as refused:
        submitted(stage, stage.statement(StatementKind.CONTEST, 0, known, 0), CONSUMER)
    assert refused.value.mend == ""


def test_another_key_beside_a_partners_for_unknown_goods_holds_nothing_and_gets_wrong_key(stage: Stage) -> None:
    way = Journey(stage)
    way.hand(MAKER, WAREHOUSE, (goods := way.terms(3), 0, 3, 0))
    onward = way.terms(3, (goods, 1), purpose=Purpose.ONWARD)
    record = stage.scribe_handoff(WAREHOUSE, 0, (onward, 0, 3))
    forged = stage.submit(record, WAREHOUSE, key_of("stranger"))
    assert slots_of(stage, onward) == []
    for signed in way.signed:
        stage.trial.node.submission.submit(signed)
        stage.settle()
    assert stage.outcome(forged) == ["wrong key"]
    stage.submit(stage.scribe_handoff(WAREHOUSE, 0, (b"\6" * 32, 0, 3)), WAREHOUSE, key_of("stranger"))  # for ever
    stage.audited()
    stage.hand(WAREHOUSE, 0, (onward, 0, 3), by=(WAREHOUSE, CONSUMER))
    assert stage.status(onward) == "delivered"


def test_a_partner_without_the_goods_cannot_keep_others_from_their_sequences(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    stage.hand(MAKER, CARRIER, (goods, 0, 4))
    ahead = stage.submit(stage.scribe_split(AUDITOR, goods, 2, 1, 3), AUDITOR)
    stage.submit(stage.scribe_handoff(AUDITOR, SECOND, (goods, 3, 4)), AUDITOR, SECOND)
    assert slots_of(stage, goods) == []
    stage.hand(CARRIER, WAREHOUSE, (goods, 1, 4))
    stage.hand(WAREHOUSE, OCEAN, (goods, 2, 4))
    stage.hand(OCEAN, SECOND, (goods, 3, 4))
    assert stage.outcome(ahead) in (["stale"], ["not held"])
    assert stage.held_by(goods) == (SECOND, 4, 4)
    stage.audited()


def test_a_record_that_gave_way_to_a_rival_goes_on_when_the_rival_fails(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    ahead = stage.submit(stage.scribe_handoff(CARRIER, SHOP, (goods, 1, 4)), CARRIER, SHOP)
    stage.settle()
    stage.submit(stage.scribe_handoff(MAKER, CARRIER, (goods, 0, 4)), MAKER, CARRIER)
    node = stage.trial.node
    options = node.work.relayer._options
    node.work.relayer._options = replace(options, follow=lambda: None)  # or `ahead` would go in the same step
    node.work.relayer.step()
    node.work.relayer._options = options
    node.work.follower.step()
    late = replace(stage.scribe_handoff(CARRIER, WAREHOUSE, (goods, 1, 4)), submitBy=stage.now + 30)
    rival = stage.submit(late, CARRIER, WAREHOUSE)  # it takes the sequence that `ahead` was about to use
    stage.clock.advance(HOUR)
    stage.settle()
    assert stage.track(ahead).problem == "another record that uses the same sequence is pending"
    stage.pass_time(60)
    assert stage.track(rival).status == "rejected"
    assert stage.outcome(ahead) == ["applied"]
    assert stage.held_by(goods)[0] == SHOP
    stage.audited()


def test_a_broker_that_may_not_relay_is_refused_ahead_too_and_blocks_no_customs(stage: Stage) -> None:
    goods = stage.open(4, requires=(UNRELAYED,), endorsed=False)
    for by, sequence in ((BROKER, 0), (BROKER, 3)):
        with pytest.raises(RuleBroken, match="no broker relay"):
            stage.clear(by, ClearanceStatus.RELEASED, (goods, sequence))
    stage.clear(BROKER, ClearanceStatus.LODGED, (goods, 1))  # its papers may come before customs' word
    stage.clear(NZ, ClearanceStatus.PRESENTED, (goods, 0))
    stage.clear(NZ, ClearanceStatus.RELEASED, (goods, 1))
    assert stage.view(goods).clearances[0].released


def test_a_party_to_the_shipment_signs_no_decision_ahead_either(stage: Stage) -> None:
    stage.decide(RegistryAction.GRANT_ROLE, partner=SHOP, role=int(Role.CUSTOMS), scope=b"NZ".ljust(32, b"\0"))
    stage.pass_time(2 * HOUR)
    goods = stage.open(4, requires=(EXPORT,), endorsed=False)
    with pytest.raises(RuleBroken, match="decides nothing"):
        stage.clear(SHOP, ClearanceStatus.RELEASED, (goods, 2), assurance=Assurance.AUTHORITY_SIGNED)


def test_a_clearance_of_unknown_goods_holds_no_place_before_customs(stage: Stage) -> None:
    way = Journey(stage)
    goods = way.terms(4)
    word = Assurance.BROKER_WORD
    record = stage.scribe.clearance(
        BROKER, [(goods, 0)], "NZ", Regime.EXPORT, ClearanceStatus.RELEASED, declarant=MAKER, assurance=word
    )
    unknown = stage.submit(record, BROKER, MAKER)
    stage.settle()
    stage.trial.node.submission.submit(way.signed[0])
    stage.clear(NZ, ClearanceStatus.PRESENTED, (goods, 0))
    assert stage.settled(unknown)


# --- nothing is wasted -------------------------------------------------------------------------------------------


def test_a_hopeless_statement_costs_one_look_and_no_transactions_for_ever(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    stage.hand(MAKER, CARRIER, (goods, 0, 4))
    hopeless = stage.submit(stage.statement(StatementKind.TENDER, SECOND, goods, 3, SHOP), SECOND)
    for _ in range(40):
        stage.pass_time(DAY)
    assert sent(stage, hopeless) == 0
    assert waits(stage) == [to_hex(hopeless)]
    stage.hand(CARRIER, SHOP, (goods, 1, 4))
    assert (sent(stage, hopeless), waits(stage)) == (0, [to_hex(hopeless)])
    stage.audited()


def test_a_waiting_handoff_is_submitted_once_after_its_deadline(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    ahead = stage.submit(stage.scribe_handoff(CARRIER, SECOND, (goods, 1, 4)), CARRIER, SECOND)
    for _ in range(14 * 4):
        stage.pass_time(6 * HOUR)
    assert (sent(stage, ahead), stage.track(ahead).status) == (0, "pending")
    stage.pass_time(HOUR)
    assert (sent(stage, ahead), stage.track(ahead).status) == (1, "rejected")
    assert waits(stage) == []


def test_what_reverts_without_a_deadline_goes_to_sleep_and_wakes_when_its_goods_move(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    stage.sign(KeyGrant(MAKER, DEVICE.address, 0, 1 << 5, stage.now, stage.now + 40 * DAY, details()), MAKER, DEVICE)
    split = stage.submit(stage.scribe_split(MAKER, goods, 0, 2, 2), DEVICE)
    with stage.trial.node.home.database.write() as connection:
        outbox.postpone(connection, [split], stage.now + HOUR, "held back by the test")
    stage.sign(KeyRevoke(MAKER, DEVICE.address, details()), MAKER)
    for _ in range(35):
        stage.pass_time(DAY)
    with stage.trial.node.home.database.read() as connection:
        row = outbox.get(connection, split)
    assert row is not None
    assert (row.state, row.next_try) == (outbox.WAITING, outbox.NEVER)
    assert "NotItsKey" in stage.track(split).problem
    stage.hand(MAKER, CARRIER, (goods, 0, 4))
    with stage.trial.node.home.database.read() as connection:
        woken = outbox.get(connection, split)
    assert woken is not None
    assert woken.problem == row.problem
    assert stage.held_by(goods)[0] == CARRIER


def test_a_signer_may_have_only_so_many_records_waiting_and_others_do_not_answer_for_them(stage: Stage) -> None:
    node = stage.trial.node
    node.submission = Submission(node.home, node.sequencer, node.reader.registry, node.preflight, most_waiting=2)
    goods = stage.open(4, endorsed=False)
    for sequence in (3, 4):
        stage.submit(stage.statement(StatementKind.TENDER, AUDITOR, goods, sequence, CARRIER), AUDITOR)
    with pytest.raises(Busy, match="2 records of this signer wait"):
        stage.submit(stage.statement(StatementKind.TENDER, AUDITOR, goods, 5, CARRIER), AUDITOR)
    stage.submit(stage.scribe_handoff(CARRIER, SECOND, (goods, 1, 4)), CARRIER, SECOND)  # named there, yet signed none
    stage.hand(MAKER, CARRIER, (goods, 0, 4))
    assert stage.held_by(goods) == (SECOND, 4, 2)


def test_many_that_wait_do_not_hold_up_those_behind_them(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    for sequence in range(1, 13):
        stage.submit(stage.statement(StatementKind.TENDER, AUDITOR, goods, sequence, CARRIER), AUDITOR)
    relayer = stage.trial.node.work.relayer
    relayer._options = replace(relayer._options, batch=2)
    handed = stage.submit(stage.scribe_handoff(MAKER, CARRIER, (goods, 0, 4)), MAKER, CARRIER)
    relayer.step()
    stage.trial.node.work.follower.step()
    assert stage.outcome(handed) == ["applied"]


# --- it is told --------------------------------------------------------------------------------------------------


def test_the_answer_says_what_an_accepted_record_waits_for(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    record = stage.scribe_handoff(CARRIER, SECOND, (goods, 1, 4))
    for again in (False, True):
        result = submitted(stage, record, CARRIER, SECOND)
        assert isinstance(result, Accepted)
        assert result.again == again
        assert [(one.where, one.shipment, one.sequence, one.current) for one in result.awaited] == [
            ("items[0].sequence", goods, 1, 0)
        ]
    record_id = stage.trial.node.home.domain.record_id(record)
    assert waits(stage) == [to_hex(record_id)]
    assert stage.track(record_id).problem == "waits for its predecessor (items 0)"
    stage.hand(MAKER, CARRIER, (goods, 0, 4))
    assert waits(stage) == []
    last = submitted(stage, record, CARRIER, SECOND)
    assert isinstance(last, Accepted)
    assert last.awaited == ()


def test_a_shipment_that_nobody_has_opened_is_shown_with_what_waits_for_it(stage: Stage) -> None:
    way = Journey(stage)
    goods = way.terms(4)
    early = stage.submit(stage.scribe_handoff(MAKER, CARRIER, (goods, 0, 4)), MAKER, CARRIER)
    reading = stage.trial.node.reader.views
    assert (reading.unopened(goods).opener, reading.unopened(goods).records) == (None, (to_hex(early),))
    stage.trial.node.submission.submit(way.signed[0])
    assert reading.unopened(goods).opener == to_hex(goods)
    with pytest.raises(NotFound):
        reading.unopened(b"\5" * 32)


def test_an_override_that_is_only_ahead_is_not_called_announced(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    record = Override(goods, 1, CARRIER, SECOND, 4, 0, details())
    council = stage.trial.council[:2]
    override = stage.sign(record, *council, SECOND)
    assert stage.track(override).problem == "waits for its predecessor (items 0)"
    stage.hand(MAKER, CARRIER, (goods, 0, 4))
    assert "announced" in stage.track(override).problem
    assert waits(stage) == []
    stage.pass_time(3 * HOUR)
    assert stage.held_by(goods) == (SECOND, 4, 2)


# --- keys --------------------------------------------------------------------------------------------------------


def test_a_device_may_sign_while_its_grant_is_only_pending(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    grant = KeyGrant(CARRIER, DEVICE.address, 0, HANDOFFS, stage.now, stage.now + DAY, details())
    stage.submit(grant, CARRIER, DEVICE)
    handoff = stage.submit(stage.scribe_handoff(MAKER, CARRIER, (goods, 0, 4)), MAKER, DEVICE)
    stage.submit(stage.scribe_handoff(CARRIER, SECOND, (b"\7" * 32, 0, 4)), DEVICE, SECOND)  # it goes on waiting
    stage.settle()
    assert stage.outcome(handoff) == ["applied"]
    stage.audited()


def test_an_audit_since_knows_the_grants_that_waited_before(stage: Stage) -> None:
    """A chain that is away for a while leaves grants under the remembered checkpoint, and signatures after it."""
    goods = stage.open(4, endorsed=False)
    stage.submit(KeyGrant(CARRIER, DEVICE.address, 0, HANDOFFS, stage.now, stage.now + DAY, details()), CARRIER, DEVICE)
    for i in range(WIDTH):  # a tile is looked at again as a whole
        stage.submit(Observation(CARRIER, i.to_bytes(32), stage.now), CARRIER)
    publisher = stage.node.reader.publisher
    kept = HeldCheckpoint.read("kept", publisher.publish(stage.now).note)
    stage.submit(stage.scribe_handoff(MAKER, CARRIER, (goods, 0, 4)), MAKER, DEVICE)
    publisher.publish(stage.now)
    assert audit(stage.node.home.settings, since=kept, patience=0).findings == ()


def test_what_only_the_log_takes_needs_a_key_that_is_recorded(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    scopes = 1 << (Endorsement.NUMBER - 1)
    stage.submit(KeyGrant(CARRIER, DEVICE.address, 0, scopes, stage.now, stage.now + DAY, details()), CARRIER, DEVICE)
    with pytest.raises(NotPermitted, match="no part"):
        stage.submit(Endorsement(CARRIER, goods), DEVICE)
    stage.pass_time(60)
    stage.submit(Endorsement(CARRIER, goods), DEVICE)
    stage.audited()


def test_an_accepted_revocation_counts_before_the_chain_has_recorded_it(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    stage.sign(KeyGrant(CARRIER, DEVICE.address, 0, HANDOFFS, stage.now, stage.now + DAY, details()), CARRIER, DEVICE)
    stage.submit(KeyRevoke(CARRIER, DEVICE.address, details()), CARRIER)
    with pytest.raises(NotPermitted, match="no part"):
        stage.submit(stage.scribe_handoff(MAKER, CARRIER, (goods, 0, 4)), MAKER, DEVICE)


def test_an_accepted_suspension_counts_before_the_chain_has_recorded_it(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    sequence = stage.trial.next_sequence()
    record = change(sequence, RegistryAction.SUSPEND, partner=CARRIER)
    stage.submit(record, *stage.trial.council[:2])
    with pytest.raises(NotPermitted, match="suspended"):
        stage.submit(stage.scribe_handoff(MAKER, CARRIER, (goods, 0, 4)), MAKER, CARRIER)


def test_registry_changes_in_a_row_are_judged_on_those_before_them(stage: Stage) -> None:
    sequence = stage.trial.next_sequence()
    council = stage.trial.council[:2]
    stage.submit(change(sequence, RegistryAction.SUSPEND, partner=CARRIER), *council)
    again = change(sequence + 1, RegistryAction.SUSPEND, partner=CARRIER)
    with pytest.raises(LadingError, match="suspended"):
        stage.submit(again, *council)
    back = change(sequence + 1, RegistryAction.REINSTATE, partner=CARRIER)
    last = stage.submit(back, *council)
    stage.settle()
    assert stage.settled(last)


# --- records about records ---------------------------------------------------------------------------------------


def test_amendments_may_come_before_their_target_and_before_each_other(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    handoff = stage.scribe_handoff(MAKER, CARRIER, (goods, 0, 4))
    target = stage.trial.node.home.domain.record_id(handoff)
    first = Amendment(target, NO_HASH, int(AmendmentKind.CORRECTION), details(f'{{"dueAt":{stage.now + DAY}}}'))
    one = stage.trial.node.home.domain.record_id(first)
    second = Amendment(target, one, int(AmendmentKind.CORRECTION), details(f'{{"dueAt":{stage.now + 2 * DAY}}}'))
    for record in (second, first):
        result = submitted(stage, record, MAKER, CARRIER)
        assert isinstance(result, Proposed)
        assert f"record {to_hex(target)} as target" in result.missing
    stage.sign(handoff, MAKER, CARRIER)
    reading = stage.trial.node.reader.views
    assert reading.record(one).log.status != "proposed"
    assert reading.record(stage.trial.node.home.domain.record_id(second)).log.status != "proposed"
    stage.audited()


def test_signatures_that_have_no_part_in_what_was_kept_do_not_stop_it(stage: Stage) -> None:
    scopes = 1 << (Amendment.NUMBER - 1)
    stage.sign(KeyGrant(CARRIER, DEVICE.address, 0, scopes, stage.now, stage.now + DAY, details()), CARRIER, DEVICE)
    goods = stage.open(4, endorsed=False)
    handoff = stage.scribe_handoff(MAKER, CARRIER, (goods, 0, 4))
    target = stage.trial.node.home.domain.record_id(handoff)
    kept = Amendment(target, NO_HASH, int(AmendmentKind.CORRECTION), details(f'{{"dueAt":{stage.now + DAY}}}'))
    record_id = stage.trial.node.home.domain.record_id(kept)
    submitted(stage, kept, MAKER, CARRIER)
    for beside in (*stage.keys([BROKER]), DEVICE):  # while its target is not here, nobody knows who has to sign
        stage.trial.node.submission.countersign(record_id, [beside.sign_digest(record_id)])
    stage.sign(handoff, MAKER, CARRIER)
    view = stage.trial.node.reader.views.record(record_id)
    assert view.log.status == "accepted"
    assert len(view.signatures) == 2
    stage.audited()


def test_what_is_about_an_unknown_record_is_kept_only_for_partners(stage: Stage) -> None:
    record = Amendment(RecordId(b"\1" * 32), NO_HASH, int(AmendmentKind.CORRECTION), details('{"dueAt":1}'))
    with pytest.raises(NotPermitted, match="signed by no partner"):
        submitted(stage, record, key_of("stranger"))


def test_a_signer_may_keep_only_so_many_records_about_unknown_ones(stage: Stage) -> None:
    node = stage.trial.node
    node.submission = Submission(node.home, node.sequencer, node.reader.registry, node.preflight, most_waiting=2)
    unknown = [
        Amendment(RecordId(bytes([i]) * 32), NO_HASH, int(AmendmentKind.CORRECTION), details('{"dueAt":1}'))
        for i in range(1, 4)
    ]
    for record in unknown[:2]:
        submitted(stage, record, BROKER)
    with pytest.raises(Busy, match="2 records about others"):
        submitted(stage, unknown[2], BROKER)
    assert isinstance(submitted(stage, unknown[1], BROKER), Proposed)  # handed in again, it is no further one
    assert isinstance(submitted(stage, unknown[2], CARRIER), Proposed)  # nobody answers for another's


def test_an_answer_may_come_before_its_recall(stage: Stage) -> None:
    recall = scribe_recall(stage, [])
    record_id = stage.trial.node.home.domain.record_id(recall)
    early = submitted(stage, RecallAnswer(CARRIER, record_id, 1, 1, 0, stage.now, details()), CARRIER)
    assert isinstance(early, Proposed)
    assert early.missing == (f"record {to_hex(record_id)} as recall",)
    assert stage.trial.node.reader.views.record(early.record_id).log.missing == early.missing
    stage.straight_to_the_contract(recall, MAKER)
    stage.trial.node.submission.complete_kept()
    assert stage.trial.node.reader.views.record(early.record_id).log.status == "accepted"


def test_a_revocation_may_come_before_its_attestation(stage: Stage) -> None:
    attested = Attestation(
        MAKER, schema_hash(SCHEMA), "01/09421900000012", NO_HASH, stage.now, stage.now + DAY, NO_HASH,
        Claims(salt(), ""), NO_HASH, details(),
    )  # fmt: skip
    target = stage.trial.node.home.domain.record_id(attested)
    revocation = Revocation(MAKER, target, int(RevocationReason.ERROR), stage.now, details())
    assert isinstance(submitted(stage, revocation, MAKER), Proposed)
    stage.sign(attested, MAKER)
    assert stage.outcome(stage.trial.node.home.domain.record_id(revocation)) == ["applied"]


def test_of_two_amendments_that_name_the_same_one_before_them_one_is_accepted(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    target = stage.hand(MAKER, CARRIER, (goods, 0, 4))
    amend(stage, target, AmendmentKind.CORRECTION, {"dueAt": stage.now}, MAKER, CARRIER)
    with pytest.raises(Conflict):
        amend(stage, target, AmendmentKind.CORRECTION, {"dueAt": stage.now + 1}, MAKER, CARRIER)
    with stage.trial.node.home.database.read() as connection:
        assert len(pending.of_scope(connection, target + b"amended")) == 1


def test_what_is_stale_is_not_proposed(stage: Stage) -> None:
    goods = stage.open(4, endorsed=False)
    stage.hand(MAKER, CARRIER, (goods, 0, 4))
    record = stage.scribe_handoff(MAKER, CARRIER, (goods, 0, 4))
    with pytest.raises(RuleBroken, match="moved on"):
        submitted(stage, replace(record, items=(HandoffItem(goods, 0, 4, 0),)), MAKER)
