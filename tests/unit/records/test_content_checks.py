"""Claimed times, deadlines and the text inside opened parts, before any signature is looked at."""

import random

import pytest

from ledger.codes import Assurance
from ledger.common.periods import CLOCK_SKEW
from ledger.errors import MalformedRecord, RuleBroken
from ledger.records.content_checks import LONGEST_SUBMIT_BY, check_content, opened_parts
from ledger.records.eip712 import Withheld
from ledger.records.types import (
    Amendment,
    Attestation,
    BonusAgreement,
    BonusAward,
    Checkpoint,
    Child,
    Claim,
    Claims,
    Clearance,
    Details,
    Dispute,
    Duty,
    Goods,
    Handoff,
    HandoffItem,
    Outcome,
    Override,
    Place,
    Recall,
    Record,
    RegistryChange,
    Require,
    Revocation,
    Ruling,
    Share,
    ShipmentTerms,
    Split,
    Statement,
)
from tests.samples import SIGNABLE, changed, sample

NOW = 1_750_000_000
SALT = bytes(16)
EMPTY = Details(SALT, "")


def handoff(**changes: object) -> Handoff:
    base = changed(sample(Handoff, random.Random(1)), items=(HandoffItem(bytes(32), 0, 1, 0),))
    plain = changed(
        base,
        place=Withheld(SALT * 2),
        load=Withheld(SALT * 2),
        details=EMPTY,
        occurredAt=NOW,
        submitBy=NOW + 14 * 86400,
    )
    return changed(plain, **changes)


REQUIRED = {
    "action": 1, "purpose": 1, "kind": 1, "regime": 1, "status": 1, "assurance": 1, "hazard": 1
}  # fmt: skip


def valid(kind: type[Record]) -> Record:
    """The smallest record of this type whose codes are in their lists, everything private withheld."""
    record = sample(kind, random.Random(2), edge="least", withhold=1)
    names = {m.name for m in kind.members()} & REQUIRED.keys()
    record = changed(record, **{name: REQUIRED[name] for name in names})
    if kind is Clearance:
        return changed(record, jurisdiction=b"NZ", assurance=Assurance.AUTHORITY_SIGNED)
    if kind is BonusAgreement:
        return changed(
            record, parties=(Share(2, 5_000), Share(3, 5_000)), awarder=8, residual=2, arbiter=9, token=b"\1" * 20,
            currency="EUR", periodStart=1, periodEnd=NOW, deadline=NOW + 9, disputeWindow=1, arbiterWindow=1,
            claimUntil=NOW + 11,
        )  # fmt: skip
    if kind is Attestation:
        return changed(record, schema=b"\1" * 32, subject="partner/7", validFrom=NOW, validUntil=0)
    if kind is Recall:
        return changed(record, subject="01/09506000134352", lots="")
    if kind is Revocation:
        return changed(record, reason=1, target=b"\1" * 32)
    if kind in (BonusAward, Dispute, Ruling, Claim):
        record = changed(record, version=1)
    if kind is BonusAward:
        return changed(record, amounts=b"\1" * 32)
    return changed(record, amount=1, payTo=b"\1" * 20) if kind is Claim else record


def terms(**changes: object) -> ShipmentTerms:
    base = changed(sample(ShipmentTerms, random.Random(1), items=0), purpose=1, mode=3, fulfilment=0)
    hidden = Withheld(bytes(32))
    plain = changed(
        base, origin=hidden, destination=hidden, contents=(), commercial=hidden, details=EMPTY, submitBy=NOW + 86400
    )
    return changed(plain, **changes)


@pytest.mark.parametrize("kind", [Checkpoint, Outcome])
def test_what_only_the_log_writes_is_refused(kind: type[Record]) -> None:
    with pytest.raises(RuleBroken, match="only the log writes"):
        check_content(sample(kind, random.Random(1)), NOW)


