"""Verdicts on products: whose word counts, what is valid when, recalls, and copied codes."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from ledger.codes import Hazard, Outcome, RecallAction, RevocationReason, Role, ShipmentState
from ledger.common.ids import RecordId
from ledger.common.keccak import keccak256
from ledger.products.authenticity import (
    Evidence,
    Fate,
    ProductVerdict,
    Scan,
    Sighting,
    Verdict,
    Why,
    holders_from,
    judge,
)
from ledger.products.brand_authority import BRAND_AUTHORISATION
from ledger.products.gs1 import Product
from ledger.records.eip712 import Withheld
from ledger.records.types import Attestation, Recall, Record, Revocation
from ledger.records.verification import Facts, VerifiedRecord, already_verified

BRAND, PLANT, LICENSEE, RIVAL, AUTHORITY, LABORATORY = 1, 2, 3, 4, 5, 6
GTIN, FOREIGN = "09506000134352", "04006381333931"
ITEM = Product(GTIN, "A1", "7")
ZERO = bytes(32)
DAY = 86_400
NOW = 1_760_000_000
ORIGIN = keccak256(b"origin")
HIDDEN = Withheld(ZERO)


@dataclass
class Book:
    """Records as a verifier would hand them over; every new one is logged a minute after the one before."""

    records: list[VerifiedRecord] = field(default_factory=list)
    time: int = NOW - 30 * DAY
    sightings: list[Sighting] = field(default_factory=list)
    fates: list[Fate] = field(default_factory=list)
    listed: set[tuple[RecordId, str]] = field(default_factory=set)

    def add(self, record: Record, by: int, *, outcome: Outcome = Outcome.APPLIED, roles: int = 0) -> RecordId:
        self.time += 60
        record_id = RecordId(keccak256(len(self.records).to_bytes(4, "big")))
        facts = Facts(len(self.records), self.time, 1, self.time, 0, (outcome,), len(self.records))
        self.records.append(already_verified(record_id, record, (by,), facts, roles=(roles,)))
        return record_id

    def attest(
        self, by: int = BRAND, subject: str = f"01/{GTIN}", outcome: Outcome = Outcome.APPLIED, **fields: Any
    ) -> RecordId:
        values: dict[str, Any] = {
            "schema": ORIGIN, "accreditation": ZERO, "validFrom": 0, "validUntil": 0, "document": ZERO,
            "claims": HIDDEN, "itemCodes": ZERO, "details": HIDDEN,
        } | fields  # fmt: skip
        return self.add(Attestation(by=by, subject=subject, **values), by, outcome=outcome)

    def authorise(self, by: int, partner: int, **fields: Any) -> RecordId:
        return self.attest(by, f"partner/{partner}", schema=BRAND_AUTHORISATION, **fields)

    def revoke(
        self, target: RecordId, by: int = BRAND, since: int = 0, reason: int = RevocationReason.ERROR
    ) -> RecordId:
        return self.add(Revocation(by, target, reason, since, HIDDEN), by)

    def recall(self, by: int = BRAND, subject: str = f"01/{GTIN}", *, roles: int = 0, **fields: Any) -> RecordId:
        values: dict[str, Any] = {
            "lots": "", "hazard": Hazard.BIOLOGICAL, "action": RecallAction.RETURN, "contact": "0800 1234",
            "supersedes": ZERO, "occurredAt": 0, "details": HIDDEN,
        } | fields  # fmt: skip
        return self.add(Recall(by=by, subject=subject, **values), by, roles=roles)

    def judge(self, product: Product = ITEM, time: int = NOW, **scan: Any) -> ProductVerdict:
        evidence = Evidence(
            self.records,
            holders_from({"9506000": [BRAND], "4006381": [RIVAL]}),
            listed=lambda attestation, path: (attestation, path) in self.listed,
            sightings=self.sightings,
            fates=self.fates,
        )
        return judge(Scan(product, time, **scan), evidence)


@pytest.fixture
def book() -> Book:
    return Book()


def codes(verdict: ProductVerdict) -> list[Why]:
    return [reason.code for reason in verdict.why]


# --- whose word counts ---------------------------------------------------------------------------------------------


def test_nothing_known(book: Book) -> None:
    verdict = book.judge()
    assert (verdict.verdict, codes(verdict)) == (Verdict.UNKNOWN, [Why.NOTHING])


def test_attested_by_the_holder_of_its_prefix(book: Book) -> None:
    attestation = book.attest()
    verdict = book.judge()
    assert verdict.verdict == Verdict.AUTHENTIC
    assert verdict.why[0].records == (attestation,)
    assert codes(verdict) == [Why.ATTESTED, Why.COPY_CAUTION], "never genuine alone"


@pytest.mark.parametrize("subject", [f"01/{GTIN}", f"01/{GTIN}/10/A1", f"01/{GTIN}/21/7", f"01/{GTIN}/10/A1/21/7"])
def test_what_is_attested_of_the_lot_holds_for_the_item(book: Book, subject: str) -> None:
    book.attest(subject=subject)
    assert book.judge().verdict == Verdict.AUTHENTIC


@pytest.mark.parametrize(
    "subject",
    [f"01/{FOREIGN}", f"01/{GTIN}/10/B", f"01/{GTIN}/21/8", "partner/1", "shipment/0x" + "00" * 32, "01/junk"],
)
def test_what_is_attested_of_something_else_says_nothing(book: Book, subject: str) -> None:
    book.attest(subject=subject)
    assert book.judge().verdict == Verdict.UNKNOWN


def test_a_stranger_attests_a_rivals_goods_in_vain(book: Book) -> None:
    book.attest(RIVAL)
    verdict = book.judge()
    assert (verdict.verdict, codes(verdict)) == (Verdict.UNKNOWN, [Why.OTHERS])


def test_a_chain_of_authorisations(book: Book) -> None:
    first, second = book.authorise(BRAND, LICENSEE), book.authorise(LICENSEE, PLANT)
    attestation = book.attest(PLANT)
    verdict = book.judge()
    assert verdict.verdict == Verdict.AUTHENTIC
    assert verdict.why[0].records == (attestation, first, second), "the chain, from the holder on"


def test_a_chain_that_does_not_start_at_the_holder(book: Book) -> None:
    book.authorise(RIVAL, PLANT)
    book.authorise(PLANT, RIVAL)
    book.attest(PLANT)
    assert book.judge().verdict == Verdict.UNKNOWN


def test_nobody_authorises_himself(book: Book) -> None:
    book.authorise(RIVAL, RIVAL)
    book.attest(RIVAL)
    assert book.judge().verdict == Verdict.UNKNOWN


def test_only_the_schema_of_authorisations_authorises(book: Book) -> None:
    book.attest(BRAND, f"partner/{PLANT}", schema=ORIGIN)
    book.attest(PLANT)
    assert book.judge().verdict == Verdict.UNKNOWN


@pytest.mark.parametrize("subject", ["partner/02", "partner/", "partner/2/3", "partner/²", "Partner/2", "partner/-2"])
def test_a_malformed_partner_is_nobody(book: Book, subject: str) -> None:
    book.attest(BRAND, subject, schema=BRAND_AUTHORISATION)
    book.attest(PLANT)
    assert book.judge().verdict == Verdict.UNKNOWN


def test_a_broken_link_breaks_the_chain(book: Book) -> None:
    link = book.authorise(BRAND, LICENSEE)
    book.authorise(LICENSEE, PLANT)
    book.attest(PLANT)
    assert book.judge().verdict == Verdict.AUTHENTIC
    book.revoke(link)
    assert book.judge().verdict == Verdict.UNKNOWN


def test_an_expired_authorisation_authorises_no_more(book: Book) -> None:
    book.authorise(BRAND, PLANT, validUntil=NOW - 1)
    book.attest(PLANT)
    assert book.judge().verdict == Verdict.UNKNOWN
    assert book.judge(time=NOW - 1).verdict == Verdict.AUTHENTIC


def test_what_the_chain_did_not_apply_is_not_heard(book: Book) -> None:
    book.attest(outcome=Outcome.REJECTED)
    assert codes(book.judge()) == [Why.NOTHING]


# --- what is valid when --------------------------------------------------------------------------------------------


def test_validity_includes_both_ends(book: Book) -> None:
    book.attest(validFrom=NOW, validUntil=NOW + DAY)
    verdicts = {time: book.judge(time=time).verdict for time in (NOW - 1, NOW, NOW + DAY, NOW + DAY + 1)}
    assert list(verdicts.values()) == [Verdict.UNKNOWN, Verdict.AUTHENTIC, Verdict.AUTHENTIC, Verdict.EXPIRED]
    assert codes(book.judge(time=NOW - 1)) == [Why.NOT_YET]


def test_what_was_not_known_yet_does_not_count(book: Book) -> None:
    book.attest()
    assert book.judge(time=book.time - 1).verdict == Verdict.UNKNOWN
    assert book.judge(time=book.time).verdict == Verdict.AUTHENTIC


def test_revoked(book: Book) -> None:
    attestation = book.attest()
    revocation = book.revoke(attestation, since=NOW)
    assert book.judge(time=NOW - 1).verdict == Verdict.AUTHENTIC
    verdict = book.judge()
    assert verdict.verdict == Verdict.REVOKED
    assert verdict.why[0].records == (revocation, attestation)


def test_only_the_author_revokes(book: Book) -> None:
    book.revoke(book.attest(), RIVAL)
    assert book.judge().verdict == Verdict.AUTHENTIC


def test_revoked_or_expired_and_attested_anew(book: Book) -> None:
    book.revoke(book.attest(), reason=RevocationReason.SUPERSEDED)
    book.attest(validUntil=1)
    book.attest(subject=f"01/{GTIN}/10/A1")
    verdict = book.judge()
    assert verdict.verdict == Verdict.AUTHENTIC
    assert {Why.REVOKED, Why.EXPIRED} < set(codes(verdict)), "shown, after what decides"


def test_revoked_weighs_more_than_expired(book: Book) -> None:
    book.attest(validUntil=1)
    book.revoke(book.attest())
    assert book.judge().verdict == Verdict.REVOKED


def test_a_list_of_codes_vouches_for_those_in_it(book: Book) -> None:
    attestation = book.attest(itemCodes=keccak256(b"root"))
    verdict = book.judge()
    assert (verdict.verdict, codes(verdict)) == (Verdict.UNKNOWN, [Why.NOT_LISTED])
    book.listed.add((attestation, ITEM.path()))
    assert book.judge().verdict == Verdict.AUTHENTIC


def test_a_scan_of_the_gtin_when_items_are_attested(book: Book) -> None:
    book.attest(subject=f"01/{GTIN}/10/A1")
    verdict = book.judge(Product(GTIN))
    assert (verdict.verdict, codes(verdict)) == (Verdict.UNKNOWN, [Why.NOT_SPECIFIC])


# --- recalls -------------------------------------------------------------------------------------------------------


def test_recalled_by_the_brand_whatever_else(book: Book) -> None:
    attestation = book.attest()
    recall = book.recall()
    book.revoke(attestation)
    book.sightings.append(Sighting(NOW - DAY, "FR", "other"))
    verdict = book.judge(place="DE")
    assert verdict.verdict == Verdict.RECALLED
    assert verdict.why[0].code == Why.RECALL
    assert verdict.why[0].records == (recall,)
    assert "bring it back" in verdict.to_do
    assert "0800 1234" in verdict.to_do


def test_an_unknown_product_can_be_recalled(book: Book) -> None:
    book.recall(AUTHORITY, roles=1 << Role.AUTHORITY)
    assert book.judge().verdict == Verdict.RECALLED


def test_recalled_by_one_whom_the_brand_authorised(book: Book) -> None:
    authorisation = book.authorise(BRAND, PLANT)
    recall = book.recall(PLANT)
    assert book.judge().why[0].records == (recall, authorisation)
    book.revoke(authorisation)
    assert book.judge().verdict == Verdict.UNKNOWN


def test_a_rivals_recall_is_shown_and_decides_nothing(book: Book) -> None:
    book.attest()
    book.recall(RIVAL)
    book.recall(LABORATORY)
    verdict = book.judge()
    assert verdict.verdict == Verdict.AUTHENTIC
    assert codes(verdict).count(Why.RECALL_BY_OTHERS) == 2
    assert verdict.to_do == ""


def test_other_lots_are_not_recalled(book: Book) -> None:
    book.attest()
    book.recall(lots='[{"lot":"B2"},{"from":"10","to":"20"}]')
    assert book.judge().verdict == Verdict.AUTHENTIC
    assert book.judge(Product(GTIN, "B2", "7")).verdict == Verdict.RECALLED
    assert book.judge(Product(GTIN, "A1", "15")).verdict == Verdict.RECALLED


@pytest.mark.parametrize(
    ("subject", "lots"), [(f"01/{GTIN}", '[{"lot":"A1"}]'), (f"01/{GTIN}/10/A1", ""), (f"01/{GTIN}/21/7", "")]
)
def test_a_recall_of_some_lots_is_a_risk_to_who_scanned_the_gtin(book: Book, subject: str, lots: str) -> None:
    book.attest()
    book.recall(subject=subject, lots=lots)
    verdict = book.judge(Product(GTIN))
    assert (verdict.verdict, verdict.why[0].code) == (Verdict.RISK, Why.RECALL_MAYBE)
    assert "Compare the lot" in verdict.to_do


def test_lots_that_cannot_be_read_mean_all(book: Book) -> None:
    book.recall(lots="the blue ones")
    assert book.judge().verdict == Verdict.RECALLED


def test_a_narrower_recall_supersedes(book: Book) -> None:
    book.attest()
    first = book.recall()
    book.recall(lots='[{"lot":"B2"}]', supersedes=first)
    assert book.judge().verdict == Verdict.AUTHENTIC


def test_nobody_but_its_author_or_an_authority_supersedes_a_recall(book: Book) -> None:
    book.attest()
    first = book.recall()
    book.recall(RIVAL, lots='[{"lot":"B2"}]', supersedes=first)
    assert book.judge().verdict == Verdict.RECALLED
    book.recall(AUTHORITY, lots='[{"lot":"B2"}]', supersedes=first, roles=1 << Role.AUTHORITY)
    assert book.judge().verdict == Verdict.AUTHENTIC


def test_a_recall_made_in_error_is_revoked(book: Book) -> None:
    book.attest()
    recall = book.recall()
    book.revoke(recall, RIVAL)
    assert book.judge().verdict == Verdict.RECALLED
    book.revoke(recall)
    assert book.judge().verdict == Verdict.AUTHENTIC


def test_revoking_the_later_recall_brings_back_the_earlier(book: Book) -> None:
    first = book.recall()
    book.revoke(book.recall(lots='[{"lot":"B2"}]', supersedes=first))
    assert book.judge().verdict == Verdict.RECALLED


@pytest.mark.parametrize("action", RecallAction)
def test_every_recall_says_what_to_do(book: Book, action: RecallAction) -> None:
    book.recall(action=action, contact="")
    verdict = book.judge()
    assert verdict.to_do.endswith(".")
    assert "Contact" not in verdict.to_do


# --- copied codes --------------------------------------------------------------------------------------------------


def test_seen_before_by_somebody_else(book: Book) -> None:
    book.attest()
    book.sightings.append(Sighting(NOW - DAY, "DE", "me"))
    assert book.judge(place="DE", reader="me").verdict == Verdict.AUTHENTIC
    verdict = book.judge(place="DE", reader="you")
    assert (verdict.verdict, verdict.why[0].code) == (Verdict.RISK, Why.SEEN_BEFORE)


def test_seen_elsewhere(book: Book) -> None:
    book.attest()
    book.sightings += [Sighting(NOW - DAY, "FR", "a"), Sighting(NOW - DAY, "", "b"), Sighting(NOW + DAY, "US", "c")]
    verdict = book.judge(place="DE")
    assert set(codes(verdict)) >= {Why.SEEN_BEFORE, Why.SEEN_ELSEWHERE}
    text = next(reason.text for reason in verdict.why if reason.code == Why.SEEN_ELSEWHERE)
    assert "FR" in text
    assert "US" not in text, "not seen yet"


def test_a_code_without_serial_may_be_seen_everywhere(book: Book) -> None:
    book.attest()
    book.sightings.append(Sighting(NOW - DAY, "FR", "a"))
    book.fates.append(Fate(RecordId(ZERO), ShipmentState.SOLD, NOW - DAY, RecordId(ZERO)))
    assert book.judge(Product(GTIN, "A1"), place="DE").verdict == Verdict.AUTHENTIC


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (ShipmentState.SOLD, Why.AFTER_SALE),
        (ShipmentState.LOST, Why.OFF_THE_MARKET),
        (ShipmentState.DESTROYED, Why.OFF_THE_MARKET),
        (ShipmentState.ABANDONED, Why.OFF_THE_MARKET),
        (ShipmentState.SEIZED, Why.OFF_THE_MARKET),
    ],
)
def test_after_its_goods_left_the_market(book: Book, state: ShipmentState, code: Why) -> None:
    book.attest()
    record = RecordId(keccak256(b"statement"))
    book.fates.append(Fate(RecordId(ZERO), state, NOW, record))
    assert book.judge(time=NOW - 1).verdict == Verdict.AUTHENTIC
    verdict = book.judge()
    assert (verdict.verdict, verdict.why[0].code, verdict.why[0].records) == (Verdict.RISK, code, (record,))


@pytest.mark.parametrize("state", [ShipmentState.OPEN, ShipmentState.DELIVERED, ShipmentState.CLOSED_INTO_CHILDREN])
def test_goods_on_their_way_are_no_risk(book: Book, state: ShipmentState) -> None:
    book.attest()
    book.fates.append(Fate(RecordId(ZERO), state, NOW - DAY, RecordId(ZERO)))
    assert book.judge().verdict == Verdict.AUTHENTIC


def test_a_risk_weighs_more_than_no_attestation(book: Book) -> None:
    book.sightings.append(Sighting(NOW - DAY, "FR", "a"))
    assert book.judge(place="DE").verdict == Verdict.RISK


# --- as a whole ----------------------------------------------------------------------------------------------------


def test_the_order_of_records_does_not_matter(book: Book) -> None:
    book.authorise(LICENSEE, PLANT)
    book.authorise(BRAND, LICENSEE)
    book.attest(PLANT)
    book.revoke(book.attest(RIVAL), RIVAL)
    expected = book.judge()
    book.records.reverse()
    assert book.judge() == expected
    assert expected.verdict == Verdict.AUTHENTIC


def test_every_verdict_names_reasons_in_words(book: Book) -> None:
    book.attest()
    book.recall(lots='[{"lot":"B2"}]')
    for product in (ITEM, Product(GTIN), Product(FOREIGN)):
        verdict = book.judge(product)
        assert verdict.why
        assert all(reason.text.endswith(".") or "Contact" in reason.text for reason in verdict.why)
