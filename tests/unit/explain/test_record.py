"""What people are shown before they sign: everything that the record says, in words, however long it is."""

import random
from dataclasses import replace

import pytest

from ledger.cli.demo.scribe import NO_HASH, details
from ledger.cli.templates import in_words
from ledger.client.drafts import completed
from ledger.codes import AmendmentKind, ExceptionBit, StatementKind
from ledger.common.canonical import canonical_json
from ledger.errors import MalformedRecord
from ledger.explain.record import describe
from ledger.records.types import (
    Amendment,
    Child,
    Commercial,
    Handoff,
    HandoffItem,
    Record,
    ShipmentTerms,
    Split,
    Statement,
)
from ledger.shipments.amendments import as_amended
from tests.samples import sample


def handoff(*items: HandoffItem) -> Handoff:
    return replace(sample(Handoff, random.Random(1)), items=items)


def text(record: Record, target: Record | None = None) -> str:
    return "\n".join(in_words(record, target))


def amendment(kind: AmendmentKind, changes: dict[str, object]) -> Amendment:
    return Amendment(bytes([7]) * 32, NO_HASH, int(kind), details(canonical_json(changes).decode()))


def test_every_one_of_two_hundred_items_is_shown_and_those_alike_together() -> None:
    items = [HandoffItem(bytes([i + 1]) * 32, 0, 2, 0) for i in range(200)]
    items[149] = replace(items[149], packages=1, exceptions=int(ExceptionBit.SHORT))
    said = text(handoff(*items))
    assert all(item.shipment.hex() in said for item in items)
    assert "200 shipments, 399 packages in all" in said
    assert "items 1 to 149, 151 to 200, each:" in said
    assert "item 150:\n    shipment: 0x9696" in said
    assert said.count("packages: ") == 2
    assert "more" not in said


def test_parts_of_a_split_are_told_with_their_numbers() -> None:
    split = replace(
        sample(Split, random.Random(2)), children=(*(Child(1, ()) for _ in range(150)), Child(7, ()), Child(1, ()))
    )
    said = text(split)
    assert "parts 1 to 150, 152, each:\n    packages: 1" in said
    assert "part 151:\n    packages: 7" in said


def test_nothing_that_lies_deeper_in_the_details_is_hidden() -> None:
    record = replace(
        sample(Statement, random.Random(3)),
        details=details('{"note":{"by":"Ann","seals":["A1","B2"]},"ok":true,"photos":[{"sha":"ff"}],"why":null}'),
    )
    said = text(record)
    for line in ("note:\n      by: Ann\n      seals: A1, B2", "ok: yes", "photos 1:\n      sha: ff", "why: none"):
        assert line in said


def test_a_correction_says_what_stood_and_what_shall_stand() -> None:
    target = replace(sample(Handoff, random.Random(4)), occurredAt=1_700_000_000, dueAt=0)
    change = amendment(AmendmentKind.CORRECTION, {"dueAt": 1_700_007_200, "occurredAt": 1_700_003_600})
    said = text(change, target)
    assert "happened:\n      was: 2023-11-14 22:13:20 UTC\n      becomes: 2023-11-14 23:13:20 UTC" in said
    assert "to be passed on by:\n      was: none\n      becomes: 2023-11-15 00:13:20 UTC" in said
    alone = text(change)
    assert "happened: 2023-11-14 23:13:20 UTC" in alone
    assert "was:" not in alone


def test_new_terms_and_relief_are_told_in_words() -> None:
    terms = sample(ShipmentTerms, random.Random(5))
    assert isinstance(terms.commercial, Commercial)
    known = replace(terms, commercial=replace(terms.commercial, currency="EUR", penaltyCap=900_00, promisedAt=1))
    change = amendment(AmendmentKind.TERMS, {"commercial": {"penaltyCap": "50000"}})
    assert "penalty at most:\n      was: 900.00 EUR\n      becomes: 500.00 EUR" in text(change, known)
    relief = amendment(
        AmendmentKind.RELIEF,
        {"periods": [{"from": 1_700_000_000, "until": 1_700_003_600}], "reason": "a storm", "seconds": 43_200},
    )
    said = text(relief)
    assert "from: 2023-11-14 22:13:20 UTC" in said
    assert "until: 2023-11-14 23:13:20 UTC" in said
    assert "time in all: 12:00:00" in said
    assert "reason: a storm" in said


def test_an_amendment_is_read_against_what_earlier_ones_left() -> None:
    target = replace(sample(Handoff, random.Random(6)), occurredAt=100, dueAt=0)
    first = amendment(AmendmentKind.CORRECTION, {"occurredAt": 200})
    unreadable = amendment(AmendmentKind.CORRECTION, {"receiver": 3})
    assert as_amended(target, (first, unreadable)) == replace(target, occurredAt=200)


def test_a_template_calls_codes_by_their_names() -> None:
    draft = {"type": "Statement", "message": {"by": 3, "kind": "tender"}}
    assert completed(draft, 100)["message"]["kind"] == StatementKind.TENDER
    customs = {"regime": "re-export", "status": "released with conditions", "holdCause": "duty unpaid"}
    message = completed({"type": "Clearance", "message": customs}, 100)["message"]
    assert (message["regime"], message["status"], message["holdCause"]) == (8, 6, 5)
    item = {"shipment": "0x" + "11" * 32, "exceptions": "short, damaged"}
    assert completed({"type": "Handoff", "message": {"items": [item]}}, 100)["message"]["items"][0]["exceptions"] == 3
    with pytest.raises(MalformedRecord, match="tender, contest, lost"):
        completed({"type": "Statement", "message": {"kind": "tendered"}}, 100)


def test_what_somebody_calls_like_a_field_passes_for_none() -> None:
    """Details say anything under any name: they stand by themselves, and not among the fields."""
    said = details('{"penalty at most":"0.00 EUR","signed by":"partner 1"}')
    lines = describe(replace(sample(Statement, random.Random(3)), details=said))
    assert [line.label for line in lines].count("signed by") == 1
    (own,) = [line for line in lines if line.label == "details"]
    assert [line.label for line in own.lines] == ["penalty at most", "signed by"]
