"""What a browser says of a record before it signs is what `lading sign` says, line for line."""

import json
import random
import re
import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from ledger.cli.templates import in_words
from ledger.codes import AmendmentKind
from ledger.common.ids import ConsortiumId, to_hex
from ledger.common.periods import DAY
from ledger.explain.fields import text_of
from ledger.explain.goods import carried_text
from ledger.explain.record import Kind, Line, describe
from ledger.records.signing import Domain
from ledger.records.types import RECORDS, Amendment, Details, Goods, KeyGrant, Place, Record, ShipmentTerms
from tests.samples import sample
from tests.unit.api.pages.node import in_node

DOMAIN = Domain(ConsortiumId(bytes(range(32))), 31337, bytes(range(20)))
TRUST = {
    "consortiumId": to_hex(DOMAIN.consortium_id), "chainId": DOMAIN.chain_id, "bonusPool": to_hex(DOMAIN.bonus_pool),
}  # fmt: skip


def as_json(record: Record) -> dict[str, Any]:
    return {"type": type(record).__name__, "message": record.to_json()}


def flat(line: Line) -> list[Any]:
    if line.kind == Kind.GROUP:
        return [line.label, [flat(inner) for inner in line.lines]]
    return [line.label, str(line.kind), text_of(line)]


def said_by_both(records: list[Record]) -> None:
    answers = in_node([{"task": "describe", "record": as_json(record)} for record in records])
    for record, answer in zip(records, answers, strict=True):
        assert answer == [flat(line) for line in describe(record)], type(record).__name__


@pytest.mark.parametrize(
    ("edge", "withhold"), [("", 0.0), ("", 0.5), ("least", 0.0), ("most", 0.0), ("most", 1.0)], ids=str
)
def test_every_record_reads_the_same(edge: str, withhold: float) -> None:
    rng = random.Random(14)
    said_by_both([sample(kind, rng, edge=edge, withhold=withhold) for kind in RECORDS for _ in range(1 if edge else 4)])


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (AmendmentKind.CORRECTION, {"dueAt": 1_760_000_000}),
        (AmendmentKind.CORRECTION, {"holdCause": 2, "causedBy": 0}),
        (AmendmentKind.CORRECTION, {"occurredAt": 0}),
        (AmendmentKind.CORRECTION, {"unheard of": [1, {"a": None}]}),
        (AmendmentKind.TERMS, {"commercial": {"alpha": "5000", "currency": "JPY", "promisedAt": 1}}),
        (AmendmentKind.TERMS, {"commercial": {"penaltyCap": "1234567"}, "note": {"why": [True, "x"]}}),
        (AmendmentKind.TERMS, {"commercial": "none"}),
        (AmendmentKind.RELIEF, {"seconds": 3 * DAY}),
        (AmendmentKind.RELIEF, {"periods": [{"start": 1, "end": 2}, {"start": 3, "end": 4}], "shipment": "0x12"}),
        (AmendmentKind.RELIEF, {"periods": []}),
        (7, {"x": []}),
    ],
)  # fmt: skip
def test_amendments_read_the_same(kind: int, changes: dict[str, Any]) -> None:
    record = sample(Amendment, random.Random(1), withhold=0.0)
    said_by_both([replace(record, kind=int(kind), changes=Details(bytes(16), json.dumps(changes)))])


@pytest.mark.parametrize("scopes", [2**32 - 1, 1 << 4, 0b11011000, 0, 1 << 30, 4194304 - 7 - (1 << 16)])
def test_what_a_key_may_sign_reads_the_same(scopes: int) -> None:
    grant = sample(KeyGrant, random.Random(1), withhold=0.0)
    said_by_both([replace(grant, scopes=scopes)])


def test_what_a_wallet_is_given_is_what_the_ledger_would_give_it() -> None:
    rng = random.Random(15)
    records = [sample(kind, rng, edge=edge, withhold=0.0) for kind in RECORDS for edge in ("", "least", "most")]
    answers = in_node([{"task": "typed", "record": as_json(record), "trust": TRUST} for record in records])
    for record, answer in zip(records, answers, strict=True):
        assert answer == {"id": to_hex(DOMAIN.record_id(record)), "payload": DOMAIN.typed_data(record)}


@pytest.mark.parametrize("task", ["typed", "kept"])
def test_neither_wallet_nor_device_signs_what_is_withheld(task: str) -> None:
    records = [sample(kind, random.Random(3), edge="most", withhold=1.0) for kind in RECORDS]
    asked = {"task": task, "trust": TRUST, "secret": "0x" + "01" * 32}
    answers = in_node([asked | {"record": as_json(record)} for record in records])
    refused = {
        type(r).__name__ for r, answer in zip(records, answers, strict=True) if str(answer).startswith("refused")
    }
    assert refused == {kind.__name__ for kind in RECORDS if any(m.private for m in kind.members())}


HOSTILE = [
    "Chairs\n  penalty at most: 0.00 EUR", "\x1b[8mhidden", "\u202eRUE 00.0", "Ke\u200ba", "a\u2028b", "\u05d0\u05d1 7",
    "\x9bC1",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_others_wrote_acts_on_the_words_around_it(text: str) -> None:
    """Neither on a terminal nor on a page: no line of their own, no other order, nothing that shows nothing."""
    record = sample(ShipmentTerms, random.Random(4), withhold=0.0)
    goods = Goods(bytes(16), "", text, bytes(32), 7, "EA", "", text)
    where = Place(bytes(16), "NZ", "", "", text)
    record = replace(record, contents=(goods,), origin=where, details=Details(bytes(16), json.dumps({text: text})))
    said_by_both([record])
    given = {"task": "summary", "record": as_json(record), "names": [[record.consignor, text]], "terms": []}
    (sentences,) = in_node([given])
    lines = list(in_words(record, names={record.consignor: text}))
    told = [*lines, carried_text(bytes(32), record), *sentences]
    for line in told:
        bare = line.replace("\u2068", "").replace("\u2069", "")
        assert not [c for c in bare if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")], line
        for inside in re.findall("[\u05d0-\u05ea].*", line):
            assert "\u2069" in inside, "what is written from the right is set apart"
    assert sum(line.strip().startswith("penalty at most") for line in lines) <= 1
