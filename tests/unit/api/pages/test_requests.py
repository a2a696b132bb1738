"""A device's request is a grant that it signed itself; what is told of records in sentences, with verified names."""

import random
import re
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.cli.demo.scribe import details, place, salt
from ledger.codes import ExceptionBit
from ledger.common.ids import ConsortiumId, KeyAddress, to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import ALL_SCOPES, key_scopes
from ledger.log.leaf import LogSigner
from ledger.records.eip712 import Withheld
from ledger.records.signing import Domain, SigningKey
from ledger.records.types import (
    RECORDS,
    Commercial,
    Endorsement,
    Goods,
    Handoff,
    HandoffItem,
    KeyGrant,
    KeyRevoke,
    Load,
    Record,
    ShipmentTerms,
)
from ledger.registry.partner_book import BookEntry, signed_book
from tests.samples import sample
from tests.unit.api.pages.node import in_node

DEVICE, MASTER = SigningKey(bytes(range(1, 33))), SigningKey(bytes(range(2, 34)))
DOMAIN = Domain(ConsortiumId(bytes(32)), 1, bytes(20))
LOG = LogSigner("ledger.example.org/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
TRUST = {
    "consortiumId": to_hex(DOMAIN.consortium_id),
    "logs": [{"origin": LOG.identity.origin, "key": to_hex(LOG.identity.public_key)}],
}
NOW = 1_760_000_000


def grant(**changes: Any) -> KeyGrant:
    made = KeyGrant(3, DEVICE.address, 0, key_scopes((5, 7)), NOW, NOW + 90 * DAY, details())
    return replace(made, **changes)


def envelope(record: Record, *keys: SigningKey) -> dict[str, Any]:
    signatures = [to_hex(key.sign(DOMAIN, record)) for key in keys]
    return {"type": type(record).__name__, "message": record.to_json(), "signatures": signatures}


def read(given: dict[str, Any]) -> Any:
    return in_node([{"task": "request", "envelope": given, "trust": TRUST}])[0]


def test_a_device_asks_for_a_grant_of_ninety_days() -> None:
    asked = {"partner": 3, "key": to_hex(DEVICE.address), "types": [5, 7], "now": NOW, "days": 90, "device": 'Gate "3"'}
    (made,) = in_node([{"task": "grant", "asked": asked, "salt": "0x" + "11" * 16}])
    record = KeyGrant.from_json(made["message"])
    text = '{"device":"Gate \\"3\\""}'
    assert (made["type"], record) == ("KeyGrant", grant(details=replace(details(), salt=b"\x11" * 16, text=text)))


def test_what_takes_it_back_names_the_key() -> None:
    given = {"task": "revoke", "partner": 3, "key": to_hex(DEVICE.address), "salt": "0x" + "11" * 16}
    (made,) = in_node([given])
    assert made["type"] == "KeyRevoke"
    assert KeyRevoke.from_json(made["message"]).key == DEVICE.address


def test_a_request_carries_the_signature_of_its_own_key() -> None:
    given = envelope(grant(), DEVICE)
    answer = read(given)
    assert answer == {"record": {k: given[k] for k in ("type", "message")}, "proof": given["signatures"][0]}


def altered(**changes: Any) -> dict[str, Any]:
    return envelope(grant(), DEVICE) | {"message": grant(**changes).to_json()}


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        (altered(scopes=key_scopes((5, 7, 22))), "not signed this request"),
        (altered(partner=4), "not signed this request"),
        (altered(validUntil=NOW + 80 * DAY), "not signed this request"),
        (altered(key=MASTER.address), "not signed this request"),
        (envelope(grant(), MASTER), "not signed this request"),
        (envelope(grant()), "signature of the device alone"),
        (envelope(grant(), MASTER, DEVICE), "signature of the device alone"),
        (envelope(sample(Handoff, random.Random(1)), DEVICE), "no request"),
        (envelope(grant(), DEVICE) | {"type": "KeyRevoke"}, "no request"),
        (envelope(grant(), DEVICE) | {"message": {}}, "refused"),
    ],
)
def test_what_was_altered_on_its_way_is_no_request(given: dict[str, Any], refusal: str) -> None:
    assert refusal in read(given)


def test_a_request_for_another_consortium_is_refused() -> None:
    other = TRUST | {"consortiumId": "0x" + "22" * 32}
    (answer,) = in_node([{"task": "request", "envelope": envelope(grant(), DEVICE), "trust": other}])
    assert "for another consortium" in answer


