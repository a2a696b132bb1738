"""What waits for whom, from a proposal to a claim: it appears, its action is accepted, and it is gone."""

from dataclasses import replace
from typing import Any, cast

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from ledger.bonuses.amounts import Line, amounts_root
from ledger.bonuses.award_file import FORMAT
from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.cli.sandbox import Party
from ledger.codes import (
    AmendmentKind,
    ClearanceStatus,
    Gate,
    Hazard,
    HoldCause,
    RecallAction,
    Regime,
    RegistryAction,
    Role,
    StatementKind,
)
from ledger.common.ids import PartnerId, RecordId, to_hex
from ledger.common.periods import DAY
from ledger.records.signing import SigningKey
from ledger.records.types import (
    Amendment,
    BonusAgreement,
    BonusAward,
    Claim,
    Clearance,
    Dispute,
    Handoff,
    KeyGrant,
    Recall,
    RecallAnswer,
    Record,
    Require,
    Ruling,
    Share,
)
from ledger.registry.changes import change
from ledger.registry.enrolment import RoleRequest
from ledger.services.intake.submission import Proposed
from ledger.services.relay import pool_payments
from ledger.services.views.records import Reader
from ledger.shipments.default_terms import TENDER_WINDOW
from ledger.shipments.tenders import DISPUTE
from ledger.store import migrate
from ledger.worklist.items import Action, Kind
from ledger.worklist.signatures import KEY_NOTICE
from tests.api.world import GTIN
from tests.e2e.stage import (
    AUDITOR,
    BROKER,
    CARRIER,
    CN,
    LOCKER,
    MAKER,
    NZ,
    OCEAN,
    PROMISED,
    PURSE,
    SECOND,
    SHOP,
    SHORT,
    WAREHOUSE,
    Stage,
    key_of,
    remainder,
)
from tests.e2e.worklist.reading import drafted, kinds, only, reader_of, worklist

IMPORT = (Require(b"CN", int(Regime.IMPORT), int(Gate.DELIVERY), True),)
SCANNER = key_of("scanner of the worklist")


def propose(stage: Stage, record: Record, *signers: int | SigningKey) -> RecordId:
    result = stage.node.submission.submit(stage.trial.signed(record, *stage.keys(signers)))
    assert isinstance(result, Proposed), result
    return result.record_id


def test_a_proposal_waits_for_who_has_not_signed_it(stage: Stage) -> None:
    shipment = stage.open()
    record = stage.scribe_handoff(MAKER, CARRIER, (shipment, 0, 10), due_at=stage.now + 2 * DAY)
    propose(stage, record, MAKER)
    item = only(stage, CARRIER, Kind.SIGNATURE)
    assert (item.subject, item.until) == (stage.node.home.domain.record_id(record), record.submitBy - 1)
    assert Kind.SIGNATURE not in kinds(stage, MAKER)
    assert kinds(stage, SECOND) == []
    stage.sign(record, MAKER, CARRIER)
    held = only(stage, CARRIER, Kind.CUSTODY)
    assert (held.subject, held.until, held.draft["releaser"]) == (shipment, record.dueAt, CARRIER)
    assert kinds(stage, CARRIER) == [Kind.CUSTODY]
    assert Kind.CUSTODY not in kinds(stage, MAKER)
    stage.sign(drafted(stage, held, receiver=SHOP), CARRIER, SHOP)
    assert kinds(stage, CARRIER) == []


def test_an_amendment_waits_for_everybody_it_binds_though_it_names_nobody(stage: Stage) -> None:
    shipment = stage.open(liable=OCEAN)
    text = f'{{"commercial":{{"promisedAt":{stage.now + 20 * DAY}}}}}'
    amendment = Amendment(shipment, NO_HASH, int(AmendmentKind.TERMS), details(text))
    record_id = propose(stage, amendment, MAKER)
    for partner in (OCEAN, SHOP):
        assert only(stage, partner, Kind.SIGNATURE).subject == record_id
    assert Kind.SIGNATURE not in kinds(stage, MAKER)
    assert kinds(stage, CARRIER) == []
    propose(stage, amendment, SHOP)
    assert kinds(stage, SHOP) == []
    assert only(stage, OCEAN, Kind.SIGNATURE).action is Action.SIGN
    stage.sign(amendment, MAKER, SHOP, OCEAN)
    assert kinds(stage, OCEAN) == []


