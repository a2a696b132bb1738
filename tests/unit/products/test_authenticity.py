"""Verdicts on products: whose word counts, what is valid when, recalls, and copied codes."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from ledger.codes import Hazard, Outcome, RecallAction, RevocationReason, Role, ShipmentState
from ledger.common.gs1 import Product, has_prefix
from ledger.common.ids import RecordId
from ledger.common.keccak import keccak256
from ledger.products.authenticity import judge
from ledger.products.brand_authority import BRAND_AUTHORISATION
from ledger.products.description import PRODUCT_SCHEMA
from ledger.products.heard import Heard, word_of
from ledger.products.one_time_codes import FIRST_HANDS, MANY_DEVICES, NO_LOOKS, Looks
from ledger.products.verdict import Evidence, Fate, Part, ProductVerdict, Scan, Verdict, Why
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
    looks: Looks = NO_LOOKS
    fates: list[Fate] = field(default_factory=list)
    listed: set[tuple[RecordId, str]] = field(default_factory=set)
    one_time: set[RecordId] = field(default_factory=set)

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

    def judge(self, product: Product = ITEM, time: int = NOW) -> ProductVerdict:
        evidence = Evidence(
            self.records,
            holders,
            listed=lambda attestation, path: (attestation, path) in self.listed,
            one_time=lambda attestation: attestation in self.one_time,
            looks=self.looks,
            fates=self.fates,
        )
        return judge(Scan(product, time), evidence)


def holders(gtin: str, _: Facts | None = None, /) -> list[int]:
    return [BRAND] if has_prefix(gtin, "9506000") else [RIVAL] if has_prefix(gtin, "4006381") else []


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


def test_what_the_brand_says_of_its_product_vouches_for_no_item(book: Book) -> None:
    said = book.attest(schema=PRODUCT_SCHEMA, document=b"\x01" * 32)
    verdict = book.judge()
    assert (verdict.verdict, codes(verdict), verdict.known) == (Verdict.UNKNOWN, [Why.NOTHING], False)
    assert verdict.described == (said, b"\x01" * 32)


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


@pytest.mark.parametrize(
    ("subject", "asked"),
    [
        (f"01/{GTIN}/10/A1", (Part.LOT,)),
        (f"01/{GTIN}/21/7", (Part.SERIAL,)),
        (f"01/{GTIN}/22/B/10/A1/21/7", (Part.LOT, Part.SERIAL, Part.VARIANT)),
    ],
)
@pytest.mark.parametrize("revoked", [False, True])
def test_a_gtin_without_lot_asks_for_it_when_lots_are_attested_or_revoked(
    book: Book, subject: str, asked: tuple[Part, ...], revoked: bool
) -> None:
    attestation = book.attest(subject=subject)
    if revoked:
        book.revoke(attestation)
    verdict = book.judge(Product(GTIN))
    assert (verdict.verdict, codes(verdict), verdict.asks) == (Verdict.INCOMPLETE, [Why.NOT_SPECIFIC], asked)
    answer = book.judge(Product(GTIN, "A1", "7", "B"))
    assert answer.verdict == (Verdict.REVOKED if revoked else Verdict.AUTHENTIC)
    assert book.judge(Product(GTIN, "C3", "9", "D")).verdict == Verdict.UNKNOWN, "another lot is no matter of this one"


def test_a_serial_without_its_lot_asks_for_the_lot(book: Book) -> None:
    book.attest(subject=f"01/{GTIN}/10/A1")
    assert book.judge(Product(GTIN, serial="7")).asks == (Part.LOT,)


def test_a_rivals_lots_are_not_asked_for(book: Book) -> None:
    book.attest(RIVAL, subject=f"01/{GTIN}/10/A1")
    assert book.judge(Product(GTIN)).verdict == Verdict.UNKNOWN


def test_a_thousand_attested_lots_are_one_reason(book: Book) -> None:
    for number in range(1000):
        book.attest(subject=f"01/{GTIN}/10/L{number}")
    (reason,) = book.judge(Product(GTIN)).why
    assert len(reason.records) == 10


# --- recalls -------------------------------------------------------------------------------------------------------


def test_recalled_by_the_brand_whatever_else(book: Book) -> None:
    attestation = book.attest()
    recall = book.recall()
    book.revoke(attestation)
    book.looks = Looks(devices=50)
    verdict = book.judge()
    assert verdict.verdict == Verdict.RECALLED
    assert verdict.why[0].code == Why.RECALL
    assert verdict.why[0].records == (recall,)


def test_an_unknown_product_can_be_recalled(book: Book) -> None:
    book.recall(AUTHORITY, roles=1 << Role.AUTHORITY)
    assert book.judge().verdict == Verdict.RECALLED


def test_recalled_by_one_whom_the_brand_authorised(book: Book) -> None:
    authorisation = book.authorise(BRAND, PLANT)
    recall = book.recall(PLANT)
    assert book.judge().why[0].records == (recall, authorisation)


@pytest.mark.parametrize("end", ["expires", "is revoked", "is revoked as if it had never been"])
def test_a_recall_does_not_fall_silent_when_its_authors_authorisation_ends(book: Book, end: str) -> None:
    book.attest()
    until = NOW - DAY if end == "expires" else 0
    chain = book.authorise(BRAND, LICENSEE), book.authorise(LICENSEE, PLANT, validUntil=until)
    recall = book.recall(PLANT)
    if end != "expires":
        book.revoke(chain[0], since=0 if "never" in end else book.time + 60)
    verdict = book.judge()
    assert verdict.verdict == Verdict.RECALLED
    assert verdict.why[0].records == (recall, *chain), "by whose word it counts, as it then was"


def test_who_speaks_for_the_brand_no_more_recalls_in_vain(book: Book) -> None:
    book.attest()
    book.authorise(BRAND, LICENSEE, validUntil=book.time + 60)
    book.revoke(book.authorise(BRAND, PLANT))
    recalls = book.recall(PLANT), book.recall(LICENSEE)
    verdict = book.judge()
    assert verdict.verdict == Verdict.AUTHENTIC
    assert [why.records for why in verdict.why if why.code is Why.RECALL_BY_OTHERS] == [(recall,) for recall in recalls]


def test_a_recall_counts_from_when_its_author_is_authorised(book: Book) -> None:
    book.attest()
    recall = book.recall(PLANT)
    assert book.judge().verdict == Verdict.AUTHENTIC
    authorisation = book.authorise(BRAND, PLANT)
    assert book.judge().why[0].records == (recall, authorisation)


def test_a_rivals_recall_is_shown_and_decides_nothing(book: Book) -> None:
    book.attest()
    book.recall(RIVAL)
    book.recall(LABORATORY)
    verdict = book.judge()
    assert verdict.verdict == Verdict.AUTHENTIC
    assert codes(verdict).count(Why.RECALL_BY_OTHERS) == 2


def test_other_lots_are_not_recalled(book: Book) -> None:
    book.attest()
    book.recall(lots='[{"lot":"B2"},{"from":"10","to":"20"}]')
    assert book.judge().verdict == Verdict.AUTHENTIC
    assert book.judge(Product(GTIN, "B2", "7")).verdict == Verdict.RECALLED
    assert book.judge(Product(GTIN, "A1", "15")).verdict == Verdict.RECALLED


@pytest.mark.parametrize(
    ("subject", "lots", "asked"),
    [
        (f"01/{GTIN}", '[{"lot":"A1"}]', (Part.LOT,)),
        (f"01/{GTIN}/10/A1", "", (Part.LOT,)),
        (f"01/{GTIN}/21/7", "", (Part.SERIAL,)),
        (f"01/{GTIN}", '[{"lot":"A1"},{"from":"10","to":"20"}]', (Part.LOT, Part.SERIAL)),
        (f"01/{GTIN}/10/A1", "unreadable", (Part.LOT,)),
    ],
)
def test_a_gtin_without_lot_asks_for_the_lot_instead_of_warning_of_another(
    book: Book, subject: str, lots: str, asked: tuple[Part, ...]
) -> None:
    book.attest()
    book.recall(subject=subject, lots=lots)
    verdict = book.judge(Product(GTIN))
    assert (verdict.verdict, verdict.why[0].code, verdict.asks) == (Verdict.INCOMPLETE, Why.RECALL_MAYBE, asked)
    assert book.judge(Product(GTIN, "Z9", "99")).verdict == Verdict.AUTHENTIC
    assert book.judge(Product(GTIN, "A1", "7")).verdict == Verdict.RECALLED


def test_lots_that_cannot_be_read_mean_all(book: Book) -> None:
    book.recall(lots="the blue ones")
    assert book.judge().verdict == Verdict.RECALLED


MISSPELT = ("10/A%2fB", "10/A/B", "21/7/10/A1", "10/" + "x" * 21, "10/", "10", "", "99/A1")


@pytest.mark.parametrize("tail", MISSPELT)
def test_a_misspelt_recall_recalls_the_whole_gtin(book: Book, tail: str) -> None:
    book.attest()
    recall = book.recall(subject=f"01/{GTIN}/{tail}")
    for product in (ITEM, Product(GTIN), Product(GTIN, "A/B")):
        verdict = book.judge(product)
        assert (verdict.verdict, verdict.why[0].records) == (Verdict.RECALLED, (recall,))
    assert book.judge(Product(FOREIGN)).verdict == Verdict.UNKNOWN


def test_a_misspelt_recall_of_lots_that_can_be_read_recalls_these(book: Book) -> None:
    book.attest()
    book.recall(subject=f"01/{GTIN}/22/a%2fb", lots='[{"lot":"B2"}]')
    assert book.judge().verdict == Verdict.AUTHENTIC
    assert book.judge(Product(GTIN, "B2", "7")).verdict == Verdict.RECALLED
    assert book.judge(Product(GTIN)).asks == (Part.LOT,)


@pytest.mark.parametrize("subject", [f"01/{GTIN}x/10/A1", f"02/{GTIN}", GTIN, "01/09506000134353/10/A1", "01/"])
def test_a_recall_under_no_gtin_recalls_nothing(book: Book, subject: str) -> None:
    book.attest()
    book.recall(subject=subject)
    assert book.judge().verdict == Verdict.AUTHENTIC


def test_a_narrower_recall_supersedes(book: Book) -> None:
    book.attest()
    first = book.recall()
    book.recall(lots='[{"lot":"B2"}]', supersedes=first)
    assert book.judge().verdict == Verdict.AUTHENTIC


def test_a_recall_of_another_product_supersedes_none(book: Book) -> None:
    """Who scans this one is never shown it: lists and pages of shipments say the same as the product's page."""
    book.attest()
    first = book.recall()
    other = book.recall(subject=f"01/{FOREIGN}", supersedes=first)
    assert book.judge().verdict == Verdict.RECALLED
    evidence = Evidence(book.records, holders)
    heard = Heard.at(NOW, book.records)
    assert [word_of(one, heard, evidence).stands for one in (first, other)] == [True, True]


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