@pytest.mark.parametrize("kind", [kind for kind in SIGNABLE if any(m.name == "occurredAt" for m in kind.members())])
def test_nothing_happens_more_than_15_minutes_ahead(kind: type[Record]) -> None:
    record = valid(kind)
    later = {"submitBy": NOW + 86400} if kind is Handoff else {}
    check_content(changed(record, occurredAt=NOW + CLOCK_SKEW, **later), NOW)
    with pytest.raises(RuleBroken, match="in the future") as caught:
        check_content(changed(record, occurredAt=NOW + CLOCK_SKEW + 1, **later), NOW)
    assert caught.value.where == "occurredAt"


def test_a_correction_claims_nothing_more_than_15_minutes_ahead() -> None:
    def correction(at: object) -> Record:
        return changed(valid(Amendment), kind=1, changes=Details(SALT, f'{{"occurredAt":{at}}}'))

    check_content(correction(NOW + CLOCK_SKEW), NOW)
    with pytest.raises(RuleBroken, match="in the future") as caught:
        check_content(correction(NOW + CLOCK_SKEW + 1), NOW)
    assert caught.value.where == "changes.occurredAt"


def test_submit_by_of_a_handoff_is_at_most_30_days_after_it_happened() -> None:
    check_content(handoff(submitBy=NOW + LONGEST_SUBMIT_BY), NOW)
    check_content(handoff(submitBy=NOW), NOW)
    with pytest.raises(RuleBroken, match="too far away"):
        check_content(handoff(submitBy=NOW + LONGEST_SUBMIT_BY + 1), NOW)
    with pytest.raises(RuleBroken, match="has passed"):
        check_content(handoff(submitBy=NOW - 1), NOW)
    with pytest.raises(RuleBroken, match="too far away"):
        check_content(handoff(occurredAt=NOW - 86400, submitBy=NOW + LONGEST_SUBMIT_BY), NOW)


def test_submit_by_of_terms_is_at_most_30_days_away() -> None:
    check_content(terms(submitBy=NOW + LONGEST_SUBMIT_BY), NOW)
    with pytest.raises(RuleBroken, match="too far away"):
        check_content(terms(submitBy=NOW + LONGEST_SUBMIT_BY + 1), NOW)
    with pytest.raises(RuleBroken, match="has passed"):
        check_content(terms(submitBy=NOW - 1), NOW)


def test_a_replay_of_history_may_take_longer_but_not_less() -> None:
    old = handoff(occurredAt=NOW - 9 * 365 * 86400, submitBy=NOW + 365 * 86400)
    check_content(old, NOW, replayed=True)
    with pytest.raises(RuleBroken, match="too far away"):
        check_content(old, NOW)
    with pytest.raises(RuleBroken, match="has passed"):
        check_content(handoff(submitBy=NOW - 1), NOW, replayed=True)
    with pytest.raises(RuleBroken, match="in the future"):
        check_content(handoff(occurredAt=NOW + CLOCK_SKEW + 1), NOW, replayed=True)


def test_shape_is_checked() -> None:
    with pytest.raises(MalformedRecord):
        check_content(handoff(items=()), NOW)
    with pytest.raises(MalformedRecord):
        check_content(handoff(releaser=1 << 40), NOW)


def test_codes_are_those_of_the_lists() -> None:
    for kind, name, most in (
        (Split, "reason", 5),
        (Statement, "kind", 8),
        (Override, "exceptions", 255),
        (Clearance, "regime", 9),
        (Clearance, "status", 11),
        (Clearance, "holdCause", 11),
        (Clearance, "assurance", 3),
        (Revocation, "reason", 5),
        (Recall, "hazard", 7),
        (Recall, "action", 4),
        (Amendment, "kind", 3),
        (RegistryChange, "action", 15),
        (RegistryChange, "role", 14),
    ):
        record = valid(kind)
        check_content(changed(record, **{name: most}), NOW)
        with pytest.raises(MalformedRecord, match="no such code") as caught:
            check_content(changed(record, **{name: most + 1}), NOW)
        assert caught.value.where == name
    for name, most in (("purpose", 7), ("mode", 9), ("fulfilment", 5)):
        check_content(terms(**{name: most}), NOW)
        with pytest.raises(MalformedRecord, match="no such code"):
            check_content(terms(**{name: most + 1}), NOW)
    check_content(handoff(items=(HandoffItem(bytes(32), 0, 1, 255),)), NOW)
    with pytest.raises(MalformedRecord, match="no such code") as caught:
        check_content(handoff(items=(HandoffItem(bytes(32), 0, 1, 256),)), NOW)
    assert caught.value.where == "items[0].exceptions"


