"""Private parts apart and back, whatever was withheld, and the keys under which records are found."""

import json
import random
from dataclasses import replace
from typing import cast

import pytest

from ledger.common.ids import ConsortiumId, RecordId
from ledger.common.keccak import keccak256
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.records import disclosure
from ledger.records.eip712 import Struct, Withheld, list_hash, part_hash
from ledger.records.index_keys import Concern, concerns
from ledger.records.shipment_ids import child_id
from ledger.records.signing import Domain
from ledger.records.types import (
    RECORDS,
    REMAINDER_INDEX,
    Attestation,
    Endorsement,
    Handoff,
    HandoffItem,
    Record,
    ShipmentTerms,
    Split,
)
from ledger.store.rows import text_of
from tests.samples import sample

DOMAIN = Domain(ConsortiumId(bytes(32)))


def has_list_by_one_hash(value: Struct) -> bool:
    values = [(member, getattr(value, member.name)) for member in value.members() if member.struct]
    if any(member.items and isinstance(current, Withheld) for member, current in values):
        return True
    inner = (part for _, current in values for part in (current if isinstance(current, tuple) else (current,)))
    return any(isinstance(part, Struct) and has_list_by_one_hash(part) for part in inner)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("withhold", [0.0, 0.5, 1.0])
def test_apart_and_back(kind: type[Record], withhold: float) -> None:
    for seed in range(8):
        record = sample(kind, random.Random(seed), items=seed % 4 or None, withhold=withhold)
        public, parts = disclosure.split(record)
        assert DOMAIN.record_id(public) == DOMAIN.record_id(record), "the id does not depend on what is open"
        assert disclosure.split(public) == (public, {})
        assert disclosure.join(public, parts) == record
        assert disclosure.parts_for(public, record) == parts
        assert list(disclosure.open_paths(record)) == list(parts)
        assert disclosure.is_public(record) == (not parts)
        assert disclosure.is_public(public)
        closed = disclosure.closed_parts(public)
        assert (closed is None) == has_list_by_one_hash(public)
        assert closed is None or {
            path: (type(part), part_hash(cast(Struct, part))) for path, part in parts.items()
        }.items() <= (closed.items())
        assert closed is None or disclosure.is_whole(record) == (len(closed) == len(parts))
        assert not parts or disclosure.closed_parts(record) is None
        assert disclosure.is_whole(record) == ("Withheld(" not in repr(record))
        for path, part in parts.items():
            text = json.loads(json.dumps(disclosure.part_to_json(part)))
            assert disclosure.part_to_text(part) == text_of(text)
            assert disclosure.part_from_json(kind, path, text) == part
            one = disclosure.join(public, {path: part})
            assert DOMAIN.record_id(one) == DOMAIN.record_id(record)
            assert disclosure.split(one)[1] == {path: part}


def test_a_list_that_came_withheld_as_a_whole_is_opened_in_steps() -> None:
    terms = sample(ShipmentTerms, random.Random(1), items=3)
    chain_view = disclosure.split(terms)[0]
    chain_view = replace(chain_view, contents=Withheld(list_hash(terms.contents)))
    parts = disclosure.parts_for(chain_view, terms)
    assert disclosure.join(chain_view, parts) == terms
    assert (
        disclosure.part_from_json(ShipmentTerms, "contents", disclosure.part_to_json(parts["contents"]))
        == parts["contents"]
    )
    without_list = {path: part for path, part in parts.items() if path != "contents"}
    assert disclosure.join(chain_view, without_list).contents == chain_view.contents
    del parts["contents[1]"]
    opened = disclosure.join(chain_view, parts)
    assert isinstance(opened.contents, tuple)
    assert isinstance(opened.contents[1], Withheld)
    assert opened.contents[0] == terms.contents[0]  # type: ignore[index]


def test_a_part_that_was_not_signed_is_refused() -> None:
    first, second = (sample(ShipmentTerms, random.Random(seed), items=2) for seed in (1, 2))
    public, _ = disclosure.split(first)
    for path, part in disclosure.split(second)[1].items():
        with pytest.raises(VerificationFailed) as caught:
            disclosure.join(public, {path: part})
        assert caught.value.where == path


@pytest.mark.parametrize(
    "path", ["", "nothing", "packages", "contents[0].gtin", "contents[", "parents[0]", "commercial[0]", "contents[01]"]
)
def test_paths_that_lead_nowhere(path: str) -> None:
    with pytest.raises(MalformedRecord):
        disclosure.part_from_json(ShipmentTerms, path, {})


# --- concerns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_concerns_do_not_depend_on_what_is_open(kind: type[Record]) -> None:
    for seed in range(5):
        record = sample(kind, random.Random(seed))
        record_id = DOMAIN.record_id(record)
        found = concerns(record_id, record)
        assert found == concerns(record_id, disclosure.split(record)[0])
        assert list(found) == sorted(set(found))


def test_a_handoff_concerns_both_partners_every_item_and_the_remainders() -> None:
    items = (HandoffItem(b"a" * 32, 3, 5, 0), HandoffItem(b"b" * 32, 4, 5, 1))
    part = Withheld(bytes(32))
    handoff = Handoff(items, 1, 2, part, part, 0, 0, 0, part)
    remainder = child_id(b"b" * 32, 4, REMAINDER_INDEX)
    shipments = {"0x" + value.hex() for value in (b"a" * 32, b"b" * 32, remainder)}
    assert set(concerns(RecordId(bytes(32)), handoff)) == {
        Concern("partner", "1"),
        Concern("partner", "2"),
        *(Concern("shipment", shipment) for shipment in shipments),
    }


def test_a_split_concerns_its_children() -> None:
    split = sample(Split, random.Random(3), items=2)
    found = concerns(RecordId(b"x" * 32), split)
    encoded = split.shipment + split.sequence.to_bytes(32, "big") + (1).to_bytes(32, "big")
    assert Concern("shipment", "0x" + keccak256(encoded).hex()) in found


def test_nobody_and_nothing_are_no_concern() -> None:
    assert concerns(RecordId(bytes(32)), Endorsement(0, bytes(32))) == ()
    assert concerns(RecordId(bytes(32)), Endorsement(9, b"t" * 32)) == (
        Concern("partner", "9"),
        Concern("record", "0x" + (b"t" * 32).hex()),
    )


def test_a_subject_that_is_a_partner_is_found_under_the_partner() -> None:
    attestation = replace(sample(Attestation, random.Random(2)), by=5, subject="partner/7")
    found = concerns(RecordId(bytes(32)), attestation)
    assert {Concern("partner", "5"), Concern("partner", "7"), Concern("subject", "partner/7")} <= set(found)