def test_an_amendment_that_came_before_its_target_is_told_once_it_can_be(stage: Stage) -> None:
    """Who has to sign is not known before: what was kept is found by them when somebody signs it again."""
    shipment = stage.open()
    handoff = stage.scribe_handoff(MAKER, CARRIER, (shipment, 0, 10))
    target = stage.node.home.domain.record_id(handoff)
    text = f'{{"occurredAt":{handoff.occurredAt - 60}}}'
    amendment = Amendment(target, NO_HASH, int(AmendmentKind.CORRECTION), details(text))
    propose(stage, amendment, MAKER)
    stage.sign(handoff, MAKER, CARRIER)
    propose(stage, amendment, MAKER)
    assert [i.facts["type"] for i in worklist(stage, CARRIER) if i.kind is Kind.SIGNATURE] == ["Amendment"]


def test_a_short_delivery_waits_for_who_handed_it_over(stage: Stage) -> None:
    shipment = stage.open()
    stage.hand(MAKER, CARRIER, (shipment, 0, 10), due_at=stage.now + DAY)
    stage.hand(CARRIER, SECOND, (shipment, 1, 7, SHORT))
    item = only(stage, CARRIER, Kind.MISSING)
    assert (item.subject, item.facts["packages"]) == (remainder(shipment, 1), 3)
    assert stage.outcome(stage.sign(drafted(stage, item), CARRIER)) == ["applied"]
    stage.state(StatementKind.LOST, CARRIER, item.subject, 0)
    assert kinds(stage, CARRIER) == []


def test_children_are_due_when_what_they_were_split_from_was(stage: Stage) -> None:
    shipment, due = stage.open(), stage.now + DAY
    stage.hand(MAKER, CARRIER, (shipment, 0, 10), due_at=due)
    children = stage.split(CARRIER, shipment, 1, 4, 6)
    found = worklist(stage, CARRIER)
    assert {item.subject for item in found} == set(children)
    assert {item.until for item in found} == {due}


# --- tenders -----------------------------------------------------------------------------------------------------


def tendered(stage: Stage) -> tuple[RecordId, RecordId]:
    """A shipment offered by the carrier on the promised day."""
    shipment = stage.open()
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.pass_time(PROMISED)
    return shipment, stage.state(StatementKind.TENDER, CARRIER, shipment, 1, SHOP)


def test_a_tender_can_be_contested_to_the_last_second_of_its_window(stage: Stage) -> None:
    _, tender = tendered(stage)
    item = only(stage, SHOP, Kind.TENDER)
    assert item.detail == to_hex(tender)
    assert item.until == stage.now + TENDER_WINDOW
    assert only(stage, MAKER, Kind.TENDER).until == item.until
    assert kinds(stage, CARRIER) == [Kind.CUSTODY]
    stage.clock.advance(item.until - stage.now)
    assert kinds(stage, SHOP) == [Kind.TENDER]
    stage.clock.advance(1)
    assert kinds(stage, SHOP) == kinds(stage, MAKER) == []


def test_a_contest_ends_the_window_and_waits_for_a_third_to_bear_the_tender_out(stage: Stage) -> None:
    shipment, tender = tendered(stage)
    contest = drafted(stage, only(stage, SHOP, Kind.TENDER))
    assert stage.outcome(stage.sign(contest, SHOP)) == ["applied"]
    assert kinds(stage, SHOP) == kinds(stage, MAKER) == []
    item = only(stage, CARRIER, Kind.CONTEST)
    assert item.until == item.since + DISPUTE
    assert stage.status(shipment) == "tendered"
    stage.endorse(tender, SECOND)  # a carrier is no third
    assert Kind.CONTEST in kinds(stage, CARRIER)
    stage.sign(drafted(stage, item, by=LOCKER), LOCKER)
    assert kinds(stage, CARRIER) == [Kind.CUSTODY]