# --- names -----------------------------------------------------------------------------------------------------------


def book() -> dict[str, Any]:
    entries = [
        BookEntry(2, "Tui Dairy", "", {KeyAddress(MASTER.address): ALL_SCOPES}),
        BookEntry(3, "Kea Forwarding", "", {KeyAddress(DEVICE.address): key_scopes((5,))}),
    ]
    made: dict[str, Any] = signed_book(LOG, 7, [KeyAddress(bytes(20))], entries).to_json()
    return made


def test_names_and_owners_come_from_the_signed_book() -> None:
    (answer,) = in_node([{"task": "book", "book": book(), "trust": TRUST}])
    assert answer == {
        "size": 7,
        "council": ["0x" + "00" * 20],
        "names": {"2": "Tui Dairy", "3": "Kea Forwarding"},
        "owners": {
            to_hex(MASTER.address): {"partner": 2, "types": ALL_SCOPES, "master": True},
            to_hex(DEVICE.address): {"partner": 3, "types": 16, "master": False},
        },
    }


@pytest.mark.parametrize("part", ["size", "council", "entries", "signature", "logId"])
def test_a_book_that_was_altered_gives_no_names(part: str) -> None:
    spoilt = book()
    spoilt["entries"][0]["name"] = "Tui Dairy" if part != "entries" else "Kea Forwarding"
    if part in ("size", "council"):
        spoilt[part] = {"size": 8, "council": []}[part]
    if part in ("signature", "logId"):
        spoilt[part] = "0x" + "11" * (len(spoilt[part]) // 2 - 1)
    (answer,) = in_node([{"task": "book", "book": spoilt, "trust": TRUST}])
    assert str(answer).startswith("refused")


# --- sentences -------------------------------------------------------------------------------------------------------

SHIPMENT = b"\x07" * 32
COMMERCIAL = Commercial(
    salt(), "PO-1", 10**7, "EUR", 10**6, "DAP", NOW + 9 * DAY, DAY, 500_00, 5_000_00, 3, 4, 30 * DAY, 3 * DAY, DAY,
    bytes(32),
)  # fmt: skip
OWES = "owes Harbour Retail (partner 4) 500.00 EUR for one day, 4,500.00 EUR for three days, and 5,000.00 EUR at most."
GOODS = Goods(salt(), "09506000134352", "L2601", bytes(32), 2400, "EA", "", "Infant formula")


def terms(**changes: Any) -> ShipmentTerms:
    made = sample(ShipmentTerms, random.Random(1), withhold=0)
    return replace(made, contents=(GOODS,), commercial=COMMERCIAL, **changes)


def handoff(packages: int = 38, exceptions: int = 0) -> Handoff:
    item = HandoffItem(SHIPMENT, 0, packages, exceptions)
    where = place("NZ", "NZAKL", "Auckland")
    return Handoff((item,), 2, 3, where, Load(salt(), ""), NOW, NOW + DAY, NOW + 14 * DAY, details())


def told(record: Record, known: ShipmentTerms | None) -> list[str]:
    return told_of([record], known)[0]


def told_of(records: list[Record], known: ShipmentTerms | None) -> list[list[str]]:
    shipments = [] if known is None else [(to_hex(SHIPMENT), known.to_json())]
    names = [[2, "Tui Dairy"], [3, "Kea Forwarding"], [4, "Harbour Retail"]]
    given = [{"type": type(record).__name__, "message": record.to_json()} for record in records]
    answers = in_node([{"task": "summary", "record": one, "names": names, "terms": shipments} for one in given])
    assert [answer for answer in answers if not isinstance(answer, list)] == []
    return answers


def test_a_handoff_says_who_gives_what_to_whom_where_how_many_in_which_state_and_what_it_costs_if_late() -> None:
    said = told(handoff(exceptions=int(ExceptionBit.SHORT | ExceptionBit.DAMAGED)), terms())
    assert said == [
        "Tui Dairy (partner 2) gives 38 packages to Kea Forwarding (partner 3).",
        "Shipment 0x07070707…0707: order PO-1, 2,400 EA of Infant formula (GTIN 09506000134352, lot L2601).",
        "Where: Auckland, NZAKL, NZ.",
        "38 packages: short, damaged.",
        "Kea Forwarding (partner 3) is to pass it on by 2025-10-10 08:53:20 UTC.",
        f"Delivered after 2025-10-19 08:53:20 UTC, Kea Forwarding (partner 3) {OWES}",
    ]


def test_an_endorsement_says_which_terms_it_binds_to_and_what_they_cost() -> None:
    known = terms(consignor=2, consignee=4, holder=2)
    said = told(Endorsement(3, SHIPMENT), known)
    assert said[0] == (
        "Kea Forwarding (partner 3) puts its name to the terms of shipment 0x07070707…0707, which bind it as if it had "
        "signed them:"
    )
    *sentences, more = said[1:]
    assert sentences == told(known, None)[:-1]
    assert more == "The terms say more than these sentences do: read them whole on the shipment's page."
    assert sentences[-1] == f"Delivered after 2025-10-19 08:53:20 UTC, Kea Forwarding (partner 3) {OWES}"
    unread = "puts its name to the record 0x07070707…0707, which is not shown here: read it first."
    assert told(Endorsement(3, SHIPMENT), None) == [f"Kea Forwarding (partner 3) {unread}"]


def test_what_is_not_shown_is_said_not_to_be() -> None:
    closed = replace(terms(), commercial=Withheld(bytes(32)))
    assert "What a delay costs is not shown to you." in told(handoff(), closed)
    nothing = told(handoff(), None)
    assert "Shipment 0x07070707…0707: its order and goods are not shown to you." in nothing
    assert not [sentence for sentence in nothing if "owes" in sentence]


def test_amendments_are_told_of_terms_by_which_a_delay_cost_nothing() -> None:
    free = replace(terms(), commercial=replace(COMMERCIAL, alpha=0))
    given = {"type": "Handoff", "message": handoff().to_json()}
    case = {"task": "summary", "record": given, "names": [], "terms": [(to_hex(SHIPMENT), free.to_json())]}
    plain, amended = in_node([case, case | {"amended": True}])
    assert plain[-1] == "A delay costs nothing by these terms."
    assert amended == [*plain, "These terms were amended since: the shipment's page says how."]


def test_what_is_not_told_one_by_one_is_counted() -> None:
    items = tuple(HandoffItem(bytes([7 + i]) * 32, 0, 1, 0) for i in range(7))
    said = told(replace(handoff(), items=items), terms())
    assert "And 2 more, which stand below." in said
    assert "What a delay of the other shipments costs is not shown here." in said
    assert not [
        sentence for sentence in told(handoff(), terms()) if "more" in sentence or "other shipments" in sentence
    ]


def test_a_refusal_and_a_flawless_handover_are_told_apart() -> None:
    refused = told(handoff(0, int(ExceptionBit.REFUSED)), terms())
    assert "What Kea Forwarding (partner 3) refuses stays with Tui Dairy (partner 2)." in refused
    assert "They are handed over complete and without damage: nothing else is noted." in told(handoff(), terms())


def test_a_grant_says_to_whom_it_lets_sign_what() -> None:
    said = told(grant(), None)
    assert said[0] == (
        f"Kea Forwarding (partner 3) lets the key {to_hex(DEVICE.address)} sign in its name: Handoff, Statement."
    )
    assert said[1] == "From 2025-10-09 08:53:20 UTC until 2026-01-07 08:53:20 UTC."


def test_every_kind_of_record_is_told_and_no_placeholder_is_left() -> None:
    rng = random.Random(11)
    records = [sample(kind, rng, edge=edge, withhold=0) for kind in RECORDS for edge in ("", "least", "most")]
    sentences = [sentence for said in told_of(records, None) for sentence in said]
    assert len(sentences) > len(RECORDS)
    assert [sentence for sentence in sentences if re.search(r"\{[a-z]+\}", sentence)] == []


def test_what_a_delay_costs_grows_with_the_square_of_the_days_up_to_the_cap() -> None:
    """P = alpha * days^2, at most the cap: the rule of docs/records.md, which reaches the usual cap after ten days."""
    usual = COMMERCIAL.to_json() | {"alpha": "5000", "penaltyCap": "500000"}
    (owed,) = in_node([{"task": "owed", "days": [0, 1, 3, 9, 10, 11, 365], "commercial": usual}])
    assert owed == ["0", "5000", "45000", "405000", "500000", "500000", "500000"]