def test_a_recall_says_what_to_do_and_whom_to_ask(book: Book) -> None:
    book.recall(action=RecallAction.DESTROY, contact="0800 1234")
    reason = book.judge().why[0]
    assert (reason.partner, reason.detail, reason.contact) == (BRAND, RecallAction.DESTROY, "0800 1234")


# --- copied codes --------------------------------------------------------------------------------------------------


def scratched(book: Book) -> RecordId:
    """The attestation of a list of one-time codes, with this item's among them."""
    attestation = book.attest(itemCodes=keccak256(b"root"))
    book.listed.add((attestation, ITEM.path()))
    book.one_time.add(attestation)
    return attestation


@pytest.mark.parametrize("devices", [1, MANY_DEVICES - 1, MANY_DEVICES, 1_000_000])
def test_looks_alone_never_spoil_a_verdict(book: Book, devices: int) -> None:
    """A printed code is looked at by whoever passes: a rival with a million devices turns no tin into a suspect."""
    book.attest()
    book.looks = Looks(first=NOW - 20 * DAY, newcomer=NOW - 10 * DAY, devices=devices)
    verdict = book.judge()
    assert verdict.verdict == Verdict.AUTHENTIC
    note = [reason for reason in verdict.why if reason.code == Why.SEEN_BEFORE]
    assert [reason.devices for reason in note] == ([devices] if devices >= MANY_DEVICES else [])