def test_a_contested_tender_waits_no_longer_than_its_dispute(stage: Stage) -> None:
    shipment, _ = tendered(stage)
    stage.state(StatementKind.CONTEST, MAKER, shipment, 1, CARRIER)
    until = only(stage, CARRIER, Kind.CONTEST).until
    stage.clock.advance(until - stage.now)
    assert Kind.CONTEST in kinds(stage, CARRIER)
    stage.clock.advance(1)
    assert kinds(stage, CARRIER) == [Kind.CUSTODY]


def test_amended_terms_move_the_window(stage: Stage) -> None:
    shipment, _ = tendered(stage)
    before = only(stage, SHOP, Kind.TENDER).until
    text = f'{{"commercial":{{"tenderWindow":{TENDER_WINDOW + DAY}}}}}'
    stage.sign(Amendment(shipment, NO_HASH, int(AmendmentKind.TERMS), details(text)), MAKER, SHOP, CARRIER)
    assert only(stage, SHOP, Kind.TENDER).until == before + DAY


def test_a_tender_can_be_contested_after_the_goods_were_delivered(stage: Stage) -> None:
    """It may have stopped the penalty's clock before that."""
    shipment, _ = tendered(stage)
    stage.hand(CARRIER, SHOP, (shipment, 1, 10))
    contest = drafted(stage, only(stage, SHOP, Kind.TENDER))
    (key,) = stage.keys([SHOP])
    assert stage.node.submission.check_signable(contest, key.address).signer is not None
    assert stage.outcome(stage.sign(contest, SHOP)) == ["applied"]
    assert kinds(stage, CARRIER) == [Kind.CONTEST]


def test_who_did_not_hold_the_goods_offers_nothing_to_anybody(stage: Stage) -> None:
    shipment = stage.open()
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    stage.hand(CARRIER, SECOND, (shipment, 1, 10))
    stage.pass_time(PROMISED)
    stage.state(StatementKind.TENDER, OCEAN, shipment, 1, SHOP)
    assert kinds(stage, SHOP) == []
    stage.state(StatementKind.TENDER, CARRIER, shipment, 1, SHOP)
    assert only(stage, SHOP, Kind.TENDER).partner == CARRIER


# --- customs -----------------------------------------------------------------------------------------------------


def test_a_clearance_waits_for_parties_then_customs_then_broker_and_parties(stage: Stage) -> None:
    shipment = stage.open(requires=IMPORT)
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    for partner in (MAKER, SHOP, CARRIER):
        assert only(stage, partner, Kind.CLEARANCE).draft["declarant"] == partner
    assert kinds(stage, BROKER) == kinds(stage, CN) == kinds(stage, NZ) == []
    stage.clear(BROKER, ClearanceStatus.LODGED, (shipment, 0), jurisdiction="CN", regime=Regime.IMPORT)
    assert kinds(stage, SHOP) == kinds(stage, MAKER) == kinds(stage, NZ) == []
    assert kinds(stage, CN) == [Kind.DECISION]
    assert kinds(stage, BROKER) == [Kind.RELAY]
    stage.clear(
        CN, ClearanceStatus.HELD, (shipment, 0), jurisdiction="CN", regime=Regime.IMPORT, cause=HoldCause.DOCUMENTS
    )
    assert kinds(stage, BROKER) == kinds(stage, SHOP) == kinds(stage, MAKER) == [Kind.CUSTOMS_HOLD]
    lodged = drafted(stage, only(stage, SHOP, Kind.CUSTOMS_HOLD))
    assert stage.outcome(stage.sign(lodged, SHOP)) == ["applied"]
    assert kinds(stage, SHOP) == []
    release = drafted(stage, only(stage, CN, Kind.DECISION))
    assert isinstance(release, Clearance)
    assert stage.outcome(stage.sign(release, CN)) == ["applied"]
    assert kinds(stage, CN) == kinds(stage, BROKER) == []
    assert kinds(stage, CARRIER) == [Kind.CUSTODY]


