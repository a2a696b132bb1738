"""Outbox, transactions, leases, cursors, proposals, and the projections' query functions."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId
from ledger.records.index_keys import Concern
from ledger.records.types import ShipmentTerms
from ledger.services.intake.sequencer import Sequencer
from ledger.store import (
    checkpoints,
    cursors,
    meta,
    migrate,
    outbox,
    pending,
    proposals,
    records,
    transactions,
)
from ledger.store.database import Database
from ledger.store.documents import enrolments
from ledger.store.processes import leases
from ledger.store.projections import bonuses, partners, products, shipments
from ledger.store.rows import CHUNK, text_of
from tests.samples import sample
from tests.store.entries import endorsement, endorsements, entry_of, rng, shipment
from tests.store.test_plans import ASKED

IDS = [RecordId(bytes([n]) * 32) for n in range(10)]
BIG = 2**128 - 1


@given(
    st.recursive(
        st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=126)), inner),
    )
)
def test_the_fast_text_is_the_canonical_text(value: object) -> None:
    assert text_of(value).encode() == canonical_json(value)


def test_every_character_is_spelt_as_rfc_8785_says() -> None:
    characters = "".join(chr(n) for n in range(sys.maxunicode + 1) if not 0xD800 <= n < 0xE000)
    assert text_of(characters).encode() == canonical_json(characters)


def test_the_outbox_in_log_order(database: Database, sequencer: Sequencer) -> None:
    entries = [endorsement(n, relay=n % 2 == 0) for n in range(10)]
    sequencer.append(entries)
    with database.write() as connection:
        rows = outbox.due(connection, 0, 3)
        assert [row.log_index for row in rows] == [0, 2, 4]
        assert [row.log_index for row in outbox.due(connection, 0, 10, after=4)] == [6, 8]
        outbox.postpone(connection, [rows[0].record_id], 50, "the node is away")
        outbox.mark_sent(connection, [rows[1].record_id])
        outbox.settle(connection, [rows[2].record_id])
        assert [row.log_index for row in outbox.due(connection, 49, 10)] == [6, 8]
        assert [row.log_index for row in outbox.due(connection, 50, 10)] == [0, 6, 8]
        assert outbox.left(connection) == 4
        first = outbox.get(connection, rows[0].record_id)
        assert first is not None
        assert (first.attempts, first.problem, first.type_number) == (1, "the node is away", 15)
        assert [row.log_index for row in outbox.in_state(connection, outbox.SENT, 5)] == [2]
        outbox.postpone(connection, [row.record_id for row in rows], 0, "again")
        assert [row.log_index for row in outbox.due(connection, 0, 10)] == [0, 2, 6, 8], "final stays final"
        assert outbox.get(connection, entries[1].record_id) is None


def test_transactions_are_kept_before_they_are_sent(database: Database) -> None:
    new = [
        transactions.NewTransaction(f"record:{n}", (IDS[n],), b"a" * 20, n, bytes([n]), bytes([n]) * 32)
        for n in range(3)
    ]
    with database.write() as connection:
        assert transactions.next_nonce(connection, b"a" * 20) == 0
        transactions.store(connection, new, 5)
        assert transactions.next_nonce(connection, b"a" * 20) == 3
        assert transactions.next_nonce(connection, b"b" * 20) == 0
        transactions.update_state(connection, [new[0].hash], transactions.MINED, block_number=7)
        transactions.update_state(connection, [new[1].hash], transactions.UNKNOWN, problem="timeout")
        assert [t.nonce for t in transactions.unfinished(connection, b"a" * 20)] == [1, 2]
        assert [t.state for t in transactions.of_record(connection, IDS[1])] == ["unknown"]
        assert transactions.of_record(connection, IDS[2])[0].raw == b"\2"
        assert [t.block_number for t in transactions.of_record(connection, IDS[0])] == [7]


def test_a_lease_has_one_holder(database: Database) -> None:
    with database.write() as connection:
        assert leases.take(connection, "anchor", "a", 60)
        assert leases.renew(connection, "anchor", "a", 60)
        assert not leases.take(connection, "anchor", "b", 60)
        assert not leases.renew(connection, "anchor", "b", 60)
        assert leases.take(connection, "follower", "b", 60)
        leases.release(connection, "anchor", "b")
        assert leases.holder(connection, "anchor") == "a"
        leases.release(connection, "anchor", "a")
        assert leases.take(connection, "anchor", "b", 60), "given up"
        assert leases.take(connection, "anchor", "c", 60, from_anybody=True)
        assert leases.holder(connection, "anchor") == "c"


def test_a_lease_that_ran_out_is_its_holders_until_another_takes_it(database: Database) -> None:
    with database.write() as connection:
        assert leases.take(connection, "anchor", "a", -5)
        assert leases.renew(connection, "anchor", "a", -5)
        assert leases.take(connection, "anchor", "b", 60)
        assert not leases.renew(connection, "anchor", "a", 60)


def test_cursors_and_meta(database: Database) -> None:
    with database.write() as connection:
        assert cursors.get(connection, "chain") is None
        cursors.put(connection, "chain", 5, b"h" * 32)
        cursors.put(connection, "chain", 6, b"i" * 32)
        assert cursors.get(connection, "chain") == cursors.Cursor("chain", 6, b"i" * 32)
        meta.put(connection, "a", "1")
        meta.put(connection, "a", "2")
        assert meta.put_new(connection, "a", "3") == "2"
        assert meta.put_new(connection, "b", "") == ""
        meta.remove(connection, "a")
        assert meta.get(connection, "a") is None


def test_enrolments(database: Database) -> None:
    first = enrolments.StoredEnrolment(b"h" * 32, b"{}", b"s" * 65, b"k" * 20, 1)
    with database.write() as connection:
        enrolments.add(connection, first, admitted=False)
        enrolments.add(connection, first, admitted=False)
        assert enrolments.get(connection, b"h" * 32) == first
        assert enrolments.of_key(connection, b"k" * 20) == enrolments.listing(connection) == [first]


def test_many_are_asked_about_at_once(database: Database, sequencer: Sequencer) -> None:
    """As one by one, and beyond what one question holds."""
    made = endorsements(CHUNK + 3)
    sequencer.append(made)
    ids = [entry.record_id for entry in made]
    terms = sample(ShipmentTerms, rng(4), items=2)
    entry, number = entry_of(terms), ShipmentTerms.NUMBER
    proposal = proposals.Proposal(entry.record_id, terms, {"1": b"a" * 65}, 100, 200)
    slots = {pending.Slot(bytes([i]) * 32, n): ids[i] for i in range(3) for n in (2, 1)}
    with database.write() as connection:
        proposals.add(connection, proposal, [Concern("record", "0x01"), Concern("partner", "0x02")])
        pending.take(connection, slots)
        found = records.get_many(connection, [*ids, entry.record_id])
        assert set(found) == set(ids)
        assert all(found[one] == records.get(connection, one) for one in ids[:3])
        assert proposals.get_many(connection, [*ids, entry.record_id]) == {entry.record_id: proposal}
        keys = [f"0x{i:02x}" for i in range(CHUNK + 3)]
        for kinds, now, expected in (((number,), 150, {"0x01"}), ((number,), 200, set()), ((99,), 150, set())):
            assert proposals.about_many(connection, "record", keys, types=kinds, now=now) == expected
        scopes = [bytes([i]) * 32 for i in range(5)]
        assert pending.of_scopes(connection, scopes) == {one: pending.of_scope(connection, one) for one in scopes[:3]}
        assert proposals.take(connection, [*ids, entry.record_id]) == {entry.record_id: proposal.record}
        assert proposals.get(connection, entry.record_id) is None


def test_proposals_gather_signatures_and_expire(database: Database) -> None:
    terms = sample(ShipmentTerms, rng(4), items=2)
    entry = entry_of(terms)
    proposal = proposals.Proposal(entry.record_id, terms, {"1": b"a" * 65}, 100, 200)
    with database.write() as connection:
        assert proposals.add(connection, proposal, [Concern("partner", "1"), Concern("partner", "2")])
        assert not proposals.add(connection, proposal, [])
        assert proposals.get(connection, entry.record_id) == proposal, "parts are open as proposed"
        signed = proposals.sign(connection, entry.record_id, {"2": b"b" * 65})
        assert signed is not None
        assert dict(signed.signatures) == {"1": b"a" * 65, "2": b"b" * 65}
        assert proposals.get(connection, entry.record_id, lock=True) == signed
        assert proposals.listing(connection, "partner", "2", now=150) == [signed]
        assert proposals.listing(connection, "partner", "3", now=150) == []
        assert proposals.listing(connection, now=200) == []
        assert proposals.remove_expired(connection, 199) == 0
        assert proposals.remove_expired(connection, 200) == 1
        assert proposals.sign(connection, entry.record_id, {}) is None


def test_checkpoints_and_their_anchors(database: Database) -> None:
    with database.write() as connection:
        assert checkpoints.latest(connection) is None
        for size in (3, 5, 9):
            checkpoints.add(connection, size, bytes([size]) * 32, b"note", size)
        checkpoints.add(connection, 5, b"other" * 8, b"other", 99)
        checkpoints.set_anchored(connection, 5, 70, b"t" * 32, 700)
        checkpoints.set_anchored(connection, 5, 71, b"u" * 32, 710)
        latest, anchored = checkpoints.latest(connection), checkpoints.latest_anchored(connection)
        assert latest is not None
        assert latest.size == 9
        assert anchored == checkpoints.StoredCheckpoint(5, b"\5" * 32, "note", 5, 70, b"t" * 32, 700, 3)
        sizes = [checkpoints.covering(connection, index) for index in (0, 2, 3, 8, 9)]
        assert [c.size if c else None for c in sizes] == [3, 3, 5, 9, None]
        assert checkpoints.covering(connection, 2, anchored=True) == anchored
        assert checkpoints.covering(connection, 5, anchored=True) is None
        assert [c.size for c in checkpoints.listing(connection, limit=2)] == [9, 5]
        assert [c.size for c in checkpoints.listing(connection, before=5)] == [3]
        checkpoints.add(connection, 7, b"\7" * 32, b"note", 7)  # a database that lost it is given it again
        links = [(c.size, c.previous) for c in reversed(checkpoints.listing(connection))]
        assert links == [(3, None), (5, 3), (7, 5), (9, 7)]


# --- projections -----------------------------------------------------------------------------------------------------


def test_shipments_and_their_lines(database: Database) -> None:
    made = [shipment(n, custodian=2 + n % 2) for n in range(1, 6)]
    split = [shipment(n, opened=6, parent=made[0].shipment) for n in (10, 11, 12)]
    step = shipments.CustodyStep(made[0].shipment, 0, IDS[1], 0, "opened", 0, 1, 5, 0, 1, 10, None, None, 1)
    state = shipments.ClearanceState(made[0].shipment, "US", 1, 5, 2, IDS[2])
    line = shipments.ClearanceStep(made[0].shipment, "US", 1, 0, IDS[2], 9, 8, 5, 0, 0, 3, 1, 10, 7, 11, 2)
    with database.write() as connection:
        shipments.put(connection, made + split)
        shipments.put(connection, made)
        assert shipments.get(connection, made[2].shipment) == made[2]
        assert set(shipments.get_many(connection, [m.shipment for m in made] + [bytes(32)])) == {
            m.shipment for m in made
        }
        assert shipments.children(connection, made[0].shipment) == split
        assert {row.shipment for row in shipments.under_terms(connection, [bytes(32)])} == {
            row.shipment for row in made + split
        }
        assert shipments.beginning_with(connection, "0a0a0a0", 9) == [split[0]]
        shipments.add_steps(connection, [step])
        assert shipments.steps(connection, made[0].shipment) == [step]
        shipments.put_clearances(connection, [state])
        assert shipments.clearances(connection, made[0].shipment) == [state]
        shipments.add_clearance_steps(connection, [line])
        assert shipments.clearance_steps(connection, made[0].shipment) == [line]


def test_whatever_is_asked_is_answered(database: Database, sequencer: Sequencer) -> None:
    sequencer.append(endorsements(3))
    with database.read() as connection:
        for ask in ASKED.values():
            ask(connection)


def test_products(database: Database) -> None:
    subject = "01/09506000134352/10/LOT"
    one = products.StoredAttestation(IDS[1], 4, bytes(32), subject, IDS[0], 0, 9, bytes(32), 1, None, None, 1, 2, 3)
    recall = products.StoredRecall(IDS[2], 4, subject, "[]", 1, 1, "", IDS[0], None, 1, 5, 1, 2, 4)
    answer = products.RecallAnswerRow(IDS[3], IDS[2], 5, 1, 2, 3, 6, None, None, 5)
    with database.write() as connection:
        products.put_attestations(connection, [one])
        products.revoke(connection, IDS[1], IDS[7], 6)
        products.revoke(connection, IDS[1], IDS[8], 5)
        products.revoke(connection, IDS[1], IDS[9], 6)
        (found,) = products.attestations_under(connection, subject)
        assert (found.revoked_by, found.revoked_from) == (IDS[8], 5), "the one that is effective first"
        assert products.attestations_under(connection, "other") == []
        products.put_recalls(connection, [recall])
        products.supersede(connection, IDS[2], IDS[7])
        (seen,) = products.recalls_within(connection, subject)
        assert seen.superseded_by == IDS[7]
        assert products.recall(connection, IDS[2]) == seen
        assert products.recalls_within(connection, "01/09506000134352") == [seen]
        assert products.recalls_within(connection, "01/0950600013435") == []
        assert products.recalls_within(connection, "01/0950600013435_") == []
        assert products.all_recalls(connection, after=3) == [seen]
        products.add_recall_answers(connection, [answer])
        assert products.recall_answers(connection, IDS[2]) == [answer]


def test_bonuses_and_registry(database: Database) -> None:
    agreement = bonuses.StoredAgreement(IDS[1], 1, 2, 3, bytes(20), "USD", 0, 9, "[[1,10000]]", BIG, "open", 1, 2, 3)
    award = bonuses.StoredAward(IDS[1], 1, IDS[2], BIG, bytes(32), bytes(32), 2**64 - 1, None, None, None, 1, 2, 4)
    claim = bonuses.StoredClaim(IDS[1], 1, 7, IDS[3], BIG, bytes(20), 1, 1, 2, 5)
    change = partners.StoredChange(1, IDS[4], 1, 7, bytes(20), 0, bytes(32), 0, bytes(32), 5, 1, 2, 6)
    with database.write() as connection:
        bonuses.put_agreements(connection, [agreement])
        bonuses.put_awards(connection, [award])
        bonuses.put_claims(connection, [claim])
        partners.put_changes(connection, [change])
        assert bonuses.agreement(connection, IDS[1]) == agreement
        assert bonuses.agreements(connection) == [agreement]
        assert bonuses.awards(connection, IDS[1]) == [award]
        assert bonuses.award(connection, IDS[2]) == award
        assert bonuses.claims(connection, IDS[1]) == [claim]
        assert partners.changes(connection) == partners.changes(connection, partner=7) == [change]
        assert partners.changes(connection, partner=8) == []


def test_projections_are_dropped_and_recreated_in_one_call(database: Database, sequencer: Sequencer) -> None:
    sequencer.append(endorsements(3))
    with database.write() as connection:
        shipments.put(connection, [shipment(1)])
        migrate.set_projected_size(connection, 3)
        migrate.recreate_projections(connection)
    with database.read() as connection:
        assert shipments.get(connection, shipment(1).shipment) is None
        assert migrate.projected_size(connection) == 0