def test_codes_that_must_be_there_are_not_zero() -> None:
    for kind, name in ((Statement, "kind"), (Clearance, "status"), (Recall, "hazard"), (Amendment, "kind")):
        with pytest.raises(MalformedRecord, match="no such code"):
            check_content(changed(valid(kind), **{name: 0}), NOW)
    with pytest.raises(MalformedRecord, match="no such code"):
        check_content(terms(purpose=0), NOW)


@pytest.mark.parametrize("text", ["", "{}", '{"a":1,"b":[{"c":"é"}]}'])
def test_details_hold_a_canonical_object_or_nothing(text: str) -> None:
    check_content(handoff(details=Details(SALT, text)), NOW)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("free text", "not JSON"),
        ("[]", "not a JSON object"),
        ('"a"', "not a JSON object"),
        ("null", "not a JSON object"),
        ("{ }", "not canonical"),
        ('{"b":1,"a":1}', "not canonical"),
        ('{"a":1,"a":1}', "duplicate key"),
        ('{"a":1.5}', "not an integer"),
        ('{"a":"\\u0061"}', "not canonical"),
        ('{"a":"\\ud800"}', "lone surrogate"),
        ('{"a":' * 13 + "1" + "}" * 13, "nested too deeply"),
    ],
)
def test_details_that_hold_anything_else_are_refused(text: str, why: str) -> None:
    with pytest.raises(MalformedRecord, match=why) as caught:
        check_content(handoff(details=Details(SALT, text)), NOW)
    assert caught.value.where == "details.text"
    attestation = valid(Attestation)
    with pytest.raises(MalformedRecord, match=why) as caught:
        check_content(changed(attestation, claims=Claims(SALT, text)), NOW)
    assert caught.value.where == "claims.text"


@pytest.mark.parametrize("country", ["de", "D", "DEU", "D1", "ÄÖ", "  ", "UK", "QQ", "EU"])
def test_countries_are_those_of_iso_3166(country: str) -> None:
    check_content(handoff(place=Place(SALT, "DE", "", "", "")), NOW)
    check_content(handoff(place=Place(SALT, "", "", "", "")), NOW)
    with pytest.raises(MalformedRecord, match="not a country") as caught:
        check_content(handoff(place=Place(SALT, country, "", "", "")), NOW)
    assert caught.value.where == "place.country"


@pytest.mark.parametrize("currency", ["eur", "EU", "EURO", "E1R", "€€€", "EUO", "RMB", "NZS"])
def test_currencies_are_those_of_iso_4217(currency: str) -> None:
    duty = sample(Duty, random.Random(1), edge="least")
    clearance = valid(Clearance)
    check_content(changed(clearance, duty=changed(duty, currency="EUR")), NOW)
    with pytest.raises(MalformedRecord, match="not a currency") as caught:
        check_content(changed(clearance, duty=changed(duty, currency=currency)), NOW)
    assert caught.value.where == "duty.currency"


def test_new_terms_are_in_no_unknown_currency() -> None:
    amendment = changed(valid(Amendment), kind=2, changes=Details(SALT, '{"commercial":{"currency":"EUR"}}'))
    check_content(amendment, NOW)
    with pytest.raises(MalformedRecord, match="not a currency") as caught:
        check_content(changed(amendment, changes=Details(SALT, '{"commercial":{"currency":"EUO"}}')), NOW)
    assert caught.value.where == "changes.commercial.currency"