def test_a_listed_code_that_is_printed_is_no_one_time_code(book: Book) -> None:
    book.one_time.discard(scratched(book))
    book.looks = Looks(first=NOW - 20 * DAY, newcomer=NOW - 10 * DAY, devices=2)
    assert book.judge().verdict == Verdict.AUTHENTIC


@pytest.mark.parametrize(
    ("looks", "spoilt"),
    [
        (NO_LOOKS, False),
        (Looks(first=NOW - FIRST_HANDS - 1, own=NOW - FIRST_HANDS - 1, devices=1), False),  # the same device twice
        (Looks(first=NOW - FIRST_HANDS, devices=1), False),  # another phone of the same household
        (Looks(first=NOW - FIRST_HANDS - 1, devices=1), True),  # another device, more than a day later
        (Looks(first=NOW - 9 * DAY, own=NOW - 9 * DAY + 60, devices=2), False),  # it was there on the first day
        (Looks(first=NOW - 9 * DAY, own=NOW - 9 * DAY, newcomer=NOW - DAY, devices=2), True),  # the first is told too
    ],
)
def test_a_one_time_code_looked_at_by_a_second_device_a_day_later_is_a_risk(
    book: Book, looks: Looks, spoilt: bool
) -> None:
    attestation = scratched(book)
    book.looks = looks
    verdict = book.judge()
    assert verdict.verdict == (Verdict.RISK if spoilt else Verdict.AUTHENTIC)
    if spoilt:
        reason = verdict.why[0]
        assert (reason.code, reason.time, reason.records) == (Why.ONE_TIME_SEEN, looks.first, (attestation,))