def test_a_broker_passes_the_decision_on(stage: Stage) -> None:
    shipment = stage.open(requires=IMPORT)
    stage.clear(BROKER, ClearanceStatus.LODGED, (shipment, 0), jurisdiction="CN", regime=Regime.IMPORT)
    release = cast(Clearance, drafted(stage, only(stage, BROKER, Kind.RELAY)))
    assert stage.outcome(stage.sign(release, BROKER, release.declarant)) == ["applied"]
    assert kinds(stage, BROKER) == kinds(stage, CN) == []


def test_what_is_split_has_its_own_clearances_and_its_parent_none(stage: Stage) -> None:
    shipment = stage.open(requires=IMPORT)
    stage.clear(BROKER, ClearanceStatus.LODGED, (shipment, 0), jurisdiction="CN", regime=Regime.IMPORT)
    children = stage.split(MAKER, shipment, 0, 4, 6)
    assert kinds(stage, CN) == kinds(stage, BROKER) == []
    assert {i.subject for i in worklist(stage, SHOP) if i.kind is Kind.CLEARANCE} == set(children)


# --- recalls -----------------------------------------------------------------------------------------------------


def test_a_recall_waits_for_whom_it_reached_and_for_its_author(stage: Stage) -> None:
    shipment = stage.open(lot="L7")
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    recall = Recall(
        MAKER, f"01/{GTIN}/10/L7", "", int(Hazard.ALLERGEN), int(RecallAction.RETURN), "r@maker.example", NO_HASH,
        stage.now, details(),
    )  # fmt: skip
    stage.attest("L7")
    record_id = stage.sign(recall, MAKER)
    item = only(stage, CARRIER, Kind.RECALL)
    assert (item.subject, item.partner, item.facts["packages"]) == (record_id, MAKER, 10)
    assert only(stage, MAKER, Kind.ANSWERS).facts["partners"] == 1
    assert kinds(stage, SHOP) == []
    answer = cast(RecallAnswer, drafted(stage, item, found=10, quarantined=10))
    stage.sign(answer, CARRIER)
    assert kinds(stage, CARRIER) == [Kind.CUSTODY]
    assert Kind.ANSWERS not in kinds(stage, MAKER)


# --- bonuses -----------------------------------------------------------------------------------------------------


def test_an_award_waits_for_awarder_parties_arbiter_and_claims(stage: Stage) -> None:
    token = stage.node.home.deployment.token or b""
    terms = BonusAgreement(
        salt(), (Share(CARRIER, 6_000), Share(WAREHOUSE, 4_000)), SHOP, SHOP, token, "EUR", NO_HASH, stage.now,
        stage.now + DAY, DAY, AUDITOR, DAY, stage.now + 10 * DAY, stage.now + 100 * DAY, details(),
    )  # fmt: skip
    propose(stage, terms, CARRIER)
    assert [i.facts["type"] for i in worklist(stage, WAREHOUSE)] == ["BonusAgreement"]
    agreement = stage.sign(terms, CARRIER, WAREHOUSE)
    pool_payments.fund(stage.node.home, stage.node.chain, PURSE, agreement, 1_000_00)
    assert kinds(stage, SHOP) == []
    stage.pass_time(2 * DAY)
    assert only(stage, SHOP, Kind.AWARD).until == terms.deadline

    award(stage, only(stage, SHOP, Kind.AWARD).draft, agreement, carrier=600_00, warehouse=0)
    assert kinds(stage, SHOP) == kinds(stage, AUDITOR) == []
    dispute = drafted(stage, only(stage, WAREHOUSE, Kind.AWARD_CHECK), reason="0x" + "05" * 32)
    assert isinstance(dispute, Dispute)
    assert stage.outcome(stage.sign(dispute, WAREHOUSE)) == ["applied"]
    for partner in (SHOP, CARRIER, WAREHOUSE):
        assert only(stage, partner, Kind.AWARD_DISPUTE).action is Action.LOOK
    ruling = drafted(stage, only(stage, AUDITOR, Kind.AWARD_DISPUTE), upheld=True, reason="0x" + "05" * 32)
    assert isinstance(ruling, Ruling)
    assert stage.outcome(stage.sign(ruling, AUDITOR)) == ["applied"]
    assert kinds(stage, AUDITOR) == kinds(stage, CARRIER) == []

    again = only(stage, SHOP, Kind.AWARD)
    assert again.draft["version"] == 2
    award(stage, again.draft, agreement, carrier=600_00, warehouse=0)
    until = only(stage, CARRIER, Kind.AWARD_CHECK).until
    stage.pass_time(until - stage.now)
    assert kinds(stage, CARRIER) == [Kind.AWARD_CHECK]
    stage.pass_time(1)
    assert kinds(stage, WAREHOUSE) == []  # nothing of it is its
    for partner, amount in ((CARRIER, 600_00), (SHOP, 400_00)):
        item = only(stage, partner, Kind.CLAIM)
        assert item.facts["amount"] == str(amount)
        claim = drafted(stage, item, payTo=to_hex(key_of(f"account {partner}").address))
        assert isinstance(claim, Claim)
        assert stage.outcome(stage.sign(claim, partner)) == ["applied"]
        assert kinds(stage, partner) == []