@pytest.mark.parametrize("jurisdiction", [b"QQ", b"uk", b"\xff\xff", bytes(2)])
def test_nothing_is_cleared_in_no_country(jurisdiction: bytes) -> None:
    check_content(changed(valid(Clearance), jurisdiction=b"EU"), NOW)
    for record, where in (
        (changed(valid(Clearance), jurisdiction=jurisdiction), "jurisdiction"),
        (terms(requires=(Require(b"NZ", 2, 1, False), Require(jurisdiction, 2, 1, False))), "requires[1].jurisdiction"),
    ):
        with pytest.raises(MalformedRecord, match="not a country") as caught:
            check_content(record, NOW)
        assert caught.value.where == where


@pytest.mark.parametrize(
    ("country", "locode"), [("NZ", "AKL"), ("NZ", "AUSYD"), ("", "QQAKL"), ("NZ", "NZAK1"), ("NZ", "nzakl")]
)
def test_a_locode_is_one_of_its_country(country: str, locode: str) -> None:
    check_content(handoff(place=Place(SALT, country, f"{country or 'NZ'}AKL", "", "")), NOW)
    with pytest.raises(MalformedRecord, match="UN/LOCODE"):
        check_content(handoff(place=Place(SALT, country, locode, "", "")), NOW)


def test_a_slip_in_a_number_of_gs1_shows_in_its_check_digit() -> None:
    def goods(gtin: str) -> ShipmentTerms:
        return terms(contents=(Goods(SALT, gtin, "L1", bytes(32), 1, "EA", "", ""),))

    check_content(goods("09506000134352"), NOW)
    check_content(goods(""), NOW)
    slips: list[tuple[Record, str]] = [
        (goods("09506000134353"), "contents[0].gtin"),
        (goods("9506000134352"), "contents[0].gtin"),
        (handoff(place=Place(SALT, "", "", "9506000134353", "")), "place.gln"),
        (changed(valid(Attestation), subject="01/09506000134353/10/L1"), "subject"),
        (changed(valid(Recall), subject="01/09506000134353"), "subject"),
    ]
    for record, where in slips:
        with pytest.raises(MalformedRecord, match=r"GTIN|GLN") as caught:
            check_content(record, NOW)
        assert caught.value.where == where


@pytest.mark.parametrize(
    "tail", ["10/A%2fB", "10/A/B", "21/7/10/L1", "10/" + "x" * 21, "10/", "", "10/%41", "99/A", "10/L1/10/L2"]
)
def test_a_misspelt_recall_or_attestation_is_refused_before_it_covers_nothing(tail: str) -> None:
    subject = f"01/09506000134352/{tail}"
    for kind in (Attestation, Recall):
        with pytest.raises(MalformedRecord) as caught:
            check_content(changed(valid(kind), subject=subject), NOW)
        assert caught.value.where == "subject"
        check_content(changed(valid(kind), subject="01/09506000134352/22/V/10/A%2FB/21/7"), NOW)


@pytest.mark.parametrize("subject", ["", "partner/7", "09506000134352", "https://id.gs1.org/01/09506000134352"])
def test_what_is_recalled_is_a_product(subject: str) -> None:
    with pytest.raises(MalformedRecord, match="not a GS1 Digital Link path"):
        check_content(changed(valid(Recall), subject=subject), NOW)


@pytest.mark.parametrize("lots", ["nonsense", "{}", '[{"lot": "L1"}]', '["L1"]', '[{"from":"9","to":"10"}]'])
def test_a_recall_of_lots_that_nobody_can_read_is_refused(lots: str) -> None:
    with pytest.raises(MalformedRecord) as caught:
        check_content(changed(valid(Recall), lots=lots), NOW)
    assert caught.value.where.startswith("lots")
    check_content(changed(valid(Recall), lots='[{"lot":"L1"},{"from":"10","to":"19"}]'), NOW)


def test_withheld_parts_are_passed_over() -> None:
    hidden = Withheld(bytes(32))
    check_content(handoff(details=hidden, place=hidden, load=hidden), NOW)
    for kind in SIGNABLE:
        if kind not in (Checkpoint, ShipmentTerms, Handoff):
            check_content(valid(kind), NOW)