def test_a_guessed_one_time_code_is_not_known(book: Book) -> None:
    scratched(book)
    guessed = Product(GTIN, "A1", "8")
    book.looks = Looks(first=NOW - 20 * DAY, newcomer=NOW - 10 * DAY, devices=3)
    verdict = book.judge(guessed)
    assert (verdict.verdict, verdict.known) == (Verdict.UNKNOWN, False)
    assert book.judge().known


def test_a_rivals_list_makes_no_code_a_one_time_code(book: Book) -> None:
    book.attest()
    rivals = book.attest(RIVAL, itemCodes=keccak256(b"root"))
    book.listed.add((rivals, ITEM.path()))
    book.one_time.add(rivals)
    book.looks = Looks(first=NOW - 20 * DAY, newcomer=NOW - 10 * DAY, devices=3)
    assert book.judge().verdict == Verdict.AUTHENTIC


def test_a_code_without_serial_may_be_seen_everywhere(book: Book) -> None:
    book.attest()
    book.looks = Looks(first=NOW - 20 * DAY, newcomer=NOW - 10 * DAY, devices=MANY_DEVICES)
    book.fates.append(Fate(RecordId(ZERO), BRAND, ShipmentState.DESTROYED, NOW - DAY, RecordId(ZERO)))
    assert codes(book.judge(Product(GTIN, "A1"))) == [Why.ATTESTED, Why.COPY_CAUTION]


def test_after_the_sale_is_a_note(book: Book) -> None:
    book.attest()
    record = RecordId(keccak256(b"statement"))
    book.fates.append(Fate(RecordId(ZERO), BRAND, ShipmentState.SOLD, NOW, record))
    verdict = book.judge()
    assert (verdict.verdict, codes(verdict)) == (Verdict.AUTHENTIC, [Why.ATTESTED, Why.AFTER_SALE, Why.COPY_CAUTION])
    assert verdict.why[1].records == (record,)


@pytest.mark.parametrize(
    "state", [ShipmentState.LOST, ShipmentState.DESTROYED, ShipmentState.ABANDONED, ShipmentState.SEIZED]
)
def test_after_its_goods_left_the_market(book: Book, state: ShipmentState) -> None:
    book.attest()
    record = RecordId(keccak256(b"statement"))
    book.fates.append(Fate(RecordId(ZERO), BRAND, state, NOW, record))
    assert book.judge(time=NOW - 1).verdict == Verdict.AUTHENTIC
    verdict = book.judge()
    reason = verdict.why[0]
    assert (verdict.verdict, reason.code, reason.records) == (Verdict.RISK, Why.OFF_THE_MARKET, (record,))


def test_a_rival_that_opens_and_destroys_a_shipment_of_the_lot_spoils_nothing(book: Book) -> None:
    book.attest()
    book.fates.append(Fate(RecordId(ZERO), RIVAL, ShipmentState.DESTROYED, NOW - DAY, RecordId(ZERO)))
    assert book.judge().verdict == Verdict.AUTHENTIC


@pytest.mark.parametrize("state", [ShipmentState.OPEN, ShipmentState.DELIVERED, ShipmentState.CLOSED_INTO_CHILDREN])
def test_goods_on_their_way_are_no_risk(book: Book, state: ShipmentState) -> None:
    book.attest()
    book.fates.append(Fate(RecordId(ZERO), BRAND, state, NOW - DAY, RecordId(ZERO)))
    assert book.judge().verdict == Verdict.AUTHENTIC


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