def award(stage: Stage, draft: Any, agreement: RecordId, *, carrier: int, warehouse: int) -> None:
    lines = [Line(PartnerId(CARRIER), carrier), Line(PartnerId(WAREHOUSE), warehouse)]
    version = draft["version"]
    root = amounts_root(agreement, version, lines)
    log_id = stage.node.home.consortium.log.log_id
    record = BonusAward(SHOP, agreement, version, log_id, stage.award_size(agreement), 1_000_00, root, NO_HASH)
    assert stage.outcome(stage.sign(record, SHOP)) == ["applied"]
    file = {"format": FORMAT, "lines": [{"partner": line.partner, "amount": str(line.amount)} for line in lines]}
    stage.node.reader.bonuses.keep_file(agreement, version, file)


# --- keys, council, auditors -------------------------------------------------------------------------------------


def test_a_device_sees_what_it_may_sign_and_that_it_expires(stage: Stage) -> None:
    grant = KeyGrant(CARRIER, SCANNER.address, 0, 1 << (Handoff.NUMBER - 1), stage.now, stage.now + 20 * DAY, details())
    propose(stage, grant, CARRIER)
    assert kinds(stage, SCANNER) == [Kind.SIGNATURE]
    stage.sign(grant, CARRIER, SCANNER)
    shipment = stage.open(requires=IMPORT)
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    assert kinds(stage, SCANNER) == [Kind.CUSTODY]
    assert sorted(kinds(stage, CARRIER)) == [Kind.CLEARANCE, Kind.CUSTODY]
    stage.pass_time(grant.validUntil - KEY_NOTICE - stage.now - 1)
    assert Kind.KEY not in kinds(stage, CARRIER)
    stage.pass_time(1)
    item = only(stage, CARRIER, Kind.KEY)
    assert (item.subject, item.action) == (SCANNER.address, Action.GRANT)
    assert only(stage, SCANNER, Kind.KEY).action is Action.LOOK
    fresh = key_of("the scanner after")
    stage.sign(drafted(stage, item, key=to_hex(fresh.address)), CARRIER, fresh)
    stage.pass_time(item.until - stage.now)
    assert Kind.KEY in kinds(stage, CARRIER)
    stage.pass_time(1)
    assert Kind.KEY not in kinds(stage, CARRIER)


def test_a_flood_of_grants_that_anybody_proposes_hides_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger's keys ask the carrier for grants; what really waits for the carrier is listed all the same."""
    monkeypatch.setattr("ledger.services.worklist.sources.MOST", 5)
    shipment = stage.open()
    waits = propose(stage, stage.scribe_handoff(MAKER, CARRIER, (shipment, 0, 10)), MAKER)
    for number in range(6):
        stage.clock.advance(1)
        key = key_of(f"stranger {number}")
        propose(stage, KeyGrant(CARRIER, key.address, 0, 1 << 4, stage.now, stage.now + DAY, details()), key)
    assert only(stage, CARRIER, Kind.SIGNATURE).subject == waits
    shown = stage.node.reader.views.proposals_for(Reader(CARRIER), stage.now, limit=5)
    assert [view.id for view in shown] == [to_hex(waits)]