def test_opened_parts_are_found_wherever_they_are() -> None:
    goods = sample(Goods, random.Random(1))
    hidden = Withheld(bytes(32))
    split = Split(1, bytes(32), 0, (Child(1, (goods, hidden)), Child(1, hidden), Child(1, (goods,))), 1, NOW, EMPTY)
    assert list(opened_parts(split)) == [
        ("children[0].contents[0]", goods),
        ("children[2].contents[0]", goods),
        ("details", EMPTY),
    ]
    assert list(opened_parts(changed(split, children=(Child(1, hidden),), details=hidden))) == []


AGREEMENTS: dict[str, tuple[dict[str, object], str]] = {
    "no party": ({"parties": ()}, "parties"),
    "too many parties": ({"parties": tuple(Share(n, 1) for n in range(1, 202))}, "parties"),
    "nobody as a party": ({"parties": (Share(0, 1),)}, "parties[0].partner"),
    "a party twice": ({"parties": (Share(2, 1), Share(2, 1))}, "parties[1].partner"),
    "more than the whole": ({"parties": (Share(2, 9_999), Share(3, 2))}, "parties"),
    "no awarder": ({"awarder": 0}, "awarder"),
    "no arbiter": ({"arbiter": 0}, "arbiter"),
    "no residual": ({"residual": 0}, "residual"),
    "an arbiter that awards": ({"arbiter": 8}, "arbiter"),
    "an arbiter that gets the rest": ({"arbiter": 2}, "arbiter"),
    "an arbiter that is a party": ({"arbiter": 3}, "arbiter"),
    "no period": ({"periodStart": NOW}, "periodStart, periodEnd, deadline"),
    "a deadline in the period": ({"deadline": NOW}, "periodStart, periodEnd, deadline"),
    "a deadline that has passed": ({"periodEnd": 2, "deadline": NOW - 1}, "deadline"),
    "no time to dispute": ({"disputeWindow": 0}, "disputeWindow"),
    "no time to rule": ({"arbiterWindow": 0}, "arbiterWindow"),
    "claims end before a ruling": ({"claimUntil": NOW + 10}, "claimUntil"),
    "no currency": ({"currency": ""}, "currency"),
    "no token": ({"token": bytes(20)}, "token"),
}


@pytest.mark.parametrize("name", AGREEMENTS)
def test_nobody_signs_an_agreement_that_the_pool_refuses_of_anybody(name: str) -> None:
    changes, where = AGREEMENTS[name]
    check_content(valid(BonusAgreement), NOW)
    with pytest.raises((MalformedRecord, RuleBroken)) as caught:
        check_content(changed(valid(BonusAgreement), **changes), NOW)
    assert caught.value.where.endswith(where)


@pytest.mark.parametrize(
    ("kind", "changes", "where"),
    [
        (BonusAward, {"version": 0}, "version"),
        (BonusAward, {"amounts": bytes(32)}, "amounts"),
        (Dispute, {"version": 0}, "version"),
        (Ruling, {"version": 0}, "version"),
        (Claim, {"version": 0}, "version"),
        (Claim, {"amount": 0}, "amount"),
        (Claim, {"payTo": bytes(20)}, "payTo"),
        (Attestation, {"subject": ""}, "subject"),
        (Attestation, {"subject": "partner/7 "}, "subject"),
        (Attestation, {"subject": "pärtner/7"}, "subject"),
        (Attestation, {"schema": bytes(32)}, "schema"),
        (Attestation, {"validUntil": NOW}, "validUntil"),
        (Revocation, {"target": bytes(32)}, "target"),
    ],
)
def test_nobody_signs_what_a_contract_refuses_of_anybody(
    kind: type[Record], changes: dict[str, object], where: str
) -> None:
    check_content(valid(kind), NOW)
    with pytest.raises((MalformedRecord, RuleBroken)) as caught:
        check_content(changed(valid(kind), **changes), NOW)
    assert caught.value.where.endswith(where)