def test_the_council_sees_enrolments_and_changes_that_lack_a_members_signature(stage: Stage) -> None:
    first, second, third = stage.trial.council
    assert kinds(stage, first) == []
    party = Party(60, "Tui Lines", key_of("tui"))
    enrolment = stage.trial.enrol(party, "", [RoleRequest(Role.CARRIER)])
    item = only(stage, first, Kind.ENROLMENT)
    assert item.facts["name"] == "Tui Lines"
    assert kinds(stage, MAKER) == []
    admission = drafted(stage, item, partner=60)
    assert admission == change(
        stage.trial.next_sequence(), RegistryAction.ADMIT, partner=60, key=party.key.address,
        document=enrolment.document_hash(),
    )  # fmt: skip
    result = stage.node.submission.submit(stage.trial.signed(admission, first))
    assert isinstance(result, Proposed)
    assert kinds(stage, first) == []
    assert kinds(stage, second) == kinds(stage, third) == [Kind.SIGNATURE]
    stage.node.submission.submit(stage.trial.signed(admission, second))
    stage.settle()
    assert kinds(stage, third) == []


def test_an_auditor_sees_that_nothing_was_anchored_for_an_hour(stage: Stage) -> None:
    stage.node.settle()
    assert kinds(stage, AUDITOR) == []
    stage.open()
    stage.node.work.publish()
    stage.clock.advance(3601)
    assert kinds(stage, AUDITOR) == [Kind.UNANCHORED]
    assert kinds(stage, MAKER) == [Kind.CUSTODY]
    stage.node.settle()
    assert kinds(stage, AUDITOR) == []


# --- who sees what, and what it costs ----------------------------------------------------------------------------


def test_nobody_sees_what_waits_for_others(stage: Stage) -> None:
    shipment = stage.open(requires=IMPORT)
    stage.hand(MAKER, CARRIER, (shipment, 0, 10))
    propose(stage, stage.scribe_handoff(CARRIER, OCEAN, (shipment, 1, 10)), CARRIER)
    for stranger in (SECOND, WAREHOUSE, LOCKER, BROKER, NZ, CN, AUDITOR, key_of("a stranger")):
        assert worklist(stage, stranger) == []
    public = replace(reader_of(stage, SHOP), partner=0, key=b"")
    page = stage.node.reader.worklists.page(public)
    assert (page.items, page.counts, page.urgent) == ((), (), 0)


@pytest.mark.parametrize("count", [2, 40])
def test_however_many_shipments_it_takes_ten_statements(stage: Stage, count: int) -> None:
    stage.split(MAKER, stage.open(count, requires=IMPORT), 0, *([1] * count))
    reader = reader_of(stage, MAKER)
    stage.node.reader.worklists.view(reader)  # names, and terms of agreements, are asked for once
    with Statements() as statements:
        view = stage.node.reader.worklists.view(reader, limit=20)
    assert sum(c.items for c in view.counts) >= 2 * count
    assert statements.count <= 10, statements.count


class Statements:
    """Counts those that reach a database, but for the beginnings of transactions."""

    def __enter__(self) -> "Statements":
        self.count = 0
        event.listen(Engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "before_cursor_execute", self._note)

    def _note(self, _c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.count += not statement.startswith("BEGIN")


def test_the_rows_behind_worklists_are_what_the_records_amount_to(stage: Stage) -> None:
    shipment, _ = tendered(stage)
    stage.state(StatementKind.CONTEST, SHOP, shipment, 1, CARRIER)
    other = stage.open(requires=IMPORT)
    stage.clear(BROKER, ClearanceStatus.LODGED, (other, 0), jurisdiction="CN", regime=Regime.IMPORT)
    stage.audited()
    before = [worklist(stage, who) for who in (MAKER, CARRIER, CN, BROKER)]
    assert all(before)
    with stage.node.home.database.write() as connection:
        migrate.recreate_projections(connection)
        stage.node.projector.catch_up(connection)
    assert [worklist(stage, who) for who in (MAKER, CARRIER, CN, BROKER)] == before
